//! Statistics say what cases tell, and of each case that cannot tell why.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use wheelhouse_core::case::{
    Case, CaseId, CaseKind, Instant, Link, Miss, MissReason, Reached, Relation, Severity, State, Telling,
};
use wheelhouse_core::insight::{By, CannotTell, Figures, Measure, Month, Spread, Statistics, measure};
use wheelhouse_core::name::{AudienceName, PersonName, ServiceName, SourceName, TeamName};
use wheelhouse_core::notify::{NotTold, Recipient};
use wheelhouse_core::record::{Actor, Entry, Fact};
use wheelhouse_core::signal::Group;
use wheelhouse_core::time::{Duration, Timestamp};

/// 2026-05-28T20:26:40Z.
const OPENED: Timestamp = Timestamp::from_seconds(1_780_000_000);

fn at(seconds: i64) -> Timestamp {
    OPENED + Duration::from_seconds(seconds)
}

fn dana() -> Actor {
    Actor::Person(PersonName::new("dana").unwrap())
}

fn instant(seconds: i64) -> Option<Instant> {
    Some(Instant { at: at(seconds), source: dana(), edits: Vec::new() })
}

fn team(name: &str) -> Recipient {
    Recipient::Team(TeamName::new(name).unwrap())
}

fn case_of(number: u64, service: &str, drill: bool) -> Case {
    let service = ServiceName::new(service).unwrap();
    let actor = Actor::Source(SourceName::new("prometheus").unwrap());
    let fact = Fact::CaseOpened {
        severity: Severity::Sev2,
        service: Some(service.clone()),
        team: TeamName::new("payments").unwrap(),
        group: Group::Service(service),
        rule: None,
        detected_at: at(-40),
        auto_resolve: true,
        reported: false,
    };
    let id = CaseId { kind: CaseKind::Incident, number };
    Case::opened(id, &Entry { subject: Some(id), drill, ..Entry::new(OPENED, actor, fact) }).unwrap()
}

/// Detected after 40 s, taken after 60, told after 90, harmless after 600, over after 900.
fn whole() -> Case {
    let mut case = case_of(1, "ledger", false);
    case.instants.acknowledged = instant(60);
    case.instants.mitigated = instant(600);
    case.instants.resolved = instant(900);
    case.state = State::Resolved { by: dana(), at: at(900) };
    tell(&mut case, "benefits", 30);
    tell(&mut case, "portal", 90);
    case
}

fn tell(case: &mut Case, name: &str, seconds: i64) {
    case.told.insert(team(name));
    let reached = Some(Reached { message: 1, at: at(seconds) });
    push(case, Telling { recipient: team(name), reached, not_told: None });
}

fn push(case: &mut Case, telling: Telling) {
    case.tellings.push(telling);
    case.tellings.sort_by(|a, b| a.recipient.cmp(&b.recipient));
}

fn miss(name: &str, reason: MissReason) -> Miss {
    Miss { recipient: team(name), reason, path: Vec::new(), service: None, action: None, at: at(1_000), by: dana() }
}

fn figures(cases: &[Case]) -> Figures {
    let mut statistics = Statistics::new(By::default());
    cases.iter().for_each(|case| statistics.take_in(case).unwrap());
    statistics.groups().next().unwrap().1.clone()
}

#[test]
fn a_whole_case_tells_every_length() {
    let case = whole();
    for (what, expected) in Measure::ALL.into_iter().zip([40, 60, 90, 600, 900]) {
        assert_eq!(measure(&case, what), Ok(Duration::from_seconds(expected)), "{}", what.as_str());
    }
}

