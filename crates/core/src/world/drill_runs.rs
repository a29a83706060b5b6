//! Drills that the hub plays: those under way, and the last few that are over.

use super::World;
use crate::drill::{DrillRun, RUNS_KEPT, RunEnd, RunOutcome};
use crate::name::DrillName;
use crate::record::{DrillStep, Entry, Fact};

impl World {
    /// Runs of drills in the order in which they were started: those under way, and the last that are over.
    pub fn drill_runs(&self) -> impl DoubleEndedIterator<Item = &DrillRun> {
        self.drill_runs.values()
    }

    /// The run of a drill that is under way.
    pub fn drill_run_of(&self, drill: &DrillName) -> Option<&DrillRun> {
        self.drill_runs().find(|run| run.drill == *drill && run.ended.is_none())
    }

    /// The number that the next run gets.
    pub(crate) fn next_drill_run(&self) -> u64 {
        self.drill_runs.keys().next_back().map_or(1, |last| last + 1)
    }

    /// Follows the start and the end of a run.
    pub(super) fn apply_drill_run(&mut self, entry: &Entry) {
        let Fact::DrillRun(part) = &entry.fact else { return };
        let how = match part.step {
            DrillStep::Started => {
                let (drill, by) = (part.drill.clone(), entry.actor.clone());
                let run = DrillRun { run: part.run, drill, started_at: entry.at, by, ended: None };
                self.drill_runs.insert(part.run, run);
                self.forget_old_runs();
                return;
            }
            DrillStep::Held => RunOutcome::Held,
            DrillStep::Stopped => RunOutcome::Stopped,
            DrillStep::Interrupted => RunOutcome::Interrupted,
        };
        if let Some(run) = self.drill_runs.get_mut(&part.run) {
            run.ended = Some(RunEnd { at: entry.at, by: entry.actor.clone(), how });
        }
    }

    /// Forgets the oldest runs that are over, beyond those that are kept; the last one gives the next its number.
    fn forget_old_runs(&mut self) {
        while self.drill_runs.len() > RUNS_KEPT {
            let oldest = self.drill_runs().find(|run| run.ended.is_some()).map(|run| run.run);
            let Some(oldest) = oldest else { return };
            self.drill_runs.remove(&oldest);
        }
    }
}
