//! Instants and lengths of time as people write them on a command line.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::api;

/// What is expected of an instant.
const EXPECTED: &str = "expected `10m ago`, `in 2h`, `14:05`, `yesterday 14:05`, `2026-11-23 14:05`, `now`, or RFC 3339 such as 2026-11-23T02:10:00Z";
/// The longest length of time: a hundred years.
const LONGEST: Duration = Duration::from_hours(24 * 36_525);

/// An instant as somebody wrote it; which one it is depends on when and where it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// `2026-11-23T02:10:00Z`.
    Exact(Timestamp),
    /// `10m ago` (positive), `in 10m` (negative), `now`.
    Ago(Duration),
    /// `14:05` and `yesterday 14:05`: a time of the day that lies so many days back.
    Clock {
        /// 0 is today.
        days_ago: i8,
        /// By the clock on the wall.
        time: Time,
    },
    /// `2026-11-23 14:05`, by the clock on the wall.
    Civil(DateTime),
}

impl Moment {
    /// The instant, as seen at `now` from `zone`.
    ///
    /// # Errors
    /// When the clocks change then, so that the time is not there or there twice.
    pub fn resolve(&self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
        let local = match self {
            Self::Exact(at) => return Ok(*at),
            Self::Ago(length) => return Ok(now - *length),
            Self::Clock { days_ago, time } => {
                let today = now.to_jiff().to_zoned(zone.clone()).date();
                let day = today
                    .checked_sub(jiff::Span::new().days(i64::from(*days_ago)))
                    .map_err(|_| format!("there is no such day; {EXPECTED}"))?;
                day.to_datetime(*time)
            }
            Self::Civil(local) => *local,
        };
        on_the_wall(local, zone)
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "now" {
            return Ok(Self::Ago(Duration::ZERO));
        }
        if let Some(length) = text.strip_suffix(" ago") {
            return Ok(Self::Ago(Length::from_str(length)?.0));
        }
        if let Some(length) = text.strip_prefix("in ") {
            let Length(length) = Length::from_str(length)?;
            return Ok(Self::Ago(length.times(-1)));
        }
        let day = [("yesterday ", 1), ("today ", 0)]
            .into_iter()
            .find_map(|(word, days_ago)| Some((text.strip_prefix(word)?, days_ago)));
        if let Some((clock, days_ago)) = day {
            let time = clock_time(clock).ok_or(EXPECTED)?;
            return Ok(Self::Clock { days_ago, time });
        }
        if let Some(time) = clock_time(text) {
            return Ok(Self::Clock { days_ago: 0, time });
        }
        if let Some(local) = civil(text) {
            return Ok(Self::Civil(local));
        }
        api::Time::parse(text).map(|at| Self::Exact(at.0)).map_err(|_| EXPECTED.to_owned())
    }
}

/// A length of time: `45s`, `10m`, `1h30m`, `90d`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length(pub Duration);

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("`{}`: expected a length of time such as 45s, 10m, 1h30m, 90d or 2w", text.trim());
        let mut rest = text.trim();
        let mut total = Duration::ZERO;
        if rest.is_empty() {
            return Err(expected());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (number, tail) = rest.split_at(digits);
            let tail = tail.trim_start();
            let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(letters);
            let number: i64 = number.parse().map_err(|_| expected())?;
            let unit = match unit {
                "s" | "sec" => Duration::from_seconds(1),
                "m" | "min" => Duration::from_minutes(1),
                "h" => Duration::from_hours(1),
                "d" => Duration::from_hours(24),
                "w" => Duration::from_hours(7 * 24),
                _ => return Err(expected()),
            };
            total = total + unit.times(number);
            rest = tail.trim_start();
        }
        if total > LONGEST {
            return Err(format!("`{}` is too long; expected at most 100 years", text.trim()));
        }
        Ok(Self(total))
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `14:05` or `14:05:30`.
fn clock_time(text: &str) -> Option<Time> {
    let shape = |b: u8| b.is_ascii_digit() || b == b':';
    if !(text.len() == 5 || text.len() == 8) || !text.bytes().all(shape) {
        return None;
    }
    let format = if text.len() == 5 { "%H:%M" } else { "%H:%M:%S" };
    Time::strptime(format, text).ok()
}

