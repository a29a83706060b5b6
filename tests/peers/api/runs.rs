//! Runs of runbooks: over HTTP, across kills, new versions and other people.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::wait::{SOON, until_true};

const RUNBOOK: &str = "---\nowners: [payments]\nparameters:\n  node: {type: string, maxLength: 8}\n---\n# Drain a node\n\n\
     Before anything else.\n\n## Mitigation\n\n1. Look at the graphs.\n2. Tell the desk.\n\n\
     ```sh {step=drain timeout=5m undo=fill}\n./drain.sh \"$WH_NODE\"\n```\n\n\
     ```sh {step=fill timeout=5m}\n./fill.sh \"$WH_NODE\"\n```\n";

/// A hub whose catalog has the runbook, and an incident of `ledger`.
fn hub() -> (Hub, Client) {
    let folder = tempfile::tempdir().unwrap();
    let ops = folder.path().join("payments/ops");
    write(&ops, RUNBOOK);
    fs::write(ops.join("catalog.yaml"), usual(&["ledger"])).unwrap();
    let catalog: Vec<OsString> = vec!["--ops".into(), folder.path().join("payments").into()];
    let hub = Hub::with_options(catalog, folder, None);
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    hub.wait_until_all_is_sent(SOON);
    let dana = hub.client("person", "dana");
    (hub, dana)
}

fn write(ops: &Path, text: &str) {
    fs::create_dir_all(ops.join("runbooks")).unwrap();
    fs::write(ops.join("runbooks/drain.md"), text).unwrap();
}

fn start(who: &Client) -> Value {
    let request = json!({ "runbook": "drain", "case": "INC-1", "parameters": { "node": "n1" } });
    who.post("/api/v1/runs", &request).success()
}

fn step<'r>(run: &'r Value, title: &str) -> &'r Value {
    let steps = run["steps"].as_array().unwrap();
    steps.iter().find(|step| step["title"].as_str().unwrap().contains(title)).unwrap()
}

fn settle(who: &Client, run: &Value, title: &str, body: &Value) -> Value {
    let path =
        format!("/api/v1/runs/{}/steps/{}", run["id"].as_str().unwrap(), step(run, title)["id"].as_str().unwrap());
    who.post(&path, body).success()
}

