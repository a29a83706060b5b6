//! Runs of runbooks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::name::PersonName;
use wheelhouse_core::run as core;
use wheelhouse_core::runbook::{Runbook, StepId};

use super::schema::CaseIdText;
use super::{AttachmentView, Party, StepAttempt, StepHow, StepWork, Time};

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
    /// Whether it is only tried out: nothing is carried out but what knows that it is.
    pub dry_run: bool,
    /// `under_way`, `completed`, `stopped` or `undone`.
    pub state: String,
    /// Who moves it on: `by_hand` or `by_itself`.
    pub pace: String,
    /// What it is at while it is under way: `onward`, `paused`, `undoing`, `undoing_paused` or `stopping`.
    pub course: String,
    /// What a person is wanted for: `approval`, `verdict` (nobody knows what became of a step), `resume` (it is
    /// halted).
    pub wants: Vec<String>,
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
    /// Whether what was done is taken back when a step fails, where it moves on by itself.
    pub undo_on_failure: bool,
    /// Whether there is something that can be taken back.
    pub can_undo: bool,
    /// The run that it is a step of.
    pub outer: Option<String>,
    /// The locks that it holds.
    pub locks: Vec<String>,
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
    /// How a machine carries it out; absent for a step of a person.
    pub carried_out: Option<StepHow>,
    /// What a machine is at with it, or what is known last of that.
    pub work: Option<StepWork>,
    /// Attempts that ended, oldest first.
    pub attempts: Vec<StepAttempt>,
    /// Files that are attached to it, in order of their numbers; in a run for a case they hang on the case.
    pub files: Vec<AttachmentView>,
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
    /// By step: the attempts that ended, oldest first.
    pub attempts: BTreeMap<StepId, Vec<StepAttempt>>,
    /// By step: the files that are attached to it, in order of their numbers.
    pub files: BTreeMap<StepId, Vec<AttachmentView>>,
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
            dry_run: run.dry_run,
            state: ended.map_or("under_way", |end| end.how.as_str()).to_owned(),
            pace: run.pace.as_str().to_owned(),
            course: run.course.as_str().to_owned(),
            wants: run.wants().map(|want| want.as_str().to_owned()).collect(),
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

/// What a view of a run is made of beside the run.
pub struct RunView<'v> {
    /// The version of its runbook, where that is known.
    pub version: Option<&'v Runbook>,
    /// Whether that is the one in force.
    pub in_force: bool,
    /// What was said in it.
    pub texts: &'v RunTexts,
    /// Who can agree to a step.
    pub approvers: &'v dyn Fn(&core::RunStep) -> Vec<PersonName>,
    /// Which run holds a lock.
    pub holder: &'v dyn Fn(&str) -> Option<core::RunId>,
}

impl RunDetail {
    /// A run with its steps.
    pub fn new(run: &core::Run, view: &RunView<'_>) -> Self {
        let title = view.version.map(|runbook| runbook.title.clone()).or_else(|| view.texts.title.clone());
        Self {
            summary: run.into(),
            title: title.unwrap_or_else(|| run.runbook.to_string()),
            in_force: view.in_force,
            parameters: view.texts.parameters.clone(),
            undo_on_failure: run.undo_on_failure,
            can_undo: run.ended.is_none() && !run.course.is_undoing() && run.to_take_back().next().is_some(),
            outer: run.parent.as_ref().map(|parent| parent.run.to_string()),
            locks: run.locks.iter().cloned().collect(),
            steps: run.steps.iter().map(|step| RunStepView::new(step, view)).collect(),
        }
    }
}

impl RunStepView {
    fn new(step: &core::RunStep, view: &RunView<'_>) -> Self {
        let planned = &step.planned;
        let known = view.version.and_then(|runbook| runbook.step(&planned.id));
        let phase = view.version.zip(known).and_then(|(runbook, step)| runbook.phase_of(step));
        let (said_title, text) = view.texts.steps.get(&planned.id).cloned().unwrap_or_default();
        let title = known.map(|step| step.title.clone()).or(said_title);
        Self {
            id: planned.id.to_string(),
            title: title.unwrap_or_else(|| planned.id.to_string()),
            phase: phase.map(|phase| phase.title().to_owned()).unwrap_or_default(),
            automated: planned.automated.is_some(),
            only_undoes: planned.only_undoes,
            role: planned.role.as_ref().map(ToString::to_string),
            script: known.and_then(|step| step.block()).map(|block| block.script.clone()),
            carried_out: planned.automated.as_deref().map(StepHow::from),
            work: step.work.as_ref().map(|work| {
                let lock = planned.automated.as_ref().and_then(|how| how.lock.as_deref());
                StepWork::new(work, (view.approvers)(step), lock.and_then(view.holder))
            }),
            attempts: view.texts.attempts.get(&planned.id).cloned().unwrap_or_default(),
            files: view.texts.files.get(&planned.id).cloned().unwrap_or_default(),
            settled: step.settled.as_ref().map(|settled| StepSettled {
                how: settled.how.as_str().to_owned(),
                at: settled.at.into(),
                by: (&settled.by).into(),
                text,
            }),
        }
    }
}
