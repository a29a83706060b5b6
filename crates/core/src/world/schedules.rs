//! Runbooks that are run by themselves at a time.

use super::World;
use crate::record::{Entry, Fact, ScheduleFact};
use crate::runbook::RunbookName;
use crate::time::Timestamp;

impl World {
    /// The runbooks whose time has come at `now`, with that time: the first that was missed where there are several.
    pub(crate) fn schedules_due(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, &RunbookName)> {
        self.schedules_due.iter().take_while(move |(at, _)| *at <= now).map(|(at, name)| (*at, name))
    }

    /// When the time of a runbook comes next.
    pub fn scheduled_next(&self, runbook: &RunbookName) -> Option<Timestamp> {
        self.schedules_due.iter().find(|(_, name)| name == runbook).map(|(at, _)| *at)
    }

    /// When the time of any runbook comes next.
    pub(super) fn next_schedule(&self) -> Option<(Timestamp, &RunbookName)> {
        self.schedules_due.first().map(|(at, name)| (*at, name))
    }

    /// Works out anew when the time of each runbook comes: after an adoption, and when the doors are ready.
    pub(super) fn reckon_schedules(&mut self) {
        self.schedules_due.clear();
        let (Some(catalog), true) = (self.catalog.clone(), self.doors_are_ready) else { return };
        for (name, runbook) in &catalog.runbooks {
            let Some(schedule) = &runbook.front.schedule else { continue };
            // One that never came counts from when it came into force.
            let next = self.scheduled.get(name).and_then(|from| schedule.next_after(*from));
            self.schedules_due.extend(next.map(|at| (at, name.clone())));
        }
    }

    /// Follows that the time of a runbook came.
    pub(super) fn apply_schedule(&mut self, entry: &Entry) {
        let Fact::RunScheduled(ScheduleFact { runbook, .. }) = &entry.fact else { return };
        self.scheduled.insert(runbook.clone(), entry.at);
        self.schedules_due.retain(|(_, name)| name != runbook);
        let known = self.catalog.as_ref().and_then(|catalog| catalog.runbooks.get(runbook));
        let next = known.and_then(|runbook| runbook.front.schedule.as_ref()?.next_after(entry.at));
        self.schedules_due.extend(next.map(|at| (at, runbook.clone())));
    }
}
