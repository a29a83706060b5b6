//! The silences of an organisation: those that are not over, and those over lately.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Silence, SilenceId, SilenceState};
use crate::signal::Signal;
use crate::time::{Duration, Timestamp};

/// For how long silences that are over are kept in memory, as Alertmanager keeps them.
pub const ENDED_KEPT: Duration = Duration::from_hours(120);

/// Every silence that is not over, and those over lately.
#[derive(Clone, Debug, Default)]
pub struct Silences {
    all: BTreeMap<SilenceId, Silence>,
    active: BTreeSet<SilenceId>,
    timers: BTreeSet<(Timestamp, SilenceId)>,
}

impl Silences {
    /// One by its name.
    pub fn get(&self, id: SilenceId) -> Option<&Silence> {
        self.all.get(&id)
    }

    /// All that are known, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = &Silence> {
        self.all.values()
    }

    /// Those that cover signals now.
    pub fn active(&self) -> impl Iterator<Item = &Silence> {
        self.active.iter().filter_map(|id| self.all.get(id))
    }

    /// Whether none covers anything now.
    pub fn none_active(&self) -> bool {
        self.active.is_empty()
    }

    /// Those that cover a signal now, in order of name.
    pub fn covering<'a>(&'a self, signal: &'a Signal) -> impl Iterator<Item = &'a Silence> {
        self.active().filter(move |silence| silence.covers(signal))
    }

    /// How many are not over.
    pub fn live(&self) -> usize {
        self.all.values().filter(|silence| silence.state != SilenceState::Expired).count()
    }

    /// When something is next to be done about one, and about which.
    pub(crate) fn next_due(&self) -> Option<(Timestamp, SilenceId)> {
        self.timers.first().copied()
    }

    /// Takes one in, or in again as it is now.
    pub(crate) fn put(&mut self, silence: Silence) {
        self.take_out(silence.id);
        if silence.state == SilenceState::Active {
            self.active.insert(silence.id);
        }
        self.timers.extend(silence.due_at().map(|at| (at, silence.id)));
        self.all.insert(silence.id, silence);
    }

    /// Changes one in place.
    pub(crate) fn change(&mut self, id: SilenceId, change: impl FnOnce(&mut Silence)) {
        if let Some(mut silence) = self.take_out(id) {
            change(&mut silence);
            self.put(silence);
        }
    }

    /// Lets go of those over for long; `holds` says which still hold signals back.
    pub(crate) fn evict(&mut self, now: Timestamp, holds: impl Fn(SilenceId) -> bool) {
        let over = |silence: &&Silence| {
            silence.state == SilenceState::Expired && silence.ends_at + ENDED_KEPT < now && !holds(silence.id)
        };
        let gone: Vec<SilenceId> = self.all.values().filter(over).map(|silence| silence.id).collect();
        for id in gone {
            self.all.remove(&id);
        }
    }

    fn take_out(&mut self, id: SilenceId) -> Option<Silence> {
        let silence = self.all.remove(&id)?;
        self.active.remove(&id);
        if let Some(at) = silence.due_at() {
            self.timers.remove(&(at, id));
        }
        Some(silence)
    }
}
