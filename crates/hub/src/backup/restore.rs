//! Restoring a backup: into an empty folder for good, or into a scratch one to see whether it could be done.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wheelhouse_core::record::Reach;
use wheelhouse_store::{Readers, Sqlite};

use super::about::{About, Stored};
use super::keep::{LastBackup, note};
use super::renew::{Renewed, renew, verified};
use super::unpack::{about_of, unpack};
use super::{BackupError, KEYS, OUTPUTS, Partial, RESTORING, free_bytes};
use crate::clock::steady_now;
use crate::kept::{lineage, read_kept};
use crate::serve::{DATABASE, RECORD_KEY};
use crate::verify::verify_data;

/// What is restored.
#[derive(Clone, Debug)]
pub struct RestoreOf {
    /// The backup.
    pub from: PathBuf,
    /// Files with checkpoints of the record that were kept elsewhere.
    pub against: Vec<PathBuf>,
    /// The folder with the hub's keys, where the backup has none.
    pub keys: Option<PathBuf>,
}

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the backup is about.
    pub about: About,
    /// What was in it.
    pub files: Vec<Stored>,
    /// How the record goes on; absent where it was empty.
    pub renewed: Option<Renewed>,
}

/// What a drill found.
#[derive(Clone, Debug)]
pub struct Drilled {
    /// What the backup is about.
    pub about: About,
    /// What was in it.
    pub files: Vec<Stored>,
    /// How many entries were verified.
    pub entries: u64,
    /// How many entries are known elsewhere that a restore would lose.
    pub lost: u64,
    /// How long it took to unpack and verify.
    pub took: Duration,
}

/// Restores a backup into a data folder that is new or empty. It is held against its own list, the record is
/// verified, and goes on as a log of another origin. The database comes last: until then no hub starts on the folder.
///
/// # Errors
/// Says what is wrong; the folder is then as empty as it was.
pub fn restore(of: &RestoreOf, data: &Path) -> Result<Restored, BackupError> {
    let failed = || BackupError::io("write to", data);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(failed())?;
    refuse_unless_empty(data)?;
    let scratch = Partial(data.join(RESTORING));
    fs::DirBuilder::new().mode(0o700).create(&scratch.0).map_err(failed())?;
    let (about, files) = fetch(of, &scratch.0)?;
    verified(&scratch.0)?;
    let renewed = renew(&scratch.0, Some(about.made_at.0), &of.against)?;
    put_in_place(&scratch.0, data).map_err(failed())?;
    let (made_at, entries) = (about.made_at, about.entries);
    let bytes = fs::metadata(&of.from).map_or(0, |file| file.len());
    // What is there now is what that backup has. The restore is done, whether this can be noted or not.
    let _noted = note(data, &LastBackup { made_at, to: of.from.clone(), bytes, entries });
    Ok(Restored { about, files, renewed })
}

/// Restores a backup into a scratch folder below `place`, verifies the record there, and takes it away again.
///
/// # Errors
/// Says why the backup would be of no use.
pub fn drill(of: &RestoreOf, place: &Path) -> Result<Drilled, BackupError> {
    let started = steady_now();
    let scratch = Partial(place.join(format!("wheelhouse-drill-{}", std::process::id())));
    fs::DirBuilder::new().mode(0o700).create(&scratch.0).map_err(BackupError::io("write to", place))?;
    let (about, files) = fetch(of, &scratch.0)?;
    let entries = verified(&scratch.0)?;
    let lost = lost(&scratch.0, &about, &of.against)?;
    Ok(Drilled { about, files, entries, lost, took: steady_now().duration_since(started) })
}

/// Holds a restored record against the largest kept checkpoint that it reaches; says how many entries are beyond it.
fn lost(folder: &Path, about: &About, against: &[PathBuf]) -> Result<u64, BackupError> {
    let Some(head) = about.head() else { return Ok(0) };
    let readers = Readers::open(folder.join(DATABASE), 1)?;
    let lineage = lineage(&readers)?;
    let mut lost = 0;
    for file in against {
        let kept = read_kept(file).map_err(BackupError::io("read the checkpoints in", file))?;
        let end = |origin: &str| match lineage.reach(head.origin(), origin) {
            Reach::Whole => Some(about.entries),
            Reach::Until(end) => Some(end),
            Reach::Foreign => None,
        };
        let reached = kept.iter().filter(|kept| end(kept.head.origin()).is_some_and(|end| kept.head.size() <= end));
        if let Some(kept) = reached.max_by_key(|kept| kept.head.size()) {
            let report = verify_data(folder, None, Some(&kept.note))?;
            if !report.problems.is_empty() {
                return Err(BackupError::Unsound { folder: folder.to_owned(), problems: report.problems });
            }
        }
        let newest = kept.iter().filter(|kept| kept.head.origin() == head.origin()).map(|kept| kept.head.size()).max();
        lost = lost.max(newest.unwrap_or_default().saturating_sub(about.entries));
    }
    Ok(lost)
}

/// Unpacks a backup and brings its database to the schema of this release.
fn fetch(of: &RestoreOf, into: &Path) -> Result<(About, Vec<Stored>), BackupError> {
    let about = about_of(&of.from)?;
    if !about.keys && of.keys.is_none() {
        return Err(BackupError::NoKeys);
    }
    let packed = fs::metadata(&of.from).map_err(BackupError::io("read", &of.from))?.len();
    let free = free_bytes(into).map_err(BackupError::io("write to", into))?;
    if free < packed {
        return Err(BackupError::NoRoom { folder: into.to_owned(), free, needed: packed });
    }
    let (about, files) = unpack(&of.from, into)?;
    if let (false, Some(keys)) = (about.keys, &of.keys) {
        copy_keys(keys, into)?;
    }
    // Opened for writing, which upgrades it, and closed again.
    drop(Sqlite::open(into.join(DATABASE))?);
    Ok((about, files))
}

fn copy_keys(from: &Path, into: &Path) -> Result<(), BackupError> {
    for name in KEYS {
        let key = from.join(name);
        match fs::copy(&key, into.join(name)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound && name != RECORD_KEY => {}
            Err(error) => return Err(BackupError::io("read", &key)(error)),
        }
    }
    Ok(())
}

fn refuse_unless_empty(data: &Path) -> Result<(), BackupError> {
    let entries = fs::read_dir(data).map_err(BackupError::io("read", data))?;
    // A fresh disk has a folder of its own.
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    match names.filter(|name| name != "lost+found").min() {
        None => Ok(()),
        Some(found) => Err(BackupError::NotEmpty { folder: data.to_owned(), found }),
    }
}

/// Moves what was put together to its place, the database last, and makes it durable.
fn put_in_place(scratch: &Path, data: &Path) -> io::Result<()> {
    for name in KEYS.into_iter().chain([OUTPUTS, DATABASE]) {
        let from = scratch.join(name);
        if !from.exists() {
            continue;
        }
        if name == DATABASE {
            File::open(&from)?.sync_all()?;
            File::open(data)?.sync_all()?;
        }
        fs::rename(&from, data.join(name))?;
    }
    File::open(data)?.sync_all()
}
