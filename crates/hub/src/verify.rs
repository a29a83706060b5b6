//! Verifying the record: with the hub's own key, of a running hub or of a data folder.

use std::path::Path;

use ed25519_dalek::{Signature, VerifyingKey};
use wheelhouse_core::record::VerifierKey;
use wheelhouse_store::{Readers, StoreError};

use crate::keys::{self, KeyError};
use crate::writer::Signer;

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many entries were looked at.
    pub entries: u64,
    /// What is wrong, in words; nothing if all is well.
    pub problems: Vec<String>,
    /// How many texts of entries were erased by authority.
    pub erased_bodies: u64,
    /// How many signals lost their texts so.
    pub erased_signals: u64,
    /// How many commits lost their journal so.
    pub erased_journals: u64,
    /// How many attached files were erased so.
    pub erased_files: u64,
    /// Whether the file is still to be rewritten without what was erased.
    pub rewrite_due: bool,
}

/// Why a verification could not be made.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The data cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Verifies everything that `readers` see; `against` is a checkpoint that was kept elsewhere.
pub fn verify(readers: &Readers, key: &VerifierKey, against: Option<&str>) -> Result<Report, StoreError> {
    let signature_holds = |message: &[u8], signature: &[u8]| signature_holds(key, message, signature);
    let found = wheelhouse_store::verify(readers, key, &signature_holds, against)?;
    let mut problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    if found.more > 0 {
        problems.push(format!("and {} more", found.more));
    }
    Ok(Report {
        entries: found.entries,
        problems,
        erased_bodies: found.erased,
        erased_signals: found.erased_signals,
        erased_journals: found.erased_journals,
        erased_files: found.erased_files,
        rewrite_due: found.rewrite_due,
    })
}

/// Verifies the record in a data folder, whether a hub runs on it or not. Without `key` the
/// folder's own key is used, which proves less: whoever could rewrite the record could have used it.
pub fn verify_data(folder: &Path, key: Option<&VerifierKey>, against: Option<&str>) -> Result<Report, VerifyError> {
    let readers = Readers::open_even_read_only(folder.join(crate::serve::DATABASE))?;
    let own;
    let key = match key {
        Some(key) => key,
        None => {
            own = own_key(folder, &readers)?;
            &own
        }
    };
    Ok(verify(&readers, key, against)?)
}

/// Verifies a record that lies elsewhere with the key of a data folder.
///
/// # Errors
/// When the record or the key cannot be read.
pub fn verify_with_key_of(folder: &Path, readers: &Readers) -> Result<Report, VerifyError> {
    let key = own_key(folder, readers)?;
    Ok(verify(readers, &key, None)?)
}

/// The key with which the folder's hub signs, under the origin that its last checkpoint names.
fn own_key(folder: &Path, readers: &Readers) -> Result<VerifierKey, VerifyError> {
    let seed = keys::load_or_make(folder, crate::serve::RECORD_KEY, false)?;
    let note = readers.checkpoint()?.unwrap_or_default();
    let origin = note.lines().next().unwrap_or("wheelhouse").to_owned();
    let malformed = |_| KeyError::Malformed(folder.join(crate::serve::RECORD_KEY));
    Ok(Signer::new(&origin, &seed).map_err(malformed)?.verifier())
}

/// Whether a checkpoint has a line that says that the key signed it. The signature itself is checked with the record.
pub(crate) fn is_signed_by(note: &str, key: &VerifierKey) -> bool {
    let lines = wheelhouse_core::record::checkpoint::parse(note.as_bytes()).map(|(_, lines)| lines).unwrap_or_default();
    lines.iter().any(|line| line.name() == key.name() && line.key_hash() == key.key_hash())
}

/// Whether an Ed25519 signature over a message is the key's.
pub fn signature_holds(key: &VerifierKey, message: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(key.public_key()) else { return false };
    Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
}