/// Each reason, by the smallest change that brings it about, in each measure that it concerns.
#[test]
fn each_thing_that_cannot_be_told_has_its_reason() {
    type Change = fn(&mut Case);
    let open: Change = |case| {
        case.state = State::Acknowledged { by: dana(), at: at(60) };
        (case.instants.mitigated, case.instants.resolved) = (None, None);
    };
    let untouched: Change = |case| {
        case.state = State::Open;
        (case.instants.acknowledged, case.instants.mitigated, case.instants.resolved) = (None, None, None);
    };
    let by_hand: Change = |case| {
        case.instants.detected = Some(Instant { at: OPENED, source: dana(), edits: Vec::new() });
    };
    let no_clock: Change = |case| case.instants.detected.as_mut().unwrap().at = OPENED;
    let says_now: Change = |case| {
        case.instants.detected.as_mut().unwrap().at = OPENED - Duration::from_millis(999);
    };
    let by_itself: Change = |case| (case.instants.acknowledged, case.instants.mitigated) = (None, None);
    let early: Change = |case| {
        case.state = State::Resolved { by: dana(), at: at(-10) };
        (case.instants.mitigated, case.instants.resolved) = (instant(-20), instant(-10));
    };
    let comes_and_goes: Change = |case| case.reopened = 2;
    let silent: Change = |case| case.fell_silent = true;
    let nobody: Change = |case| {
        case.told.clear();
        case.tellings.clear();
    };
    let unreached: Change = |case| {
        push(case, Telling { recipient: team("web"), reached: None, not_told: Some(NotTold::NoContact) });
    };
    let missed: Change = |case| case.missed.push(miss("web", MissReason::NoDependency));
    let waiting: Change = |case| case.told.extend([team("web")]);
    let open_and_waiting: Change = |case| {
        case.state = State::Open;
        case.told.extend([team("web")]);
    };
    let cases: [(Change, Measure, CannotTell); 19] = [
        (untouched, Measure::Acknowledge, CannotTell::StillOpen),
        (open, Measure::Mitigate, CannotTell::StillOpen),
        (open, Measure::Resolve, CannotTell::StillOpen),
        (by_hand, Measure::Detect, CannotTell::ReportedByHand),
        (no_clock, Measure::Detect, CannotTell::NoInstant),
        (says_now, Measure::Detect, CannotTell::NoInstant),
        (by_itself, Measure::Acknowledge, CannotTell::NoInstant),
        (by_itself, Measure::Mitigate, CannotTell::NoInstant),
        (early, Measure::Mitigate, CannotTell::BeforeOpened),
        (early, Measure::Resolve, CannotTell::BeforeOpened),
        (comes_and_goes, Measure::Mitigate, CannotTell::Flapping),
        (comes_and_goes, Measure::Resolve, CannotTell::Flapping),
        (silent, Measure::Resolve, CannotTell::FellSilent),
        (nobody, Measure::Tell, CannotTell::NobodyAffected),
        (unreached, Measure::Tell, CannotTell::NotAllTold),
        (missed, Measure::Tell, CannotTell::NotAllTold),
        (waiting, Measure::Tell, CannotTell::NotAllTold),
        (untouched, Measure::Resolve, CannotTell::StillOpen),
        (open_and_waiting, Measure::Tell, CannotTell::StillOpen),
    ];
    for (change, what, expected) in cases {
        let mut case = whole();
        change(&mut case);
        assert_eq!(measure(&case, what), Err(expected), "{}", what.as_str());
        // It is left out of that measure, said why, and still counted as a case.
        let figures = figures(&[whole(), case]);
        assert_eq!((figures.cases, figures.spread(what).count()), (2, 1), "{}", what.as_str());
        assert_eq!(figures.left_out(what).collect::<Vec<_>>(), [(expected, 1)], "{}", what.as_str());
    }
    let covered: std::collections::BTreeSet<_> = cases.iter().map(|(_, _, why)| *why).collect();
    assert_eq!(covered.len(), CannotTell::ALL.len(), "each reason has its test");
}

#[test]
fn a_reopened_case_is_over_when_it_was_over_last() {
    let mut case = whole();
    case.reopened = 1;
    assert_eq!(measure(&case, Measure::Resolve), Ok(Duration::from_seconds(900)));
}

