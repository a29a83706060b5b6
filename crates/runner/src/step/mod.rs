//! A step: everything that a runner is told about one unit of work, as plain data.

mod action;
mod limits;
mod secret_use;
mod user;
mod valid;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use action::{Action, Expected, HttpStep, Leftovers, ProcessStep, Program, SqlEngine, SqlStep, WorkFile};
pub use limits::{Confinement, Limits, OutputLimits};
pub use secret_use::{Delivery, SecretUse};
pub use user::{User, UserError};
pub use valid::StepError;

/// One step, as the hub hands it to a runner. It names secrets, it never holds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the step may hand to other systems as an idempotency key: the same for every attempt. It is
    /// given to processes as `WH_STEP_TOKEN`; 1 to 128 letters, digits, `-`, `_`, `.` or `:`.
    pub token: String,
    /// Which attempt this is, from 1.
    #[serde(default = "one")]
    pub attempt: u32,
    /// What is done.
    pub action: Action,
    /// How long it may take, in milliseconds, from the moment at which its own code runs.
    pub deadline_ms: u64,
    /// How long it has to end by itself after it was asked to, in milliseconds.
    #[serde(default = "Step::usual_grace_ms")]
    pub grace_ms: u64,
    /// How much of its output is kept.
    #[serde(default)]
    pub output: OutputLimits,
    /// The secrets that it is given, and how.
    #[serde(default)]
    pub secrets: Vec<SecretUse>,
}

impl Step {
    /// Returns a step that runs a program, with the usual limits.
    #[must_use]
    pub fn process(token: impl Into<String>, process: ProcessStep, deadline_ms: u64) -> Self {
        Self::of(token.into(), Action::Process(Box::new(process)), deadline_ms)
    }

    /// Returns a step that asks something over HTTP, with the usual limits.
    #[must_use]
    pub fn http(token: impl Into<String>, http: HttpStep, deadline_ms: u64) -> Self {
        Self::of(token.into(), Action::Http(Box::new(http)), deadline_ms)
    }

    /// Returns a step that asks a database, with the usual limits.
    #[must_use]
    pub fn sql(token: impl Into<String>, sql: SqlStep, deadline_ms: u64) -> Self {
        Self::of(token.into(), Action::Sql(Box::new(sql)), deadline_ms)
    }

    /// Returns how long a step has to end by itself where nobody said: ten seconds.
    #[must_use]
    pub const fn usual_grace_ms() -> u64 {
        10_000
    }

    fn of(token: String, action: Action, deadline_ms: u64) -> Self {
        Self {
            token,
            attempt: 1,
            action,
            deadline_ms,
            grace_ms: Self::usual_grace_ms(),
            output: OutputLimits::default(),
            secrets: Vec::new(),
        }
    }
}

/// Names and values of an environment, in order.
pub type Environment = BTreeMap<String, String>;

const fn one() -> u32 {
    1
}
