//! Giving steps to runners.

use alloc::string::String;
use alloc::vec::Vec;

use super::Desk;
use crate::Context;
use crate::catalog::Catalog;
use crate::kernel::{Command, Plan, Refusal};
use crate::name::RunnerName;
use crate::record::{Body, RunHappening};
use crate::run::{Automated, Epoch, RunId};
use crate::runbook::StepId;
use crate::time::{Duration, Timestamp};
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
    /// What the hub's own runner reaches, as it was started: every label that a step wants must be among them. For
    /// any other runner the catalog says it, and this is absent.
    pub own_labels: Option<Vec<String>>,
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
pub(in crate::kernel) fn lease(world: &World, command: &Command, cx: &Context, offer: &Offer) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    let room = offer.room.min(MOST_LEASES);
    let chosen: Vec<_> = fitting(world, catalog, cx.now, offer).take(room).collect();
    let mut desk = Desk::by_hub(world, catalog, cx);
    let mut leases = Vec::new();
    let mut epoch = world.last_epoch();
    for (run, step, attempt, timeout) in chosen {
        epoch = Epoch(epoch.0 + 1);
        let until = cx.now + timeout + LEASE_MARGIN;
        let runner = offer.runner.clone();
        let what = RunHappening::Leased { step: step.clone(), attempt, epoch, runner, until };
        desk.tell(run, what, Body::new(), Some(command));
        leases.push(Lease { run, step, epoch });
    }
    Ok(Plan { leases, ..desk.finish(None) })
}

/// Whether there is a step at `now` that a runner can carry out.
pub fn has_work(world: &World, now: Timestamp, offer: &Offer) -> bool {
    world.catalog().is_some_and(|catalog| fitting(world, catalog, now, offer).next().is_some())
}

/// The steps that a runner can carry out, those first that have waited longest. One of the catalog that has labels
/// gets only steps that ask for some of them: what asks for nothing is not meant for a zone.
fn fitting<'w>(
    world: &'w World,
    catalog: &'w Catalog,
    now: Timestamp,
    offer: &'w Offer,
) -> impl Iterator<Item = (RunId, StepId, u32, Duration)> + 'w {
    let known = catalog.runners.get(&offer.runner);
    let reaches = move |wanted: &[String]| match (&offer.own_labels, known) {
        (Some(own), _) => wanted.iter().all(|label| own.contains(label)),
        (None, Some(known)) => known.reaches(wanted) && wanted.is_empty() == known.labels.is_empty(),
        (None, None) => false,
    };
    let fits = move |how: &Automated| how.wants_runner() && reaches(&how.runner);
    world.ready(now).filter_map(move |(run, step)| {
        let how = step.planned.automated.as_ref().filter(|how| fits(how))?;
        Some((run.id, step.planned.id.clone(), step.work.as_ref()?.attempt + 1, how.timeout))
    })
}
