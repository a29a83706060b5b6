//! Which runbooks of a catalog fit a case, and what a change of the catalog means for them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use wheelhouse_core::case::{Urgency, by_address, runbooks};
use wheelhouse_core::catalog::{Catalog, diff::diff};
use wheelhouse_core::name::{PersonName, RoleName, SourceName};
use wheelhouse_core::runbook::{RunbookName, holders, may, owners};
use wheelhouse_core::signal::{Adapter, PairsBuilder, Signal, Status};
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::catalog::{Mode, compile_files};

const BASE: &str = include_str!("catalog/base.yaml");

fn catalog(files: &[(&str, &str)]) -> Catalog {
    let base = ("base.yaml".to_owned(), BASE.to_owned());
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let (catalog, report) = compile_files(files.chain([base]).collect(), Mode::Whole, None);
    catalog.unwrap_or_else(|| panic!("{}", report.render_text(false)))
}

fn signal(labels: &[(&str, &str)], annotations: &[(&str, &str)]) -> Signal {
    let pairs = |all: &[(&str, &str)]| {
        let mut pairs = PairsBuilder::with_capacity(16);
        all.iter().for_each(|(name, value)| pairs.push(name, value));
        pairs.finish()
    };
    Signal {
        source: SourceName::new("prometheus").unwrap(),
        adapter: Adapter::Alertmanager,
        drill: false,
        labels: pairs(labels),
        annotations: pairs(annotations),
        url: "".into(),
        urgency: Urgency::Critical,
        started_at: Timestamp::EPOCH,
        status: Status::Firing { until: None },
    }
}

fn fitting(catalog: &Catalog, signals: &[Signal]) -> Vec<String> {
    let found = runbooks(catalog, catalog.services.get("ledger"), signals);
    let line = |one: &wheelhouse_core::case::Runbook| {
        let name = one.name.as_ref().map_or_else(|| one.url.clone(), ToString::to_string);
        format!("{name}: {}", one.reason())
    };
    found.iter().map(line).collect()
}

#[test]
fn the_best_come_first_each_with_the_reason_why() {
    let catalog = catalog(&[
        ("payments/ops/runbooks/LedgerDown.md", "# Ledger is down\n"),
        ("payments/ops/runbooks/balance.md", "---\nservices: ledger\n---\n# Out of balance\n"),
        ("payments/ops/runbooks/other.md", "---\nservices: payments-api\n---\n# Of another service\n"),
        ("payments/ops/runbooks/team.md", "# What the team keeps\n"),
        ("payments/ops/runbooks/linked.md", "# Linked\n"),
        ("noc/runbooks/any.md", "---\ntriggers: {when: {labels: {zone: [dmz]}}}\n---\n# Triggered\n"),
        ("noc/runbooks/linked.md", "# Linked as well\n"),
    ]);
    let address = "https://git.example.org/payments/src/branch/main/ops/runbooks/Linked.md?raw#top";
    let signals = [
        signal(&[("alertname", "ledger-down"), ("zone", "dmz")], &[("runbook_url", address)]),
        signal(&[("alertname", "x")], &[("runbook_url", address)]),
        signal(&[("alertname", "y")], &[("runbook_url", "https://wiki.example.org/y")]),
        signal(&[("alertname", "z")], &[("runbook_url", "javascript:alert(1)")]),
    ];
    assert_eq!(
        fitting(&catalog, &signals),
        [
            "payments/linked: 2 signals link to it",
            "https://wiki.example.org/y: 1 signal links to it",
            "noc/any: its trigger matches 1 signal",
            "payments/LedgerDown: called like the alert ledger-down",
            "payments/balance: is about service ledger",
            "payments/team: kept by team payments, whose service it is",
        ]
    );
    assert_eq!(by_address(&catalog, "https://git.example.org/noc/runbooks/linked").unwrap().title, "Linked as well");
    assert!(by_address(&catalog, "https://git.example.org/linked.md").is_none());
}

#[test]
fn whose_a_runbook_is_and_who_holds_a_role() {
    let catalog = catalog(&[
        ("payments/ops/runbooks/a.md", "# A\n"),
        ("payments/ops/runbooks/b.md", "---\nowners: noc\n---\n# B\n"),
        ("elsewhere/runbooks/c.md", "# C\n"),
    ]);
    let of = |name: &str| {
        let runbook = &catalog.runbooks[&RunbookName::parse(name).unwrap()];
        owners(&catalog, runbook).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        (of("payments/a"), of("payments/b"), of("elsewhere/c")),
        (vec!["payments".into()], vec!["noc".into()], vec![])
    );
    let people = |role: &str| {
        let holders = holders(&catalog, &RoleName::new(role).unwrap(), Timestamp::from_seconds(1_795_399_800));
        holders.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(people("noc").len(), 2, "a team's members, whoever is on call among them");
    assert_eq!(people("operator"), ["dana", "nadia"]);
    assert_eq!(people("nobody"), [""; 0]);
    let (dana, emil) = (PersonName::new("dana").unwrap(), PersonName::new("emil").unwrap());
    let a = &catalog.runbooks[&RunbookName::parse("payments/a").unwrap()];
    let asks = [RoleName::new("noc").unwrap()];
    assert!(may(&catalog, a, &[], &dana, Timestamp::EPOCH) && !may(&catalog, a, &[], &emil, Timestamp::EPOCH));
    assert!(may(&catalog, a, &asks, &emil, Timestamp::EPOCH) && !may(&catalog, a, &asks, &dana, Timestamp::EPOCH));
}

#[test]
fn a_change_of_the_catalog_says_which_runbooks_it_changes() {
    let drain = "# Drain\n\n1. Look.\n\n```sh {step=drain timeout=5m undo=none}\ntrue\n```\n";
    let old = catalog(&[("payments/runbooks/drain.md", drain), ("payments/runbooks/gone.md", "# Gone\n")]);
    let later = drain.replace("5m", "10m") + "\n- [ ] Go home.\n";
    let new = catalog(&[("payments/runbooks/drain.md", &later), ("payments/runbooks/new.md", "# New\n\n1. a\n2. b\n")]);
    let lines: Vec<String> = diff(&old, &new, Timestamp::EPOCH).runbooks.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "runbook payments/drain: manual step added: Go home.; step changed: drain (timeout)",
            "runbook payments/gone is gone",
            "runbook payments/new is new: 2 manual and 0 automated steps",
        ]
    );
    assert_ne!(old.version, new.version);
}
