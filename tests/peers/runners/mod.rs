//! Runs whose steps runners elsewhere carry out: real programs, real kills, real silence.

mod calls;
mod crashes;
mod functions;
mod losses;
mod options;
mod station;

use std::fs;

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::runs::{attempts, is_running, run, start, state, step, until_over};
use crate::support::wait::{SOON, pass, until_true};
use station::{Station, hub, output};

#[test]
fn a_step_waits_for_a_runner_of_its_zone_and_is_followed_while_it_runs() {
    let (hub, place) = hub(
        &[(
            "far",
            "```sh {step=make timeout=1m undo=none runner=zone=dmz output=made secrets=db}\n\
             echo begun; while [ ! -e PLACE/go ]; do sleep 0.05; done\n\
             echo \"the secret is $(cat \"$DB_FILE\")\"; echo \"made=$(cat \"$DB_FILE\") and more\" > \"$WH_OUTPUT\"\n```\n\
             ```sh {step=near timeout=1m undo=none}\necho \"$WH_MADE\"\n```\n",
        )],
        30_000,
    );
    let dana = hub.client("person", "dana");
    let id = start(&dana, "far", &json!({}));
    until_true("it is ready", SOON, || state(&dana, &id, "make") == "ready");
    // The hub's own runner does not reach the zone, and a runner elsewhere gets nothing of it.
    let _lan = Station::start(&hub, "lan-1", &place);
    pass(std::time::Duration::from_millis(400));
    assert_eq!(state(&dana, &id, "make"), "ready");

    let dmz = Station::start(&hub, "dmz-1", &place);
    fs::write(dmz.secrets().join("db"), "correct-horse-battery").unwrap();
    until_true("it says something", SOON, || {
        state(&dana, &id, "make") == "leased" && output(&dana, &id, "make").0.contains("begun\n")
    });
    assert_eq!(output(&dana, &id, "make").1["live"], true);
    let listed = dana.get("/api/v1/runners");
    let of = |name: &str| listed["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
    assert_eq!((of("hub")["state"].clone(), of("dmz-1")["state"].clone()), (json!("here"), json!("heard")));
    assert_eq!((of("dmz-1")["doing"][0]["run"].clone(), of("lan-1")["doing"].clone()), (json!(id), json!([])));
    assert_eq!(of("dmz-1")["labels"], json!(["zone=dmz"]));
    fs::write(place.join("go"), "").unwrap();

    let over = until_over(&dana, &id);
    assert_eq!(over["state"], "completed", "{over}");
    // The secret was known on the runner alone, and is in nothing that came to the hub.
    assert_eq!(output(&dana, &id, "make").0, "begun\nthe secret is [secret:db]\n");
    assert_eq!(output(&dana, &id, "near").0, "[secret:db] and more\n");
    assert!(!hub.said().contains("correct-horse") && !dmz.said().contains("correct-horse"));
    let listed = dana.get("/api/v1/runners");
    let ended = listed["items"].as_array().unwrap().iter().find(|one| one["name"] == "dmz-1").unwrap()["ended"].clone();
    assert_eq!(ended, json!([{ "end": "succeeded", "count": 1 }]));
    let by: Vec<Value> = hub.admin().all("/api/v1/record/entries?actor=runner:dmz-1");
    assert_eq!(by.len(), 2, "it took the step and said what became of it: {by:?}");
    hub.verify_record();
}

#[test]
fn what_is_cancelled_ends_on_the_runner_with_all_that_it_started() {
    let mark = format!("86421{}", std::process::id());
    let text = format!(
        "```sh {{step=hang timeout=5m undo=none runner=zone=dmz}}\nsetsid sleep {mark} &\n(sleep {mark} & ) &\nsleep {mark}\n```\n1. Look.\n"
    );
    let (hub, place) = hub(&[("hang", &text)], 30_000);
    let dana = hub.client("person", "dana");
    let _dmz = Station::start(&hub, "dmz-1", &place);
    let id = start(&dana, "hang", &json!({}));
    until_true("it runs", SOON, || is_running(&mark) && state(&dana, &id, "hang") == "leased");
    dana.post(&format!("/api/v1/runs/{id}/steps/hang"), &json!({ "how": "cancel", "text": "wrong node" })).success();
    until_true("it ended", SOON, || !attempts(&dana, &id, "hang").is_empty());
    let attempt = attempts(&dana, &id, "hang")[0].clone();
    assert_eq!((attempt["end"].clone(), attempt["gone"].clone()), (json!("cancelled"), json!(true)));
    assert!(!is_running(&mark));
}

#[test]
fn a_flood_is_kept_at_both_ends() {
    let text = "```sh {step=flood timeout=2m undo=none runner=zone=dmz}\n\
                echo first; head -c 20000000 /dev/zero | tr '\\0' x | fold -w 99; echo; echo last\n```\n";
    let (hub, place) = hub(&[("flood", text)], 30_000);
    let dana = hub.client("person", "dana");
    let _dmz = Station::start(&hub, "dmz-1", &place);
    let id = start(&dana, "flood", &json!({}));
    let over = until_over(&dana, &id);
    assert_eq!(over["state"], "completed", "{over}");
    let (text, said) = output(&dana, &id, "flood");
    assert!(text.starts_with("first\nxxx") && text.ends_with("\nlast\n"), "{} bytes", text.len());
    assert!(said["gaps"][0]["dropped_bytes"].as_u64().unwrap() > 15_000_000, "{}", said["gaps"]);
    let (dmz, secrets) = (dana.get("/api/v1/runners"), hub.said());
    assert!(dmz["items"].as_array().unwrap().len() == 3 && !secrets.contains("panicked"));
    hub.verify_record();
}

#[test]
fn a_runner_that_is_asked_to_stop_lets_its_step_end() {
    let text = "```sh {step=slow timeout=1m undo=none runner=zone=dmz}\nsleep 1.5; echo ended well\n```\n";
    let (hub, place) = hub(&[("slow", text)], 30_000);
    let dana = hub.client("person", "dana");
    let mut dmz = Station::start(&hub, "dmz-1", &place);
    let id = start(&dana, "slow", &json!({}));
    until_true("it runs", SOON, || state(&dana, &id, "slow") == "leased");
    pass(std::time::Duration::from_millis(300));
    dmz.terminate();
    assert!(dmz.wait().success());
    assert_eq!(step(&run(&dana, &id), "slow")["settled"]["how"], "done");
    assert_eq!(output(&dana, &id, "slow").0, "ended well\n");
}

#[test]
fn who_is_no_runner_is_told_so() {
    let (hub, place) = hub(&[("any", "1. Look.\n")], 30_000);
    let (dana, token) = (hub.client("person", "dana"), hub.client("person", "dana").token);
    let mut wrong = Station::with_token(&hub, &token, &place);
    assert!(!wrong.wait().success());
    assert!(wrong.said().contains("dana is not a runner") && wrong.said().contains("token create --runner"));
    let mut unknown = Station::with_token(&hub, "wh_0000000000000000", &place);
    assert!(!unknown.wait().success());
    assert!(unknown.said().contains("does not know this token"), "{}", unknown.said());
    let made = hub.admin().post("/api/v1/tokens", &json!({ "owner": { "kind": "runner", "name": "dmz-9" } }));
    assert_eq!(made.status, 422, "{}", made.text);
    is_closed_to_runners(&hub.client("runner", "dmz-1"), &dana);
}

fn is_closed_to_runners(dmz: &Client, dana: &Client) {
    for path in ["/api/v1/cases", "/api/v1/runs", "/api/v1/runners", "/api/v1/services", "/api/v1/record/entries"] {
        assert_eq!(dmz.look(path).status, 403, "{path}");
    }
    let ask = json!({ "room": 1 });
    assert_eq!(dana.post("/api/v1/runner/leases", &ask).status, 403);
    assert_eq!(dmz.with("").post("/api/v1/runner/leases", &ask).status, 401);
    assert_eq!(dmz.post("/api/v1/runner/leases", &json!({ "room": 1, "labels": ["zone=lan"] })).status, 422);
}
