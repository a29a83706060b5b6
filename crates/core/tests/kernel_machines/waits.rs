//! Steps that wait for an event, and what else may become of them at the same moment.

use serde_json::{Value, json};
use wheelhouse_core::advance;
use wheelhouse_core::kernel::CaseAction;
use wheelhouse_core::record::AutomationHappening;
use wheelhouse_core::run::{Awaited, MOST_AWAITED};

use super::tried_out::{acting, automation};
use super::*;

fn await_it(pattern: Value, of_case: bool, seconds: i64) -> HubWork {
    HubWork::Await(Duration::from_seconds(seconds), Box::new(Awaited::new(&pattern, of_case).unwrap()))
}

/// A run by itself of one step that waits, and one of people behind it.
fn waiting(work: HubWork) -> Hands {
    let mut hands = Hands::of(vec![does("rest", Does::Wait, plain()), manual("look")]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    hands.work(RunWork::Read { run: RunId(1), step: id("rest"), work }).unwrap();
    hands
}

fn ended() -> Value {
    json!({"kind": ["signal_ended"], "service": {"name": ["service-1"]}})
}

fn tell(hands: &mut Hands, service: u8, drill: bool, fires: bool) -> Option<CaseId> {
    let now = hands.now();
    hands.kernel.tell(now, kernel_support::signal(1, service, drill, fires, now))
}

#[test]
fn it_is_done_as_soon_as_the_event_happens() {
    let mut hands = waiting(await_it(ended(), false, 600));
    assert_eq!(hands.kernel.world.awaited(), 1);
    tell(&mut hands, 1, false, true);
    tell(&mut hands, 0, false, true);
    hands.now += 5;
    tell(&mut hands, 0, false, false);
    assert_eq!(hands.settled(1, "rest"), None, "that was another service");
    tell(&mut hands, 1, false, false);
    assert_eq!(hands.settled(1, "rest"), Some(Settling::Done));
    assert_eq!(hands.kernel.world.awaited(), 0);
    let told = hands.kernel.entries.iter().rev().find_map(|entry| entry.why.as_ref()).map(ToString::to_string);
    assert!(told.is_some());
    let why: Vec<String> =
        hands.kernel.entries.iter().filter_map(|entry| entry.why.as_ref()).map(|why| why.to_string()).collect();
    assert!(why.iter().any(|why| why == "a signal ended, which it waited for (service/service-1)"), "{why:?}");
}

#[test]
fn what_happened_before_it_waited_does_not_count() {
    let mut hands = Hands::of(vec![does("rest", Does::Wait, plain()), manual("look")]);
    tell(&mut hands, 1, false, true);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    tell(&mut hands, 1, false, false);
    let work = await_it(ended(), false, 60);
    hands.work(RunWork::Read { run: RunId(1), step: id("rest"), work }).unwrap();
    assert_eq!(hands.settled(1, "rest"), None);
    hands.now += 60;
    hands.kernel.until(hands.now());
    assert_eq!(hands.settled(1, "rest"), Some(Settling::Failed), "its time is over");
    assert_eq!(hands.run(1).unwrap().course, Course::Paused);
}

#[test]
fn at_the_end_of_its_time_it_has_failed_whatever_comes_first() {
    let mut hands = waiting(await_it(ended(), false, 60));
    tell(&mut hands, 1, false, true);
    let now = at(61);
    // The event is decided before the time is looked at.
    let signal = kernel_support::signal(1, 1, false, false, now);
    let routing = wheelhouse_core::route(hands.kernel.world.catalog().unwrap(), &signal);
    let what = What::Signal { routing, signal: Arc::new(signal) };
    let actor = Actor::Hub;
    let command = Command { actor, policies: Vec::new(), judged_under: None, what };
    let plan = decide(&hands.kernel.world, &command, &context(now)).unwrap();
    assert!(!plan.entries.iter().any(|entry| matches!(entry.fact, Fact::Run(_))));
    hands.kernel.until(now);
    assert_eq!(hands.settled(1, "rest"), Some(Settling::Failed));
}

#[test]
fn drills_and_the_rest_do_not_hear_of_each_other() {
    let mut hands = waiting(await_it(ended(), false, 600));
    tell(&mut hands, 1, true, true);
    tell(&mut hands, 1, true, false);
    assert_eq!(hands.settled(1, "rest"), None);
}

#[test]
fn of_its_own_case_alone() {
    let mut hands = Hands::of(vec![does("rest", Does::Wait, plain()), manual("look")]);
    let own = tell(&mut hands, 0, false, true).unwrap();
    let other = tell(&mut hands, 1, false, true).unwrap();
    let request = wish("book", Some(own));
    hands.try_it(person("dana"), What::StartRun(Box::new(request))).unwrap();
    hands.prepare();
    let work = await_it(json!({"kind": ["severity_changed"]}), true, 600);
    hands.work(RunWork::Read { run: RunId(1), step: id("rest"), work }).unwrap();
    let worse = CaseAction::SetSeverity(wheelhouse_core::case::Severity::Sev3);
    hands.kernel.act(hands.now(), "dana", other, worse.clone());
    assert_eq!(hands.settled(1, "rest"), None);
    hands.kernel.act(hands.now(), "dana", own, worse);
    assert_eq!(hands.settled(1, "rest"), Some(Settling::Done));
}

#[test]
fn a_run_without_a_case_waits_for_none_of_a_case() {
    let hands = waiting(await_it(ended(), true, 600));
    assert_eq!(hands.settled(1, "rest"), Some(Settling::Failed));
}

#[test]
fn whoever_ends_the_wait_ends_it_for_good() {
    let end: [fn(&mut Hands); 3] = [
        |hands| hands.act("dana", 1, RunAction::Cancel { step: id("rest"), text: None }).unwrap(),
        |hands| hands.act("dana", 1, RunAction::Stop { text: None }).unwrap(),
        |hands| {
            hands.act("dana", 1, RunAction::Pause { text: None }).unwrap();
            hands.act("dana", 1, RunAction::Cancel { step: id("rest"), text: None }).unwrap();
        },
    ];
    for end in end {
        let mut hands = waiting(await_it(ended(), false, 600));
        tell(&mut hands, 1, false, true);
        end(&mut hands);
        assert_eq!(hands.kernel.world.awaited(), 0);
        tell(&mut hands, 1, false, false);
        assert_eq!(hands.settled(1, "rest"), None);
        hands.kernel.until(at(700));
        assert_eq!(hands.settled(1, "rest"), None);
    }
}

#[test]
fn a_run_that_is_halted_or_goes_back_keeps_to_that() {
    let mut hands = waiting(await_it(ended(), false, 600));
    tell(&mut hands, 1, false, true);
    hands.act("dana", 1, RunAction::Pause { text: None }).unwrap();
    tell(&mut hands, 1, false, false);
    assert_eq!((hands.settled(1, "rest"), hands.run(1).unwrap().course), (Some(Settling::Done), Course::Paused));

    let steps = vec![
        machine("one", undone_by("back")),
        machine("back", plain()),
        does("rest", Does::Wait, plain()),
        manual("look"),
    ];
    let mut hands = Hands::of(steps);
    hands.start("book", Pace::ByItself, false);
    hands.carry_out(AttemptEnd::Succeeded);
    hands.prepare();
    let work = await_it(ended(), false, 600);
    hands.work(RunWork::Read { run: RunId(1), step: id("rest"), work }).unwrap();
    hands.act("dana", 1, RunAction::Undo { text: None }).unwrap();
    tell(&mut hands, 1, false, true);
    tell(&mut hands, 1, false, false);
    assert_eq!((hands.settled(1, "rest"), hands.kernel.world.awaited()), (None, 0));
}

#[test]
fn what_one_run_brings_about_wakes_the_next_in_the_same_moment() {
    let waits = |stem: &str| book(stem, vec![does("rest", Does::Wait, plain())]);
    let mut hands = Hands::with(vec![waits("first"), waits("second"), waits("third")]);
    for (number, (stem, pattern)) in [
        ("third", json!({"kind": ["run_ended"], "run": {"runbook": ["payments/second"]}})),
        ("second", json!({"kind": ["run_ended"], "run": {"runbook": ["payments/first"]}})),
        ("first", ended()),
    ]
    .into_iter()
    .enumerate()
    {
        hands.start(stem, Pace::ByItself, false);
        hands.prepare();
        let run = RunId(u64::try_from(number).unwrap() + 1);
        hands.work(RunWork::Read { run, step: id("rest"), work: await_it(pattern, false, 600) }).unwrap();
    }
    tell(&mut hands, 1, false, true);
    let before = hands.kernel.entries.len();
    tell(&mut hands, 1, false, false);
    assert_eq!([1, 2, 3].map(|run| hands.ending(run)), [Some(Ending::Completed); 3]);
    let at_once = hands.kernel.entries[before..].iter().all(|entry| entry.at == hands.now());
    assert!(at_once && hands.kernel.world.awaited() == 0);
}

#[test]
fn a_restart_forgets_no_wait() {
    let mut hands = waiting(await_it(ended(), false, 600));
    // As the table of runs has it.
    let kept = serde_json::to_string(hands.run(1).unwrap()).unwrap();
    let mut again: Run = serde_json::from_str(&kept).unwrap();
    assert_eq!(&again, hands.run(1).unwrap());
    // As the record has it.
    let mut folded: Option<Run> = None;
    for entry in &hands.kernel.entries {
        match &mut folded {
            Some(run) => run.apply(entry),
            None => folded = Run::started(entry),
        }
    }
    assert_eq!(folded.as_ref(), hands.run(1));
    let mut world = wheelhouse_core::World::default();
    again.id = RunId(1);
    world.take_in_runs([again]);
    assert_eq!((world.awaited(), world.clone().awaited()), (1, 1));
    tell(&mut hands, 1, false, true);
    tell(&mut hands, 1, false, false);
    assert_eq!(hands.settled(1, "rest"), Some(Settling::Done));
}

#[test]
fn more_waits_than_can_be_are_refused() {
    let mut hands = Hands::of(vec![does("rest", Does::Wait, plain()), manual("look")]);
    let many = u64::try_from(MOST_AWAITED).unwrap() + 1;
    for run in 1..=many {
        hands.start("book", Pace::ByItself, false);
        let prepared = Ok(Prepared { applies: true, input: RunbookHash::of("rest"), items: None, untold: None });
        hands.work(RunWork::Prepared { run: RunId(run), step: id("rest"), prepared }).unwrap();
        let work = await_it(ended(), false, 600);
        hands.work(RunWork::Read { run: RunId(run), step: id("rest"), work }).unwrap();
    }
    assert_eq!(hands.kernel.world.awaited(), MOST_AWAITED);
    assert_eq!((hands.settled(many, "rest"), hands.settled(many - 1, "rest")), (Some(Settling::Failed), None));
    tell(&mut hands, 1, false, true);
    tell(&mut hands, 1, false, false);
    assert_eq!(hands.kernel.world.awaited(), 0, "one event was enough for all");
}

#[test]
fn runs_of_an_automation_that_go_wrong_at_once_all_count() {
    let books = vec![book("rests", vec![does("rest", Does::Wait, plain()), manual("look")])];
    let mut opens = automation("opens", json!({"kind": ["case_opened"]}), "rests");
    opens.breaker.failures = 2;
    let mut hands = acting(books, [opens]);
    tell(&mut hands, 0, false, true);
    tell(&mut hands, 1, false, true);
    hands.prepare();
    for run in [1, 2] {
        let work = await_it(json!({"kind": ["resolved"]}), false, 60);
        hands.work(RunWork::Read { run: RunId(run), step: id("rest"), work }).unwrap();
    }
    hands.now += 59;
    hands.kernel.until(hands.now());
    // Both are over by one and the same plan.
    hands.now += 1;
    let plan = advance(&hands.kernel.world, 8, &context(hands.now()));
    let over = plan.entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Automation(part) => match part.what {
            AutomationHappening::RunOver { run, failed, opens } => Some((run, failed, opens)),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(over.collect::<Vec<_>>(), [(RunId(1), true, false), (RunId(2), true, true)]);
}
