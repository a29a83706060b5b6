//! How firing signals follow from entries. No rule is evaluated here.

use super::{Changes, SignalRow, World};
use crate::case::CaseId;
use crate::record::{Attached, Entry, SignalChange, Tally};
use crate::signal::Active;

impl World {
    /// Follows what one signal changed.
    pub(super) fn apply_signal(&mut self, change: &SignalChange, entry: &Entry, changes: &mut Changes) {
        let Attached::Signal(signal) = &entry.attached else {
            return;
        };
        match change {
            SignalChange::Joined { number, identity_hash, case, until } => {
                self.last_signal = *number;
                let (signal, until) = (signal.clone(), *until);
                let row = SignalRow::Append {
                    number: *number,
                    case: Some(*case),
                    silence: None,
                    first_heard_at: entry.at,
                    until,
                    signal: signal.clone(),
                };
                changes.signal = Some(row);
                let active = Active {
                    signal,
                    identity_hash: *identity_hash,
                    case: Some(*case),
                    silence: None,
                    heard_at: entry.at,
                    until,
                };
                self.signals.insert(*number, active);
                self.tally(*case, &change.tally(), changes);
            }
            SignalChange::Silenced { number, identity_hash, silence, until } => {
                self.last_signal = *number;
                let (signal, until, silence) = (signal.clone(), *until, Some(*silence));
                changes.signal = Some(SignalRow::Append {
                    number: *number,
                    case: None,
                    silence,
                    first_heard_at: entry.at,
                    until,
                    signal: signal.clone(),
                });
                let identity_hash = *identity_hash;
                let active = Active { signal, identity_hash, case: None, silence, heard_at: entry.at, until };
                self.signals.insert(*number, active);
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
