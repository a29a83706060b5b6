//! Runs that are only tried out, and functions.

use serde_json::json;
use wheelhouse_core::automation::{Automation, Automations, Breaker, EventKind, Limits, Mode};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::name::{AutomationName, TeamName};
use wheelhouse_core::patterns::Pattern;
use wheelhouse_core::record::{AutomationHappening, AutomationOutcome, Held};
use wheelhouse_core::run::{Awaited, MOST_MADE, MadeEvent};

use super::*;

pub fn automation(name: &str, when: serde_json::Value, stem: &str) -> Automation {
    Automation {
        name: AutomationName::new(name).unwrap(),
        team: TeamName::new("payments").unwrap(),
        summary: None,
        mode: Mode::Live,
        when: Pattern::parse(&when).unwrap(),
        condition: None,
        runbook: RunbookName::parse(&format!("payments/{stem}")).unwrap(),
        with: BTreeMap::new(),
        from: BTreeMap::new(),
        cooldown: Duration::ZERO,
        limits: Limits { target: 9, all: 9, within: Duration::from_hours(1) },
        breaker: Breaker { failures: 3, rest: Duration::from_hours(1) },
        chain: 3,
        windows: Vec::new(),
        time_zone: jiff::tz::TimeZone::UTC,
        approval: None,
        controls: Vec::new(),
    }
}

pub fn acting(books: Vec<Runbook>, automations: impl IntoIterator<Item = Automation>) -> Hands {
    let mut catalog: Catalog = catalog(&[0, 600], 1);
    catalog.runbooks = books
        .into_iter()
        .map(|mut book| {
            book.front.owners = vec![TeamName::new("payments").unwrap()];
            (book.name.clone(), Arc::new(book))
        })
        .collect();
    catalog.automations = automations.into_iter().collect::<Automations>();
    Hands { kernel: Kernel::of(catalog), now: 1 }
}

fn try_out(hands: &mut Hands, stem: &str, case: Option<CaseId>) -> u64 {
    let request = RunRequest { dry_run: true, ..wish(stem, case) };
    hands.try_it(person("dana"), What::StartRun(Box::new(request))).unwrap();
    hands.kernel.world.last_run().0
}

fn made(kind: &str) -> MadeEvent {
    MadeEvent::new(kind, json!({"service": "ledger"})).unwrap()
}

/// What came of every question to an automation.
fn outcomes(hands: &Hands) -> Vec<(String, AutomationOutcome)> {
    let told = hands.kernel.entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Automation(part) => match &part.what {
            AutomationHappening::Considered { outcome, .. } => Some((part.automation.to_string(), outcome.clone())),
            _ => None,
        },
        _ => None,
    });
    told.collect()
}

fn depth(outcome: &AutomationOutcome) -> usize {
    match outcome {
        AutomationOutcome::Started { chain, .. } => chain.len(),
        _ => 0,
    }
}

#[test]
fn nothing_is_carried_out_asked_or_locked() {
    let knows = Attributes { dry_run: true, ..two_of_payments() };
    let steps = vec![
        machine("locked", with_lock("cluster")),
        machine("asks", two_of_payments()),
        machine("fails", plain()),
        machine("knows", knows),
        does("rest", Does::Wait, plain()),
        does("note", Does::Case, plain()),
        manual("look"),
    ];
    let mut hands = Hands::of(steps);
    let run = try_out(&mut hands, "book", None);
    for step in ["locked", "asks"] {
        let prepared = Ok(Prepared { applies: true, input: RunbookHash::of(step), items: None, untold: None });
        hands.work(RunWork::Prepared { run: RunId(run), step: id(step), prepared }).unwrap();
        assert_eq!(hands.settled(run, step), Some(Settling::Skipped), "{step}");
    }
    let prepared = Err("there is no list `nodes`".to_owned());
    hands.work(RunWork::Prepared { run: RunId(run), step: id("fails"), prepared }).unwrap();
    assert_eq!(hands.settled(run, "fails"), Some(Settling::Failed));
    // It goes on to what comes behind it: the step that knows is carried out, without being asked for.
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("knows"));
    hands.prepare();
    assert_eq!(
        (hands.settled(run, "rest"), hands.settled(run, "note")),
        (Some(Settling::Skipped), Some(Settling::Skipped))
    );
    assert!(hands.lease(&[], 9).is_empty());
    assert!(hands.kernel.world.lock_holder("cluster").is_none());
    let skip = RunAction::Settle { step: id("look"), how: Settling::Skipped, text: Some("only tried out".into()) };
    hands.act("dana", run, skip).unwrap();
    assert_eq!(hands.ending(run), Some(Ending::Completed));
}

