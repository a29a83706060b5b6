//! What a runner and its hub say to each other, as JSON over HTTP: docs/runners.md tells it with examples.
//!
//! The runner asks; the hub never calls. A lease is known by its number, its *epoch*. A runner begins a step only after
//! the hub answered its first [beat](Standing) for it, so that a lease which nobody ever beat for was never begun.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::chunk::{Chunk, Gap};
use crate::outcome::Outcome;
use crate::step::Step;

/// The longest time that the hub waits before it answers, in milliseconds.
pub const LONGEST_WAIT_MS: u64 = 20_000;

/// What a runner asks for: `POST /api/v1/runner/leases`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// For how many steps it has room.
    pub room: u32,
    /// How long the hub may wait for one, in milliseconds; at most [`LONGEST_WAIT_MS`].
    #[serde(default)]
    pub wait_ms: u64,
    /// The leases that it knows of. Those that it was given and did not hear of were never begun.
    #[serde(default)]
    pub holds: Vec<u64>,
    /// Its version, for people.
    #[serde(default)]
    pub version: String,
}

/// What it is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The steps; none where nothing came in time.
    pub jobs: Vec<Job>,
    /// How often it must beat for each, in milliseconds.
    pub beat_ms: u64,
}

/// A step to be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The run, such as `RUN-12`.
    pub run: String,
    /// The id of the step in its runbook.
    pub name: String,
    /// By what its lease is known.
    pub epoch: u64,
    /// What is done.
    pub step: Step,
}

/// What a runner says of a lease from time to time: `POST …/leases/{epoch}/beat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beat {
    /// How long the hub may wait for something to tell, in milliseconds; at most [`LONGEST_WAIT_MS`].
    #[serde(default)]
    pub wait_ms: u64,
}

/// How a lease stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether the step is to end.
    pub cancel: bool,
    /// Whether the lease is not in force any more: the step is to end, and nobody waits for what becomes of it.
    pub gone: bool,
}

/// A piece of output as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// For those who watch, and to be kept.
    Both(Chunk),
    /// For those who watch.
    Live(Chunk),
    /// To be kept.
    Kept(Chunk),
    /// What was not kept between the beginning and the end; it is kept itself.
    Gap(Gap),
}

impl Piece {
    /// Whether it is kept, and so counted.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        !matches!(self, Self::Live(_))
    }
}

/// What a step said: `POST …/leases/{epoch}/output`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// How many kept pieces were sent before these. What the hub has already it passes over.
    pub from: u64,
    /// The pieces, in order.
    pub pieces: Vec<Piece>,
}

/// How far the hub has the output of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// How many kept pieces it has; the runner goes on from there.
    pub kept: u64,
}

/// What became of a step: `POST …/leases/{epoch}/result`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// The run, such as `RUN-12`.
    pub run: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How many kept pieces of output the hub must have before.
    #[serde(default)]
    pub kept: u64,
}

/// That the hub knows what became of a step; the same however often it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// How the attempt counts: `succeeded`, `unexpected` …
    pub end: String,
}

/// The outcome of a step of which only is known how it ended.
pub fn outcome_of(end: crate::End, ended_at_us: i64) -> Outcome {
    Outcome {
        end,
        exit: None,
        started_at_us: None,
        ended_at_us,
        took_us: 0,
        output: crate::OutputCount::default(),
        outputs: BTreeMap::new(),
        outputs_refused: None,
        events: Vec::new(),
        proof: None,
        confined: None,
        usage: None,
    }
}
