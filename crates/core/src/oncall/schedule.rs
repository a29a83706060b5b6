//! What a schedule is.

use alloc::vec::Vec;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::name::{PersonName, ScheduleName, TeamName};
use crate::time::Timestamp;

/// Says at every instant who is on call, if anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Its name.
    pub name: ScheduleName,
    /// The team that keeps it.
    pub team: TeamName,
    /// The zone whose wall clock decides the hand-offs.
    pub time_zone: TimeZone,
    /// From the one that yields first to the one that wins: a later layer covers an earlier one.
    pub layers: Vec<Layer>,
    /// Exceptions; they cover every layer, and a later one covers an earlier one.
    pub overrides: Vec<Override>,
}

/// One rotation and when it applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Who follows whom.
    pub rotation: Rotation,
    /// From this local date and time on (inclusive); the rotation's start where absent.
    pub from: Option<DateTime>,
    /// Until this local date and time (exclusive); without end where absent.
    pub until: Option<DateTime>,
}

/// People who take turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The people in order, at least one; the first has the first turn.
    pub people: Vec<PersonName>,
    /// The local date and time at which the first turn starts; every hand-off keeps its time of day.
    pub start: DateTime,
    /// The length of a turn on the wall clock.
    pub every: Period,
}

/// A length on the wall clock: a day has 23, 24 or 25 hours of real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// So many wall-clock hours, at least one.
    Hours(u32),
    /// So many days, at least one.
    Days(u32),
    /// So many weeks, at least one.
    Weeks(u32),
    /// So many months, at least one; a hand-off on a day that a month lacks falls on its last day.
    Months(u32),
}

/// One person instead of whoever the layers name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Who is on call instead.
    pub person: PersonName,
    /// From this instant on (inclusive).
    pub from: Timestamp,
    /// Until this instant (exclusive).
    pub until: Timestamp,
    /// Whether no document says so: it is a shift of an earlier catalog, which goes on until its hand-off.
    pub held_over: bool,
}