#[test]
fn what_cannot_be_told_is_no_failure() {
    let mut hands = Hands::of(vec![machine("drain", plain()), manual("look")]);
    let run = try_out(&mut hands, "book", None);
    let untold = Some("it depends on `nodes`, which step find would hand on".to_owned());
    let prepared = Ok(Prepared { applies: true, input: RunbookHash::of("drain"), items: None, untold });
    hands.work(RunWork::Prepared { run: RunId(run), step: id("drain"), prepared }).unwrap();
    assert_eq!(hands.settled(run, "drain"), Some(Settling::Skipped));
    let said = hands.kernel.entries.iter().rev().find_map(|entry| entry.body.as_ref()?.get("text"));
    assert!(said.is_some_and(|text| text.contains("`nodes`")));
}

#[test]
fn a_run_within_is_tried_out_as_well() {
    let outer = book("outer", vec![does("inner", Does::Runbook, plain()), manual("look")]);
    let mut hands = Hands::with(vec![outer, book("inner", vec![machine("deep", plain())])]);
    let run = try_out(&mut hands, "outer", None);
    hands.prepare();
    let work = HubWork::Run { runbook: RunbookName::parse("payments/inner").unwrap(), parameters: BTreeMap::new() };
    hands.work(RunWork::Read { run: RunId(run), step: id("inner"), work }).unwrap();
    assert!(hands.run(run + 1).unwrap().dry_run);
    hands.prepare();
    assert_eq!((hands.ending(run + 1), hands.settled(run, "inner")), (Some(Ending::Completed), Some(Settling::Done)));
}

#[test]
fn a_case_does_not_notice_that_something_is_tried_out() {
    let listens = automation("listens", json!({"kind": ["run_ended", "event"]}), "book");
    let knows = Attributes { dry_run: true, ..plain() };
    let mut hands = acting(vec![book("book", vec![does("asks", Does::Function, knows)])], [listens]);
    let now = hands.now();
    let case = hands.kernel.tell(now, kernel_support::signal(1, 1, false, true, now)).unwrap();
    let before = hands.kernel.world.case(case).cloned().unwrap();
    let run = try_out(&mut hands, "book", Some(case));
    hands.prepare();
    let lease = hands.lease(&[], 1).remove(0);
    let report = AttemptReport { events: vec![made("looked.at")], ..AttemptReport::of(AttemptEnd::Succeeded, "fine") };
    hands.work(RunWork::Ended { run: lease.0, step: lease.1, epoch: lease.2, report }).unwrap();
    assert_eq!(hands.ending(run), Some(Ending::Completed));
    let after = hands.kernel.world.case(case).cloned().unwrap();
    let state = |case: &wheelhouse_core::case::Case| {
        (case.state.clone(), case.severity, case.acknowledgement_lapses_at, case.involved.clone())
    };
    assert_eq!(state(&before), state(&after));
    assert!(outcomes(&hands).is_empty(), "what is tried out is no event");
}

#[test]
fn events_of_functions_reach_automations_and_steps_that_wait() {
    let moved = json!({"kind": ["event"], "type": ["node.moved"], "data": {"service": ["ledger"]}});
    let books = vec![
        book("move", vec![does("move", Does::Function, plain()), manual("look")]),
        book("follow", vec![manual("see")]),
        book("await", vec![does("rest", Does::Wait, plain()), manual("look")]),
    ];
    let mut hands = acting(books, [automation("follows", moved.clone(), "follow")]);
    hands.start("await", Pace::ByItself, false);
    hands.prepare();
    let awaited = Awaited::new(&json!({"kind": ["event"], "run": {"step": ["move"]}}), false).unwrap();
    let work = HubWork::Await(Duration::from_hours(1), Box::new(awaited));
    hands.work(RunWork::Read { run: RunId(1), step: id("rest"), work }).unwrap();
    hands.start("move", Pace::ByItself, false);
    hands.prepare();
    let lease = hands.lease(&[], 1).remove(0);
    let events = (0..=MOST_MADE).map(|_| made("node.moved")).collect();
    let report = AttemptReport { events, ..AttemptReport::of(AttemptEnd::Succeeded, "moved") };
    hands.work(RunWork::Ended { run: lease.0, step: lease.1, epoch: lease.2, report }).unwrap();
    let entries = hands.kernel.entries.iter();
    let made = entries
        .filter(|entry| matches!(&entry.fact, Fact::Run(part) if matches!(part.what, RunHappening::EventMade { .. })));
    for entry in hands.kernel.entries.iter().filter(|entry| matches!(entry.fact, Fact::Run(_))) {
        let json = serde_json::to_string(&entry.fact).unwrap();
        let again: Fact = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
    }
    assert_eq!(made.count(), MOST_MADE, "no more than the rules allow, whoever says so");
    assert_eq!((hands.settled(1, "rest"), hands.settled(2, "move")), (Some(Settling::Done), Some(Settling::Done)));
    let started: Vec<_> = outcomes(&hands).into_iter().filter(|(_, outcome)| depth(outcome) == 1).collect();
    assert_eq!(started.len(), 9, "as many as its limits allow");
    // The event is kept with the run that it started, where it can be erased.
    let kept = hands.kernel.entries.iter().find_map(|entry| match &entry.fact {
        Fact::Run(part) if part.run == RunId(3) => entry.body.as_ref()?.get("event"),
        _ => None,
    });
    let kept: serde_json::Value = serde_json::from_str(kept.unwrap()).unwrap();
    assert_eq!(
        (&kept["type"], &kept["data"]["service"], &kept["run"]["id"]),
        (&json!("node.moved"), &json!("ledger"), &json!("RUN-2"))
    );
    assert!(Pattern::parse(&moved).unwrap().matches(&kept));
}

