//! What is known of one path: which values patterns name there, and how patterns are found by others.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::grams::Grams;
use super::paths::NONE;
use super::radix::Radix;
use super::ranges::Ranges;
use crate::condition::{Condition, Exact, Signature, Wildcard, address, as_number};
use crate::event::Leaf;
use crate::number::Number;

/// How conditions are told apart when their number is taken as a measure of how rare each is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Number,
    Constant,
    IgnoreCase,
    Affix,
    Wildcard,
    Range,
    Cidr,
    /// Whatever any other value passes as well.
    Any,
}

/// One path.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) path: Arc<str>,
    /// How many conditions of each kind there are.
    pub(super) counts: [u32; 9],
    /// The atoms of `true`, `false` and `null`.
    pub(super) constants: [u32; 3],
    /// The node of patterns that are found by something being here.
    pub(super) present: u32,
    /// How patterns are found by conditions that no table of values can hold.
    pub(super) access: Option<Box<Access>>,
}

/// Finds conditions by a value that may pass them. What it finds under wildcards and ranges is still to
/// be tried.
#[derive(Debug)]
pub(super) struct Access {
    prefixes: Radix,
    suffixes: Radix,
    folded_prefixes: Radix,
    folded_suffixes: Radix,
    grams: Grams,
    /// Wildcards without two letters in a row, tried on every string.
    loose: Vec<u32>,
    numbers: Ranges<Number>,
    v4: Ranges<u128>,
    v6: Ranges<u128>,
    has_folded: bool,
    has_cidr: bool,
    has_wildcards: bool,
}

impl Slot {
    pub(super) fn new(path: Arc<str>) -> Self {
        Self { path, counts: [0; 9], constants: [NONE; 3], present: NONE, access: None }
    }

    pub(super) fn count(&self, kind: Kind) -> u32 {
        self.counts.get(kind as usize).copied().unwrap_or(0)
    }

    /// The atom of a value that has no text, as far as patterns name it.
    pub(super) fn constant(&self, leaf: Leaf<'_>) -> u32 {
        let [yes, no, null] = self.constants;
        match leaf {
            Leaf::Bool(true) => yes,
            Leaf::Bool(false) => no,
            Leaf::Null => null,
            Leaf::String(_) | Leaf::Number(_) => NONE,
        }
    }

    /// Whether texts must be folded to find all that they pass.
    pub(super) fn asks_for_folded(&self) -> bool {
        self.count(Kind::IgnoreCase) > 0 || self.access.as_ref().is_some_and(|access| access.has_folded)
    }
}

impl Kind {
    pub(super) fn of(condition: &Condition) -> Self {
        match condition {
            Condition::Exact(Exact::String(_)) => Self::String,
            Condition::Exact(Exact::Number(_)) => Self::Number,
            Condition::Exact(Exact::Bool(_) | Exact::Null) => Self::Constant,
            Condition::IgnoreCase(_) => Self::IgnoreCase,
            Condition::Prefix(_)
            | Condition::Suffix(_)
            | Condition::PrefixIgnoreCase(_)
            | Condition::SuffixIgnoreCase(_) => Self::Affix,
            Condition::Wildcard(wildcard) if wildcard.accepts_all() => Self::Any,
            Condition::Wildcard(_) => Self::Wildcard,
            Condition::Numeric(_) => Self::Range,
            Condition::Cidr(_) => Self::Cidr,
            Condition::Present | Condition::Absent | Condition::AnythingBut(_) => Self::Any,
        }
    }

    /// Whether a value of an event has an atom of its own, known once it was looked up.
    pub(super) fn is_exact(self) -> bool {
        matches!(self, Self::String | Self::Number | Self::Constant)
    }
}

impl Access {
    pub(super) fn new() -> Self {
        Self {
            prefixes: Radix::default(),
            suffixes: Radix::default(),
            folded_prefixes: Radix::default(),
            folded_suffixes: Radix::default(),
            grams: Grams::new(),
            loose: Vec::new(),
            numbers: Ranges::new(),
            v4: Ranges::new(),
            v6: Ranges::new(),
            has_folded: false,
            has_cidr: false,
            has_wildcards: false,
        }
    }

