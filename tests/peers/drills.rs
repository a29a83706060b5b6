//! Drills: outages that are played on purpose, judged, written down, and kept apart from real ones.

use std::process::Output;

use serde_json::Value;

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::hub::{Hub, run};
use crate::support::mail::MailCatcher;

/// A drill of the ledger that dana is paged for; `expects` is what it expects beside.
fn drill(expects: &str) -> String {
    format!(
        "{}---\nkind: Drill\nname: ledger-down\nteam: payments\nsummary: The ledger stops booking\nsignals:\n\
         \x20 - {{at: 0s, labels: {{alertname: LedgerDown, service: ledger, severity: critical}}, annotations: {{summary: nothing is booked}}}}\n\
         \x20 - {{at: 3s, labels: {{alertname: LedgerDown, service: ledger, severity: critical}}, resolved: true}}\n\
         expect:\n\
         \x20 - {{paged: {{person: dana}}, of: ledger, within: 10s}}\n\
         \x20 - {{told: {{audience: finance}}, within: 60s}}\n\
         \x20 - {{resolved: ledger, within: 20s}}\n{expects}",
        usual(&["ledger", "portal"])
    )
}

fn played(hub: &Hub, who: &Client) -> Output {
    let url = format!("http://127.0.0.1:{}", hub.port());
    run(&["--url", &url, "--token", &who.token, "drill", "run", "ledger-down", "--output", "json"])
}

#[test]
fn a_drill_that_goes_as_expected_passes_and_is_written_down() {
    let catcher = MailCatcher::start(&[]);
    let hub = Hub::with_catalog(&drill(""), Some(catcher.smtp));
    let dana = hub.client("person", "dana");

    let out = played(&hub, &dana);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{said}\n{}", String::from_utf8_lossy(&out.stdout));
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&report["passed"], &report["cases"]), (&true.into(), &serde_json::json!(["INC-1"])), "{report}");
    assert!(said.contains("dana is paged because of ledger within 10 s"), "{said}");

    let page = catcher.wait_for("dana@quay.example", "INC-1");
    assert!(page.text.to_lowercase().contains("drill"), "a page says that it is a drill: {}", page.text);
    let case = dana.get("/api/v1/cases/INC-1");
    assert_eq!((&case["drill"], &case["state"]), (&true.into(), &"resolved".into()));
    let held = &dana.get("/api/v1/drills/ledger-down")["last_held"];
    assert_eq!((&held["met"], &held["missed"], &held["by"]["name"]), (&3.into(), &0.into(), &"dana".into()), "{held}");

    // The next drill opens a case of its own, and so does a real alert.
    let again = played(&hub, &dana);
    let report: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((again.status.success(), &report["cases"]), (true, &serde_json::json!(["INC-2"])), "{report}");
    hub.client("source", "prometheus").alert(&[alert("ledger", "LedgerDown", "1")]);
    assert_eq!(dana.get("/api/v1/cases/INC-3")["drill"], false);
    hub.wait_until_all_is_sent(crate::support::wait::SOON);
    hub.verify_record();
}

#[test]
fn a_drill_that_goes_otherwise_fails_and_says_what_was_missed() {
    let catcher = MailCatcher::start(&[]);
    let expects = "\x20 - {paged: {person: grace}, within: 4s}\n\x20 - {not_told: {audience: finance}}\n\
                   \x20 - {not_opened: portal}\n";
    let hub = Hub::with_catalog(&drill(expects), Some(catcher.smtp));
    let dana = hub.client("person", "dana");
    let out = played(&hub, &dana);
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    let met: Vec<bool> =
        report["expectations"].as_array().unwrap().iter().map(|one| one["met"].as_bool().unwrap()).collect();
    assert_eq!(
        (report["passed"].as_bool(), met),
        (Some(false), vec![true, true, true, false, false, true]),
        "{report}"
    );
    let held = &dana.get("/api/v1/drills/ledger-down")["last_held"];
    assert_eq!((&held["met"], &held["missed"]), (&4.into(), &2.into()), "{held}");
    hub.wait_until_all_is_sent(crate::support::wait::SOON);
    hub.verify_record();
}

#[test]
fn who_may_not_run_a_drill_sends_nothing() {
    let catalog = drill("")
        + "---\nkind: Team\nname: outsiders\nmembers: [oscar]\ncontacts: [{email: o@quay.example}]\n\
                               ---\nkind: Person\nname: oscar\ncontacts: [{email: oscar@quay.example}]\n";
    let hub = Hub::with_catalog(&catalog, None);
    let out = played(&hub, &hub.client("person", "oscar"));
    assert_eq!(out.status.code(), Some(3), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(hub.admin().all("/api/v1/cases").is_empty(), "a refusal changes nothing");
}
