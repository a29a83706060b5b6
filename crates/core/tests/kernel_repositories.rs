//! Catalogs that change while work is under way, and versions of repositories that are refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel_support::{Kernel, START, at, signal};
use wheelhouse_core::World;
use wheelhouse_core::case::{CaseId, CaseKind, Severity};
use wheelhouse_core::catalog::{Authored, Catalog, Charter, Contact, Revision, Target};
use wheelhouse_core::kernel::{CaseAction, CatalogChange, RefusedRevision, What};
use wheelhouse_core::name::{PersonName, RepositoryName, ScheduleName, TeamName};
use wheelhouse_core::notify::{Purpose, Recipient, Stage};
use wheelhouse_core::oncall::{Layer, NamedBy, Override, Period, Rotation, Schedule, Shift, on_call_at};
use wheelhouse_core::record::{Actor, Entry, Erased, Fact, Why};
use wheelhouse_core::time::{Duration, Timestamp};

fn person(name: &str) -> PersonName {
    PersonName::new(name).unwrap()
}

fn team(name: &str) -> TeamName {
    TeamName::new(name).unwrap()
}

fn authored(repository: &str, revision: &str) -> Authored {
    let repository = RepositoryName::new(repository).unwrap();
    let revision = Revision { repository, revision: revision.to_owned(), committed_at: Some(START), signature: None };
    Authored {
        revision,
        author: Some("Dana Okafor <dana@harbor.example>".into()),
        subject: Some("Change hands".into()),
        history: None,
    }
}

fn changed(kernel: &Kernel, change: impl FnOnce(&mut Catalog)) -> Catalog {
    let mut catalog = (**kernel.world.catalog().unwrap()).clone();
    change(&mut catalog);
    catalog
}

fn adopt(kernel: &mut Kernel, seconds: i64, catalog: Catalog, new: &[Authored]) {
    let change = CatalogChange { repositories: new.to_vec(), dropped: Vec::new() };
    let what = What::Adopt { catalog: Arc::new(catalog), time_zones: "bundled".into(), change };
    kernel.command(at(seconds), Actor::Hub, what);
}

fn refuse(kernel: &mut Kernel, seconds: i64, revision: &str, broken: &[&str]) -> Option<CaseId> {
    let refused = RefusedRevision {
        authored: authored("payments", revision),
        broken: broken.iter().map(|name| team(name)).collect(),
        errors: 2,
        text: format!("error: two things are wrong with {revision}"),
    };
    kernel.command(at(seconds), Actor::Hub, What::RefuseRevision(Box::new(refused)))
}

/// Whom messages of a case informed, and at which stage.
fn informed(kernel: &Kernel, case: CaseId) -> Vec<(Recipient, Stage)> {
    let of = |entry: &&wheelhouse_core::record::Entry| entry.subject == Some(case);
    let queued = kernel.entries.iter().filter(of).filter_map(|entry| match &entry.fact {
        Fact::MessageQueued { recipient, purpose: Purpose::Informed { stage }, .. } => {
            Some((recipient.clone(), *stage))
        }
        Fact::MessageQueued { purpose: Purpose::Page, .. } => panic!("nobody is woken for a push"),
        _ => None,
    });
    queued.collect()
}

/// A second team, and whose the repository is.
fn with_noc(kernel: &mut Kernel) {
    let catalog = changed(kernel, |catalog| {
        let mut noc = catalog.teams[&team("payments")].clone();
        (noc.name, noc.contacts) = (team("noc"), vec![Contact::Email("noc@harbor.example".into())]);
        catalog.teams.get_mut(&team("payments")).unwrap().contacts = vec![Contact::Email("pay@harbor.example".into())];
        catalog.teams.insert(team("noc"), noc);
        catalog.organization.repositories = vec![Charter {
            repository: RepositoryName::new("payments").unwrap(),
            teams: vec![team("payments")],
            kinds: Vec::new(),
            policies: false,
            signed_runbooks: None,
        }];
    });
    adopt(kernel, 0, catalog, &[authored("payments", "good")]);
}

