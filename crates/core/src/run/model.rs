//! What a run is: its steps and where each stands.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Automated, Pace, Parent, RunId, Work};
use crate::attachment::Attachments;
use crate::case::CaseId;
use crate::name::RoleName;
use crate::record::Actor;
use crate::runbook::{RunbookHash, RunbookName, StepId};
use crate::time::Timestamp;

/// One execution of one version of a runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its name.
    pub id: RunId,
    /// The runbook.
    pub runbook: RunbookName,
    /// The version that it is pinned to.
    pub version: RunbookHash,
    /// The path of its file as the whole catalog knew it then.
    pub path: String,
    /// The case that it belongs to, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// Whether it is for exercise.
    pub drill: bool,
    /// When it was started.
    pub started_at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Who moves it on.
    #[serde(default)]
    pub pace: Pace,
    /// Whether what was done is taken back when a step fails.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub undo_on_failure: bool,
    /// Whether it is only tried out: nothing is carried out but what knows that it is.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub dry_run: bool,
    /// The step of another run that it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// What it is at.
    #[serde(default)]
    pub course: Course,
    /// The locks that it holds.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub locks: BTreeSet<String>,
    /// What was attached to its steps. What is erased of it later is not taken off: then it is over, and takes no more.
    #[serde(default, skip_serializing_if = "Attachments::is_none")]
    pub attachments: Attachments,
    /// Its steps, in order of the runbook.
    pub steps: Vec<RunStep>,
    /// How it ended; absent while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<RunEnd>,
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStep {
    /// What the runbook says of it.
    #[serde(flatten)]
    pub planned: PlannedStep,
    /// What a machine is at with it; absent where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
    /// How often it was carried out, or tried to be, by a machine.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// What became of it; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
}

/// What a run keeps of a step of its runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// By what it is known.
    pub id: StepId,
    /// How a machine carries it out; absent for a step of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automated: Option<Box<Automated>>,
    /// Whether it only takes another step back: the run is complete without it.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub only_undoes: bool,
    /// Who may do it; whoever may work on the run where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// How it went.
    pub how: Settling,
    /// When.
    pub at: Timestamp,
    /// Who says so.
    pub by: Actor,
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settling {
    /// It was done.
    Done,
    /// It was left out, for a reason.
    Skipped,
    /// It was tried, and did not do what it should.
    Failed,
}

impl Settling {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Done, Self::Skipped, Self::Failed];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    /// Reads the word for it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.as_str() == text)
    }
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// When.
    pub at: Timestamp,
    /// Who brought it about.
    pub by: Actor,
    /// How.
    pub how: Ending,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every step that there is on the way from top to bottom was settled.
    Completed,
    /// Somebody ended it before.
    Stopped,
    /// What had been done was taken back.
    Undone,
}

/// What a run is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// It goes from top to bottom.
    #[default]
    Onward,
    /// It is halted: what a machine is at goes on, and nothing else begins.
    Paused,
    /// It takes back what was done, the last step first.
    Undoing,
    /// It takes back what was done, and is halted.
    UndoingPaused,
    /// It ends as soon as no machine is at any step.
    Stopping,
}

impl Course {
    /// Every course.
    pub const ALL: [Self; 5] = [Self::Onward, Self::Paused, Self::Undoing, Self::UndoingPaused, Self::Stopping];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Onward => "onward",
            Self::Paused => "paused",
            Self::Undoing => "undoing",
            Self::UndoingPaused => "undoing_paused",
            Self::Stopping => "stopping",
        }
    }

    /// Whether it is halted.
    pub const fn is_paused(self) -> bool {
        matches!(self, Self::Paused | Self::UndoingPaused)
    }

    /// Whether it takes back what was done.
    pub const fn is_undoing(self) -> bool {
        matches!(self, Self::Undoing | Self::UndoingPaused)
    }
}

impl Ending {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Undone => "undone",
        }
    }
}

/// How far a run is: steps on the way from top to bottom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many there are.
    pub steps: usize,
    /// How many are settled.
    pub settled: usize,
    /// How many of these were left out.
    pub skipped: usize,
    /// How many of these did not do what they should.
    pub failed: usize,
}

impl Run {
    /// The step with an id.
    pub fn step(&self, id: &StepId) -> Option<&RunStep> {
        self.steps.iter().find(|step| step.planned.id == *id)
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let mut progress = Progress::default();
        for step in self.steps.iter().filter(|step| !step.planned.only_undoes) {
            progress.steps += 1;
            if let Some(settled) = &step.settled {
                progress.settled += 1;
                progress.skipped += usize::from(settled.how == Settling::Skipped);
                progress.failed += usize::from(settled.how == Settling::Failed);
            }
        }
        progress
    }

    /// Whether every step on the way from top to bottom is settled, and no machine is at any.
    pub fn is_complete(&self) -> bool {
        let settled = |step: &RunStep| step.planned.only_undoes || step.settled.is_some();
        self.steps.iter().all(|step| settled(step) && step.work.is_none())
    }

    /// Whether nothing would be left to do on the way from top to bottom once a step is settled.
    pub fn is_last_open(&self, id: &StepId) -> bool {
        let mut open = self.steps.iter().filter(|step| !step.planned.only_undoes && step.settled.is_none());
        open.next().is_some_and(|step| step.planned.id == *id) && open.next().is_none()
    }

    /// The steps that are taken back when what was done is, the last one first, each with the step that does so.
    pub fn to_take_back(&self) -> impl Iterator<Item = (&RunStep, &RunStep)> {
        let happened = |step: &&RunStep| {
            let done = step.settled.as_ref().is_some_and(|settled| settled.how == Settling::Done);
            !step.planned.only_undoes && (done || step.attempts > 0)
        };
        self.steps.iter().rev().filter(happened).filter_map(|step| {
            let back = step.planned.automated.as_ref()?.undo.as_ref()?;
            Some((step, self.step(back)?))
        })
    }

    /// The steps that a machine has in its hands at this moment.
    pub fn in_hands(&self) -> impl Iterator<Item = &RunStep> {
        self.steps.iter().filter(|step| step.work.as_ref().is_some_and(Work::is_in_hands))
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
