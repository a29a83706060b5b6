//! Runbooks of the catalog: as a list shows them, and with their steps.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::runbook::{self as core, Attributes, owners};

use super::RunbookStanding;
use super::time::seconds;

/// A runbook as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunbookSummary {
    /// Its name: `REPOSITORY/STEM`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its first paragraph; empty where there is none.
    pub summary: String,
    /// The teams that keep it: those that it names, else those of its repository.
    pub owners: Vec<String>,
    /// The services that it says it is about.
    pub services: Vec<String>,
    /// The path of its file as the whole catalog knows it.
    pub path: String,
    /// The SHA-256 of its file, in hexadecimal digits.
    pub hash: String,
    /// How many steps people do.
    pub manual: usize,
    /// How many steps machines carry out.
    pub automated: usize,
    /// How many findings there are about it.
    pub findings: usize,
    /// Whether its newest version is quarantined: it is shown and cannot be run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

/// A runbook with all that it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunbookDetail {
    /// As a list shows it.
    #[serde(flatten)]
    pub summary: RunbookSummary,
    /// The file as it is.
    pub text: String,
    /// Where in it the Markdown begins, in bytes: after the front matter.
    pub body: usize,
    /// What its front matter says.
    pub front: RunbookFront,
    /// Its headings, in order; the first phase is what stands ahead of any heading.
    pub phases: Vec<RunbookPhase>,
    /// Its steps, in order.
    pub steps: Vec<RunbookStep>,
    /// What is wrong with it or looks wrong.
    pub remarks: Vec<RunbookRemark>,
    /// Where its version stands; absent where it never changed since its repository was first read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<RunbookStanding>,
}

/// What the front matter of a runbook says, beside title, owners and services.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunbookFront {
    /// What a run is given, in order.
    pub parameters: Vec<RunbookParameter>,
    /// The event patterns of signals that call for it.
    pub triggers: Vec<Value>,
    /// Who may change it; the owners where empty.
    pub edit: Vec<String>,
    /// Who may run it; whoever policies allow where empty.
    pub run: Vec<String>,
    /// Who may approve; the owners where empty.
    pub approve: Vec<String>,
    /// The controls that its executions help to prove.
    pub controls: Vec<String>,
    /// How often it is to be exercised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill_every_seconds: Option<f64>,
    /// What is new in this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_note: Option<String>,
    /// Keys of other programs.
    pub other: Map<String, Value>,
}

/// What a run is given by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunbookParameter {
    /// Its name.
    pub name: String,
    /// The environment variable in which steps find it.
    pub variable: String,
    /// Whether a value must be given, or follow by default.
    pub required: bool,
    /// What its values are, as JSON Schema has it.
    pub schema: Value,
}

/// A heading of a runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunbookPhase {
    /// The headings that lead here, outermost first; empty ahead of any heading.
    pub path: Vec<String>,
    /// The line of its heading, from 1.
    pub line: u32,
}

/// A step of a runbook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunbookStep {
    /// By what it is known.
    pub id: String,
    /// The index of its phase.
    pub phase: u32,
    /// `manual` or `automated`.
    pub kind: String,
    /// What it is about, in one line.
    pub title: String,
    /// The line where it stands, from 1.
    pub line: u32,
    /// Where it stands in the file: the first byte and the one after the last.
    pub bytes: [u32; 2],
    /// What kind of thing a machine does: `process`, `http`, `sql` …; absent for a step of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub does: Option<String>,
    /// The program that reads the script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// What is carried out; absent for a step of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// Whether it is carried out only to take another one back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_undoes: bool,
    /// How it is done; lengths of time are seconds.
    pub attributes: RunbookAttributes,
}

/// How a step is done; absent is what is not said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RunbookAttributes {
    /// How long an attempt may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<f64>,
    /// Who may do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Who must agree, in words: `2 of payments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve: Option<String>,
    /// The step that takes it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
    /// Whether doing it twice does no more than doing it once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub idempotent: bool,
    /// What happens when an attempt fails, in words: `3 every 10 s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<String>,
    /// What it hands to later steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// What only one run may hold at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// What the outcome must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
    /// Whether it is done at all.
    #[serde(rename = "if", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// What it is done for, and for how many at most: `nodes, at most 20`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// The group of steps that are done at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel: Option<String>,
    /// The labels that the runner must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runner: Vec<String>,
    /// The names of the secrets that it is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// The folder in which it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
}

/// Something that is wrong with a runbook, or looks wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunbookRemark {
    /// `error` or `warning`.
    pub level: String,
    /// Which kind of thing is wrong.
    pub code: String,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl RunbookSummary {
    /// A runbook, kept by these teams.
    pub fn new(runbook: &core::Runbook, owners: Vec<String>) -> Self {
        Self {
            name: runbook.name.to_string(),
            title: runbook.title.clone(),
            summary: runbook.summary.clone(),
            owners,
            services: words(&runbook.front.services),
            path: runbook.path.clone(),
            hash: runbook.hash.to_string(),
            manual: runbook.steps.len() - runbook.automated(),
            automated: runbook.automated(),
            findings: runbook.findings.len(),
            quarantined: false,
        }
    }

    /// A runbook of a catalog.
    pub fn of(runbook: &core::Runbook, catalog: &Catalog) -> Self {
        Self::new(runbook, words(&owners(catalog, runbook)))
    }
}

