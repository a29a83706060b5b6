//! Signals: one thing that happened, told by a source, in one normalised form.

mod active;
mod form;
mod pairs;
mod route;

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};
use wheelhouse_patterns::{FlatEvent, Leaf};

pub use active::{Active, ActiveSignals};
pub use form::{PATHS, domain};
pub use pairs::{Pairs, PairsBuilder};
pub use route::{Group, Routing, Verdict, route, route_without_rules, service_of};

use crate::case::Urgency;
use crate::name::SourceName;
use crate::time::Timestamp;

/// One thing that happened. Two signals of one source with the same labels and drill flag are the
/// same signal, told again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Who told it.
    pub source: SourceName,
    /// How it came in.
    pub adapter: Adapter,
    /// Whether it was made for exercise.
    pub drill: bool,
    /// What identifies it, sorted by name; empty values are left out.
    pub labels: Pairs,
    /// What explains it, sorted by name.
    pub annotations: Pairs,
    /// Where the sender explains it; empty where it says nothing.
    pub url: Box<str>,
    /// How bad the sender says it is.
    pub urgency: Urgency,
    /// When it started, by the sender's word.
    pub started_at: Timestamp,
    /// Whether it holds.
    pub status: Status,
}

/// Whether what a signal tells still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It holds, and unless told again it holds until then; without end where absent.
    Firing {
        /// When it ends unless it is told again.
        until: Option<Timestamp>,
    },
    /// It ended.
    Resolved {
        /// When it ended, by the sender's word.
        at: Timestamp,
    },
}

/// The protocol through which a signal came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adapter {
    /// Alertmanager's API v2, as Prometheus speaks it.
    Alertmanager,
    /// Alertmanager's webhook, and Grafana's.
    Webhook,
    /// CloudEvents over HTTP.
    #[serde(rename = "cloudevents")]
    CloudEvents,
    /// A person's report through the hub's own API.
    Report,
    /// A signal of a drill.
    Drill,
}

impl Adapter {
    /// All protocols.
    pub const ALL: [Self; 5] = [Self::Alertmanager, Self::Webhook, Self::CloudEvents, Self::Report, Self::Drill];

    /// The word for it in the normalised form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Webhook => "webhook",
            Self::CloudEvents => "cloudevents",
            Self::Report => "report",
            Self::Drill => "drill",
        }
    }
}

/// The number of a signal in the order in which signals were first seen, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignalNumber(pub u64);

impl Signal {
    /// What a person reads first: the annotation `summary`, else `title`, else the alert's name.
    pub fn summary(&self) -> &str {
        let known = self.annotations.get("summary").or_else(|| self.annotations.get("title"));
        known.or_else(|| self.labels.get("alertname")).unwrap_or("a signal without a name")
    }

    /// Whether it is firing.
    pub fn is_firing(&self) -> bool {
        matches!(self.status, Status::Firing { .. })
    }

    /// Whether `other` is the same signal, told again.
    pub fn is_same(&self, other: &Self) -> bool {
        self.labels == other.labels && self.drill == other.drill && self.source == other.source
    }

    /// A hash of what identifies it, with a fixed key. Equal signals have equal hashes; the reverse
    /// needs [`Signal::is_same`].
    pub fn identity_hash(&self) -> u64 {
        let seed = if self.drill { 0x9e37_79b9_7f4a_7c15 } else { 0x517c_c1b7_2722_0a95 };
        fold_hash(fold_hash(seed, self.source.as_str().as_bytes()), self.labels.as_str().as_bytes())
    }
}

/// A multiply-rotate hash over eight bytes at a time, the same on every machine and run.
fn fold_hash(seed: u64, bytes: &[u8]) -> u64 {
    const K: u64 = 0xf135_7aea_2e62_a9c5;
    let mut hash = seed ^ (bytes.len() as u64).wrapping_mul(K);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.iter().rev().fold(0u64, |word, &byte| (word << 8) | u64::from(byte));
        hash = (hash ^ word).wrapping_mul(K).rotate_left(26);
    }
    let rest = chunks.remainder().iter().fold(0u64, |word, &byte| (word << 8) | u64::from(byte));
    let hash = (hash ^ rest).wrapping_mul(K);
    hash ^ (hash >> 32)
}

/// A signal together with its service: the one normalised form that patterns see.
pub struct Normalised<'a> {
    /// The signal.
    pub signal: &'a Signal,
    /// The service it was matched to, if any.
    pub service: Option<&'a str>,
}

/// Whatever is to be found here, [`domain`] says of it what it may hold.
impl FlatEvent for Normalised<'_> {
    fn leaf(&self, path: &str) -> Option<Leaf<'_>> {
        let signal = self.signal;
        // Most patterns ask for labels.
        if let Some(name) = path.strip_prefix("labels.") {
            return signal.labels.get(name).map(Leaf::String);
        }
        if let Some(name) = path.strip_prefix("annotations.") {
            return signal.annotations.get(name).map(Leaf::String);
        }
        let text = match path {
            "source" => signal.source.as_str(),
            "adapter" => signal.adapter.as_str(),
            "status" if signal.is_firing() => "firing",
            "status" => "resolved",
            "severity" => signal.urgency.as_str(),
            "service" => self.service?,
            "summary" => signal.summary(),
            "drill" => return Some(Leaf::Bool(signal.drill)),
            _ => return None,
        };
        Some(Leaf::String(text))
    }
}
