//! Backup and recovery of the hub itself, beside a running hub and without one.
//!
//! A backup is one file, a compressed tar archive that any machine can open: what it is about, the database as one
//! reader saw it, the keys, what steps said, and last a list of all of it with its digests. It appears under its name
//! when it is whole and on the disk. A restore goes into an empty folder, is held against that list and against the
//! record's own proofs, and lets the record go on as a log of another origin ([`renew`]).

mod about;
mod archive;
mod error;
mod keep;
mod make;
mod renew;
mod restore;
mod unpack;

pub use about::{About, Stored};
pub use error::BackupError;
pub use keep::{LAST_BACKUP, LastBackup, last_backup};
pub use make::{Made, Wanted, backup};
pub use renew::{Renewed, renew_in_place};
pub use restore::{Drilled, RestoreOf, Restored, drill, restore};

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::serve::{LINK_KEY, RECORD_KEY, WEBHOOK_KEY};

/// The folder within a data folder in which a restore is put together.
pub(crate) const RESTORING: &str = ".restoring";
/// The keys that a backup holds, as the data folder names them.
const KEYS: [&str; 3] = [RECORD_KEY, LINK_KEY, WEBHOOK_KEY];
/// The folder of what steps said, within the data folder and within a backup.
const OUTPUTS: &str = "outputs";

/// A file or folder in the making, which is gone unless it is put in its place.
struct Partial(PathBuf);

impl Partial {
    /// Puts a file in its place, for good: it is on the disk under its name when this returns.
    fn put(self, place: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        std::fs::rename(&self.0, place)?;
        sync_folder(place)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.0.is_dir() {
            let _gone = std::fs::remove_dir_all(&self.0);
        } else {
            let _gone = std::fs::remove_file(&self.0);
        }
    }
}

/// Makes the names in the folder of a file durable.
fn sync_folder(file: &Path) -> io::Result<()> {
    File::open(folder_of(file))?.sync_all()
}

/// The folder that a file lies in.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// How many bytes are free to this user on the disk of a folder.
///
/// # Errors
/// When the system cannot say.
pub(crate) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}
