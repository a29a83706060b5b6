//! Whether an instant lies within the windows of an automation.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::model::{Day, Window};
use crate::time::Timestamp;

/// On how many days an opening is looked for.
const AHEAD: usize = 9;

/// Whether one of the windows is open at an instant; without windows it always is.
pub fn is_open(windows: &[Window], zone: &TimeZone, at: Timestamp) -> bool {
    let local = zone.to_datetime(at.to_jiff());
    let (date, yesterday) = (local.date(), local.date().yesterday().ok());
    windows.is_empty()
        || windows.iter().any(|window| {
            let over_midnight = window.until <= window.from;
            let begun = window.opens_on(date) && local.time() >= window.from;
            let today = begun && (over_midnight || local.time() < window.until);
            let since_yesterday =
                over_midnight && local.time() < window.until && yesterday.is_some_and(|date| window.opens_on(date));
            today || since_yesterday
        })
}

/// When one of the windows opens next after an instant, within a week or so.
pub fn opens_after(windows: &[Window], zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
    // By the calendar: a day is not always 24 hours long.
    let first = zone.to_datetime(at.to_jiff()).date();
    let days = core::iter::successors(Some(first), |date| date.tomorrow().ok()).take(AHEAD);
    let openings = days.filter_map(|date| {
        let of_day = windows.iter().filter(|window| window.opens_on(date)).filter_map(|window| {
            let local = date.to_datetime(window.from);
            zone.to_ambiguous_timestamp(local).compatible().ok().map(Timestamp::from_jiff)
        });
        of_day.filter(|opening| *opening > at).min()
    });
    openings.min()
}

impl Window {
    fn opens_on(&self, date: Date) -> bool {
        self.days.is_empty() || self.days.contains(&Day::of(date.weekday()))
    }
}

impl Day {
    /// Reads `mon` to `sun`.
    pub fn parse(text: &str) -> Option<Self> {
        let words = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let days =
            [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];
        words.iter().zip(days).find(|(word, _)| **word == text).map(|(_, day)| day)
    }

    /// The day that jiff calls so.
    const fn of(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use alloc::collections::BTreeSet;
    use alloc::vec;

    use jiff::civil::time;
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_jiff(text.parse().unwrap())
    }

    #[test]
    fn windows_open_and_close_by_the_local_clock() {
        let zone = TimeZoneDatabase::bundled().get("Europe/Vienna").unwrap();
        let days = BTreeSet::from([Day::Monday, Day::Friday]);
        let windows = vec![
            Window { days: days.clone(), from: time(8, 0, 0, 0), until: time(18, 0, 0, 0) },
            Window { days: BTreeSet::from([Day::Friday]), from: time(22, 0, 0, 0), until: time(2, 0, 0, 0) },
        ];
        // 2026-11-23 is a Monday; Vienna is an hour ahead.
        for (instant, open) in [
            ("2026-11-23T06:59:59Z", false),
            ("2026-11-23T07:00:00Z", true),
            ("2026-11-23T16:59:59Z", true),
            ("2026-11-23T17:00:00Z", false),
            ("2026-11-24T09:00:00Z", false),
            ("2026-11-27T21:00:00Z", true),
            ("2026-11-28T00:59:59Z", true),
            ("2026-11-28T01:00:00Z", false),
            ("2026-11-28T21:30:00Z", false),
        ] {
            assert_eq!(is_open(&windows, &zone, at(instant)), open, "{instant}");
        }
        assert!(is_open(&[], &zone, at("2026-11-28T21:30:00Z")));
        assert_eq!(opens_after(&windows, &zone, at("2026-11-28T01:00:00Z")), Some(at("2026-11-30T07:00:00Z")));
        assert_eq!(opens_after(&windows, &zone, at("2026-11-27T17:00:00Z")), Some(at("2026-11-27T21:00:00Z")));
    }
}
