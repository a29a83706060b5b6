//! What may be erased, what forbids it, and what stays.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use std::sync::Arc;

use kernel_support::{Kernel, at, signal};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::catalog::Target;
use wheelhouse_core::kernel::{CaseAction, Command, Outcome, Plan, Refusal, What};
use wheelhouse_core::name::{PersonName, ServiceName};
use wheelhouse_core::notify::ContactKind;
use wheelhouse_core::record::{Actor, Entry, Erasable, Erased, Fact, HoldScope};
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::{Context, decide};

const REASON: &str = "asked for by the person";

fn asked(kernel: &Kernel, now: Timestamp, what: What) -> Result<Plan, Refusal> {
    let actor = Actor::Person(PersonName::new("nadia").unwrap());
    let command = Command { actor, policies: vec!["data-protection-erases".into()], judged_under: None, what };
    decide(&kernel.world, &command, &Context::at(now))
}

fn erase(case: CaseId, found: &Erasable) -> What {
    What::Erase { case, reason: REASON.into(), found: Arc::new(found.clone()) }
}

fn apply(kernel: &mut Kernel, entries: Vec<Entry>) {
    for entry in entries {
        kernel.world.apply(&entry);
    }
}

/// A case that was written in and is over, with nothing under way.
fn over() -> (Kernel, CaseId, Erasable) {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(0), signal(1, 0, false, true, at(0))).unwrap();
    kernel.act(at(1), "dana", case, CaseAction::Acknowledge);
    kernel.act(at(2), "dana", case, CaseAction::Update("we wrote to Mr X".into()));
    kernel.tell(at(3), signal(1, 0, false, false, at(3)));
    let waiting: Vec<_> = kernel.world.messages_of(case).map(|message| message.id).collect();
    for message in waiting {
        let outcome = Outcome::Accepted { answer: "250 Mr X, Ok".into() };
        let contact = Some(ContactKind::Email);
        kernel.command(at(4), Actor::Hub, What::Attempted { message, contact, repeated: false, outcome });
    }
    let found = Erasable { members: 1, journals: vec![2, 3], bodies: 4, ..Erasable::default() };
    (kernel, case, found)
}

#[test]
fn what_was_written_goes_and_what_happened_stays() {
    let (mut kernel, case, found) = over();
    let before = kernel.world.case(case).unwrap().clone();
    let plan = asked(&kernel, at(10), erase(case, &found)).unwrap();
    assert_eq!(plan.entries.len(), 1);
    assert_eq!(plan.entries[0].fact, Fact::Erased(Erased { bodies: 4, signals: 1, journals: 2, answers: 0, files: 0 }));
    assert_eq!(plan.entries[0].policies, ["data-protection-erases"]);
    apply(&mut kernel, plan.entries);
    let after = kernel.world.case(case).unwrap();
    let erasure = after.erased.as_ref().unwrap();
    assert_eq!((erasure.at, erasure.reason.as_str()), (at(10), REASON));
    assert_eq!((after.title.as_str(), &after.last_update), ("", &None));
    assert_eq!((&after.state, &after.instants, &after.involved), (&before.state, &before.instants, &before.involved));
}

#[test]
fn nothing_is_erased_of_what_is_not_over_or_has_moved_on() {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(0), signal(1, 0, false, true, at(0))).unwrap();
    let found = Erasable { members: 1, firing: 1, ..Erasable::default() };
    let refused = asked(&kernel, at(1), erase(case, &found)).unwrap_err();
    assert_eq!(refused, Refusal::NotOver { case, what: "it is not resolved" });
    kernel.act(at(2), "dana", case, CaseAction::Resolve { at: None, text: None });
    let refused = asked(&kernel, at(3), erase(case, &found)).unwrap_err();
    assert_eq!(refused, Refusal::NotOver { case, what: "signals of it still fire" });
    kernel.tell(at(4), signal(1, 0, false, false, at(4)));
    kernel.act(at(5), "dana", case, CaseAction::Page(Target::Person(PersonName::new("ines").unwrap())));
    let refused = asked(&kernel, at(6), erase(case, &found)).unwrap_err();
    assert_eq!(refused, Refusal::NotOver { case, what: "messages about it are still under way" });

    let (kernel, case, found) = over();
    let older = Erasable { members: 2, ..found };
    assert_eq!(asked(&kernel, at(10), erase(case, &older)).unwrap_err(), Refusal::Stale);
    let without = What::Erase { case, reason: " ".into(), found: Arc::new(older) };
    assert!(matches!(asked(&kernel, at(10), without), Err(Refusal::Invalid { field: "reason", .. })));
}

#[test]
fn a_hold_forbids_until_it_is_lifted() {
    let (kernel, case, found) = over();
    let service = ServiceName::new("service-0").unwrap();
    for scope in [HoldScope::Case(case), HoldScope::Service(service), HoldScope::Everything] {
        let mut kernel = Kernel { world: kernel.world.clone(), entries: Vec::new() };
        let set = What::SetHold { hold: scope.clone(), reason: "a claim".into() };
        let entries = asked(&kernel, at(10), set.clone()).unwrap().entries;
        apply(&mut kernel, entries);
        assert!(asked(&kernel, at(10), set).unwrap().entries.is_empty(), "it stands already");
        let refused = asked(&kernel, at(11), erase(case, &found)).unwrap_err();
        assert!(matches!(&refused, Refusal::Held { shared_with: None, hold, .. } if hold.scope == scope));
        assert!(refused.to_string().contains("a claim"), "{refused}");
        let lift = What::LiftHold { hold: scope.clone(), reason: "settled".into() };
        let entries = asked(&kernel, at(12), lift.clone()).unwrap().entries;
        apply(&mut kernel, entries);
        assert!(asked(&kernel, at(13), erase(case, &found)).is_ok());
        assert_eq!(asked(&kernel, at(13), lift).unwrap_err(), Refusal::NoSuchHold(scope));
    }
}

#[test]
fn a_hold_on_a_case_keeps_the_journals_that_it_shares() {
    let (mut kernel, case, mut found) = over();
    let other = kernel.tell(at(20), signal(1, 1, false, true, at(20))).unwrap();
    let set = What::SetHold { hold: HoldScope::Case(other), reason: "a claim".into() };
    let entries = asked(&kernel, at(21), set).unwrap().entries;
    apply(&mut kernel, entries);
    assert!(asked(&kernel, at(22), erase(case, &found)).is_ok(), "they share nothing");
    found.sharing = vec![(other, ServiceName::new("service-1").ok())];
    let refused = asked(&kernel, at(22), erase(case, &found)).unwrap_err();
    assert!(matches!(refused, Refusal::Held { shared_with: Some(shared), .. } if shared == other));
}

#[test]
fn what_was_erased_stays_over_and_what_fires_again_is_a_case_of_its_own() {
    let (mut kernel, case, found) = over();
    let entries = asked(&kernel, at(10), erase(case, &found)).unwrap().entries;
    apply(&mut kernel, entries);
    let reopen = What::Case { case, revision: None, action: CaseAction::Reopen(None) };
    let refused = asked(&kernel, at(11), reopen).unwrap_err();
    assert!(matches!(refused, Refusal::Invalid { field: "case", .. }), "{refused:?}");
    assert!(refused.to_string().contains("texts were not erased"), "{refused}");
    let next = kernel.tell(at(20), signal(1, 0, false, true, at(20))).unwrap();
    assert_ne!(next, case);
    assert!(kernel.world.case(case).unwrap().state.is_resolved());
}
