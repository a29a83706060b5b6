//! Checkpoints that were kept outside the database: reading them again, and never signing below one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use wheelhouse_core::record::checkpoint::parse;
use wheelhouse_core::record::{
    Canonical, Checkpoint, Contradiction, Fact, Lineage, SignatureLine, VerifierKey, may_sign,
};
use wheelhouse_store::{EntryQuery, LARGEST_PAGE, Readers, StoreError};

use crate::config::Config;
use crate::verify::signature_holds;

/// How much of a file of checkpoints is read, from its end, in bytes; a checkpoint has about 250.
const LONGEST_TAIL: u64 = 8 << 20;

/// A signed checkpoint that was kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The head.
    pub head: Checkpoint,
    /// The text with its signatures.
    pub note: String,
    signatures: Vec<SignatureLine>,
}

impl Kept {
    /// Whether the holder of a key signed it, under the name of its log.
    pub fn is_signed_by(&self, public_key: &[u8; 32]) -> bool {
        let Ok(key) = VerifierKey::new(self.head.origin(), *public_key) else { return false };
        let ours = |line: &&SignatureLine| line.name() == key.name() && line.key_hash() == key.key_hash();
        let body = self.head.body();
        self.signatures.iter().filter(ours).any(|line| signature_holds(&key, body.as_bytes(), line.signature()))
    }
}

/// The checkpoints in a file, oldest first. What is none is passed over: a file may have been cut off, or begun
/// by hand.
///
/// # Errors
/// When the file cannot be read.
pub fn read_kept(path: &Path) -> io::Result<Vec<Kept>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_TAIL)))?;
    let mut bytes = Vec::new();
    file.take(LONGEST_TAIL).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let read = |note: String| {
        let (head, signatures) = parse(note.as_bytes()).ok()?;
        Some(Kept { head, note, signatures })
    };
    Ok(notes(&text).into_iter().filter_map(read).collect())
}

/// The signed notes of a text that holds several, one after another: each ends with its signatures.
pub fn notes(text: &str) -> Vec<String> {
    let (mut notes, mut note, mut signed) = (Vec::new(), String::new(), false);
    for line in text.lines() {
        let is_signature = line.starts_with("\u{2014} ");
        if signed && !is_signature {
            notes.push(std::mem::take(&mut note));
        }
        if !(note.is_empty() && line.trim().is_empty()) {
            note.push_str(line);
            note.push('\n');
        }
        signed = is_signature;
    }
    if signed {
        notes.push(note);
    }
    notes
}

/// The logs that a record was signed as.
///
/// # Errors
/// When the database fails or a row is damaged.
pub fn lineage(readers: &Readers) -> Result<Lineage, StoreError> {
    let kinds = vec!["record_restored".to_owned()];
    let mut query = EntryQuery { kinds, limit: LARGEST_PAGE, ..EntryQuery::default() };
    let mut restores = Vec::new();
    loop {
        let page = readers.entries_like(&query)?;
        restores.extend(page.items.iter().filter_map(|entry| match Canonical::parse(&entry.canonical).ok()?.fact {
            Fact::RecordRestored(restored) => Some(restored),
            _ => None,
        }));
        query.cursor = page.next;
        if query.cursor.is_none() {
            return Ok(Lineage::new(restores));
        }
    }
}

/// Why a hub may not sign.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// A kept checkpoint contradicts the record.
    #[error(
        "the record of {data} is signed no further: {kept} is of the same log, and {why}. This data is older than what \
         was signed, or another's. If it came from a backup or from a snapshot of the disk, let its record go on as \
         another log: `wheelhouse restore --in-place --data {data} --against {kept}`",
        data = data.display(), kept = kept.display()
    )]
    Contradicted {
        /// The data folder.
        data: PathBuf,
        /// Where the checkpoint was kept.
        kept: PathBuf,
        /// How it contradicts.
        why: Contradiction,
    },
    /// A file that the operator named cannot be read.
    #[error("cannot read the checkpoints in {}: {source}; expected what `--checkpoint-file` writes", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

/// Where the hub itself writes checkpoints.
pub(crate) fn own_file(config: &Config) -> PathBuf {
    config.checkpoint_file.clone().unwrap_or_else(|| config.data.join("checkpoints.txt"))
}

/// Whether a hub may sign on top of its first `size` entries: not below a checkpoint that was kept. A file that is not
/// there yet forbids nothing, nor does one that the hub writes itself and cannot read now: to be away at night would be
/// worse. One that was named for this must be readable.
///
/// # Errors
/// Says which file forbids it, and what to do.
pub(crate) fn check_all(config: &Config, size: u64, (readers, key): (&Readers, &VerifierKey)) -> Result<(), KeptError> {
    let own = own_file(config);
    for path in std::iter::once(&own).chain(&config.against) {
        match check(readers, (size, key), path) {
            Ok(Ok(())) => {}
            Ok(Err(why)) => {
                let (data, kept) = (config.data.clone(), path.clone());
                return Err(KeptError::Contradicted { data, kept, why });
            }
            Err(error) if *path == own && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if *path == own => {
                tracing::error!(path = %path.display(), %error, "the checkpoints kept outside cannot be read, so nobody knows whether this data is older than they are");
            }
            Err(source) => return Err(KeptError::Unreadable { path: path.clone(), source }),
        }
    }
    Ok(())
}

/// Holds a record against what was kept of the same log in a file: the largest checkpoint there that the record's
/// own key signed.
pub(crate) fn check(
    readers: &Readers,
    (size, key): (u64, &VerifierKey),
    path: &Path,
) -> io::Result<Result<(), Contradiction>> {
    let mut kept = read_kept(path)?;
    kept.retain(|kept| kept.head.origin() == key.name());
    kept.sort_by_key(|kept| kept.head.size());
    // What somebody else signed under the name says nothing: only the hub's own word binds it.
    let largest = kept.iter().rev().find(|kept| kept.is_signed_by(key.public_key()));
    Ok(largest.map_or(Ok(()), |kept| may_sign(size, readers, &kept.head)))
}

#[cfg(test)]
mod tests {
    use super::notes;

    #[test]
    fn notes_are_told_apart_by_their_signatures() {
        let one = "o\n1\nAAAA\n\n\u{2014} o sig1\n";
        let two = "o\n2\nBBBB\n\n\u{2014} o sig2\n\u{2014} w sig3\n";
        assert_eq!(notes(&format!("{one}{two}")), [one, two]);
        assert_eq!(notes(&format!("{one}\n{two}\n")), [one, two]);
        assert_eq!(notes(&format!("{one}\no\n3\nCCCC\n")), [one], "cut off");
        assert_eq!(notes(""), Vec::<String>::new());
    }
}
