//! The webhook's door, by a table of payloads: good, odd and hostile.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use serde_json::{Value, json};
use wheelhouse_core::case::Urgency;
use wheelhouse_core::name::SourceName;
use wheelhouse_core::signal::{Adapter, Signal, Status};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::webhook::{MOST_ALERTS, Notification, Sender, Signature, body_to_sign, parse};

const NOW: Timestamp = Timestamp::from_seconds(1_795_402_500);

/// What Alertmanager 0.25 sent for one firing and one resolved alert of a group.
fn alertmanager() -> Value {
    json!({
        "receiver": "hub", "status": "firing",
        "alerts": [
            { "status": "firing", "labels": { "alertname": "LedgerDown", "service": "ledger", "severity": "critical" },
              "annotations": { "summary": "The ledger is down" }, "startsAt": "2026-11-23T02:10:00.123Z",
              "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus/graph?g0", "fingerprint": "6e87a0a35b36faf8" },
            { "status": "resolved", "labels": { "alertname": "LedgerSlow", "service": "ledger" }, "annotations": {},
              "startsAt": "2026-11-23T02:00:00Z", "endsAt": "2026-11-23T02:05:00Z", "generatorURL": "", "fingerprint": "ab" },
        ],
        "groupLabels": { "service": "ledger" }, "commonLabels": { "service": "ledger" }, "commonAnnotations": {},
        "externalURL": "http://alertmanager", "version": "4", "groupKey": "{}:{service=\"ledger\"}", "truncatedAlerts": 0,
        "notification_reason": "new alerts",
    })
}

/// One alert of Grafana, in the middle of what else Grafana says.
fn grafana() -> Value {
    json!({
        "receiver": "hub", "status": "firing", "orgId": 1, "title": "[FIRING:1] Disk", "state": "alerting",
        "message": "**Firing**", "appVersion": "12.0.0", "version": "1", "groupKey": "k", "truncatedAlerts": 3,
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://grafana/",
        "alerts": [{
            "status": "firing", "labels": { "alertname": "Disk", "grafana_folder": "ops" }, "annotations": { "summary": "full" },
            "startsAt": "2026-11-23T03:10:00+01:00", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://grafana/alerting/1",
            "fingerprint": "c6", "silenceURL": "http://grafana/silence", "dashboardURL": "http://grafana/d/1", "panelURL": "",
            "values": { "A": 97.5 }, "valueString": "[ var='A' value=97.5 ]", "ruleUID": "u", "imageURL": null,
        }],
    })
}

fn read(body: &Value) -> Result<Notification, String> {
    parse(body.to_string().as_bytes()).map_err(|bad| bad.to_string())
}

fn signals(body: &Value) -> Vec<Signal> {
    let source = SourceName::new("alertmanager").unwrap();
    read(body).unwrap().signals(&source, NOW).into_iter().map(|(signal, _)| signal).collect()
}

#[test]
fn each_alert_says_for_itself_whether_it_fires() {
    let all = signals(&alertmanager());
    assert_eq!(read(&alertmanager()).unwrap().sender, Sender::Alertmanager);
    let [down, slow] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((down.status, down.urgency), (Status::Firing { until: None }, Urgency::Critical));
    assert_eq!((&*down.url, down.summary()), ("http://prometheus/graph?g0", "The ledger is down"));
    assert_eq!(down.adapter, Adapter::Webhook);
    assert_eq!(down.started_at, Timestamp::from_micros(1_795_399_800_123_000));
    assert_eq!(slow.status, Status::Resolved { at: Timestamp::from_seconds(1_795_399_500) });
}

#[test]
fn the_bytes_of_an_alert_are_its_own() {
    let body = alertmanager().to_string();
    let parsed = parse(body.as_bytes()).unwrap();
    for (index, (_, range)) in parsed.signals(&SourceName::new("a").unwrap(), NOW).into_iter().enumerate() {
        let alone: Value = serde_json::from_str(&body[range]).unwrap();
        assert_eq!(alone, alertmanager()["alerts"][index]);
    }
}

#[test]
fn grafana_speaks_nearly_the_same() {
    let parsed = read(&grafana()).unwrap();
    assert_eq!((parsed.sender, parsed.truncated, parsed.len()), (Sender::Grafana, 3, 1));
    let signal = signals(&grafana()).remove(0);
    assert_eq!(signal.annotations.get("dashboard_url"), Some("http://grafana/d/1"));
    assert_eq!(signal.annotations.get("value_string"), Some("[ var='A' value=97.5 ]"));
    assert_eq!(signal.annotations.get("panel_url"), None);
    assert_eq!(signal.started_at, Timestamp::from_seconds(1_795_399_800));
}

