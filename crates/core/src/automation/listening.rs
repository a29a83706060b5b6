//! Patterns over events, each with whom it belongs to, asked together.

use alloc::string::ToString;
use alloc::vec::Vec;

use serde_json::Value;
use wheelhouse_patterns::{BudgetError, Matcher, Pattern, PatternId, Scratch};

use super::domain::domain;
use super::event::{Event, EventKind, asks_of_beginning, beginning};
use crate::signal::Signal;

const KINDS: usize = EventKind::ALL.len();

/// Patterns over events, and whom each belongs to. Where nobody listens to a kind of event, that is known at once.
#[derive(Debug)]
pub struct Listening<T> {
    matcher: Matcher,
    /// By the number of the pattern.
    kept: Vec<Option<Kept<T>>>,
    /// How many of them can be about a kind of event.
    kinds: [u32; KINDS],
    /// How many of those ask of more than what a signal says.
    beyond: [u32; KINDS],
}

#[derive(Debug)]
struct Kept<T> {
    owner: T,
    /// Which kinds of events it can be about.
    kinds: [bool; KINDS],
    is_of_signal: bool,
}

impl<T> Default for Listening<T> {
    fn default() -> Self {
        Self { matcher: Matcher::new(), kept: Vec::new(), kinds: [0; KINDS], beyond: [0; KINDS] }
    }
}

impl<T> Listening<T> {
    /// Adds a pattern; says by what it is known here.
    ///
    /// # Errors
    /// When there are more than can be asked together.
    pub fn add(&mut self, pattern: &Pattern, owner: T) -> Result<PatternId, BudgetError> {
        let id = self.matcher.add(pattern)?;
        let written = serde_json::from_str(&pattern.to_string());
        let is_of_signal = written.is_ok_and(|pattern| asks_of_beginning(&pattern));
        let kinds = EventKind::ALL.map(|kind| pattern.impossible_at(&|path: &str| domain(kind, path)).is_none());
        let kept = Kept { owner, kinds, is_of_signal };
        self.count(&kept, u32::saturating_add);
        if self.kept.len() <= id.index() {
            self.kept.resize_with(id.index() + 1, || None);
        }
        if let Some(place) = self.kept.get_mut(id.index()) {
            *place = Some(kept);
        }
        Ok(id)
    }

    /// Takes a pattern away.
    pub fn remove(&mut self, id: PatternId) {
        self.matcher.remove(id);
        if let Some(kept) = self.kept.get_mut(id.index()).and_then(Option::take) {
            self.count(&kept, u32::saturating_sub);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.matcher.is_empty()
    }

    /// Whether any of them can be about a kind of event: what nobody listens to need not be told.
    pub fn listens_to(&self, kind: EventKind) -> bool {
        self.kinds.get(kind.index()).is_some_and(|count| *count > 0)
    }

    /// Whether any of them may match the event that a signal is: where all ask of the signal alone, they are asked
    /// ahead of finding out about its case and of what depends on its service.
    pub fn may_match(&self, kind: EventKind, drill: bool, signal: &Signal) -> bool {
        let beyond = self.beyond.get(kind.index()).is_some_and(|count| *count > 0);
        self.listens_to(kind) && (beyond || !self.asked(&beginning(kind, drill, signal)).is_empty())
    }

    /// Whom the patterns belong to that match an event. One that is beyond what can be matched matches none.
    pub fn matching(&self, event: &Event) -> Vec<&T> {
        if self.listens_to(event.kind) { self.asked(&event.json) } else { Vec::new() }
    }

    fn asked(&self, event: &Value) -> Vec<&T> {
        let Ok(bytes) = serde_json::to_vec(event) else { return Vec::new() };
        let mut scratch = Scratch::new();
        let Ok(ids) = self.matcher.matches(&bytes, &mut scratch) else { return Vec::new() };
        ids.iter().filter_map(|id| self.kept.get(id.index())?.as_ref().map(|kept| &kept.owner)).collect()
    }

    fn count(&mut self, kept: &Kept<T>, change: fn(u32, u32) -> u32) {
        for ((can_be, of_kind), beyond) in kept.kinds.iter().zip(&mut self.kinds).zip(&mut self.beyond) {
            if *can_be {
                *of_kind = change(*of_kind, 1);
                *beyond = change(*beyond, u32::from(!kept.is_of_signal));
            }
        }
    }
}
