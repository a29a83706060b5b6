//! Versions of runbooks: which may run, which are quarantined, and who lets those run.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel_support::{Kernel, at, catalog};
use wheelhouse_core::catalog::{
    Authored, Catalog, Charter, Contact, History, Person, Revision, Signature, SignatureStatus, Team, Touch,
};
use wheelhouse_core::kernel::{Approval, CatalogChange, Command, Refusal, What, may_run};
use wheelhouse_core::name::{PersonName, RepositoryName, RoleName, TeamName};
use wheelhouse_core::record::{Actor, Fact};
use wheelhouse_core::runbook::{
    Doubted, FrontMatter, Judgement, Roles, Runbook, RunbookHash, RunbookName, Standing, Step, StepId, StepKind,
    Stretch, Trust,
};
use wheelhouse_core::{Context, World, decide};

fn name() -> RunbookName {
    RunbookName::parse("payments/drain").unwrap()
}

fn person(name: &str) -> PersonName {
    PersonName::new(name).unwrap()
}

fn runbook(text: &str, edit: &[&str]) -> Runbook {
    let step = Step {
        id: StepId::new("look").unwrap(),
        phase: 0,
        kind: StepKind::Manual,
        title: "look".into(),
        stretch: Stretch::default(),
        attributes: Default::default(),
    };
    let edit = edit.iter().map(|role| RoleName::new(role).unwrap()).collect();
    Runbook {
        name: name(),
        title: "Drain a node".into(),
        path: "payments:runbooks/drain.md".into(),
        hash: RunbookHash::of(text),
        text: text.into(),
        summary: String::new(),
        front: FrontMatter { roles: Roles { edit, ..Roles::default() }, ..FrontMatter::default() },
        phases: Vec::new(),
        steps: vec![step],
        findings: Vec::new(),
    }
}

/// Teams `payments` (dana, nadia, ines), `noc` (the default one: olga) and `outside` (mallory); `payments` keeps the
/// repository of its name.
fn organisation(runbooks: &[Runbook]) -> Catalog {
    let mut catalog = catalog(&[0, 600], 1);
    for (team, member) in [("noc", "olga"), ("outside", "mallory")] {
        let team = TeamName::new(team).unwrap();
        let like = catalog.teams.values().next().unwrap().clone();
        catalog.teams.insert(team.clone(), Team { name: team, members: vec![person(member)], ..like });
        let contacts = vec![Contact::Email(format!("{member}@harbor.example").into())];
        let known = Person { name: person(member), display_name: member.into(), contacts, time_zone: None };
        catalog.people.insert(person(member), known);
    }
    catalog.organization.default_team = TeamName::new("noc").unwrap();
    catalog.organization.repositories = vec![Charter {
        repository: RepositoryName::new("payments").unwrap(),
        teams: vec![TeamName::new("payments").unwrap()],
        kinds: Vec::new(),
        policies: false,
        signed_runbooks: None,
    }];
    let runbooks = runbooks.iter().map(|runbook| (runbook.name.clone(), Arc::new(runbook.clone())));
    Catalog { runbooks: runbooks.collect::<BTreeMap<_, _>>(), ..catalog }
}

fn signed(status: SignatureStatus) -> Signature {
    Signature { status, key: None }
}

fn touch(commit: &str, who: &str, status: SignatureStatus, signer: Option<&str>) -> Touch {
    let mail = format!("{who}@harbor.example");
    Touch {
        commit: commit.into(),
        author: format!("{who} <{mail}>"),
        mail: mail.to_uppercase(),
        signature: signed(status),
        signer: signer.map(|who| format!("{who}@harbor.example")),
        paths: vec!["payments:runbooks/drain.md".into()],
    }
}

/// A revision whose history, newest first, is `touches` and then `before`.
fn revision(commit: &str, touches: Vec<Touch>, before: &[&str], status: SignatureStatus) -> Authored {
    let own = touches.iter().map(|touch| touch.commit.clone());
    let commits: Vec<String> = own.chain(before.iter().map(|commit| (*commit).to_owned())).collect();
    Authored {
        revision: Revision {
            repository: RepositoryName::new("payments").unwrap(),
            revision: commit.into(),
            committed_at: None,
            signature: Some(signed(status)),
        },
        author: None,
        subject: None,
        history: Some(History { commits, touches, level: None }),
    }
}

fn by(commit: &str, who: &str, before: &[&str]) -> Authored {
    let touches = vec![touch(commit, who, SignatureStatus::Unsigned, None)];
    revision(commit, touches, before, SignatureStatus::Unsigned)
}