#[test]
fn a_run_is_worked_on_by_several_survives_a_kill_and_completes_on_the_cases_timeline() {
    let (mut hub, dana) = hub();
    let run = start(&dana);
    assert_eq!((&run["id"], &run["state"], &run["in_force"]), (&json!("RUN-1"), &json!("under_way"), &json!(true)));
    assert_eq!((&run["title"], &run["parameters"]["node"]), (&json!("Drain a node"), &json!("n1")));
    assert_eq!(step(&run, "graphs")["phase"], "Mitigation");
    assert_eq!(run["progress"]["steps"], 3, "what only takes back is no part of the way");
    settle(&dana, &run, "graphs", &json!({ "how": "done", "text": "all red" }));
    hub.kill();
    hub.restart();
    let grace = hub.client("person", "grace");
    settle(&grace, &run, "desk", &json!({ "how": "skipped", "text": "the desk called us" }));
    let under_way = dana.all("/api/v1/runs?state=under_way&case=INC-1&runbook=drain");
    assert_eq!((under_way.len(), &under_way[0]["progress"]["settled"]), (1, &json!(2)));
    let drain = run["steps"].as_array().unwrap().iter().find(|step| step["id"] == "drain").unwrap();
    assert!(drain["script"].as_str().unwrap().contains("./drain.sh \"$WH_NODE\""), "{drain}");
    let over = dana.post("/api/v1/runs/RUN-1/steps/drain", &json!({ "how": "done" })).success();
    assert_eq!(over["state"], "completed");
    assert_eq!(step(&over, "graphs")["settled"]["text"], "all red");
    assert_eq!(step(&over, "desk")["settled"]["by"]["name"], "grace");
    assert_eq!(dana.all("/api/v1/runs?state=under_way"), [json!(null); 0]);
    assert_eq!(dana.get("/api/v1/runs/run-1"), over, "as it is after its end");
    let told: Vec<String> = dana
        .all("/api/v1/cases/INC-1/timeline")
        .iter()
        .filter(|entry| entry["kind"] == "run")
        .map(|entry| entry["words"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert_eq!(told[2], "RUN-1: “Tell the desk.” was left out by grace");
    assert_eq!(told[4], "RUN-1 is complete: every step is settled");
    assert_eq!(dana.all("/api/v1/runs/RUN-1/timeline?limit=2").len(), 5);
    hub.verify_record();
}

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    let (hub, dana) = hub();
    let refused = |path: &str, body: Value| {
        let answer = dana.post(path, &body);
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned(), answer.text)
    };
    let wants = refused("/api/v1/runs", json!({ "runbook": "drain" }));
    assert_eq!((wants.0, wants.2.contains("a value for `node`")), (422, true), "{}", wants.2);
    assert_eq!(refused("/api/v1/runs", json!({ "runbook": "drian" })).0, 404);
    let near = refused("/api/v1/runs", json!({ "runbook": "payments/drian" }));
    assert!(near.0 == 404 && near.2.contains("`wheelhouse runbook list` shows all"), "{}", near.2);
    let old = json!({ "runbook": "drain", "version": "0".repeat(64), "parameters": { "node": "n1" } });
    assert_eq!(refused("/api/v1/runs", old).0, 412);
    let run = start(&dana);
    let look = format!("/api/v1/runs/RUN-1/steps/{}", step(&run, "graphs")["id"].as_str().unwrap());
    assert_eq!(refused(&look, json!({ "how": "skipped" })).0, 422, "a reason is wanted");
    assert_eq!(refused(&look, json!({ "how": "perhaps" })).0, 422);
    dana.post(&look, &json!({ "how": "done" })).success();
    assert_eq!(refused(&look, json!({ "how": "done" })).1, "step_settled");
    let again = dana.post(&look, &json!({ "how": "open", "text": "looked at the wrong one" })).success();
    assert_eq!(step(&again, "graphs")["settled"], Value::Null);
    assert_eq!(refused("/api/v1/runs/RUN-1/steps/nothing", json!({ "how": "done" })).0, 422);
    assert_eq!(refused("/api/v1/runs/RUN-9/course", json!({ "to": "stop" })).1, "no_such_run");
    assert_eq!(hub.admin().post("/api/v1/runs/RUN-1/course", &json!({ "to": "stop" })).status, 403);
    dana.post("/api/v1/runs/RUN-1/course", &json!({ "to": "stop", "text": "the node is gone" })).success();
    assert_eq!(refused("/api/v1/runs/RUN-1/course", json!({ "to": "stop" })).1, "run_over");
    let key = [("Idempotency-Key", "once")];
    let request = json!({ "runbook": "payments/drain", "parameters": { "node": "n2" } });
    let first = dana.try_post("/api/v1/runs", &request, &key).unwrap();
    let second = dana.try_post("/api/v1/runs", &request, &key).unwrap();
    assert_eq!((first.status, second.header("idempotency-replayed")), (201, "true"));
    assert_eq!(first.json()["id"], second.json()["id"]);
    assert_eq!(dana.all("/api/v1/runs").len(), 2);
}

#[test]
fn a_run_keeps_to_its_version_while_the_runbook_changes_and_goes() {
    let (hub, dana) = hub();
    let run = start(&dana);
    let ops = hub.folder().join("payments/ops");
    write(&ops, "# Drain a node\n\n1. Call somebody.\n");
    let in_force = || dana.get("/api/v1/runs/RUN-1")["in_force"] == json!(true);
    until_true("the new version is in force", SOON, || !in_force());
    let kept = dana.get("/api/v1/runs/RUN-1");
    assert_eq!(kept["version"], run["version"]);
    assert_eq!(kept["steps"], run["steps"], "titles and scripts are those of its version");
    fs::remove_file(ops.join("runbooks/drain.md")).unwrap();
    until_true("the runbook is gone", SOON, || dana.look("/api/v1/runbooks/payments/drain").status == 404);
    assert_eq!(dana.get("/api/v1/runs/RUN-1")["steps"], run["steps"]);
    settle(&dana, &run, "graphs", &json!({ "how": "done" }));
    assert_eq!(dana.all("/api/v1/runs?runbook=payments/drain").len(), 1);
    hub.verify_record();
}