#[test]
fn a_refused_version_opens_a_case_for_the_owners_on_both_sides_and_wakes_nobody() {
    let mut kernel = Kernel::new();
    with_noc(&mut kernel);
    let case = refuse(&mut kernel, 10, "broken", &["noc"]).unwrap();
    assert_eq!((case.kind, case.number), (CaseKind::Finding, 1));
    let known = kernel.world.case(case).unwrap();
    assert_eq!((known.severity, known.team.as_str()), (Severity::Sev4, "payments"));
    assert!(known.escalation.is_none() && known.title.contains("repository payments"), "{}", known.title);
    let both = [team("noc"), team("payments")].map(|team| (Recipient::Team(team), Stage::Opened));
    assert_eq!(informed(&kernel, case), both);
    let row = &kernel.world.repositories()["payments"];
    let refused = row.refused.as_ref().unwrap();
    assert_eq!((refused.errors, refused.case, refused.version.revision.as_str()), (2, case, "broken"));
    assert!(refused.text.contains("two things are wrong"));
    assert_eq!(row.adopted.as_ref().unwrap().revision, "good");
    // Days without anybody taking it wake nobody either.
    kernel.until(at(3 * 86_400));
    informed(&kernel, case);
}

#[test]
fn the_same_version_is_no_news_and_another_one_joins_the_case() {
    let mut kernel = Kernel::new();
    with_noc(&mut kernel);
    let case = refuse(&mut kernel, 10, "broken", &[]).unwrap();
    let entries = kernel.entries.len();
    assert_eq!(refuse(&mut kernel, 20, "broken", &[]), None);
    assert_eq!(kernel.entries.len(), entries, "nothing is written twice, also after a restart");
    assert_eq!(refuse(&mut kernel, 30, "worse", &[]), Some(case));
    assert_eq!(informed(&kernel, case).last().unwrap().1, Stage::Update);
    assert_eq!(kernel.world.repositories()["payments"].refused.as_ref().unwrap().version.revision, "worse");
}

#[test]
fn a_good_version_ends_the_case() {
    let mut kernel = Kernel::new();
    with_noc(&mut kernel);
    let case = refuse(&mut kernel, 10, "broken", &["noc"]).unwrap();
    let same = changed(&kernel, |_| ());
    adopt(&mut kernel, 60, same, &[authored("payments", "mended")]);
    assert!(kernel.world.case(case).unwrap().state.is_resolved());
    let told: Vec<_> = informed(&kernel, case).into_iter().filter(|(_, stage)| *stage == Stage::Resolved).collect();
    assert_eq!(told.len(), 2, "both sides hear that it is over");
    let row = &kernel.world.repositories()["payments"];
    assert!(row.refused.is_none());
    let adopted = row.adopted.as_ref().unwrap();
    assert_eq!(adopted.revision, "mended");
    assert_eq!(adopted.author.as_deref(), Some("Dana Okafor <dana@harbor.example>"));
}

#[test]
fn a_push_taken_back_ends_the_case_as_well() {
    let mut kernel = Kernel::new();
    with_noc(&mut kernel);
    let case = refuse(&mut kernel, 10, "broken", &[]).unwrap();
    let repository = RepositoryName::new("payments").unwrap();
    kernel.command(at(20), Actor::Hub, What::RestoreRepository { repository: repository.clone() });
    assert!(kernel.world.case(case).unwrap().state.is_resolved());
    let entries = kernel.entries.len();
    kernel.command(at(30), Actor::Hub, What::RestoreRepository { repository });
    assert_eq!(kernel.entries.len(), entries, "what is not refused needs no restoring");
}

#[test]
fn what_is_erased_of_the_case_goes_from_the_repository_as_well() {
    let mut kernel = Kernel::new();
    with_noc(&mut kernel);
    let case = refuse(&mut kernel, 10, "broken", &[]).unwrap();
    let fact = Fact::Erased(Erased { bodies: 2, signals: 0, journals: 0, answers: 0, files: 0 });
    let entry = Entry { subject: Some(case), ..Entry::new(at(20), Actor::Hub, fact) };
    let changes = kernel.world.apply(&entry);
    assert_eq!(changes.repositories.len(), 1);
    let refused = kernel.world.repositories()["payments"].refused.clone().unwrap();
    assert_eq!((refused.text.as_str(), refused.version.author, refused.version.subject), ("", None, None));
    assert_eq!(refused.version.revision, "broken");
}

#[test]
fn an_escalation_in_progress_outlives_its_own_removal() {
    let mut kernel = Kernel::with(&[0, 600], 0);
    let case = kernel.tell(at(1), signal(1, 1, false, true, at(1))).unwrap();
    let due = kernel.world.case(case).unwrap().escalation.as_ref().unwrap().due_at;
    let without = changed(&kernel, |catalog| {
        catalog.escalations.clear();
        catalog.teams.get_mut(&team("payments")).unwrap().escalation = None;
    });
    adopt(&mut kernel, 100, without, &[]);
    let progress = kernel.world.case(case).unwrap().escalation.clone().unwrap();
    assert_eq!((progress.escalation, progress.due_at), (None, due), "the fallback, when the step was due");
    let said = kernel.entries.iter().any(|entry| matches!(entry.why, Some(Why::EscalationRemoved { .. })));
    assert!(said);
    let pages = pages_of(&kernel, case);
    kernel.until(due);
    assert_eq!(pages_of(&kernel, case), pages + 1, "the fallback is paged when the removed step was due");
}

