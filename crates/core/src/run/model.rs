//! What a run is: its steps and where each stands.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::RunId;
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
    /// What became of it; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
}

/// What a run keeps of a step of its runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// By what it is known.
    pub id: StepId,
    /// Whether a machine could carry it out.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub automated: bool,
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
}

impl Ending {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped",
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

    /// Whether a step is the only one that is open on the way from top to bottom.
    pub fn is_last_open(&self, id: &StepId) -> bool {
        let mut open = self.steps.iter().filter(|step| !step.planned.only_undoes && step.settled.is_none());
        open.next().is_some_and(|step| step.planned.id == *id) && open.next().is_none()
    }
}
