//! Storms: many alerts of one service, one cause with many consequences, cases that come and go.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod kernel_support;

use std::collections::{BTreeMap, BTreeSet};

use kernel_support::{Kernel, at, catalog, signal};
use wheelhouse_core::case::{Case, CaseId, State};
use wheelhouse_core::catalog::{
    Catalog, Contact, Dependency, Dependents, Escalation, Service, Step, Strength, Target, Team,
};
use wheelhouse_core::kernel::{CaseAction, SilenceRequest, What};
use wheelhouse_core::name::{EscalationName, PersonName, ServiceName, SourceName, TeamName};
use wheelhouse_core::notify::{NotTold, Purpose, Recipient, Stage};
use wheelhouse_core::record::{Actor, Fact, Why};
use wheelhouse_core::signal::{Signal, Status};
use wheelhouse_core::silence::Matcher;
use wheelhouse_core::time::Duration;

/// `service-0`, on which so many others depend by hard edges, each of a team of its own.
fn star(symptoms: usize) -> Catalog {
    let mut catalog = catalog(&[0, 600], 1);
    catalog.organization.notices_settle = Duration::from_seconds(15);
    catalog.services.clear();
    for number in 0..=symptoms {
        let team = TeamName::new(&format!("team-{number}")).unwrap();
        let person = PersonName::new(["dana", "nadia", "ines"][number % 3]).unwrap();
        let escalation = EscalationName::new(&format!("escalation-{number}")).unwrap();
        let service = service(number);
        let root = Dependency { service: self::service(0), strength: Strength::Hard };
        let depends_on = if number == 0 { Vec::new() } else { vec![root] };
        let one = Service {
            name: service.clone(),
            team: team.clone(),
            summary: None,
            tier: 1,
            depends_on,
            stakeholders: Vec::new(),
            matches: Vec::new(),
            escalation: None,
            objectives: BTreeMap::new(),
            links: BTreeMap::new(),
        };
        catalog.services.insert(service, one);
        let whole = catalog.escalations.values().next().unwrap().clone();
        let step = Step { after: Duration::ZERO, page: vec![Target::Person(person.clone())] };
        let own = Escalation { name: escalation.clone(), team: team.clone(), steps: vec![step], ..whole };
        catalog.escalations.insert(escalation.clone(), own);
        let contact = Contact::Email(format!("{team}@harbor.example").into());
        let own = Team {
            name: team.clone(),
            summary: None,
            members: vec![person],
            contacts: vec![contact],
            escalation: Some(escalation),
            roles: Vec::new(),
        };
        catalog.teams.insert(team, own);
    }
    catalog.dependents = Dependents::of(&catalog.services);
    catalog
}

fn service(number: usize) -> ServiceName {
    ServiceName::new(&format!("service-{number}")).unwrap()
}

fn firing(service: usize, now: i64) -> Signal {
    signal(0, u8::try_from(service).unwrap(), false, true, at(now))
}

fn over(service: usize, now: i64) -> Signal {
    signal(0, u8::try_from(service).unwrap(), false, false, at(now))
}

/// Who was paged, and for which case.
fn pages(kernel: &Kernel) -> Vec<(CaseId, Recipient)> {
    let page = |fact: &Fact| match fact {
        Fact::MessageQueued { message, recipient, purpose: Purpose::Page, .. } => {
            Some((message.case, recipient.clone()))
        }
        _ => None,
    };
    kernel.entries.iter().filter_map(|entry| page(&entry.fact)).collect()
}

/// How many notices each recipient was to get, without those that were taken back.
fn notices(kernel: &Kernel) -> BTreeMap<Recipient, usize> {
    let mut left = BTreeMap::new();
    for entry in &kernel.entries {
        match &entry.fact {
            Fact::MessageQueued { message, recipient, purpose: Purpose::Told { .. }, .. } => {
                left.insert(*message, recipient.clone());
            }
            Fact::MessageWithdrawn { message, .. } => drop(left.remove(message)),
            _ => {}
        }
    }
    left.into_values().fold(BTreeMap::new(), |mut counts, recipient| {
        *counts.entry(recipient).or_default() += 1;
        counts
    })
}

