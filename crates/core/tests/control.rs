//! Controls: what exists, what ran, and what ran recently are three things, at every instant.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel_support::{Kernel, at, catalog};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::control::{Claimant, Evidence, Held, RECENT, Sources, Standing, claims, report};
use wheelhouse_core::kernel::{CatalogChange, RunAction, RunRequest, What};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::record::{Actor, Canonical};
use wheelhouse_core::run::{Ending, Pace, RunId, Settling};
use wheelhouse_core::runbook::{FrontMatter, Runbook, RunbookHash, RunbookName, Step, StepId, StepKind, Stretch};
use wheelhouse_core::time::{Duration, Timestamp};

const DAY: i64 = 86_400;

fn runbook(name: &str, text: &str, controls: &[&str], days: Option<i64>) -> Runbook {
    let step = Step {
        id: StepId::new("look").unwrap(),
        phase: 0,
        kind: StepKind::Manual,
        title: "look".into(),
        stretch: Stretch::default(),
        attributes: Default::default(),
    };
    let front = FrontMatter {
        controls: controls.iter().map(|name| (*name).to_owned()).collect(),
        drill_every: days.map(|days| Duration::from_hours(24 * days)),
        ..FrontMatter::default()
    };
    Runbook {
        name: RunbookName::parse(name).unwrap(),
        title: name.into(),
        path: format!("payments:runbooks/{name}.md"),
        hash: RunbookHash::of(text),
        text: text.into(),
        summary: String::new(),
        front,
        phases: Vec::new(),
        steps: vec![step],
        findings: Vec::new(),
    }
}

fn organisation(text: &str) -> Catalog {
    let runbooks = [
        runbook("payments/drain", text, &["a.5.30", "restore", "restore"], Some(30)),
        runbook("payments/restore", "restore", &[" restore ", ""], None),
        runbook("payments/other", "other", &[], None),
    ];
    let runbooks = runbooks.into_iter().map(|runbook| (runbook.name.clone(), Arc::new(runbook)));
    Catalog { runbooks: runbooks.collect::<BTreeMap<_, _>>(), ..catalog(&[0, 600], 1) }
}

fn dana() -> Actor {
    Actor::Person(PersonName::new("dana").unwrap())
}

/// Starts a run of `payments/drain`, and works it off or stops it a minute later.
fn run(kernel: &mut Kernel, seconds: i64, number: u64, drill: bool, to_its_end: bool) {
    let request = RunRequest {
        runbook: RunbookName::parse("payments/drain").unwrap(),
        version: None,
        case: None,
        drill,
        parameters: BTreeMap::new(),
        pace: Pace::default(),
        undo_on_failure: false,
        dry_run: false,
    };
    kernel.command(at(seconds), dana(), What::StartRun(Box::new(request)));
    let step = StepId::new("look").unwrap();
    let action = match to_its_end {
        true => RunAction::Settle { step, how: Settling::Done, text: None },
        false => RunAction::Stop { text: None },
    };
    kernel.command(at(seconds + 60), dana(), What::Run { run: RunId(number), action });
}

/// What entries show until an instant, each as the record has it.
fn evidence(kernel: &Kernel, until: Timestamp) -> Evidence {
    let mut evidence = Evidence::default();
    let known = |entry: &&wheelhouse_core::record::Entry| Evidence::KINDS.contains(&entry.fact.kind());
    let entries = kernel.entries.iter().filter(|entry| entry.at <= until);
    for (seq, entry) in (0..).zip(entries).filter(|(_, entry)| known(entry)) {
        let sealed = entry.clone().seal(seq, [0; 32]);
        let canonical = Canonical::parse(sealed.canonical.as_ref()).unwrap();
        evidence.take(seq, &canonical.into_entry(None));
    }
    evidence
}

fn of_drain(evidence: &Evidence, catalog: &Catalog, at: Timestamp) -> Standing {
    let controls = report(catalog, &Sources::new(), evidence, at);
    let names: Vec<&str> = controls.iter().map(|control| control.name.as_str()).collect();
    assert_eq!(names, ["a.5.30", "restore"]);
    let held: Vec<&str> = controls[1].held.iter().map(|held| held.claim.name.as_str()).collect();
    assert_eq!(held, ["payments/drain", "payments/restore"], "each claims it once");
    assert_eq!(controls[1].held[1].standing, Standing::Exists);
    controls[0].held[0].standing
}

#[test]
fn what_exists_ran_and_ran_recently_are_kept_apart_at_every_instant() {
    let catalog = organisation("one");
    let mut kernel = Kernel::of(catalog.clone());
    run(&mut kernel, 100, 1, false, false);
    run(&mut kernel, 10 * DAY, 2, true, true);
    let stood = |seconds: i64| of_drain(&evidence(&kernel, at(seconds)), &catalog, at(seconds));
    assert_eq!(stood(50), Standing::Exists);
    assert_eq!(stood(DAY), Standing::Exists, "what was stopped did not run");
    assert_eq!(stood(10 * DAY + 30), Standing::Exists, "nor did what is under way");
    assert_eq!(stood(10 * DAY + 60), Standing::RanRecently);
    assert_eq!(stood(40 * DAY + 60), Standing::RanRecently, "to the last instant");
    assert_eq!(stood(40 * DAY + 61), Standing::Ran);
}

#[test]
fn each_line_names_the_entries_that_it_rests_on_and_the_version_that_ran() {
    let mut kernel = Kernel::of(organisation("one"));
    run(&mut kernel, 100, 1, true, true);
    let after = organisation("two");
    let what = What::Adopt {
        catalog: Arc::new(after.clone()),
        time_zones: "bundled".into(),
        change: CatalogChange::default(),
    };
    kernel.command(at(500), Actor::Hub, what);
    let evidence = evidence(&kernel, at(600));
    let controls = report(&after, &Sources::new(), &evidence, at(600));
    let held: &Held<'_> = &controls[0].held[0];
    assert_eq!((held.counts, held.executions.len()), ([1, 0], 1));
    let execution = held.last.unwrap();
    assert_eq!((execution.how, execution.drill, execution.steps), (Ending::Completed, true, [1, 0, 0]));
    assert_eq!(execution.version, RunbookHash::of("one"), "a run of an older text is said to be that");
    assert_eq!(held.claim.version, Some(RunbookHash::of("two")));
    let kind = |seq: u64| kernel.entries[usize::try_from(seq).unwrap()].fact.kind();
    assert_eq!((kind(execution.started_in), kind(execution.ended_in)), ("run", "run"));
    assert_eq!(kind(held.judged.unwrap().entry), "runbook_version");
    assert_eq!(kind(evidence.catalog.as_ref().unwrap().0), "catalog_adopted");
}

#[test]
fn what_says_nothing_of_exercise_is_recent_for_ninety_days() {
    let claims = claims(&organisation("one"), &Sources::new());
    let of = |name: &str| claims.iter().find(|claim| claim.name == name).unwrap();
    assert_eq!((of("payments/restore").recent, of("payments/restore").by), (RECENT, Claimant::Runbook));
    assert_eq!(of("payments/drain").recent, Duration::from_hours(30 * 24));
    assert!(claims.iter().all(|claim| claim.name != "payments/other"));
}
