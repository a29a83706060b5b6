//! Many patterns tried in order on one event that is at hand.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::hash::BuildHasherDefault;

use hashbrown::HashMap;

use crate::Pattern;
use crate::condition::{Condition, Exact};
use crate::event::{FlatEvent, Leaf};
use crate::hash::Plain;

/// Patterns in the order in which they are tried.
///
/// An event is asked for each path at most once, however many patterns name it, and patterns that ask for
/// other words, beginnings or ends than the event has are not tried at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patterns {
    /// Every path once.
    paths: Vec<Arc<str>>,
    /// Every alternative of every pattern, in order.
    tried: Vec<Tried>,
    /// Those that ask for a word, or how one begins or ends, by the path and that; each in order.
    by_word: Vec<ByWord>,
    /// The others, in order.
    others: Vec<usize>,
}

/// One alternative of a pattern.
#[derive(Clone, Debug, PartialEq)]
struct Tried {
    /// The pattern's place.
    place: usize,
    asked: Vec<Asked>,
}

/// What a pattern asks of one path.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    /// Its place among the paths.
    path: usize,
    conditions: Arc<[Condition]>,
    accepts_absence: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct ByWord {
    path: usize,
    part: Part,
    words: HashMap<Box<str>, Vec<usize>, BuildHasherDefault<Plain>>,
}

/// Which part of a text is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// All of it.
    Whole,
    /// So many bytes at its beginning.
    Start(usize),
    /// So many bytes at its end.
    End(usize),
}

impl Part {
    /// The part of a text; none where it is too short for it, or the part would cut a character.
    fn of(self, text: &str) -> Option<&str> {
        match self {
            Self::Whole => Some(text),
            Self::Start(length) => text.get(..length),
            Self::End(length) => text.get(text.len().checked_sub(length)?..),
        }
    }
}

impl Patterns {
    /// The place of the first pattern that matches `event`, by [`Pattern::matches_flat`].
    pub fn first_match(&self, event: &dyn FlatEvent) -> Option<usize> {
        let mut known: Vec<Option<Option<Leaf<'_>>>> = alloc::vec![None; self.paths.len()];
        let mut first = usize::MAX;
        for ByWord { path, part, words } in &self.by_word {
            if let Some(Leaf::String(text)) = self.leaf(*path, event, &mut known)
                && let Some(tried) = part.of(text).and_then(|part| words.get(part))
            {
                first = self.first_of(tried, first, event, &mut known);
            }
        }
        let first = self.first_of(&self.others, first, event, &mut known);
        self.tried.get(first).map(|tried| tried.place)
    }

    /// The first of some alternatives that matches, as long as it comes before another; else that other.
    fn first_of<'e>(
        &self,
        some: &[usize],
        before: usize,
        event: &'e dyn FlatEvent,
        known: &mut [Option<Option<Leaf<'e>>>],
    ) -> usize {
        let mut some = some.iter().copied().take_while(|number| *number < before);
        let found = some.find(|number| {
            self.tried.get(*number).is_some_and(|tried| {
                tried.asked.iter().all(|asked| match self.leaf(asked.path, event, known) {
                    Some(leaf) => asked.conditions.iter().any(|condition| condition.accepts(leaf)),
                    None => asked.accepts_absence,
                })
            })
        });
        found.unwrap_or(before)
    }

    /// What the event has at a path; asked once.
    fn leaf<'e>(
        &self,
        path: usize,
        event: &'e dyn FlatEvent,
        known: &mut [Option<Option<Leaf<'e>>>],
    ) -> Option<Leaf<'e>> {
        if let Some(leaf) = known.get(path).copied().flatten() {
            return leaf;
        }
        let found = self.paths.get(path).and_then(|path| event.leaf(path));
        if let Some(place) = known.get_mut(path) {
            *place = Some(found);
        }
        found
    }

    /// Lets each alternative be found by the words of one path: that at which patterns name most of them.
    fn arrange(&mut self) {
        let mut named: BTreeMap<usize, Vec<(Part, &str)>> = BTreeMap::new();
        for asked in self.tried.iter().flat_map(|tried| &tried.asked) {
            named.entry(asked.path).or_default().extend(words(asked).into_iter().flatten());
        }
        let counts: BTreeMap<usize, usize> = named
            .into_iter()
            .map(|(path, mut words)| {
                words.sort_unstable();
                words.dedup();
                (path, words.len())
            })
            .collect();
        for (number, tried) in self.tried.iter().enumerate() {
            let asked = tried.asked.iter().filter_map(|asked| Some((asked.path, words(asked)?)));
            let Some((path, words)) = asked.max_by_key(|(path, _)| counts.get(path)) else {
                self.others.push(number);
                continue;
            };
            for (part, word) in words {
                let known = self.by_word.iter().position(|by_word| (by_word.path, by_word.part) == (path, part));
                let place = known.unwrap_or_else(|| {
                    self.by_word.push(ByWord { path, part, words: HashMap::default() });
                    self.by_word.len() - 1
                });
                let list = self.by_word.get_mut(place).map(|by_word| by_word.words.entry_ref(word).or_default());
                if let Some(list) = list
                    && list.last() != Some(&number)
                {
                    list.push(number);
                }
            }
        }
    }
}

/// The words, beginnings and ends of which one must be at a path; `None` where something else will do.
fn words(asked: &Asked) -> Option<Vec<(Part, &str)>> {
    asked
        .conditions
        .iter()
        .map(|condition| match condition {
            Condition::Exact(Exact::String(word)) => Some((Part::Whole, &**word)),
            Condition::Prefix(start) => Some((Part::Start(start.len()), &**start)),
            Condition::Suffix(end) => Some((Part::End(end.len()), &**end)),
            _ => None,
        })
        .collect()
}

impl<'p> FromIterator<&'p Pattern> for Patterns {
    fn from_iter<I: IntoIterator<Item = &'p Pattern>>(patterns: I) -> Self {
        let mut all = Self::default();
        for (place, pattern) in patterns.into_iter().enumerate() {
            for fields in pattern.alternatives() {
                let mut asked = Vec::new();
                for field in fields {
                    let known = all.paths.iter().position(|path| *path == field.path);
                    let path = known.unwrap_or_else(|| {
                        all.paths.push(field.path.clone());
                        all.paths.len() - 1
                    });
                    let (conditions, accepts_absence) = (field.conditions.clone(), field.accepts_absence());
                    asked.push(Asked { path, conditions, accepts_absence });
                }
                all.tried.push(Tried { place, asked });
            }
        }
        all.arrange();
        all
    }
}
