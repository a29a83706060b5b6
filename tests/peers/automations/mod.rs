//! Automations at work: an alert comes in over HTTP, a run begins by itself, and a real process does something.

mod crashes;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::runs::{lay, run, until_over};
use crate::support::wait::{SOON, until, until_true};

/// A step that says whom it is about.
const NOTES: &str = "---\nowners: [payments]\nparameters:\n  instance: {pattern: \"^[a-z0-9-]+$\"}\n---\n# Restart\n\n\
                     ```sh {step=one timeout=1m idempotent undo=none}\n\
                     echo \"$WH_CASE $WH_INSTANCE drill=${WH_DRILL-}\" >> PLACE/log\n```\n";
/// One that goes wrong.
const FAILS: &str = "```sh {step=one timeout=1m undo=none}\necho again >> PLACE/log; exit 3\n```\n";

/// A hub whose catalog has this automation of the team `payments`, with the members dana and nadia; and the folder that steps
/// write in.
fn hub(automation: &str, more: &str) -> (Hub, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let people = usual(&["ledger", "portal"]).replace("members: [dana]", "members: [dana, nadia]");
    let catalog = format!(
        "{people}---\nkind: Person\nname: nadia\ncontacts: [{{email: nadia@quay.example}}]\n{more}\
         ---\nkind: Automation\nname: restart\nteam: payments\nmode: live\n{automation}"
    );
    let place = lay(folder.path(), &catalog, &[("restart", NOTES), ("fails", FAILS)]);
    let mut options: Vec<OsString> = vec!["--ops".into(), folder.path().join("payments").into()];
    options.extend(["--step-folder".into(), place.clone().into()]);
    (Hub::with_options(options, folder, None), place)
}

/// Tells of an alert as Alertmanager's webhook does.
fn tell(source: &Client, service: &str, name: &str, status: &str) {
    let answer = source.post("/in/webhook/alertmanager", &notification(service, name, status));
    assert_eq!(answer.success()["alerts"], 1);
}

fn notification(service: &str, name: &str, status: &str) -> Value {
    let labels = json!({ "alertname": name, "service": service, "severity": "critical", "instance": "n1" });
    let mut alert = json!({ "status": status, "labels": labels, "startsAt": "2026-01-01T00:00:00Z" });
    if status == "resolved" {
        alert["endsAt"] = json!("2026-01-01T00:00:01Z");
    }
    json!({ "version": "4", "status": status, "alerts": [alert] })
}

fn restart(who: &Client) -> Value {
    who.get("/api/v1/automations/restart")
}

fn totals(who: &Client) -> (u64, u64, u64, u64) {
    let totals = &restart(who)["totals"];
    let of = |what: &str| totals[what].as_u64().unwrap();
    (of("started"), of("would_have"), of("held"), of("asked"))
}

/// The last thing that came of it.
fn last(who: &Client, what: &str) -> Value {
    let last = restart(who)["last"].clone();
    assert_eq!(last["what"], what, "{last}");
    last
}

fn only_run(who: &Client) -> String {
    let runs = who.all("/api/v1/runs");
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0]["id"].as_str().unwrap().to_owned()
}

fn log(place: &Path) -> String {
    fs::read_to_string(place.join("log")).unwrap_or_default()
}

#[test]
fn an_alert_begins_a_run_and_its_service_is_then_left_alone() {
    let (hub, place) = hub(
        "when: {kind: [case_opened, case_reopened], service: {name: [ledger]}}\nif: has(signal.labels.instance)\n\
         then: {runbook: restart, from: {instance: signal.labels.instance}}\ncooldown: 10m\n",
        "",
    );
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    tell(&source, "portal", "PortalDown", "firing");
    tell(&source, "ledger", "LedgerDown", "firing");
    let case = dana.cases_of("ledger")[0]["id"].as_str().unwrap().to_owned();
    let id = only_run(&dana);
    let over = until_over(&dana, &id);
    assert_eq!((&over["state"], &over["case"]), (&json!("completed"), &json!(case)), "{over}");
    assert_eq!(log(&place), format!("{case} n1 drill=\n"));
    until_true("it knows that all went well", SOON, || restart(&dana)["last"]["what"] == "run_over");
    // The incident ends and goes on at once: now it is left alone.
    tell(&source, "ledger", "LedgerDown", "resolved");
    until_true("it is over", SOON, || dana.cases_of("ledger")[0]["state"] == "resolved");
    tell(&source, "ledger", "LedgerDown", "firing");
    assert_eq!(dana.cases_of("ledger").len(), 1, "it goes on");
    let held = last(&dana, "held");
    assert_eq!((&held["held"], &held["event"]), (&json!("cooldown"), &json!("case_reopened")), "{held}");
    assert_eq!((only_run(&dana), totals(&dana)), (id, (1, 0, 1, 0)));
    let told = dana.get(&format!("/api/v1/cases/{case}/timeline")).to_string();
    assert!(told.contains("it leaves this target alone until"), "{told}");
    hub.verify_record();
}

