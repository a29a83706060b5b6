//! How firing signals follow from entries. No rule is evaluated here.

use alloc::sync::Arc;

use super::{Changes, SignalRow, World};
use crate::case::CaseId;
use crate::record::{Attached, Entry, SignalChange, Tally};
use crate::signal::{Active, Signal, SignalNumber};
use crate::silence::SilenceId;
use crate::time::Timestamp;

impl World {
    /// Follows what one signal changed.
    pub(super) fn apply_signal(&mut self, change: &SignalChange, entry: &Entry, changes: &mut Changes) {
        let Attached::Signal(signal) = &entry.attached else {
            return;
        };
        match change {
            SignalChange::Joined { number, identity_hash, case, until } => {
                let place = (Some(*case), None);
                self.first_seen(*number, *identity_hash, place, *until, (entry.at, signal), changes);
                self.tally(*case, &change.tally(), changes);
            }
            SignalChange::Silenced { number, identity_hash, silence, until } => {
                let place = (None, Some(*silence));
                self.first_seen(*number, *identity_hash, place, *until, (entry.at, signal), changes);
            }
            SignalChange::SilencedAgain { number, silence } => {
                let (case, silence) = (None, Some(*silence));
                self.signals.move_to(*number, case, silence);
                changes.signal = Some(SignalRow::Moved { number: *number, case, silence });
            }
            SignalChange::Released { number, case } => {
                self.signals.move_to(*number, Some(*case), None);
                changes.signal = Some(SignalRow::Moved { number: *number, case: Some(*case), silence: None });
                self.tally(*case, &change.tally(), changes);
            }
            SignalChange::Repeated { number, until, .. } => {
                self.signals.heard(*number, entry.at, *until, signal);
            }
            SignalChange::Resolved { number, case, ended_at } => {
                self.signals.remove(*number);
                changes.signal = Some(SignalRow::End { number: *number, ended_at: *ended_at, expired: false });
                if let Some(case) = case {
                    self.tally(*case, &change.tally(), changes);
                }
            }
            SignalChange::Expired { number, case } => {
                self.signals.remove(*number);
                changes.signal = Some(SignalRow::End { number: *number, ended_at: entry.at, expired: true });
                if let Some(case) = case {
                    self.tally(*case, &change.tally(), changes);
                }
            }
            SignalChange::Dropped | SignalChange::Ignored => {}
        }
    }

    /// Takes in a signal that started to fire: into a case, or held back by a silence.
    fn first_seen(
        &mut self,
        number: SignalNumber,
        identity_hash: u64,
        (case, silence): (Option<CaseId>, Option<SilenceId>),
        until: Option<Timestamp>,
        (heard_at, signal): (Timestamp, &Arc<Signal>),
        changes: &mut Changes,
    ) {
        self.last_signal = number;
        let row = signal.clone();
        changes.signal =
            Some(SignalRow::Append { number, case, silence, first_heard_at: heard_at, until, signal: row });
        let active = Active { signal: signal.clone(), identity_hash, case, silence, heard_at, until };
        self.signals.insert(number, active);
    }

    /// Counts what signals did to a case.
    pub(super) fn tally(&mut self, id: CaseId, tally: &Tally, changes: &mut Changes) {
        if let Some(case) = self.cases.get_mut(&id)
            && (tally.joined, tally.released, tally.resolved, tally.expired) != (0, 0, 0, 0)
        {
            case.tally(tally);
            changes.cases.push(id);
        }
    }
}
