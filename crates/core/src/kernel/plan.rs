//! Plans: what a command would do.

use alloc::vec::Vec;

use super::automations::Unsaid;
use super::runs::Lease;
use crate::access::TokenId;
use crate::case::{Case, CaseId};
use crate::record::{Entry, Fact, Why};
use crate::run::{Run, RunId};
use crate::silence::SilenceId;
use crate::world::World;

/// What a command would do. Nothing of it has happened until the entries are applied and committed.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What happens, in order; each entry carries its reason.
    pub entries: Vec<Entry>,
    /// The case it is about, for the answer.
    pub case: Option<CaseId>,
    /// The token it makes, for the answer.
    pub token: Option<TokenId>,
    /// The silence it is about, for the answer.
    pub silence: Option<SilenceId>,
    /// The change it tells, for the answer.
    pub change: Option<u64>,
    /// The run of a runbook it is about, for the answer.
    pub run: Option<RunId>,
    /// The steps that a runner was given, for the answer.
    pub leases: Vec<Lease>,
    /// How often automations were asked without a word of it in the record, for whoever counts.
    pub automations: Unsaid,
}

impl Plan {
    /// The reasons of the plan, in order.
    pub fn why(&self) -> impl Iterator<Item = &Why> {
        self.entries.iter().filter_map(|entry| entry.why.as_ref())
    }

    /// The entry that opens a case or opens one again, if there is one: what such a case follows from, and
    /// the number of a new one, another plan of the same moment may change.
    pub(crate) fn beginning(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| matches!(entry.fact, Fact::CaseOpened { .. } | Fact::CaseReopened))
    }

    /// A case as the plan leaves it.
    pub(crate) fn case_after(&self, world: &World, id: CaseId) -> Option<Case> {
        let mut entries = self.entries.iter().filter(|entry| entry.subject == Some(id));
        let mut case = match world.case(id) {
            Some(case) => case.clone(),
            None => entries.find_map(|entry| Case::opened(id, entry))?,
        };
        entries.for_each(|entry| case.apply(entry));
        Some(case)
    }

    /// A run as the plan leaves it.
    pub(crate) fn run_after(&self, world: &World, id: RunId) -> Option<Run> {
        let mut entries = self.entries.iter().filter(|entry| matches!(&entry.fact, Fact::Run(part) if part.run == id));
        let mut run = match world.run(id) {
            Some(run) => run.clone(),
            None => entries.find_map(Run::started)?,
        };
        entries.for_each(|entry| run.apply(entry));
        Some(run)
    }

    /// Whether nothing would happen.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
