//! The timeline of a case.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use wheelhouse_core::record::{Body, Canonical, Entry, Why};
use wheelhouse_core::time::{Duration, Timestamp};

use super::attachment::attached;
use super::record::kind;
use super::time::seconds;
use super::{AttachmentView, Party, Time, describe};

/// One line of a timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// Its index in the record, from 0.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// Who did it.
    pub actor: Party,
    /// What happened, as a word.
    pub kind: String,
    /// What happened, as a line.
    pub words: String,
    /// Why the hub decided so, as a line.
    pub why: Option<String>,
    /// Why the hub decided so, for programs.
    #[schema(value_type = Option<Object>)]
    pub why_data: Option<Value>,
    /// What somebody wrote or a channel answered.
    pub text: Option<String>,
    /// Whether a text was there and has been erased.
    pub erased: bool,
    /// Whether it belongs to an exercise.
    pub drill: bool,
    /// Whether somebody called it a key event of its case.
    #[serde(default)]
    pub key: bool,
    /// The file that it attached; null where it attached none, or it was erased.
    #[serde(default)]
    pub attachment: Option<AttachmentView>,
}

impl TimelineEntry {
    /// The line of an entry of the record, with its body where that is still kept.
    pub fn new(canonical: Canonical, body: Option<Body>) -> Self {
        let (seq, had_body) = (canonical.seq, canonical.body.is_some());
        let entry = canonical.into_entry(body);
        Self { erased: had_body && entry.body.is_none(), ..Self::of_entry(seq, &entry) }
    }

    /// The line of an entry that has, or is about to have, the index `seq`.
    pub fn of_entry(seq: u64, entry: &Entry) -> Self {
        Self {
            seq,
            at: entry.at.into(),
            actor: Party::from(&entry.actor),
            kind: kind(&entry.fact),
            words: describe(entry),
            why: entry.why.as_ref().map(ToString::to_string),
            why_data: entry.why.as_ref().and_then(why_data),
            text: text(entry),
            attachment: AttachmentView::of(&entry.fact, entry.body.as_ref()),
            erased: false,
            drill: entry.drill,
            key: false,
        }
    }
}

/// The text of an entry, whatever its field; the description of a file is the file's.
fn text(entry: &Entry) -> Option<String> {
    let body = entry.body.as_ref()?;
    if attached(&entry.fact).is_some() {
        return body.get("text").cloned();
    }
    ["text", "title", "description", "answer"].into_iter().find_map(|field| body.get(field)).cloned()
}

/// A reason as the API writes values: instants as RFC 3339, lengths as seconds, parties as parties.
fn why_data(why: &Why) -> Option<Value> {
    let Ok(Value::Object(fields)) = serde_json::to_value(why) else {
        return None;
    };
    let mut shown = Map::new();
    for (name, value) in fields {
        match (name.as_str(), value.as_i64()) {
            ("at" | "until", Some(micros)) => {
                shown.insert(name, Timestamp::from_micros(micros).to_string().into());
            }
            ("after" | "timeout" | "unacknowledged_for" | "late_by", Some(micros)) => {
                shown.insert(format!("{name}_seconds"), seconds(Duration::from_micros(micros)).into());
            }
            ("late_by", None) => {}
            _ => {
                shown.insert(name, value);
            }
        }
    }
    if let Some((name, party)) = parties(why) {
        shown.insert(name.to_owned(), serde_json::to_value(party).ok()?);
    }
    Some(Value::Object(shown))
}

/// The parties that a reason names, by field.
fn parties(why: &Why) -> Option<(&'static str, Party)> {
    match why {
        Why::Step { target: Some(target), .. } | Why::Fallback { target, .. } | Why::Asked { target } => {
            Some(("target", Party::from(target)))
        }
        Why::Affected { on_behalf_of: Some(group), .. } => Some(("on_behalf_of", Party::from(group))),
        Why::EveryContactFailed { recipient } | Why::Missed { recipient, .. } | Why::NoContact { recipient } => {
            Some(("recipient", Party::from(recipient)))
        }
        _ => None,
    }
}
