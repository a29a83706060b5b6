//! What a situation room shows: clocks, who is paged next, members, key events, and edits that meet.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::{Client, sent};
use crate::support::hub::Hub;
use crate::support::mail::MailCatcher;
use crate::support::wait::{SOON, until};

const CASE: &str = "/api/v1/cases/INC-1";

fn clock(case: &Value, name: &str) -> Value {
    let clocks = case["clocks"].as_array().unwrap();
    clocks.iter().find(|clock| clock["name"] == name).unwrap_or_else(|| panic!("no clock {name}: {case}")).clone()
}

fn refused(answer: &crate::support::client::Answer, status: u16, code: &str) {
    assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{}", answer.text);
}

#[test]
fn a_case_says_what_runs_who_was_paged_and_who_is_next() {
    let catcher = MailCatcher::start(&[]);
    let hub = Hub::with_catalog(&usual(&["ledger"]), Some(catcher.smtp));
    let runbook = "https://git.quay.example/ledger/runbooks/ledger-down.md";
    let mut down = alert("ledger", "Down", "1");
    down["annotations"]["runbook_url"] = json!(runbook);
    hub.client("source", "prometheus").alert(&[down]);
    let dana = hub.client("person", "dana");
    hub.wait_until_all_is_sent(SOON);

    let case = dana.get(CASE);
    assert_eq!(case["paged"]["people"], json!(["dana"]), "{case}");
    let next = &case["next_step"];
    assert_eq!((&next["people"], next["due_at"].is_string()), (&json!(["dana"]), true), "once more: {next}");
    assert_eq!(next["targets"], json!([{ "kind": "person", "name": "dana" }]));
    assert_eq!(dana.get("/api/v1/cases?state=open")["items"][0]["next_step"], *next, "lists say the same");
    assert!(clock(&case, "page")["seconds"].as_f64().is_some_and(|seconds| seconds < 60.0), "{case}");
    assert!(clock(&case, "tell")["seconds"].is_number(), "{case}");
    for running in ["acknowledge", "mitigate", "resolve"] {
        assert_eq!(clock(&case, running)["running_since"], case["opened_at"], "{running}");
    }
    assert!(case["update_due_at"].is_string(), "finance was told, and waits for the next word");
    let reason = "1 signal links to it";
    let found = json!([{ "title": "ledger down", "url": runbook, "signals": 1, "fit": "linked", "reason": reason }]);
    assert_eq!(case["runbooks"], found);
    let may = |who: &Client, deed: &str| who.get(CASE)["may"].as_array().unwrap().contains(&json!(deed));
    assert!(may(&dana, "acknowledge") && may(&dana, "note") && !may(&dana, "erase_texts"));
    assert!(!may(hub.admin(), "acknowledge"), "the first-start token handles nothing");

    let before = case["update_due_at"].clone();
    dana.post(&format!("{CASE}/acknowledge"), &json!({})).success();
    std::thread::sleep(std::time::Duration::from_millis(5));
    let updated = dana.post(&format!("{CASE}/updates"), &json!({ "text": "we look" })).success();
    assert_ne!(updated["update_due_at"], before, "the clock starts anew");
    assert_eq!((&updated["next_step"]["people"], updated["updated_at"].is_string()), (&json!([]), true));
    assert!(clock(&updated, "acknowledge")["seconds"].is_number());
    dana.post(&format!("{CASE}/resolve"), &json!({})).success();
    let over = dana.get(CASE);
    assert_eq!(
        (&over["update_due_at"], &clock(&over, "mitigate")["cannot_tell"]),
        (&Value::Null, &json!("no_instant"))
    );
}

#[test]
fn members_are_found_by_words_and_by_labels() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let instances: Vec<String> = (0..300).map(|number| format!("node-{number:03}")).collect();
    let alerts: Vec<Value> = instances.iter().map(|instance| alert("ledger", "Down", instance)).collect();
    hub.client("source", "prometheus").alert(&alerts);
    let dana = hub.client("person", "dana");
    let found = |query: &str| dana.all(&format!("{CASE}/members?limit=7&{query}")).len();
    assert_eq!(found("q=id%3Dnode-12"), 10);
    assert_eq!(found("q=NODE-123"), 1);
    assert_eq!(found("q=node-12+service%3Dledger"), 10, "all words must be found");
    assert_eq!(found("q=service%3Dnode-123"), 0);
    assert_eq!(found("q=node-12&firing=true"), 10);
    assert_eq!((found("firing=false"), found("q=")), (0, 300));
    refused(&dana.look(&format!("{CASE}/members?q={}", "x".repeat(201))), 422, "invalid");
}

