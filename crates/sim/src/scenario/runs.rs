//! Steps about runs of runbooks: started, worked on step by step, ended.

use std::collections::BTreeMap;

use serde::Deserialize;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::kernel::{RunAction, RunRequest, What};
use wheelhouse_core::run::{Pace, Run, RunId, Settling};
use wheelhouse_core::runbook::{RunbookHash, RunbookName, StepId};

use super::file::Step;

/// A run that somebody starts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartStep {
    /// The runbook: `payments/drain` is `payments/runbooks/drain.md` in the folder of the catalog.
    pub runbook: String,
    /// The version that they have seen, where they say so.
    pub seen: Option<RunbookHash>,
    /// The case that it is for, if for one.
    pub case: Option<CaseId>,
    /// Whether it is for exercise.
    #[serde(default)]
    pub drill: bool,
    /// Whether it moves on by itself.
    #[serde(default)]
    pub auto: bool,
    /// Whether it is only tried out; it moves on by itself then.
    #[serde(default)]
    pub dry_run: bool,
    /// Values of parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, serde_json::Value>,
}

/// What became of a step.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettleStep {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: Which,
    /// How it went; it was done where absent.
    #[serde(default = "done")]
    pub how: Settling,
    /// What there is to say about it.
    pub text: Option<String>,
}

/// A step by its number in the run, counted from 1, or by its id.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Which {
    /// Its number.
    Number(usize),
    /// Its id.
    Id(StepId),
}

const fn done() -> Settling {
    Settling::Done
}

/// A step that is opened again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenStep {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: Which,
    /// Why.
    pub text: Option<String>,
}

/// A run that is ended before its steps are settled.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopStep {
    /// The run.
    pub run: RunId,
    /// Why.
    pub text: Option<String>,
}

/// What a step asks for about runs, if it does.
///
/// Says what is wrong with the step.
pub(super) fn what(step: &Step, runs: &BTreeMap<RunId, Run>) -> Option<Result<What, String>> {
    if let Some(start) = &step.start {
        return Some(request(start).map(|request| What::StartRun(Box::new(request))));
    }
    let (run, made) = match (&step.settle, &step.open_again, &step.stop) {
        (Some(SettleStep { run, step, how, text }), ..) => {
            let id = id_of(*run, step, runs);
            (*run, id.map(|step| RunAction::Settle { step, how: *how, text: text.clone() }))
        }
        (_, Some(OpenStep { run, step, text }), _) => {
            (*run, id_of(*run, step, runs).map(|step| RunAction::Reopen { step, text: text.clone() }))
        }
        (.., Some(StopStep { run, text })) => (*run, Ok(RunAction::Stop { text: text.clone() })),
        (None, None, None) => return None,
    };
    Some(made.map(|action| What::Run { run, action }))
}

/// The id of a step. Says that there is none of that number.
fn id_of(run: RunId, step: &Which, runs: &BTreeMap<RunId, Run>) -> Result<StepId, String> {
    match step {
        Which::Id(id) => Ok(id.clone()),
        Which::Number(number) => {
            let steps = runs.get(&run).map_or(&[][..], |run| &run.steps);
            let known = number.checked_sub(1).and_then(|index| steps.get(index)).map(|step| step.planned.id.clone());
            known.ok_or_else(|| format!("{run} has {} steps, and none of number {number}", steps.len()))
        }
    }
}

fn request(start: &StartStep) -> Result<RunRequest, String> {
    Ok(RunRequest {
        runbook: RunbookName::parse(&start.runbook).map_err(|error| error.to_string())?,
        version: start.seen.clone(),
        case: start.case,
        drill: start.drill,
        parameters: start.parameters.clone(),
        pace: if start.auto || start.dry_run { Pace::ByItself } else { Pace::ByHand },
        undo_on_failure: false,
        dry_run: start.dry_run,
    })
}

/// `RUN-1  of local/drain completed, 3 of 3 steps settled, 1 of them left out`
pub(super) fn in_the_end(run: &Run) -> String {
    let progress = run.progress();
    let how = run.ended.as_ref().map_or("under way", |end| end.how.as_str());
    let of_case = run.case.map(|case| format!(" for {case}")).unwrap_or_default();
    let mut words = format!(
        "{:<6} of {}{of_case} {how}, {} of {} steps settled",
        run.id.to_string(),
        run.runbook,
        progress.settled,
        progress.steps
    );
    for (count, what) in [(progress.skipped, "left out"), (progress.failed, "in vain")] {
        if count > 0 {
            words += &format!(", {count} {what}");
        }
    }
    words
}
