//! Many patterns tried in order on one event that is at hand.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::Pattern;
use crate::condition::Condition;
use crate::event::{FlatEvent, Leaf};

/// Patterns in the order in which they are tried.
///
/// An event is asked for each path at most once, however many patterns name it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patterns {
    /// Every path once.
    paths: Vec<Arc<str>>,
    /// Every alternative of every pattern, in order.
    tried: Vec<Tried>,
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

impl Patterns {
    /// The place of the first pattern that matches `event`, by [`Pattern::matches_flat`].
    pub fn first_match(&self, event: &dyn FlatEvent) -> Option<usize> {
        let mut leaves: Vec<Option<Option<Leaf<'_>>>> = alloc::vec![None; self.paths.len()];
        let matches = |tried: &&Tried| {
            tried.asked.iter().all(|asked| {
                let known = leaves.get(asked.path).copied().flatten();
                let leaf = known.unwrap_or_else(|| {
                    let found = self.paths.get(asked.path).and_then(|path| event.leaf(path));
                    if let Some(place) = leaves.get_mut(asked.path) {
                        *place = Some(found);
                    }
                    found
                });
                match leaf {
                    Some(leaf) => asked.conditions.iter().any(|condition| condition.accepts(leaf)),
                    None => asked.accepts_absence,
                }
            })
        };
        self.tried.iter().find(matches).map(|tried| tried.place)
    }
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
        all
    }
}
