//! Gates: the laws of the breaker and of the rate limit, under any story.

use proptest::prelude::*;
use wheelhouse_core::case::MessageId;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::Lane;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_hub::delivery::gate::{
    Because, Breaker, FAILURES, FIRST_REST, Gate, Health, LONGEST_REST, PROBE_PATIENCE,
};
use wheelhouse_hub::delivery::{Destination, Gates};

use crate::NOW;

/// What happens to a gate.
#[derive(Clone, Copy, Debug)]
enum Event {
    Passes(i64),
    Asks(Lane, bool),
    Hears(Health),
    AskedToWait(i64),
}

fn lane() -> impl Strategy<Value = Lane> {
    prop_oneof![Just(Lane::Page), Just(Lane::Notice)]
}

fn health() -> impl Strategy<Value = Health> {
    prop_oneof![3 => Just(Health::Fails), 1 => Just(Health::Works), 1 => Just(Health::Unheard)]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..400_000_000i64).prop_map(Event::Passes),
        6 => (lane(), any::<bool>()).prop_map(|(lane, last)| Event::Asks(lane, last && lane == Lane::Page)),
        4 => health().prop_map(Event::Hears),
        1 => (0..10_000i64).prop_map(Event::AskedToWait),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_the_gate_keeps_its_word(events in prop::collection::vec(event(), 0..200), per_minute in 1..10_000u32) {
        let (mut gate, mut now) = (Gate::new(per_minute, NOW), NOW);
        let mut failures = 0;
        for event in events {
            match event {
                Event::Passes(micros) => now = now + Duration::from_micros(micros),
                Event::Asks(lane, last_way) => match gate.ask(lane, last_way, now) {
                    Ok(()) => {
                        let was = gate.breaker();
                        gate.pass(now);
                        if !last_way && failures >= FAILURES {
                            // The one that goes ahead is alone.
                            prop_assert!(gate.ask(lane, false, now).is_err(), "two probes: {was:?}");
                        }
                    }
                    Err(wait) => {
                        prop_assert!(wait.until > now, "waits for the past");
                        prop_assert!(!last_way || wait.because == Because::Rate, "a page without another way was held");
                        if wait.because != Because::Rate {
                            prop_assert!(wait.until.since(now) <= LONGEST_REST, "rests too long");
                        }
                        let later = gate.ask(lane, last_way, wait.until);
                        prop_assert!(
                            later.is_ok_and(|()| true) || later.is_err_and(|next| next.because != wait.because),
                            "nothing has changed when it said it would: {wait:?}"
                        );
                    }
                },
                Event::Hears(health) => {
                    gate.heard(health, now);
                    failures = match health {
                        Health::Works => 0,
                        Health::Fails => failures + 1,
                        Health::Unheard => failures,
                    };
                    let open = matches!(gate.breaker(), Breaker::Open { .. });
                    prop_assert_eq!(open, failures < FAILURES, "{:?} after {} failures", gate.breaker(), failures);
                }
                Event::AskedToWait(seconds) => gate.asked_to_wait(Duration::from_seconds(seconds), now),
            }
        }
    }

    /// In no stretch of time do more messages pass than the rate and the bucket allow; pages have a
    /// bucket's worth more.
    #[test]
    fn no_more_pass_than_the_rate_allows(steps in prop::collection::vec((0..2_000_000i64, lane()), 1..2_000), per_minute in 1..2_000u32) {
        let (mut gate, mut now) = (Gate::new(per_minute, NOW), NOW);
        let (mut notices, mut all) = (0i64, 0i64);
        let burst = i64::from((per_minute / 10).max(10.min(per_minute)));
        for (micros, lane) in steps {
            now = now + Duration::from_micros(micros);
            if gate.ask(lane, true, now).is_ok() {
                gate.pass(now);
                all += 1;
                notices += i64::from(lane == Lane::Notice);
            }
            let earned = now.since(NOW).as_micros() * i64::from(per_minute) / 60_000_000;
            prop_assert!(notices <= burst + earned + 1, "{notices} notices with {burst} + {earned}");
            prop_assert!(all <= 2 * burst + earned + 1, "{all} messages with {burst} + {earned}");
        }
    }

    #[test]
    fn any_number_of_notices_leaves_room_for_a_page(notices in 0..5_000usize, per_minute in 1..2_000u32) {
        let mut gate = Gate::new(per_minute, NOW);
        for _ in 0..notices {
            if gate.ask(Lane::Notice, false, NOW).is_ok() {
                gate.pass(NOW);
            }
        }
        prop_assert!(gate.ask(Lane::Page, false, NOW).is_ok());
    }
}

