//! The record as the API shows it: exact bytes, so that anybody can verify them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::record::{self, Canonical, Hash, SALT_BYTES};

use super::schema::word;
use super::{Party, Time};

/// One entry of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordEntry {
    /// Its index in the log, from 0.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// Who did it.
    pub actor: Party,
    /// What happened, as a word.
    pub kind: String,
    /// The case it is about.
    pub subject: Option<String>,
    /// Whether it belongs to an exercise.
    pub drill: bool,
    /// The policies that allowed it.
    pub policies: Vec<String>,
    /// The leaf's bytes as text: SHA-256 of 0x00 and these is `leaf` (RFC 6962 §2.1).
    pub canonical: String,
    /// The leaf's hash, hexadecimal.
    pub leaf: String,
    /// The body's bytes as text: SHA-256 of 0x02, the salt and these is the digest that `canonical`
    /// names. Null where there is none or it was erased.
    pub body: Option<String>,
    /// The salt of the body's digest, hexadecimal; null where the body is.
    pub salt: Option<String>,
}

/// The signed head of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// The number of entries.
    pub size: u64,
    /// The root of the Merkle tree over them, hexadecimal.
    pub root: String,
    /// The signed note (C2SP tlog-checkpoint).
    pub note: String,
}

impl RecordEntry {
    /// Shows an entry of the record. `canonical` must be the parsed `bytes`.
    pub fn new(canonical: &Canonical, bytes: &[u8], leaf: Hash, body: Option<(&[u8], [u8; SALT_BYTES])>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            seq: canonical.seq,
            at: canonical.at.into(),
            actor: Party::from(&canonical.actor),
            kind: kind(&canonical.fact),
            subject: canonical.subject.map(|case| case.to_string()),
            drill: canonical.drill,
            policies: canonical.policies.clone(),
            canonical: text(bytes),
            leaf: leaf.to_string(),
            body: body.as_ref().map(|(bytes, _)| text(bytes)),
            salt: body.map(|(_, salt)| Hash(salt).to_string()),
        }
    }
}

impl Checkpoint {
    /// Shows a signed checkpoint.
    ///
    /// # Errors
    /// When `note` is no signed checkpoint.
    pub fn parse(note: &str) -> Result<Self, record::BadCheckpoint> {
        let (checkpoint, _) = record::checkpoint::parse(note.as_bytes())?;
        Ok(Self {
            origin: checkpoint.origin().to_owned(),
            size: checkpoint.size(),
            root: checkpoint.root().to_string(),
            note: note.to_owned(),
        })
    }
}

/// The word for what happened.
pub(super) fn kind(fact: &record::Fact) -> String {
    match serde_json::to_value(fact) {
        Ok(serde_json::Value::Object(fields)) => {
            fields.get("kind").and_then(|kind| kind.as_str()).unwrap_or("signal").to_owned()
        }
        // A single signal never stands in the record; in a plan it may be shown.
        _ => word("signal"),
    }
}
