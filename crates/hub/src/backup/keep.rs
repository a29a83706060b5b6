//! Backups of earlier times: which there are, which go, and when the last one was made.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::api::Time;

use super::about::About;
use super::unpack::about_of;
use super::{BackupError, Partial};
use crate::clock::wall_now;

/// The file in the data folder that says when the last backup of it was made.
pub const LAST_BACKUP: &str = "last-backup.json";
/// What the names of parts of a backup begin with that is not whole yet.
pub(super) const PARTIAL: &str = ".wheelhouse-backup-";
/// How long a backup that was broken off is left alone: no backup takes that long.
const FORSAKEN: Duration = Duration::from_hours(24);

/// The last backup of a data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastBackup {
    /// When it was made.
    pub made_at: Time,
    /// Where it was put.
    pub to: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many entries its record has.
    pub entries: u64,
}

/// The last backup of a data folder that was made by the hub's own command; absent where none is known of.
pub fn last_backup(data: &Path) -> Option<LastBackup> {
    let text = fs::read(data.join(LAST_BACKUP)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Tells the data folder of a backup.
pub(super) fn note(data: &Path, last: &LastBackup) -> io::Result<()> {
    let partial = Partial(data.join(format!("{PARTIAL}{}.json", std::process::id())));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial.0)?;
    file.write_all(&serde_json::to_vec(last)?)?;
    drop(file);
    partial.put(&data.join(LAST_BACKUP))
}

/// Takes away the oldest backups of the same record in a folder, so that `count` stay. What is no backup, or one
/// of another record, stays.
pub(super) fn prune(folder: &Path, of: &About, count: usize) -> Result<Vec<PathBuf>, BackupError> {
    let read = || BackupError::io("read", folder);
    let entries = fs::read_dir(folder).map_err(read())?;
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths: Vec<PathBuf> = paths.map_err(read())?.into_iter().filter(|path| is_backup(path)).collect();
    // Their names have the instant, so that they sort by age.
    paths.sort();
    paths.reverse();
    let same = |path: &PathBuf| about_of(path).is_ok_and(|about| about.record() == of.record());
    let old: Vec<PathBuf> = paths.into_iter().filter(same).skip(count).collect();
    for path in &old {
        fs::remove_file(path).map_err(BackupError::io("remove", path))?;
    }
    if !old.is_empty() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(BackupError::io("write to", folder))?;
    }
    Ok(old)
}

/// Takes away what backups left behind that were broken off a day ago or earlier.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_partial = entry.file_name().to_string_lossy().starts_with(PARTIAL);
        let made = entry.metadata().map_or(i64::MAX, |file| file.mtime());
        if is_partial && wall_now().since(Timestamp::from_seconds(made)) > FORSAKEN {
            let _gone = fs::remove_file(entry.path());
        }
    }
}

/// Whether a name is one that a backup is given in a folder: `wheelhouse-20261123T221405Z.tar.zst`.
fn is_backup(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let instant = name.strip_prefix("wheelhouse-").and_then(|rest| rest.strip_suffix("Z.tar.zst"));
    instant.and_then(|instant| instant.split_once('T')).is_some_and(|(day, time)| {
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        digits(day, 8) && digits(time, 6)
    })
}
