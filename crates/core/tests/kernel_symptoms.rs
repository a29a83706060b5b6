//! Symptoms: who hears which case explains a page, and who is paged when a case is none any more.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod kernel_support;

use kernel_support::{Kernel, at, catalog, signal};
use wheelhouse_core::case::{CaseId, MessageId, Severity, Urgency};
use wheelhouse_core::catalog::{Catalog, Contact, Dependency, Dependents, Escalation, Step, Strength, Target, Team};
use wheelhouse_core::kernel::{CaseAction, Outcome, SilenceRequest, What};
use wheelhouse_core::name::{EscalationName, PersonName, ServiceName, TeamName};
use wheelhouse_core::notify::{ContactKind, Purpose, Recipient, Stage};
use wheelhouse_core::record::{Actor, Fact, Why};
use wheelhouse_core::signal::Signal;
use wheelhouse_core::silence::Matcher;
use wheelhouse_core::time::Duration;

/// `service-0` of a team that pages dana; `service-1` and `service-2`, which need it, of one that pages `who`.
fn below(who: &str) -> Catalog {
    let mut catalog = catalog(&[0, 600], 1);
    let (team, escalation) = (TeamName::new("forms").unwrap(), EscalationName::new("forms").unwrap());
    let person = PersonName::new(who).unwrap();
    let step = Step { after: Duration::ZERO, page: vec![Target::Person(person.clone())] };
    let whole = catalog.escalations.values().next().unwrap().clone();
    let own = Escalation { name: escalation.clone(), team: team.clone(), steps: vec![step], ..whole };
    catalog.escalations.insert(escalation.clone(), own);
    let payments = catalog.teams.values().next().unwrap().clone();
    let contacts = vec![Contact::Email("forms@harbor.example".into())];
    let own = Team { name: team.clone(), members: vec![person], contacts, escalation: Some(escalation), ..payments };
    catalog.teams.insert(team.clone(), own);
    for number in [1, 2] {
        let service = catalog.services.get_mut(&ServiceName::new(&format!("service-{number}")).unwrap()).unwrap();
        service.team = team.clone();
        let root = ServiceName::new("service-0").unwrap();
        service.depends_on = vec![Dependency { service: root, strength: Strength::Hard }];
    }
    catalog.dependents = Dependents::of(&catalog.services);
    catalog
}

fn accepted(kernel: &mut Kernel, now: i64, message: MessageId) {
    let (contact, outcome) = (Some(ContactKind::Email), Outcome::Accepted { answer: "250 OK".into() });
    kernel.command(at(now), Actor::Hub, What::Attempted { message, contact, repeated: false, outcome });
}

fn page(case: CaseId) -> MessageId {
    MessageId { case, number: 1 }
}

/// Who hears that a case explains a page, of which case, and for which symptoms.
fn explained(kernel: &Kernel) -> Vec<(CaseId, String, Vec<CaseId>)> {
    let entries = kernel.entries.iter().filter_map(|entry| match (&entry.fact, &entry.why) {
        (
            Fact::MessageQueued {
                message,
                recipient: Recipient::Person(person),
                purpose: Purpose::Informed { stage: Stage::Explains },
                ..
            },
            Some(Why::ExplainsPages { symptoms, .. }),
        ) => Some((message.case, person.to_string(), symptoms.clone())),
        _ => None,
    });
    entries.collect()
}

#[test]
fn one_note_explains_all_that_somebody_was_paged_for() {
    let mut kernel = Kernel::of(below("nadia"));
    let first = kernel.tell(at(0), signal(1, 1, false, true, at(0))).unwrap();
    let second = kernel.tell(at(1), signal(1, 2, false, true, at(1))).unwrap();
    accepted(&mut kernel, 2, page(first));
    accepted(&mut kernel, 3, page(second));
    let root = kernel.tell(at(60), signal(1, 0, false, true, at(60))).unwrap();
    assert_eq!(explained(&kernel), [(root, "nadia".to_owned(), vec![first, second])]);
    kernel.until(at(3_600));
    assert_eq!(explained(&kernel).len(), 1, "and once is enough");
}

