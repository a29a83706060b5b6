//! What the hub does itself, and what people agree to.

use super::*;

#[test]
fn what_the_hub_does_itself_happens_with_its_end() {
    let mut hands = Hands::with(vec![
        book("book", vec![does("rest", Does::Wait, plain()), does("inner", Does::Runbook, plain())]),
        book("inner", vec![machine("deep", plain())]),
    ]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    assert!(hands.lease(&[], 9).is_empty(), "no runner is given it");
    let rest = HubWork::Wait(Duration::from_seconds(60));
    hands.work(RunWork::Read { run: RunId(1), step: id("rest"), work: rest }).unwrap();
    hands.now += 59;
    hands.kernel.until(hands.now());
    assert_eq!(hands.settled(1, "rest"), None);
    hands.now += 1;
    hands.kernel.until(hands.now());
    assert_eq!(hands.settled(1, "rest"), Some(Settling::Done));
    hands.prepare();
    let runbook = RunbookName::parse("payments/inner").unwrap();
    let work = HubWork::Run { runbook, parameters: BTreeMap::new() };
    hands.work(RunWork::Read { run: RunId(1), step: id("inner"), work }).unwrap();
    assert_eq!(hands.state(1, "inner"), Some(WorkState::Within { run: RunId(2) }));
    hands.carry_out(AttemptEnd::Succeeded);
    assert_eq!((hands.ending(2), hands.ending(1)), (Some(Ending::Completed), Some(Ending::Completed)));
}

#[test]
fn a_run_is_no_step_of_itself() {
    let mut hands = Hands::of(vec![does("again", Does::Runbook, plain()), manual("look")]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let work = HubWork::Run { runbook: RunbookName::parse("payments/book").unwrap(), parameters: BTreeMap::new() };
    hands.work(RunWork::Read { run: RunId(1), step: id("again"), work }).unwrap();
    assert_eq!(hands.settled(1, "again"), Some(Settling::Failed));
    assert_eq!(hands.kernel.world.last_run(), RunId(1));
}

#[test]
fn people_agree_to_what_they_saw_and_never_to_their_own() {
    let mut hands = Hands::of(vec![machine("one", two_of_payments()), manual("look")]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    let input = RunbookHash::of("one");
    let agree = |input: &RunbookHash| RunAction::Approve { step: id("one"), input: input.clone() };
    assert_eq!(hands.act("dana", 1, agree(&input)).unwrap_err().code(), "may_not_agree");
    assert_eq!(hands.act("nadia", 1, agree(&RunbookHash::of("else"))).unwrap_err().code(), "changed");
    assert_eq!(hands.act("stranger", 1, agree(&input)).unwrap_err().code(), "lacks_role");
    hands.act("nadia", 1, agree(&input)).unwrap();
    assert_eq!(hands.act("nadia", 1, agree(&input)).unwrap_err().code(), "may_not_agree");
    assert!(hands.lease(&[], 9).is_empty(), "one of two agreed");
    hands.act("ines", 1, agree(&input)).unwrap();
    assert_eq!(hands.lease(&[], 9).len(), 1);
}

#[test]
fn agreement_that_does_not_come_halts_the_run() {
    let mut hands = Hands::of(vec![machine("one", two_of_payments()), manual("look")]);
    hands.start("book", Pace::ByItself, false);
    hands.prepare();
    hands.now += 3_600;
    hands.kernel.until(hands.now());
    assert_eq!((hands.state(1, "one"), hands.run(1).unwrap().course), (None, Course::Paused));
    hands.act("dana", 1, RunAction::Execute { step: id("one") }).unwrap();
    hands.prepare();
    hands.act("nadia", 1, RunAction::Decline { step: id("one"), text: "not now".into() }).unwrap();
    assert_eq!((hands.state(1, "one"), hands.run(1).unwrap().course), (None, Course::Paused));
}
