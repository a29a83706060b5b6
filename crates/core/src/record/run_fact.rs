//! Facts about runs of runbooks.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::fact_parts::is_zero;
use crate::name::RunnerName;
use crate::run::{AttemptEnd, Ending, Epoch, EventType, OutputDigest, Pace, Parent, PlannedStep, RunId, Settling};
use crate::runbook::{RunbookHash, RunbookName, StepId};
use crate::time::Timestamp;

/// Something that happened in a run of a runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFact {
    /// Which run.
    pub run: RunId,
    /// What happened.
    #[serde(flatten)]
    pub what: RunHappening,
}

/// How much was erased of a run: its parameters, what was said in it, its files, and what its steps handed on and made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunErased {
    /// Which run.
    pub run: RunId,
    /// How many bodies of entries.
    pub bodies: u64,
    /// How many files.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub files: u64,
}

/// The time of a runbook that is run by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleFact {
    /// Which runbook.
    pub runbook: RunbookName,
    /// Which time of it.
    pub due: Timestamp,
    /// The run that was started; absent where none could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

/// What happens in a run. The body of what is about a step has its `title`, and a `text` where somebody said
/// something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum RunHappening {
    /// It was started; the body has the runbook's `title`, the `parameters` as JSON where there are some, and the
    /// `event` as JSON that made an automation start it.
    Started {
        /// Of which runbook.
        runbook: RunbookName,
        /// Which version of it.
        version: RunbookHash,
        /// The path of its file as the whole catalog knew it.
        path: String,
        /// Who moves it on.
        #[serde(default)]
        pace: Pace,
        /// Whether what was done is taken back when a step fails.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        undo_on_failure: bool,
        /// Whether it is only tried out.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        dry_run: bool,
        /// The step of another run that it is, if it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<Parent>,
        /// The steps of that version.
        steps: Vec<PlannedStep>,
    },
    /// A step was settled.
    StepSettled {
        /// Which.
        step: StepId,
        /// How it went.
        how: Settling,
    },
    /// A step that was settled is open again.
    StepReopened {
        /// Which.
        step: StepId,
    },
    /// A machine is to carry out a step.
    TurnCame {
        /// Which.
        step: StepId,
    },
    /// What a step is carried out with was found out.
    Prepared {
        /// Which.
        step: StepId,
        /// The digest of it: the version, the script, and every value that it is given.
        input: RunbookHash,
        /// How many entries its list has; absent where it is carried out once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        items: Option<u32>,
    },
    /// People are asked to agree to a step.
    ApprovalAsked {
        /// Which.
        step: StepId,
        /// Until when they can.
        until: Timestamp,
    },
    /// Somebody agreed to a step.
    Approved {
        /// Which.
        step: StepId,
        /// The digest of what they agreed to.
        input: RunbookHash,
    },
    /// A step waits for its lock, which another run holds.
    LockWanted {
        /// Which.
        step: StepId,
        /// The lock.
        lock: String,
    },
    /// The run has a lock.
    LockTaken {
        /// Which.
        lock: String,
    },
    /// The run lets go of a lock.
    LockReleased {
        /// Which.
        lock: String,
    },
    /// A step may be carried out.
    StepReady {
        /// Which.
        step: StepId,
        /// Which entry of its list, from 0.
        #[serde(default)]
        item: u32,
        /// From when on.
        from: Timestamp,
    },
    /// A runner is given a step: it may begin from here on.
    Leased {
        /// Which.
        step: StepId,
        /// Which attempt, from 1.
        attempt: u32,
        /// By what the lease is known.
        epoch: Epoch,
        /// Who has it.
        runner: RunnerName,
        /// Until when it must have been heard of.
        until: Timestamp,
    },
    /// Whoever has a step is asked to end it.
    CancelAsked {
        /// Which.
        step: StepId,
    },
    /// An attempt ended. The body has a `text` where there is more to say, and the `outputs` as JSON.
    AttemptEnded {
        /// Of which step.
        step: StepId,
        /// By what its lease was known.
        epoch: Epoch,
        /// How.
        end: AttemptEnd,
        /// The exit status, or the status of the answer, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit: Option<i32>,
        /// Whether everything that it started was seen to be gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gone: Option<bool>,
        /// What it said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<OutputDigest>,
    },
    /// A step waits for an instant, or for an event before it; the body has what it `awaits` then.
    WaitsUntil {
        /// Which.
        step: StepId,
        /// For which.
        until: Timestamp,
        /// Whether for an event before it.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        for_event: bool,
    },
    /// A function made an event; the body has its `data` as JSON.
    EventMade {
        /// The step that is the function.
        step: StepId,
        /// What kind of thing happened.
        event: EventType,
    },
    /// A step is another run.
    Within {
        /// Which.
        step: StepId,
        /// The other run.
        inner: RunId,
    },
    /// No machine is to carry out a step any more; it is open as before.
    WorkDropped {
        /// Which.
        step: StepId,
    },
    /// A file was attached to a step of a run for no case; the body has what a case's file has there.
    FileAttached {
        /// Which step.
        step: StepId,
        /// The file's number within the run, from 1.
        number: u32,
        /// How much room it takes, in KiB.
        kib: u64,
    },
    /// The run is halted. The body may have a `text`.
    Paused,
    /// The run goes on. The body may have a `text`.
    Resumed,
    /// What was done is taken back from here on. The body may have a `text`.
    UndoBegun,
    /// The run ends as soon as no machine is at any step. The body may have a `text`.
    Stopping,
    /// It ended; the body may have a `text`.
    Ended {
        /// How.
        how: Ending,
    },
}

impl RunHappening {
    /// The step that it is about, if it is about one.
    pub const fn step(&self) -> Option<&StepId> {
        match self {
            Self::StepSettled { step, .. }
            | Self::StepReopened { step }
            | Self::TurnCame { step }
            | Self::Prepared { step, .. }
            | Self::ApprovalAsked { step, .. }
            | Self::Approved { step, .. }
            | Self::LockWanted { step, .. }
            | Self::StepReady { step, .. }
            | Self::Leased { step, .. }
            | Self::CancelAsked { step }
            | Self::AttemptEnded { step, .. }
            | Self::WaitsUntil { step, .. }
            | Self::EventMade { step, .. }
            | Self::Within { step, .. }
            | Self::WorkDropped { step }
            | Self::FileAttached { step, .. } => Some(step),
            Self::Started { .. }
            | Self::LockTaken { .. }
            | Self::LockReleased { .. }
            | Self::Paused
            | Self::Resumed
            | Self::UndoBegun
            | Self::Stopping
            | Self::Ended { .. } => None,
        }
    }
}
