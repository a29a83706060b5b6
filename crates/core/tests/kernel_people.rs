//! What people do to cases: handing them over, and linking them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod kernel_support;

use kernel_support::{Kernel, at, catalog, signal};
use wheelhouse_core::case::{Case, CaseId, CaseKind, Link, Relation, State};
use wheelhouse_core::catalog::{Catalog, Team};
use wheelhouse_core::kernel::{CaseAction, Command, Refusal, What};
use wheelhouse_core::name::{PersonName, TeamName};
use wheelhouse_core::notify::Purpose;
use wheelhouse_core::record::{Actor, Fact};
use wheelhouse_core::{Context, decide, needs};

/// A second team with the same escalation, and these people.
fn with_ledger(members: &[&str]) -> Catalog {
    let mut catalog = catalog(&[0, 600], 1);
    let name = team("ledger");
    let members = members.iter().map(|name| PersonName::new(name).unwrap()).collect();
    let ledger = Team { name: name.clone(), members, ..catalog.teams[&team("payments")].clone() };
    catalog.teams.insert(name, ledger);
    catalog
}

fn team(name: &str) -> TeamName {
    TeamName::new(name).unwrap()
}

/// A case that dana has taken, and what has become of it when she gives it to a team.
fn handed(members: &[&str], to: &str) -> (Case, usize) {
    let mut kernel = Kernel::of(with_ledger(members));
    let case = kernel.tell(at(0), signal(1, 0, false, true, at(0))).unwrap();
    kernel.act(at(60), "dana", case, CaseAction::Acknowledge);
    let before = kernel.entries.len();
    kernel.act(at(120), "dana", case, CaseAction::AssignTeam(team(to), None));
    let queued = |fact: &Fact| matches!(fact, Fact::MessageQueued { purpose: Purpose::Page, .. });
    let pages = kernel.entries[before..].iter().filter(|entry| queued(&entry.fact)).count();
    (kernel.world.case(case).unwrap().clone(), pages)
}

#[test]
fn another_team_is_paged_for_what_the_first_one_had_taken() {
    let (case, pages) = handed(&["nadia"], "ledger");
    assert_eq!((&case.state, &case.owner, pages), (&State::Open, &None, 1));
    assert!(case.escalation.is_some() && case.acknowledgement_lapses_at.is_none());
    assert_eq!(case.open_since, Some(at(120)), "its people are not late for what they had not heard of");
}

#[test]
fn whoever_is_of_the_other_team_keeps_the_case_and_wakes_nobody() {
    for (members, to) in [(&["nadia", "dana"][..], "ledger"), (&["nadia"], "payments")] {
        let (case, pages) = handed(members, to);
        assert!(matches!(case.state, State::Acknowledged { .. }), "{:?}", case.state);
        assert_eq!((case.owner.as_ref().unwrap().as_str(), pages), ("dana", 0));
    }
}

#[test]
fn only_a_case_that_there_is_can_be_linked() {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(0), signal(1, 0, false, true, at(0))).unwrap();
    let other = kernel.tell(at(1), signal(1, 1, false, true, at(1))).unwrap();
    let nowhere = CaseId { kind: CaseKind::Incident, number: 99 };
    let link = |to| CaseAction::Link(Link { relation: Relation::Related, case: Some(to), url: None });
    let command = |to| {
        let (actor, what) = (Actor::Hub, What::Case { case, revision: None, action: link(to) });
        Command { actor, policies: Vec::new(), judged_under: None, what }
    };
    assert!(needs(&kernel.world, &command(nowhere)).cases.contains(&nowhere), "it may be over, and not in memory");
    let refused = decide(&kernel.world, &command(nowhere), &Context::at(at(2))).unwrap_err();
    assert!(matches!(refused, Refusal::Invalid { field: "link", .. }), "{refused:?}");
    assert!(refused.to_string().contains("there is no INC-99"), "{refused}");
    kernel.act(at(3), "dana", case, link(other));
    assert_eq!(kernel.world.case(case).unwrap().links.len(), 1);
}
