//! A record that goes on as another log: after a restore, and where somebody put older data in its place by hand.

use std::path::{Path, PathBuf};

use wheelhouse_core::record::checkpoint::parse;
use wheelhouse_core::record::{
    Actor, Checkpoint, Entry, Fact, Head, Lineage, Reach, RecordRestored, bookkeeping, first_origin, may_sign,
    origin_after,
};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_store::{Batch, Loaded, Readers, Sqlite, Store};

use super::BackupError;
use crate::clock::wall_now;
use crate::kept::{Kept, lineage, read_kept};
use crate::keys::load_or_make;
use crate::serve::{DATABASE, RECORD_KEY};
use crate::verify::verify_data;
use crate::writer::{Signer, seal};

/// What it took for a record to go on.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The entry that says so.
    pub restored: RecordRestored,
    /// The verifier key of the new log.
    pub key: String,
    /// How many messages were under way; each may have been sent before, and is marked so when it is sent.
    pub under_way: usize,
}

/// Lets the record of a data folder go on as another log, where the folder was put there by other means than a
/// restore: from a snapshot of the disk, or by hand. The record is verified before.
///
/// # Errors
/// Says what is wrong with it, or that a hub runs on it. Then nothing was changed.
pub fn renew_in_place(data: &Path, against: &[PathBuf]) -> Result<Option<Renewed>, BackupError> {
    if !data.join(DATABASE).is_file() {
        return Err(BackupError::NoData(data.to_owned()));
    }
    verified(data)?;
    renew(data, None, against)
}

/// Verifies the record of a folder with its own key; says how many entries it has.
pub(super) fn verified(data: &Path) -> Result<u64, BackupError> {
    let report = verify_data(data, None, None)?;
    if report.problems.is_empty() {
        return Ok(report.entries);
    }
    Err(BackupError::Unsound { folder: data.to_owned(), problems: report.problems })
}

/// Appends the entry that the record goes on as another log, and signs it. Every message under way counts as handed
/// over in it, since nobody knows what became of it after the backup. Nothing is done where the record is empty.
pub(super) fn renew(
    data: &Path,
    backup_at: Option<Timestamp>,
    against: &[PathBuf],
) -> Result<Option<Renewed>, BackupError> {
    let mut store = Sqlite::open(data.join(DATABASE))?;
    let loaded = store.load(Duration::ZERO)?;
    let Some(head) = loaded.checkpoint.as_ref().and_then(|note| parse(note.as_bytes()).ok()).map(|(head, _)| head)
    else {
        return Ok(None);
    };
    let readers = store.readers(1)?;
    let seed = load_or_make(data, RECORD_KEY, false)?;
    let old = Signer::new(head.origin(), &seed).map_err(|_| BackupError::Origin(head.origin().to_owned()))?;
    let kept = kept(old.verifier().public_key(), against)?;
    let lost = hold_against(&readers, &lineage(&readers)?, &head, &kept)?;
    let last = loaded.last_entry_at.unwrap_or(Timestamp::EPOCH);
    let mut at = wall_now().max(last);
    if origin_after(head.origin(), at) == head.origin() {
        at = at + Duration::from_seconds(1);
    }
    let origin = origin_after(head.origin(), at);
    let signer = Signer::new(&origin, &seed).map_err(|_| BackupError::Origin(origin.clone()))?;
    let restored = RecordRestored { from: Head::from(&head), origin, backup_at: backup_at.unwrap_or(last), lost };
    let batch = batch(loaded, &signer, restored.clone(), at)?;
    let under_way = batch.claims.len();
    drop(readers);
    store.commit(&batch)?;
    Ok(Some(Renewed { restored, key: signer.verifier().to_string(), under_way }))
}

fn batch(loaded: Loaded, signer: &Signer, restored: RecordRestored, at: Timestamp) -> Result<Batch, BackupError> {
    let claims: Vec<_> = loaded.messages.iter().map(|message| message.id).collect();
    let mut entries = vec![Entry::new(at, Actor::Hub, Fact::RecordRestored(restored))];
    entries.extend(bookkeeping(&claims, &[], at));
    let (mut tree, mut nodes) = (loaded.frontier, Vec::new());
    let sealed = seal(&entries, tree.size());
    for entry in &sealed {
        tree.push_noting(entry.sealed.leaf, |node| {
            let level = u8::try_from(node.level).expect("a tree of less than 2^62 leaves has fewer than 63 levels");
            nodes.push((level, node.index, node.hash));
        });
    }
    let signed = signer.checkpoint(&tree).map_err(|_| BackupError::Origin(signer.origin().to_owned()))?;
    Ok(Batch {
        commit: loaded.commit + 1,
        at,
        entries: sealed,
        nodes,
        checkpoint: Some(signed),
        counters: loaded.counters,
        claims,
        ..Batch::default()
    })
}

/// The checkpoints in files, with the file of each, that the record's own key signed.
fn kept(public_key: &[u8; 32], files: &[PathBuf]) -> Result<Vec<(PathBuf, Kept)>, BackupError> {
    let mut all: Vec<(PathBuf, Kept)> = Vec::new();
    for file in files {
        let mut found = read_kept(file).map_err(BackupError::io("read the checkpoints in", file))?;
        // The largest of each log says all that the smaller ones do.
        found.sort_by(|a, b| (a.head.origin(), b.head.size()).cmp(&(b.head.origin(), a.head.size())));
        found.retain(|kept| kept.is_signed_by(public_key));
        found.dedup_by(|later, first| later.head.origin() == first.head.origin());
        all.extend(found.into_iter().map(|kept| (file.clone(), kept)));
    }
    Ok(all)
}

/// Refuses data that is not of the log whose checkpoints were kept; hands over the largest head that it has lost.
fn hold_against(
    readers: &Readers,
    lineage: &Lineage,
    head: &Checkpoint,
    kept: &[(PathBuf, Kept)],
) -> Result<Option<Head>, BackupError> {
    let mut lost: Option<Head> = None;
    for (file, Kept { head: kept, .. }) in kept {
        let end = match lineage.reach(head.origin(), kept.origin()) {
            Reach::Whole => head.size(),
            Reach::Until(end) => end,
            // A log that an earlier restore began, which the backup knows nothing of.
            Reach::Foreign if first_origin(kept.origin()) == first_origin(head.origin()) => 0,
            Reach::Foreign => continue,
        };
        if kept.size() > end {
            if lost.as_ref().is_none_or(|lost| lost.size < kept.size()) {
                lost = Some(Head::from(kept));
            }
        } else {
            let wrong = |why| BackupError::Contradicted { kept: file.clone(), why };
            may_sign(head.size(), readers, kept).map_err(wrong)?;
        }
    }
    Ok(lost)
}