    /// Lets a condition be found by the values that pass it.
    pub(super) fn insert(&mut self, condition: &Condition, atom: u32) {
        match condition {
            Condition::Prefix(text) => self.prefixes.insert(text.bytes(), atom),
            Condition::Suffix(text) => self.suffixes.insert(text.bytes().rev(), atom),
            Condition::PrefixIgnoreCase(text) => {
                self.has_folded = true;
                self.folded_prefixes.insert(text.bytes(), atom);
            }
            Condition::SuffixIgnoreCase(text) => {
                self.has_folded = true;
                self.folded_suffixes.insert(text.bytes().rev(), atom);
            }
            Condition::Wildcard(wildcard) => self.insert_wildcard(wildcard, atom),
            Condition::Numeric(range) => {
                let bound = |bound: Option<(Number, bool)>| bound.map(|(number, _)| number);
                self.numbers.insert(bound(range.lower), bound(range.upper), atom);
            }
            Condition::Cidr(cidr) => {
                self.has_cidr = true;
                let (first, last, is_v4) = cidr.bounds();
                let ranges = if is_v4 { &mut self.v4 } else { &mut self.v6 };
                ranges.insert(Some(first), Some(last), atom);
            }
            // These are found by tables of values, or by anything being there.
            Condition::Exact(_) | Condition::IgnoreCase(_) => {}
            Condition::Present | Condition::Absent | Condition::AnythingBut(_) => {}
        }
    }

    /// A wildcard is found by its beginning, its end or a gram of what is between, whichever others use least.
    fn insert_wildcard(&mut self, wildcard: &Wildcard, atom: u32) {
        self.has_wildcards = true;
        let (first, last) = (wildcard.first(), wildcard.last());
        let by_start = (!first.is_empty()).then(|| self.prefixes.population(first.bytes()));
        let by_end = (!last.is_empty()).then(|| self.suffixes.population(last.bytes().rev()));
        let grams = wildcard.pieces().filter_map(|piece| self.grams.rarest(piece.as_bytes()));
        let by_gram = grams.min_by_key(|(_, population)| *population);
        // On a tie the longer of two ends is the rarer one, and an end is quicker to look up than a gram.
        let cost = |population: Option<usize>, length: usize| population.map(|count| (count, usize::MAX - length));
        let (start, end) = (cost(by_start, first.len()), cost(by_end, last.len()));
        let best_end = start.into_iter().chain(end).min();
        match (best_end, by_gram) {
            (Some(best), Some((gram, population))) if population + 8 < best.0 => self.grams.insert(gram, atom),
            (Some(best), _) if start == Some(best) => self.prefixes.insert(first.bytes(), atom),
            (Some(_), _) => self.suffixes.insert(last.bytes().rev(), atom),
            (None, Some((gram, _))) => self.grams.insert(gram, atom),
            (None, None) => self.loose.push(atom),
        }
    }

    /// What tells most wildcards that a value does not pass, if there are wildcards.
    pub(super) fn signature(&self, leaf: Leaf<'_>) -> Option<Signature> {
        match leaf {
            Leaf::String(text) if self.has_wildcards => Some(Signature::of(text)),
            _ => None,
        }
    }

    /// Gives the atoms that a value may pass, some perhaps more than once.
    ///
    /// # Errors
    /// The first that `found` gives.
    pub(super) fn each<E>(
        &self,
        leaf: Leaf<'_>,
        folded: &str,
        mut found: impl FnMut(u32) -> Result<(), E>,
    ) -> Result<(), E> {
        let text = match leaf {
            Leaf::String(text) => text,
            Leaf::Number(number) => return self.numbers.each(number, found),
            Leaf::Bool(_) | Leaf::Null => return Ok(()),
        };
        self.prefixes.each(text.bytes(), &mut found)?;
        self.suffixes.each(text.bytes().rev(), &mut found)?;
        if self.has_folded {
            self.folded_prefixes.each(folded.bytes(), &mut found)?;
            self.folded_suffixes.each(folded.bytes().rev(), &mut found)?;
        }
        self.grams.each(text.as_bytes(), &mut found)?;
        self.loose.iter().try_for_each(|atom| found(*atom))?;
        if self.has_cidr
            && let Some(address) = address(text)
        {
            let (number, is_v4) = as_number(address);
            let ranges = if is_v4 { &self.v4 } else { &self.v6 };
            ranges.each(number, found)?;
        }
        Ok(())
    }
}
