//! What is said of a case beside the case: who was paged, who is next, when the next word is due, key events.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use kernel_support::{Kernel, at, catalog, signal};
use wheelhouse_core::affected::{Part, Standing, affected, picture};
use wheelhouse_core::case::{CaseId, Moment, Severity};
use wheelhouse_core::catalog::{Audience, Contact, Dependency, Dependents, Stakeholder, Strength, Target};
use wheelhouse_core::escalation::{ahead, paged_for};
use wheelhouse_core::kernel::{CaseAction, Command, Refusal, What};
use wheelhouse_core::name::{AudienceName, PersonName, ServiceName};
use wheelhouse_core::record::Actor;
use wheelhouse_core::{Context, decide};

fn kernel() -> (Kernel, CaseId) {
    let mut catalog = catalog(&[0, 600], 1);
    let press = AudienceName::new("press").unwrap();
    let contacts = vec![Contact::Email("press@harbor.example".into())];
    let audience = Audience { name: press.clone(), summary: None, contacts, people: Vec::new() };
    catalog.audiences.insert(press.clone(), audience);
    let name = |number: u8| ServiceName::new(&format!("service-{number}")).unwrap();
    let service = catalog.services.get_mut(&name(0)).unwrap();
    service.stakeholders.push(Stakeholder { audience: press, from: Severity::Sev4 });
    service.depends_on.push(Dependency { service: name(1), strength: Strength::Hard });
    let third = catalog.services.get_mut(&name(2)).unwrap();
    third.depends_on.push(Dependency { service: name(0), strength: Strength::Soft });
    catalog.dependents = Dependents::of(&catalog.services);
    let mut kernel = Kernel::of(catalog);
    let case = kernel.tell(at(1), signal(0, 0, false, true, at(1))).unwrap();
    (kernel, case)
}

fn people(names: &[PersonName]) -> Vec<&str> {
    names.iter().map(PersonName::as_str).collect()
}

#[test]
fn who_was_paged_and_who_is_next_follow_the_escalation() {
    let (mut kernel, case) = kernel();
    let known = kernel.world.case(case).unwrap();
    let (paged, catalog) = (known.paged.clone().unwrap(), kernel.world.catalog().unwrap().clone());
    assert_eq!((paged.at, people(&paged.people)), (at(1), vec!["dana"]));
    let next = ahead(&catalog, known).unwrap();
    assert_eq!((next.due_at, people(&next.people), next.parked), (at(601), vec!["nadia"], false));
    kernel.until(at(601));
    let known = kernel.world.case(case).unwrap();
    assert_eq!(people(&known.paged.as_ref().unwrap().people), ["nadia"]);
    kernel.act(at(700), "dana", case, CaseAction::Acknowledge);
    assert_eq!(ahead(&catalog, kernel.world.case(case).unwrap()), None, "nobody is next");
    let steps = paged_for(&catalog, &catalog.services[&ServiceName::new("service-0").unwrap()], at(0));
    let names: Vec<_> = steps.iter().map(|(after, step)| (after.as_seconds(), people(&step.people))).collect();
    assert_eq!(names, [(0, vec!["dana"]), (600, vec!["nadia"])]);
}

#[test]
fn whoever_is_paged_twice_at_one_instant_is_named_once() {
    let (mut kernel, case) = kernel();
    let target = Target::Person(PersonName::new("dana").unwrap());
    kernel.act(at(1), "nadia", case, CaseAction::Page(target));
    let paged = kernel.world.case(case).unwrap().paged.clone().unwrap();
    assert_eq!((paged.at, people(&paged.people)), (at(1), vec!["dana"]));
}

