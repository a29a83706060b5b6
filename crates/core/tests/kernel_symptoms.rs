//! Symptoms: who hears which case explains a page, and who is paged when a case is none any more.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod kernel_support;

use std::collections::BTreeSet;
use std::sync::Arc;

use kernel_support::{Kernel, at, catalog, signal};
use wheelhouse_core::case::{CaseId, MessageId, Severity, Urgency};
use wheelhouse_core::catalog::{Catalog, Contact, Dependency, Dependents, Escalation, Step, Strength, Target, Team};
use wheelhouse_core::drill::Drill;
use wheelhouse_core::kernel::{CaseAction, CatalogChange, HeldDrill, Outcome, SilenceRequest, What};
use wheelhouse_core::name::{DrillName, EscalationName, PersonName, ServiceName, TeamName};
use wheelhouse_core::notify::{ContactKind, Purpose, Recipient, Stage};
use wheelhouse_core::record::{Actor, Fact, Why};
use wheelhouse_core::signal::Signal;
use wheelhouse_core::silence::Matcher;
use wheelhouse_core::time::Duration;
use wheelhouse_core::{Context, advance, next_due};

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
    kernel.until(at(120));
    assert!(is_paged(&kernel, first) && !is_paged(&kernel, second));
    assert_eq!(kernel.world.case(second).unwrap().symptom.unwrap().release_at, Some(at(180)));
    kernel.until(at(180));
    assert!(is_paged(&kernel, second) && kernel.world.case(second).unwrap().symptom.is_none());
}

#[test]
fn of_what_outlives_its_root_each_team_is_paged_for_one_at_a_time() {
    let mut kernel = Kernel::of(below("nadia"));
    let root = kernel.tell(at(0), signal(1, 0, false, true, at(0))).unwrap();
    let first = kernel.tell(at(10), signal(1, 1, false, true, at(10))).unwrap();
    let second = kernel.tell(at(11), signal(1, 2, false, true, at(11))).unwrap();
    kernel.tell(at(60), signal(1, 0, false, false, at(60)));
    assert!(kernel.world.case(root).unwrap().state.is_resolved());
    let is_paged = |kernel: &Kernel, case| kernel.world.case(case).unwrap().escalation.is_some();
    kernel.until(at(360));
    assert!(is_paged(&kernel, first) && !is_paged(&kernel, second));
    kernel.until(at(419));
    assert!(!is_paged(&kernel, second), "its turn has not come");
    kernel.until(at(420));
    assert!(is_paged(&kernel, second) && kernel.world.case(second).unwrap().symptom.is_none());
}

/// The same, after the clock has jumped over all of their turns.
#[test]
fn turns_that_a_jump_of_the_clock_leaves_behind_are_turns_again() {
    let mut kernel = Kernel::of(below("nadia"));
    kernel.tell(at(0), signal(1, 0, false, true, at(0)));
    let first = kernel.tell(at(10), signal(1, 1, false, true, at(10))).unwrap();
    let second = kernel.tell(at(11), signal(1, 2, false, true, at(11))).unwrap();
    kernel.tell(at(60), signal(1, 0, false, false, at(60)));
    while let plan = advance(&kernel.world, 1, &Context::at(at(10_000)))
        && !plan.is_empty()
    {
        plan.entries.iter().for_each(|entry| _ = kernel.world.apply(entry));
    }
    let case = |case| kernel.world.case(case).unwrap();
    assert!(case(first).escalation.is_some());
    assert_eq!(case(second).symptom.unwrap().release_at, Some(at(10_060)));
}

/// `service-2` needs `service-1`, whose team is paged for the worst alone, and that one `service-0` until it is moved.
fn chain(moved: bool) -> Catalog {
    let mut catalog = below("nadia");
    let name = |number: u8| ServiceName::new(&format!("service-{number}")).unwrap();
    let on = |number| vec![Dependency { service: name(number), strength: Strength::Hard }];
    let payments = catalog.services[&name(0)].team.clone();
    catalog.escalations.get_mut(&EscalationName::new("forms").unwrap()).unwrap().from = Severity::Sev1;
    catalog.services.get_mut(&name(1)).unwrap().depends_on = if moved { Vec::new() } else { on(0) };
    let last = catalog.services.get_mut(&name(2)).unwrap();
    (last.depends_on, last.team) = (on(1), payments);
    catalog.dependents = Dependents::of(&catalog.services);
    catalog.version = if moved { "2" } else { "1" }.repeat(64);
    catalog
}

