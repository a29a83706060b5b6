//! What was written in a run that was for no case is erased by itself.

use wheelhouse_core::case::CaseId;
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::record::{ErasableRun, HoldScope, RunErased};

use super::*;

fn erase(run: u64, case: Option<&str>) -> What {
    let runbook = RunbookName::parse("payments/book").unwrap();
    let case = case.map(|case| CaseId::parse(case).unwrap());
    let found = ErasableRun { run: RunId(run), runbook, case, drill: false, bodies: 3, files: 2 };
    What::EraseRun { found: Arc::new(found), reason: " asked for by the person ".into() }
}

fn refused(hands: &mut Hands, what: What) -> Refusal {
    hands.try_it(person("nadia"), what).unwrap_err()
}

#[test]
fn a_run_is_erased_when_it_is_over_and_no_hold_covers_it() {
    let mut about = book("book", vec![manual("look")]);
    let service = ServiceName::new("service-0").unwrap();
    about.front.services = vec![service.clone()];
    let mut hands = Hands::with(vec![about]);
    assert_eq!(refused(&mut hands, erase(1, None)), Refusal::NoSuchRun(RunId(1)));
    hands.start("book", Pace::ByHand, false);
    assert_eq!(refused(&mut hands, erase(1, None)), Refusal::RunNotOver(RunId(1)));
    hands.act("dana", 1, RunAction::Stop { text: None }).unwrap();
    // What was for a case goes with the case.
    let of_case = refused(&mut hands, erase(1, Some("INC-17")));
    assert!(of_case.to_string().contains("RUN-1 was for INC-17"), "{of_case}");
    // On everything, or on a service that its runbook is about.
    for hold in [HoldScope::Everything, HoldScope::Service(service)] {
        hands.try_it(person("nadia"), What::SetHold { hold: hold.clone(), reason: "a claim".into() }).unwrap();
        let held = refused(&mut hands, erase(1, None));
        assert_eq!(held.code(), "held");
        assert!(held.to_string().starts_with("nothing of RUN-1 may be erased: "), "{held}");
        hands.try_it(person("nadia"), What::LiftHold { hold, reason: "it is settled".into() }).unwrap();
    }
    let other = HoldScope::Service(ServiceName::new("service-1").unwrap());
    hands.try_it(person("nadia"), What::SetHold { hold: other, reason: "another claim".into() }).unwrap();
    hands.try_it(person("nadia"), erase(1, None)).unwrap();
    let entry = hands.kernel.entries.last().unwrap();
    assert_eq!(entry.fact, Fact::RunErased(RunErased { run: RunId(1), bodies: 3, files: 2 }));
    assert_eq!((entry.subject, entry.fact.run()), (None, Some(RunId(1))));
    assert_eq!(entry.body.as_ref().unwrap()["reason"], "asked for by the person");
}
