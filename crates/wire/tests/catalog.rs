//! Golden files: each `catalog/cases/NAME.yaml`, loaded beside `catalog/base.yaml`, gives exactly
//! `NAME.txt`. `UPDATE_GOLDEN=1` writes them. The first line may say otherwise: `# mode: alone` and
//! `# mode: known` check the case by itself, `# mode: bare` takes it for a whole catalog, and
//! `# now: 2027-03-20T00:00:00Z` looks ahead from then, and `# repository: NAME` puts the case into
//! another repository than the base. `NAME.md` is a runbook, `elsewhere/runbooks/NAME.md`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::{Action, Code, Contact, KnownNames, Strength, Target, missing_secrets, summary};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::catalog::{Mode, Report, compile_files, compile_loaded, known_names, load};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalog")
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// Mon 2026-11-23 02:10 UTC.
fn now() -> Timestamp {
    Timestamp::from_seconds(1_795_399_800)
}

fn base() -> (String, String) {
    ("base.yaml".into(), read(folder().join("base.yaml")))
}

fn known() -> KnownNames {
    KnownNames::of(&compile_files(vec![base()], Mode::Whole, None).0.unwrap())
}

fn run(name: &str, text: &str, extension: &str) -> Report {
    if extension == "md" {
        let case = (format!("elsewhere/runbooks/{name}.md"), text.to_string());
        let named = ("elsewhere/runbooks/drain.md".to_string(), "# Drain\n".to_string());
        let (catalog, report) = compile_files(vec![base(), case, named], Mode::Whole, Some(now()));
        assert_eq!(catalog.is_some(), !report.has_errors(), "{name}");
        return report;
    }
    let case = (format!("{name}.yaml"), text.to_string());
    let (files, mode) = match text.lines().next() {
        Some("# mode: alone") => (vec![case], Mode::Alone { known: None }),
        Some("# mode: known") => (vec![case], Mode::Alone { known: Some(known()) }),
        Some("# mode: bare") => (vec![case], Mode::Whole),
        Some(line) if line.starts_with("# repository: ") => {
            let path = format!("{}:ops/{name}.yaml", &line["# repository: ".len()..]);
            (vec![base(), (path, text.to_string())], Mode::Whole)
        }
        _ => (vec![base(), case], Mode::Whole),
    };
    let whole = matches!(mode, Mode::Whole);
    let from = text.lines().next().and_then(|line| line.strip_prefix("# now: "));
    let now = from.map_or_else(now, |instant| Timestamp::from_jiff(instant.parse().unwrap()));
    let mut loaded = load(files);
    if let Some(kept) = text.lines().next().and_then(|line| line.strip_prefix("# secrets: ")) {
        let kept = kept.split(", ").map(ToString::to_string).collect();
        loaded.findings.extend(missing_secrets(&loaded.drafts, &kept));
    }
    let (catalog, report) = compile_loaded(loaded, mode, Some(now));
    assert_eq!(catalog.is_some(), whole && !report.has_errors(), "{name}");
    report
}

#[test]
fn every_case_says_what_its_golden_file_says_and_every_code_has_a_case() {
    let mut seen: BTreeSet<Code> = BTreeSet::new();
    let mut cases: Vec<_> = fs::read_dir(folder().join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let mut wrong = Vec::new();
    for path in cases {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let extension = path.extension().unwrap().to_str().unwrap();
        if extension == "txt" {
            continue;
        }
        let report = run(name, &read(&path), extension);
        seen.extend(report.findings.iter().map(|finding| finding.code));
        let golden = path.with_extension("txt");
        let text = report.render_text(false);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &text).unwrap();
        } else if read(&golden) != text {
            wrong.push(format!("{name} now says:\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let unseen: Vec<_> = Code::ALL.iter().filter(|code| !seen.contains(code)).collect();
    assert!(unseen.is_empty(), "no case for {unseen:?}");
}

#[test]
fn a_good_catalog_comes_out_as_it_was_meant() {
    let (catalog, report) = compile_files(vec![base()], Mode::Whole, Some(now()));
    assert_eq!("", report.render_text(false));
    let catalog = catalog.unwrap();
    assert_eq!(
        summary(&catalog).to_string(),
        "1 organization, 2 teams, 4 people, 2 services, 2 schedules, 2 escalations, 1 audience, 1 rule, 1 source"
    );
    assert_eq!(summary(&catalog), report.summary);
    assert_eq!(catalog.version, report.version);
    assert_eq!(catalog.organization.fallback_every, Duration::from_minutes(15));

    let api = &catalog.services["payments-api"];
    assert_eq!(api.depends_on[0].strength, Strength::Hard);
    assert_eq!(api.stakeholders[0].from, Severity::Sev2);
    assert_eq!(api.matches[0]["job"], "payments");
    assert_eq!(api.objectives["availability"], "99.9% over 30d");
    assert_eq!(catalog.dependents["ledger"][0].service.as_str(), "payments-api");
    assert_eq!(catalog.services["ledger"].tier, 1);

    let escalation = &catalog.escalations["payments"];
    assert_eq!(escalation.acknowledgement_timeout, Duration::from_minutes(90));
    assert_eq!(catalog.escalations["noc"].acknowledgement_timeout, Duration::from_hours(2));
    assert_eq!(catalog.escalations["noc"].repeat, 1);
    assert_eq!(escalation.steps[1].after, Duration::from_minutes(10));
    assert!(matches!(&escalation.steps[1].page[..], [Target::Person(_), Target::Team(_)]));

    let schedule = &catalog.schedules["payments"];
    assert_eq!(schedule.time_zone.iana_name(), Some("Europe/Vienna"));
    assert_eq!(schedule.overrides[0].from.to_string(), "2026-12-24T08:00:00Z");
    assert_eq!(catalog.people["nadia"].display_name, "nadia");
    assert!(matches!(catalog.people["grace"].contacts[0], Contact::Webhook(_)));
    assert!(matches!(catalog.rules[0].action, Action::Incident { resolve: true, severity: Some(Severity::Sev1), .. }));
}

#[test]
fn neither_the_order_of_the_files_nor_repetition_changes_anything() {
    let files = || -> Vec<(String, String)> {
        ["unresolved", "unreachable", "partial"]
            .iter()
            .map(|name| (format!("{name}.yaml"), read(folder().join(format!("cases/{name}.yaml")))))
            .chain([base()])
            .collect()
    };
    let mut turned = files();
    turned.reverse();
    let one = compile_files(files(), Mode::Whole, Some(now())).1;
    let other = compile_files(turned, Mode::Whole, Some(now())).1;
    assert_eq!(one.render_json(), other.render_json());
    assert_eq!(one.version, other.version);
}

#[test]
fn known_names_go_through_json() {
    let known = known();
    let json = serde_json::to_string(&known).unwrap();
    assert!(json.contains(r#""organization":"harbor""#) && json.contains(r#""Team":["noc","payments"]"#), "{json}");
    assert_eq!(known_names(&json).unwrap(), known);
    assert!(known_names("[]").unwrap_err().to_string().contains("catalog.json"));
    assert!(known_names(r#"{"version":"","organization":"","names":{"Tea":[]}}"#).is_err());
}
