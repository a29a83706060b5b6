//! A severity that a person set is not overruled by a run that no person began.

use wheelhouse_core::case::{CaseId, Severity, SeveritySetBy};
use wheelhouse_core::kernel::CaseAction;
use wheelhouse_core::record::{RunCause, Why};

use super::kernel_support::signal;
use super::*;

fn says(to: Severity) -> HubWork {
    HubWork::Case(Box::new(CaseAction::SetSeverity(to)))
}

/// A case of signals, and a run for it by itself that `by` begins, whose first step is a word on the case.
fn begun(by: Actor) -> (Hands, CaseId) {
    let mut hands = Hands::of(vec![does("grade", Does::Case, plain()), manual("look")]);
    let case = hands.kernel.tell(at(0), signal(1, 0, false, true, at(0))).unwrap();
    let request = RunRequest {
        runbook: RunbookName::parse("payments/book").unwrap(),
        version: None,
        case: Some(case),
        drill: false,
        parameters: BTreeMap::new(),
        pace: Pace::ByItself,
        undo_on_failure: false,
        dry_run: false,
    };
    hands.try_it(by, What::StartRun(Box::new(request))).unwrap();
    hands.prepare();
    (hands, case)
}

fn grade(hands: &mut Hands, case: CaseId) -> (Severity, Settling, Option<RunCause>) {
    let other = |severity| if severity == Severity::Sev1 { Severity::Sev2 } else { Severity::Sev1 };
    let to = other(hands.kernel.world.case(case).unwrap().severity);
    hands.work(RunWork::Read { run: RunId(1), step: id("grade"), work: says(to) }).unwrap();
    let run = hands.kernel.world.run(RunId(1)).unwrap();
    let how = run.step(&id("grade")).unwrap().settled.as_ref().unwrap().how;
    let settled = hands.kernel.entries.iter().rev().find_map(|entry| match (&entry.fact, &entry.why) {
        (Fact::Run(part), Some(Why::InRun { because })) if matches!(part.what, RunHappening::StepSettled { .. }) => {
            Some(because.clone())
        }
        _ => None,
    });
    (hands.kernel.world.case(case).unwrap().severity, how, settled)
}

#[test]
fn a_run_that_nobody_began_leaves_a_persons_severity_and_says_so() {
    let (mut hands, case) = begun(Actor::Hub);
    hands.kernel.act(hands.now(), "dana", case, CaseAction::SetSeverity(Severity::Sev3));
    assert_eq!(hands.kernel.world.case(case).unwrap().severity_set_by, SeveritySetBy::Person);
    let (severity, how, cause) = grade(&mut hands, case);
    assert_eq!((severity, how, cause.clone()), (Severity::Sev3, Settling::Skipped, Some(RunCause::SetByPerson)));
    let words = cause.unwrap().to_string();
    assert_eq!(words, "a person set the severity of the case, and a run that no person began leaves it so");
    assert!(hands.kernel.world.run(RunId(1)).is_some_and(|run| !run.course.is_paused()), "it goes on");
}

#[test]
fn it_sets_what_signals_said() {
    let (mut hands, case) = begun(Actor::Hub);
    let before = hands.kernel.world.case(case).unwrap().severity;
    let (severity, how, _) = grade(&mut hands, case);
    assert!(severity != before);
    assert_eq!(how, Settling::Done);
}

#[test]
fn a_run_that_a_person_began_may() {
    let (mut hands, case) = begun(person("dana"));
    hands.kernel.act(hands.now(), "dana", case, CaseAction::SetSeverity(Severity::Sev3));
    let (severity, how, _) = grade(&mut hands, case);
    assert_eq!((severity, how), (Severity::Sev1, Settling::Done));
}
