//! What is asked of runs: by people, and by the shell that did something for them.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;

use serde_json::Value;

use super::{AttemptReport, HubWork, Prepared};
use crate::attachment::Attachment;
use crate::case::CaseId;
use crate::run::{Epoch, Pace, RunId, Settling};
use crate::runbook::{RunbookHash, RunbookName, StepId};

/// A wish to start a run.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// Of which runbook.
    pub runbook: RunbookName,
    /// The version that the person saw, where another one must not be started.
    pub version: Option<RunbookHash>,
    /// For which case, if for one.
    pub case: Option<CaseId>,
    /// Whether it is for exercise; a run for a case is what the case is.
    pub drill: bool,
    /// Values of the runbook's parameters, by name.
    pub parameters: BTreeMap<String, Value>,
    /// Who moves it on.
    pub pace: Pace,
    /// Whether what was done is taken back when a step fails, where it moves on by itself.
    pub undo_on_failure: bool,
    /// Whether it is only tried out: nothing is carried out but what knows that it is.
    pub dry_run: bool,
}

/// What a person does in a run.
#[derive(Clone, Debug)]
pub enum RunAction {
    /// Says what became of a step.
    Settle {
        /// Which.
        step: StepId,
        /// How it went.
        how: Settling,
        /// What there is to say about it; needed where it was left out.
        text: Option<String>,
    },
    /// Opens a settled step again.
    Reopen {
        /// Which.
        step: StepId,
        /// Why, if the person says so.
        text: Option<String>,
    },
    /// Has a machine carry out a step, again if it was tried before.
    Execute {
        /// Which.
        step: StepId,
    },
    /// Ends what a machine is at with a step, or is to be.
    Cancel {
        /// Which.
        step: StepId,
        /// Why, if the person says so.
        text: Option<String>,
    },
    /// Agrees to a step.
    Approve {
        /// Which.
        step: StepId,
        /// The digest of what the person saw.
        input: RunbookHash,
    },
    /// Does not agree to a step.
    Decline {
        /// Which.
        step: StepId,
        /// Why.
        text: String,
    },
    /// Attaches a file to a step, where the run is for no case.
    Attach {
        /// Which.
        step: StepId,
        /// The file.
        attachment: Arc<Attachment>,
    },
    /// Halts the run: nothing more begins.
    Pause {
        /// Why, if the person says so.
        text: Option<String>,
    },
    /// Lets the run go on.
    Resume {
        /// Why, if the person says so.
        text: Option<String>,
    },
    /// Takes back what was done, the last step first.
    Undo {
        /// Why, if the person says so.
        text: Option<String>,
    },
    /// Ends the run before its steps are settled.
    Stop {
        /// Why, if the person says so.
        text: Option<String>,
    },
}

/// What the shell did for a run.
#[derive(Clone, Debug)]
pub enum RunWork {
    /// It found out what a step is to be carried out with, or could not.
    Prepared {
        /// The run.
        run: RunId,
        /// Its step.
        step: StepId,
        /// What it found out, or why not.
        prepared: Result<Prepared, String>,
    },
    /// It read what the hub itself is to carry out.
    Read {
        /// The run.
        run: RunId,
        /// Its step.
        step: StepId,
        /// What it is.
        work: HubWork,
    },
    /// A runner says how an attempt went.
    Ended {
        /// The run.
        run: RunId,
        /// Its step.
        step: StepId,
        /// By what its lease is known.
        epoch: Epoch,
        /// How it went.
        report: AttemptReport,
    },
}

impl RunWork {
    /// The run that it is for.
    pub const fn run(&self) -> RunId {
        match self {
            Self::Prepared { run, .. } | Self::Read { run, .. } | Self::Ended { run, .. } => *run,
        }
    }
}