impl RunbookDetail {
    /// All of a runbook, kept by these teams.
    pub fn new(runbook: &core::Runbook, owners: Vec<String>) -> Self {
        let body = runbook.phases.first().and_then(|phase| usize::try_from(phase.stretch.start).ok()).unwrap_or(0);
        Self {
            summary: RunbookSummary::new(runbook, owners),
            text: runbook.text.to_string(),
            body,
            front: RunbookFront::from(&runbook.front),
            phases: runbook
                .phases
                .iter()
                .map(|phase| RunbookPhase { path: phase.path.clone(), line: phase.stretch.line })
                .collect(),
            steps: runbook.steps.iter().map(|step| RunbookStep::new(step, runbook)).collect(),
            remarks: runbook.findings.iter().map(RunbookRemark::from).collect(),
            standing: None,
        }
    }

    /// The same with where its version stands.
    #[must_use]
    pub fn standing(mut self, standing: Option<RunbookStanding>) -> Self {
        self.summary.quarantined = standing.as_ref().is_some_and(|standing| standing.state == "quarantined");
        Self { standing, ..self }
    }
}

impl RunbookStep {
    /// A step of a runbook.
    pub fn new(step: &core::Step, runbook: &core::Runbook) -> Self {
        let block = step.block();
        Self {
            id: step.id.to_string(),
            phase: step.phase,
            kind: step.kind.as_str().to_owned(),
            title: step.title.clone(),
            line: step.stretch.line,
            bytes: [step.stretch.start, step.stretch.end],
            does: block.map(|block| block.does.to_string()),
            program: block.and_then(|block| block.program()).map(str::to_owned),
            script: block.map(|block| block.script.clone()),
            only_undoes: runbook.only_undoes(&step.id),
            attributes: RunbookAttributes::from(&step.attributes),
        }
    }
}

impl From<&Attributes> for RunbookAttributes {
    fn from(says: &Attributes) -> Self {
        let text = |name: &Option<String>| name.clone();
        Self {
            timeout_seconds: says.timeout.map(seconds),
            role: says.role.as_ref().map(ToString::to_string),
            approve: says.approve.as_ref().map(|approve| match &approve.role {
                Some(role) => format!("{} of {role}", approve.count),
                None => approve.count.to_string(),
            }),
            undo: says.undo.as_ref().map(ToString::to_string),
            idempotent: says.idempotent,
            retry: says.retry.map(|retry| format!("{} every {} s", retry.times, retry.pause.as_seconds())),
            outputs: says.outputs.clone(),
            lock: text(&says.lock),
            expect: text(&says.expect),
            condition: text(&says.condition),
            each: says.each.as_ref().map(|each| format!("{}, at most {}", each.of, each.limit)),
            parallel: text(&says.parallel),
            runner: says.runner.clone(),
            secrets: says.secrets.clone(),
            cwd: text(&says.cwd),
        }
    }
}

impl From<&core::FrontMatter> for RunbookFront {
    fn from(front: &core::FrontMatter) -> Self {
        let pattern = |trigger: &core::Trigger| {
            let text = trigger.when.to_string();
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        Self {
            parameters: front.parameters.iter().map(RunbookParameter::from).collect(),
            triggers: front.triggers.iter().map(pattern).collect(),
            edit: words(&front.roles.edit),
            run: words(&front.roles.run),
            approve: words(&front.roles.approve),
            controls: front.controls.clone(),
            drill_every_seconds: front.drill_every.map(seconds),
            version_note: front.version_note.clone(),
            other: front.other.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

impl From<&core::Parameter> for RunbookParameter {
    fn from(parameter: &core::Parameter) -> Self {
        let allowed = &parameter.allowed;
        let mut schema = Map::new();
        let mut say = |key: &str, value: Option<Value>| drop(value.map(|value| schema.insert(key.into(), value)));
        say("type", Some(parameter.kind.as_str().into()));
        say("title", parameter.title.clone().map(Value::from));
        say("description", parameter.description.clone().map(Value::from));
        say("default", parameter.default.clone());
        say("enum", (!allowed.choices.is_empty()).then(|| Value::from(allowed.choices.clone())));
        say("pattern", allowed.pattern.clone().map(Value::from));
        say("minimum", allowed.minimum.map(Value::from));
        say("maximum", allowed.maximum.map(Value::from));
        say("minLength", allowed.min_length.map(Value::from));
        say("maxLength", allowed.max_length.map(Value::from));
        say("maxItems", allowed.max_items.map(Value::from));
        Self {
            name: parameter.name.clone(),
            variable: parameter.variable(),
            required: parameter.required,
            schema: Value::Object(schema),
        }
    }
}

impl From<&core::Remark> for RunbookRemark {
    fn from(remark: &core::Remark) -> Self {
        Self {
            level: remark.level.as_str().to_owned(),
            code: remark.code.as_str().to_owned(),
            message: remark.message.clone(),
            help: remark.help.clone(),
            line: remark.line,
            column: remark.column,
        }
    }
}

fn words<T: ToString>(names: &[T]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
