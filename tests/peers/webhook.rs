//! A real Alertmanager sends its webhook to the hub.

use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::{Answer, Client, sent};
use crate::support::hub::Hub;
use crate::support::process::Process;
use crate::support::program::{free_port, peer, python};
use crate::support::wait::{SOON, until_true};

const DOOR: &str = "/in/webhook/alertmanager";
/// The secret with which the source signs.
const KEY: &str = "geheim-51c0";

#[test]
fn a_real_alertmanager_tells_of_firing_and_resolved_groups() {
    let hub = Hub::with_catalog(&usual(&["ledger", "portal"]), None);
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let config = json!({
        "route": { "receiver": "hub", "group_by": ["service"], "group_wait": "100ms", "group_interval": "300ms", "repeat_interval": "1h" },
        "receivers": [{ "name": "hub", "webhook_configs": [{
            "url": format!("http://127.0.0.1:{}{DOOR}", hub.port()), "send_resolved": true,
            "http_config": { "authorization": { "credentials": source.token } },
        }] }],
    });
    std::fs::write(path("alertmanager.yml"), config.to_string()).unwrap();
    let port = free_port();
    let mut command = Command::new(peer("prometheus-alertmanager", "prometheus-alertmanager"));
    command.arg(format!("--config.file={}", path("alertmanager.yml").display()));
    command.arg(format!("--storage.path={}", path("data").display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    command.arg("--cluster.listen-address=");
    let _alertmanager = Process::start("Alertmanager", &mut command, &path("alertmanager.log"));
    let real = Client::new(&format!("http://127.0.0.1:{port}"), "");
    until_true("Alertmanager is ready", SOON, || {
        sent(real.request(Method::GET, "/-/ready")).is_ok_and(|answer| answer.status == 200)
    });
    let tell = |alerts: &[Value]| assert_eq!(real.post("/api/v2/alerts", &Value::Array(alerts.to_vec())).status, 200);
    let mut alerts = vec![
        alert("ledger", "LedgerDown", "1"),
        alert("ledger", "LedgerSlow", "2"),
        alert("portal", "PortalDown", "3"),
    ];
    tell(&alerts);
    until_true("two services have a case", SOON, || {
        dana.cases_of("ledger").first().is_some_and(|case| case["firing"] == 2) && dana.cases_of("portal").len() == 1
    });
    let member =
        dana.all(&format!("/api/v1/cases/{}/members", dana.cases_of("ledger")[0]["id"].as_str().unwrap())).remove(0);
    assert_eq!((&member["adapter"], &member["until"]), (&json!("webhook"), &Value::Null), "{member}");
    for alert in &mut alerts[..1] {
        alert["endsAt"] = json!("2026-01-01T00:00:01Z");
        alert["startsAt"] = json!("2026-01-01T00:00:00Z");
    }
    tell(&alerts[..1]);
    until_true("one of the two is over", SOON, || dana.cases_of("ledger")[0]["firing"] == 1);
    assert_eq!(dana.cases_of("ledger")[0]["state"], "open");
    hub.verify_record();
}

#[test]
fn a_wrong_notification_is_refused_in_words_and_changes_nothing() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let fires = json!({ "status": "firing", "labels": { "alertname": "A", "service": "ledger" } });
    let good = json!({ "version": "4", "status": "firing", "alerts": [fires] });
    let half = json!({ "version": "4", "alerts": [fires, { "status": "firing", "labels": {} }] });
    let answer = source.post(DOOR, &half);
    assert_eq!(answer.status, 400);
    assert!(answer.json()["detail"].as_str().unwrap().contains("`alerts[1]`: `labels`"), "{}", answer.text);
    assert!(dana.cases_of("ledger").is_empty());
    assert_eq!(hub.nobody().post(DOOR, &good).status, 401);
    assert_eq!(dana.post(DOOR, &good).status, 403);
    let text = source.request(Method::POST, DOOR).header("content-type", "text/plain").body("x");
    assert_eq!(sent(text).unwrap().status, 415);
    assert_eq!(source.post(DOOR, &good).success()["alerts"], 1);
    assert_eq!(dana.cases_of("ledger").len(), 1);
    std::thread::sleep(Duration::from_millis(10));
}

#[test]
fn a_source_with_a_secret_signs_its_notifications_and_when() {
    let hub = Hub::with_secrets(&usual(&["ledger"]), &[("signature-prometheus", KEY)], None);
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let tell = |id: &str, key: Option<&str>, signed_at: Option<i64>, sign_instant: bool| {
        let fires = json!({ "status": "firing", "labels": { "alertname": "A", "service": "ledger", "id": id } });
        let body = json!({ "version": "4", "status": "firing", "alerts": [fires] }).to_string();
        let instant = signed_at.map(|seconds| (jiff::Timestamp::now().as_second() + seconds).to_string());
        let mut request = source.request(Method::POST, DOOR).header("content-type", "application/json");
        if let Some(key) = key {
            let signed =
                instant.iter().filter(|_| sign_instant).map(|instant| format!("{instant}:")).collect::<String>();
            request = request.header("X-Grafana-Alerting-Signature", hmac_sha256(key, &(signed + &body)));
        }
        if let Some(instant) = instant {
            request = request.header("X-Grafana-Alerting-Timestamp", instant);
        }
        sent(request.body(body)).unwrap()
    };
    let refused = |answer: Answer, words: &str| {
        assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("bad_signature")), "{}", answer.text);
        assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{}", answer.text);
        assert!(!answer.text.contains(KEY), "{}", answer.text);
    };
    refused(tell("1", None, None, false), "found none");
    refused(tell("1", Some("another"), None, false), "not that of this body");
    refused(tell("1", Some("another"), Some(0), true), "not that of this body");
    refused(tell("1", Some(KEY), Some(0), false), "not that of this body");
    for far in [-600, 600] {
        refused(tell("1", Some(KEY), Some(far), true), "more than five minutes");
    }
    assert!(dana.cases_of("ledger").is_empty(), "what is not proven changes nothing");
    assert_eq!(tell("1", Some(KEY), None, false).success()["alerts"], 1);
    assert_eq!(tell("2", Some(KEY), Some(-60), true).success()["alerts"], 1);
    assert_eq!(dana.cases_of("ledger")[0]["members"], 2);
}

/// The HMAC-SHA256 of a text in hexadecimal digits, as somebody else computes it.
fn hmac_sha256(key: &str, text: &str) -> String {
    let script = "import hmac, sys; print(hmac.new(sys.argv[1].encode(), sys.argv[2].encode(), 'sha256').hexdigest())";
    let said = Command::new(python()).args(["-c", script, key, text]).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}
