//! Steps about automations and the runs that they start.

use serde::Deserialize;
use wheelhouse_core::World;
use wheelhouse_core::kernel::{Approval, AutomationAction, Command, RunAction, What};
use wheelhouse_core::name::AutomationName;
use wheelhouse_core::record::Actor;
use wheelhouse_core::run::{RunId, Settling};

use super::file::Step;

/// What a person does about an automation, or about a run that one started. Exactly one of its fields beside `name`
/// and `how` says what.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AutomationStep {
    /// Which automation.
    pub name: Option<AutomationName>,
    /// The person agrees to the question of this number.
    pub approve: Option<u64>,
    /// The person does not agree to the question of this number.
    pub decline: Option<u64>,
    /// The person halts it, and says why.
    pub pause: Option<String>,
    /// The person lets it go on.
    pub resume: bool,
    /// The person settles the first open step of this run.
    pub settle: Option<RunId>,
    /// How that went; it was done where absent.
    pub how: Option<Settling>,
    /// The person approves the version in force of the runbook with this stem.
    pub version: Option<String>,
}

/// What a step asks for, if it is about automations.
///
/// Says what is wrong with the step.
pub(super) fn command(step: &Step, world: &World) -> Option<Result<Command, String>> {
    let asked = step.automation.as_ref()?;
    let what = match (asked.settle, &asked.name) {
        _ if asked.version.is_some() => approval(world, asked.version.as_deref().unwrap_or_default()),
        (Some(run), _) => settle(world, run, asked.how.unwrap_or(Settling::Done)),
        (None, Some(name)) => about(asked).map(|action| What::Automation { automation: name.clone(), action }),
        (None, None) => Err(format!("the step at {} needs the `name` of an automation", step.at)),
    };
    let actor = step.by.clone().map(Actor::Person).ok_or_else(|| format!("the step at {} needs `by:`", step.at));
    Some(what.and_then(|what| Ok(Command { actor: actor?, policies: Vec::new(), judged_under: None, what })))
}

fn about(asked: &AutomationStep) -> Result<AutomationAction, String> {
    match (asked.approve, asked.decline, &asked.pause) {
        (Some(number), ..) => Ok(AutomationAction::Approve { number }),
        (_, Some(number), _) => Ok(AutomationAction::Decline { number, text: None }),
        (.., Some(text)) => Ok(AutomationAction::Pause { text: text.clone() }),
        _ if asked.resume => Ok(AutomationAction::Resume),
        _ => Err("an `automation` step says `approve`, `decline`, `pause`, `resume` or `settle`".into()),
    }
}

fn approval(world: &World, stem: &str) -> Result<What, String> {
    let runbooks = world.catalog().map(|catalog| &catalog.runbooks);
    let known = runbooks.and_then(|all| all.values().find(|runbook| runbook.name.stem() == stem));
    let runbook = known.ok_or_else(|| format!("there is no runbook `{stem}`"))?;
    let (runbook, version) = (runbook.name.clone(), runbook.hash.clone());
    Ok(What::ApproveVersion(Box::new(Approval { runbook, version, text: None })))
}

fn settle(world: &World, run: RunId, how: Settling) -> Result<What, String> {
    let known = world.run(run).ok_or_else(|| format!("no run {run} is under way"))?;
    let open = known.steps.iter().find(|step| step.settled.is_none() && !step.planned.only_undoes);
    let step = open.ok_or_else(|| format!("{run} has no open step"))?.planned.id.clone();
    Ok(What::Run { run, action: RunAction::Settle { step, how, text: None } })
}
