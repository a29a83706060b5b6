//! Silences hold back, let go, and never hide.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use kernel_support::{Kernel, START, at, signal};
use proptest::prelude::*;
use wheelhouse_core::case::{CaseId, CaseKind, State};
use wheelhouse_core::catalog::Target;
use wheelhouse_core::kernel::{CaseAction, Command, Refusal, SilenceRequest, What, fitting};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::notify::{MessageState, Purpose};
use wheelhouse_core::record::{Actor, Fact};
use wheelhouse_core::silence::{BadSilence, LONGEST_SILENCE, Matcher, SilenceId, SilenceState};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::{Context, decide};

fn dana() -> Actor {
    Actor::Person(PersonName::new("dana").unwrap())
}

fn is(name: &str, value: &str) -> Matcher {
    Matcher::new(name, value, false, false).unwrap()
}

fn request(matchers: Vec<Matcher>, from: Timestamp, until: Timestamp) -> SilenceRequest {
    let (comment, created_by) = ("known".to_owned(), "somebody".to_owned());
    SilenceRequest {
        id: None,
        matchers,
        starts_at: from,
        ends_at: until,
        comment,
        created_by,
        drill: false,
        seen: None,
    }
}

fn set(kernel: &mut Kernel, now: i64, request: SilenceRequest) -> SilenceId {
    kernel.command(at(now), dana(), What::SetSilence(Box::new(request)));
    kernel.world.silences().iter().map(|silence| silence.id).max().unwrap()
}

fn silence(kernel: &mut Kernel, now: i64, service: &str, until: i64) -> SilenceId {
    set(kernel, now, request(vec![is("service", service)], at(now), at(until)))
}

fn refused(kernel: &Kernel, request: SilenceRequest) -> Refusal {
    let what = What::SetSilence(Box::new(request));
    let command = Command { actor: dana(), policies: Vec::new(), judged_under: None, what };
    decide(&kernel.world, &command, &Context::at(START)).unwrap_err()
}

/// The people paged for a case whose page was not withdrawn.
fn pages(kernel: &Kernel, case: CaseId) -> usize {
    let page = |fact: &Fact| matches!(fact, Fact::MessageQueued { purpose: Purpose::Page, .. });
    let queued = kernel.entries.iter().filter(|entry| entry.subject == Some(case) && page(&entry.fact)).count();
    let gone = |fact: &Fact| matches!(fact, Fact::MessageWithdrawn { .. });
    queued - kernel.entries.iter().filter(|entry| entry.subject == Some(case) && gone(&entry.fact)).count()
}

#[test]
fn a_silenced_signal_opens_no_case_until_the_silence_ends_and_then_does() {
    let mut kernel = Kernel::new();
    let id = silence(&mut kernel, 10, "service-0", 3_610);
    assert_eq!(kernel.tell(at(20), signal(1, 0, false, true, at(20))), None);
    assert_eq!(kernel.tell(at(30), signal(1, 0, false, true, at(30))), None, "told again it stays held back");
    let (number, active) = kernel.world.signals().held_by(id).next().unwrap();
    assert_eq!((active.case, active.silence), (None, Some(id)));
    assert_eq!(kernel.world.cases().count(), 0);
    // Another service is not covered.
    let other = kernel.tell(at(40), signal(1, 1, false, true, at(40))).unwrap();
    kernel.until(at(3_609));
    assert_eq!(kernel.world.cases().filter(|case| case.id.kind == CaseKind::Incident).count(), 1);
    kernel.until(at(3_611));
    let opened = kernel.world.signals().get(number).unwrap().case.unwrap();
    assert_ne!(opened, other);
    let case = kernel.world.case(opened).unwrap();
    assert_eq!((case.firing, case.members, pages(&kernel, opened)), (1, 1, 1));
    assert_eq!(kernel.world.silences().get(id).unwrap().state, SilenceState::Expired);
}

#[test]
fn what_ends_while_it_is_silenced_never_pages() {
    let mut kernel = Kernel::new();
    silence(&mut kernel, 10, "service-0", 3_610);
    kernel.tell(at(20), signal(1, 0, false, true, at(20)));
    kernel.tell(at(30), signal(1, 0, false, false, at(30)));
    kernel.until(at(10_000));
    assert!(kernel.world.signals().is_empty());
    assert_eq!(kernel.world.cases().count(), 0);
}

