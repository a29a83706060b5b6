//! Runs of runbooks that are under way.

use super::{Changes, World};
use crate::case::CaseId;
use crate::record::{Entry, Fact};
use crate::run::{Run, RunId};

impl World {
    /// A run that is under way.
    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.get(&id)
    }

    /// The runs that are under way, in order of name.
    pub fn runs(&self) -> impl ExactSizeIterator<Item = &Run> {
        self.runs.values()
    }

    /// The runs of a case that are under way.
    pub fn runs_of(&self, case: CaseId) -> impl Iterator<Item = &Run> {
        self.runs.values().filter(move |run| run.case == Some(case))
    }

    /// How many runs there have been.
    pub fn last_run(&self) -> RunId {
        self.last_run
    }

    /// The name that the next run gets.
    pub(crate) fn next_run(&self) -> RunId {
        RunId(self.last_run.0 + 1)
    }

    /// Takes runs under way in again after a start.
    pub fn take_in_runs(&mut self, runs: impl IntoIterator<Item = Run>) {
        self.runs.extend(runs.into_iter().map(|run| (run.id, run)));
    }

    /// Follows an entry about a run. One that has ended leaves the world.
    pub(super) fn apply_run(&mut self, entry: &Entry, changes: &mut Changes) {
        let Fact::Run(part) = &entry.fact else { return };
        let known = self.runs.remove(&part.run).map(|mut run| {
            run.apply(entry);
            run
        });
        let Some(run) = known.or_else(|| Run::started(entry)) else { return };
        self.last_run = self.last_run.max(run.id);
        if run.ended.is_none() {
            self.runs.insert(run.id, run.clone());
        }
        changes.run = Some(run);
    }
}
