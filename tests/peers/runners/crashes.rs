//! Hub and runner are killed at any moment of a run: no step is lost, none is invented, and none is done twice that
//! may not be.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use serde_json::json;

use super::station::{Station, hub, run, start, step};
use crate::support::client::Client;
use crate::support::wait::{SOON, pass, until_true};

/// How often something is killed where nobody says.
const KILLS: u64 = 12;

/// Steps that each say that they were done: the first may be done twice, the others may not.
const STEPS: &str = "```sh {step=safe timeout=1m idempotent undo=none retry=\"50 every 1s\" runner=zone=dmz}\nsleep 0.05; echo \"$WH_RUN safe\" >> PLACE/log\n```\n\
     ```sh {step=once timeout=1m undo=none runner=zone=dmz}\necho \"$WH_RUN once\" >> PLACE/log; sleep 0.1\n```\n\
     ```sh {step=last timeout=1m undo=none}\necho \"$WH_RUN last\" >> PLACE/log\n```\n";

#[test]
fn no_step_is_lost_or_done_twice_whoever_is_killed_and_whenever() {
    let rounds = std::env::var("WHEELHOUSE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let (mut hub, place) = hub(&[("steps", STEPS)], 3_000);
    let dana = hub.client("person", "dana");
    let mut dmz = Station::start(&hub, "dmz-1", &place);
    let mut runs: Vec<String> = Vec::new();
    let mut moment = 11_u64;
    for round in 0..rounds {
        runs.push(start(&dana, "steps"));
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        pass(Duration::from_millis((moment >> 33) % 500));
        // Now the one, now the other, now both.
        let whom = (moment >> 13) % 3;
        if whom != 0 {
            hub.kill();
        }
        if whom != 1 {
            dmz.kill();
            dmz.restart();
        }
        if whom != 0 {
            hub.restart();
        }
        if round % 4 == 3 {
            runs.iter().for_each(|run| help(&dana, run));
        }
    }
    until_true("every run is over", SOON * 6, || {
        runs.iter().for_each(|run| help(&dana, run));
        dana.all("/api/v1/runs?state=under_way").is_empty()
    });
    let log = fs::read_to_string(place.join("log")).unwrap_or_default();
    let mut done: BTreeMap<&str, u64> = BTreeMap::new();
    log.lines().for_each(|line| *done.entry(line).or_default() += 1);
    for id in &runs {
        let over = run(&dana, id);
        assert_eq!(over["state"], "completed", "{over}");
        let times = |step: &str| done.get(format!("{id} {step}").as_str()).copied().unwrap_or(0);
        assert!(times("safe") >= 1, "{id}: a step was said to be done and was not");
        assert!(times("once") <= 1, "{id}: once was done {} times: {over}", times("once"));
        let is_known = step(&over, "once")["settled"]["by"]["kind"] != "person";
        assert!(!is_known || times("once") == 1, "{id}: once was invented");
    }
    hub.verify_record();
}

/// What a person does who is asked: says of what nobody knows that it was done, and lets the run go on.
fn help(dana: &Client, id: &str) {
    let known = run(dana, id);
    if known["state"] != "under_way" {
        return;
    }
    for step in known["steps"].as_array().unwrap() {
        if step["work"]["state"] == "unknown" {
            let path = format!("/api/v1/runs/{id}/steps/{}", step["id"].as_str().unwrap());
            dana.post(&path, &json!({ "how": "done", "text": "looked at it" })).success();
        }
    }
    if run(dana, id)["course"] == "paused" {
        let turned = dana.post(&format!("/api/v1/runs/{id}/course"), &json!({ "to": "resume" }));
        assert!(turned.status < 300 || turned.status == 409 || turned.status == 422, "{}", turned.status);
    }
}