#[test]
fn others_agree_and_not_the_one_whose_action_it_was() {
    let (hub, place) = hub(
        "when: {kind: [acknowledged], service: {name: [ledger]}}\nthen: {runbook: restart, with: {instance: n2}}\n\
         cooldown: 0\napproval: {role: payments, within: 5m}\n",
        "",
    );
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let (nadia, grace) = (hub.client("person", "nadia"), hub.client("person", "grace"));
    tell(&source, "ledger", "LedgerDown", "firing");
    let case = dana.cases_of("ledger")[0]["id"].as_str().unwrap().to_owned();
    dana.post(&format!("/api/v1/cases/{case}/acknowledge"), &json!({})).success();
    let question = restart(&nadia)["questions"][0].clone();
    assert_eq!((&question["requester"], &question["parameters"]), (&json!("dana"), &json!({ "instance": "n2" })));
    let path = format!("/api/v1/automations/restart/questions/{}", question["number"]);
    let own = dana.post(&format!("{path}/approve"), &json!({}));
    assert_eq!((own.status, own.text.contains("it follows from what dana did")), (422, true), "{}", own.text);
    let other = grace.post(&format!("{path}/approve"), &json!({}));
    assert_eq!(other.status, 403, "grace does not hold the role: {}", other.text);
    assert!(dana.all("/api/v1/runs").is_empty() && log(&place).is_empty());
    nadia.post(&format!("{path}/approve"), &json!({})).success();
    let id = only_run(&dana);
    assert_eq!(until_over(&dana, &id)["state"], "completed");
    assert_eq!(log(&place), format!("{case} n2 drill=\n"));
    // It is answered: nobody agrees twice.
    let again = nadia.post(&format!("{path}/approve"), &json!({}));
    assert_eq!((again.status, dana.all("/api/v1/runs").len()), (422, 1), "{}", again.text);
    hub.verify_record();
}

#[test]
fn what_is_declined_does_not_begin() {
    let (hub, place) = hub(
        "when: {kind: [case_opened], service: {name: [ledger]}}\nthen: {runbook: restart, with: {instance: n2}}\n\
         cooldown: 0\napproval: {role: payments, within: 5m}\n",
        "",
    );
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    tell(&source, "ledger", "LedgerDown", "firing");
    let question = restart(&dana)["questions"][0]["number"].clone();
    let path = format!("/api/v1/automations/restart/questions/{question}/decline");
    dana.post(&path, &json!({ "text": "we are on it" })).success();
    assert_eq!(restart(&dana)["questions"], json!([]));
    assert_eq!((dana.all("/api/v1/runs").len(), log(&place)), (0, String::new()));
}

#[test]
fn a_person_halts_one_and_lets_it_go_on() {
    let (hub, _) = hub(
        "when: {kind: [signal_fired], service: {name: [ledger]}}\nthen: {runbook: restart, with: {instance: n1}}\ncooldown: 0\n",
        "",
    );
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let pause = |who: &Client, body: &Value| who.post("/api/v1/automations/restart/pause", body);
    assert_eq!(pause(&dana, &json!({})).status, 422, "why it is halted is said");
    assert_eq!(pause(&source, &json!({ "text": "no" })).status, 403);
    pause(&dana, &json!({ "text": "maintenance of the ledger" })).success();
    tell(&source, "ledger", "A", "firing");
    assert_eq!(last(&dana, "held")["held"], "paused");
    assert_eq!((dana.all("/api/v1/runs").len(), &restart(&dana)["state"]), (0, &json!("paused")));
    dana.post("/api/v1/automations/restart/resume", &json!({})).success();
    tell(&source, "ledger", "B", "firing");
    assert_eq!(until_over(&dana, &only_run(&dana))["state"], "completed");
}

#[test]
fn one_whose_runs_fail_rests() {
    let (hub, place) = hub(
        "when: {kind: [signal_fired], service: {name: [ledger]}}\nthen: {runbook: fails}\ncooldown: 0\n\
         breaker: {failures: 2, rest: 1h}\n",
        "",
    );
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    for (name, failed) in [("A", 1), ("B", 2)] {
        tell(&source, "ledger", name, "firing");
        until_true("the run went wrong", SOON, || restart(&dana)["totals"]["failed"] == failed);
    }
    assert_eq!(restart(&dana)["state"], "resting");
    tell(&source, "ledger", "C", "firing");
    assert_eq!(last(&dana, "held")["held"], "breaker");
    assert_eq!((dana.all("/api/v1/runs").len(), log(&place)), (2, "again\nagain\n".to_owned()));
    dana.post("/api/v1/automations/restart/resume", &json!({})).success();
    tell(&source, "ledger", "D", "firing");
    until_true("it went wrong again", SOON, || log(&place).lines().count() == 3);
    hub.verify_record();
}

#[test]
fn in_a_drill_nothing_begins_and_it_is_said_what_would_have() {
    let drill = "---\nkind: Drill\nname: ledger-down\nteam: payments\nsignals:\n\
                 \x20 - {at: 0s, labels: {alertname: LedgerDown, service: ledger, severity: critical}}\n\
                 \x20 - {at: 2s, labels: {alertname: LedgerDown, service: ledger, severity: critical}, resolved: true}\n\
                 expect:\n\x20 - {resolved: ledger, within: 20s}\n";
    let (hub, place) = hub(
        "when: {kind: [case_opened], service: {name: [ledger]}}\nthen: {runbook: restart, with: {instance: n1}}\ncooldown: 10m\n",
        drill,
    );
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    dana.post("/api/v1/drills/ledger-down/runs", &json!({})).success();
    let case = until("the drill has its case", SOON, || {
        dana.cases_of("ledger").first().map(|case| case["id"].as_str().unwrap().to_owned())
    });
    let would = last(&dana, "would_have");
    assert_eq!((&would["drill"], &would["case"]), (&json!(true), &json!(case)), "{would}");
    assert_eq!((totals(&dana), dana.all("/api/v1/runs").len(), log(&place)), ((0, 1, 0, 0), 0, String::new()));
    // What happened in the drill holds nothing back that is real.
    tell(&source, "ledger", "LedgerDown", "firing");
    let id = only_run(&dana);
    assert_eq!((&until_over(&dana, &id)["state"], &run(&dana, &id)["drill"]), (&json!("completed"), &json!(false)));
    hub.verify_record();
}
