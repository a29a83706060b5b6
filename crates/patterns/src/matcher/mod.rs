//! Many patterns matched at once against events as they come: raw JSON.

mod arrays;
mod cursor;
mod error;
mod found;
mod grams;
mod index;
mod paths;
mod radix;
mod ranges;
mod run;
mod scan;
mod slot;
mod steps;
mod tree;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::condition::Condition;
use crate::pattern::{Field, Pattern};
use found::Values;
use index::{Asked, Index};
use paths::NONE;
use run::{Memory, Run};
use steps::Steps;

pub use cursor::DEEPEST_EVENT;
pub use error::{BudgetError, EventError};

use error::Fault;

/// The most patterns in one matcher.
pub const MOST_PATTERNS: usize = 1_000_000;
/// The most fields and values in all patterns of one matcher.
pub const MOST_SIZE: usize = 20_000_000;
/// The most patterns in one matcher that ask only for what is absent.
pub const MOST_UNSELECTIVE: usize = 10_000;
/// The longest event, in bytes.
pub const LONGEST_EVENT: usize = 1 << 20;
/// The most steps that one event may take beyond being read: places looked at, conditions tried, values
/// compared. Ordinary events take some hundreds; the worst known events take a third of a second for all.
pub const MOST_STEPS: usize = 10_000_000;

/// A pattern in a [`Matcher`]. The number of a pattern that was removed may be given to another one later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternId(u32);

impl PatternId {
    /// The number itself: small, so that what belongs to patterns can be kept in a list.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Many patterns, ready to be matched at once against raw JSON.
///
/// It gives the answers of [`Pattern::judge`] on the event with every key as often as it was written. An
/// event is read once, and only values at paths that patterns name are looked at; the rest is held
/// against the grammar of JSON and passed over. Each pattern stands under the rarest thing that it asks
/// for, so that most are never tried; each condition is tried at most once an event.
///
/// Nothing that an event holds makes matching slow or large: [`LONGEST_EVENT`], [`DEEPEST_EVENT`] and
/// [`MOST_STEPS`] are its limits, and an event beyond them is an error, never a wrong answer.
///
/// ```
/// use serde_json::json;
/// use wheelhouse_patterns::{Matcher, Pattern, Scratch};
///
/// let mut matcher = Matcher::new();
/// let failed = matcher.add(&Pattern::parse(&json!({"source": ["ci.deploy"], "detail": {"state": ["FAILED"]}}))?)?;
/// let payments = matcher.add(&Pattern::parse(&json!({"detail": {"service": [{"prefix": "payments-"}]}}))?)?;
///
/// let mut scratch = Scratch::new();
/// let event = br#"{"source":"ci.deploy","detail":{"service":"ledger-api","state":"FAILED"}}"#;
/// assert_eq!(matcher.matches(event, &mut scratch)?, [failed]);
///
/// matcher.remove(failed);
/// assert!(matcher.matches(event, &mut scratch)?.is_empty());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Matcher {
    index: Index,
    patterns: Vec<Kept>,
    /// Numbers that can be given again.
    free: Vec<u32>,
    live: usize,
    /// Removed, but still in the index.
    removed: usize,
    size: usize,
    unselective: usize,
}

/// What is kept of a pattern.
#[derive(Clone, Copy, Debug)]
struct Kept {
    size: u32,
    is_unselective: bool,
    is_live: bool,
}

/// Memory that matching needs, to be used again for the next event. One serves any matcher, one at a time.
#[derive(Debug, Default)]
pub struct Scratch {
    values: Values,
    memory: Memory,
    key: String,
    matched: Vec<u32>,
    ids: Vec<PatternId>,
}

impl Scratch {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Default for Matcher {
    fn default() -> Self {
        Self::new()
    }
}

impl Matcher {
    /// Makes a matcher without patterns.
    pub fn new() -> Self {
        Self {
            index: Index::new(),
            patterns: Vec::new(),
            free: Vec::new(),
            live: 0,
            removed: 0,
            size: 0,
            unselective: 0,
        }
    }

