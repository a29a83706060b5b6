//! Misses: found out, counted once, and turned into actions that the catalog closes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod kernel_support;

use std::sync::Arc;

use kernel_support::{START, at, catalog, signal};
use wheelhouse_core::case::{CaseId, CaseKind, MissReason, Proposal, Severity, State};
use wheelhouse_core::catalog::{
    Audience, Catalog, Contact, Dependency, Dependents, Service, Stakeholder, Strength, Team,
};
use wheelhouse_core::kernel::{CaseAction, CatalogChange, Command, Missed, Plan, Refusal, What};
use wheelhouse_core::name::{AudienceName, PersonName, ServiceName, TeamName};
use wheelhouse_core::notify::{Purpose, Recipient};
use wheelhouse_core::record::{Actor, Fact, Why};
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::{Context, World, advance, decide, next_due, route};

const INC_1: CaseId = CaseId { kind: CaseKind::Incident, number: 1 };
const ACT_1: CaseId = CaseId { kind: CaseKind::Action, number: 1 };

/// The usual organisation, in which team `web` owns `portal` and `forms`, which depend on nothing, and there is an
/// audience `press`, which asked to hear of nothing.
fn organisation() -> Catalog {
    let mut all = catalog(&[0, 600], 1);
    let web = TeamName::new("web").unwrap();
    let one: Service = all.services.values().next().unwrap().clone();
    for name in ["portal", "forms"] {
        let name = ServiceName::new(name).unwrap();
        all.services.insert(name.clone(), Service { name, team: web.clone(), ..one.clone() });
    }
    all.dependents = Dependents::of(&all.services);
    let contacts = vec![Contact::Email("web@harbor.example".into())];
    let team = Team { name: web.clone(), contacts, ..all.teams.values().next().unwrap().clone() };
    all.teams.insert(web, team);
    let press = AudienceName::new("press").unwrap();
    let contacts = vec![Contact::Email("press@harbor.example".into())];
    all.audiences.insert(press.clone(), Audience { name: press, summary: None, contacts, people: Vec::new() });
    all
}

fn depend(catalog: &mut Catalog, of: &str, on: &str, strength: Strength) {
    let (of, on) = (ServiceName::new(of).unwrap(), ServiceName::new(on).unwrap());
    catalog.services.get_mut(&of).unwrap().depends_on.push(Dependency { service: on, strength });
    catalog.dependents = Dependents::of(&catalog.services);
}

fn stake(catalog: &mut Catalog, of: &str, from: Severity) {
    let audience = AudienceName::new("press").unwrap();
    catalog.services.get_mut(of).unwrap().stakeholders.push(Stakeholder { audience, from });
    catalog.dependents = Dependents::of(&catalog.services);
}

fn web() -> Recipient {
    Recipient::Team(TeamName::new("web").unwrap())
}

fn press() -> Recipient {
    Recipient::Audience(AudienceName::new("press").unwrap())
}

/// A world in which `service-0` broke a minute ago and is a case of the worst severity.
struct Rig {
    world: World,
    now: Timestamp,
}

impl Rig {
    fn new(catalog: Catalog) -> Self {
        let mut rig = Self { world: World::default(), now: START };
        rig.adopt(catalog);
        rig.run(Actor::Hub, What::DoorsReady).unwrap();
        rig.tell(true);
        rig.until(at(60));
        rig
    }

    /// The alert about `service-0` fires or ends.
    fn tell(&mut self, fires: bool) -> Plan {
        let signal = Arc::new(signal(1, 0, false, fires, self.now));
        let routing = route(self.world.catalog().unwrap(), &signal);
        self.run(Actor::Source(signal.source.clone()), What::Signal { routing, signal }).unwrap()
    }

    fn adopt(&mut self, catalog: Catalog) -> Plan {
        let (catalog, change) = (Arc::new(catalog), CatalogChange::default());
        self.run(Actor::Hub, What::Adopt { catalog, time_zones: "bundled".into(), change }).unwrap()
    }

