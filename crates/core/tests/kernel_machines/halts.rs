//! What is halted, ended or taken back stays so, and nothing that waited is forgotten.

use super::*;

fn of_hub(name: &str) -> Step {
    does(name, Does::Runbook, plain())
}

fn inner(stem: &str) -> HubWork {
    let runbook = RunbookName::parse(&format!("payments/{stem}")).unwrap();
    HubWork::Run { runbook, parameters: BTreeMap::new() }
}

impl Hands {
    fn read(&mut self, run: u64, step: &str, work: HubWork) {
        self.work(RunWork::Read { run: RunId(run), step: id(step), work }).unwrap();
    }

    /// Finds out that a step is carried out for three entries.
    fn prepare_list(&mut self, run: u64, step: &str) {
        let input = RunbookHash::of(step);
        let prepared = Ok(Prepared { applies: true, input, items: Some(3), untold: None });
        self.work(RunWork::Prepared { run: RunId(run), step: id(step), prepared }).unwrap();
    }
}

#[test]
fn every_step_of_a_run_has_a_lock_that_becomes_free() {
    let both = |name: &str| machine(name, Attributes { parallel: Some("g".into()), ..with_lock("l") });
    let mut hands = Hands::of(vec![both("a"), both("b"), manual("look")]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    assert!(["a", "b"].iter().all(|step| hands.state(2, step) == Some(WorkState::Locked)));
    hands.act("dana", 1, RunAction::Stop { text: None }).unwrap();
    for step in ["a", "b"] {
        assert!(matches!(hands.state(2, step), Some(WorkState::Ready { .. })), "{:?}", hands.state(2, step));
    }
}

#[test]
fn a_run_ends_when_the_last_thing_that_it_waited_for_is_cancelled() {
    let mut hands = Hands::of(vec![machine("a", undone_by("back")), machine("back", plain())]);
    hands.start("book", Pace::ByHand, false);
    hands.act("dana", 1, RunAction::Execute { step: id("back") }).unwrap();
    hands.act("dana", 1, RunAction::Settle { step: id("a"), how: Settling::Done, text: None }).unwrap();
    assert_eq!(hands.ending(1), None, "a machine is still to carry something out");
    hands.act("dana", 1, RunAction::Cancel { step: id("back"), text: None }).unwrap();
    assert_eq!(hands.ending(1), Some(Ending::Completed));
}

#[test]
fn a_list_does_not_go_on_in_a_run_that_ends_or_goes_back() {
    for (action, ending) in
        [(RunAction::Stop { text: None }, Ending::Stopped), (RunAction::Undo { text: None }, Ending::Undone)]
    {
        let mut hands = Hands::of(vec![machine("a", undone_by("back")), manual("look"), machine("back", plain())]);
        hands.start("book", Pace::ByItself, false);
        hands.prepare_list(1, "a");
        let lease = hands.lease(&[], 1).remove(0);
        hands.act("dana", 1, action).unwrap();
        hands.ended(lease, AttemptEnd::Succeeded).unwrap();
        assert!(!matches!(hands.state(1, "a"), Some(WorkState::Ready { .. })), "the second entry is begun");
        if ending == Ending::Undone {
            assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("back"));
        }
        assert_eq!(hands.ending(1), Some(ending));
    }
}

#[test]
fn what_becomes_of_a_list_that_was_cancelled_halfway_must_be_said() {
    let mut hands = Hands::of(vec![machine("a", plain()), manual("look")]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare_list(1, "a");
    let first = hands.lease(&[], 1).remove(0);
    hands.ended(first, AttemptEnd::Succeeded).unwrap();
    let second = hands.lease(&[], 1).remove(0);
    hands.act("dana", 1, RunAction::Cancel { step: id("a"), text: None }).unwrap();
    hands.ended(second, AttemptEnd::Cancelled).unwrap();
    hands.act("dana", 1, RunAction::Resume { text: None }).unwrap();
    assert_eq!(hands.state(1, "a"), Some(WorkState::Unknown), "the first entry would be done twice");
}

#[test]
fn what_is_done_again_is_taken_back_again() {
    let mut hands = Hands::of(vec![machine("a", undone_by("back")), manual("look"), machine("back", plain())]);
    hands.start("book", Pace::ByHand, false);
    for step in ["a", "back"] {
        hands.act("dana", 1, RunAction::Execute { step: id(step) }).unwrap();
        assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id(step));
    }
    hands.act("dana", 1, RunAction::Reopen { step: id("a"), text: None }).unwrap();
    hands.act("dana", 1, RunAction::Execute { step: id("a") }).unwrap();
    assert_eq!(hands.settled(1, "back"), None, "what it took back before is no answer any more");
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("a"));
    hands.act("dana", 1, RunAction::Undo { text: None }).unwrap();
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("back"));
    assert_eq!(hands.ending(1), Some(Ending::Undone));
}

