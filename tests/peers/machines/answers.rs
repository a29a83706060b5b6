//! Steps that wait for what others bring about, functions that answer, and runs that are only tried out: with a real hub
//! and real processes.

use std::fs;

use serde_json::{Value, json};

use super::hub;
use crate::support::alerts::{alert, ending};
use crate::support::catalog::usual;
use crate::support::hub::Hub;
use crate::support::runs::{lay, run, start, state, step, until_over};
use crate::support::wait::{SOON, until_true};

/// Says what it was given, and answers with an output and an event.
const LOOK: &str = "---\nowners: [payments]\nparameters: {node: {default: n1}}\n---\n# Look\n\n\
    ```python {step=look kind=function timeout=1m undo=none output=full}\n\
    import json, sys\n\
    given = json.load(sys.stdin)\n\
    print(json.dumps(given), file=sys.stderr)\n\
    node = given['parameters']['node']\n\
    print(json.dumps({'outputs': {'full': [node]}, 'events': [{'type': 'node.full', 'data': {'node': node}}]}))\n```\n\
    ```sh {step=say timeout=1m undo=none each=full limit=3}\necho \"$WH_ITEM is full\"\n```\n";

const CLEAR: &str = "---\nowners: [payments]\nparameters: {node: {default: none}}\n---\n# Clear\n\n\
    ```yaml {step=calm kind=wait timeout=1h}\n\
    for: 10m\nuntil: {kind: [event], type: [node.full], data: {node: [\"${WH_NODE}\"]}}\n```\n\
    ```sh {step=clear timeout=1m undo=none}\necho \"$WH_NODE\" >> PLACE/cleared\n```\n";

#[test]
fn a_function_is_given_what_is_known_and_its_event_ends_a_wait() {
    let (hub, place) = hub(&[("look", LOOK), ("clear", CLEAR)]);
    let dana = hub.client("person", "dana");
    let waits = start(&dana, "clear", &json!({ "parameters": { "node": "n2" } }));
    let others = start(&dana, "clear", &json!({ "parameters": { "node": "n\"2" } }));
    for id in [&waits, &others] {
        until_true("it waits", SOON, || state(&dana, id, "calm") == "waiting");
    }
    let work = step(&run(&dana, &waits), "calm")["work"].clone();
    let pattern: Value = serde_json::from_str(work["awaits"].as_str().unwrap()).unwrap();
    assert_eq!(pattern["data.node"], json!(["n2"]));
    let id = start(&dana, "look", &json!({ "parameters": { "node": "n2" } }));
    let over = until_over(&dana, &id);
    assert_eq!((&over["state"], &over["progress"]["failed"]), (&json!("completed"), &json!(0)), "{over}");
    let (said, _) = super::output(&dana, &over, "look");
    let given: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&given["run"], &given["step"]), (&json!(id), &json!("look")));
    assert_eq!((&given["parameters"], &given["outputs"]), (&json!({ "node": "n2" }), &json!({})));
    assert!(given.get("event").is_none() && given.get("case").is_none() && given.get("item").is_none(), "{given}");
    assert_eq!(super::output(&dana, &over, "say").0, "n2 is full\n");
    assert_eq!(until_over(&dana, &waits)["state"], "completed");
    assert_eq!(fs::read_to_string(place.join("cleared")).unwrap(), "n2\n");
    assert_eq!(state(&dana, &others, "calm"), "waiting", "that was another node");
    let told = dana.all(&format!("/api/v1/runs/{id}/timeline"));
    assert!(
        told.iter().any(|entry| entry["words"].as_str().unwrap_or_default().contains("made the event node.full")),
        "{told:?}"
    );
    hub.verify_record();
}

#[test]
fn a_wait_outlives_the_hub_and_an_answer_that_is_none_is_a_failure() {
    let calm = "```yaml {step=calm kind=wait timeout=1h}\nfor: 10m\n\
                until: {kind: [signal_ended], service: {name: [ledger]}}\ncase: true\n```\n";
    let wrong = "```sh {step=wrong kind=function timeout=1m undo=none}\necho all is well\n```\n1. Look.\n";
    let (mut hub, _) = hub(&[("calm", calm), ("wrong", wrong)]);
    let (dana, source) = (hub.client("person", "dana"), hub.client("source", "prometheus"));
    let down = alert("ledger", "Down", "1");
    source.alert(std::slice::from_ref(&down));
    until_true("there is a case", SOON, || dana.cases_of("ledger").len() == 1);
    let case = dana.cases_of("ledger")[0]["id"].clone();
    let id = start(&dana, "calm", &json!({ "case": case }));
    until_true("it waits", SOON, || state(&dana, &id, "calm") == "waiting");
    let failed = start(&dana, "wrong", &json!({}));
    until_true("it failed", SOON, || step(&run(&dana, &failed), "wrong")["settled"]["how"] == "failed");
    let attempt = step(&run(&dana, &failed), "wrong")["attempts"][0].clone();
    assert!(attempt["text"].as_str().unwrap().contains("the function's answer is not {\"outputs\""), "{attempt}");
    hub.kill();
    hub.restart();
    assert_eq!(state(&dana, &id, "calm"), "waiting");
    source.alert(&[ending(down, -1)]);
    assert_eq!(until_over(&dana, &id)["state"], "completed");
    hub.verify_record();
}

