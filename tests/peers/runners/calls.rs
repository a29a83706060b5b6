//! What a runner may call for, word by word.

use std::time::Duration;

use serde_json::{Value, json};

use super::station::{hub, output};
use crate::support::client::Client;
use crate::support::runs::{attempts, run, start, state, step};
use crate::support::wait::{SOON, pass, until_true};

const ONE: &str = "```sh {step=one timeout=1m idempotent undo=none retry=\"9 every 1s\" runner=zone=dmz}\ntrue\n```\n";

fn take(who: &Client, holds: &[u64], wait_ms: u64) -> Vec<Value> {
    let ask = json!({ "room": 4, "wait_ms": wait_ms, "holds": holds, "version": "test" });
    who.post("/api/v1/runner/leases", &ask).success()["jobs"].as_array().unwrap().clone()
}

fn call(epoch: u64, what: &str) -> String {
    format!("/api/v1/runner/leases/{epoch}/{what}")
}

fn succeeded(run: &str, kept: u64) -> Value {
    let count = json!({ "stdout_bytes": 4, "stderr_bytes": 0, "chunks": 1, "redacted": 0, "gap": null });
    let outcome = json!({
        "end": { "is": "succeeded" }, "exit": { "code": 0 }, "started_at_us": 1, "ended_at_us": 2, "took_us": 1,
        "output": count, "outputs": {}, "outputs_refused": null, "proof": null, "confined": null, "usage": null,
    });
    json!({ "run": run, "outcome": outcome, "kept": kept })
}

fn said(from: u64, texts: &[&str]) -> Value {
    let piece = |(seq, text): (usize, &&str)| json!({ "both": { "seq": from + seq as u64, "stream": "stdout", "at_us": 1, "text": text } });
    json!({ "from": from, "pieces": texts.iter().enumerate().map(piece).collect::<Vec<_>>() })
}

#[test]
fn what_is_told_twice_counts_once_and_a_stale_lease_counts_for_nothing() {
    let (hub, _) = hub(&[("one", ONE)], 30_000);
    let (dana, dmz, lan) = (hub.client("person", "dana"), hub.client("runner", "dmz-1"), hub.client("runner", "lan-1"));
    let id = start(&dana, "one", &json!({}));
    until_true("it is ready", SOON, || state(&dana, &id, "one") == "ready");
    assert!(take(&lan, &[], 0).is_empty());
    let jobs = take(&dmz, &[], 5_000);
    let epoch = jobs[0]["epoch"].as_u64().unwrap();
    assert_eq!((jobs.len(), jobs[0]["name"].clone()), (1, json!("one")));
    assert!(take(&dmz, &[epoch], 0).is_empty());
    // Nobody else writes under it.
    assert_eq!(lan.post(&call(epoch, "beat"), &json!({})).success()["gone"], true);
    assert_eq!(lan.post(&call(epoch, "output"), &said(0, &["lan\n"])).status, 409);
    assert_eq!(lan.post(&call(epoch, "result"), &succeeded(&id, 0)).status, 409);
    assert_eq!(dmz.post(&call(epoch, "beat"), &json!({})).success(), json!({ "cancel": false, "gone": false }));
    // Twice the same, then what does not follow, then the rest.
    for _ in 0..2 {
        assert_eq!(dmz.post(&call(epoch, "output"), &said(0, &["a\n"])).success()["kept"], 1);
    }
    assert_eq!(dmz.post(&call(epoch, "output"), &said(2, &["c\n"])).success()["kept"], 1);
    let early = dmz.post(&call(epoch, "result"), &succeeded(&id, 2));
    assert_eq!((early.status, early.json()["code"].clone()), (409, json!("missing_output")));
    assert_eq!(dmz.post(&call(epoch, "output"), &said(1, &["b\n"])).success()["kept"], 2);
    for _ in 0..3 {
        let heard = dmz.post(&call(epoch, "result"), &succeeded(&id, 2)).success();
        assert_eq!(heard, json!({ "end": "succeeded" }));
    }
    assert_eq!(attempts(&dana, &id, "one").len(), 1);
    assert_eq!(output(&dana, &id, "one").0, "a\nb\n");
    // What another runner says of it, or under a lease that there never was.
    for (who, epoch) in [(&lan, epoch), (&dmz, 4_711)] {
        let late = who.post(&call(epoch, "result"), &succeeded(&id, 0));
        assert_eq!((late.status, late.json()["code"].clone()), (409, json!("stale_lease")), "{}", late.text);
    }
    assert_eq!(dmz.post(&call(epoch, "output"), &said(2, &["more\n"])).status, 409);
    hub.verify_record();
}

#[test]
fn what_never_reached_its_runner_is_given_again() {
    let (hub, _) = hub(&[("one", ONE)], 30_000);
    let (dana, dmz) = (hub.client("person", "dana"), hub.client("runner", "dmz-1"));
    let id = start(&dana, "one", &json!({}));
    let lost = take(&dmz, &[], 10_000)[0]["epoch"].as_u64().unwrap();
    // The answer was lost on the way: the next call does not know of it.
    assert!(take(&dmz, &[], 0).is_empty());
    assert_eq!(attempts(&dana, &id, "one")[0]["end"], "not_started");
    assert_eq!(dmz.post(&call(lost, "beat"), &json!({})).success()["gone"], true, "nobody begins it now");
    let again = take(&dmz, &[], 20_000);
    assert_eq!((again.len(), again[0]["name"].clone()), (1, json!("one")));
    assert_eq!(again[0]["step"]["token"], json!(again[0]["step"]["token"].as_str().unwrap()));
}

#[test]
fn a_call_that_waits_is_answered_at_once_when_something_comes() {
    let (hub, _) = hub(&[("one", ONE)], 30_000);
    let (dana, dmz) = (hub.client("person", "dana"), hub.client("runner", "dmz-1"));
    let waiting = dmz.clone();
    let taker = std::thread::spawn(move || take(&waiting, &[], 15_000));
    pass(Duration::from_millis(300));
    let id = start(&dana, "one", &json!({}));
    let jobs = taker.join().unwrap();
    let epoch = jobs[0]["epoch"].as_u64().unwrap();
    dmz.post(&call(epoch, "beat"), &json!({})).success();
    let waiting = dmz.clone();
    let beat = std::thread::spawn(move || waiting.post(&call(epoch, "beat"), &json!({ "wait_ms": 15_000 })).success());
    pass(Duration::from_millis(300));
    dana.post(&format!("/api/v1/runs/{id}/steps/one"), &json!({ "how": "cancel", "text": "no" })).success();
    assert_eq!(beat.join().unwrap(), json!({ "cancel": true, "gone": false }));
    assert_eq!(step(&run(&dana, &id), "one")["work"]["state"], "leased");
}
