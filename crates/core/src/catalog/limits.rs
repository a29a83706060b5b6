//! How much a catalog may hold. Far above what organisations have; low enough that nothing stalls.

use crate::time::Duration;

/// The most documents in one catalog.
pub const MOST_DOCUMENTS: usize = 50_000;
/// The most runbooks in one catalog.
pub const MOST_RUNBOOKS: usize = 5_000;
/// The most members of a team, or people of an audience.
pub const MOST_PEOPLE: usize = 1_000;
/// The most people in one rotation.
pub const MOST_TURNS: usize = 200;
/// The most contacts of one recipient.
pub const MOST_CONTACTS: usize = 10;
/// The most dependencies, and the most stakeholders, of one service.
pub const MOST_EDGES: usize = 500;
/// The most label sets that identify a service, and the most labels in one.
pub const MOST_LABELS: usize = 50;
/// The most objectives, and the most links, of one service.
pub const MOST_NOTES: usize = 50;
/// The most layers of one schedule.
pub const MOST_LAYERS: usize = 50;
/// The most overrides of one schedule.
pub const MOST_OVERRIDES: usize = 1_000;
/// The most steps of one escalation, and the most targets of one step.
pub const MOST_STEPS: usize = 50;
/// The longest text for people, in bytes.
pub const LONGEST_TEXT: usize = 4_000;
/// The longest display name, label, objective or link, in bytes.
pub const LONGEST_LINE: usize = 500;
/// The most further rounds of an escalation.
pub const MOST_ROUNDS: u32 = 100;
/// The least and the most time between two pages of the organisation's fallback.
pub const FALLBACK_EVERY: (Duration, Duration) = (Duration::from_minutes(1), Duration::from_hours(24));
/// The bounds of the time within which a signal reopens its case.
pub const REOPEN_WITHIN: (Duration, Duration) = (Duration::ZERO, Duration::from_hours(7 * 24));
/// The bounds of the time for which an acknowledgement holds.
pub const ACKNOWLEDGEMENT_TIMEOUT: (Duration, Duration) = (Duration::from_minutes(1), Duration::from_hours(30 * 24));
/// The bounds of the time for which a notice is held back.
pub const NOTICES_SETTLE: (Duration, Duration) = (Duration::ZERO, Duration::from_minutes(10));
/// The bounds of the delay of a step.
pub const STEP_AFTER: (Duration, Duration) = (Duration::ZERO, Duration::from_hours(7 * 24));
/// The bounds of a source's timeout.
pub const SOURCE_TIMEOUT: (Duration, Duration) = (Duration::from_seconds(10), Duration::from_hours(30 * 24));
/// The most signals of one drill.
pub const MOST_CUES: usize = 1_000;
/// The most that one drill expects.
pub const MOST_EXPECTATIONS: usize = 200;
/// The bounds of when a drill sends a signal, and of when something is expected of it.
pub const DRILL: (Duration, Duration) = (Duration::ZERO, Duration::from_hours(8));
/// The first and the last year in which anything on a schedule may lie.
pub const YEARS: (i16, i16) = (1970, 2200);
