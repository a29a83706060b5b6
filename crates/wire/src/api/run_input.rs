//! What steps of runs are carried out with, and what they say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What a step is carried out with: what people agree to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepInputView {
    /// What all of it is known by: the SHA-256.
    pub digest: String,
    /// The version of the runbook.
    pub version: String,
    /// `process`, `http`, `sql` …
    pub does: String,
    /// The program that reads the script.
    pub interpreter: Option<String>,
    /// The script, or what the fence says.
    pub script: String,
    /// The values in its environment, by name.
    pub environment: BTreeMap<String, String>,
    /// The entries of its list, where it is carried out for each of one.
    pub items: Option<Vec<Value>>,
    /// The names of the secrets that it is given.
    pub secrets: Vec<String>,
    /// The folder in which it is carried out.
    pub cwd: Option<String>,
    /// The labels that its runner must have.
    pub runner: Vec<String>,
    /// The event that a function is given on standard input, where one made an automation start the run.
    pub event: Option<Value>,
}

/// What a step says, or said: redacted, its beginning and its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepOutput {
    /// The number of the lease under which it says so.
    pub attempt: u64,
    /// Pieces in order.
    pub pieces: Vec<OutputPiece>,
    /// What is missing among them.
    pub gaps: Vec<OutputGap>,
    /// The number from which on to ask next.
    pub next: u64,
    /// Whether it still runs.
    pub live: bool,
}

/// A piece of what a step said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputPiece {
    /// Its number, from 0.
    pub seq: u64,
    /// `stdout` or `stderr`.
    pub stream: String,
    /// When it was said, in microseconds after the step began.
    pub at_us: u64,
    /// The text.
    pub text: String,
}

/// What was not kept of what a step said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputGap {
    /// How many bytes.
    pub dropped_bytes: u64,
    /// The number of the first piece of which something is missing.
    pub from: u64,
    /// The number of the first piece that is there again.
    pub to: u64,
}
