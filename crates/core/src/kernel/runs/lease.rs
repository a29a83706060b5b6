//! Giving steps to runners.

use alloc::string::String;
use alloc::vec::Vec;

use super::Desk;
use crate::Context;
use crate::kernel::{Plan, Refusal};
use crate::name::RunnerName;
use crate::record::{Body, RunHappening};
use crate::run::{Automated, Epoch, RunId};
use crate::runbook::StepId;
use crate::time::Duration;
use crate::world::World;

/// The most steps that a runner is given at once.
pub const MOST_LEASES: usize = 16;
/// How long a runner may be silent beyond the time that a step may take: for its end, and for its way here.
const LEASE_MARGIN: Duration = Duration::from_seconds(60);

/// A runner that has room for steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which.
    pub runner: RunnerName,
    /// What it can reach: every label that a step wants must be among them.
    pub labels: Vec<String>,
    /// For how many steps it has room.
    pub room: usize,
}

/// A step that a runner was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The run.
    pub run: RunId,
    /// Its step.
    pub step: StepId,
    /// By what the lease is known.
    pub epoch: Epoch,
}

/// Gives a runner the steps that have waited longest and that it can carry out.
pub(in crate::kernel) fn lease(world: &World, cx: &Context, offer: &Offer) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let room = offer.room.min(MOST_LEASES);
    let fits = |how: &Automated| how.wants_runner() && how.runner.iter().all(|label| offer.labels.contains(label));
    let ready = world.ready(cx.now).filter_map(|(run, step)| {
        let how = step.planned.automated.as_ref().filter(|how| fits(how))?;
        Some((run.id, step.planned.id.clone(), step.work.as_ref()?.attempt + 1, how.timeout))
    });
    let chosen: Vec<_> = ready.take(room).collect();
    let mut desk = Desk::by_hub(world, catalog, cx);
    let mut leases = Vec::new();
    let mut epoch = world.last_epoch();
    for (run, step, attempt, timeout) in chosen {
        epoch = Epoch(epoch.0 + 1);
        let until = cx.now + timeout + LEASE_MARGIN;
        let runner = offer.runner.clone();
        let what = RunHappening::Leased { step: step.clone(), attempt, epoch, runner, until };
        desk.note(run, what, None, Body::new());
        leases.push(Lease { run, step, epoch });
    }
    Ok(Plan { leases, ..desk.finish(None) })
}