/// `2026-11-23 14:05`, with or without seconds, with a space or a `T`.
fn civil(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let date = Date::strptime("%Y-%m-%d", date).ok()?;
    Some(date.to_datetime(clock_time(time)?))
}

/// The instant at which the clocks in `zone` show `local`.
fn on_the_wall(local: DateTime, zone: &TimeZone) -> Result<Timestamp, String> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let shown = local.strftime("%Y-%m-%d %H:%M");
    let name = zone.iana_name().unwrap_or("this time zone");
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => ambiguous
            .unambiguous()
            .map(Timestamp::from_jiff)
            .map_err(|_| format!("{shown} is out of range; {EXPECTED}")),
        AmbiguousOffset::Gap { .. } => {
            Err(format!("the clocks in {name} skip {shown}; give the instant as RFC 3339, with an offset"))
        }
        AmbiguousOffset::Fold { before, after } => Err(format!(
            "the clocks in {name} show {shown} twice; say which: {local}{} or {local}{}",
            offset(before),
            offset(after),
        )),
    }
}

/// `+02:00`.
fn offset(offset: jiff::tz::Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const NOW: &str = "2026-11-23T12:00:00Z";

    fn seen(text: &str) -> Result<String, String> {
        let zone = TimeZone::get("Europe/Vienna").unwrap();
        let now = Timestamp::from_jiff(NOW.parse().unwrap());
        Ok(text.parse::<Moment>()?.resolve(now, &zone)?.to_string())
    }

    #[test]
    fn instants_as_people_write_them() {
        for (text, at) in [
            ("now", NOW),
            ("10m ago", "2026-11-23T11:50:00Z"),
            ("1h 30m ago", "2026-11-23T10:30:00Z"),
            ("in 2h", "2026-11-23T14:00:00Z"),
            ("09:05", "2026-11-23T08:05:00Z"),
            ("today 09:05:30", "2026-11-23T08:05:30Z"),
            ("yesterday 23:00", "2026-11-22T22:00:00Z"),
            ("2026-07-01 14:05", "2026-07-01T12:05:00Z"),
            ("2026-07-01T14:05", "2026-07-01T12:05:00Z"),
            ("2026-11-23T02:10:00+01:00", "2026-11-23T01:10:00Z"),
        ] {
            assert_eq!(seen(text).as_deref(), Ok(at), "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_says_what_was_expected() {
        for text in ["", "soon", "25:00", "9:05", "10x ago", "2026-13-01 10:00", "ago"] {
            let error = seen(text).unwrap_err();
            assert!(error.contains("expected"), "{text}: {error}");
        }
    }

    #[test]
    fn where_the_clocks_change_nothing_is_guessed() {
        let error = seen("2026-03-29 02:30").unwrap_err();
        assert!(error.contains("skip 2026-03-29 02:30"), "{error}");
        let error = seen("2026-10-25 02:30").unwrap_err();
        assert!(error.contains("2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"), "{error}");
    }

    #[test]
    fn lengths_add_up_and_have_an_end() {
        let length = |text: &str| text.parse::<Length>().map(|length| length.0.as_seconds());
        assert_eq!(length("45s"), Ok(45));
        assert_eq!(length("1h30m"), Ok(5_400));
        assert_eq!(length("90d"), Ok(7_776_000));
        assert_eq!(length("2 w"), Ok(1_209_600));
        for text in ["", "5", "h", "-5m", "1.5h", "40000000d", "99999999999999999999d"] {
            assert!(length(text).is_err(), "{text}");
        }
    }
}
