//! What a machine is at with a step of a run.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Awaited, RunId};
use crate::name::{PersonName, RoleName, RunnerName};
use crate::record::Actor;
use crate::runbook::{Attributes, Block, Does, Retry, RunbookHash, StepId};
use crate::time::{Duration, Timestamp};

/// Who moves a run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// People: a machine carries out a step when somebody asks for it.
    #[default]
    ByHand,
    /// The hub: a machine carries out a step as soon as all before it are settled; it waits for people at theirs.
    ByItself,
}

impl Pace {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::ByItself => "by_itself",
        }
    }
}

/// The step of a run that is another run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The run.
    pub run: RunId,
    /// Its step.
    pub step: StepId,
}

/// How a machine carries out a step, as the pinned version says; what only whoever carries it out has to know stands
/// in the version itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automated {
    /// What kind of thing is done.
    pub does: Does,
    /// The SHA-256 of the script's text.
    pub script: RunbookHash,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// Whether doing it twice does no more than doing it once.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub idempotent: bool,
    /// Whether its script knows runs that are only tried out.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub dry_run: bool,
    /// What happens when an attempt fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Who must agree before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approvers>,
    /// The step that takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<StepId>,
    /// What only one run may hold at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// The group of neighbours that are carried out at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel: Option<String>,
    /// The labels that its runner must have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runner: Vec<String>,
}

/// Who must agree to a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvers {
    /// How many people.
    pub count: u32,
    /// Any of these roles they hold.
    pub roles: Vec<RoleName>,
}

/// How long an attempt may take where the runbook does not say.
pub const USUAL_TIMEOUT: Duration = Duration::from_minutes(10);

impl Automated {
    /// What a run keeps of a fence. `approvers` hold for a fence that wants agreement and names no role.
    pub fn new(block: &Block, attributes: &Attributes, approvers: &[RoleName]) -> Self {
        let approval = attributes.approve.as_ref().map(|approve| Approvers {
            count: approve.count,
            roles: approve.role.as_ref().map_or_else(|| approvers.to_vec(), |role| Vec::from([role.clone()])),
        });
        Self {
            does: block.does,
            script: RunbookHash::of(&block.script),
            timeout: attributes.timeout.unwrap_or(USUAL_TIMEOUT),
            idempotent: attributes.idempotent,
            dry_run: attributes.dry_run,
            retry: attributes.retry,
            approval,
            undo: attributes.undo.clone(),
            lock: attributes.lock.clone(),
            parallel: attributes.parallel.clone(),
            runner: attributes.runner.clone(),
        }
    }

    /// Whether a runner carries it out, and not the hub itself.
    pub const fn wants_runner(&self) -> bool {
        matches!(self.does, Does::Process | Does::Function | Does::Http | Does::Sql)
    }
}

/// What a machine is at with a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Who wanted it; the hub where it was its turn.
    pub asked_by: Actor,
    /// Since when it stands as it does.
    pub since: Timestamp,
    /// How it stands.
    #[serde(flatten)]
    pub state: WorkState,
    /// Which attempt the one under way or the last one is, from 1; 0 before the first.
    #[serde(default)]
    pub attempt: u32,
    /// How often in a row it could not be begun at all.
    #[serde(default)]
    pub unstarted: u32,
    /// Which entry of its list it is at, from 0.
    #[serde(default)]
    pub item: u32,
    /// How many entries its list has; absent where it is carried out once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<u32>,
    /// The digest of what it is carried out with; absent before that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<RunbookHash>,
    /// Who agreed so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved_by: Vec<PersonName>,
}

/// How the work on a step stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum WorkState {
    /// Its turn has come; what that means is being found out: its condition, its list, its input.
    Turn,
    /// People must agree first.
    Asking {
        /// Until when they can.
        until: Timestamp,
    },
    /// Another run holds its lock.
    Locked,
    /// It may be carried out.
    Ready {
        /// From when on.
        from: Timestamp,
    },
    /// A runner has it.
    Leased {
        /// By what this lease is known: no other lease has the number, and later ones have greater ones.
        epoch: Epoch,
        /// Who has it.
        runner: RunnerName,
        /// Until when it must have been heard of.
        until: Timestamp,
        /// Whether it was asked to end.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        cancel: bool,
    },
    /// It waits for this instant, or for an event before it.
    Waiting {
        /// For which.
        until: Timestamp,
        /// For which event; for the instant alone where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<Box<Awaited>>,
    },
    /// Another run does it.
    Within {
        /// Which.
        run: RunId,
    },
    /// Nobody knows what became of its last attempt: a person must say.
    Unknown,
}

impl Work {
    /// Whether somebody or something has it in hands at this moment.
    pub const fn is_in_hands(&self) -> bool {
        matches!(self.state, WorkState::Leased { .. } | WorkState::Within { .. })
    }

    /// When something is to be done about it, if at an instant.
    pub const fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            WorkState::Asking { until } | WorkState::Leased { until, .. } | WorkState::Waiting { until, .. } => {
                Some(until)
            }
            WorkState::Turn
            | WorkState::Locked
            | WorkState::Ready { .. }
            | WorkState::Within { .. }
            | WorkState::Unknown => None,
        }
    }
}

impl WorkState {
    /// The word for it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::Asking { .. } => "asking",
            Self::Locked => "locked",
            Self::Ready { .. } => "ready",
            Self::Leased { .. } => "leased",
            Self::Waiting { .. } => "waiting",
            Self::Within { .. } => "within",
            Self::Unknown => "unknown",
        }
    }
}

/// By what a lease is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl<'de> Deserialize<'de> for Epoch {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        u64::deserialize(from).map(Self)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptEnd {
    /// It did what it should.
    Succeeded,
    /// It ended well, and its outcome is not what the runbook expects.
    Unexpected,
    /// It did not do what it should.
    Failed,
    /// It took longer than it may, and was ended.
    TimedOut,
    /// It was ended because somebody asked for it.
    Cancelled,
    /// Nothing of it began.
    NotStarted,
    /// Nobody knows.
    Unknown,
}

impl AttemptEnd {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Unexpected => "unexpected",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::NotStarted => "not_started",
            Self::Unknown => "unknown",
        }
    }
}

/// What an attempt said, kept apart from the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputDigest {
    /// The SHA-256 of what was kept.
    pub hash: RunbookHash,
    /// How many bytes it said.
    pub bytes: u64,
    /// How many of them were not kept.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub lost: u64,
}

fn is_nothing(number: &u64) -> bool {
    *number == 0
}