fn adopt(kernel: &mut Kernel, seconds: i64, catalog: Catalog, new: Vec<Authored>) {
    let change = CatalogChange { repositories: new, dropped: Vec::new() };
    let what = What::Adopt { catalog: Arc::new(catalog), time_zones: "bundled".into(), change };
    kernel.command(at(seconds), Actor::Hub, what);
}

/// A hub that has read version `one` of the repository, at commit `c1`.
fn started(edit: &[&str]) -> Kernel {
    let mut kernel = Kernel { world: World::default(), entries: Vec::new() };
    adopt(&mut kernel, 0, organisation(&[runbook("one", edit)]), vec![by("c1", "stranger", &[])]);
    kernel
}

fn standing(kernel: &Kernel) -> &Standing {
    kernel.world.standing(&name()).unwrap()
}

fn may(kernel: &Kernel) -> bool {
    let runbook = kernel.world.catalog().unwrap().runbooks[&name()].clone();
    may_run(&kernel.world, &runbook, at(9_999)).is_ok()
}

fn doubts(kernel: &Kernel) -> Vec<(Doubted, Option<&str>)> {
    let (doubts, _) = standing(kernel).quarantine().expect("it is quarantined");
    doubts.iter().map(|doubt| (doubt.what, doubt.person.as_ref().map(PersonName::as_str))).collect()
}

fn approve(kernel: &Kernel, who: &str, text: &str) -> Result<What, Refusal> {
    let version = RunbookHash::of(text);
    let what = What::ApproveVersion(Box::new(Approval { runbook: name(), version, text: None }));
    let command = Command { actor: Actor::Person(person(who)), policies: Vec::new(), judged_under: None, what };
    decide(&kernel.world, &command, &Context::at(at(5_000))).map(|_| command.what)
}

fn approved(kernel: &mut Kernel, who: &str, text: &str) {
    let what = approve(kernel, who, text).unwrap();
    kernel.command(at(5_000), Actor::Person(person(who)), what);
}

#[test]
fn what_comes_with_a_repository_is_taken_as_it_is_and_leaves_no_entry() {
    let kernel = started(&["payments"]);
    assert!(kernel.world.standing(&name()).is_none() && may(&kernel));
    assert!(kernel.entries.iter().all(|entry| !matches!(entry.fact, Fact::RunbookVersion(_))));
}

#[test]
fn whoever_may_change_it_changes_it() {
    let mut kernel = started(&[]);
    adopt(&mut kernel, 10, organisation(&[runbook("two", &[])]), vec![by("c2", "dana", &["c1"])]);
    let how = Judgement::Trusted { how: Trust::Editors, by: vec![person("dana")] };
    assert_eq!((&standing(&kernel).judgement, may(&kernel)), (&how, true));
}

#[test]
fn a_stranger_s_change_is_shown_and_cannot_be_run_until_another_approves_it() {
    for (who, expected) in [
        ("mallory", (Doubted::NotEditor, Some("mallory"))),
        ("stranger", (Doubted::UnknownAuthor, None)),
        ("olga", (Doubted::NotEditor, Some("olga"))),
    ] {
        let mut kernel = started(&[]);
        adopt(&mut kernel, 10, organisation(&[runbook("two", &[])]), vec![by("c2", who, &["c1"])]);
        assert_eq!(doubts(&kernel), [expected]);
        let runbook = kernel.world.catalog().unwrap().runbooks[&name()].clone();
        let Err(Refusal::Quarantined(held)) = may_run(&kernel.world, &runbook, at(11)) else { panic!("{who}") };
        assert_eq!(held.approvers, [RoleName::new("payments").unwrap()]);
        assert!(held.to_string().contains("`wheelhouse runbook approve payments/drain`"), "{held}");
        approved(&mut kernel, "nadia", "two");
        assert!(may(&kernel));
        assert_eq!(standing(&kernel).by, Actor::Person(person("nadia")));
        let again = approve(&kernel, "ines", "two").unwrap_err();
        assert!(matches!(again, Refusal::NotQuarantined { .. }), "{again}");
    }
}