#[test]
fn whoever_has_to_do_with_the_cause_or_heard_of_nothing_gets_no_note() {
    let mut kernel = Kernel::of(below("dana"));
    let first = kernel.tell(at(0), signal(1, 1, false, true, at(0))).unwrap();
    accepted(&mut kernel, 2, page(first));
    kernel.tell(at(60), signal(1, 0, false, true, at(60))).unwrap();
    assert_eq!(explained(&kernel), [], "dana is paged for the cause");

    let mut kernel = Kernel::of(below("nadia"));
    kernel.tell(at(0), signal(1, 1, false, true, at(0))).unwrap();
    kernel.tell(at(60), signal(1, 0, false, true, at(60))).unwrap();
    assert_eq!(explained(&kernel), [], "nadia's page was taken back before any channel had it");
}

#[test]
fn a_page_that_crosses_is_explained_as_well() {
    let mut kernel = Kernel::of(below("nadia"));
    let first = kernel.tell(at(0), signal(1, 1, false, true, at(0))).unwrap();
    let root = kernel.tell(at(60), signal(1, 0, false, true, at(60))).unwrap();
    accepted(&mut kernel, 61, page(first));
    assert_eq!(explained(&kernel), [(root, "nadia".to_owned(), vec![first])]);
}

#[test]
fn whoever_a_person_had_paged_hears_of_the_cause_as_well() {
    let mut catalog = below("nadia");
    let forms = EscalationName::new("forms").unwrap();
    catalog.escalations.get_mut(&forms).unwrap().from = Severity::Sev1;
    let mut kernel = Kernel::of(catalog);
    let mild = Signal { urgency: Urgency::Warning, ..signal(1, 1, false, true, at(0)) };
    let symptom = kernel.tell(at(0), mild).unwrap();
    assert!(kernel.world.case(symptom).unwrap().escalation.is_none(), "it is too small to be paged for");
    let ines = PersonName::new("ines").unwrap();
    kernel.act(at(10), "dana", symptom, CaseAction::Page(Target::Person(ines)));
    let page = kernel.world.messages_of(symptom).find(|one| matches!(one.purpose, Purpose::Page)).unwrap().id;
    accepted(&mut kernel, 11, page);
    let root = kernel.tell(at(60), signal(1, 0, false, true, at(60))).unwrap();
    assert_eq!(explained(&kernel), [(root, "ines".to_owned(), vec![symptom])]);
    assert!(kernel.world.case(symptom).unwrap().reached.is_empty(), "and is not told again by another cause");
}

#[test]
fn whoever_was_paged_before_a_silence_hears_of_the_cause_as_well() {
    let mut kernel = Kernel::of(below("nadia"));
    let symptom = kernel.tell(at(0), signal(1, 1, false, true, at(0))).unwrap();
    accepted(&mut kernel, 2, page(symptom));
    let request = SilenceRequest {
        id: None,
        matchers: vec![Matcher::new("service", "service-1", false, false).unwrap()],
        starts_at: at(30),
        ends_at: at(1_000),
        comment: "it is known".into(),
        created_by: String::new(),
        drill: false,
        seen: None,
    };
    let dana = Actor::Person(PersonName::new("dana").unwrap());
    kernel.command(at(30), dana, What::SetSilence(Box::new(request)));
    assert!(kernel.world.case(symptom).unwrap().silenced.is_some());
    let root = kernel.tell(at(60), signal(1, 0, false, true, at(60))).unwrap();
    assert_eq!(explained(&kernel), [(root, "nadia".to_owned(), vec![symptom])]);
    kernel.until(at(3_600));
    assert_eq!(explained(&kernel).len(), 1, "and once is enough, also when the silence is over");
}

#[test]
fn a_team_is_paged_for_one_at_a_time_of_what_its_cause_does_not_explain_any_more() {
    let mut kernel = Kernel::of(below("nadia"));
    let root = kernel.tell(at(0), signal(1, 0, false, true, at(0))).unwrap();
    let first = kernel.tell(at(10), signal(1, 1, false, true, at(10))).unwrap();
    let second = kernel.tell(at(11), signal(1, 2, false, true, at(11))).unwrap();
    kernel.act(at(60), "dana", root, CaseAction::Acknowledge);
    let is_paged = |kernel: &Kernel, case| kernel.world.case(case).unwrap().escalation.is_some();
    kernel.act(at(120), "dana", root, CaseAction::SetSeverity(Severity::Sev4));
    assert!(is_paged(&kernel, first) && !is_paged(&kernel, second));
    assert_eq!(kernel.world.case(second).unwrap().symptom.unwrap().release_at, Some(at(180)));
    kernel.until(at(180));
    assert!(is_paged(&kernel, second) && kernel.world.case(second).unwrap().symptom.is_none());
}
