//! Drills that the hub plays itself: watched, stopped, and interrupted when the hub is.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::mail::MailCatcher;
use crate::support::wait::{SOON, until};

/// A drill of the ledger that dana is paged for, whose trouble ends `end` seconds after its start.
fn drill(end: u32, expects: &str) -> String {
    format!(
        "{}---\nkind: Drill\nname: ledger-down\nteam: payments\nsignals:\n\
         \x20 - {{at: 0s, labels: {{alertname: LedgerDown, service: ledger, severity: critical}}}}\n\
         \x20 - {{at: {end}s, labels: {{alertname: LedgerDown, service: ledger, severity: critical}}, resolved: true}}\n\
         expect:\n\x20 - {{paged: {{person: dana}}, of: ledger, within: 10s}}\n{expects}",
        usual(&["ledger", "portal"])
    )
}

fn start(who: &Client) -> Value {
    let started = who.post("/api/v1/drills/ledger-down/runs", &json!({}));
    assert_eq!(started.status, 201, "{}", started.text);
    started.json()
}

fn ended(who: &Client, run: u64) -> Value {
    until("the run is over", Duration::from_secs(30), || {
        let run = who.get(&format!("/api/v1/drill-runs/{run}"));
        (run["state"] != "running").then_some(run)
    })
}

#[test]
fn the_hub_plays_a_drill_to_its_end_and_writes_down_how_it_went() {
    let catcher = MailCatcher::start(&[]);
    let hub = Hub::with_catalog(&drill(2, "\x20 - {resolved: ledger, within: 20s}\n"), Some(catcher.smtp));
    let dana = hub.client("person", "dana");
    let run = start(&dana);
    assert_eq!((&run["run"], &run["state"], &run["by"]["name"]), (&json!(1), &json!("running"), &json!("dana")));
    let again = dana.post("/api/v1/drills/ledger-down/runs", &json!({}));
    assert_eq!((again.status, &again.json()["code"]), (409, &json!("drill_runs")));
    let listed = &dana.get("/api/v1/drills/ledger-down");
    assert_eq!((&listed["running"], &listed["may_run"]), (&json!(1), &json!(true)));
    assert_eq!(hub.client("person", "grace").get("/api/v1/drills/ledger-down")["may_run"], true, "the NOC may");

    let over = ended(&dana, 1);
    assert_eq!(
        (&over["state"], &over["passed"], &over["cases"]),
        (&json!("held"), &json!(true), &json!(["INC-1"])),
        "{over}"
    );
    assert!(over["signals"].as_array().unwrap().iter().all(|signal| signal["sent"] == true), "{over}");
    assert!(over["expectations"].as_array().unwrap().iter().all(|expected| expected["met"] == true), "{over}");
    let case = dana.get("/api/v1/cases/INC-1");
    assert_eq!((&case["drill"], &case["state"]), (&json!(true), &json!("resolved")));
    let held = &dana.get("/api/v1/drills/ledger-down")["last_held"];
    assert_eq!((&held["met"], &held["missed"], &held["by"]["name"]), (&json!(2), &json!(0), &json!("dana")));
    catcher.wait_for("dana@quay.example", "INC-1");

    let second = start(&dana);
    assert_eq!((&second["run"], &second["cases"]), (&json!(2), &json!([])), "the next run has cases of its own");
    let runs = dana.get("/api/v1/drill-runs");
    let states: Vec<&str> =
        runs["items"].as_array().unwrap().iter().map(|run| run["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["running", "held"], "the last started first");
    assert_eq!(ended(&dana, 2)["cases"], json!(["INC-2"]));
    assert_eq!(dana.get("/api/v1/drill-runs/1")["cases"], json!(["INC-1"]));
    hub.wait_until_all_is_sent(SOON);
    hub.verify_record();
}

#[test]
fn a_run_that_is_stopped_ends_what_it_began() {
    let hub = Hub::with_catalog(&drill(600, ""), None);
    let dana = hub.client("person", "dana");
    start(&dana);
    until("the drill's case is open", SOON, || (!dana.cases_of("ledger").is_empty()).then_some(()));
    let stranger = hub.admin().post("/api/v1/drill-runs/1/stop", &json!({}));
    assert_eq!(stranger.status, 403);
    let stopped = dana.post("/api/v1/drill-runs/1/stop", &json!({})).success();
    assert_eq!((&stopped["state"], &stopped["ended_by"]["name"]), (&json!("stopped"), &json!("dana")), "{stopped}");
    assert_eq!(stopped["passed"], Value::Null, "nothing is judged");
    assert_eq!(dana.get("/api/v1/cases/INC-1")["state"], "resolved");
    let twice = dana.post("/api/v1/drill-runs/1/stop", &json!({}));
    assert_eq!((twice.status, &twice.json()["code"]), (409, &json!("drill_run_over")));
    assert_eq!(dana.look("/api/v1/drill-runs/7").status, 404);
    hub.client("source", "prometheus").alert(&[alert("ledger", "LedgerDown", "1")]);
    assert_eq!(dana.get("/api/v1/cases/INC-2")["drill"], false, "what is real is a case of its own");
    hub.wait_until_all_is_sent(SOON);
    hub.verify_record();
}

#[test]
fn a_run_whose_hub_stopped_says_that_it_was_interrupted() {
    let mut hub = Hub::with_catalog(&drill(600, ""), None);
    let dana = hub.client("person", "dana");
    start(&dana);
    until("the drill's case is open", SOON, || (!dana.cases_of("ledger").is_empty()).then_some(()));
    hub.kill();
    hub.restart();
    let run = ended(&dana, 1);
    assert_eq!((&run["state"], &run["ended_by"]["kind"]), (&json!("interrupted"), &json!("hub")), "{run}");
    until("its case is over", SOON, || (dana.get("/api/v1/cases/INC-1")["state"] == "resolved").then_some(()));
    let next = start(&dana);
    assert_eq!(next["run"], 2, "it can be played again");
    dana.post("/api/v1/drill-runs/2/stop", &json!({})).success();
    hub.wait_until_all_is_sent(SOON);
    hub.verify_record();
}
