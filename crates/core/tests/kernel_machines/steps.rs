//! The way of a step: begun, tried again, given, taken back.

use super::*;

#[test]
fn a_run_by_itself_goes_from_top_to_bottom_and_waits_for_people_at_theirs() {
    let mut hands = Hands::of(vec![machine("one", plain()), manual("look"), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("one"));
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty(), "a person's step comes first");
    hands.act("dana", 1, RunAction::Settle { step: id("look"), how: Settling::Done, text: None }).unwrap();
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("two"));
    assert_eq!(hands.ending(1), Some(Ending::Completed));
}

#[test]
fn by_hand_a_machine_begins_when_somebody_asks() {
    let mut hands = Hands::of(vec![machine("one", plain()), machine("two", plain())]);
    hands.start("book", Pace::ByHand, false);
    assert_eq!(hands.kernel.world.turns().count(), 0);
    hands.act("dana", 1, RunAction::Execute { step: id("two") }).unwrap();
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("two"));
    assert_eq!(hands.settled(1, "two"), Some(Settling::Done));
    hands.act("dana", 1, RunAction::Settle { step: id("one"), how: Settling::Done, text: None }).unwrap();
    assert_eq!(hands.ending(1), Some(Ending::Completed));
}

#[test]
fn what_fails_is_tried_as_often_as_the_runbook_says_and_then_halts_the_run() {
    let retry = Some(Retry { times: 1, pause: Duration::from_seconds(30) });
    let mut hands = Hands::of(vec![machine("one", Attributes { retry, ..plain() }), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.carry_out(AttemptEnd::Failed);
    assert!(hands.lease(&[], 9).is_empty(), "it waits before it is tried again");
    hands.now += 30;
    hands.carry_out(AttemptEnd::TimedOut);
    assert_eq!(hands.settled(1, "one"), Some(Settling::Failed));
    assert_eq!(hands.run(1).unwrap().course, Course::Paused);
    hands.act("dana", 1, RunAction::Execute { step: id("one") }).unwrap();
    hands.carry_out(AttemptEnd::Succeeded);
    hands.carry_out(AttemptEnd::Succeeded);
    assert_eq!(hands.ending(1), Some(Ending::Completed));
}

#[test]
fn what_nobody_knows_asks_a_person_unless_it_may_be_done_twice() {
    let twice = Attributes { idempotent: true, ..plain() };
    let mut hands = Hands::of(vec![machine("safe", twice), machine("other", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.carry_out(AttemptEnd::Unknown);
    hands.now += 10;
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("safe"));
    hands.carry_out(AttemptEnd::Unknown);
    assert_eq!(hands.state(1, "other"), Some(WorkState::Unknown));
    hands.now += 10_000;
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty(), "nothing is done twice");
    hands.act("dana", 1, RunAction::Settle { step: id("other"), how: Settling::Done, text: None }).unwrap();
    assert_eq!(hands.ending(1), Some(Ending::Completed));
}

#[test]
fn what_did_not_begin_is_tried_again_but_not_for_ever() {
    let mut hands = Hands::of(vec![machine("one", plain()), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    for _ in 0..5 {
        hands.carry_out(AttemptEnd::NotStarted);
        hands.now += 10;
    }
    assert_eq!(hands.settled(1, "one"), Some(Settling::Failed));
}

#[test]
fn only_the_lease_in_force_counts() {
    let twice = Attributes { idempotent: true, timeout: Some(Duration::from_seconds(5)), ..plain() };
    let mut hands = Hands::of(vec![machine("one", twice), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let first = hands.lease(&[], 1).remove(0);
    hands.now += 100;
    let second = hands.lease(&[], 1).remove(0);
    assert!(second.2 > first.2, "its time was over, and it was given to somebody else");
    let stale = hands.ended(first, AttemptEnd::Failed).unwrap_err();
    assert_eq!(stale.code(), "stale_lease");
    hands.ended(second.clone(), AttemptEnd::Succeeded).unwrap();
    assert_eq!(hands.ended(second, AttemptEnd::Succeeded).unwrap_err().code(), "stale_lease");
    assert_eq!(hands.settled(1, "one"), Some(Settling::Done));
}

#[test]
fn a_runner_is_given_what_it_can_reach() {
    let dmz = Attributes { runner: vec!["zone=dmz".into()], ..plain() };
    let mut hands = Hands::of(vec![machine("one", dmz)]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty() && hands.lease(&["zone=lan"], 9).is_empty());
    assert_eq!(hands.lease(&["zone=lan", "zone=dmz"], 9).len(), 1);
}

#[test]
fn neighbours_of_a_group_go_together() {
    let group = || Attributes { parallel: Some("all".into()), ..plain() };
    let mut hands = Hands::of(vec![machine("a", group()), machine("b", group()), machine("c", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let both = hands.lease(&[], 9);
    assert_eq!(both.len(), 2);
    hands.ended(both[1].clone(), AttemptEnd::Succeeded).unwrap();
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty(), "what follows the group waits for all of it");
    hands.ended(both[0].clone(), AttemptEnd::Succeeded).unwrap();
    assert_eq!(hands.carry_out(AttemptEnd::Succeeded), id("c"));
}

#[test]
fn a_lock_is_held_by_one_run_also_while_it_is_halted() {
    let mut hands = Hands::of(vec![machine("one", with_lock("db")), machine("two", with_lock("db"))]);
    for _ in 0..3 {
        hands.start("book", Pace::ByItself, false);
        hands.prepare();
    }
    assert_eq!(hands.state(2, "one"), Some(WorkState::Locked));
    hands.carry_out(AttemptEnd::Failed);
    assert_eq!(hands.run(1).unwrap().course, Course::Paused);
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty(), "the halted run holds it");
    hands.act("dana", 1, RunAction::Stop { text: None }).unwrap();
    assert_eq!(hands.kernel.world.lock_holder("db"), Some(RunId(2)), "first come, first served");
    hands.carry_out(AttemptEnd::Succeeded);
    hands.carry_out(AttemptEnd::Succeeded);
    assert_eq!((hands.ending(2), hands.kernel.world.lock_holder("db")), (Some(Ending::Completed), Some(RunId(3))));
}

#[test]
fn what_was_done_is_taken_back_the_last_step_first() {
    let steps = vec![
        machine("a", undone_by("un-a")),
        machine("b", undone_by("un-b")),
        machine("c", undone_by("un-c")),
        machine("un-a", plain()),
        machine("un-b", plain()),
        machine("un-c", plain()),
    ];
    let mut hands = Hands::of(steps);
    hands.start("book", Pace::ByItself, true);
    hands.carry_out(AttemptEnd::Succeeded);
    hands.carry_out(AttemptEnd::Succeeded);
    hands.carry_out(AttemptEnd::Failed);
    let back: Vec<StepId> = (0..3).map(|_| hands.carry_out(AttemptEnd::Succeeded)).collect();
    assert_eq!(back, [id("un-c"), id("un-b"), id("un-a")], "what failed may have been done in part");
    assert_eq!(hands.ending(1), Some(Ending::Undone));
}

#[test]
fn a_run_that_is_stopped_lets_go_of_what_runs_and_ends_after_it() {
    let mut hands = Hands::of(vec![machine("one", plain()), machine("two", plain())]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let lease = hands.lease(&[], 1).remove(0);
    hands.act("dana", 1, RunAction::Stop { text: None }).unwrap();
    assert!(matches!(hands.state(1, "one"), Some(WorkState::Leased { cancel: true, .. })));
    assert_eq!(hands.ending(1), None, "something of it still runs");
    hands.ended(lease, AttemptEnd::Cancelled).unwrap();
    assert_eq!(hands.ending(1), Some(Ending::Stopped));
}