#[test]
fn odd_notifications_are_read_and_wrong_ones_say_what_is_wrong() {
    let with = |change: fn(&mut Value)| {
        let mut body = alertmanager();
        change(&mut body);
        read(&body)
    };
    // Odd, and fine.
    assert!(with(|b| b["alerts"] = json!([])).unwrap().is_empty());
    assert!(with(|b| b["alerts"][0]["annotations"] = Value::Null).is_ok());
    assert!(with(|b| b["alerts"][0]["labels"]["empty"] = json!("")).is_ok());
    assert!(with(|b| b["version"] = json!(4)).is_ok());
    assert!(with(|b| b["alerts"][0]["endsAt"] = json!("")).is_ok());
    assert!(with(|b| drop(b["alerts"][0].as_object_mut().unwrap().remove("status"))).is_ok(), "its group says so");
    // Wrong.
    type Spoil = fn(&mut Value);
    let table: [(Spoil, &str); 14] = [
        (|b| b["version"] = json!("3"), "`version`: expected"),
        (|b| drop(b.as_object_mut().unwrap().remove("version")), "`version`: expected"),
        (|b| drop(b.as_object_mut().unwrap().remove("alerts")), "`alerts`: expected"),
        (|b| b["alerts"] = json!({}), "not a webhook's JSON object"),
        (|b| b["alerts"][1]["labels"] = json!({}), "`alerts[1]`: `labels`"),
        (|b| b["alerts"][1]["labels"] = json!([]), "`alerts[1]`"),
        (|b| b["alerts"][0]["labels"]["alertname"] = json!(5), "`alerts[0]`"),
        (|b| b["alerts"][0]["labels"]["a-b"] = json!("x"), "`a-b` is not a name"),
        (|b| b["alerts"][0]["labels"]["a"] = json!("x".repeat(5_000)), "expected at most"),
        (|b| b["alerts"][0]["startsAt"] = json!("yesterday"), "`startsAt`: expected an instant"),
        (|b| b["alerts"][0]["status"] = json!("pending"), "`status`: expected"),
        (|b| b["alerts"][0]["generatorURL"] = json!("x".repeat(10_000)), "`generatorURL`: expected"),
        (|b| b["alerts"] = json!(vec![json!(null); MOST_ALERTS + 1]), "expected at most"),
        (|b| b["alerts"][0] = json!("alert"), "`alerts[0]`"),
    ];
    for (change, words) in table {
        let error = with(change).unwrap_err();
        assert!(error.contains(words) && error.len() < 600, "{words}: {error}");
    }
    for hostile in
        [&b""[..], b"null", b"[]", b"{", b"\xff\xfe", b"{\"version\":\"4\",\"alerts\":[{]}", &[b'['; 200_000]]
    {
        let error = parse(hostile).unwrap_err().to_string();
        assert!(!error.contains("struct"), "no word of how it is read: {error}");
    }
    let error = parse(b"[]").unwrap_err().to_string();
    assert!(error.contains("expected a JSON object with `version` and `alerts`"), "{error}");
}

#[test]
fn a_signature_is_over_the_body_or_over_an_instant_and_the_body() {
    let digits = "ab".repeat(32);
    let plain = Signature::parse(&digits, None, NOW).unwrap();
    assert_eq!((plain.digest, plain.timestamp), ([0xab; 32], None));
    let seconds = (NOW.as_micros() / 1_000_000).to_string();
    assert_eq!(Signature::parse(&digits, Some(&seconds), NOW).unwrap().timestamp.as_deref(), Some(seconds.as_str()));
    assert!(
        Signature::parse(&digits, Some(&seconds), NOW + Duration::from_minutes(6)).is_err(),
        "sent again much later"
    );
    for bad in ["", "ab", &"g".repeat(64), &"é".repeat(32), &"ab".repeat(33)] {
        assert!(Signature::parse(bad, None, NOW).is_err(), "{bad}");
    }
    assert!(Signature::parse(&digits, Some("soon"), NOW).is_err());
    assert_eq!(body_to_sign(Some("17"), b"{}"), b"17:{}");
    assert_eq!(body_to_sign(None, b"{}"), b"{}");
}
