//! Facts about runs of runbooks.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::run::{Ending, PlannedStep, RunId, Settling};
use crate::runbook::{RunbookHash, RunbookName, StepId};

/// Something that happened in a run of a runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFact {
    /// Which run.
    pub run: RunId,
    /// What happened.
    #[serde(flatten)]
    pub what: RunHappening,
}

/// What happens in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum RunHappening {
    /// It was started; the body has the runbook's `title`, and the `parameters` as JSON where there are some.
    Started {
        /// Of which runbook.
        runbook: RunbookName,
        /// Which version of it.
        version: RunbookHash,
        /// The path of its file as the whole catalog knew it.
        path: String,
        /// The steps of that version.
        steps: Vec<PlannedStep>,
    },
    /// Somebody settled a step; the body has the step's `title`, and a `text` where there is one.
    StepSettled {
        /// Which.
        step: StepId,
        /// How it went.
        how: Settling,
    },
    /// A step that was settled is open again; the body is as above.
    StepReopened {
        /// Which.
        step: StepId,
    },
    /// It ended; the body may have a `text`.
    Ended {
        /// How.
        how: Ending,
    },
}
