//! Sealing: salts, leaves, the tree's edge and the signed checkpoint of a commit.

use base64::Engine as _;
use ed25519_dalek::{Signer as _, SigningKey};
use wheelhouse_core::record::checkpoint::assemble;
use wheelhouse_core::record::{
    BadCheckpoint, Checkpoint, Entry, Frontier, KeyHash, ROW_SALT_BYTES, RowSalt, VerifierKey, key_hash,
};
use wheelhouse_store::{NewAttachment, NewErasure, SealedEntry};

/// Signs checkpoints of one log.
pub struct Signer {
    origin: String,
    key: SigningKey,
    key_hash: KeyHash,
}

impl Signer {
    /// A signer of the log `origin` with an Ed25519 seed; an origin that is no key name is refused.
    pub fn new(origin: &str, seed: &[u8; 32]) -> Result<Self, BadCheckpoint> {
        let key = SigningKey::from_bytes(seed);
        let public = key.verifying_key().to_bytes();
        VerifierKey::new(origin, public)?;
        Ok(Self { origin: origin.to_owned(), key, key_hash: key_hash(origin, &public) })
    }

    /// The log's origin, which is also the key's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The public half, as C2SP signed-note writes it.
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey::new(&self.origin, self.key.verifying_key().to_bytes())
            .expect("the origin was a key name when the signer was made")
    }

    /// Signs the tree as it is.
    pub fn checkpoint(&self, tree: &Frontier) -> Result<String, BadCheckpoint> {
        let body = Checkpoint::new(&self.origin, tree.size(), tree.root())?.body();
        let signature = self.key.sign(body.as_bytes()).to_bytes();
        assemble(&body, &self.origin, self.key_hash, &signature)
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// Fresh random bytes for a salt.
pub(super) fn salt() -> [u8; 32] {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).expect("the operating system has random bytes");
    salt
}

/// Fresh salts for rows.
pub(super) fn row_salts(count: usize) -> Vec<RowSalt> {
    let mut bytes = vec![0; count * ROW_SALT_BYTES];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes.as_chunks().0.to_vec()
}

/// A fresh salt for one row.
pub(super) fn row_salt() -> RowSalt {
    row_salts(1).first().copied().unwrap_or_default()
}

/// What the entries of a commit erase; the first of them gets the place `first`.
pub(super) fn erasures(entries: &[Entry], first: u64) -> Vec<NewErasure> {
    (first..).zip(entries).filter_map(|(seq, entry)| NewErasure::of(seq, entry)).collect()
}

/// What the entries of a commit attach; the first of them gets the place `first`.
pub(super) fn attachments(entries: &[Entry], first: u64) -> Vec<NewAttachment> {
    (first..).zip(entries).filter_map(|(seq, entry)| NewAttachment::of(seq, entry)).collect()
}

/// Gives entries their places in the record; bodies get fresh salts.
pub(crate) fn seal(entries: &[Entry], first: u64) -> Vec<SealedEntry> {
    let seqs = first..;
    seqs.zip(entries)
        .map(|(seq, entry)| {
            let salt = if entry.body.is_some() { salt() } else { [0; 32] };
            SealedEntry::new(entry, entry.seal(seq, salt))
        })
        .collect()
}

/// A fresh secret: 32 random bytes in URL-safe base64 without padding.
pub fn secret() -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(salt())
}