#[test]
fn symptoms_and_drills_are_counted_apart_and_other_kinds_not_at_all() {
    let mut symptom = whole();
    let root = CaseId { kind: CaseKind::Incident, number: 9 };
    symptom.links.push(Link { relation: Relation::CausedBy, case: Some(root), url: None });
    let mut after_change = whole();
    let change = CaseId { kind: CaseKind::Change, number: 3 };
    after_change.links.push(Link { relation: Relation::CausedBy, case: Some(change), url: None });
    let mut action = whole();
    action.id = CaseId { kind: CaseKind::Action, number: 1 };
    let mut statistics = Statistics::new(By::default());
    for case in [&whole(), &symptom, &after_change, &action, &case_of(2, "ledger", true)] {
        statistics.take_in(case).unwrap();
    }
    let groups: Vec<_> = statistics.groups().collect();
    assert_eq!((groups.len(), statistics.drills()), (1, 1));
    let figures = groups[0].1;
    assert_eq!((figures.cases, figures.symptoms), (2, 1));
    assert_eq!(figures.spread(Measure::Detect).count(), 2);
    assert_eq!(figures.telling.told, 4);
}

#[test]
fn told_missed_and_unreached_each_count_a_recipient_once() {
    let mut case = whole();
    tell(&mut case, "late", 2_000);
    case.missed.push(miss(
        "late",
        MissReason::TooLate { message: wheelhouse_core::case::MessageId { case: case.id, number: 3 }, at: at(2_000) },
    ));
    case.missed.push(miss("web", MissReason::NoDependency));
    tell(&mut case, "hears-late", 600);
    let press = Recipient::Audience(AudienceName::new("press").unwrap());
    push(&mut case, Telling { recipient: press, reached: None, not_told: Some(NotTold::EveryContactFailed) });
    let below = Some(NotTold::BelowThreshold { from: Severity::Sev1 });
    push(&mut case, Telling { recipient: team("below"), reached: None, not_told: below });
    case.told.insert(team("waiting"));
    let telling = figures(&[case]).telling;
    assert_eq!((telling.told, telling.late), (2, 1), "whoever hears when the harm has stopped hears too late");
    assert_eq!((telling.missed, telling.unreached, telling.under_way), (2, 1, 1));
    assert_eq!(telling.count(), 6, "who wants to hear of worse only, and who is being told, is in no rate");
    assert_eq!(telling.reasons.into_iter().collect::<Vec<_>>(), [("no_dependency", 1), ("too_late", 1)]);
}

#[test]
fn below_eight_cases_there_are_values_and_from_eight_on_quantiles() {
    let cases: Vec<Case> = (1..=8)
        .map(|number| {
            let mut case = case_of(number, "ledger", false);
            case.instants.acknowledged = instant(i64::try_from(number * 60).unwrap());
            case
        })
        .collect();
    let minutes = |count: i64| Duration::from_minutes(count);
    assert_eq!(figures(&cases[..7]).spread(Measure::Acknowledge), Spread::Values((1..=7).map(minutes).collect()));
    let whole = Spread::Quantiles { count: 8, median: minutes(4), p90: minutes(8) };
    assert_eq!(figures(&cases).spread(Measure::Acknowledge), whole);
}

#[test]
fn cases_are_told_apart_by_what_is_asked_for() {
    let by = By { service: true, month: true, ..By::default() };
    let mut statistics = Statistics::new(by);
    let mut nameless = case_of(3, "ledger", false);
    nameless.service = None;
    let mut december = case_of(4, "ledger", false);
    december.instants.opened.as_mut().unwrap().at = Timestamp::from_seconds(1_767_225_599);
    for case in [&case_of(1, "ledger", false), &case_of(2, "portal", false), &nameless, &december] {
        statistics.take_in(case).unwrap();
    }
    let keys: Vec<String> = statistics
        .groups()
        .map(|(key, figures)| {
            assert_eq!((key.team.as_ref(), key.severity, figures.cases), (None, None, 1));
            let service = key.service.clone().unwrap().map_or("none".to_owned(), |service| service.to_string());
            format!("{} {service}", key.month.unwrap())
        })
        .collect();
    assert_eq!(keys, ["2025-12 ledger", "2026-05 none", "2026-05 ledger", "2026-05 portal"]);
    assert_eq!(Month::of(Timestamp::from_seconds(1_767_225_600)), Month { year: 2026, month: 1 });
}