#[test]
fn a_change_cannot_hand_out_the_right_to_make_it() {
    let mut kernel = started(&["payments"]);
    // Mallory writes herself into the front matter, and her team into the owners of the repository.
    let mut catalog = organisation(&[runbook("two", &["outside"])]);
    catalog.organization.repositories[0].teams = vec![TeamName::new("outside").unwrap()];
    adopt(&mut kernel, 10, catalog.clone(), vec![by("c2", "mallory", &["c1"])]);
    assert!(!may(&kernel));
    // Nor does a second change, which that version would allow.
    catalog.runbooks = organisation(&[runbook("three", &["outside"])]).runbooks;
    adopt(&mut kernel, 20, catalog, vec![by("c3", "mallory", &["c2", "c1"])]);
    assert_eq!(doubts(&kernel), [(Doubted::NotEditor, Some("mallory"))]);
    let own = approve(&kernel, "mallory", "three").unwrap_err();
    assert!(matches!(&own, Refusal::OwnChange { .. }), "{own}");
    let other = approve(&kernel, "olga", "three").unwrap_err();
    assert!(matches!(&other, Refusal::LacksRole { roles } if roles[0].as_str() == "payments"), "{other}");
    approved(&mut kernel, "dana", "three");
    assert!(may(&kernel));
}

#[test]
fn what_was_doubted_stays_doubted_under_a_change_by_somebody_else() {
    let mut kernel = started(&[]);
    adopt(&mut kernel, 10, organisation(&[runbook("two", &[])]), vec![by("c2", "mallory", &["c1"])]);
    adopt(&mut kernel, 20, organisation(&[runbook("three", &[])]), vec![by("c3", "dana", &["c2", "c1"])]);
    assert_eq!(doubts(&kernel), [(Doubted::NotEditor, Some("mallory"))]);
    let old = approve(&kernel, "dana", "two").unwrap_err();
    assert!(matches!(old, Refusal::RunbookChanged { .. }), "an approval is for the bytes in force: {old}");
    // Taking it back needs nobody's word.
    adopt(&mut kernel, 30, organisation(&[runbook("one", &[])]), vec![by("c4", "mallory", &["c3", "c2", "c1"])]);
    assert!(may(&kernel));
    assert_eq!(standing(&kernel).judgement, Judgement::Trusted { how: Trust::Restored, by: Vec::new() });
}

#[test]
fn every_commit_since_the_version_in_force_counts_and_not_only_the_last() {
    let mut kernel = started(&[]);
    let unsigned = SignatureStatus::Unsigned;
    let touches = vec![touch("c3", "dana", unsigned, None), touch("c2", "mallory", unsigned, None)];
    let new = revision("c3", touches, &["c1"], unsigned);
    adopt(&mut kernel, 10, organisation(&[runbook("two", &[])]), vec![new]);
    assert_eq!(doubts(&kernel), [(Doubted::NotEditor, Some("mallory"))]);
    // A history that does not lead from there says nothing.
    let mut kernel = started(&[]);
    adopt(&mut kernel, 10, organisation(&[runbook("two", &[])]), vec![by("c9", "dana", &["c8"])]);
    assert_eq!(doubts(&kernel), [(Doubted::UnknownHistory, None)]);
    // Unless the hub saw a newer commit that held what is in force.
    let mut kernel = started(&[]);
    let mut new = by("c9", "dana", &["c8"]);
    new.history.as_mut().unwrap().level = Some("c8".into());
    adopt(&mut kernel, 10, organisation(&[runbook("two", &[])]), vec![new]);
    assert!(may(&kernel));
}

#[test]
fn a_new_runbook_is_up_to_the_teams_whose_repository_it_is() {
    for (who, runs) in [("dana", true), ("mallory", false)] {
        let mut kernel = Kernel { world: World::default(), entries: Vec::new() };
        adopt(&mut kernel, 0, organisation(&[]), vec![by("c1", "dana", &[])]);
        // What it says of itself counts for nothing yet.
        adopt(&mut kernel, 10, organisation(&[runbook("one", &["outside"])]), vec![by("c2", who, &["c1"])]);
        assert_eq!(may(&kernel), runs, "{who}");
    }
}

#[test]
fn a_runbook_that_goes_and_comes_back_is_judged_by_what_it_said() {
    let mut kernel = started(&["noc"]);
    adopt(&mut kernel, 10, organisation(&[]), vec![by("c2", "dana", &["c1"])]);
    assert!(matches!(standing(&kernel).judgement, Judgement::Gone { .. }));
    adopt(&mut kernel, 20, organisation(&[runbook("two", &[])]), vec![by("c3", "dana", &["c2", "c1"])]);
    assert_eq!(doubts(&kernel), [(Doubted::NotEditor, Some("dana"))]);
}

