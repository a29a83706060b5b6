//! Runs whose steps the hub's own runner carries out: real processes, real kills.

mod answers;
mod crashes;
mod erasing;
mod files;
mod kinds;
mod wanted;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::program::holds_to_folders;
use crate::support::runs::{is_running, lay, run, start, state, step, until_over};
use crate::support::wait::{SOON, until_true};

/// A hub whose catalog has these runbooks, by stem; their steps may write into the folder.
fn hub(runbooks: &[(&str, &str)]) -> (Hub, PathBuf) {
    hub_of(&usual(&["ledger"]), runbooks)
}

fn hub_of(catalog: &str, runbooks: &[(&str, &str)]) -> (Hub, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let place = lay(folder.path(), catalog, runbooks);
    let mut options: Vec<OsString> = vec!["--ops".into(), folder.path().join("payments").into()];
    options.extend(["--step-folder".into(), place.clone().into()]);
    (Hub::with_options(options, folder, None), place)
}

fn output(who: &Client, run: &Value, id: &str) -> (String, Value) {
    let attempt = step(run, id)["attempts"].as_array().unwrap().last().unwrap()["epoch"].clone();
    let said = who.get(&format!("/api/v1/runs/{}/steps/{id}/output?attempt={attempt}", run["id"].as_str().unwrap()));
    let pieces = said["pieces"].as_array().unwrap().iter();
    (pieces.map(|piece| piece["text"].as_str().unwrap()).collect(), said)
}