fn case(kernel: &Kernel, id: Option<CaseId>) -> &Case {
    kernel.world.case(id.unwrap()).unwrap()
}

#[test]
fn ten_thousand_alerts_of_one_service_are_one_incident_with_as_many_members() {
    let mut kernel = Kernel::new();
    let first = kernel.tell(at(0), signal(0, 0, false, true, at(0))).unwrap();
    let entries = kernel.entries.len();
    for number in 1..10_000u32 {
        let labels =
            [("alertname", "Errors".into()), ("service", "service-0".into()), ("instance", number.to_string())];
        let now = at(i64::from(number) * 60 / 10_000);
        let mut one = signal(0, 0, false, true, now);
        one.labels = labels.into_iter().collect();
        assert_eq!(kernel.tell(now, one), Some(first));
    }
    let case = kernel.world.case(first).unwrap();
    assert_eq!((case.members, case.firing), (10_000, 10_000));
    assert_eq!(kernel.world.cases().count(), 1);
    // Each alert is one change that is merged with the others of its commit; the story of the case does not grow.
    let more = &kernel.entries[entries..];
    assert_eq!(more.len(), 9_999);
    assert!(more.iter().all(|entry| entry.subject.is_none() && matches!(entry.fact, Fact::Signal(_))));
    assert_eq!(pages(&kernel).len(), 1);
}

#[test]
fn one_cause_that_takes_forty_services_down_is_one_incident_and_everybody_hears_once() {
    let mut kernel = Kernel::of(star(40));
    let root = kernel.tell(at(0), firing(0, 0));
    let symptoms: Vec<_> =
        (1..=40).map(|number| kernel.tell(at(number as i64), firing(number, number as i64))).collect();
    kernel.until(at(120));
    assert_eq!(pages(&kernel), [(root.unwrap(), Recipient::Person(PersonName::new("dana").unwrap()))]);
    let notices = notices(&kernel);
    assert_eq!(notices.len(), 40, "{notices:?}");
    assert!(notices.values().all(|count| *count == 1), "{notices:?}");
    for id in &symptoms {
        assert_eq!(case(&kernel, *id).symptom.unwrap().root, root.unwrap());
        assert!(case(&kernel, *id).escalation.is_none());
    }
    assert_eq!(case(&kernel, root).links.len(), 40);
    assert_eq!(kernel.world.symptoms_of(root.unwrap()).count(), 40);
}

#[test]
fn symptoms_that_come_first_follow_the_root_once_it_is_known() {
    let mut kernel = Kernel::of(star(40));
    let symptoms: Vec<_> = (1..=40).map(|number| kernel.tell(at(number as i64 / 4), firing(number, 0))).collect();
    let early = pages(&kernel).len();
    let root = kernel.tell(at(11), firing(0, 11));
    kernel.until(at(290));
    assert_eq!((early, pages(&kernel).len()), (40, 41), "only the root is paged for after it is known");
    let withdrawn = kernel.entries.iter().filter(|entry| matches!(entry.fact, Fact::MessageWithdrawn { .. }));
    let reasons: BTreeSet<String> = withdrawn.filter_map(|entry| Some(entry.why.as_ref()?.to_string())).collect();
    assert!(reasons.iter().any(|why| why.contains("INC-41 is about that")), "{reasons:?}");
    let notices = notices(&kernel);
    assert!(notices.values().all(|count| *count == 1), "{notices:?}");
    for id in symptoms {
        assert_eq!(case(&kernel, id).symptom.map(|symptom| symptom.root), root);
        assert!(case(&kernel, id).escalation.is_none() && case(&kernel, id).state.wants_acknowledgement());
    }
}

