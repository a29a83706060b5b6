//! An event: its attributes and its data.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use wheelhouse_core::time::Timestamp;

use crate::alertmanager::read_instant;

/// The most attributes of an event.
pub const MOST_ATTRIBUTES: usize = 64;
/// The longest value of an attribute, in bytes.
pub const LONGEST_ATTRIBUTE: usize = 4_096;

/// Why events are refused; nothing of the request is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadEvent(String);

impl BadEvent {
    /// Says what is wrong, where, and what was expected.
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// The same of one event of a batch.
    pub(super) fn at(self, index: usize) -> Self {
        Self(format!("event {index}: {}", self.0))
    }
}

impl fmt::Display for BadEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadEvent {}

/// What an event carries.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Data {
    /// Nothing.
    #[default]
    None,
    /// A JSON value.
    Json(Value),
    /// Text of another kind.
    Text(String),
    /// Bytes; how many.
    Bytes(usize),
}

/// An event that keeps to CloudEvents 1.0.2.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Which one it is among those of its source.
    pub id: String,
    /// Where it happened, by the sender's word.
    pub source: String,
    /// What kind of thing happened.
    pub kind: String,
    /// What it happened to.
    pub subject: Option<String>,
    /// When it happened.
    pub time: Option<Timestamp>,
    /// Further attributes by name.
    pub extensions: BTreeMap<String, String>,
    /// What it carries.
    pub data: Data,
}

impl Event {
    /// An event from its attributes, which must be those of version 1.0.
    ///
    /// # Errors
    /// Names the attribute that is missing or wrong.
    pub(super) fn new(mut attributes: BTreeMap<String, String>, data: Data) -> Result<Self, BadEvent> {
        for (name, value) in &attributes {
            check(name, value)?;
        }
        let version = attributes.remove("specversion").unwrap_or_default();
        if version != "1.0" {
            let shown: String = version.chars().take(20).collect();
            return Err(BadEvent::new(format!("`specversion`: expected \"1.0\", found {shown:?}")));
        }
        let mut required = |name: &str| {
            let value = attributes.remove(name).filter(|value| !value.is_empty());
            value.ok_or_else(|| BadEvent::new(format!("`{name}`: expected a text that is not empty, found none")))
        };
        let (id, source, kind) = (required("id")?, required("source")?, required("type")?);
        let time = attributes.remove("time").map(|text| instant("time", &text)).transpose()?.flatten();
        let subject = attributes.remove("subject").filter(|subject| !subject.is_empty());
        attributes.remove("datacontenttype");
        attributes.remove("dataschema");
        Ok(Self { id, source, kind, subject, time, extensions: attributes, data })
    }
}

/// Reads an instant as RFC 3339 writes it.
pub(super) fn instant(name: &str, text: &str) -> Result<Option<Timestamp>, BadEvent> {
    let shown: String = text.chars().take(60).collect();
    let bad = |_| BadEvent::new(format!("`{name}`: expected an instant such as 2026-11-23T02:10:00Z, found {shown:?}"));
    if text.is_empty() { Ok(None) } else { read_instant(text).map_err(bad) }
}

/// Whether an attribute may be named like this and have this value.
fn check(name: &str, value: &str) -> Result<(), BadEvent> {
    let shown: String = name.chars().take(40).collect();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        let words = format!("`{}` is not the name of an attribute; expected a–z and 0–9", shown.escape_debug());
        return Err(BadEvent::new(words));
    }
    if value.len() > LONGEST_ATTRIBUTE {
        return Err(BadEvent::new(format!("`{shown}`: expected at most {LONGEST_ATTRIBUTE} bytes")));
    }
    if value.chars().any(char::is_control) {
        return Err(BadEvent::new(format!("`{shown}`: expected a text without control characters")));
    }
    Ok(())
}