    /// How many patterns there are.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Takes in a pattern.
    ///
    /// # Errors
    /// When the patterns would be too many or too large together; then nothing was changed.
    pub fn add(&mut self, pattern: &Pattern) -> Result<PatternId, BudgetError> {
        let alternatives = pattern.alternatives();
        let size: usize = alternatives.iter().flatten().map(|field| 1 + field.conditions.len()).sum();
        let is_unselective = alternatives.iter().any(|fields| fields.iter().all(Field::accepts_absence));
        if self.live >= MOST_PATTERNS {
            return Err(BudgetError::Patterns { most: MOST_PATTERNS });
        }
        if self.size + size > MOST_SIZE {
            return Err(BudgetError::Size { most: MOST_SIZE, added: size });
        }
        if is_unselective && self.unselective >= MOST_UNSELECTIVE {
            return Err(BudgetError::Unselective { most: MOST_UNSELECTIVE });
        }
        let kept = Kept { size: u32::try_from(size).unwrap_or(NONE), is_unselective, is_live: true };
        let id = match self.free.pop() {
            Some(id) => id,
            None => index::number_of(&self.patterns),
        };
        match self.patterns.get_mut(id as usize) {
            Some(place) => *place = kept,
            None => self.patterns.push(kept),
        }
        for fields in alternatives {
            self.index.add(fields, id);
        }
        self.live += 1;
        self.size += size;
        self.unselective += usize::from(is_unselective);
        Ok(PatternId(id))
    }

    /// Removes a pattern; `false` if there was none of that number.
    ///
    /// Its place in the index is given up later, together with others, in time proportional to them all.
    pub fn remove(&mut self, id: PatternId) -> bool {
        let Some(kept) = self.patterns.get_mut(id.index()).filter(|kept| kept.is_live) else { return false };
        kept.is_live = false;
        self.size -= kept.size as usize;
        self.unselective -= usize::from(kept.is_unselective);
        self.live -= 1;
        self.removed += 1;
        if self.removed > 256 && self.removed > self.live {
            self.rebuild();
        }
        true
    }

    /// The patterns that match an event, each once, in no particular order.
    ///
    /// An event that is JSON but no object matches nothing.
    ///
    /// # Errors
    /// When the event is not JSON by RFC 8259, or beyond a limit.
    pub fn matches<'s>(&self, event: &[u8], scratch: &'s mut Scratch) -> Result<&'s [PatternId], EventError> {
        scratch.ids.clear();
        scratch.matched.clear();
        if event.len() > LONGEST_EVENT {
            return Err(EventError::new(event.len(), Fault::TooLong));
        }
        let text = core::str::from_utf8(event).map_err(|error| EventError::new(error.valid_up_to(), Fault::Utf8))?;
        scratch.values.clear(self.index.slots.len());
        if scan::scan(&self.index, text, &mut scratch.values, &mut scratch.key)? {
            scratch.memory.begin(&self.index, self.patterns.len());
            let (values, memory, matched) = (&scratch.values, &mut scratch.memory, &mut scratch.matched);
            Run { index: &self.index, event: text, values, memory, matched, steps: Steps::new() }.run()?;
        }
        let is_live = |id: &&u32| self.patterns.get(**id as usize).is_some_and(|kept| kept.is_live);
        scratch.ids.extend(scratch.matched.iter().filter(is_live).map(|id| PatternId(*id)));
        Ok(&scratch.ids)
    }

    /// Makes the index anew, without what was removed.
    fn rebuild(&mut self) {
        let old = core::mem::replace(&mut self.index, Index::new());
        for (number, conjunction) in old.conjunctions.iter().enumerate() {
            let mut fields: Option<Vec<Field>> = None;
            let mut owner = conjunction.owners;
            while let Some(one) = old.owners.get(owner as usize) {
                owner = one.next;
                if self.patterns.get(one.pattern as usize).is_some_and(|kept| kept.is_live) {
                    let fields = fields.get_or_insert_with(|| restored(&old, u32::try_from(number).unwrap_or(NONE)));
                    self.index.add(fields, one.pattern);
                }
            }
        }
        let removed = self.patterns.iter().enumerate().filter(|(_, kept)| !kept.is_live);
        self.free = removed.filter_map(|(id, _)| u32::try_from(id).ok()).rev().collect();
        self.removed = 0;
    }
}

/// The fields of a conjunction, as a pattern has them.
fn restored(index: &Index, conjunction: u32) -> Vec<Field> {
    let fields = index.fields_of(conjunction).iter().filter_map(|field| index.fields.get(*field as usize));
    let conditions = |field: &Asked| -> Arc<[Condition]> {
        let atoms = index.atoms_of(field).iter().filter_map(|atom| index.atoms.get(*atom as usize));
        let absent = field.accepts_absence.then_some(Condition::Absent);
        atoms.map(|atom| atom.condition.clone()).chain(absent).collect()
    };
    fields
        .filter_map(|field| {
            let path = index.slots.get(field.slot as usize)?.path.clone();
            Some(Field { path, conditions: conditions(field) })
        })
        .collect()
}