#[test]
fn a_case_stops_paging_only_when_all_of_its_firing_signals_are_silenced() {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(1), signal(1, 0, false, true, at(1))).unwrap();
    kernel.tell(at(2), signal(2, 0, false, true, at(2)));
    let first = set(&mut kernel, 10, request(vec![is("alertname", "Alert1")], at(10), at(7_000)));
    assert!(kernel.world.case(case).unwrap().silenced.is_none(), "the other one is not covered");
    let second = set(&mut kernel, 20, request(vec![is("alertname", "Alert2")], at(20), at(5_000)));
    let held = kernel.world.case(case).unwrap();
    let by = held.silenced.as_ref().unwrap();
    assert_eq!((by.silences.as_slice(), by.until), ([first, second].as_slice(), at(5_000)));
    assert!(held.escalation.is_none() && matches!(held.state, State::Open));
    assert_eq!(pages(&kernel, case), 0, "what no channel has accepted is withdrawn");
    // The second step would have been due by now.
    kernel.until(at(4_999));
    assert_eq!(pages(&kernel, case), 0);
    kernel.until(at(5_001));
    assert!(kernel.world.case(case).unwrap().silenced.is_none());
    assert_eq!(pages(&kernel, case), 1, "it pages again from the start");
}

#[test]
fn a_case_is_silenced_when_the_last_uncovered_signal_ends_and_pages_when_one_joins() {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(1), signal(1, 0, false, true, at(1))).unwrap();
    kernel.tell(at(2), signal(2, 0, false, true, at(2)));
    set(&mut kernel, 10, request(vec![is("alertname", "Alert1")], at(10), at(90_000)));
    assert_eq!(pages(&kernel, case), 1);
    kernel.tell(at(20), signal(2, 0, false, false, at(20)));
    assert!(kernel.world.case(case).unwrap().silenced.is_some());
    assert_eq!(pages(&kernel, case), 0);
    kernel.tell(at(30), signal(3, 0, false, true, at(30)));
    assert!(kernel.world.case(case).unwrap().silenced.is_none());
    assert_eq!(pages(&kernel, case), 1);
    // Its covered member did not leave it.
    assert_eq!(kernel.world.case(case).unwrap().firing, 2);
}

#[test]
fn an_acknowledgement_that_lapses_under_a_silence_pages_nobody() {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(1), signal(1, 0, false, true, at(1))).unwrap();
    kernel.act(at(5), "dana", case, CaseAction::Acknowledge);
    let paged = pages(&kernel, case);
    silence(&mut kernel, 10, "service-0", 20_000);
    kernel.until(at(10_000));
    let held = kernel.world.case(case).unwrap();
    assert!(matches!(held.state, State::Open) && held.silenced.is_some());
    assert_eq!(pages(&kernel, case), paged);
    kernel.until(at(20_001));
    assert!(pages(&kernel, case) > paged);
}

#[test]
fn of_two_silences_the_second_takes_over_what_the_first_held() {
    let mut kernel = Kernel::new();
    let first = silence(&mut kernel, 10, "service-0", 100);
    let second = set(&mut kernel, 10, request(vec![is("alertname", "Alert1")], at(10), at(200)));
    kernel.tell(at(20), signal(1, 0, false, true, at(20)));
    assert_eq!(kernel.world.signals().held_by(first).count(), 1);
    kernel.until(at(150));
    assert_eq!(kernel.world.signals().held_by(second).count(), 1);
    assert_eq!(kernel.world.cases().count(), 0);
    kernel.until(at(201));
    assert_eq!(kernel.world.cases().count(), 1);
}

#[test]
fn ten_thousand_signals_let_go_at_once_are_one_case() {
    let mut kernel = Kernel::new();
    let id = silence(&mut kernel, 10, "service-0", 5_000);
    for number in 0..10_000 {
        let labels = [("service", "service-0".to_owned()), ("n", number.to_string())];
        let one = signal(0, 0, false, true, at(20));
        kernel.tell(at(20), wheelhouse_core::signal::Signal { labels: labels.into_iter().collect(), ..one });
    }
    assert_eq!(kernel.world.signals().held_by(id).count(), 10_000);
    kernel.command(at(30), dana(), What::EndSilence { silence: id, seen: None });
    kernel.until(at(31));
    let cases: Vec<_> = kernel.world.cases().collect();
    assert_eq!((cases.len(), cases[0].members, cases[0].firing), (1, 10_000, 10_000));
}

#[test]
fn drills_and_real_signals_are_silenced_apart() {
    let mut kernel = Kernel::new();
    set(
        &mut kernel,
        10,
        SilenceRequest { drill: true, ..request(vec![is("service", "service-0")], at(10), at(9_000)) },
    );
    assert!(kernel.tell(at(20), signal(1, 0, false, true, at(20))).is_some());
    assert_eq!(kernel.tell(at(20), signal(1, 0, true, true, at(20))), None);
}