/// A case may follow from one that follows from another. Nobody forgets it when that one loses whoever had it, or
/// stands for itself and is not bad enough for anybody to be paged.
#[test]
fn what_follows_from_a_symptom_waits_as_long_as_that_one_and_no_longer() {
    let mut kernel = Kernel::of(chain(false));
    let warning =
        |service, fires, now| Signal { urgency: Urgency::Warning, ..signal(1, service, false, fires, at(now)) };
    let root = kernel.tell(at(0), warning(0, true, 0)).unwrap();
    kernel.act(at(1), "dana", root, CaseAction::Acknowledge);
    let middle = kernel.tell(at(10), warning(1, true, 10)).unwrap();
    kernel.act(at(20), "nadia", middle, CaseAction::Acknowledge);
    let (catalog, change) = (Arc::new(chain(true)), CatalogChange::default());
    kernel.command(at(30), Actor::Hub, What::Adopt { catalog, time_zones: "bundled".into(), change });
    let last = kernel.tell(at(40), warning(2, true, 40)).unwrap();
    let root_of = |kernel: &Kernel, case| kernel.world.case(case).unwrap().symptom.map(|symptom| symptom.root);
    assert_eq!((root_of(&kernel, middle), root_of(&kernel, last)), (Some(root), Some(middle)));

    kernel.act(at(7_000), "dana", root, CaseAction::Note("still on it".into()));
    kernel.until(at(7_300));
    let is_open = |kernel: &Kernel, case| kernel.world.case(case).unwrap().state.wants_acknowledgement();
    assert!(is_open(&kernel, middle), "nadia's acknowledgement has lapsed");
    assert_eq!(root_of(&kernel, last), Some(middle), "which rests on what dana has");

    kernel.tell(at(7_400), warning(0, false, 7_400));
    kernel.until(at(7_700));
    let case = |case| kernel.world.case(case).unwrap();
    assert!(case(middle).symptom.is_none() && case(middle).escalation.is_none(), "nobody is paged for it");
    assert!(case(last).symptom.is_none() && case(last).escalation.is_some(), "so somebody is for this one");
}

fn fires(urgency: Urgency, alert: u8, service: u8, now: i64) -> Signal {
    Signal { urgency, ..signal(alert, service, false, true, at(now)) }
}

/// Those affected have heard of the root, and that it is over. That something of which they know nothing has another
/// severity now tells them less than that it is not over.
#[test]
fn what_becomes_too_bad_for_a_root_that_is_over_is_told_as_what_goes_on() {
    let by_a_consequence = |kernel: &mut Kernel, _: CaseId| _ = kernel.tell(at(80), fires(Urgency::Critical, 1, 2, 80));
    let by_itself = |kernel: &mut Kernel, _: CaseId| _ = kernel.tell(at(80), fires(Urgency::Critical, 3, 1, 80));
    let by_a_person = |kernel: &mut Kernel, middle| {
        kernel.act(at(80), "nadia", middle, CaseAction::SetSeverity(Severity::Sev1));
    };
    let ways: [fn(&mut Kernel, CaseId); 3] = [by_a_consequence, by_itself, by_a_person];
    for make_worse in ways {
        let mut kernel = Kernel::of(chain(false));
        let root = kernel.tell(at(0), fires(Urgency::Error, 1, 0, 0)).unwrap();
        let middle = kernel.tell(at(10), fires(Urgency::Warning, 1, 1, 10)).unwrap();
        kernel.act(at(20), "nadia", middle, CaseAction::Acknowledge);
        kernel.tell(at(60), signal(1, 0, false, false, at(60)));
        kernel.tell(at(70), fires(Urgency::Error, 2, 1, 70));
        assert_eq!(kernel.world.case(middle).unwrap().symptom.unwrap().root, root, "which is over, and as bad");
        make_worse(&mut kernel, middle);
        let case = kernel.world.case(middle).unwrap();
        assert!(case.symptom.is_none() && case.severity == Severity::Sev1);
        let told = kernel.entries.iter().filter_map(|entry| match &entry.fact {
            Fact::MessageQueued { message, purpose: Purpose::Told { stage, .. }, .. } if message.case == middle => {
                Some(*stage)
            }
            _ => None,
        });
        assert_eq!(told.collect::<BTreeSet<_>>(), BTreeSet::from([Stage::GoesOn]));
    }
}

#[test]
fn what_follows_from_a_case_that_is_closed_with_it_waits_for_nothing() {
    let mut catalog = below("nadia");
    let (name, team) = (DrillName::new("one").unwrap(), TeamName::new("forms").unwrap());
    let drill =
        Drill { name: name.clone(), team, summary: None, source: None, signals: Vec::new(), expect: Vec::new() };
    catalog.drills.insert(name.clone(), drill);
    let mut kernel = Kernel::of(catalog);
    // The consequence has the smaller number: it was there first.
    let symptom = kernel.tell(at(1), signal(0, 1, true, true, at(1))).unwrap();
    let root = kernel.tell(at(2), signal(0, 0, true, true, at(2))).unwrap();
    assert_eq!(kernel.world.case(symptom).unwrap().symptom.unwrap().root, root);
    let held = HeldDrill {
        drill: name,
        started_at: at(1),
        met: 1,
        missed: 0,
        cases: BTreeSet::from([symptom, root]),
        account: "met".into(),
        run: None,
    };
    kernel.command(at(60), Actor::Hub, What::HoldDrill(Box::new(held)));
    for case in [symptom, root] {
        let case = kernel.world.case(case).unwrap();
        assert!(case.retired && case.symptom.is_none(), "{case:?}");
    }
    let later = next_due(&kernel.world);
    assert!(later.is_none(), "{later:?}");
}
