//! Instants and lengths of time as people read them.

use jiff::tz::TimeZone;
use wheelhouse_core::time::{Duration, Timestamp};

/// How an instant lies to now, in one unit: `4 min ago`, `in 2 h`, `just now`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(at).as_seconds();
    let distance = seconds.unsigned_abs();
    let (unit_seconds, unit) = match distance {
        0..5 => return "just now".to_owned(),
        5..60 => (1, "s"),
        60..3_600 => (60, "min"),
        3_600..86_400 => (3_600, "h"),
        _ => (86_400, "d"),
    };
    if seconds < 0 {
        // What lies ahead is rounded: a token made for 90 days ends `in 90 d`.
        format!("in {} {unit}", (distance + unit_seconds / 2) / unit_seconds)
    } else {
        format!("{} {unit} ago", distance / unit_seconds)
    }
}

/// An instant with its date and zone: `2026-11-23 03:10:00 CET`.
pub fn exact(at: Timestamp, zone: &TimeZone) -> String {
    at.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// An instant as short as it is clear: the time alone where it lies on the day of `now`.
pub fn brief(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_jiff().to_zoned(zone.clone());
    let today = now.to_jiff().to_zoned(zone.clone()).date();
    let format = if at.date() == today { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    at.strftime(format).to_string()
}

/// A length of time that the API gives in seconds: `120 ms`, `2 h 30 min`.
pub fn span(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a float saturates when it becomes an integer")]
    let millis = (seconds * 1_000.0).round() as i64;
    Duration::from_millis(millis).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_jiff(text.parse().unwrap())
    }

    #[test]
    fn distances_have_one_unit() {
        let now = at("2026-11-23T02:10:00Z");
        for (text, shown) in [
            ("2026-11-23T02:09:58Z", "just now"),
            ("2026-11-23T02:09:15Z", "45 s ago"),
            ("2026-11-23T02:05:59Z", "4 min ago"),
            ("2026-11-22T23:00:00Z", "3 h ago"),
            ("2026-11-01T00:00:00Z", "22 d ago"),
            ("2026-11-23T02:16:00Z", "in 6 min"),
            ("2026-11-23T02:15:59Z", "in 6 min"),
            ("2027-02-21T02:09:58Z", "in 90 d"),
        ] {
            assert_eq!(relative(at(text), now), shown);
        }
    }

    #[test]
    fn exact_times_are_in_the_zone() {
        let zone = TimeZone::get("Europe/Vienna").unwrap();
        let now = at("2026-11-23T02:10:00Z");
        assert_eq!(exact(now, &zone), "2026-11-23 03:10:00 CET");
        assert_eq!(brief(now, now, &zone), "03:10:00");
        assert_eq!(brief(at("2026-11-22T22:00:00Z"), now, &zone), "2026-11-22 23:00:00");
        assert_eq!(brief(at("2026-11-22T23:00:00Z"), now, &zone), "00:00:00", "already the zone's day");
    }

    #[test]
    fn lengths_keep_two_units() {
        assert_eq!(span(0.12), "120 ms");
        assert_eq!(span(9_000.0), "2 h 30 min");
    }
}
