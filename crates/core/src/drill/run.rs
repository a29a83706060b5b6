//! A drill that the hub plays: what it does next, and how it ended.

use serde::{Deserialize, Serialize};

use super::{Drill, Judgement};
use crate::name::DrillName;
use crate::record::Actor;
use crate::time::Timestamp;

/// The most drills that are played at once.
pub const MOST_RUNNING: usize = 5;
/// How many runs are remembered beside the record.
pub const RUNS_KEPT: usize = 100;

/// A drill that the hub plays, or has played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillRun {
    /// Its number in the order in which runs are started.
    pub run: u64,
    /// Which drill.
    pub drill: DrillName,
    /// When it began.
    pub started_at: Timestamp,
    /// Who started it.
    pub by: Actor,
    /// How it ended; absent while it is played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<RunEnd>,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// When.
    pub at: Timestamp,
    /// Who ended it; the hub where it came to its end, or was interrupted.
    pub by: Actor,
    /// How.
    pub how: RunOutcome,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// It was played to its end, judged and written down.
    Held,
    /// A person stopped it.
    Stopped,
    /// The hub stopped or could not go on while it was played.
    Interrupted,
}

impl RunOutcome {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What is next in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The signal of this index is due.
    Send(usize),
    /// Nothing is until this instant.
    Wait(Timestamp),
    /// It is over: to be judged.
    Over,
}

/// Whether nothing that may still happen changes the verdict, once all signals are sent: everything expected is met,
/// and nothing must stay away until the end.
pub fn is_settled(judgements: &[Judgement]) -> bool {
    judgements.iter().all(|judgement| judgement.met && !judgement.expectation.what.is_absence())
}

/// What is next at `now` in a run that began at `started_at` and has sent so many of its signals.
pub fn next(drill: &Drill, started_at: Timestamp, sent: usize, now: Timestamp) -> Next {
    let due = drill.signals.get(sent).map(|cue| started_at + cue.at);
    let over_at = started_at + drill.length();
    match due {
        Some(due) if due <= now => Next::Send(sent),
        Some(due) => Next::Wait(due),
        None if over_at <= now => Next::Over,
        None => Next::Wait(over_at),
    }
}
