//! The model and the world agree, and nothing that was due is left.

use std::collections::BTreeSet;

use wheelhouse_core::World;
use wheelhouse_core::case::{CaseKind, MessageId, State};
use wheelhouse_core::time::Timestamp;

use super::{Model, Phase};

impl Model {
    /// Compares the model with the live world.
    pub fn agrees(&self, world: &World) -> Result<(), String> {
        for (id, ours) in &self.cases {
            let Some(theirs) = world.case(*id) else {
                if ours.phase != Phase::Resolved || ours.firing > 0 || ours.recheck_at.is_some() {
                    return Err(format!("1: {id} is {:?} and not in the world", ours.phase));
                }
                continue;
            };
            let phase = match theirs.state {
                State::Open => Phase::Open,
                State::Acknowledged { .. } => Phase::Acknowledged,
                State::Mitigated { .. } => Phase::Mitigated,
                State::Resolved { .. } => Phase::Resolved,
            };
            let pending = theirs.escalation.clone().map(|mut next| {
                next.parked = false;
                next
            });
            let same = phase == ours.phase
                && theirs.severity == ours.severity
                && theirs.team == ours.team
                && theirs.service == ours.service
                && (theirs.firing, theirs.members) == (ours.firing, ours.members)
                && pending == ours.pending
                && theirs.acknowledgement_lapses_at == ours.lapses_at
                && theirs.recheck_at == ours.recheck_at
                && theirs.told == ours.told
                && theirs.silenced.as_ref().map(|by| by.silences.iter().copied().collect()) == ours.silenced
                && theirs.retired == ours.retired
                && theirs.symptom.map(|symptom| (symptom.root, symptom.release_at)) == ours.root
                && theirs.flapping.map(|flapping| flapping.over_at) == ours.flaps;
            let missed: BTreeSet<_> = theirs.missed.iter().map(|miss| (*id, miss.recipient.clone())).collect();
            let ours_missed = self.misses.missed.iter().filter(|(case, _)| case == id).cloned();
            if missed != ours_missed.collect() {
                return Err(format!("6: {id} missed {missed:?} in the world"));
            }
            if !same {
                return Err(format!("the model's {id}\n{ours:?}\nis not the world's\n{theirs:?}"));
            }
        }
        let ours: Vec<MessageId> = self.messages.iter().filter(|(_, row)| row.under_way).map(|(id, _)| *id).collect();
        let theirs: Vec<MessageId> =
            self.cases.keys().flat_map(|id| world.messages_of(*id)).map(|row| row.id).collect();
        if ours != theirs || world.messages_waiting() != ours.len() {
            return Err(format!("4: the messages under way should be {ours:?} and are {theirs:?}"));
        }
        self.silences_agree(world)?;
        self.runs_agree(world)?;
        if self.firing() != world.signals().len() {
            return Err(format!("1: {} signals fire, {} in the world", self.firing(), world.signals().len()));
        }
        Ok(())
    }

    /// Nothing is left that was due at `now`.
    pub fn at_rest(&self, now: Timestamp) -> Result<(), String> {
        for (id, case) in &self.cases {
            let due = case.pending.as_ref().filter(|_| !case.parked).map(|next| next.due_at);
            if let Some(at) = due.filter(|at| *at <= now) {
                return Err(format!("2: the step of {id} that was due at {at} was not carried out"));
            }
            // Nobody is paged for an action.
            if id.kind != CaseKind::Action
                && !case.is_question()
                && case.phase == Phase::Open
                && case.pending.is_none()
                && !case.parked
                && !case.said
                && case.silenced.is_none()
                && !self.waits_for_root(case)
            {
                return Err(format!("2: {id} is open, nobody has it, and it has no next step"));
            }
            if case.lapses_at.is_some_and(|at| at <= now) {
                return Err(format!("2: the acknowledgement of {id} should have lapsed"));
            }
            if case.root.is_some_and(|(_, release_at)| release_at.is_some_and(|at| at <= now)) {
                return Err(format!("2: {id} should stand for itself again"));
            }
            if case.flaps.flatten().is_some_and(|at| at <= now) {
                return Err(format!("{id} has been quiet for long and is not over"));
            }
            if case.recheck_at.is_some_and(|at| at <= now) {
                return Err(format!("{id} should have been looked at again"));
            }
        }
        self.silences_at_rest(now)?;
        self.machines_at_rest(now)?;
        self.overdue_signal(now).map_or(Ok(()), |number| Err(format!("expiry: signal {number} should have ended")))
    }
}