#[test]
fn a_key_event_is_one_entry_of_this_timeline_once_and_is_recorded() {
    let hub = Hub::with_catalog(&usual(&["ledger", "portal"]), None);
    let source = hub.client("source", "prometheus");
    source.alert(&[alert("ledger", "Down", "1")]);
    source.alert(&[alert("portal", "Down", "1")]);
    let dana = hub.client("person", "dana");
    dana.post(&format!("{CASE}/notes"), &json!({ "text": "the disk is full" })).success();
    let note = dana.all(&format!("{CASE}/timeline")).into_iter().find(|entry| entry["kind"] == "noted").unwrap();
    let (path, seq) = (format!("{CASE}/key-events"), note["seq"].clone());
    let set = |entry: &Value, key: bool| dana.post(&path, &json!({ "entry": entry, "key": key }));
    assert_eq!(set(&seq, true).success()["key_events"], json!([seq]));
    refused(&set(&seq, true), 422, "invalid");
    refused(&set(&json!(999_999), true), 422, "invalid");
    let elsewhere = dana.all("/api/v1/cases/INC-2/timeline")[0]["seq"].clone();
    refused(&set(&elsewhere, true), 422, "invalid");
    let timeline = dana.all(&format!("{CASE}/timeline"));
    let keys: Vec<&Value> = timeline.iter().filter(|entry| entry["key"] == true).map(|entry| &entry["seq"]).collect();
    assert_eq!(keys, [&seq]);
    assert_eq!(timeline.last().unwrap()["kind"], "key_event_set", "it is in the record who called it so");
    assert_eq!(set(&seq, false).success()["key_events"], json!([]));
    until("everything is sent", SOON, || (hub.admin().get("/api/v1/status")["messages_waiting"] == 0).then_some(()));
    hub.verify_record();
}

#[test]
fn whoever_edits_beside_somebody_else_sees_what_they_saved() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    hub.wait_until_all_is_sent(SOON);
    let (dana, grace) = (hub.client("person", "dana"), hub.client("person", "grace"));
    let tag = dana.look(CASE).header("etag").to_owned();
    let path = format!("{CASE}/severity");
    grace.try_post(&path, &json!({ "severity": "sev2" }), &[("If-Match", &tag)]).unwrap().success();
    let late = dana.try_post(&path, &json!({ "severity": "sev4" }), &[("If-Match", &tag)]).unwrap();
    refused(&late, 412, "changed");
    let current = &late.json()["current"];
    assert_eq!((&current["severity"], &current["id"]), (&json!("sev2"), &json!("INC-1")));
    assert_eq!(late.header("etag"), format!("\"{}\"", current["revision"]));
    let informed = dana.try_post(&path, &json!({ "severity": "sev4" }), &[("If-Match", late.header("etag"))]).unwrap();
    assert_eq!(informed.success()["severity"], "sev4");
}

#[test]
fn whoever_changes_a_silence_beside_somebody_else_sees_what_they_saved() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let grace = hub.client("person", "grace");
    let silence = |minutes: u32, id: Option<&str>, tag: Option<&str>| {
        let matchers = json!([{ "name": "service", "value": "ledger" }]);
        let request = json!({ "id": id, "matchers": matchers, "duration_seconds": minutes * 60, "comment": "known" });
        let headers: Vec<(&str, &str)> = tag.into_iter().map(|tag| ("If-Match", tag)).collect();
        grace.try_post("/api/v1/silences", &request, &headers).unwrap()
    };
    let made = silence(10, None, None);
    let (id, tag) = (made.json()["id"].as_str().unwrap().to_owned(), made.header("etag").to_owned());
    assert_eq!(grace.look(&format!("/api/v1/silences/{id}")).header("etag"), tag);
    std::thread::sleep(std::time::Duration::from_millis(5));
    let longer = silence(20, Some(&id), Some(&tag));
    assert_eq!(longer.status, 201, "{}", longer.text);
    let late = silence(30, Some(&id), Some(&tag));
    refused(&late, 412, "changed");
    let now = grace.look(&format!("/api/v1/silences/{id}"));
    assert_eq!((&late.json()["current"]["ends_at"], late.header("etag")), (&now.json()["ends_at"], now.header("etag")));
    // Nor is one ended that has changed unseen.
    let end = |id: &str, tag: &str| {
        let request = grace.request(Method::DELETE, &format!("/api/v1/silences/{id}"));
        sent(request.header("If-Match", tag)).unwrap()
    };
    refused(&end(&id, &tag), 412, "changed");
    let id = longer.json()["id"].as_str().unwrap().to_owned();
    refused(&end(&id, &tag), 412, "changed");
    assert_eq!(end(&id, longer.header("etag")).success()["state"], "expired");
}
