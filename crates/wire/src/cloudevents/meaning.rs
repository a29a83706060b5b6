//! What an event tells: a signal that fires or ends, or a change. `docs/doors.md` says it for people.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wheelhouse_core::case::Urgency;
use wheelhouse_core::change::{ChangeKind, ChangeReport, LONGEST_TEXT, LONGEST_TITLE, LONGEST_WORD};
use wheelhouse_core::name::SourceName;
use wheelhouse_core::signal::{Adapter, Signal, Status};
use wheelhouse_core::time::Timestamp;

use super::event::{BadEvent, Data, Event, instant};
use crate::alertmanager::{LONGEST_ANNOTATION, LONGEST_LABEL, LONGEST_URL, MOST_PAIRS, is_label_name};

/// Types of events that tell of a change; a type counts if it is one of these or goes on with a dot.
pub const CHANGE_TYPES: [(&str, ChangeKind); 14] = [
    ("org.wheelhouse.change.deployment", ChangeKind::Deployment),
    ("org.wheelhouse.change.rollback", ChangeKind::Rollback),
    ("org.wheelhouse.change.removal", ChangeKind::Removal),
    ("org.wheelhouse.change.configuration", ChangeKind::Configuration),
    ("org.wheelhouse.change.maintenance", ChangeKind::Maintenance),
    ("org.wheelhouse.change", ChangeKind::Other),
    ("dev.cdevents.service.deployed", ChangeKind::Deployment),
    ("dev.cdevents.service.upgraded", ChangeKind::Deployment),
    ("dev.cdevents.service.published", ChangeKind::Deployment),
    ("dev.cdevents.service.rolledback", ChangeKind::Rollback),
    ("dev.cdevents.service.removed", ChangeKind::Removal),
    ("dev.cdevents.environment.created", ChangeKind::Configuration),
    ("dev.cdevents.environment.modified", ChangeKind::Configuration),
    ("dev.cdevents.environment.deleted", ChangeKind::Configuration),
];
/// The last words of a type that say the end of what the rest of the type names.
pub const END_SUFFIXES: [&str; 5] = ["resolved", "recovered", "closed", "ended", "ok"];
/// The last words of a type that say that what the rest names began.
const START_SUFFIXES: [&str; 6] = ["firing", "fired", "opened", "started", "triggered", "raised"];
/// Words of `status` that say the end.
const END_WORDS: [&str; 7] = ["resolved", "recovered", "closed", "ended", "ok", "up", "healthy"];
/// Words of `status` that say that it holds.
const START_WORDS: [&str; 9] =
    ["firing", "open", "opened", "started", "triggered", "alarm", "down", "failing", "unhealthy"];

/// What an event tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// Something fires or ends.
    Signal(Box<Signal>),
    /// Something was changed.
    Change(Box<ChangeReport>),
}

impl Event {
    /// What it tells, as told by the hub's source `from`.
    ///
    /// # Errors
    /// Says which part of the data is not as expected.
    pub fn meaning(&self, from: &SourceName, now: Timestamp) -> Result<Meaning, BadEvent> {
        let empty = Map::new();
        let data = match &self.data {
            Data::Json(Value::Object(members)) => members,
            _ => &empty,
        };
        match change_kind(&self.kind) {
            Some(kind) => Ok(Meaning::Change(Box::new(self.change(kind, data, now)?))),
            None => Ok(Meaning::Signal(Box::new(self.signal(from, data, now)?))),
        }
    }

    fn signal(&self, from: &SourceName, data: &Map<String, Value>, now: Timestamp) -> Result<Signal, BadEvent> {
        let (stem, suffix_ends) = stem(&self.kind);
        let ends = match self.word(data, "status").map(|word| word.to_ascii_lowercase()) {
            Some(word) if END_WORDS.contains(&word.as_str()) => true,
            Some(word) if START_WORDS.contains(&word.as_str()) => false,
            _ => suffix_ends,
        };
        let until = match self.word(data, "until") {
            Some(text) => instant("until", &text)?,
            None => None,
        };
        let at = self.time.unwrap_or(now);
        let status = match (ends, until) {
            (true, _) => Status::Resolved { at: at.min(now) },
            (false, Some(until)) if until <= now => Status::Resolved { at: until },
            (false, until) => Status::Firing { until },
        };
        let text = match &self.data {
            Data::Text(text) => Some(clipped(text, LONGEST_ANNOTATION)),
            _ => self.word(data, "description").or_else(|| self.word(data, "text")),
        };
        let summary = ["summary", "title", "message", "name"].iter().find_map(|name| self.word(data, name));
        let summary = summary.unwrap_or_else(|| match &self.subject {
            Some(subject) => format!("{stem}: {subject}"),
            None => stem.to_owned(),
        });
        let mut annotations =
            BTreeMap::from([("summary", clipped(&summary, LONGEST_TITLE)), ("event_id", self.id.clone())]);
        annotations.extend(text.map(|text| ("description", clipped(&text, LONGEST_ANNOTATION))));
        let severity = self.word(data, "severity").unwrap_or_default();
        Ok(Signal {
            source: from.clone(),
            adapter: Adapter::CloudEvents,
            drill: self.drill(data)?,
            labels: self.labels(stem, data)?.into_iter().collect(),
            annotations: annotations.into_iter().collect(),
            url: self.url(data).into(),
            urgency: Urgency::from_word(&severity),
            started_at: at,
            status,
        })
    }