#[test]
fn what_is_tried_out_touches_nothing() {
    let text = "```sh {step=find timeout=1m undo=none output=nodes}\necho find >> PLACE/log\n```\n\
        ```sh {step=drain timeout=1m undo=none each=nodes limit=3}\necho drain >> PLACE/log\n```\n\
        ```sh {step=plan timeout=1m undo=none dry_run if=\"steps.find == 'done'\"}\necho \"plan ${WH_DRY_RUN:-0}\" >> PLACE/log\n```\n\
        ```yaml {step=wait kind=wait timeout=1h}\nfor: 10m\n```\n\
        ```yaml {step=note kind=case timeout=1m}\nresolve: All is well with ${WH_NOBODY}.\n```\n\
        ```sh {step=risky timeout=1m undo=none approve=noc}\necho risky >> PLACE/log\n```\n";
    let (hub, place) = hub(&[("drain", text)]);
    let dana = hub.client("person", "dana");
    let started = dana.post("/api/v1/runs", &json!({ "runbook": "drain", "dry_run": true })).success();
    assert_eq!((&started["dry_run"], &started["pace"]), (&json!(true), &json!("by_itself")));
    let id = started["id"].as_str().unwrap().to_owned();
    let over = until_over(&dana, &id);
    let how = |id: &str| step(&over, id)["settled"]["how"].clone();
    let all = ["find", "drain", "plan", "wait", "note", "risky"].map(how);
    assert_eq!(all, ["skipped", "skipped", "done", "skipped", "failed", "skipped"], "{over}");
    assert_eq!(fs::read_to_string(place.join("log")).unwrap(), "plan 1\n");
    let text = |id: &str| step(&over, id)["settled"]["text"].as_str().unwrap_or_default().to_owned();
    assert_eq!(text("drain"), "it depends on `nodes`, which step find would hand on");
    assert!(text("note").contains("there is no value `WH_NOBODY`"), "{}", text("note"));
    // What it would have been is to be seen afterwards.
    let input = dana.get(&format!("/api/v1/runs/{id}/steps/risky/input"));
    assert_eq!(input["environment"]["WH_DRY_RUN"], "1");
    assert!(input["script"].as_str().unwrap().starts_with("echo risky"));
    hub.verify_record();
}

#[test]
fn a_function_is_given_the_event_that_began_its_run() {
    let tell = "```python {step=tell kind=function timeout=1m undo=none}\n\
        import json, sys\n\
        given = json.load(sys.stdin)\n\
        open('PLACE/given', 'w').write(json.dumps(given))\n\
        print(json.dumps({'events': [{'type': 'told'}]}))\n```\n";
    let folder = tempfile::tempdir().unwrap();
    let automation = "---\nkind: Automation\nname: tells\nteam: payments\nmode: live\ncooldown: 0\n\
        when: {kind: [case_opened, event]}\nthen: {runbook: tell}\n";
    let place = lay(folder.path(), &(usual(&["ledger"]) + automation), &[("tell", tell)]);
    let mut options: Vec<std::ffi::OsString> = vec!["--ops".into(), folder.path().join("payments").into()];
    options.extend(["--step-folder".into(), place.clone().into()]);
    let hub = Hub::with_options(options, folder, None);
    let (dana, source) = (hub.client("person", "dana"), hub.client("source", "prometheus"));
    source.alert(&[alert("ledger", "Down", "1")]);
    until_true("the run is over", SOON, || {
        dana.all("/api/v1/runs").first().is_some_and(|run| run["state"] == "completed")
    });
    let given: Value = serde_json::from_str(&fs::read_to_string(place.join("given")).unwrap()).unwrap();
    let case = dana.cases_of("ledger")[0].clone();
    assert_eq!((&given["event"]["kind"], &given["event"]["case"]["id"]), (&json!("case_opened"), &case["id"]));
    assert_eq!((&given["case"]["id"], &given["case"]["title"]), (&case["id"], &case["title"]));
    assert_eq!(given["case"]["service"], "ledger");
    // Its own event is about the same service: the guard against going round in circles holds it.
    let held = || dana.get("/api/v1/automations/tells")["last"].clone();
    until_true("its own event was held back", SOON, || held()["what"] == "held");
    assert_eq!(dana.all("/api/v1/runs").len(), 1);
    hub.verify_record();
}
