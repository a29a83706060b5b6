//! All spellings in one automaton (Aho and Corasick, 1975) that is fed byte by byte, knows every match that ends
//! at a byte, and knows how many of the last bytes may still become one.

use std::collections::{BTreeMap, HashMap};

use aho_corasick::automaton::{Automaton as _, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

use super::RedactError;

/// Spellings, each with its secret.
#[derive(Debug)]
pub(crate) struct Automaton {
    nfa: NFA,
    start: StateID,
    /// Whether a byte can begin a spelling.
    begins: Box<[bool; 256]>,
    /// For each state, of which secret it is a beginning, and how long that is.
    beginnings: HashMap<StateID, (usize, usize)>,
    owners: Vec<usize>,
}

/// Where a search is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matcher {
    state: StateID,
}

impl Automaton {
    /// Compiles spellings; none if there are none.
    pub(crate) fn new(forms: BTreeMap<Vec<u8>, usize>) -> Result<Option<Self>, RedactError> {
        if forms.is_empty() {
            return Ok(None);
        }
        let failed = |error: &dyn std::fmt::Display| RedactError::Patterns(error.to_string());
        let nfa = NFA::builder()
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .dense_depth(2)
            .build(forms.keys())
            .map_err(|error| failed(&error))?;
        let start = nfa.start_state(Anchored::No).map_err(|error| failed(&error))?;
        let mut begins = Box::new([false; 256]);
        let mut beginnings = HashMap::new();
        for (form, &owner) in &forms {
            let mut state = start;
            for (at, &byte) in form.iter().enumerate() {
                // After its beginning and nothing else, the automaton stands exactly at that beginning.
                state = nfa.next_state(Anchored::No, state, byte);
                beginnings.entry(state).or_insert((owner, at + 1));
            }
            if let Some(begins) = form.first().and_then(|&first| begins.get_mut(usize::from(first))) {
                *begins = true;
            }
        }
        Ok(Some(Self { nfa, start, begins, beginnings, owners: forms.into_values().collect() }))
    }

    pub(crate) const fn begin(&self) -> Matcher {
        Matcher { state: self.start }
    }

    /// Whether the search is where it began, and this byte leaves it there.
    #[inline]
    pub(crate) fn ignores(&self, matcher: Matcher, byte: u8) -> bool {
        matcher.state == self.start && !self.begins.get(usize::from(byte)).is_some_and(|&begins| begins)
    }

    /// Takes one byte, and gives the longest match that ends with it: its length and its secret.
    #[inline]
    pub(crate) fn step(&self, matcher: &mut Matcher, byte: u8) -> Option<(usize, usize)> {
        matcher.state = self.nfa.next_state(Anchored::No, matcher.state, byte);
        if !self.nfa.is_special(matcher.state) || !self.nfa.is_match(matcher.state) {
            return None;
        }
        // All that end here lie within the longest one.
        (0..self.nfa.match_len(matcher.state))
            .map(|index| {
                let pattern = self.nfa.match_pattern(matcher.state, index);
                (self.nfa.pattern_len(pattern), self.owners.get(pattern.as_usize()).copied().unwrap_or(0))
            })
            .max_by_key(|(length, _)| *length)
    }

    /// Of which secret the last bytes may be the beginning, and how many bytes that are.
    pub(crate) fn beginning(&self, matcher: Matcher) -> Option<(usize, usize)> {
        self.beginnings.get(&matcher.state).copied()
    }
}