    fn until(&mut self, now: Timestamp) {
        while let Some((due, _)) = next_due(&self.world).filter(|(due, _)| *due <= now) {
            let plan = advance(&self.world, 1, &Context::at(due));
            plan.entries.iter().for_each(|entry| drop(self.world.apply(entry)));
        }
        self.now = now;
    }

    fn run(&mut self, actor: Actor, what: What) -> Result<Plan, Refusal> {
        let command = Command { actor, policies: Vec::new(), judged_under: None, what };
        let plan = decide(&self.world, &command, &Context::at(self.now))?;
        plan.entries.iter().for_each(|entry| drop(self.world.apply(entry)));
        Ok(plan)
    }

    fn act(&mut self, case: CaseId, action: CaseAction) -> Result<Plan, Refusal> {
        let ines = Actor::Person(PersonName::new("ines").unwrap());
        self.run(ines, What::Case { case, revision: None, action })
    }

    fn missed(&mut self, recipient: Recipient, service: Option<&str>) -> Result<Plan, Refusal> {
        let service = service.map(|name| ServiceName::new(name).unwrap());
        self.act(INC_1, CaseAction::Missed(Box::new(Missed { recipient, service, text: None })))
    }

    fn reason(&self) -> MissReason {
        self.world.case(INC_1).unwrap().missed.last().unwrap().reason.clone()
    }

    fn lines(&self) -> String {
        self.world.case(ACT_1).unwrap().proposal.as_ref().unwrap().lines()
    }
}

#[test]
fn a_missing_dependency_is_proposed_to_the_team_that_must_name_it() {
    let mut rig = Rig::new(organisation());
    let plan = rig.missed(web(), Some("portal")).unwrap();
    assert_eq!(rig.reason(), MissReason::NoDependency);
    assert_eq!(plan.case, Some(INC_1));
    let action = rig.world.case(ACT_1).unwrap();
    assert_eq!((action.team.as_str(), action.service.as_ref().unwrap().as_str()), ("web", "portal"));
    assert_eq!(rig.world.case(INC_1).unwrap().missed[0].action, Some(ACT_1));
    assert!(
        rig.lines().starts_with("kind: Service\nname: portal\ndepends_on:\n  - service-0  # or "),
        "{}",
        rig.lines()
    );
    // One notice to the team, and nobody is paged.
    let queued: Vec<_> = plan
        .entries
        .iter()
        .filter_map(|entry| match &entry.fact {
            Fact::MessageQueued { recipient, purpose, .. } => Some((recipient.clone(), purpose.clone())),
            _ => None,
        })
        .collect();
    assert!(matches!(queued.as_slice(), [(to, Purpose::Informed { .. })] if *to == web()), "{queued:?}");
}

#[test]
fn a_miss_counts_once_for_a_case_and_a_recipient() {
    let mut rig = Rig::new(organisation());
    rig.missed(web(), Some("portal")).unwrap();
    let before = format!("{:?}", rig.world);
    let again = rig.missed(web(), Some("forms")).unwrap();
    assert_eq!((again.entries.len(), again.case), (0, Some(INC_1)));
    assert_eq!(format!("{:?}", rig.world), before);
}

#[test]
fn a_team_with_several_services_is_asked_which() {
    let mut rig = Rig::new(organisation());
    rig.missed(web(), None).unwrap();
    assert!(
        rig.lines().contains("name: NAME  # the one of these that calls service-0: forms, portal\n"),
        "{}",
        rig.lines()
    );
}

#[test]
fn the_same_lines_are_asked_for_once() {
    let mut rig = Rig::new(organisation());
    rig.missed(press(), None).unwrap();
    rig.tell(false);
    rig.until(at(60 + 3_600));
    let second = rig.tell(true).case.unwrap();
    assert_ne!(second, INC_1);
    let said = Missed { recipient: press(), service: None, text: Some("the minister read it in the news".into()) };
    rig.act(second, CaseAction::Missed(Box::new(said))).unwrap();
    assert_eq!(rig.world.case(second).unwrap().missed[0].action, Some(ACT_1));
    let causes: Vec<_> = rig.world.case(ACT_1).unwrap().links.iter().filter_map(|link| link.case).collect();
    assert_eq!(causes, [INC_1, second]);
}

