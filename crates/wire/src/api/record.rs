//! The record as the API shows it: exact bytes, so that anybody can verify them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::record::{self, Canonical, Hash, SALT_BYTES};

use super::schema::word;
use super::{Party, Time, describe};

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
    /// What happened, as a line.
    #[serde(default)]
    pub words: String,
    /// Why the hub decided so, as a line.
    #[serde(default)]
    pub why: Option<String>,
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

/// The signed head of the record, taken apart for whoever verifies it with nothing but SHA-256 and Ed25519.
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
    /// The part of the note that is signed: its UTF-8 bytes, the last of them a newline.
    pub signed: String,
    /// The signatures over it.
    pub signatures: Vec<SignatureView>,
}

/// An Ed25519 signature (RFC 8032) under a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignatureView {
    /// The name of the key.
    pub name: String,
    /// What tells keys of one name apart, 8 hexadecimal digits.
    pub key_hash: String,
    /// Its 64 bytes, base64.
    pub signature: String,
}

/// The key that verifies checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordKey {
    /// Its name.
    pub name: String,
    /// What tells keys of one name apart, 8 hexadecimal digits.
    pub key_hash: String,
    /// The 32 bytes of the Ed25519 public key (RFC 8032), base64.
    pub public_key: String,
    /// The same as a C2SP signed-note verifier key.
    pub verifier: String,
}

/// That an entry is in the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InclusionProof {
    /// The entry's index.
    pub index: u64,
    /// The size of the tree that the proof is for.
    pub size: u64,
    /// The entry's leaf hash, hexadecimal.
    pub leaf: String,
    /// The audit path from the leaf up (RFC 6962 §2.1.1), hexadecimal.
    pub path: Vec<String>,
    /// The signed checkpoint of that tree.
    pub checkpoint: String,
    /// The same taken apart.
    pub head: Checkpoint,
}

impl RecordEntry {
    /// Shows an entry of the record. `canonical` must be the parsed `bytes`.
    pub fn new(canonical: &Canonical, bytes: &[u8], leaf: Hash, body: Option<(&[u8], [u8; SALT_BYTES])>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let read = body.and_then(|(bytes, _)| serde_json::from_slice(bytes).ok());
        let entry = canonical.clone().into_entry(read);
        Self {
            seq: canonical.seq,
            at: canonical.at.into(),
            actor: Party::from(&canonical.actor),
            kind: kind(&canonical.fact),
            words: describe(&entry),
            why: entry.why.as_ref().map(ToString::to_string),
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
        let (checkpoint, signatures) = record::checkpoint::parse(note.as_bytes())?;
        let signature = |line: &record::SignatureLine| SignatureView {
            name: line.name().to_owned(),
            key_hash: line.key_hash().to_string(),
            signature: STANDARD.encode(line.signature()),
        };
        Ok(Self {
            signed: checkpoint.body(),
            signatures: signatures.iter().map(signature).collect(),
            origin: checkpoint.origin().to_owned(),
            size: checkpoint.size(),
            root: checkpoint.root().to_string(),
            note: note.to_owned(),
        })
    }
}

impl From<&record::VerifierKey> for RecordKey {
    fn from(key: &record::VerifierKey) -> Self {
        Self {
            name: key.name().to_owned(),
            key_hash: key.key_hash().to_string(),
            public_key: STANDARD.encode(key.public_key()),
            verifier: key.to_string(),
        }
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
