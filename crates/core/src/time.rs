//! Time as data: instants and lengths of time in whole microseconds.
//!
//! The kernel never reads a clock. An instant enters through [`crate::Context`] or through a
//! signal, and everything derived from it is integer arithmetic.

use core::fmt;
use core::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// An instant: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A length of time in microseconds; negative lengths are allowed and mean "earlier".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(i64);

impl Timestamp {
    /// 0001-01-01T00:00:00Z, the earliest instant that the hub accepts from outside.
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);
    /// 9999-12-31T00:00:00Z, the latest instant that the hub accepts from outside.
    pub const MAX: Self = Self(253_402_214_400_000_000);

    /// Makes an instant from microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Makes an instant from whole seconds since the Unix epoch, saturating.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this instant is; negative if it is before it.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// The same instant as a jiff timestamp, clamped to jiff's range.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }

    /// Takes a jiff timestamp, dropping what is finer than a microsecond.
    pub fn from_jiff(timestamp: jiff::Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// Makes a length from microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Makes a length from milliseconds, saturating.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Makes a length from seconds, saturating.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Makes a length from minutes, saturating.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self::from_seconds(minutes.saturating_mul(60))
    }

    /// Makes a length from hours, saturating.
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_minutes(hours.saturating_mul(60))
    }

    /// The length in microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The length in whole seconds, rounded towards zero.
    pub const fn as_seconds(self) -> i64 {
        self.0 / 1_000_000
    }

    /// This length `times` over, saturating.
    pub const fn times(self, times: i64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, length: Duration) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, length: Duration) -> Self {
        Self(self.0.saturating_sub(length.0))
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// RFC 3339 in UTC, with as many fractional digits as needed: `2026-11-23T02:10:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_jiff(), f)
    }
}

/// The way a person says it: `45 s`, `10 min`, `2 h 30 min`, `3 d`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let millis = self.0.unsigned_abs() / 1_000;
        if millis < 1_000 {
            return write!(f, "{millis} ms");
        }
        let seconds = millis / 1_000;
        let units =
            [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
        let mut shown = 0;
        for (count, unit) in units {
            if count > 0 && shown < 2 {
                write!(f, "{}{count} {unit}", if shown > 0 { " " } else { "" })?;
                shown += 1;
            } else if shown > 0 {
                break;
            }
        }
        Ok(())
    }
}