#[test]
fn rests_grow_and_are_bounded_and_one_success_ends_them() {
    let (mut gate, mut now) = (Gate::new(600, NOW), NOW);
    for _ in 0..FAILURES {
        gate.heard(Health::Fails, now);
    }
    let mut rest = FIRST_REST;
    for times in 1..=10 {
        let Breaker::Resting { until, times: said, .. } = gate.breaker() else { panic!("{gate:?}") };
        assert_eq!((until.since(now), said), (rest, times));
        now = until;
        assert!(gate.ask(Lane::Notice, false, now).is_ok());
        gate.pass(now);
        assert!(gate.ask(Lane::Notice, false, now).is_err(), "one at a time");
        assert!(gate.ask(Lane::Page, true, now).is_ok(), "a page with no other way goes all the same");
        gate.heard(Health::Fails, now);
        rest = rest.times(2).min(LONGEST_REST);
    }
    assert_eq!(rest, LONGEST_REST);
    gate.heard(Health::Works, now);
    assert_eq!(gate.breaker(), Breaker::Open { failures: 0 });
}

#[test]
fn a_probe_that_is_never_heard_of_does_not_close_the_gate_for_good() {
    let mut gate = Gate::new(600, NOW);
    for _ in 0..FAILURES {
        gate.heard(Health::Fails, NOW);
    }
    let at = NOW + FIRST_REST;
    gate.pass(at);
    assert!(gate.ask(Lane::Notice, false, at + Duration::from_seconds(1)).is_err());
    let later = at + PROBE_PATIENCE;
    assert!(gate.ask(Lane::Notice, false, later).is_ok());
    gate.pass(later);
    assert!(gate.ask(Lane::Notice, false, later).is_err(), "and the next one is alone again");
    gate.heard(Health::Unheard, later);
    assert!(gate.ask(Lane::Notice, false, later).is_ok(), "what says nothing leaves the way to the next");
}

#[test]
fn what_waits_is_known_with_its_reason_and_goes_when_the_gate_opens() {
    let gates = Gates::default();
    let relay = Destination { name: "mail.example.org:25".into(), per_minute: 600, at_once: 8 };
    let id = MessageId::parse("INC-17/m3").unwrap();
    let failed = Outcome::Failed { answer: "refused".into(), permanent: false };
    for _ in 0..FAILURES {
        assert!(gates.ask(id, &relay, Lane::Notice, false, NOW).is_ok());
        gates.pass(&relay.name, NOW);
        gates.heard(&relay, Health::Fails, &failed, None, NOW);
    }
    let wait = gates.ask(id, &relay, Lane::Notice, false, NOW).unwrap_err();
    assert_eq!((wait.because, wait.until), (Because::Fails(5), NOW + FIRST_REST));
    let words = gates.waiting(id).unwrap().to_string();
    assert_eq!(words, "mail.example.org:25 failed 5 times in a row, next try at 2026-11-23T02:10:10Z");
    assert_eq!(gates.counts(), (1, 1));
    let standing = gates.standings().remove(0);
    assert_eq!((standing.waiting, standing.accepted, standing.failed), (1, 0, 5));
    assert_eq!(&*standing.last.unwrap().1, "refused");
    let before = gates.generation();
    gates.heard(&relay, Health::Works, &Outcome::Accepted { answer: "250 ok".into() }, None, NOW);
    assert!(gates.generation() > before, "whoever waits is told to look again");
    assert!(gates.ask(id, &relay, Lane::Notice, false, NOW).is_ok());
    gates.keep_waiting(&std::collections::BTreeSet::new());
    assert_eq!(gates.counts(), (0, 0));
}

#[test]
fn only_what_goes_counts_towards_the_rate() {
    let gates = Gates::default();
    let relay = Destination { name: "mail.example.org:25".into(), per_minute: 10, at_once: 8 };
    let id = MessageId::parse("INC-17/m3").unwrap();
    let goes = || gates.ask(id, &relay, Lane::Notice, false, NOW);
    assert!((0..100).all(|_| goes().is_ok()), "to ask costs nothing");
    for _ in 0..10 {
        assert!(goes().is_ok());
        gates.pass(&relay.name, NOW);
    }
    assert_eq!(goes().unwrap_err().because, Because::Rate);
}

#[test]
fn a_destination_that_asks_for_time_gets_it_within_bounds() {
    let mut gate = Gate::new(600, NOW);
    gate.asked_to_wait(Duration::from_hours(24), NOW);
    let wait = gate.ask(Lane::Notice, false, NOW).unwrap_err();
    assert_eq!((wait.because, wait.until), (Because::Asked, NOW + LONGEST_REST));
    assert!(gate.ask(Lane::Page, true, NOW).is_ok(), "a page with no other way does not wait five minutes");
    assert!(gate.ask(Lane::Notice, false, Timestamp::from_seconds(1_795_399_800 + 300)).is_ok());
}
