//! Who is on call: examples with exact instants.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use wheelhouse_core::name::{PersonName, ScheduleName, TeamName};
use wheelhouse_core::oncall::{
    Layer, NamedBy, Override, Period, Rotation, Schedule, Shift, on_call_at, shifts_between,
};
use wheelhouse_core::time::Timestamp;

fn utc(text: &str) -> Timestamp {
    Timestamp::from_jiff(text.parse().unwrap())
}

fn local(text: &str) -> DateTime {
    text.parse().unwrap()
}

fn layer(people: &[&str], start: &str, every: Period) -> Layer {
    let people = people.iter().map(|name| PersonName::new(name).unwrap()).collect();
    Layer { rotation: Rotation { people, start: local(start), every }, from: None, until: None }
}

fn schedule(zone: &str, layers: Vec<Layer>) -> Schedule {
    Schedule {
        name: ScheduleName::new("payments").unwrap(),
        team: TeamName::new("payments").unwrap(),
        time_zone: TimeZone::get(zone).unwrap(),
        layers,
        overrides: Vec::new(),
    }
}

fn replace(person: &str, from: &str, until: &str) -> Override {
    Override { person: PersonName::new(person).unwrap(), from: utc(from), until: utc(until), held_over: false }
}

/// `person from until`, with `*` behind an overriding person.
fn told(shift: &Shift) -> String {
    let mark = if shift.named_by == NamedBy::Override { "*" } else { "" };
    format!("{}{mark} {} {}", shift.person, shift.from, shift.until)
}

fn all(schedule: &Schedule, from: &str, until: &str) -> Vec<String> {
    shifts_between(schedule, utc(from), utc(until), 100).iter().map(told).collect()
}

#[test]
fn a_week_keeps_its_hour_when_the_clocks_change() {
    let vienna = schedule("Europe/Vienna", vec![layer(&["dana", "nadia"], "2026-03-23T09:00", Period::Weeks(1))]);
    assert_eq!(
        all(&vienna, "2026-03-20T00:00Z", "2026-04-06T12:00Z"),
        [
            "dana 2026-03-23T08:00:00Z 2026-03-30T07:00:00Z",
            "nadia 2026-03-30T07:00:00Z 2026-04-06T07:00:00Z",
            "dana 2026-04-06T07:00:00Z 2026-04-13T07:00:00Z",
        ]
    );
}

#[test]
fn nobody_is_on_call_before_the_start_nor_outside_a_layer() {
    let mut one = layer(&["dana"], "2026-01-05T09:00", Period::Days(1));
    one.until = Some(local("2026-01-07T00:00"));
    let schedule = schedule("UTC", vec![one]);
    assert_eq!(on_call_at(&schedule, utc("2026-01-05T08:59:59.999999Z")), None);
    assert_eq!(
        all(&schedule, "2026-01-01T00:00Z", "2027-01-01T00:00Z"),
        ["dana 2026-01-05T09:00:00Z 2026-01-06T09:00:00Z", "dana 2026-01-06T09:00:00Z 2026-01-07T00:00:00Z",]
    );
    assert_eq!(on_call_at(&schedule, utc("2026-01-07T00:00Z")), None);
}

#[test]
fn a_hand_off_in_the_spring_gap_is_an_hour_late_on_that_day_only() {
    let vienna =
        schedule("Europe/Vienna", vec![layer(&["dana", "nadia", "omar"], "2026-03-28T02:30", Period::Days(1))]);
    assert_eq!(
        all(&vienna, "2026-03-28T12:00Z", "2026-03-30T12:00Z"),
        [
            "dana 2026-03-28T01:30:00Z 2026-03-29T01:30:00Z",
            "nadia 2026-03-29T01:30:00Z 2026-03-30T00:30:00Z",
            "omar 2026-03-30T00:30:00Z 2026-03-31T00:30:00Z",
        ]
    );
}

#[test]
fn a_hand_off_in_the_autumn_fold_happens_at_the_first_passing() {
    let vienna = schedule("Europe/Vienna", vec![layer(&["dana", "nadia"], "2026-10-24T02:30", Period::Days(1))]);
    assert_eq!(
        all(&vienna, "2026-10-24T00:30Z", "2026-10-25T00:30:00.000001Z"),
        ["dana 2026-10-24T00:30:00Z 2026-10-25T00:30:00Z", "nadia 2026-10-25T00:30:00Z 2026-10-26T01:30:00Z",]
    );
}

#[test]
fn hourly_turns_that_a_gap_swallows_are_skipped() {
    let new_york =
        schedule("America/New_York", vec![layer(&["a", "b", "c", "d"], "2026-03-08T00:30", Period::Hours(1))]);
    // 02:30 does not exist: it and 03:30 are the same instant, so `c` has no turn.
    assert_eq!(
        all(&new_york, "2026-03-08T06:00Z", "2026-03-08T08:00Z"),
        [
            "a 2026-03-08T05:30:00Z 2026-03-08T06:30:00Z",
            "b 2026-03-08T06:30:00Z 2026-03-08T07:30:00Z",
            "d 2026-03-08T07:30:00Z 2026-03-08T08:30:00Z",
        ]
    );
}

