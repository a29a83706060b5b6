//! CloudEvents and changes, over the wire and on the command line.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::catalog::usual;
use crate::support::client::{Answer, Client, sent};
use crate::support::hub::{Hub, run};

const DOOR: &str = "/in/events";

fn event(id: &str, kind: &str, data: &Value) -> Value {
    json!({ "specversion": "1.0", "id": id, "source": "/ci", "type": kind, "datacontenttype": "application/json", "data": data })
}

fn send(client: &Client, media_type: &str, body: &Value) -> Answer {
    sent(client.request(Method::POST, DOOR).header("content-type", media_type).body(body.to_string())).unwrap()
}

#[test]
fn events_fire_end_and_are_recognised_when_they_come_again() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let data = json!({ "service": "ledger", "severity": "critical", "summary": "The probe fails" });
    let binary = source.request(Method::POST, DOOR).header("content-type", "application/json");
    let binary = binary.header("ce-specversion", "1.0").header("ce-id", "1").header("ce-source", "/pr%C3%B6be");
    let fires = sent(binary.header("ce-type", "probe.failed.opened").body(data.to_string())).unwrap().success();
    assert_eq!(fires, json!({ "signals": 1, "changes": 0, "duplicates": 0 }));
    let case = dana.cases_of("ledger").remove(0);
    assert_eq!((&case["title"], &case["firing"]), (&json!("ledger: The probe fails"), &json!(1)));
    let over =
        json!({ "specversion": "1.0", "id": "2", "source": "/pröbe", "type": "probe.failed.closed", "data": data });
    assert_eq!(send(&source, "application/cloudevents+json", &over).success()["signals"], 1);
    assert_eq!(dana.cases_of("ledger")[0]["state"], "resolved");
    // The first one again, late: it opens nothing.
    let again =
        json!({ "specversion": "1.0", "id": "1", "source": "/pröbe", "type": "probe.failed.opened", "data": data });
    assert_eq!(send(&source, "application/cloudevents-batch+json", &json!([again, over])).success()["duplicates"], 2);
    assert_eq!(dana.cases_of("ledger")[0]["state"], "resolved");
    let wrong = json!([event("3", "probe.failed", &data), { "specversion": "1.0" }]);
    let answer = send(&source, "application/cloudevents-batch+json; charset=utf-8", &wrong);
    assert_eq!((answer.status, answer.json()["detail"].as_str().unwrap().starts_with("event 1: ")), (400, true));
    assert_eq!(dana.cases_of("ledger")[0]["firing"], 0, "nothing of a wrong batch is taken");
    let refused = source.request(Method::POST, DOOR).header("ce-specversion", "1.0").header("ce-id", "%ff");
    assert_eq!(sent(refused).unwrap().status, 400);
    assert_eq!(send(&hub.nobody(), "application/cloudevents+json", &again).status, 401);
    hub.verify_record();
}

#[test]
fn a_sender_asks_first_whether_it_may() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let ask = |headers: &[(&str, &str)]| {
        let request = hub.nobody().request(Method::OPTIONS, DOOR);
        sent(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).unwrap()
    };
    let granted = ask(&[("WebHook-Request-Origin", "eventemitter.example.com"), ("WebHook-Request-Rate", "120")]);
    assert_eq!(granted.status, 200);
    let answers = ["WebHook-Allowed-Origin", "WebHook-Allowed-Rate", "Allow"].map(|name| granted.header(name));
    assert_eq!(answers, ["eventemitter.example.com", "120", "OPTIONS, POST"]);
    assert_eq!(ask(&[("WebHook-Request-Origin", "a.example")]).header("WebHook-Allowed-Rate"), "*");
    assert_eq!(ask(&[("WebHook-Request-Origin", "a b<script>")]).status, 400);
    assert_eq!(ask(&[]).header("WebHook-Allowed-Origin"), "");
}

#[test]
fn a_case_names_what_changed_before_it() {
    let hub = Hub::with_catalog(&usual(&["ledger", "portal"]), None);
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let deployed = event(
        "9",
        "dev.cdevents.service.deployed.0.1.1",
        &json!({ "service": "ledger", "version": "2.4.1", "by": "ci" }),
    );
    for expected in [(1, 0), (0, 1)] {
        let said = send(&source, "application/cloudevents+json", &deployed).success();
        assert_eq!((said["changes"].as_u64().unwrap(), said["duplicates"].as_u64().unwrap()), expected);
    }
    let url = format!("http://127.0.0.1:{}", hub.port());
    let cli = |arguments: &[&str]| {
        let out = run(&[arguments, &["--url", &url, "--token", &dana.token]].concat());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let told = cli(&["change", "report", "--service", "ledger", "--kind", "configuration", "timeouts are 5 s now"]);
    assert_eq!(told, "change 2: ledger reconfigured by dana: timeouts are 5 s now\n");
    assert_eq!(dana.all("/api/v1/changes?service=ledger").len(), 2);
    assert!(dana.all("/api/v1/changes?service=portal").is_empty());
    let alert = json!({ "labels": { "alertname": "LedgerDown", "service": "ledger" } });
    source.alert(&[alert]);
    let id = dana.cases_of("ledger")[0]["id"].as_str().unwrap().to_owned();
    let case = dana.get(&format!("/api/v1/cases/{id}"));
    let words: Vec<&str> =
        case["changes"].as_array().unwrap().iter().map(|change| change["words"].as_str().unwrap()).collect();
    assert_eq!(words, ["ledger reconfigured by dana: timeouts are 5 s now", "ledger 2.4.1 deployed by ci"]);
    assert_eq!(case["changed"]["number"], 2);
    let shown = cli(&["case", "show", &id]);
    assert!(shown.contains("before: ledger 2.4.1 deployed by ci"), "{shown}");
    assert!(cli(&["change", "list"]).contains("2.4.1"));
    hub.verify_record();
}

#[test]
fn silences_on_the_command_line() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let url = format!("http://127.0.0.1:{}", hub.port());
    let cli = |arguments: &[&str]| {
        let out = run(&[arguments, &["--url", &url, "--token", &dana.token]].concat());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    source.alert(&[json!({ "labels": { "alertname": "LedgerDown", "service": "ledger" } })]);
    let preview = cli(&["silence", "preview", "service=ledger"]);
    assert!(preview.starts_with("it would cover 1 signal") && preview.contains("INC-1"), "{preview}");
    assert!(dana.all("/api/v1/silences").is_empty(), "a preview makes nothing");
    let made = cli(&["silence", "add", "service=ledger", "--for", "2h", "-m", "we know"]);
    assert!(made.starts_with("SIL-1 silences service=\"ledger\" until "), "{made}");
    let case = dana.get("/api/v1/cases/INC-1");
    assert_eq!(case["silenced"]["silences"], json!(["SIL-1"]));
    assert!(cli(&["case", "show", "INC-1"]).contains("by SIL-1: nobody is paged"));
    cli(&["silence", "add", "service=ledger", "--for", "4h", "-m", "longer", "--change", "SIL-1"]);
    let listed = cli(&["silence", "list"]);
    assert!(listed.contains("SIL-1") && listed.contains("longer") && !listed.contains("SIL-2"), "{listed}");
    assert_eq!(cli(&["silence", "expire", "SIL-1"]), "SIL-1 is over\n");
    assert_eq!(dana.get("/api/v1/cases/INC-1")["silenced"], Value::Null);
    hub.verify_record();
}