#[test]
fn a_silence_starts_later_is_changed_in_place_replaced_and_ended() {
    let mut kernel = Kernel::new();
    let id = set(&mut kernel, 10, request(vec![is("service", "service-0")], at(100), at(200)));
    assert_eq!(kernel.world.silences().get(id).unwrap().state, SilenceState::Pending);
    let case = kernel.tell(at(20), signal(1, 0, false, true, at(20))).unwrap();
    kernel.until(at(101));
    assert!(kernel.world.case(case).unwrap().silenced.is_some());
    let longer = SilenceRequest { id: Some(id), ..request(vec![is("service", "service-0")], at(100), at(9_000)) };
    set(&mut kernel, 110, longer);
    assert_eq!(kernel.world.case(case).unwrap().silenced.as_ref().unwrap().until, at(9_000));
    let other = SilenceRequest { id: Some(id), ..request(vec![is("service", "service-1")], at(100), at(9_000)) };
    let replacing = set(&mut kernel, 120, other);
    assert_ne!(replacing, id);
    assert_eq!(kernel.world.silences().get(id).unwrap().state, SilenceState::Expired);
    assert!(kernel.world.case(case).unwrap().silenced.is_none());
    assert_eq!(kernel.world.silences().get(replacing).unwrap().author, dana());
    kernel.command(at(130), dana(), What::EndSilence { silence: replacing, seen: None });
    let what = What::EndSilence { silence: replacing, seen: None };
    let again = Command { actor: dana(), policies: Vec::new(), judged_under: None, what };
    let refusal = decide(&kernel.world, &again, &Context::at(at(131))).unwrap_err();
    assert_eq!(refusal, Refusal::SilenceOver(replacing));
}

#[test]
fn a_silence_that_somebody_changed_is_not_ended_unseen() {
    let mut kernel = Kernel::new();
    let id = silence(&mut kernel, 10, "service-1", 1_000);
    let seen = kernel.world.silences().get(id).unwrap().updated_at;
    let longer = SilenceRequest { id: Some(id), ..request(vec![is("service", "service-1")], at(10), at(2_000)) };
    kernel.command(at(20), dana(), What::SetSilence(Box::new(longer)));
    let end = |seen| What::EndSilence { silence: id, seen: Some(seen) };
    let decided = |kernel: &Kernel, what| {
        decide(
            &kernel.world,
            &Command { actor: dana(), policies: Vec::new(), judged_under: None, what },
            &Context::at(at(30)),
        )
    };
    assert_eq!(decided(&kernel, end(seen)).unwrap_err(), Refusal::SilenceChanged(id));
    let seen = kernel.world.silences().get(id).unwrap().updated_at;
    assert!(decided(&kernel, end(seen)).is_ok());
}

/// A person had somebody paged in spite of the silence; the page is taken back as the case is handed over, and once.
#[test]
fn a_page_is_taken_back_once_where_its_case_is_handed_over_under_a_silence() {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(0), signal(1, 1, false, true, at(0))).unwrap();
    silence(&mut kernel, 10, "service-1", 4_000);
    let nadia = Target::Person(PersonName::new("nadia").unwrap());
    kernel.act(at(20), "dana", case, CaseAction::Page(nadia));
    let before = kernel.entries.len();
    let team = kernel.world.case(case).unwrap().team.clone();
    kernel.act(at(30), "dana", case, CaseAction::AssignTeam(team, None));
    let withdrawn = kernel.entries[before..].iter().filter(|entry| matches!(entry.fact, Fact::MessageWithdrawn { .. }));
    assert_eq!(withdrawn.count(), 1);
    assert!(kernel.world.case(case).unwrap().silenced.is_some());
}

#[test]
fn nothing_silences_everything_nor_for_ever() {
    let kernel = Kernel::new();
    let one = |name: &str, value: &str, regex, negated| vec![Matcher::new(name, value, regex, negated).unwrap()];
    let until = at(1_000);
    for matchers in [
        one("alertname", ".+", true, false),
        one("alertname", "", false, true),
        one("service", "x|.*", true, false),
        one("service", "(?s).+", true, false),
    ] {
        let words = matchers[0].to_string();
        let refusal = refused(&kernel, request(matchers, START, until));
        let all = matches!(refusal, Refusal::BadSilence(BadSilence::TakesAll | BadSilence::TakesAbsent));
        assert!(all, "{words}: {refusal}");
    }
    let bad = |request| match refused(&kernel, request) {
        Refusal::BadSilence(bad) => bad,
        other => panic!("{other}"),
    };
    let ledger = || one("service", "ledger", false, false);
    assert_eq!(bad(request(one("service", "ledger", false, true), START, until)), BadSilence::TakesAbsent);
    assert_eq!(bad(request(Vec::new(), START, until)), BadSilence::Matchers(0));
    assert_eq!(bad(request(ledger(), until, until)), BadSilence::StartsLate);
    assert_eq!(
        bad(request(ledger(), START - Duration::from_hours(2), START - Duration::from_hours(1))),
        BadSilence::Past
    );
    let forever = START + LONGEST_SILENCE + Duration::from_seconds(1);
    assert_eq!(bad(request(ledger(), START, forever)), BadSilence::TooLong(LONGEST_SILENCE));
    assert!(Matcher::new("a-b", "x", false, false).is_err());
    assert!(Matcher::new("a", "(", true, false).is_err());
    assert!(Matcher::new("a", "(a{1000}){1000}", true, false).is_err(), "too large to compile");
}

