//! What a runner's word comes to: is the outcome the expected one, and what does it hand on?

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wheelhouse_core::expression::Conditions;
use wheelhouse_core::kernel::AttemptReport;
use wheelhouse_core::run::{AttemptEnd, LARGEST_OUTPUTS, MadeEvent, OutputDigest};
use wheelhouse_runner::{End, Exit, Outcome};
use wheelhouse_wire::expression::CEL;

use super::function;

/// The most of what a step said that its expectation can ask about, in bytes.
pub(crate) const ASKABLE: usize = 64 * 1024;

/// What the outcome of a step is held to. The hub judges, whoever carried it out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Judgement {
    /// The names of what it hands to later steps.
    pub outputs: Vec<String>,
    /// What its outcome must be, in CEL.
    pub expect: Option<String>,
    /// What expressions can ask beside the outcome.
    pub variables: Value,
    /// Whether it may make events.
    pub is_function: bool,
}

/// The report of an outcome. `said` is the beginning of what the step said on standard output.
pub(crate) fn report(outcome: &Outcome, output: Option<OutputDigest>, said: &str, wanted: &Judgement) -> AttemptReport {
    let (mut end, mut text) = match &outcome.end {
        End::Succeeded => (AttemptEnd::Succeeded, None),
        End::Failed { why } => (AttemptEnd::Failed, Some(why.clone())),
        End::TimedOut => (AttemptEnd::TimedOut, None),
        End::Cancelled => (AttemptEnd::Cancelled, None),
        End::NotStarted { why } => (AttemptEnd::NotStarted, Some(why.clone())),
        End::Unknown { why } => (AttemptEnd::Unknown, Some(why.clone())),
    };
    let exit = outcome.exit.map(|exit| match exit {
        Exit::Code(code) => code,
        Exit::Signal(signal) => 128 + signal,
    });
    let (mut outputs, mut events) = (BTreeMap::new(), Vec::new());
    if end == AttemptEnd::Succeeded
        && let Err(why) = hand_on(outcome, wanted, &mut outputs)
            .and_then(|()| meet(exit, said, &outputs, wanted))
            .and_then(|()| make(outcome, wanted, &mut events))
    {
        (end, text) = (AttemptEnd::Unexpected, Some(why));
        outputs.clear();
    }
    let gone = outcome.proof.as_ref().map(|proof| proof.empty);
    AttemptReport { end, exit, gone, output, text, outputs, events }
}

/// Takes what the step hands on: what its fence names, all of it, and nothing else.
fn hand_on(outcome: &Outcome, wanted: &Judgement, outputs: &mut BTreeMap<String, Value>) -> Result<(), String> {
    if let Some(why) = &outcome.outputs_refused {
        return Err(format!("what it handed on was refused: {why}"));
    }
    for name in &wanted.outputs {
        let value =
            outcome.outputs.get(name).ok_or_else(|| format!("it did not hand on `{name}`, as its fence says"))?;
        outputs.insert(name.clone(), value.clone());
    }
    let size = serde_json::to_string(outputs).map_or(usize::MAX, |json| json.len());
    if size > LARGEST_OUTPUTS {
        return Err(format!("it handed on {size} bytes; at most {LARGEST_OUTPUTS} are kept"));
    }
    Ok(())
}

/// Takes the events that a function made; other kinds of step make none.
fn make(outcome: &Outcome, wanted: &Judgement, events: &mut Vec<MadeEvent>) -> Result<(), String> {
    if wanted.is_function {
        *events = function::events(outcome)?;
    }
    Ok(())
}

/// Asks whether the outcome is the expected one.
fn meet(exit: Option<i32>, said: &str, outputs: &BTreeMap<String, Value>, wanted: &Judgement) -> Result<(), String> {
    let Some(expect) = wanted.expect.as_deref() else { return Ok(()) };
    let mut variables = wanted.variables.clone();
    if let Value::Object(variables) = &mut variables {
        variables.insert("exit".into(), json!(exit));
        variables.insert("said".into(), Value::from(said.trim_end()));
        if let Some(Value::Object(known)) = variables.get_mut("outputs") {
            known.extend(outputs.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
    }
    match CEL.holds(expect, &variables) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("its outcome is not the expected one: {expect}")),
        Err(why) => Err(format!("`expect` cannot be answered: {why}")),
    }
}