#[test]
fn a_folder_tells_no_author_which_matters_where_somebody_said_who_may() {
    for (edit, runs) in [(&[][..], true), (&["payments"][..], false)] {
        let mut kernel = started(edit);
        let mut folder = by("digest", "nobody", &[]);
        (folder.history, folder.revision.signature) = (None, None);
        adopt(&mut kernel, 10, organisation(&[runbook("two", edit)]), vec![folder]);
        assert_eq!(may(&kernel), runs);
        if runs {
            let how = Judgement::Trusted { how: Trust::Unattributed, by: Vec::new() };
            assert_eq!(standing(&kernel).judgement, how);
        } else {
            assert_eq!(doubts(&kernel), [(Doubted::NoAuthor, None)]);
        }
    }
}

fn wants_signatures(mut catalog: Catalog) -> Catalog {
    catalog.organization.repositories[0].signed_runbooks = Some(true);
    catalog
}

#[test]
fn where_signatures_are_wanted_only_a_trusted_key_of_somebody_who_may_is_good_enough() {
    use SignatureStatus::{Bad, Good, Unsigned, Untrusted};
    for (status, author, signer, expected) in [
        (Good, "dana", Some("dana"), None),
        // The name in a commit is anybody's to write; the key is not.
        (Good, "dana", Some("mallory"), Some((Doubted::NotEditor, Some("mallory")))),
        (Good, "mallory", Some("dana"), None),
        (Good, "dana", Some("forge"), Some((Doubted::UnknownSigner, Some("dana")))),
        (Unsigned, "dana", None, Some((Doubted::Signature(Unsigned), Some("dana")))),
        (Bad, "dana", None, Some((Doubted::Signature(Bad), Some("dana")))),
        (Untrusted, "dana", None, Some((Doubted::Signature(Untrusted), Some("dana")))),
    ] {
        let mut kernel = Kernel { world: World::default(), entries: Vec::new() };
        let first = revision("c1", Vec::new(), &["c1"], Good);
        adopt(&mut kernel, 0, wants_signatures(organisation(&[runbook("one", &[])])), vec![first]);
        assert!(may(&kernel), "what comes with a repository is good where its newest commit is well signed");
        let new = revision("c2", vec![touch("c2", author, status, signer)], &["c1"], status);
        // The change that asks for no signatures any more is judged as before it.
        adopt(&mut kernel, 10, organisation(&[runbook("two", &[])]), vec![new]);
        match expected {
            None => assert!(may(&kernel), "{status:?} {author} {signer:?}"),
            Some(doubt) => {
                assert_eq!(doubts(&kernel), [doubt], "{status:?} {author} {signer:?}");
                assert!(approve(&kernel, doubt.1.unwrap(), "two").is_err(), "nobody approves their own");
            }
        }
    }
    // Without a signature even the first version waits.
    let mut kernel = Kernel { world: World::default(), entries: Vec::new() };
    let catalog = wants_signatures(organisation(&[runbook("one", &[])]));
    adopt(&mut kernel, 0, catalog, vec![by("c1", "dana", &[])]);
    assert_eq!(doubts(&kernel), [(Doubted::Signature(Unsigned), None)]);
    approved(&mut kernel, "dana", "one");
    assert!(may(&kernel));
}

#[test]
fn where_nobody_else_holds_the_role_the_default_team_approves() {
    let mut kernel = started(&["outside"]);
    let mut new = by("c2", "mallory", &["c1"]);
    new.history.as_mut().unwrap().touches.push(touch("c2", "stranger", SignatureStatus::Unsigned, None));
    // Mallory may change it and is no reason for doubt; the stranger is, and mallory may say so.
    adopt(&mut kernel, 10, organisation(&[runbook("two", &["outside"])]), vec![new]);
    assert_eq!(doubts(&kernel), [(Doubted::UnknownAuthor, None)]);
    approved(&mut kernel, "mallory", "two");
    // Once nobody holds the role, the team that answers for what is nobody's does.
    let mut catalog = organisation(&[runbook("three", &["outside"])]);
    adopt(&mut kernel, 6_000, catalog.clone(), vec![by("c3", "dana", &["c2", "c1"])]);
    catalog.teams.remove("outside");
    catalog.version = "1".repeat(64);
    adopt(&mut kernel, 6_010, catalog, Vec::new());
    assert!(approve(&kernel, "nadia", "three").is_err());
    assert!(approve(&kernel, "olga", "three").is_ok());
}
