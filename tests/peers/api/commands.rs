//! Commands: once under one key, and only on the case that was looked at.

use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::wait::SOON;

fn hub_with_incident() -> (Hub, Client) {
    let hub = Hub::with_catalog(&usual(&["ledger", "portal"]), None);
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    // No mail server: every message fails at once, and then the case rests.
    hub.wait_until_all_is_sent(SOON);
    let dana = hub.client("person", "dana");
    (hub, dana)
}

fn notes(reader: &Client) -> Vec<Value> {
    reader.all("/api/v1/cases/INC-1/timeline").into_iter().filter(|entry| entry["kind"] == "noted").collect()
}

#[test]
fn a_repeated_command_gets_the_same_answer_and_changes_nothing() {
    let (mut hub, dana) = hub_with_incident();
    let (path, body, key) = ("/api/v1/cases/INC-1/notes", json!({ "text": "looking" }), [("Idempotency-Key", "k-1")]);
    let first = dana.try_post(path, &body, &key).unwrap();
    assert_eq!((first.status, first.header("idempotency-replayed")), (200, ""));
    dana.post(path, &json!({ "text": "something else" })).success();
    for _ in 0..2 {
        let again = dana.try_post(path, &body, &key).unwrap();
        assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"));
        assert_eq!(again.text, first.text, "as it was then");
        hub.kill();
        hub.restart();
    }
    assert_eq!(notes(&dana).len(), 2);
    let other = dana.try_post(path, &json!({ "text": "another" }), &key).unwrap();
    assert_eq!((other.status, &other.json()["code"]), (422, &"idempotency_key_reused".into()));
    let elsewhere = dana.try_post("/api/v1/cases/INC-1/updates", &body, &key).unwrap();
    assert_eq!(elsewhere.status, 422, "the key belongs to one command");
    let grace = hub.client("person", "grace").try_post(path, &body, &key).unwrap();
    assert_eq!((grace.status, grace.header("idempotency-replayed")), (200, ""), "keys are each token's own");
    assert_eq!(notes(&dana).len(), 3);

    let report = json!({ "title": "forms do not load", "service": "portal" });
    let opened = [0, 1].map(|_| dana.try_post("/api/v1/cases", &report, &[("Idempotency-Key", "k-2")]).unwrap());
    assert_eq!(opened.each_ref().map(|answer| answer.status), [201, 201]);
    assert_eq!(opened[0].json()["id"], opened[1].json()["id"]);
    assert_eq!(dana.cases_of("portal")[0]["members"], 1);
    let long = "k".repeat(201);
    let refused = dana.try_post(path, &body, &[("Idempotency-Key", &long)]).unwrap();
    assert_eq!((refused.status, &refused.json()["code"]), (400, &"bad_idempotency_key".into()));
}

#[test]
fn a_silence_and_a_change_asked_for_again_are_made_once() {
    let (mut hub, dana) = hub_with_incident();
    let matchers = json!([{ "name": "service", "value": "portal" }]);
    let silence = json!({ "matchers": matchers, "duration_seconds": 3600, "comment": "moving the database" });
    let change = json!({ "service": "ledger", "title": "timeouts are 5 s now" });
    for (path, body, name) in [("/api/v1/silences", &silence, "id"), ("/api/v1/changes", &change, "number")] {
        let key = [("Idempotency-Key", name)];
        let first = dana.try_post(path, body, &key).unwrap();
        assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""), "{}", first.text);
        for _ in 0..2 {
            let again = dana.try_post(path, body, &key).unwrap();
            assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"), "{}", again.text);
            assert_eq!(again.json(), first.json());
            hub.kill();
            hub.restart();
        }
        assert_eq!(dana.all(path).len(), 1);
        let mut other = body.clone();
        other["drill"] = json!(true);
        let other = dana.try_post(path, &other, &key).unwrap();
        assert_eq!((other.status, &other.json()["code"]), (422, &"idempotency_key_reused".into()));
        let grace = hub.client("person", "grace").try_post(path, body, &key).unwrap();
        assert_eq!((grace.status, grace.header("idempotency-replayed")), (201, ""), "keys are each token's own");
        assert_eq!(dana.all(path).len(), 2);
    }
    // One key is not good for both, and what is refused is not kept under it.
    let elsewhere = dana.try_post("/api/v1/changes", &change, &[("Idempotency-Key", "id")]).unwrap();
    assert_eq!(elsewhere.status, 422, "{}", elsewhere.text);
    let wrong =
        dana.try_post("/api/v1/changes", &json!({ "service": "legder", "title": "x" }), &[("Idempotency-Key", "w")]);
    let wrong = wrong.unwrap().json();
    assert_eq!(wrong["code"], "not_in_catalog");
    assert!(wrong["detail"].as_str().unwrap().contains("did you mean `ledger`"), "{wrong}");
    assert_eq!(dana.try_post("/api/v1/changes", &change, &[("Idempotency-Key", "w")]).unwrap().status, 201);
    hub.verify_record();
}

#[test]
fn an_edit_of_a_case_that_has_moved_on_is_refused() {
    let (hub, dana) = hub_with_incident();
    let seen = dana.look("/api/v1/cases/INC-1");
    let tag = seen.header("etag").to_owned();
    assert_eq!(tag, format!("\"{}\"", seen.json()["revision"]));
    let path = "/api/v1/cases/INC-1/severity";
    let grace = hub.client("person", "grace");
    let raised = grace.try_post(path, &json!({ "severity": "sev2" }), &[("If-Match", &tag)]).unwrap();
    assert_eq!(raised.status, 200);
    assert_ne!(raised.header("etag"), tag);
    hub.wait_until_all_is_sent(SOON);
    assert_eq!(dana.look("/api/v1/cases/INC-1").header("etag"), raised.header("etag"), "messages are no edits");

    let late = dana.try_post(path, &json!({ "severity": "sev4" }), &[("If-Match", &tag)]).unwrap();
    assert_eq!((late.status, late.header("content-type")), (412, "application/problem+json"));
    let now = dana.look("/api/v1/cases/INC-1");
    assert_eq!(now.json()["severity"], "sev2");
    let informed = dana.try_post(path, &json!({ "severity": "sev4" }), &[("If-Match", now.header("etag"))]).unwrap();
    assert_eq!(informed.status, 200);
    let nonsense = dana.try_post(path, &json!({ "severity": "sev3" }), &[("If-Match", "banana")]).unwrap();
    assert_eq!((nonsense.status, &nonsense.json()["code"]), (400, &"bad_if_match".into()));
}
