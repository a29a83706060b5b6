//! Who is on call: laws, over several zones and against a reference that walks every turn.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use jiff::civil::{DateTime, datetime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, ToSpan};
use proptest::prelude::*;
use wheelhouse_core::name::{PersonName, ScheduleName, TeamName};
use wheelhouse_core::oncall::{Layer, Override, Period, Rotation, Schedule, gaps_between, on_call_at, shifts_between};
use wheelhouse_core::time::{Duration, Timestamp};

/// Zones, each with changes of its clocks: gaps and folds of an hour, of half an hour, of a whole day.
const ZONES: [(&str, &[&str]); 5] = [
    ("Europe/Vienna", &["2026-03-29T01:00Z", "2026-10-25T01:00Z"]),
    ("America/New_York", &["2026-03-08T07:00Z", "2026-11-01T06:00Z"]),
    ("Australia/Lord_Howe", &["2026-04-04T15:00Z", "2026-10-03T15:30Z"]),
    ("Pacific/Apia", &["2011-12-30T10:00Z", "2012-03-31T14:00Z"]),
    ("UTC", &["2026-01-01T00:00Z"]),
];

fn person(number: usize) -> PersonName {
    PersonName::new(&format!("p{number}")).unwrap()
}

/// A local time between 2009 and 2030, on a quarter of an hour, often one at which clocks change.
fn local_time() -> impl Strategy<Value = DateTime> {
    let quarter = prop_oneof![0..96_i64, 0..16_i64];
    (0..21 * 365_i64, quarter)
        .prop_map(|(days, quarter)| datetime(2009, 1, 1, 0, 0, 0, 0) + days.days() + (quarter * 15).minutes())
}

/// An instant between 2009 and 2033, in most cases one close to a change of clocks in a zone.
fn instant_in(zone: usize) -> impl Strategy<Value = Timestamp> {
    let any = (1_230_768_000..1_990_000_000_i64).prop_map(Timestamp::from_seconds);
    let offset = prop_oneof![-12..12_i64, -120..120_i64];
    let near = (prop::sample::select(ZONES[zone].1), offset).prop_map(|(change, quarters)| {
        Timestamp::from_jiff(change.parse().unwrap()) + Duration::from_minutes(15 * quarters)
    });
    prop_oneof![1 => any, 3 => near]
}

fn period() -> impl Strategy<Value = Period> {
    prop_oneof![
        (1..30_u32).prop_map(Period::Hours),
        (1..10_u32).prop_map(Period::Days),
        (1..4_u32).prop_map(Period::Weeks),
        (1..4_u32).prop_map(Period::Months),
    ]
}

fn layer() -> impl Strategy<Value = Layer> {
    let window = || prop::option::weighted(0.3, local_time());
    (1..5_usize, local_time(), period(), window(), window()).prop_map(|(people, start, every, from, until)| {
        let people = (0..people).map(person).collect();
        Layer { rotation: Rotation { people, start, every }, from, until }
    })
}

/// A schedule and an instant at which to look at it.
fn schedule(
    layers: impl Strategy<Value = Vec<Layer>>,
    overrides: usize,
) -> impl Strategy<Value = (Schedule, Timestamp)> {
    (layers, 0..ZONES.len()).prop_flat_map(move |(layers, zone)| {
        let one = (5..9_usize, instant_in(zone), -1..2_000_000_i64);
        let one = one.prop_map(|(number, from, seconds)| {
            let until = from + Duration::from_seconds(seconds);
            Override { person: person(number), from, until, held_over: false }
        });
        let overrides = prop::collection::vec(one, 0..=overrides);
        (overrides, instant_in(zone)).prop_map(move |(overrides, now)| {
            let schedule = Schedule {
                name: ScheduleName::new("s").unwrap(),
                team: TeamName::new("t").unwrap(),
                time_zone: TimeZone::get(ZONES[zone].0).unwrap(),
                layers: layers.clone(),
                overrides,
            };
            (schedule, now)
        })
    })
}

/// One rotation that always applies.
fn single() -> impl Strategy<Value = (Schedule, Timestamp)> {
    let endless = layer().prop_map(|layer| vec![Layer { from: None, until: None, ..layer }]);
    schedule(endless, 0)
}

fn any_schedule() -> impl Strategy<Value = (Schedule, Timestamp)> {
    schedule(prop::collection::vec(layer(), 0..4), 4)
}

fn to_instant(zone: &TimeZone, local: DateTime) -> Timestamp {
    Timestamp::from_jiff(zone.to_ambiguous_timestamp(local).compatible().unwrap())
}

/// Every hand-off until `until`, each from the start, in order of turns. Nothing is skipped or moved.
fn hand_offs(zone: &TimeZone, rotation: &Rotation, until: Timestamp) -> Vec<Timestamp> {
    let end = zone.to_datetime(until.to_jiff()) + 80.days();
    let step = |turn: i64| -> Span {
        match rotation.every {
            Period::Hours(n) => (turn * i64::from(n)).hours(),
            Period::Days(n) => (turn * i64::from(n)).days(),
            Period::Weeks(n) => (turn * i64::from(n)).weeks(),
            Period::Months(n) => (turn * i64::from(n)).months(),
        }
    };
    (0..)
        .map(|turn| rotation.start.checked_add(step(turn)).unwrap())
        .take_while(|local| *local <= end)
        .map(|local| to_instant(zone, local))
        .collect()
}