#[test]
fn a_symptom_that_outlives_its_root_is_paged_for_and_says_why() {
    let mut kernel = Kernel::of(star(2));
    kernel.tell(at(0), firing(0, 0));
    let (first, second) = (kernel.tell(at(1), firing(1, 1)), kernel.tell(at(2), firing(2, 2)));
    kernel.tell(at(600), over(0, 600));
    kernel.tell(at(700), over(1, 700));
    let before = pages(&kernel).len();
    kernel.until(at(899));
    assert_eq!(pages(&kernel).len(), before);
    kernel.until(at(900));
    assert_eq!(pages(&kernel).len(), before + 1);
    assert!(case(&kernel, first).state.is_resolved());
    assert!(case(&kernel, second).symptom.is_none() && case(&kernel, second).escalation.is_some());
    let why = kernel.entries.iter().filter_map(|entry| entry.why.as_ref());
    let said = why.filter(|why| matches!(why, Why::OutlivedRoot { .. })).count();
    assert_eq!(said, 1);
    let told: Vec<String> = kernel
        .entries
        .iter()
        .filter_map(|entry| match &entry.fact {
            Fact::MessageQueued { recipient, purpose: Purpose::Told { stage: Stage::GoesOn, .. }, .. } => {
                Some(recipient.to_string())
            }
            _ => None,
        })
        .collect();
    assert_eq!(told, ["team team-0"], "whoever owns the cause hears that it was not all");
}

#[test]
fn a_person_may_say_that_it_is_no_symptom() {
    let mut kernel = Kernel::of(star(1));
    kernel.tell(at(0), firing(0, 0));
    let symptom = kernel.tell(at(1), firing(1, 1)).unwrap();
    let link = kernel.world.case(symptom).unwrap().links[0].clone();
    kernel.act(at(60), "nadia", symptom, CaseAction::Unlink(link));
    let case = kernel.world.case(symptom).unwrap();
    assert!(case.symptom.is_none() && case.escalation.is_some() && case.links.is_empty());
    assert_eq!(pages(&kernel).len(), 2);
}

#[test]
fn an_acknowledged_symptom_keeps_its_owner() {
    let mut kernel = Kernel::of(star(1));
    let symptom = kernel.tell(at(0), firing(1, 0)).unwrap();
    kernel.act(at(5), "nadia", symptom, CaseAction::Acknowledge);
    kernel.tell(at(60), firing(0, 60));
    kernel.tell(at(600), over(0, 600));
    kernel.until(at(2_000));
    let case = kernel.world.case(symptom).unwrap();
    assert!(matches!(case.state, State::Acknowledged { .. }), "{:?}", case.state);
    assert_eq!(case.owner.as_ref().unwrap().as_str(), "nadia");
    assert!(case.symptom.is_none());
}

#[test]
fn a_symptom_is_told_of_by_its_root_and_the_record_says_so() {
    let mut kernel = Kernel::of(star(2));
    let root = kernel.tell(at(0), firing(0, 0)).unwrap();
    kernel.tell(at(1), firing(1, 1));
    let said = kernel.entries.iter().any(|entry| match &entry.fact {
        Fact::NotTold { recipient: Recipient::Team(team), reason: NotTold::CauseIsKnown { case }, .. }
        | Fact::NotTold { recipient: Recipient::Team(team), reason: NotTold::ToldByRoot { case }, .. } => {
            team.as_str() == "team-0" && *case == root
        }
        _ => false,
    });
    assert!(said, "team-0 owns what service-1 calls, and handles the root");
}

#[test]
fn drill_and_real_are_never_each_others_cause() {
    let mut kernel = Kernel::of(star(1));
    kernel.tell(at(0), firing(0, 0));
    let drill = Signal { drill: true, status: Status::Firing { until: None }, ..firing(1, 1) };
    let drill = kernel.tell(at(1), drill);
    assert!(case(&kernel, drill).symptom.is_none());
    assert_eq!(pages(&kernel).len(), 2);
}

