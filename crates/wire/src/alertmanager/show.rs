//! What a `GET` shows: alerts, groups, receivers and status, in Alertmanager's JSON.

use std::fmt::Write as _;

use wheelhouse_core::signal::{Active, Pairs, Signal};
use wheelhouse_core::silence::SilenceId;
use wheelhouse_core::time::Timestamp;

use super::go::push_json;
use super::time::written;
use super::uuid::uuid_of;
use super::{Reply, fingerprint};

/// The version of Alertmanager whose API is spoken: `amtool` compares it with its own.
pub const SPOKEN_VERSION: &str = "0.25.0";

/// An alert to show.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The signal.
    pub signal: &'a Signal,
    /// When it ends unless told again; shown as the year 1 where it has no end.
    pub ends_at: Option<Timestamp>,
    /// When the hub last heard it.
    pub updated_at: Timestamp,
    /// Who handles it: the team's name.
    pub receiver: &'a str,
    /// The silences that cover it.
    pub silenced_by: &'a [SilenceId],
}

impl<'a> Shown<'a> {
    /// A firing signal, who handles it, and what covers it.
    pub fn new(active: &'a Active, receiver: &'a str, silenced_by: &'a [SilenceId]) -> Self {
        Self { signal: &active.signal, ends_at: active.until, updated_at: active.heard_at, receiver, silenced_by }
    }
}

/// What `/status` shows.
#[derive(Clone, Copy, Debug)]
pub struct StatusView<'a> {
    /// When the hub started.
    pub started_at: Timestamp,
    /// The version of the software.
    pub version: &'a str,
    /// The names of all receivers, of which the first one is the default.
    pub receivers: &'a [&'a str],
}

/// One alert.
pub fn gettable_alert(shown: &Shown<'_>) -> String {
    let mut json = String::with_capacity(512);
    push_alert(&mut json, shown, fingerprint(&shown.signal.labels));
    json
}

/// The answer to `GET /alerts`: in order of fingerprint.
pub fn alerts<'a>(shown: impl IntoIterator<Item = Shown<'a>>) -> Reply {
    let mut json = String::new();
    push_alerts(&mut json, shown.into_iter().collect());
    json.push('\n');
    Reply::json(json)
}

/// The answer to `GET /alerts/groups`: by service and receiver.
pub fn groups<'a>(shown: impl IntoIterator<Item = Shown<'a>>) -> Reply {
    let mut groups = std::collections::BTreeMap::<(&str, &str), Vec<Shown<'a>>>::new();
    for one in shown {
        let service = one.signal.labels.get("service").unwrap_or_default();
        groups.entry((service, one.receiver)).or_default().push(one);
    }
    let mut json = String::from("[");
    for (index, ((service, receiver), shown)) in groups.into_iter().enumerate() {
        json.push_str(if index > 0 { ",{\"alerts\":" } else { "{\"alerts\":" });
        push_alerts(&mut json, shown);
        json.push_str(",\"labels\":{");
        if !service.is_empty() {
            json.push_str("\"service\":");
            push_json(&mut json, service, true);
        }
        json.push_str("},\"receiver\":{\"name\":");
        push_json(&mut json, receiver, true);
        json.push_str("}}");
    }
    json.push_str("]\n");
    Reply::json(json)
}

/// The answer to `GET /receivers`.
pub fn receivers<'a>(names: impl IntoIterator<Item = &'a str>) -> Reply {
    let mut json = String::from("[");
    for (index, name) in names.into_iter().enumerate() {
        json.push_str(if index > 0 { ",{\"name\":" } else { "{\"name\":" });
        push_json(&mut json, name, true);
        json.push('}');
    }
    json.push_str("]\n");
    Reply::json(json)
}

/// The answer to `GET /status`. The configuration it shows is one that Alertmanager's tools read; the
/// hub's own is the catalog.
pub fn status(view: &StatusView<'_>) -> Reply {
    let mut config = String::new();
    let first = view.receivers.first().copied().unwrap_or("wheelhouse");
    let _ = write!(config, "route:\n  receiver: {first}\n  group_by:\n  - service\n  continue: false\nreceivers:\n");
    for name in if view.receivers.is_empty() { &["wheelhouse"] } else { view.receivers } {
        let _ = writeln!(config, "- name: {name}");
    }
    config.push_str("templates: []\n");
    let mut json = String::from("{\"cluster\":{\"peers\":[],\"status\":\"disabled\"},\"config\":{\"original\":");
    push_json(&mut json, &config, true);
    let _ = write!(json, "}},\"uptime\":\"{}\",\"versionInfo\":{{", written(view.started_at));
    for name in ["branch", "buildDate", "buildUser", "goVersion"] {
        let _ = write!(json, "\"{name}\":\"\",");
    }
    json.push_str("\"revision\":");
    push_json(&mut json, &format!("wheelhouse {}", view.version), true);
    let _ = writeln!(json, ",\"version\":\"{SPOKEN_VERSION}\"}}}}");
    Reply::json(json)
}

fn push_alerts(json: &mut String, shown: Vec<Shown<'_>>) {
    let mut named: Vec<(u64, Shown<'_>)> =
        shown.into_iter().map(|one| (fingerprint(&one.signal.labels), one)).collect();
    named.sort_by_key(|(fingerprint, _)| *fingerprint);
    json.reserve(named.len().saturating_mul(512));
    json.push('[');
    for (index, (fingerprint, one)) in named.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        push_alert(json, one, *fingerprint);
    }
    json.push(']');
}

fn push_alert(json: &mut String, shown: &Shown<'_>, fingerprint: u64) {
    let signal = shown.signal;
    json.push_str("{\"annotations\":");
    push_pairs(json, &signal.annotations);
    let ends_at = shown.ends_at.map_or_else(|| "0001-01-01T00:00:00.000Z".to_owned(), written);
    let _ = write!(json, ",\"endsAt\":\"{ends_at}\",\"fingerprint\":\"{fingerprint:016x}\",\"receivers\":[{{\"name\":");
    push_json(json, shown.receiver, true);
    let _ = write!(json, "}}],\"startsAt\":\"{}\"", written(signal.started_at));
    json.push_str(",\"status\":{\"inhibitedBy\":[],\"silencedBy\":[");
    for (index, silence) in shown.silenced_by.iter().enumerate() {
        let _ = write!(json, "{}\"{}\"", if index > 0 { "," } else { "" }, uuid_of(*silence));
    }
    let state = if shown.silenced_by.is_empty() { "active" } else { "suppressed" };
    let _ = write!(json, "],\"state\":\"{state}\"}}");
    let _ = write!(json, ",\"updatedAt\":\"{}\"", written(shown.updated_at));
    if !signal.url.is_empty() {
        json.push_str(",\"generatorURL\":");
        push_json(json, &signal.url, true);
    }
    json.push_str(",\"labels\":");
    push_pairs(json, &signal.labels);
    json.push('}');
}

fn push_pairs(json: &mut String, pairs: &Pairs) {
    json.push('{');
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        push_json(json, name, true);
        json.push(':');
        push_json(json, value, true);
    }
    json.push('}');
}
