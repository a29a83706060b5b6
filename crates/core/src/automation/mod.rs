//! Automations: runbooks that begin by themselves when something happens.
//!
//! An [`Automation`] names the events that it is about, a condition, and the runbook to run. Between the two stand
//! the [gates](judge()): windows, a guard against going round in circles, a breaker, a cooldown, limits, and the
//! agreement of people where much depends on the target. The kernel asks them about every [`Event`] that it decides,
//! and notes what came of it.

mod blast;
mod domain;
mod draft;
mod event;
mod judge;
mod listening;
mod memory;
mod model;
mod set;
mod state;
mod window;
mod words;

pub use blast::{Blast, blast};
pub use domain::{domain, impossible};
pub use draft::{ApprovalDraft, AutomationDraft, LimitsDraft, WindowDraft};
pub use event::{Event, EventKind, Made, PATHS, RunOutcome};
pub use judge::{Asked, Gate, GateName, Judgement, judge, parameters, used_up};
pub use listening::Listening;
pub use memory::{Memory, States};
pub use model::{Above, Approval, Automation, Breaker, Day, Limits, Mode, Window};
pub use set::Automations;
pub use state::{AutomationState, Awaiting, Caused, Link, Paused, Recent, Start, TargetState, Totals};
pub use window::{is_open, opens_after};

use crate::time::Duration;

/// How deep automations may follow from each other.
pub const DEEPEST_CHAIN: u32 = 3;
/// The most automations of one catalog.
pub const MOST: usize = 1_000;
/// The most starts that a limit may allow.
pub const MOST_STARTS: u32 = 200;
/// How long a limit looks back at most, and what it may be at least.
pub const WITHIN: (Duration, Duration) = (Duration::from_minutes(1), Duration::from_hours(24));
/// The bounds of a cooldown.
pub const COOLDOWN: (Duration, Duration) = (Duration::ZERO, Duration::from_hours(7 * 24));
/// The bounds of how long a breaker stays open.
pub const REST: (Duration, Duration) = (Duration::from_minutes(1), Duration::from_hours(7 * 24));
/// The bounds of how long people are waited for.
pub const ASKED_FOR: (Duration, Duration) = (Duration::from_minutes(1), Duration::from_hours(24));
/// The most targets that one automation remembers; what would be one more waits.
pub const MOST_TARGETS: usize = 2_000;
/// The most decisions of one automation that wait for people.
pub const MOST_AWAITING: usize = 50;
/// The last decisions that are kept at hand.
pub const KEPT: usize = 50;
/// How many starts of all automations together an hour may see unless the organisation says otherwise.
pub const DEFAULT_AN_HOUR: u32 = 60;
/// How long the same answer about the same target is not written down again.
pub const SAID_AGAIN: Duration = Duration::from_hours(1);
