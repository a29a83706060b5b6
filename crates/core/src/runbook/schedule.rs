//! When a runbook is run by itself: at a time of day, on some days of the week.

use alloc::collections::BTreeSet;
use alloc::string::String;
use core::fmt;

use jiff::civil::Time;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::automation::{Day, Window, opens_after};
use crate::time::Timestamp;

/// When a runbook is run by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// On which days; every day where empty.
    days: BTreeSet<Day>,
    /// When, by the local clock. A time that a change of the clocks leaves out comes an hour later; one that there is
    /// twice comes the first time.
    at: Time,
    /// Whose clock.
    zone: TimeZone,
    /// As it was written.
    text: String,
}

impl Schedule {
    /// Reads `03:00`, `03:00 Europe/Vienna` (UTC where no zone is named), `mon,thu 03:00 Europe/Vienna`.
    ///
    /// # Errors
    /// What is expected.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "days, a time and a zone, such as `03:00`, `mon,thu 03:00 Europe/Vienna`";
        let mut words = text.split_whitespace().peekable();
        let mut days = BTreeSet::new();
        if let Some(named) = words.next_if(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())) {
            for day in named.split(',') {
                days.insert(Day::parse(day).ok_or(EXPECTED)?);
            }
        }
        let (hour, minute) = words.next().and_then(|word| word.split_once(':')).ok_or(EXPECTED)?;
        let two = |digits: &str| digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = |digits: &str| if two(digits) { digits.parse::<i8>().ok() } else { None };
        let (hour, minute) = (number(hour).ok_or(EXPECTED)?, number(minute).ok_or(EXPECTED)?);
        let at = Time::new(hour, minute, 0, 0).map_err(|_| EXPECTED)?;
        let zone = match words.next() {
            Some(name) => TimeZoneDatabase::bundled()
                .get(name)
                .map_err(|_| "a time zone of the IANA database, such as `Europe/Vienna`")?,
            None => TimeZone::UTC,
        };
        if words.next().is_some() {
            return Err(EXPECTED);
        }
        Ok(Self { days, at, zone, text: text.trim().into() })
    }

    /// When it comes next after an instant.
    pub fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let window = Window { days: self.days.clone(), from: self.at, until: self.at };
        opens_after(&[window], &self.zone, instant)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_jiff(text.parse().unwrap())
    }

    #[test]
    fn it_comes_by_the_local_clock_also_when_that_changes() {
        let daily = Schedule::parse("02:30 Europe/Vienna").unwrap();
        for (after, next) in [
            ("2026-11-23T00:00:00Z", "2026-11-23T01:30:00Z"),
            ("2026-11-23T01:30:00Z", "2026-11-24T01:30:00Z"),
            // 2027-03-28 has no 02:30 in Vienna; 2026-10-25 has it twice.
            ("2027-03-27T12:00:00Z", "2027-03-28T01:30:00Z"),
            ("2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z"),
            ("2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
            ("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        ] {
            assert_eq!(daily.next_after(at(after)), Some(at(next)), "{after}");
        }
        // 2026-03-29 has 23 hours in Vienna, 2026-10-25 has 25: late in the evening before, no day is left out.
        let late = Schedule::parse("22:45 Europe/Vienna").unwrap();
        for (after, next) in [
            ("2026-03-28T22:33:00Z", "2026-03-29T20:45:00Z"),
            ("2026-03-29T22:10:00Z", "2026-03-30T20:45:00Z"),
            ("2026-10-24T22:10:00Z", "2026-10-25T21:45:00Z"),
        ] {
            assert_eq!(late.next_after(at(after)), Some(at(next)), "{after}");
        }
        let mondays = Schedule::parse("mon 03:00").unwrap();
        assert_eq!(mondays.next_after(at("2026-11-23T03:00:00Z")), Some(at("2026-11-30T03:00:00Z")));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "3:00", "24:00", "03:60", "someday 03:00", "03:00 Vienna", "mon,, 03:00", "03:00 UTC twice"] {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
    }
}
