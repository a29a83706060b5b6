//! Runs: one execution of one version of a runbook, and what became of each of its steps.
//!
//! A run is pinned to the version of the runbook that was in force when it was started: later versions change
//! nothing in it. So far its steps are done by people, also those that a machine could carry out: each is
//! settled by somebody, who says how it went. The notes are in the record's bodies, not here.

mod fold;
mod id;
mod model;

pub use id::RunId;
pub use model::{Ending, PlannedStep, Progress, Run, RunEnd, RunStep, Settled, Settling};

/// The most runs of an organisation that are under way at a time.
pub const MOST_UNDER_WAY: usize = 10_000;
/// The most runs of one case that are under way at a time.
pub const MOST_OF_A_CASE: usize = 20;
/// The most bytes that the parameters of a run take as JSON.
pub const LARGEST_PARAMETERS: usize = 16 * 1024;