#[test]
fn whoever_was_told_was_not_missed() {
    let mut all = organisation();
    depend(&mut all, "portal", "service-0", Strength::Hard);
    let mut rig = Rig::new(all);
    let message = rig.world.messages_of(INC_1).find(|message| message.recipient == web()).unwrap().id;
    let refusal = Refusal::WasTold { recipient: web(), message, at: None };
    assert_eq!(rig.missed(web(), None).unwrap_err(), refusal);
    let contact = Some(wheelhouse_core::notify::ContactKind::Email);
    let outcome = wheelhouse_core::kernel::Outcome::Accepted { answer: "250 ok".into() };
    rig.run(Actor::Hub, What::Attempted { message, contact, repeated: false, outcome }).unwrap();
    let refusal = Refusal::WasTold { recipient: web(), message, at: Some(at(60)) };
    assert_eq!(rig.missed(web(), None).unwrap_err(), refusal);
    assert!(refusal.to_string().contains("INC-1/m"), "{refusal}");
    assert!(rig.world.case(INC_1).unwrap().missed.is_empty());
}

#[test]
fn whoever_was_told_when_the_harm_had_stopped_was_missed() {
    let mut all = organisation();
    depend(&mut all, "portal", "service-0", Strength::Hard);
    let mut rig = Rig::new(all);
    let message = rig.world.messages_of(INC_1).find(|message| message.recipient == web()).unwrap().id;
    rig.act(INC_1, CaseAction::Mitigate(None)).unwrap();
    rig.until(at(600));
    let contact = Some(wheelhouse_core::notify::ContactKind::Email);
    let outcome = wheelhouse_core::kernel::Outcome::Accepted { answer: "250 ok".into() };
    rig.run(Actor::Hub, What::Attempted { message, contact, repeated: false, outcome }).unwrap();
    rig.missed(web(), None).unwrap();
    assert_eq!(rig.reason(), MissReason::TooLate { message, at: at(600) });
    assert!(rig.world.case(ACT_1).is_none(), "the catalog cannot make it faster");
}

#[test]
fn each_reason_is_found_in_the_catalog() {
    type Change = fn(&mut Catalog);
    let soft: Change = |all| {
        // Only the portal is web's.
        all.services.get_mut("forms").unwrap().team = TeamName::new("payments").unwrap();
        depend(all, "forms", "service-0", Strength::Soft);
        depend(all, "portal", "forms", Strength::Soft);
    };
    let below: Change = |all| {
        stake(all, "service-0", Severity::Sev1);
        // Less critical, so that it is a sev2.
        all.services.get_mut("service-0").unwrap().tier = 3;
    };
    let nothing: Change = |_| {};
    let cases: [(Change, Recipient, Option<&str>, MissReason, &str); 4] = [
        (nothing, web(), None, MissReason::NoDependency, "depends_on:\n  - service-0"),
        (nothing, press(), None, MissReason::NotStakeholder, "{audience: press, from: sev1}"),
        (soft, web(), None, MissReason::TooWeak, "name: portal\ndepends_on:\n  - service-0"),
        (below, press(), None, MissReason::BelowThreshold { from: Severity::Sev1 }, "{audience: press, from: sev2}"),
    ];
    for (change, recipient, service, expected, lines) in cases {
        let mut all = organisation();
        change(&mut all);
        let mut rig = Rig::new(all);
        rig.missed(recipient, service).unwrap();
        assert_eq!(rig.reason(), expected);
        assert!(rig.lines().contains(lines), "{}", rig.lines());
    }
}