#[test]
fn a_case_that_comes_and_goes_stays_open_until_it_is_quiet() {
    let mut kernel = Kernel::new();
    let mut now = 0;
    let mut id = None;
    for _ in 0..8 {
        id = kernel.tell(at(now), signal(0, 0, false, true, at(now)));
        kernel.tell(at(now + 60), signal(0, 0, false, false, at(now + 60)));
        now += 180;
    }
    let begun = kernel.entries.iter().filter(|entry| matches!(entry.fact, Fact::FlappingBegun)).count();
    let resolved = kernel.entries.iter().filter(|entry| matches!(entry.fact, Fact::Resolved { .. })).count();
    assert_eq!((begun, resolved), (1, 3), "it is known from the third time on, and stays open then");
    assert!(case(&kernel, id).escalation.is_some(), "nobody has taken it, so it has a next step");
    kernel.act(at(now), "dana", id.unwrap(), CaseAction::Acknowledge);
    kernel.until(at(now + 3_600));
    assert!(case(&kernel, id).state.is_resolved());
    let last = kernel.entries.iter().rfind(|entry| matches!(entry.fact, Fact::Resolved { .. })).unwrap();
    assert!(matches!(last.why, Some(Why::Quiet { .. })));
}

/// `star`, where `service-1` also stands above all with a greater number.
fn tree(symptoms: usize) -> Catalog {
    let mut catalog = star(symptoms);
    for number in 2..=symptoms {
        let middle = Dependency { service: service(1), strength: Strength::Hard };
        catalog.services.get_mut(&service(number)).unwrap().depends_on.push(middle);
    }
    catalog.dependents = Dependents::of(&catalog.services);
    catalog
}

#[test]
fn of_all_that_outlive_one_root_only_what_the_others_follow_from_is_paged_for() {
    for middle_first in [true, false] {
        let mut kernel = Kernel::of(tree(20));
        let root = kernel.tell(at(0), firing(0, 0));
        let order: Vec<usize> = if middle_first { (1..=20).collect() } else { (1..=20).rev().collect() };
        let ids: BTreeMap<usize, _> =
            order.iter().map(|number| (*number, kernel.tell(at(1), firing(*number, 1)))).collect();
        kernel.tell(at(600), over(0, 600));
        let (paged, told) = (pages(&kernel).len(), notices(&kernel));
        kernel.until(at(1_000));
        assert!(case(&kernel, root).state.is_resolved());
        let more: Vec<_> = pages(&kernel).split_off(paged);
        assert_eq!(more.len(), 1, "{more:?}");
        assert_eq!(Some(more[0].0), ids[&1]);
        assert!(case(&kernel, ids[&1]).symptom.is_none() && case(&kernel, ids[&1]).escalation.is_some());
        for number in 2..=20 {
            assert_eq!(case(&kernel, ids[&number]).symptom.map(|symptom| symptom.root), ids[&1]);
            assert!(case(&kernel, ids[&number]).escalation.is_none());
        }
        // Everybody hears once that it goes on.
        let twice: Vec<_> = notices(&kernel)
            .into_iter()
            .filter(|(recipient, count)| *count > told.get(recipient).copied().unwrap_or_default() + 1)
            .collect();
        assert_eq!(twice, []);
        // The next root's end is followed as the first one's was.
        kernel.tell(at(1_100), over(1, 1_100));
        kernel.until(at(1_399));
        assert_eq!(pages(&kernel).len(), paged + 1);
        kernel.until(at(1_400));
        assert_eq!(pages(&kernel).len(), paged + 20, "what needs nothing else that is in trouble stands for itself");
    }
}

#[test]
fn of_a_circle_that_outlives_its_root_one_case_is_paged_for() {
    let mut circle = tree(3);
    let last = Dependency { service: service(3), strength: Strength::Hard };
    circle.services.get_mut(&service(1)).unwrap().depends_on.push(last);
    circle.dependents = Dependents::of(&circle.services);
    let mut kernel = Kernel::of(circle);
    kernel.tell(at(0), firing(0, 0));
    let ids: Vec<_> = [3, 1].into_iter().map(|number| kernel.tell(at(1), firing(number, 1))).collect();
    kernel.tell(at(600), over(0, 600));
    let paged = pages(&kernel).len();
    kernel.until(at(2_000));
    let more: BTreeSet<_> = pages(&kernel).split_off(paged).into_iter().map(|(case, _)| Some(case)).collect();
    assert_eq!(more, BTreeSet::from([ids[0]]), "the one opened first");
    assert_eq!(case(&kernel, ids[1]).symptom.map(|symptom| symptom.root), ids[0]);
}