#[test]
fn the_author_is_told_that_a_silence_which_holds_something_ends_soon() {
    let mut kernel = Kernel::new();
    silence(&mut kernel, 10, "service-0", 7_210);
    silence(&mut kernel, 10, "service-1", 7_210);
    kernel.tell(at(20), signal(1, 0, false, true, at(20)));
    kernel.until(at(7_000));
    let actions: Vec<_> = kernel.world.cases().filter(|case| case.id.kind == CaseKind::Action).collect();
    assert_eq!(actions.len(), 1, "the other one holds nothing back");
    assert!(actions[0].title.contains("SIL-1 ends in 15 min"), "{}", actions[0].title);
    assert_eq!(actions[0].owner.as_ref().unwrap().as_str(), "dana");
    let told: Vec<_> = kernel.world.messages_of(actions[0].id).collect();
    assert!(told.iter().all(|message| message.state == MessageState::Queued));
    assert!(!told.is_empty() && told.iter().all(|message| !matches!(message.purpose, Purpose::Page)));
    let action = actions[0].id;
    kernel.until(at(7_300));
    assert!(kernel.world.case(action).unwrap().state.is_resolved());
}

#[test]
fn a_preview_finds_what_a_silence_would_cover() {
    let mut kernel = Kernel::new();
    for service in 0..3 {
        kernel.tell(at(1), signal(1, service, false, true, at(1)));
    }
    let find = |matchers: &[Matcher]| fitting(&kernel.world, false, matchers, Default::default()).count();
    assert_eq!(find(&[is("service", "service-1")]), 1);
    assert_eq!(find(&[Matcher::new("service", "service-[01]", true, false).unwrap()]), 2);
    assert_eq!(find(&[is("service", "service-1"), is("alertname", "Alert2")]), 0);
}

/// What happens: an alert of a service fires or ends, or a silence over a service is made or ended.
type Step = (u8, u8, u8, i64);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever the order: each firing signal is in one case or held back by one silence, a held one
    /// is covered, and once all silences are over nothing is held back.
    #[test]
    fn nothing_is_lost_and_nothing_is_held_for_ever(steps in prop::collection::vec((0u8..6, 0u8..3, 0u8..3, 1i64..900), 1..60)) {
        let mut kernel = Kernel::new();
        let mut now = 0;
        let mut firing = std::collections::BTreeSet::new();
        for (kind, alert, service, wait) in steps as Vec<Step> {
            now += wait;
            match kind {
                0..=2 => {
                    kernel.tell(at(now), signal(alert, service, false, true, at(now)));
                    firing.insert((alert, service));
                }
                3 => {
                    kernel.tell(at(now), signal(alert, service, false, false, at(now)));
                    firing.remove(&(alert, service));
                }
                4 => _ = silence(&mut kernel, now, &format!("service-{service}"), now + 1_000),
                _ => {
                    let active = kernel.world.silences().active().next().map(|silence| silence.id);
                    kernel.until(at(now));
                    let is_active = |id: &_| kernel.world.silences().get(*id).unwrap().state == SilenceState::Active;
                    if let Some(silence) = active.filter(is_active) {
                        kernel.command(at(now), dana(), What::EndSilence { silence, seen: None });
                    }
                }
            }
            kernel.until(at(now));
            prop_assert_eq!(kernel.world.signals().len(), firing.len());
            for (_, active) in kernel.world.signals().after(Default::default()) {
                prop_assert!(active.case.is_some() != active.silence.is_some());
                if let Some(id) = active.silence {
                    prop_assert!(kernel.world.silences().get(id).unwrap().covers(&active.signal));
                }
            }
            for case in kernel.world.cases() {
                let members = kernel.world.signals().of_case(case.id).count() as u64;
                prop_assert_eq!(case.firing, members);
                if matches!(case.state, State::Open) && case.id.kind == CaseKind::Incident {
                    prop_assert!(case.escalation.is_some() != case.silenced.is_some(), "{:?}", case);
                }
            }
        }
        kernel.until(at(now + 10_000));
        prop_assert_eq!(kernel.world.signals().holding_silences().count(), 0);
        prop_assert!(kernel.world.cases().all(|case| case.silenced.is_none()));
    }
}