#[test]
fn another_escalation_takes_over_where_one_was_renamed() {
    let mut kernel = Kernel::with(&[0, 600], 0);
    let case = kernel.tell(at(1), signal(1, 1, false, true, at(1))).unwrap();
    let renamed = changed(&kernel, |catalog| {
        let (_, mut escalation) = catalog.escalations.pop_first().unwrap();
        escalation.name = wheelhouse_core::name::EscalationName::new("pay").unwrap();
        catalog.teams.get_mut(&team("payments")).unwrap().escalation = Some(escalation.name.clone());
        catalog.escalations.insert(escalation.name.clone(), escalation);
    });
    adopt(&mut kernel, 100, renamed, &[]);
    let progress = kernel.world.case(case).unwrap().escalation.clone().unwrap();
    assert_eq!(progress.escalation.unwrap().as_str(), "pay");
}

#[test]
fn a_case_whose_team_and_service_are_gone_stays_open_with_the_default_team() {
    let mut kernel = Kernel::new();
    with_noc(&mut kernel);
    let case = kernel.tell(at(1), signal(1, 1, false, true, at(1))).unwrap();
    let without = changed(&kernel, |catalog| {
        catalog.services.clear();
        catalog.escalations.clear();
        catalog.teams.remove(&team("payments"));
        catalog.teams.get_mut(&team("noc")).unwrap().escalation = None;
        catalog.organization.default_team = team("noc");
    });
    adopt(&mut kernel, 100, without, &[]);
    let known = kernel.world.case(case).unwrap();
    assert_eq!((known.team.as_str(), known.firing), ("noc", 1));
    assert_eq!(known.service.as_ref().unwrap().as_str(), "service-1", "what it was about is not forgotten");
    assert!(known.escalation.is_some(), "somebody is still to be paged");
    assert_eq!(kernel.world.signals().of_case(case).count(), 1, "its signal stays in it");
    // The same alert told again belongs to the same case, whatever the catalog says now.
    assert_eq!(kernel.tell(at(200), signal(1, 1, false, true, at(1))), Some(case));
    let pages = pages_of(&kernel, case);
    kernel.until(at(2_000));
    assert!(pages_of(&kernel, case) > pages, "and is paged further");
}

#[test]
fn a_page_to_somebody_who_is_gone_reaches_the_fallback() {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(1), signal(1, 1, false, true, at(1))).unwrap();
    let page = kernel.world.messages_of(case).next().unwrap().clone();
    let without = changed(&kernel, |catalog| {
        catalog.people.remove(&person("dana"));
        for escalation in catalog.escalations.values_mut() {
            escalation.steps.iter_mut().for_each(|step| step.page = vec![Target::Person(person("nadia"))]);
        }
        catalog.teams.get_mut(&team("payments")).unwrap().members.retain(|member| *member != person("dana"));
    });
    adopt(&mut kernel, 2, without, &[]);
    let outcome = wheelhouse_core::kernel::Outcome::Failed { answer: "no contact".into(), permanent: true };
    let what = What::Attempted { message: page.id, contact: None, repeated: false, outcome };
    kernel.command(at(3), Actor::Hub, what);
    let fallback = kernel.world.messages_of(case).any(|message| message.recipient == Recipient::Person(person("ines")));
    assert!(fallback, "the organisation's fallback is paged instead");
}

fn pages_of(kernel: &Kernel, case: CaseId) -> usize {
    let is_page = |fact: &Fact| matches!(fact, Fact::MessageQueued { purpose: Purpose::Page, message, .. } if message.case == case);
    kernel.entries.iter().filter(|entry| is_page(&entry.fact)).count()
}

/// A schedule in which these people take turns of a week from Mon 2026-05-25 09:00 UTC on.
fn schedule(people: &[&str]) -> (ScheduleName, Schedule) {
    let name = ScheduleName::new("payments").unwrap();
    let rotation = Rotation {
        people: people.iter().map(|name| person(name)).collect(),
        start: "2026-05-25T09:00".parse().unwrap(),
        every: Period::Weeks(1),
    };
    let schedule = Schedule {
        name: name.clone(),
        team: team("payments"),
        time_zone: jiff::tz::TimeZone::UTC,
        layers: vec![Layer { rotation, from: None, until: None }],
        overrides: Vec::new(),
    };
    (name, schedule)
}

