//! Drills that the hub plays: one at a time, ended once, and what is next in each.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use std::collections::BTreeSet;

use kernel_support::{Kernel, START, at, catalog};
use wheelhouse_core::drill::{Cue, Drill, Expectation, Expected, Next, RunOutcome, Seen, judge, next};
use wheelhouse_core::kernel::{Command, HeldDrill, Refusal, What};
use wheelhouse_core::name::{DrillName, PersonName, ServiceName, TeamName};
use wheelhouse_core::record::Actor;
use wheelhouse_core::time::Duration;
use wheelhouse_core::{Context, decide};

fn drill(name: &str) -> Drill {
    let cue = |seconds| Cue {
        at: Duration::from_seconds(seconds),
        labels: [("alertname", "Down"), ("service", "service-0")].into_iter().collect(),
        annotations: [].into_iter().collect::<Vec<(&str, &str)>>().into_iter().collect(),
        resolved: seconds > 0,
    };
    Drill {
        name: DrillName::new(name).unwrap(),
        team: TeamName::new("payments").unwrap(),
        summary: None,
        source: None,
        signals: vec![cue(0), cue(20)],
        expect: Vec::new(),
    }
}

fn kernel() -> Kernel {
    let mut catalog = catalog(&[0, 600], 1);
    for name in ["one", "two", "three", "four", "five", "six"] {
        catalog.drills.insert(DrillName::new(name).unwrap(), drill(name));
    }
    Kernel::of(catalog)
}

fn dana() -> Actor {
    Actor::Person(PersonName::new("dana").unwrap())
}

fn refused(kernel: &Kernel, what: What) -> Refusal {
    let command = Command { actor: dana(), policies: Vec::new(), judged_under: None, what };
    decide(&kernel.world, &command, &Context::at(at(100))).unwrap_err()
}

fn start(name: &str) -> What {
    What::StartDrill { drill: DrillName::new(name).unwrap() }
}

#[test]
fn what_is_next_follows_from_what_was_sent_and_the_instant() {
    let drill = drill("one");
    assert_eq!(next(&drill, START, 0, START), Next::Send(0));
    assert_eq!(next(&drill, START, 1, at(3)), Next::Wait(at(20)));
    assert_eq!(next(&drill, START, 1, at(90)), Next::Send(1), "late, and not left out");
    assert_eq!(next(&drill, START, 2, at(20)), Next::Wait(at(50)));
    assert_eq!(next(&drill, START, 2, at(50)), Next::Over);
}

#[test]
fn a_drill_runs_once_at_a_time_and_ends_once() {
    let mut kernel = kernel();
    kernel.command(at(1), dana(), start("one"));
    assert_eq!(refused(&kernel, start("one")), Refusal::DrillRuns { run: 1 });
    assert!(matches!(refused(&kernel, start("seven")), Refusal::NotInCatalog { kind: "drill", .. }));
    for name in ["two", "three", "four", "five"] {
        kernel.command(at(2), dana(), start(name));
    }
    assert!(matches!(refused(&kernel, start("six")), Refusal::Invalid { field: "drill", .. }), "five at once");
    let end = |run, how| What::EndDrill { run, how, cases: BTreeSet::new() };
    assert!(matches!(refused(&kernel, end(1, RunOutcome::Held)), Refusal::Invalid { .. }));
    kernel.command(at(3), dana(), end(1, RunOutcome::Stopped));
    assert_eq!(refused(&kernel, end(1, RunOutcome::Stopped)), Refusal::DrillRunOver(1));
    assert_eq!(refused(&kernel, end(9, RunOutcome::Stopped)), Refusal::NoSuchDrillRun(9));
    kernel.command(at(4), dana(), start("one"));
    let held = |run, name: &str| {
        What::HoldDrill(Box::new(HeldDrill {
            drill: DrillName::new(name).unwrap(),
            started_at: at(4),
            met: 1,
            missed: 0,
            cases: BTreeSet::new(),
            account: "met".into(),
            run: Some(run),
        }))
    };
    assert!(matches!(refused(&kernel, held(6, "two")), Refusal::Invalid { field: "run", .. }));
    kernel.command(at(60), dana(), held(6, "one"));
    let ended: Vec<_> = kernel.world.drill_runs().map(|run| run.ended.as_ref().map(|end| end.how)).collect();
    assert_eq!(ended, [Some(RunOutcome::Stopped), None, None, None, None, Some(RunOutcome::Held)]);
    assert_eq!(kernel.world.counters().drill_runs.len(), 6, "a start finds them again");
}

#[test]
fn an_expectation_is_missed_once_its_instant_is_past_and_not_before() {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(5), kernel_support::signal(1, 1, true, true, at(5))).unwrap();
    let service = |number: u8| ServiceName::new(&format!("service-{number}")).unwrap();
    let expect = |what, within: Option<i64>| Expectation { what, of: None, within: within.map(Duration::from_seconds) };
    let expectations = vec![
        expect(Expected::Opened(service(0)), Some(30)),
        expect(Expected::Opened(service(0)), None),
        expect(Expected::Opened(service(1)), Some(3)),
        expect(Expected::Opened(service(1)), Some(30)),
        expect(Expected::NotOpened(service(1)), None),
        expect(Expected::NotOpened(service(2)), Some(30)),
    ];
    let drill = Drill { expect: expectations, ..drill("one") };
    let seen = [Seen { case: kernel.world.case(case).unwrap().clone(), messages: Vec::new() }];
    let judgements = judge(&drill, kernel.world.catalog().unwrap(), START, &seen);
    let missed = |now| -> Vec<bool> { judgements.iter().map(|one| one.is_missed(START, now)).collect() };
    assert_eq!(missed(at(30)), [false, false, true, false, true, false], "until then it may still open");
    assert_eq!(missed(at(31)), [true, false, true, false, true, false], "without an instant only the end tells");
}