/// Who has the turn at `now`: the last turn that started while no later one had started before.
fn walked(zone: &TimeZone, rotation: &Rotation, now: Timestamp) -> Option<PersonName> {
    let turn = hand_offs(zone, rotation, now).iter().rposition(|start| *start <= now)?;
    Some(rotation.people[turn % rotation.people.len()].clone())
}

fn reference(schedule: &Schedule, now: Timestamp) -> Option<PersonName> {
    let zone = &schedule.time_zone;
    let overriding = schedule.overrides.iter().rev().find(|one| one.from <= now && now < one.until);
    if let Some(one) = overriding {
        return Some(one.person.clone());
    }
    schedule.layers.iter().rev().find_map(|layer| {
        let begun = layer.from.is_none_or(|from| to_instant(zone, from) <= now);
        let ended = layer.until.is_some_and(|until| to_instant(zone, until) <= now);
        if begun && !ended { walked(zone, &layer.rotation, now) } else { None }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_person_is_the_one_that_walking_every_turn_gives((schedule, now) in any_schedule()) {
        let person = on_call_at(&schedule, now).map(|shift| shift.person);
        prop_assert_eq!(person, reference(&schedule, now));
    }

    #[test]
    fn from_its_start_on_a_rotation_leaves_no_instant_without_somebody((schedule, now) in single()) {
        let start = to_instant(&schedule.time_zone, schedule.layers[0].rotation.start);
        let shift = on_call_at(&schedule, now);
        if let Some(shift) = &shift {
            prop_assert!(shift.from <= now && now < shift.until);
        }
        // A start inside a gap is the only one that may be earlier than its own compatible instant.
        prop_assert!(now < start || shift.is_some());
        prop_assert!(now + Duration::from_hours(25) >= start || shift.is_none());
    }

    #[test]
    fn gaps_are_what_shifts_leave((schedule, now) in any_schedule(), days in 1..60_i64) {
        let end = now + Duration::from_hours(24 * days);
        let mut covered = now;
        let mut left = Vec::new();
        for shift in shifts_between(&schedule, now, end, usize::MAX) {
            if shift.from > covered {
                left.push((covered, shift.from));
            }
            covered = covered.max(shift.until);
        }
        if covered < end {
            left.push((covered, end));
        }
        prop_assert_eq!(gaps_between(&schedule, now, end), left);
    }

    #[test]
    fn every_instant_of_a_shift_gives_that_shift(
        (schedule, now) in any_schedule(), share in 0.0..1.0_f64,
    ) {
        if let Some(shift) = on_call_at(&schedule, now) {
            let length = shift.until.since(shift.from).as_micros();
            let inside = shift.from + Duration::from_micros((length as f64 * share) as i64);
            let last = shift.until - Duration::from_micros(1);
            for instant in [shift.from, inside.min(last), last] {
                prop_assert_eq!(on_call_at(&schedule, instant), Some(shift.clone()));
            }
            prop_assert_ne!(on_call_at(&schedule, shift.until), Some(shift.clone()));
            let before = shift.from - Duration::from_micros(1);
            prop_assert_ne!(on_call_at(&schedule, before), Some(shift));
        }
    }

    #[test]
    fn the_list_agrees_with_the_instants(
        (schedule, from) in any_schedule(), days in 1..60_i64,
        instants in prop::collection::vec(0.0..1.0_f64, 10),
    ) {
        let length = Duration::from_hours(24 * days);
        let shifts = shifts_between(&schedule, from, from + length, usize::MAX);
        for pair in shifts.windows(2) {
            prop_assert!(pair[0].until <= pair[1].from);
        }
        for share in instants {
            let now = from + Duration::from_micros((length.as_micros() as f64 * share) as i64);
            let listed: Vec<_> =
                shifts.iter().filter(|shift| shift.from <= now && now < shift.until).cloned().collect();
            prop_assert_eq!(listed, Vec::from_iter(on_call_at(&schedule, now)));
        }
    }

    #[test]
    fn a_rotation_is_contiguous_and_keeps_its_time_of_day((schedule, now) in single()) {
        let zone = &schedule.time_zone;
        let rotation = &schedule.layers[0].rotation;
        let shifts = shifts_between(&schedule, now, now + Duration::from_hours(24 * 40), 200);
        for pair in shifts.windows(2) {
            prop_assert_eq!(pair[0].until, pair[1].from);
        }
        for shift in &shifts {
            prop_assert!(shift.from < shift.until);
            let local = zone.to_datetime(shift.from.to_jiff());
            let own_time = match rotation.every {
                // Whole hours keep the minute; every other turn keeps the hour too.
                Period::Hours(_) => local.minute() == rotation.start.minute(),
                _ => local.time() == rotation.start.time(),
            };
            // Only a hand-off that a gap swallowed may show another time.
            let day = local.date().to_datetime(rotation.start.time());
            let swallowed = (-24..=24_i64).any(|hours| {
                let ambiguous = zone.to_ambiguous_timestamp(day + hours.hours());
                matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. })
            });
            prop_assert!(own_time || swallowed, "{local} for {:?}", rotation);
        }
    }

    #[test]
    fn the_far_future_needs_no_walk((schedule, _) in single()) {
        // Walking there by the hour would take seventy million turns a case.
        let far = Timestamp::from_seconds(250_000_000_000);
        prop_assert!(on_call_at(&schedule, far).is_some());
    }
}
