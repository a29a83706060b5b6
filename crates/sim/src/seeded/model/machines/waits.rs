//! Steps that wait, for a time or for an event, and the events that functions answer with.

use serde_json::Value;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::kernel::{Command, HubWork, RunWork, What};
use wheelhouse_core::record::{Fact, RunHappening};
use wheelhouse_core::run::{AttemptEnd, RunId};
use wheelhouse_core::runbook::StepId;
use wheelhouse_core::time::{Duration, Timestamp};

use super::super::Cause;
use super::events::matches;
use super::{MRun, Machines, Plan, Stage};

/// The longest time that a step waits.
const LONGEST: Duration = Duration::from_hours(7 * 24);
/// The most events of one answer.
const MOST_MADE: usize = 16;

/// What a step waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Awaits {
    pub(super) pattern: String,
    pub(super) of_case: bool,
    /// It began to wait in this very plan: whatever else happens in it happened before.
    pub(super) is_new: bool,
}

impl Machines {
    /// What a step begins to wait for, as its fence says.
    pub(super) fn begins_to_wait(
        &self,
        plan: Plan<'_>,
        (id, step): (RunId, &StepId),
        until: Timestamp,
    ) -> Result<Stage, String> {
        let (length, event) = match plan.work(id, step) {
            Some(RunWork::Read { work: HubWork::Wait(length), .. }) => (*length, None),
            Some(RunWork::Read { work: HubWork::Await(length, awaited), .. }) => {
                let (pattern, of_case) = (awaited.pattern.to_string(), awaited.of_case);
                (*length, Some(Awaits { pattern, of_case, is_new: true }))
            }
            _ => return Err("nobody read what it waits for".into()),
        };
        let case = self.runs.get(&id).and_then(|run| run.case);
        if event.as_ref().is_some_and(|event| event.of_case) && case.is_none() {
            return Err("it waits for what happens to its case, and has none".into());
        }
        if until != plan.now + length.min(LONGEST) {
            return Err(format!("it is to wait for {length}, and waits until {until}"));
        }
        Ok(Stage::Waiting { until, event })
    }

    /// Whether something happens in a plan that a step of a run waits for.
    pub(super) fn comes(&self, plan: Plan<'_>, run: &MRun, (until, awaits): (Timestamp, &Awaits)) -> bool {
        let about = |case: Option<CaseId>| !awaits.of_case || (case == run.case && case.is_some());
        !awaits.is_new
            && plan.now < until
            && self.happened(plan).iter().any(|event| {
                event.entry.drill == run.drill && about(event.case) && matches(&awaits.pattern, &event.words).is_ok()
            })
    }

    /// Whoever waited for what happened goes on.
    pub(super) fn none_slept_through(&self, plan: Plan<'_>) -> Result<(), String> {
        for run in self.runs.values().filter(|run| run.over.is_none()) {
            for step in &run.steps {
                if let Some(Stage::Waiting { until, event: Some(awaits) }) = step.work.as_ref().map(|work| &work.stage)
                    && self.comes(plan, run, (*until, awaits))
                {
                    return Err(format!("{} {} waits for what happened: {awaits:?}", run.id, step.id));
                }
            }
        }
        Ok(())
    }

    /// What functions answer with is heard once, and nothing else; of a run that is only tried out nothing is.
    pub(super) fn made_as_answered(&self, plan: Plan<'_>) -> Result<(), String> {
        let mut answered: Vec<(RunId, &StepId, &str, Value)> = Vec::new();
        if let Cause::Command(Command { what: What::RunWork(done), .. }) = plan.cause
            && let RunWork::Ended { run, step, report, .. } = &**done
            && report.end == AttemptEnd::Succeeded
            && self.runs.get(run).is_some_and(|run| !run.tried_out)
        {
            let events = report.events.iter().take(MOST_MADE);
            answered.extend(events.map(|event| (*run, step, event.kind.as_str(), event.data.clone())));
        }
        let made = plan.entries.iter().filter_map(|entry| {
            let Fact::Run(part) = &entry.fact else { return None };
            let RunHappening::EventMade { step, event } = &part.what else { return None };
            let data = entry.body.as_ref().and_then(|body| serde_json::from_str(body.get("data")?).ok());
            Some((part.run, step, event.as_str(), data.unwrap_or(Value::Null)))
        });
        let made: Vec<_> = made.collect();
        if made == answered { Ok(()) } else { Err(format!("answered was {answered:?}\nand heard is {made:?}")) }
    }
}
