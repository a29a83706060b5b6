//! Entries: what happened, who did it, and the bytes that the record commits to.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Actor, Erasable, Fact, Hash, SignalChange, Why, body_digest, leaf_hash};
use crate::attachment::Blob;
use crate::case::CaseId;
use crate::catalog::Catalog;
use crate::signal::Signal;
use crate::time::Timestamp;

/// The version of the canonical form that this code writes.
pub const ENTRY_VERSION: u32 = 1;

/// Something that happened, before it has its place in the record.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// The policies that allowed it; empty where the hub acted by itself.
    pub policies: Vec<String>,
    /// The case it is about, if any.
    pub subject: Option<CaseId>,
    /// Whether it belongs to an exercise.
    pub drill: bool,
    /// What happened.
    pub fact: Fact,
    /// Why the hub decided so.
    pub why: Option<Why>,
    /// Texts and personal data, erasable, by field.
    pub body: Option<Body>,
    /// What the world needs to apply it beside the facts; kept in tables, not in the record.
    pub attached: Attached,
}

/// The erasable texts of an entry by field: `title`, `text`, `answer`, …
pub type Body = BTreeMap<String, String>;

/// What travels with an entry to the world and to its own table.
#[derive(Clone, Debug, Default)]
pub enum Attached {
    /// Nothing.
    #[default]
    Nothing,
    /// The signal that the entry is about.
    Signal(Arc<Signal>),
    /// The catalog that was adopted.
    Catalog(Arc<Catalog>),
    /// What is erased.
    Erasure(Arc<Erasable>),
    /// The bytes of the file that the entry attaches.
    File(Arc<Blob>),
}

/// An entry with its place in the record.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Its index in the log, from 0.
    pub seq: u64,
    /// The canonical bytes: what the leaf commits to.
    pub canonical: Vec<u8>,
    /// The salt of the body's digest.
    pub salt: [u8; 32],
    /// The body's canonical bytes, if it has one.
    pub body: Option<Vec<u8>>,
    /// The leaf's hash (RFC 6962 §2.1).
    pub leaf: Hash,
}

/// The canonical form of an entry: JSON without spaces, with its fields in this order, maps sorted
/// by key, and whole numbers only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canonical {
    /// The version of this form.
    pub v: u32,
    /// The index in the log, from 0.
    pub seq: u64,
    /// When, in microseconds since the Unix epoch.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// The policies that allowed it.
    pub policies: Vec<String>,
    /// The case it is about.
    pub subject: Option<CaseId>,
    /// Whether it belongs to an exercise.
    pub drill: bool,
    /// What happened.
    pub fact: Fact,
    /// Why the hub decided so.
    pub why: Option<Why>,
    /// The salted digest of the body.
    pub body: Option<Hash>,
}

impl Entry {
    /// Something that `actor` did at `at`, about no case, with nothing beside the fact.
    pub fn new(at: Timestamp, actor: Actor, fact: Fact) -> Self {
        Self {
            at,
            actor,
            policies: Vec::new(),
            subject: None,
            drill: false,
            fact,
            why: None,
            body: None,
            attached: Attached::Nothing,
        }
    }

    /// What one signal changed, as `actor` told it.
    pub fn of_signal(at: Timestamp, actor: Actor, change: SignalChange, signal: Arc<Signal>) -> Self {
        let drill = signal.drill;
        Self { drill, attached: Attached::Signal(signal), ..Self::new(at, actor, Fact::Signal(change)) }
    }

    /// Gives the entry its place: its index, its salt and its canonical bytes.
    pub fn seal(&self, seq: u64, salt: [u8; 32]) -> Sealed {
        let body = self.body.as_ref().map(|body| serde_json::to_vec(body).expect("a map of texts always serialises"));
        let canonical = Canonical {
            v: ENTRY_VERSION,
            seq,
            at: self.at,
            actor: self.actor.clone(),
            policies: self.policies.clone(),
            subject: self.subject,
            drill: self.drill,
            fact: self.fact.clone(),
            why: self.why.clone(),
            body: body.as_deref().map(|bytes| body_digest(&salt, bytes)),
        };
        let canonical = serde_json::to_vec(&canonical).expect("facts hold only what JSON can hold");
        let leaf = leaf_hash(&canonical);
        Sealed { seq, canonical, salt, body, leaf }
    }
}

impl Canonical {
    /// Reads canonical bytes of any released version back.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The entry again, with its body if that is still kept, and without what was attached.
    pub fn into_entry(self, body: Option<Body>) -> Entry {
        Entry {
            at: self.at,
            actor: self.actor,
            policies: self.policies,
            subject: self.subject,
            drill: self.drill,
            fact: self.fact,
            why: self.why,
            body,
            attached: Attached::Nothing,
        }
    }
}