#[test]
fn a_day_that_never_was_takes_its_turns_with_it() {
    // Samoa went from 2011-12-29 to 2011-12-31.
    let apia = schedule("Pacific/Apia", vec![layer(&["a", "b", "c", "d", "e"], "2011-12-29T00:00", Period::Hours(12))]);
    assert_eq!(
        all(&apia, "2011-12-29T12:00Z", "2011-12-31T09:00Z"),
        [
            "a 2011-12-29T10:00:00Z 2011-12-29T22:00:00Z",
            "b 2011-12-29T22:00:00Z 2011-12-30T10:00:00Z",
            "e 2011-12-30T10:00:00Z 2011-12-30T22:00:00Z",
            "a 2011-12-30T22:00:00Z 2011-12-31T10:00:00Z",
        ]
    );
}

#[test]
fn a_turn_is_not_longer_because_the_next_starts_in_a_day_that_never_was() {
    let apia =
        schedule("Pacific/Apia", vec![layer(&["a", "b", "c", "d", "e", "f"], "2011-12-29T20:00", Period::Hours(7))]);
    // Hand-offs at 03:00, 10:00 and 17:00 of the 30th come after the one at 00:00 of the 31st.
    assert_eq!(
        all(&apia, "2011-12-30T09:00Z", "2011-12-30T18:00Z"),
        [
            "a 2011-12-30T06:00:00Z 2011-12-30T10:00:00Z",
            "e 2011-12-30T10:00:00Z 2011-12-30T17:00:00Z",
            "f 2011-12-30T17:00:00Z 2011-12-31T00:00:00Z",
        ]
    );
}

#[test]
fn after_a_hand_off_in_the_fold_the_repeated_hour_belongs_to_the_next() {
    let vienna = schedule("Europe/Vienna", vec![layer(&["dana", "nadia"], "2026-10-24T02:30", Period::Days(1))]);
    // The wall clock shows 02:10 for the second time, 40 minutes after the hand-off at 02:30.
    let shift = on_call_at(&vienna, utc("2026-10-25T01:10Z")).unwrap();
    assert_eq!(told(&shift), "nadia 2026-10-25T00:30:00Z 2026-10-26T01:30:00Z");
}

#[test]
fn months_from_the_31st_end_early_but_never_drift() {
    let utc_zone = schedule("UTC", vec![layer(&["a", "b", "c"], "2026-01-31T09:00", Period::Months(1))]);
    assert_eq!(
        all(&utc_zone, "2026-02-01T00:00Z", "2026-05-01T00:00Z"),
        [
            "a 2026-01-31T09:00:00Z 2026-02-28T09:00:00Z",
            "b 2026-02-28T09:00:00Z 2026-03-31T09:00:00Z",
            "c 2026-03-31T09:00:00Z 2026-04-30T09:00:00Z",
            "a 2026-04-30T09:00:00Z 2026-05-31T09:00:00Z",
        ]
    );
}

#[test]
fn later_layers_and_overrides_cut_what_they_cover() {
    let mut weekend = layer(&["omar"], "2026-01-01T00:00", Period::Weeks(1));
    weekend.from = Some(local("2026-01-10T00:00"));
    weekend.until = Some(local("2026-01-12T00:00"));
    let base = layer(&["dana", "nadia"], "2026-01-05T09:00", Period::Weeks(1));
    let mut schedule = schedule("UTC", vec![base, weekend]);
    schedule.overrides = vec![
        replace("mira", "2026-01-11T12:00Z", "2026-01-12T06:00Z"),
        replace("dana", "2026-01-11T18:00Z", "2026-01-11T20:00Z"),
        replace("nobody", "2026-01-08T00:00Z", "2026-01-08T00:00Z"),
    ];
    assert_eq!(
        all(&schedule, "2026-01-06T00:00Z", "2026-01-12T09:00Z"),
        [
            "dana 2026-01-05T09:00:00Z 2026-01-10T00:00:00Z",
            "omar 2026-01-10T00:00:00Z 2026-01-11T12:00:00Z",
            "mira* 2026-01-11T12:00:00Z 2026-01-11T18:00:00Z",
            "dana* 2026-01-11T18:00:00Z 2026-01-11T20:00:00Z",
            "mira* 2026-01-11T20:00:00Z 2026-01-12T06:00:00Z",
            "dana 2026-01-12T06:00:00Z 2026-01-12T09:00:00Z",
        ]
    );
}

#[test]
fn the_end_of_the_calendar_ends_the_last_shift() {
    let schedule = schedule("UTC", vec![layer(&["dana"], "2026-01-01T00:00", Period::Months(u32::MAX))]);
    let shift = on_call_at(&schedule, utc("9999-12-30T20:00:00Z")).unwrap();
    assert_eq!(shift.until, Timestamp::MAX);
    assert_eq!(on_call_at(&schedule, Timestamp::MAX), None);
    assert_eq!(on_call_at(&schedule, Timestamp::from_micros(i64::MAX)), None);
    assert_eq!(on_call_at(&schedule, Timestamp::from_micros(i64::MIN)), None);
}

#[test]
fn the_limit_holds() {
    let schedule = schedule("UTC", vec![layer(&["a", "b"], "2026-01-01T00:00", Period::Hours(1))]);
    let first = shifts_between(&schedule, utc("2026-01-01T00:30Z"), Timestamp::MAX, 3);
    assert_eq!(first.len(), 3);
    assert_eq!(first[0].from, utc("2026-01-01T00:00Z"));
}
