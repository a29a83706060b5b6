//! Alertmanager's webhook, version 4, and the shape that Grafana makes of it.
//!
//! [`parse`] reads a body, [`Notification::signals`] makes signals of its alerts. Each alert stands
//! for itself: what is firing and what is resolved is said by the alert, not by the group.

mod fields;
mod signature;

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;
use wheelhouse_core::name::SourceName;
use wheelhouse_core::signal::Signal;
use wheelhouse_core::time::Timestamp;

use crate::not_json::words;
use fields::PostedAlert;

pub use signature::{MOST_SKEW, Signature, body_to_sign};

/// The most alerts of one notification.
pub const MOST_ALERTS: usize = 10_000;

/// Why a body is refused; nothing of it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadWebhook(pub String);

impl std::fmt::Display for BadWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadWebhook {}

/// A notification, read and checked as far as that needs neither a source nor a clock.
#[derive(Debug)]
pub struct Notification {
    alerts: Vec<(PostedAlert, Range<usize>)>,
    /// How many alerts the sender left out, by its own word.
    pub truncated: u64,
    /// Which sender it is from.
    pub sender: Sender,
}

/// Who makes such notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Alertmanager: version "4".
    Alertmanager,
    /// Grafana: version "1".
    Grafana,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    version: Option<Version<'a>>,
    #[serde(rename = "truncatedAlerts", default)]
    truncated: Option<u64>,
    #[serde(default, borrow)]
    alerts: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Version<'a> {
    Text(#[serde(borrow)] std::borrow::Cow<'a, str>),
    Number(u64),
}

/// Reads a notification.
///
/// # Errors
/// Says what is wrong, where, and what was expected. One wrong alert refuses all: a sender tries the
/// whole again, and half a group would look like a recovery of the other half.
pub fn parse(body: &[u8]) -> Result<Notification, BadWebhook> {
    let bad = |words: String| Err(BadWebhook(words));
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => return bad(format!("the body is not UTF-8 from byte {} on", error.valid_up_to())),
    };
    let envelope: Envelope<'_> = match serde_json::from_str(text) {
        Ok(envelope) => envelope,
        Err(error) if error.is_data() && !text.trim_start().starts_with('{') => {
            return bad("the body: expected a JSON object with `version` and `alerts`".to_owned());
        }
        Err(error) => return bad(format!("the body is not a webhook's JSON object: {}", words(&error))),
    };
    let version = match envelope.version {
        Some(Version::Text(text)) => text.into_owned(),
        Some(Version::Number(number)) => number.to_string(),
        None => String::new(),
    };
    let sender = match version.as_str() {
        "4" => Sender::Alertmanager,
        "1" => Sender::Grafana,
        other => {
            let found = if other.is_empty() { "none".to_owned() } else { format!("{other:.20?}") };
            return bad(format!("`version`: expected \"4\" (Alertmanager) or \"1\" (Grafana), found {found}"));
        }
    };
    let Some(raw) = envelope.alerts else { return bad("`alerts`: expected a list of alerts, found none".to_owned()) };
    if raw.len() > MOST_ALERTS {
        return bad(format!("`alerts`: expected at most {MOST_ALERTS} alerts, found {}", raw.len()));
    }
    let start = text.as_ptr() as usize;
    let mut alerts = Vec::with_capacity(raw.len());
    for (index, raw) in raw.into_iter().enumerate() {
        let alert = serde_json::from_str::<PostedAlert>(raw.get())
            .map_err(|error| error.to_string())
            .and_then(|alert| alert.checked(envelope.status.as_deref()));
        let alert = alert.map_err(|words| BadWebhook(format!("`alerts[{index}]`: {words}")))?;
        // What was borrowed from the text lies in it.
        let from = (raw.get().as_ptr() as usize).saturating_sub(start);
        alerts.push((alert, from..from + raw.get().len()));
    }
    Ok(Notification { alerts, truncated: envelope.truncated.unwrap_or(0), sender })
}

impl Notification {
    /// The signals of its alerts as those of a source, each with where it stands in the body.
    ///
    /// An alert that fires without an end holds until its sender says that it ended.
    pub fn signals(&self, source: &SourceName, now: Timestamp) -> Vec<(Signal, Range<usize>)> {
        self.alerts.iter().map(|(alert, range)| (alert.signal(source, now), range.clone())).collect()
    }

    /// How many alerts it has.
    pub fn len(&self) -> usize {
        self.alerts.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty()
    }
}