#[test]
fn a_catalog_that_says_it_closes_the_action() {
    let mut rig = Rig::new(organisation());
    rig.missed(web(), Some("portal")).unwrap();
    rig.missed(press(), Some("forms")).unwrap();
    let second = CaseId { number: 2, ..ACT_1 };
    let asked = rig.world.case(second).unwrap().proposal.clone().unwrap();
    assert!(matches!(&asked, Proposal::Stakeholder { on: Some(on), .. } if on.as_str() == "service-0"), "{asked:?}");
    let mut better = organisation();
    depend(&mut better, "portal", "service-0", Strength::Soft);
    stake(&mut better, "forms", Severity::Sev2);
    let plan = rig.adopt(better.clone());
    let resolved = plan.entries.iter().find(|entry| matches!(entry.fact, Fact::Resolved { .. })).unwrap();
    assert_eq!((resolved.subject, &resolved.why, &resolved.actor), (Some(ACT_1), &Some(Why::InCatalog), &Actor::Hub));
    assert!(rig.world.case(ACT_1).unwrap().state.is_resolved());
    assert_eq!(rig.world.case(second).unwrap().state, State::Open, "half of what it asks for is not enough");
    depend(&mut better, "forms", "service-0", Strength::Hard);
    rig.adopt(better);
    assert!(rig.world.case(second).unwrap().state.is_resolved());
    rig.until(at(100_000));
    assert_eq!(rig.world.messages_of(ACT_1).count(), 1, "the one notice, and none when it is done");
}

#[test]
fn an_action_pages_nobody_whatever_is_done_to_it() {
    let mut rig = Rig::new(organisation());
    rig.missed(web(), Some("portal")).unwrap();
    let dana = PersonName::new("dana").unwrap();
    for (action, what) in [
        (CaseAction::Acknowledge, "acknowledged"),
        (CaseAction::Mitigate(None), "mitigated"),
        (CaseAction::SetSeverity(Severity::Sev1), "given a severity"),
        (CaseAction::Update("soon".into()), "told of to anybody"),
        (CaseAction::Page(wheelhouse_core::catalog::Target::Person(dana.clone())), "paged for"),
    ] {
        assert_eq!(rig.act(ACT_1, action).unwrap_err(), Refusal::NotForActions { case: ACT_1, what });
    }
    let mut said = Vec::new();
    for action in [
        CaseAction::Note("on it".into()),
        CaseAction::Assign(Some(dana)),
        CaseAction::Assign(None),
        CaseAction::AssignTeam(TeamName::new("payments").unwrap(), None),
        CaseAction::Resolve { at: None, text: Some("committed".into()) },
        CaseAction::Reopen(None),
        CaseAction::Resolve { at: None, text: None },
    ] {
        said.extend(rig.act(ACT_1, action).unwrap().entries);
    }
    rig.until(at(1_000_000));
    let only_informs = said.iter().all(|entry| match &entry.fact {
        Fact::MessageQueued { purpose, .. } => matches!(purpose, Purpose::Informed { .. }),
        Fact::EscalationSet { .. } | Fact::EscalationStepped { .. } => false,
        _ => true,
    });
    assert!(only_informs, "{said:?}");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let mut rig = Rig::new(organisation());
    let payments = Recipient::Team(TeamName::new("payments").unwrap());
    let nobody = Recipient::Team(TeamName::new("wbe").unwrap());
    let cases = [
        (payments, None, "another team than payments, which handles INC-1"),
        (nobody, None, "did you mean `web`"),
        (web(), Some("service-1"), "a service of team web; service-1 is of team payments"),
        (web(), Some("portel"), "did you mean `portal`"),
        (Recipient::Person(PersonName::new("dana").unwrap()), None, "a team or an audience"),
    ];
    for (recipient, service, words) in cases {
        let refusal = rig.missed(recipient, service).unwrap_err().to_string();
        assert!(refusal.contains(words), "{refusal}");
    }
    rig.missed(web(), Some("portal")).unwrap();
    let said = Missed { recipient: press(), service: None, text: None };
    let refusal = rig.act(ACT_1, CaseAction::Missed(Box::new(said))).unwrap_err().to_string();
    assert!(refusal.contains("an incident"), "{refusal}");
}
