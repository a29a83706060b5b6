//! What the hub's hands do in a story: steps of machines are prepared, those that are the hub's own are carried out, and
//! a runner is heard of where the story says so.

use serde::Deserialize;
use wheelhouse_core::World;
use wheelhouse_core::kernel::{AttemptReport, Command, HubWork, Offer, Prepared, RunWork, What};
use wheelhouse_core::name::RunnerName;
use wheelhouse_core::record::Actor;
use wheelhouse_core::run::{AttemptEnd, Epoch, MadeEvent, Run, RunId, RunStep};
use wheelhouse_core::runbook::StepId;
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::runbook::{Task, task};

/// An attempt at the step that has waited longest for a runner.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptStep {
    /// How it ends.
    pub end: AttemptEnd,
    /// The events that it makes, if it is a function.
    #[serde(default)]
    pub events: Vec<MadeStep>,
}

/// An event that a function makes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeStep {
    /// What kind of thing happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// More about it.
    #[serde(default)]
    pub data: serde_json::Value,
}

/// What the hub's hands do next at `now`, if anything.
pub(super) fn next(world: &World, now: Timestamp) -> Option<RunWork> {
    let prepared = world.turns().next().map(|(run, step)| {
        let input = run.version.clone();
        let prepared = Ok(Prepared { applies: true, input, items: None, untold: None });
        RunWork::Prepared { run: run.id, step: step.planned.id.clone(), prepared }
    });
    prepared.or_else(|| {
        let is_own = |step: &RunStep| step.planned.automated.as_ref().is_some_and(|how| !how.wants_runner());
        let (run, step) = world.ready(now).find(|(_, step)| is_own(step))?;
        let work = read(world, run, &step.planned.id).unwrap_or_else(HubWork::Wrong);
        Some(RunWork::Read { run: run.id, step: step.planned.id.clone(), work })
    })
}

/// What a step says that the hub itself carries out.
fn read(world: &World, run: &Run, step: &StepId) -> Result<HubWork, String> {
    let known = world.catalog().and_then(|catalog| catalog.runbooks.get(&run.runbook));
    let runbook = known.filter(|runbook| runbook.hash == run.version).ok_or("its version is not in force")?;
    let block = runbook.step(step).and_then(|step| step.block()).ok_or("it is for people")?;
    let values = |name: &str| match name {
        "WH_RUN" => Some(run.id.to_string()),
        "WH_CASE" => run.case.map(|case| case.to_string()),
        _ => None,
    };
    match task(block, &[], run.drill, &values)? {
        Task::Hub(work) => Ok(work),
        _ => Err("a runner carries this out".into()),
    }
}

/// A runner that has room for one step.
pub(super) fn lease() -> Result<Command, String> {
    let runner = RunnerName::new("hub").map_err(|bad| bad.to_string())?;
    let what = What::Lease(Offer { runner, own_labels: Some(Vec::new()), room: 1 });
    Ok(Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what })
}

/// The step that was leased last, as far as a runner has it.
pub(super) fn leased(world: &World) -> Option<(RunId, StepId, Epoch)> {
    world.leased().last().map(|(epoch, run, step)| (run.id, step.planned.id.clone(), epoch))
}

/// What the runner says of it.
pub(super) fn ended((run, step, epoch): (RunId, StepId, Epoch), attempt: &AttemptStep) -> Result<Command, String> {
    let made = attempt.events.iter().map(|event| MadeEvent::new(&event.kind, event.data.clone()));
    let events = made.collect::<Result<Vec<_>, String>>()?;
    let report = AttemptReport { text: None, events, ..AttemptReport::of(attempt.end, "") };
    let what = What::RunWork(Box::new(RunWork::Ended { run, step, epoch, report }));
    Ok(Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what })
}
