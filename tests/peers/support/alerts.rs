//! Alerts as Prometheus sends them.

use serde_json::{Value, json};

/// An alert of a service that lasts until it is told to end.
pub fn alert(service: &str, name: &str, id: &str) -> Value {
    json!({
        "labels": { "alertname": name, "service": service, "severity": "critical", "id": id },
        "annotations": { "summary": format!("{service}: {name}") },
        "startsAt": in_seconds(-1),
        "endsAt": in_seconds(3600),
        "generatorURL": "http://prometheus.invalid/graph",
    })
}

/// The same alert, which its sender says ends in `seconds`.
pub fn ending(mut alert: Value, seconds: i64) -> Value {
    alert["endsAt"] = in_seconds(seconds).into();
    alert
}

/// The instant `seconds` from now, as RFC 3339 has it.
pub fn in_seconds(seconds: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds)).to_string()
}

/// An instant of the API.
pub fn instant(value: &Value) -> jiff::Timestamp {
    let text = value.as_str().unwrap_or_else(|| panic!("expected an instant, found {value}"));
    text.parse().unwrap()
}
