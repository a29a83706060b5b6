//! A real Alertmanager sends its webhook to the hub.

use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::{Client, sent};
use crate::support::hub::Hub;
use crate::support::process::Process;
use crate::support::program::{free_port, peer};
use crate::support::wait::{SOON, until_true};

const DOOR: &str = "/in/webhook/alertmanager";

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