#[test]
fn a_run_within_that_ends_does_not_end_the_one_that_goes_back_or_stops() {
    for (action, ending) in
        [(RunAction::Stop { text: None }, Ending::Stopped), (RunAction::Undo { text: None }, Ending::Undone)]
    {
        let outer = vec![machine("a", undone_by("back")), of_hub("b"), machine("back", plain())];
        let mut hands = Hands::with(vec![book("outer", outer), book("inner", vec![manual("look")])]);
        hands.start("outer", Pace::ByHand, false);
        hands.act("dana", 1, RunAction::Execute { step: id("a") }).unwrap();
        hands.carry_out(AttemptEnd::Succeeded);
        hands.act("dana", 1, RunAction::Execute { step: id("b") }).unwrap();
        hands.prepare();
        hands.read(1, "b", inner("inner"));
        assert_eq!(hands.state(1, "b"), Some(WorkState::Within { run: RunId(2) }));
        hands.act("dana", 1, action).unwrap();
        if ending == Ending::Undone {
            assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("back"));
        }
        let ends = hands.kernel.entries.iter().filter(|entry| {
            matches!(&entry.fact, Fact::Run(part) if part.run == RunId(1) && matches!(part.what, RunHappening::Ended { .. }))
        });
        assert_eq!((ends.count(), hands.ending(1), hands.ending(2)), (1, Some(ending), Some(Ending::Stopped)));
    }
}

#[test]
fn the_hub_begins_nothing_in_a_run_that_was_halted_since_it_looked() {
    let outer = vec![of_hub("a"), manual("look")];
    let mut hands = Hands::with(vec![book("outer", outer), book("inner", vec![manual("look")])]);
    hands.start("outer", Pace::ByItself, false);
    hands.prepare();
    hands.act("dana", 1, RunAction::Pause { text: None }).unwrap();
    hands.read(1, "a", inner("inner"));
    assert!(matches!(hands.state(1, "a"), Some(WorkState::Ready { .. })), "{:?}", hands.state(1, "a"));
    hands.act("dana", 1, RunAction::Resume { text: None }).unwrap();
    hands.read(1, "a", inner("inner"));
    assert_eq!(hands.state(1, "a"), Some(WorkState::Within { run: RunId(2) }));
}

#[test]
fn whoever_ends_a_run_within_halts_the_one_around_it_once() {
    for more in [true, false] {
        let mut steps = vec![does("inner", Does::Runbook, plain())];
        steps.extend(more.then(|| machine("next", plain())));
        let mut hands = Hands::with(vec![book("outer", steps), book("inner", vec![manual("see")])]);
        hands.start("outer", Pace::ByItself, more);
        hands.prepare();
        let work = HubWork::Run { runbook: RunbookName::parse("payments/inner").unwrap(), parameters: BTreeMap::new() };
        hands.work(RunWork::Read { run: RunId(1), step: id("inner"), work }).unwrap();
        hands.act("dana", 1, RunAction::Cancel { step: id("inner"), text: None }).unwrap();
        assert_eq!(hands.ending(2), Some(Ending::Stopped));
        let of_outer = hands.kernel.entries.iter().filter_map(|entry| match &entry.fact {
            Fact::Run(part) if part.run == RunId(1) => Some(&part.what),
            _ => None,
        });
        let after: Vec<_> = of_outer.skip_while(|what| !matches!(what, RunHappening::Within { .. })).skip(1).collect();
        let settled = |what: &RunHappening| matches!(what, RunHappening::StepSettled { how: Settling::Failed, .. });
        let over = RunHappening::Ended { how: Ending::Completed };
        match after.as_slice() {
            [RunHappening::Paused, second] if more => assert!(settled(second)),
            [RunHappening::Paused, second, last] => assert!(settled(second) && **last == over),
            other => panic!("{other:?}"),
        }
    }
}