fn on_call(world: &World, now: Timestamp) -> String {
    let schedule = &world.catalog().unwrap().schedules["payments"];
    on_call_at(schedule, now).map_or_else(|| "nobody".to_owned(), |shift| shift.person.to_string())
}

fn shift(world: &World, now: Timestamp) -> Shift {
    on_call_at(&world.catalog().unwrap().schedules["payments"], now).unwrap()
}

fn with_schedule(kernel: &mut Kernel, seconds: i64, people: &[&str], overrides: Vec<Override>) {
    let catalog = changed(kernel, |catalog| {
        let (name, mut schedule) = schedule(people);
        schedule.overrides = overrides;
        catalog.schedules = BTreeMap::from([(name, schedule)]);
    });
    adopt(kernel, seconds, catalog, &[]);
}

#[test]
fn an_edited_rotation_moves_nobody_before_the_hand_off_and_says_so() {
    let mut kernel = Kernel::new();
    with_schedule(&mut kernel, 0, &["dana", "nadia"], Vec::new());
    let before = on_call(&kernel.world, at(10));
    let other = if before == "dana" { "nadia" } else { "dana" };
    let until = shift(&kernel.world, at(10)).until;
    with_schedule(&mut kernel, 10, &[other], Vec::new());
    assert_eq!(on_call(&kernel.world, at(20)), before, "the shift in progress goes on");
    assert_eq!(on_call(&kernel.world, until), other, "and then the new rotation counts");
    let named_by = [at(9), at(20), until].map(|now| shift(&kernel.world, now).named_by);
    assert_eq!(named_by, [NamedBy::Rotation, NamedBy::EarlierCatalog, NamedBy::Rotation]);
    let Fact::CatalogAdopted { shifts, .. } = &kernel.entries.last().unwrap().fact else { panic!("an adoption") };
    assert_eq!(shifts[0].held_until, Some(until.min(at(10) + Duration::from_hours(7 * 24))));
    // Over a restart and another adoption alike.
    let restored = World::restore(
        kernel.world.counters(),
        Some(Arc::new(changed(&kernel, |catalog| {
            let (name, plain) = schedule(&[other]);
            catalog.schedules = BTreeMap::from([(name, plain)]);
        }))),
        [],
    );
    assert_eq!(on_call(&restored, at(20)), before);
    with_schedule(&mut kernel, 30, &[other, "ines"], Vec::new());
    assert_eq!(on_call(&kernel.world, at(40)), before);
}

#[test]
fn an_override_counts_at_once_and_so_does_its_end() {
    let mut kernel = Kernel::new();
    with_schedule(&mut kernel, 0, &["dana"], Vec::new());
    let sick = Override { person: person("ines"), from: at(0), until: at(86_400), held_over: false };
    with_schedule(&mut kernel, 10, &["dana"], vec![sick]);
    assert_eq!(on_call(&kernel.world, at(20)), "ines");
    assert_eq!(shift(&kernel.world, at(20)).named_by, NamedBy::Override);
    with_schedule(&mut kernel, 30, &["dana"], Vec::new());
    assert_eq!(on_call(&kernel.world, at(40)), "dana");
    let Fact::CatalogAdopted { shifts, .. } = &kernel.entries.last().unwrap().fact else { panic!("an adoption") };
    assert_eq!((shifts.len(), shifts[0].held_until), (1, None), "it is said all the same");
}

#[test]
fn somebody_who_left_the_catalog_does_not_stay_on_call() {
    let mut kernel = Kernel::new();
    with_schedule(&mut kernel, 0, &["dana"], Vec::new());
    let catalog = changed(&kernel, |catalog| {
        catalog.people.remove(&person("dana"));
        let (name, schedule) = schedule(&["nadia"]);
        catalog.schedules = BTreeMap::from([(name, schedule)]);
    });
    adopt(&mut kernel, 10, catalog, &[]);
    assert_eq!(on_call(&kernel.world, at(20)), "nadia");
}

#[test]
fn an_acknowledged_case_stays_acknowledged() {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(1), signal(1, 1, false, true, at(1))).unwrap();
    kernel.act(at(5), "dana", case, CaseAction::Acknowledge);
    let without = changed(&kernel, |catalog| catalog.services.clear());
    adopt(&mut kernel, 10, without, &[]);
    assert!(!kernel.world.case(case).unwrap().state.wants_acknowledgement());
}
