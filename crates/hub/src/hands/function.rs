//! What a function is given, and the events that it makes.

use serde_json::{Map, Value, json};
use wheelhouse_core::case::Case;
use wheelhouse_core::run::{MOST_MADE, MadeEvent};
use wheelhouse_core::runbook::Step;
use wheelhouse_runner::Outcome;

use super::ready::Known;

/// What a function is told of the case of its run.
#[derive(Clone, Debug)]
pub(crate) struct CaseFacts(Value);

impl CaseFacts {
    /// What there is to tell of a case.
    pub(crate) fn of(case: &Case) -> Self {
        Self(json!({
            "id": case.id.to_string(),
            "severity": case.severity.as_str(),
            "state": case.state.as_str(),
            "service": case.service.as_ref().map(|service| service.as_str()),
            "team": case.team.as_str(),
            "title": case.title,
        }))
    }
}

/// The document on a function's standard input: what every step finds in its environment, in the types that it has, with
/// the case as it is at this moment, and the event that made an automation start the run.
pub(super) fn document(known: &Known, step: &Step, item: Option<&Value>) -> Value {
    let (run, given) = (&known.run, &known.given);
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| drop(document.insert(name.to_owned(), value));
    put("run", run.id.to_string().into());
    put("step", step.id.as_str().into());
    put("runbook", run.runbook.to_string().into());
    put("drill", run.drill.into());
    put("dry_run", run.dry_run.into());
    put("parameters", Value::Object(given.parameters.clone()));
    put("outputs", given.outputs.iter().map(|(name, value)| (name.clone(), value.clone())).collect());
    if let Some(case) = run.case {
        let only_known = || json!({"id": case.to_string()});
        put("case", known.case.as_ref().map_or_else(only_known, |facts| facts.0.clone()));
    }
    if let Some(item) = item {
        put("item", item.clone());
    }
    if let Some(event) = &given.event {
        put("event", event.clone());
    }
    Value::Object(document)
}

/// The events that a function made.
///
/// # Errors
/// For people: there are too many, or one is none.
pub(super) fn events(outcome: &Outcome) -> Result<Vec<MadeEvent>, String> {
    let made = outcome.events.len();
    if made > MOST_MADE {
        return Err(format!("it made {made} events; {MOST_MADE} are allowed"));
    }
    outcome.events.iter().map(|event| MadeEvent::new(&event.kind, event.data.clone())).collect()
}
