//! Runners, as people see them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// A runner: where it stands, what it is at, and how its steps went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunnerView {
    /// Its name; `hub` is the one inside the hub.
    pub name: String,
    /// The team that keeps it; null for the hub's own.
    pub team: Option<String>,
    /// A short text for people.
    pub summary: Option<String>,
    /// What it reaches, as `runner=` of a step asks for it.
    pub labels: Vec<String>,
    /// `here` (inside the hub), `heard`, `silent` (nothing was heard for longer than a runner may be silent), `never`
    /// (not since the hub started), or `gone` (it has left the catalog and gets nothing).
    pub state: String,
    /// When it last called; null where it has not since the hub started, and for the hub's own.
    pub heard_at: Option<Time>,
    /// The version that it said it is; null where that is not known.
    pub version: Option<String>,
    /// What it carries out now.
    pub doing: Vec<RunnerDoing>,
    /// How its steps ended in the last 24 hours, as far as the hub saw it since it started.
    pub ended: Vec<RunnerEnded>,
    /// From when on they are counted.
    pub counted_since: Time,
}

/// A step that a runner carries out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunnerDoing {
    /// The run, such as `RUN-12`.
    pub run: String,
    /// The id of the step.
    pub step: String,
    /// The attempt: the number of its lease.
    pub epoch: u64,
    /// Since when.
    pub since: Time,
    /// Whether it was asked to end.
    pub cancel: bool,
}

/// How often steps of a runner ended in some way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunnerEnded {
    /// `succeeded`, `unexpected`, `failed`, `timed_out`, `cancelled`, `not_started` or `unknown`.
    pub end: String,
    /// How often.
    pub count: u64,
}