    /// What tells the signal apart: event source, stem of the type, subject, service, key and `data.labels`.
    fn labels(&self, stem: &str, data: &Map<String, Value>) -> Result<BTreeMap<String, String>, BadEvent> {
        let mut labels = BTreeMap::new();
        if let Some(Value::Object(given)) = data.get("labels") {
            for (name, value) in given {
                let shown: String = name.chars().take(60).collect();
                let bad =
                    |words: &str| BadEvent::new(format!("`data.labels.{}`: expected {words}", shown.escape_debug()));
                if !is_label_name(name) {
                    return Err(bad("a name of letters, digits and `_`"));
                }
                let text = plain(value).ok_or_else(|| bad("a text"))?;
                if text.len() > LONGEST_LABEL {
                    return Err(bad(&format!("at most {LONGEST_LABEL} bytes")));
                }
                labels.insert(name.clone(), text);
            }
        }
        let own = [
            ("event_source", Some(self.source.clone())),
            ("event_type", Some(stem.to_owned())),
            ("subject", self.subject.clone()),
            ("service", self.word(data, "service")),
            ("key", self.word(data, "key")),
        ];
        for (name, value) in own {
            if let Some(value) = value.filter(|value| !value.is_empty() && value.len() <= LONGEST_LABEL) {
                labels.entry(name.to_owned()).or_insert(value);
            }
        }
        labels.retain(|_, value| !value.is_empty());
        if labels.len() > MOST_PAIRS {
            return Err(BadEvent::new(format!("`data.labels`: expected at most {MOST_PAIRS} labels")));
        }
        Ok(labels)
    }

    fn change(&self, kind: ChangeKind, data: &Map<String, Value>, now: Timestamp) -> Result<ChangeReport, BadEvent> {
        let word = |names: &[&str]| names.iter().find_map(|name| self.word(data, name));
        let line = |text: Option<String>, most: usize| {
            let text: String = text.unwrap_or_default().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            clipped(text.trim(), most)
        };
        // CDEvents puts what happened under `subject.content` of the data.
        let content = data.get("subject").and_then(|subject| subject.get("content"));
        let inside = |name: &str| content.and_then(|content| content.get(name)).and_then(plain);
        let artifact = word(&["artifactid"]).or_else(|| inside("artifactId"));
        let version = word(&["version"]).or_else(|| artifact.as_deref().map(version_of));
        let subject =
            data.get("subject").and_then(|subject| subject.get("id")).and_then(plain).or_else(|| self.subject.clone());
        let last = subject.as_deref().and_then(|subject| subject.rsplit('/').next()).map(str::to_owned);
        let services = [word(&["service"]), last, subject].into_iter().flatten();
        let mut named: Vec<String> = Vec::new();
        for service in services.filter(|name| !name.is_empty() && name.len() <= LONGEST_WORD) {
            if !named.contains(&service) {
                named.push(service);
            }
        }
        let stated = word(&["kind"]).as_deref().and_then(ChangeKind::parse);
        let title = line(word(&["summary", "title", "message"]), LONGEST_TITLE);
        let title = if title.is_empty() && named.is_empty() { clipped(&self.kind, LONGEST_TITLE) } else { title };
        let key = format!("{}\n{}", self.source, self.id);
        Ok(ChangeReport {
            kind: stated.filter(|_| kind == ChangeKind::Other).unwrap_or(kind),
            key: Some(wheelhouse_core::record::leaf_hash(key.as_bytes()).to_string()),
            services: named,
            must_be_known: false,
            title,
            text: clipped(&word(&["description", "text"]).unwrap_or_default(), LONGEST_TEXT),
            version: line(version, LONGEST_WORD),
            by: line(word(&["by", "actor", "author", "user"]), LONGEST_WORD),
            url: line(Some(self.url(data)), LONGEST_WORD),
            at: self.time.unwrap_or(now).min(now),
            drill: self.drill(data)?,
        })
    }

    /// Whether it is for exercise. What says neither is refused: a misspelt drill would wake people in earnest.
    fn drill(&self, data: &Map<String, Value>) -> Result<bool, BadEvent> {
        match self.word(data, "drill").as_deref() {
            Some("true") => Ok(true),
            None | Some("false") => Ok(false),
            Some(other) => {
                Err(BadEvent::new(format!("`drill`: expected true or false, found {:?}", clipped(other, 60))))
            }
        }
    }

    /// A word of the data, else of the extensions.
    fn word(&self, data: &Map<String, Value>, name: &str) -> Option<String> {
        let found = data.get(name).and_then(plain).or_else(|| self.extensions.get(name).cloned());
        found.filter(|text| !text.is_empty())
    }

    fn url(&self, data: &Map<String, Value>) -> String {
        let found = ["url", "uri", "link"].iter().find_map(|name| self.word(data, name));
        let is_address = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        found.filter(is_address).filter(|url| url.len() <= LONGEST_URL).unwrap_or_default()
    }
}

/// What kind of change a type tells, if it tells one.
fn change_kind(kind: &str) -> Option<ChangeKind> {
    let is = |known: &str| kind.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    CHANGE_TYPES.iter().find(|(known, _)| is(known)).map(|(_, change)| *change)
}

/// A type without the last word that says whether it begins or ends, and whether it ends.
fn stem(kind: &str) -> (&str, bool) {
    match kind.rsplit_once('.') {
        Some((stem, last)) if END_SUFFIXES.contains(&last) => (stem, true),
        Some((stem, last)) if START_SUFFIXES.contains(&last) => (stem, false),
        _ => (kind, false),
    }
}

/// The version in the name of an artifact: `pkg:oci/ledger@sha256:…?tag=2.4.1` is 2.4.1.
fn version_of(artifact: &str) -> String {
    let tag = artifact.split_once("tag=").map(|(_, tag)| tag.split('&').next().unwrap_or(tag));
    let after = artifact.rsplit_once('@').map(|(_, version)| version.split('?').next().unwrap_or(version));
    tag.or(after).unwrap_or(artifact).to_owned()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// The first bytes of a text, at most so many, cut between characters.
fn clipped(text: &str, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default().to_owned()
}