#[test]
fn the_next_word_is_due_so_long_after_the_last_one() {
    let (mut kernel, case) = kernel();
    let due = |kernel: &Kernel| kernel.world.case(case).unwrap().update_due_at();
    assert_eq!(kernel.world.case(case).unwrap().severity, Severity::Sev1);
    assert_eq!(due(&kernel), Some(at(1 + 30 * 60)));
    kernel.act(at(100), "dana", case, CaseAction::Update("we look".into()));
    assert_eq!(due(&kernel), Some(at(100 + 30 * 60)));
    kernel.act(at(200), "dana", case, CaseAction::SetSeverity(Severity::Sev2));
    assert_eq!(due(&kernel), Some(at(100 + 60 * 60)));
    kernel.act(at(300), "dana", case, CaseAction::SetSeverity(Severity::Sev4));
    assert_eq!(due(&kernel), None, "nobody waits for word of the least");
    kernel.act(at(400), "dana", case, CaseAction::SetSeverity(Severity::Sev3));
    kernel.act(at(500), "dana", case, CaseAction::Resolve { at: None, text: None });
    assert_eq!(due(&kernel), None, "it is over");
    kernel.act(at(600), "dana", case, CaseAction::Reopen(None));
    assert_eq!(due(&kernel), Some(at(500 + 240 * 60)), "whoever was told that it is over has heard a word");
}

#[test]
fn a_key_event_is_of_this_case_and_overwrites_nobodys_edit() {
    let (mut kernel, case) = kernel();
    let mark = |entry, about, key| CaseAction::KeyEvent { entry, about, key };
    let revision = kernel.world.case(case).unwrap().revision;
    kernel.act(at(10), "dana", case, mark(7, Some(case), true));
    let known = kernel.world.case(case).unwrap();
    assert_eq!((known.key_events.iter().copied().collect::<Vec<_>>(), known.revision), (vec![7], revision));
    let refused = |kernel: &Kernel, action| {
        let actor = Actor::Person(PersonName::new("dana").unwrap());
        let what = What::Case { case, revision: None, action };
        let command = Command { actor, policies: Vec::new(), judged_under: None, what };
        decide(&kernel.world, &command, &Context::at(at(20))).unwrap_err()
    };
    let other = CaseId { number: case.number + 1, ..case };
    for action in
        [mark(7, Some(case), true), mark(8, Some(case), false), mark(8, Some(other), true), mark(8, None, true)]
    {
        assert!(matches!(refused(&kernel, action), Refusal::Invalid { field: "entry", .. }));
    }
    for entry in 100..299 {
        kernel.act(at(30), "dana", case, mark(entry, Some(case), true));
    }
    assert!(matches!(refused(&kernel, mark(300, Some(case), true)), Refusal::Full { what: "key events", .. }));
    kernel.act(at(40), "dana", case, mark(7, Some(case), false));
    assert!(!kernel.world.case(case).unwrap().key_events.contains(&7));
}

#[test]
fn a_picture_has_what_is_taken_along_and_what_is_called() {
    let (kernel, case) = kernel();
    let catalog = kernel.world.catalog().unwrap();
    let known = kernel.world.case(case).unwrap();
    assert!(known.instants.get(Moment::Opened).is_some());
    let name = |number: u8| ServiceName::new(&format!("service-{number}")).unwrap();
    let reached = affected(catalog, &name(0), known.severity);
    let drawn = picture(catalog, &reached, &[name(0)].into_iter().collect());
    let parts: Vec<_> = drawn.nodes.iter().map(|node| (node.service.clone(), node.part)).collect();
    assert_eq!(parts, [(name(0), Part::Own), (name(2), Part::Affected), (name(1), Part::Upstream)]);
    let edges: Vec<_> = drawn.edges.iter().map(|edge| (&edge.from, &edge.to, edge.strength)).collect();
    assert_eq!(edges, [(&name(0), &name(1), Strength::Hard), (&name(2), &name(0), Strength::Soft)]);
    assert_eq!(drawn.left_out, 0);
    let standing = |node: usize, has, over| Standing::of(&drawn.nodes[node], has, over);
    assert_eq!(
        [standing(0, true, false), standing(1, false, false), standing(1, false, true), standing(2, false, false)],
        [Standing::Incident, Standing::Affected, Standing::Fine, Standing::Fine]
    );
}
