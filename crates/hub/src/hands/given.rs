//! What a step is carried out with: the run's parameters, what earlier steps handed on, and what both come to.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};
use wheelhouse_core::record::{Body, Canonical, Fact, RunCause, RunHappening, Why};
use wheelhouse_core::run::{AttemptEnd, Run, RunStep, Settling};
use wheelhouse_core::runbook::{Does, Runbook, RunbookHash, Step, StepId};
use wheelhouse_store::StoredEntry;

/// The most text that one value may be in a step's environment, in bytes.
const LONGEST_VALUE: usize = 64 * 1024;

/// What a run was given, and what its steps handed on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    /// Values of parameters.
    pub parameters: Map<String, Value>,
    /// What steps handed on, by name; a list where a step is carried out for each entry of one.
    pub outputs: BTreeMap<String, Value>,
    /// The event that made an automation start the run.
    pub event: Option<Value>,
    /// Steps that were left out because the run is only tried out.
    tried_out: BTreeSet<StepId>,
    /// By which step.
    from: BTreeMap<StepId, BTreeSet<String>>,
}

/// Everything that a step is carried out with, as people agree to it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StepInput {
    /// The version.
    pub version: RunbookHash,
    /// The step.
    pub step: StepId,
    /// What kind of thing is done.
    pub does: &'static str,
    /// The program that reads the script.
    pub interpreter: Option<String>,
    /// The script, or what the fence says.
    pub script: String,
    /// The values in its environment, by name.
    pub environment: BTreeMap<String, String>,
    /// The entries of its list, where it is carried out for each of one.
    pub items: Option<Vec<Value>>,
    /// The names of the secrets that it is given.
    pub secrets: Vec<String>,
    /// The folder in which it is carried out.
    pub cwd: Option<String>,
    /// The labels that its runner must have.
    pub runner: Vec<String>,
    /// The event that a function is given, where one made an automation start the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Value>,
}

impl Given {
    /// What was given, and handed on, as far as it was not erased.
    pub(crate) fn of(entries: &[StoredEntry]) -> Self {
        let mut given = Self::default();
        let mut listed: BTreeSet<StepId> = BTreeSet::new();
        for entry in entries {
            let Ok(Canonical { fact: Fact::Run(part), why, .. }) = Canonical::parse(&entry.canonical) else { continue };
            let body: Body =
                entry.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
            let map =
                |field: &str| body.get(field).and_then(|json| serde_json::from_str::<Map<String, Value>>(json).ok());
            match &part.what {
                RunHappening::Started { .. } => {
                    given.parameters = map("parameters").unwrap_or_default();
                    given.event = body.get("event").and_then(|json| serde_json::from_str(json).ok());
                }
                RunHappening::StepSettled { step, .. } if is_tried_out(why.as_ref()) => {
                    given.tried_out.insert(step.clone());
                }
                RunHappening::TurnCame { step } | RunHappening::StepReopened { step } => {
                    listed.remove(step);
                    given.tried_out.remove(step);
                    for name in given.from.remove(step).unwrap_or_default() {
                        given.outputs.remove(&name);
                    }
                }
                RunHappening::Prepared { step, items: Some(_), .. } => drop(listed.insert(step.clone())),
                RunHappening::AttemptEnded { step, end: AttemptEnd::Succeeded, .. } => {
                    for (name, value) in map("outputs").unwrap_or_default() {
                        given.hand_on(step, listed.contains(step), name, value);
                    }
                }
                _ => {}
            }
        }
        given
    }

    fn hand_on(&mut self, step: &StepId, listed: bool, name: String, value: Value) {
        self.from.entry(step.clone()).or_default().insert(name.clone());
        match (listed, self.outputs.get_mut(&name)) {
            (true, Some(Value::Array(all))) => all.push(value),
            (true, _) => drop(self.outputs.insert(name, Value::Array(vec![value]))),
            (false, _) => drop(self.outputs.insert(name, value)),
        }
    }

    /// What expressions can ask: `parameters`, `outputs`, `steps` (how each went; `done` where it would have been carried
    /// out but for the run being only tried out), `drill`, `case`.
    pub(crate) fn variables(&self, run: &Run) -> Value {
        let how = |step: &RunStep| match &step.settled {
            Some(_) if self.tried_out.contains(&step.planned.id) => Settling::Done.as_str(),
            settled => settled.as_ref().map_or("open", |settled| settled.how.as_str()),
        };
        let steps: Map<String, Value> =
            run.steps.iter().map(|step| (step.planned.id.to_string(), Value::from(how(step)))).collect();
        json!({
            "parameters": self.parameters,
            "outputs": self.outputs,
            "steps": steps,
            "drill": run.drill,
            "case": run.case.map(|case| case.to_string()),
        })
    }

    /// A parameter or an output of a name.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.outputs.get(name).or_else(|| self.parameters.get(name))
    }

    /// What every step of the run finds in its environment.
    fn environment(&self, run: &Run) -> BTreeMap<String, String> {
        let own = [
            ("WH_RUN", Some(run.id.to_string())),
            ("WH_CASE", run.case.map(|case| case.to_string())),
            ("WH_DRILL", run.drill.then(|| "1".to_owned())),
            ("WH_DRY_RUN", run.dry_run.then(|| "1".to_owned())),
        ];
        let own = own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let values = self.parameters.iter().chain(&self.outputs);
        values.map(|(name, value)| (variable(name), text(value))).chain(own).collect()
    }
}

/// What a step is carried out with.
///
/// # Errors
/// For people: the list that it wants is none, or too long, or a value is too large.
pub(crate) fn input_of(run: &Run, runbook: &Runbook, step: &Step, given: &Given) -> Result<StepInput, String> {
    let block = step.block().ok_or("the step is for people")?;
    let attributes = &step.attributes;
    let items = attributes.each.as_ref().map(|each| match given.value(&each.of) {
        Some(Value::Array(items)) if items.len() <= usize::try_from(each.limit).unwrap_or(usize::MAX) => {
            Ok(items.clone())
        }
        Some(Value::Array(items)) => {
            Err(format!("`{}` has {} entries, and the step is for at most {}", each.of, items.len(), each.limit))
        }
        Some(_) => Err(format!("`{}` is no list", each.of)),
        None => Err(format!("there is no list `{}`", each.of)),
    });
    let environment = given.environment(run);
    if let Some((name, value)) = environment.iter().find(|(_, value)| value.len() > LONGEST_VALUE) {
        return Err(format!("{name} has {} bytes; at most {LONGEST_VALUE} fit", value.len()));
    }
    Ok(StepInput {
        version: runbook.hash.clone(),
        step: step.id.clone(),
        does: block.does.as_str(),
        interpreter: block.program().map(str::to_owned),
        script: block.script.clone(),
        environment,
        items: items.transpose()?,
        secrets: attributes.secrets.clone(),
        cwd: attributes.cwd.clone(),
        runner: attributes.runner.clone(),
        event: given.event.clone().filter(|_| block.does == Does::Function),
    })
}

impl StepInput {
    /// What it is known by.
    pub(crate) fn digest(&self) -> RunbookHash {
        RunbookHash::of(&serde_json::to_string(self).unwrap_or_default())
    }
}

/// Whether a step was left out because its run is only tried out.
const fn is_tried_out(why: Option<&Why>) -> bool {
    matches!(why, Some(Why::InRun { because: RunCause::DryRun | RunCause::CannotBeTold }))
}

/// The name of a value in a step's environment.
pub(super) fn variable(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("WH_{name}")
}

/// A value as a step's environment has it: a text as it is, anything else as JSON.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
