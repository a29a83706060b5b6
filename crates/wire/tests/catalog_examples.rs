//! The example organisation and the first service are good catalogs, and stay so.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use wheelhouse_core::affected::{self, affected};
use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::{Catalog, Code, Level, Target, path_in};
use wheelhouse_core::drill::{Drill, Expectation, Expected};
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::notify::Recipient;
use wheelhouse_core::oncall::on_call_at;
use wheelhouse_core::signal::{Verdict, route};
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::catalog::{Mode, compile_files, is_catalog_file, known_names, load};

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Some(relative) = path.strip_prefix(root).unwrap().to_str().filter(|path| is_catalog_file(path)) {
            files.push((relative.to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

fn example(name: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    assert!(!files.is_empty());
    files
}

/// An instant on the morning of Monday, 23 November 2026, before the weekly hand-off at 09:00.
fn now() -> Timestamp {
    Timestamp::from_seconds(1_795_399_800)
}

/// The folders of harbor that are repositories of their own.
fn repositories() -> Vec<String> {
    let harbor = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/harbor");
    let folders = fs::read_dir(harbor).unwrap().map(|entry| entry.unwrap().path());
    let kept = folders.filter(|folder| folder.join("ops").is_dir());
    let mut names: Vec<String> = kept.map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn harbor_is_a_whole_catalog_without_a_finding() {
    let (catalog, report) = compile_files(example("harbor"), Mode::Whole, Some(now()));
    assert_eq!("", report.render_text(false));
    let catalog = catalog.unwrap();
    assert!(catalog.services.len() >= 40 && catalog.teams.len() == 20 && catalog.people.len() >= 60);
    for service in catalog.services.values() {
        let team = &catalog.teams[&service.team];
        assert!(service.escalation.is_some() || team.escalation.is_some(), "{} pages nobody of its own", service.name);
        assert!(service.summary.is_some() && !service.objectives.is_empty(), "{} promises nothing", service.name);
    }
}

/// Whoever is paged next must be somebody else, on holidays too.
#[test]
fn nobody_in_harbor_follows_up_on_themselves() {
    let catalog = compile_files(example("harbor"), Mode::Whole, Some(now())).0.unwrap();
    let followed = catalog.escalations.values().flat_map(|escalation| escalation.steps.windows(2));
    let mut pairs = 0;
    for steps in followed {
        let [Target::Schedule(first), Target::Schedule(next)] = [&steps[0].page[0], &steps[1].page[0]] else {
            continue;
        };
        pairs += 1;
        for hour in 0..24 * 90 {
            let at = Timestamp::from_seconds(now().as_micros() / 1_000_000 + hour * 3_600);
            let on_call = |name| on_call_at(&catalog.schedules[name], at).map(|shift| shift.person);
            assert_ne!(on_call(first), on_call(next), "{first} and {next} at {at}");
        }
    }
    assert!(pairs >= 4, "{pairs} schedules are followed up by another");
}

#[test]
fn each_of_harbors_repositories_is_good_alone_and_with_the_names_of_the_others() {
    let everything = load(example("harbor"));
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (kind, name) in everything.drafts.names() {
        names.entry(kind.to_string()).or_default().push(name.value.clone());
    }
    let known = serde_json::json!({"version": "v", "organization": "harbor", "names": names}).to_string();
    let known = known_names(&known).unwrap();
    assert_eq!(repositories().len(), 21);
    for repository in repositories() {
        let files = example(&format!("harbor/{repository}"));
        let (_, alone) = compile_files(files.clone(), Mode::Alone { known: None }, Some(now()));
        let unresolved = alone.findings.iter().all(|finding| finding.code.as_str() == "unresolved");
        assert!(unresolved && !alone.has_errors(), "{repository}: {}", alone.render_text(false));
        let (_, report) = compile_files(files, Mode::Alone { known: Some(known.clone()) }, Some(now()));
        assert_eq!("", report.render_text(false), "{repository}");
    }
}

/// Harbor's files as the hub has them when it reads each folder as a repository.
fn as_repositories() -> Vec<(String, String)> {
    let within = |repository: &String| {
        let files = example(&format!("harbor/{repository}"));
        files.into_iter().map(|(path, text)| (path_in(repository, &path), text)).collect::<Vec<_>>()
    };
    repositories().iter().flat_map(within).collect()
}

#[test]
fn harbors_repositories_keep_to_what_the_organisation_lets_them_define() {
    let (catalog, report) = compile_files(as_repositories(), Mode::Whole, Some(now()));
    assert_eq!("", report.render_text(false));
    assert!(catalog.is_some());

    let mut files = as_repositories();
    let intruder = "kind: Escalation\nname: quiet\nteam: payments\nsteps: [{page: {team: waste}}]\n";
    files.push((path_in("waste", "ops/intruder.yaml"), intruder.to_owned()));
    let (catalog, report) = compile_files(files, Mode::Whole, Some(now()));
    let text = report.render_text(false);
    assert!(catalog.is_none() && text.contains("repository `waste` may not define escalation `quiet`"), "{text}");
}

#[test]
fn every_team_of_harbor_that_is_paged_has_runbooks() {
    let harbor = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/harbor");
    let mut count = 0;
    for repository in repositories().iter().filter(|repository| *repository != "organization") {
        let folder = harbor.join(repository).join("ops/runbooks");
        let runbooks = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{repository} has no runbooks: {error}"));
        for runbook in runbooks {
            let path = runbook.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let begins = text.starts_with("# ") || (text.starts_with("---\n") && text.contains("\n---\n# "));
            assert!(begins && text.lines().count() > 12, "{} is no runbook", path.display());
            count += 1;
        }
    }
    assert!(count >= 30, "{count} runbooks");
}

/// What the signals of a drill open: each service with the worst severity.
fn opened(catalog: &Catalog, drill: &Drill) -> BTreeMap<ServiceName, Severity> {
    let mut opened: BTreeMap<ServiceName, Severity> = BTreeMap::new();
    for index in 0..drill.signals.len() {
        let signal = drill.signal(index, false, now()).unwrap();
        match route(catalog, &signal).verdict {
            Verdict::Drop { .. } => {}
            Verdict::Incident { service, severity, .. } => {
                let service = service.unwrap_or_else(|| panic!("signal {index} of {} is about no service", drill.name));
                opened.entry(service).and_modify(|worst| *worst = (*worst).min(severity)).or_insert(severity);
            }
        }
    }
    opened
}

/// Everybody whom the incidents of a drill are to be told to, by the graph alone.
fn reached(catalog: &Catalog, opened: &BTreeMap<ServiceName, Severity>) -> BTreeSet<Recipient> {
    let all = opened.iter().flat_map(|(service, severity)| affected(catalog, service, *severity).recipients);
    let told = all.filter(|one| one.excluded.is_none());
    told.map(|one| match one.recipient {
        affected::Recipient::Team(team) => Recipient::Team(team),
        affected::Recipient::Audience(audience) => Recipient::Audience(audience),
    })
    .collect()
}

#[test]
fn harbors_drills_expect_what_its_catalog_says() {
    let catalog = compile_files(example("harbor"), Mode::Whole, Some(now())).0.unwrap();
    assert!(catalog.drills.len() >= 8);
    for drill in catalog.drills.values() {
        let opened = opened(&catalog, drill);
        let reached = reached(&catalog, &opened);
        let first_steps = opened.keys().flat_map(|service| {
            let service = &catalog.services[service];
            let escalation = service.escalation.as_ref().or(catalog.teams[&service.team].escalation.as_ref()).unwrap();
            catalog.escalations[escalation].steps.first().unwrap().page.clone()
        });
        let first_steps: Vec<Target> = first_steps.collect();
        for Expectation { what, of, .. } in &drill.expect {
            let holds = match what {
                Expected::Opened(service) | Expected::Resolved(service) => opened.contains_key(service),
                Expected::NotOpened(service) => !opened.contains_key(service),
                Expected::Told(who) => reached.contains(who),
                Expected::Paged(target) => first_steps.contains(target),
                // Symptoms tell and page fewer than the graph alone says: holding the drill shows it.
                Expected::NotTold(who) => opened.len() > 1 || !reached.contains(who),
                Expected::NotPaged(_) => true,
            };
            assert!(holds, "{}: {what:?} is not what the catalog says", drill.name);
            assert!(of.as_ref().is_none_or(|service| opened.contains_key(service)), "{}: {of:?}", drill.name);
        }
    }
}

#[test]
fn the_first_service_alone_has_only_unresolved_names() {
    let (_, report) = compile_files(example("first-service"), Mode::Alone { known: None }, None);
    assert_eq!(report.count(Level::Error), 0, "{}", report.render_text(false));
    assert!(report.findings.iter().all(|finding| finding.code.as_str() == "unresolved"));
}

#[test]
fn the_reference_is_itself_a_good_catalog() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/catalog.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let text = blocks.collect::<Vec<_>>().join("---\n");
    let (catalog, report) = compile_files(vec![("docs/catalog.md".into(), text)], Mode::Whole, None);
    assert_eq!("", report.render_text(false));
    assert!(catalog.is_some());
    let unsaid: Vec<_> = Code::ALL.iter().filter(|code| !page.contains(&format!("`{code}`"))).collect();
    assert!(unsaid.is_empty(), "docs/catalog.md does not mention {unsaid:?}");
}
