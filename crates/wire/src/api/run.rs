//! Runs of runbooks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::kernel::RunAction;
use wheelhouse_core::run::{self as core, Settling};
use wheelhouse_core::runbook::{Runbook, RunbookHash, StepId};

use super::schema::CaseIdText;
use super::{FieldError, Party, Time};

/// What starts a run.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartRun {
    /// The runbook: `payments/drain`, or `drain` where no other has that name.
    pub runbook: String,
    /// The version that was looked at; where another one is in force by now, nothing is started.
    #[serde(default)]
    pub version: Option<String>,
    /// The case that it is for.
    #[serde(default)]
    #[schema(value_type = Option<CaseIdText>)]
    pub case: Option<CaseId>,
    /// Whether it is for exercise; a run for a case is what the case is.
    #[serde(default)]
    pub drill: bool,
    /// Values of the runbook's parameters.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Value>)]
    pub parameters: Map<String, Value>,
}

/// What became of a step.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleStep {
    /// `done`, `skipped` or `failed`; `open` opens a settled step again.
    pub how: String,
    /// What there is to say about it; needed for `skipped`.
    #[serde(default)]
    pub text: Option<String>,
}

/// What ends a run.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopRun {
    /// Why.
    #[serde(default)]
    pub text: Option<String>,
}

/// A run as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunSummary {
    /// Its name: `RUN-12`.
    pub id: String,
    /// The runbook.
    pub runbook: String,
    /// The version that it is pinned to: the SHA-256 of its file.
    pub version: String,
    /// The case that it is for.
    #[schema(value_type = Option<CaseIdText>)]
    pub case: Option<CaseId>,
    /// Whether it is for exercise.
    pub drill: bool,
    /// `under_way`, `completed` or `stopped`.
    pub state: String,
    /// When it was started.
    pub started_at: Time,
    /// By whom.
    pub by: Party,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// Who ended it.
    pub ended_by: Option<Party>,
    /// How far it is.
    pub progress: RunProgress,
}

/// How far a run is: steps on the way from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunProgress {
    /// How many there are.
    pub steps: usize,
    /// How many are settled.
    pub settled: usize,
    /// How many of these were left out.
    pub skipped: usize,
    /// How many of these did not do what they should.
    pub failed: usize,
}

/// A run with its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunDetail {
    /// As a list shows it.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// What people call the runbook.
    pub title: String,
    /// Whether the version that it is pinned to is the one in force.
    pub in_force: bool,
    /// The values that it was given.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub parameters: Map<String, Value>,
    /// Its steps, in order.
    pub steps: Vec<RunStepView>,
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunStepView {
    /// By what it is known.
    pub id: String,
    /// What it is about, in one line; its id where its version is no longer known.
    pub title: String,
    /// The heading above it.
    pub phase: String,
    /// Whether a machine could carry it out.
    pub automated: bool,
    /// Whether it only takes another one back: the run is complete without it.
    pub only_undoes: bool,
    /// Who may do it; whoever may work on the run where absent.
    pub role: Option<String>,
    /// What a machine would carry out.
    pub script: Option<String>,
    /// What became of it.
    pub settled: Option<StepSettled>,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepSettled {
    /// `done`, `skipped` or `failed`.
    pub how: String,
    /// When.
    pub at: Time,
    /// Who says so.
    pub by: Party,
    /// What they said about it.
    pub text: Option<String>,
}

/// What was said in a run, as far as it is kept.
#[derive(Clone, Debug, Default)]
pub struct RunTexts {
    /// The title of the runbook.
    pub title: Option<String>,
    /// The values that it was given.
    pub parameters: Map<String, Value>,
    /// By step: its title, and what was said last.
    pub steps: BTreeMap<StepId, (Option<String>, Option<String>)>,
}

impl StartRun {
    /// The version that was looked at, if one was named.
    ///
    /// # Errors
    /// When it is no hash.
    pub fn version(&self) -> Result<Option<RunbookHash>, FieldError> {
        let parse = |text: &String| {
            RunbookHash::parse(text).ok_or_else(|| FieldError::new("version", "expected 64 hexadecimal digits"))
        };
        self.version.as_ref().map(parse).transpose()
    }
}

impl SettleStep {
    /// What is done to a step.
    ///
    /// # Errors
    /// When the word is none.
    pub fn into_action(self, step: StepId) -> Result<RunAction, FieldError> {
        if self.how == "open" {
            return Ok(RunAction::Reopen { step, text: self.text });
        }
        let how = Settling::parse(&self.how)
            .ok_or_else(|| FieldError::new("how", "expected done, skipped, failed, or open to open it again"))?;
        Ok(RunAction::Settle { step, how, text: self.text })
    }
}

impl From<&core::Run> for RunSummary {
    fn from(run: &core::Run) -> Self {
        let (ended, progress) = (run.ended.as_ref(), run.progress());
        Self {
            id: run.id.to_string(),
            runbook: run.runbook.to_string(),
            version: run.version.to_string(),
            case: run.case,
            drill: run.drill,
            state: ended.map_or("under_way", |end| end.how.as_str()).to_owned(),
            started_at: run.started_at.into(),
            by: (&run.by).into(),
            ended_at: ended.map(|end| end.at.into()),
            ended_by: ended.map(|end| (&end.by).into()),
            progress: RunProgress {
                steps: progress.steps,
                settled: progress.settled,
                skipped: progress.skipped,
                failed: progress.failed,
            },
        }
    }
}

impl RunDetail {
    /// A run beside the version of its runbook, where that is known, and what was said in it.
    pub fn new(run: &core::Run, version: Option<&Runbook>, in_force: bool, texts: &RunTexts) -> Self {
        let title = version.map(|runbook| runbook.title.clone()).or_else(|| texts.title.clone());
        Self {
            summary: run.into(),
            title: title.unwrap_or_else(|| run.runbook.to_string()),
            in_force,
            parameters: texts.parameters.clone(),
            steps: run.steps.iter().map(|step| RunStepView::new(step, version, texts)).collect(),
        }
    }
}

impl RunStepView {
    fn new(step: &core::RunStep, version: Option<&Runbook>, texts: &RunTexts) -> Self {
        let planned = &step.planned;
        let known = version.and_then(|runbook| runbook.step(&planned.id));
        let phase = version.zip(known).and_then(|(runbook, step)| runbook.phase_of(step));
        let (said_title, text) = texts.steps.get(&planned.id).cloned().unwrap_or_default();
        let title = known.map(|step| step.title.clone()).or(said_title);
        Self {
            id: planned.id.to_string(),
            title: title.unwrap_or_else(|| planned.id.to_string()),
            phase: phase.map(|phase| phase.title().to_owned()).unwrap_or_default(),
            automated: planned.automated,
            only_undoes: planned.only_undoes,
            role: planned.role.as_ref().map(ToString::to_string),
            script: known.and_then(|step| step.block()).map(|block| block.script.clone()),
            settled: step.settled.as_ref().map(|settled| StepSettled {
                how: settled.how.as_str().to_owned(),
                at: settled.at.into(),
                by: (&settled.by).into(),
                text,
            }),
        }
    }
}