#[test]
fn a_run_goes_by_itself_and_hands_on_what_its_steps_say() {
    let (hub, _) = hub(&[(
        "flow",
        "```sh {step=first timeout=1m undo=none output=host,all}\n\
         echo \"all=[]\" >/dev/null; printf '{\"host\": \"n1\", \"all\": [\"x\", \"y\"]}' > \"$WH_OUTPUT\"\n```\n\
         ```sh {step=each timeout=1m undo=none each=all limit=3}\necho \"$WH_ITEM on $WH_HOST\"\n```\n\
         ```sh {step=not timeout=1m undo=none if=\"outputs.host == 'other'\"}\nexit 1\n```\n\
         ```sh {step=expects timeout=1m undo=none expect=\"exit == 0 && said == 'fine'\"}\necho fine\n```\n\
         ```yaml {step=asks kind=http timeout=10s}\nurl: http://${WH_HOST}.invalid/\n```\n",
    )]);
    let dana = hub.client("person", "dana");
    let id = start(&dana, "flow", &json!({}));
    until_true("the request failed", SOON, || {
        step(&run(&dana, &id), "asks")["attempts"].as_array().unwrap().len() == 1
    });
    let run = run(&dana, &id);
    let how = |id: &str| step(&run, id)["settled"]["how"].clone();
    assert_eq!(
        (how("first"), how("each"), how("not"), how("expects")),
        (json!("done"), json!("done"), json!("skipped"), json!("done"))
    );
    assert_eq!(step(&run, "each")["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(output(&dana, &run, "each").0, "y on n1\n");
    let asked = step(&run, "asks")["attempts"][0].clone();
    assert_eq!(asked["end"], "not_started", "nobody can have seen a request to a name that is none: {asked}");
    assert_eq!(step(&run, "first")["attempts"][0]["gone"], true);
    let digest = step(&run, "each")["attempts"][1]["output_digest"].as_str().unwrap().to_owned();
    assert_eq!(digest.len(), 64);
    hub.verify_record();
}

#[test]
fn agreement_is_for_what_others_saw() {
    let text = "```sh {step=risky timeout=1m undo=none approve=noc}\necho \"did it\"\n```\n1. Look.\n";
    let (hub, _) = hub(&[("risky", text)]);
    let (dana, grace) = (hub.client("person", "dana"), hub.client("person", "grace"));
    let id = start(&dana, "risky", &json!({}));
    until_true("people are asked", SOON, || state(&dana, &id, "risky") == "asking");
    let wanting = || dana.all("/api/v1/runs?state=wanting");
    assert_eq!((wanting().len(), &wanting()[0]["wants"]), (1, &json!(["approval"])));
    let path = format!("/api/v1/runs/{id}/steps/risky");
    let seen = grace.get(&format!("{path}/input"));
    assert_eq!(seen["script"], "echo \"did it\"\n");
    assert_eq!(step(&run(&dana, &id), "risky")["work"]["input"], seen["digest"]);
    let agree = json!({ "how": "approve", "input": seen["digest"] });
    assert_eq!(dana.post(&path, &agree).status, 403, "whoever asked for it");
    let other = json!({ "how": "approve", "input": "0".repeat(64) });
    assert_eq!(grace.post(&path, &other).status, 412);
    grace.post(&path, &agree).success();
    until_true("it was done", SOON, || step(&run(&dana, &id), "risky")["settled"]["how"] == "done");
    assert_eq!(output(&dana, &run(&dana, &id), "risky").0, "did it\n");
    assert_eq!(wanting()[0]["wants"], json!(["step"]), "what is left is for people");
}

#[test]
fn what_is_cancelled_is_gone_with_all_that_it_started() {
    let mark = format!("97531{}", std::process::id());
    let text = format!(
        "```sh {{step=hang timeout=5m undo=none}}\nsetsid sleep {mark} &\n(sleep {mark} & ) &\necho started\nsleep {mark}\n```\n1. Look.\n"
    );
    let (hub, _) = hub(&[("hang", &text)]);
    let dana = hub.client("person", "dana");
    let id = start(&dana, "hang", &json!({}));
    until_true("it runs", SOON, || is_running(&mark) && state(&dana, &id, "hang") == "leased");
    let path = format!("/api/v1/runs/{id}/steps/hang");
    dana.post(&path, &json!({ "how": "cancel", "text": "wrong node" })).success();
    until_true("it ended", SOON, || !step(&run(&dana, &id), "hang")["attempts"].as_array().unwrap().is_empty());
    let after = run(&dana, &id);
    let attempt = step(&after, "hang")["attempts"][0].clone();
    assert_eq!((&attempt["end"], &attempt["gone"]), (&json!("cancelled"), &json!(true)));
    assert!(!is_running(&mark), "something of it is left");
    assert_eq!((&after["course"], &step(&after, "hang")["work"]), (&json!("paused"), &json!(null)));
}

#[test]
fn a_flood_is_read_to_its_end_and_kept_at_both() {
    let text = "```sh {step=flood timeout=5m undo=none}\necho begin\nyes 0123456789abcdef | head -c 100000000\necho end\n```\n";
    let (hub, _) = hub(&[("flood", text)]);
    let dana = hub.client("person", "dana");
    let before = hub.resident_kib();
    let id = start(&dana, "flood", &json!({}));
    until_true("it is over", Duration::from_secs(120), || run(&dana, &id)["state"] != "under_way");
    let over = run(&dana, &id);
    let attempt = step(&over, "flood")["attempts"][0].clone();
    assert_eq!((&attempt["end"], &attempt["output_bytes"]), (&json!("succeeded"), &json!(100_000_010)));
    assert!(attempt["lost_bytes"].as_u64().unwrap() > 99_000_000, "{attempt}");
    let (text, said) = output(&dana, &over, "flood");
    assert!(text.starts_with("begin\n") && text.len() < 2_000_000, "{}", text.len());
    assert!(!said["gaps"].as_array().unwrap().is_empty());
    let grown = hub.resident_kib().saturating_sub(before);
    assert!(grown < 100 * 1024, "the hub grew by {grown} KiB");
}

#[test]
fn what_was_done_is_taken_back_when_a_step_fails() {
    let (hub, place) = hub(&[(
        "back",
        "```sh {step=one timeout=1m undo=un-one}\necho one >> PLACE/log\n```\n\
         ```sh {step=two timeout=1m undo=un-two}\necho two >> PLACE/log; exit 1\n```\n\
         ```sh {step=un-one timeout=1m undo=none}\necho un-one >> PLACE/log\n```\n\
         ```sh {step=un-two timeout=1m undo=none}\necho un-two >> PLACE/log\n```\n",
    )]);
    let dana = hub.client("person", "dana");
    let id = start(&dana, "back", &json!({ "undo_on_failure": true }));
    assert_eq!(until_over(&dana, &id)["state"], "undone");
    assert_eq!(fs::read_to_string(place.join("log")).unwrap(), "one\ntwo\nun-two\nun-one\n");
}

#[test]
fn a_step_cannot_reach_the_hubs_own_folder() {
    let text =
        "```sh {step=peek timeout=1m undo=none}\ncat PLACE/../data/* > /dev/null && echo read it\n```\n1. Look.\n";
    let (hub, _) = hub(&[("peek", text)]);
    let dana = hub.client("person", "dana");
    let id = start(&dana, "peek", &json!({}));
    until_true("it ended", SOON, || !step(&run(&dana, &id), "peek")["attempts"].as_array().unwrap().is_empty());
    let attempt = step(&run(&dana, &id), "peek")["attempts"][0].clone();
    let end = if holds_to_folders() { "failed" } else { "succeeded" };
    assert_eq!(attempt["end"], end, "{attempt}");
}
