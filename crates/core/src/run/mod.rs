//! Runs: one execution of one version of a runbook, and what became of each of its steps.
//!
//! A run is pinned to the version of the runbook that was in force when it was started: later versions change
//! nothing in it. People do its steps, or have machines do those that a machine can carry out. What was said, the
//! values of parameters and what steps hand to later ones are in the record's bodies, not here.

mod asks;
mod awaited;
mod fold;
mod id;
mod made;
mod model;
mod work;

pub use asks::{Ask, Want};
pub use awaited::{Awaited, LONGEST_AWAITED, MOST_AWAITED};
pub use id::RunId;
pub use made::{EventType, LARGEST_MADE, MOST_MADE, MadeEvent};
pub use model::{Course, Ending, PlannedStep, Progress, Run, RunEnd, RunStep, Settled, Settling};
pub use work::{Approvers, AttemptEnd, Automated, Epoch, OutputDigest, Pace, Parent, USUAL_TIMEOUT, Work, WorkState};

/// The most runs of an organisation that are under way at a time.
pub const MOST_UNDER_WAY: usize = 20_000;
/// The most runs of one case that are under way at a time.
pub const MOST_OF_A_CASE: usize = 20;
/// The most bytes that the parameters of a run take as JSON.
pub const LARGEST_PARAMETERS: usize = 16 * 1024;
/// The most bytes that what the steps of a run hand to later ones takes as JSON.
pub const LARGEST_OUTPUTS: usize = 64 * 1024;
/// The most bytes of the event that made an automation start a run that are kept with it.
pub const LARGEST_EVENT: usize = 32 * 1024;
/// How long people can agree to a step.
pub const APPROVAL_HOLDS: crate::time::Duration = crate::time::Duration::from_hours(1);
