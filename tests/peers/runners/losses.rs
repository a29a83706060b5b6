//! What is lost on the way: runners, hubs, and the net between them.

use std::fs;
use std::time::Duration;

use serde_json::json;

use super::station::{Station, hub, output};
use crate::support::runs::{attempts, is_running, run, start, state, step, until_over};
use crate::support::wait::{SOON, pass, until_true};

const SILENCE: u64 = 4_000;

#[test]
fn a_runner_that_dies_is_asked_again_only_for_what_may_be_done_twice() {
    let (hub, place) = hub(
        &[
            (
                "safe",
                "```sh {step=safe timeout=1m idempotent undo=none retry=\"5 every 1s\" runner=zone=dmz}\n\
                 echo \"once\" >> PLACE/safe; [ -e PLACE/go ] || sleep 60; echo done\n```\n",
            ),
            (
                "once",
                "```sh {step=once timeout=1m undo=none runner=zone=lan}\necho \"once\" >> PLACE/once; sleep 60\n```\n",
            ),
        ],
        SILENCE,
    );
    let dana = hub.client("person", "dana");
    let (mut dmz, mut lan) = (Station::start(&hub, "dmz-1", &place), Station::start(&hub, "lan-1", &place));
    let (safe, once) = (start(&dana, "safe", &json!({})), start(&dana, "once", &json!({})));
    until_true("both run", SOON, || place.join("safe").exists() && place.join("once").exists());
    dmz.kill();
    lan.kill();
    fs::write(place.join("go"), "").unwrap();
    // One is gone for good: the hub notices by itself. The other says so when it is back.
    until_true("nobody knows", SOON, || state(&dana, &once, "once") == "unknown");
    let attempt = attempts(&dana, &once, "once")[0].clone();
    assert_eq!(attempt["end"], "unknown");
    dmz.restart();
    let over = until_over(&dana, &safe);
    assert_eq!(over["state"], "completed", "{over}");
    assert_eq!(fs::read_to_string(place.join("safe")).unwrap(), "once\nonce\n");
    lan.restart();
    pass(Duration::from_millis(2 * SILENCE));
    assert_eq!(state(&dana, &once, "once"), "unknown", "it waits for a person");
    assert_eq!(fs::read_to_string(place.join("once")).unwrap(), "once\n");
    assert_eq!(run(&dana, &once)["course"], "paused");
    hub.verify_record();
}

#[test]
fn a_runner_that_is_back_at_once_says_what_became_of_its_steps() {
    let text = "```sh {step=once timeout=1m undo=none runner=zone=dmz}\necho once >> PLACE/once; sleep 60\n```\n";
    // The hub would wait for a minute.
    let (hub, place) = hub(&[("once", text)], 60_000);
    let dana = hub.client("person", "dana");
    let mut dmz = Station::start(&hub, "dmz-1", &place);
    let id = start(&dana, "once", &json!({}));
    until_true("it runs", SOON, || place.join("once").exists());
    dmz.kill();
    dmz.restart();
    until_true("nobody knows", Duration::from_secs(20), || state(&dana, &id, "once") == "unknown");
}

#[test]
fn a_step_goes_on_while_the_hub_is_away_and_is_told_of_once() {
    let text = "```sh {step=long timeout=1m undo=none runner=zone=dmz output=answer}\n\
                echo begun; echo x >> PLACE/times; while [ ! -e PLACE/go ]; do sleep 0.05; done\n\
                echo ended; echo answer=42 > \"$WH_OUTPUT\"; touch PLACE/over\n```\n\
                ```sh {step=then timeout=1m undo=none expect=\"said == '42'\"}\necho \"$WH_ANSWER\"\n```\n";
    let (mut hub, place) = hub(&[("long", text)], 20_000);
    let dana = hub.client("person", "dana");
    let _dmz = Station::start(&hub, "dmz-1", &place);
    let id = start(&dana, "long", &json!({}));
    until_true("its word is here", SOON, || {
        place.join("times").exists() && output(&dana, &id, "long").0.contains("begun")
    });
    hub.kill();
    fs::write(place.join("go"), "").unwrap();
    until_true("it ended", SOON, || place.join("over").exists());
    pass(Duration::from_millis(500));
    hub.restart();
    let over = until_over(&dana, &id);
    assert_eq!(over["state"], "completed", "{over}");
    assert_eq!(attempts(&dana, &id, "long").len(), 1);
    assert_eq!(output(&dana, &id, "long").0, "begun\nended\n", "what came before the crash and after it");
    assert_eq!(fs::read_to_string(place.join("times")).unwrap(), "x\n");
    hub.verify_record();
}

#[test]
fn a_runner_that_was_not_heard_of_ends_its_step_when_it_is_back() {
    let mark = format!("75310{}", std::process::id());
    let text = format!("```sh {{step=lost timeout=2m undo=none runner=zone=dmz}}\nsleep {mark}\n```\n1. Look.\n");
    let (hub, place) = hub(&[("lost", &text)], SILENCE);
    let dana = hub.client("person", "dana");
    let dmz = Station::start(&hub, "dmz-1", &place);
    let id = start(&dana, "lost", &json!({}));
    until_true("it runs", SOON, || is_running(&mark) && state(&dana, &id, "lost") == "leased");
    dmz.signal("STOP");
    until_true("nobody knows", SOON, || state(&dana, &id, "lost") == "unknown");
    let said = dana.get(&format!("/api/v1/runs/{id}/timeline")).to_string();
    assert!(said.contains("runner dmz-1 was not heard of for 4 s"), "{said}");
    assert!(is_running(&mark), "nobody could end it yet");
    let path = format!("/api/v1/runs/{id}/steps/lost");
    dana.post(&path, &json!({ "how": "failed", "text": "the runner is lost" })).success();
    dmz.signal("CONT");
    until_true("it is ended", SOON, || !is_running(&mark));
    until_true("it was told so", SOON, || dmz.said().contains("not in force any more"));
    assert_eq!(attempts(&dana, &id, "lost").len(), 1, "what came of it came too late");
    assert_eq!(step(&run(&dana, &id), "lost")["settled"]["how"], "failed");
    hub.verify_record();
}
