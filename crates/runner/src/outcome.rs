//! What became of a step, as plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chunk::Gap;
use crate::function::Event;

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// How the program itself ended, whatever the step came to.
    pub exit: Option<Exit>,
    /// When its own code began to run, by the caller's clock; nothing ran if absent.
    pub started_at_us: Option<i64>,
    /// When it was over, by the caller's clock.
    pub ended_at_us: i64,
    /// How long it took, in microseconds, on a clock that only goes on.
    pub took_us: u64,
    /// How much it said.
    pub output: OutputCount,
    /// What it hands to later steps, redacted.
    pub outputs: BTreeMap<String, Value>,
    /// Why what it wanted to hand over was refused.
    pub outputs_refused: Option<String>,
    /// The events that a function made, redacted; none of other kinds of step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// What shows that nothing of a process is left; absent for other kinds of step.
    pub proof: Option<Proof>,
    /// How far it was held to its folders; absent if nobody asked for that.
    pub confined: Option<Confined>,
    /// What the processes used; absent for other kinds of step.
    pub usage: Option<Usage>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum End {
    /// It did what was expected: the program ended with 0, the answer was the expected one.
    Succeeded,
    /// It ended otherwise.
    Failed {
        /// What happened, for people.
        why: String,
    },
    /// It was still at work when its time was over, and was ended.
    TimedOut,
    /// It was asked to end.
    Cancelled,
    /// Nothing of it ran, so it may be tried again whatever it does.
    NotStarted {
        /// Why not, for people.
        why: String,
    },
    /// What became of it cannot be said: it may have done all, a part or nothing.
    Unknown {
        /// What is known, for people.
        why: String,
    },
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// How much a step said. Bytes are those that it wrote, before anything was redacted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputCount {
    /// Bytes on standard output.
    pub stdout_bytes: u64,
    /// Bytes on standard error.
    pub stderr_bytes: u64,
    /// How many chunks it became.
    pub chunks: u64,
    /// How many places were redacted.
    pub redacted: u64,
    /// What was not kept.
    pub gap: Option<Gap>,
}

/// What shows that a step's process tree is gone. The guard is the one to whom orphans fall, so no child
/// being left to it means that no descendant is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Whether nothing is left: the guard has no child, and the cgroup, where there is one, is empty.
    pub empty: bool,
    /// Whether it was looked at through a cgroup as well.
    pub cgroup: bool,
    /// Who looked, and ended what was left.
    pub by: Witness,
    /// How many processes had to be killed.
    pub killed: u32,
    /// How many were still there when the program itself had ended.
    pub leftovers: u32,
    /// Processes that could not be ended, or were to be left.
    pub remaining: Vec<Remaining>,
}

/// Who saw to it that nothing is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// The guard, as always.
    #[default]
    Guard,
    /// The keeper behind it, because the guard was killed.
    Keeper,
    /// The runner itself, because both were killed: by cgroup or by the mark in the environment.
    Runner,
}

/// A process that is still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remaining {
    /// Its number.
    pub pid: u32,
    /// What it calls itself.
    pub name: String,
}

/// How far a step was held to its folders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confined {
    /// Wholly.
    Fully,
    /// As far as this kernel can.
    Partly,
    /// Not at all.
    Not {
        /// Why not.
        why: String,
    },
}

/// What the processes of a step used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time in the programs themselves, in microseconds.
    pub user_us: u64,
    /// CPU time in the kernel, in microseconds.
    pub system_us: u64,
}
