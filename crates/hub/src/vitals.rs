//! What the hub's disk and clock look like, for metrics and for `doctor`.

use std::fs;
use std::path::Path;

use wheelhouse_core::time::Timestamp;

use crate::backup::last_backup;
use crate::serve::DATABASE;

/// What the disk says of a data folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    /// How many bytes are free to the hub on the folder's disk, and how many the disk has.
    pub disk: Option<(u64, u64)>,
    /// The size of the database, in bytes.
    pub database_bytes: u64,
    /// The size of its write-ahead log, in bytes.
    pub log_bytes: u64,
    /// When the last backup was made that the folder knows of.
    pub last_backup_at: Option<Timestamp>,
}

impl Vitals {
    /// Looks at a data folder; what cannot be seen is absent.
    pub fn of(data: &Path) -> Self {
        let length = |name: &str| fs::metadata(data.join(name)).map_or(0, |file| file.len());
        let disk = rustix::fs::statvfs(data).ok();
        let disk = disk.map(|disk| (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize));
        Self {
            disk,
            database_bytes: length(DATABASE),
            log_bytes: length(&format!("{DATABASE}-wal")),
            last_backup_at: last_backup(data).map(|last| last.made_at.0),
        }
    }
}