#[test]
fn a_thousand_different_alerts_without_a_service_wake_nobody_a_thousand_times() {
    let mut kernel = Kernel::new();
    let nameless = |number: usize, fires: bool, now: i64| {
        let labels = [("alertname", format!("Lost{number}")), ("instance", "node-1".into())];
        Signal { labels: labels.into_iter().collect(), ..signal(0, 0, false, fires, at(now)) }
    };
    let ids: Vec<_> = (0..1_000).map(|number| kernel.tell(at(number as i64 / 20), nameless(number, true, 0))).collect();
    let (apart, rest) = ids.split_at(20);
    assert_eq!(apart.iter().collect::<BTreeSet<_>>().len(), 20, "the first have cases of their own");
    assert!(rest.iter().all(|id| *id == rest[0]) && !apart.contains(&rest[0]), "the others share one");
    assert_eq!((case(&kernel, rest[0]).members, kernel.world.cases().count()), (980, 21));
    assert_eq!(case(&kernel, rest[0]).title, "many alerts without a service, such as: something is broken");
    let paged: BTreeSet<_> = pages(&kernel).into_iter().map(|(case, _)| case).collect();
    assert_eq!(paged.len(), 21);
    // What has a case stays with it; another source has cases of its own.
    let again = Signal { labels: nameless(3, true, 60).labels, ..nameless(3, true, 60) };
    assert_eq!(kernel.tell(at(60), again), ids[3]);
    let other = Signal { source: SourceName::new("probes").unwrap(), ..nameless(5_000, true, 60) };
    let other = kernel.tell(at(60), other);
    assert!(!ids.contains(&other));
    // One by one they end: a case is over with the last of its own.
    for number in 0..999 {
        kernel.tell(at(100), nameless(number, false, 100));
    }
    assert!(apart.iter().all(|id| case(&kernel, *id).state.is_resolved()));
    assert!(!case(&kernel, rest[0]).state.is_resolved());
    kernel.tell(at(101), nameless(999, false, 101));
    assert!(case(&kernel, rest[0]).state.is_resolved());
}

#[test]
fn silencing_a_root_wakes_nobody_for_what_follows_from_it() {
    let mut kernel = Kernel::of(star(5));
    let root = kernel.tell(at(0), firing(0, 0));
    let symptoms: Vec<_> = (1..=4).map(|number| kernel.tell(at(1), firing(number, 1))).collect();
    kernel.until(at(60));
    let (paged, told) = (pages(&kernel).len(), notices(&kernel));
    let request = SilenceRequest {
        id: None,
        matchers: vec![Matcher::new("service", "service-0", false, false).unwrap()],
        starts_at: at(100),
        ends_at: at(1_000),
        comment: "a digger took the fibre".into(),
        created_by: String::new(),
        drill: false,
        seen: None,
    };
    let actor = Actor::Person(PersonName::new("dana").unwrap());
    kernel.command(at(100), actor, What::SetSilence(Box::new(request)));
    kernel.until(at(999));
    assert!(case(&kernel, root).silenced.is_some());
    assert_eq!((pages(&kernel).len(), notices(&kernel)), (paged, told));
    assert!(symptoms.iter().all(|id| case(&kernel, *id).symptom.map(|symptom| symptom.root) == root));
    // What is new in the meantime may be trouble of its own.
    let new = kernel.tell(at(999), firing(5, 999));
    assert!(case(&kernel, new).symptom.is_none() && case(&kernel, new).escalation.is_some());
    // When the silence ends, the root is paged for, and still nothing else.
    kernel.until(at(1_200));
    assert_eq!(pages(&kernel).split_off(paged).iter().filter(|(case, _)| Some(*case) != new).count(), 1);
    assert!(symptoms.iter().all(|id| case(&kernel, *id).escalation.is_none()));
}
