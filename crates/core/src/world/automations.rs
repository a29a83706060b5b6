//! What is remembered of automations.

use super::{Changes, World};
use crate::automation::{AutomationState, States};
use crate::name::AutomationName;
use crate::record::{Entry, Fact};
use crate::time::Timestamp;

impl World {
    /// What is remembered of each automation that ever was asked in earnest, by name.
    pub fn automations(&self) -> &States {
        &self.automations
    }

    /// The questions of automations whose time is over at `now`.
    pub(crate) fn questions_due(&self, now: Timestamp) -> impl Iterator<Item = (&AutomationName, u64)> {
        let over = self.questions_due.iter().take_while(move |(until, _, _)| *until <= now);
        over.map(|(_, automation, number)| (automation, *number))
    }

    /// Takes what is remembered of automations in again after a start.
    pub fn take_in_automations(&mut self, states: impl IntoIterator<Item = AutomationState>) {
        for state in states {
            self.questions_due.extend(state.questions_due());
            self.automations.insert(state.name.clone(), state);
        }
    }

    /// Follows an entry about an automation.
    pub(super) fn apply_automation(&mut self, entry: &Entry, changes: &mut Changes) {
        let Fact::Automation(part) = &entry.fact else { return };
        let new = || AutomationState::new(part.automation.clone());
        let state = self.automations.entry(part.automation.clone()).or_insert_with(new);
        for due in state.questions_due() {
            self.questions_due.remove(&due);
        }
        state.apply(entry);
        self.questions_due.extend(state.questions_due());
        changes.automations.push(part.automation.clone());
    }

    /// What was written into an erased case goes from what waits for people as well.
    pub(super) fn erase_from_automations(&mut self, entry: &Entry, changes: &mut Changes) {
        let (Fact::Erased(_), Some(case)) = (&entry.fact, entry.subject) else { return };
        for state in self.automations.values_mut() {
            if state.erase(case) {
                changes.automations.push(state.name.clone());
            }
        }
    }
}