/// Carries out the step of the run of an automation that opens a case, or that is a run in which a step does.
fn open(hands: &mut Hands, run: u64, step: &str) {
    hands.prepare();
    let report = wheelhouse_core::kernel::Report {
        title: format!("Found by {run}"),
        text: None,
        service: None,
        severity: None,
        drill: false,
    };
    hands.work(RunWork::Read { run: RunId(run), step: id(step), work: HubWork::Open(Box::new(report)) }).unwrap();
}

#[test]
fn a_case_that_a_step_opens_is_deeper_in_the_chain() {
    let books = vec![book("open", vec![does("open", Does::Case, plain()), manual("look")])];
    let opened = json!({"kind": ["case_opened"]});
    let mut hands = acting(books, [automation("opens", opened, "open")]);
    hands.now += 1;
    let now = hands.now();
    hands.kernel.tell(now, kernel_support::signal(1, 1, false, true, now));
    for run in 1..=3 {
        open(&mut hands, run, "open");
    }
    let came: Vec<_> = outcomes(&hands).into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(came.iter().map(depth).collect::<Vec<_>>(), [1, 2, 3, 0]);
    assert!(matches!(came[3], AutomationOutcome::Held { why: Held::Loop { depth: 4 } }), "{:?}", came[3]);
}

#[test]
fn a_run_within_the_run_of_an_automation_goes_back_to_it() {
    let books = vec![
        book("outer", vec![does("inner", Does::Runbook, plain()), manual("look")]),
        book("inner", vec![does("open", Does::Case, plain()), manual("see")]),
    ];
    let mut hands = acting(books, [automation("opens", json!({"kind": ["case_opened"]}), "outer")]);
    let now = hands.now();
    hands.kernel.tell(now, kernel_support::signal(1, 1, false, true, now));
    hands.prepare();
    let work = HubWork::Run { runbook: RunbookName::parse("payments/inner").unwrap(), parameters: BTreeMap::new() };
    hands.work(RunWork::Read { run: RunId(1), step: id("inner"), work }).unwrap();
    open(&mut hands, 2, "open");
    let depths: Vec<usize> = outcomes(&hands).iter().map(|(_, outcome)| depth(outcome)).collect();
    assert_eq!(depths, [1, 2]);
    let caused = hands.kernel.entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Automation(part) => match &part.what {
            AutomationHappening::Caused { run, .. } => Some(*run),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(caused.collect::<Vec<_>>(), [RunId(1)]);
}

#[test]
fn events_of_functions_hold_the_chain() {
    let books = vec![book("again", vec![does("again", Does::Function, plain()), manual("look")])];
    let mut hands = acting(books, [automation("again", json!({"kind": ["event", "case_opened"]}), "again")]);
    let now = hands.now();
    hands.kernel.tell(now, kernel_support::signal(1, 1, false, true, now));
    hands.prepare();
    let lease = hands.lease(&[], 1).remove(0);
    let report = AttemptReport { events: vec![made("again")], ..AttemptReport::of(AttemptEnd::Succeeded, "so") };
    hands.work(RunWork::Ended { run: lease.0, step: lease.1, epoch: lease.2, report }).unwrap();
    let came = outcomes(&hands);
    assert_eq!(came.len(), 2);
    assert!(
        matches!(came[1].1, AutomationOutcome::Held { why: Held::Loop { .. } }),
        "about the same service: {came:?}"
    );
    assert!(EventKind::parse("event").is_some());
}
