//! A SQLite VFS whose power can be cut: what was not synced is lost, kept or torn by a seed.
//!
//! A killed process loses nothing that it handed to the kernel, so killing cannot show a missing
//! fsync. This file system lives in memory and keeps, for each file, what programs see and what
//! was there at its last `xSync`. A power cut leaves the synced state plus some of the rest:
//!
//! - Each unsynced 512-byte sector is kept or lost for itself, so pages and WAL frames tear and
//!   later writes may survive earlier ones. A sector is never half written, and bytes that a write
//!   did not touch are never harmed (`SQLITE_IOCAP_POWERSAFE_OVERWRITE`, as SQLite's Unix VFS says).
//! - An unsynced growth of a file may be kept in part, with zeros where sectors were lost; an
//!   unsynced truncation happens or not.
//! - A new or deleted name is durable once its directory is synced. As in the Unix VFS that is the
//!   first `xSync` of a journal or WAL that was opened to be created, and `xDelete` with `syncDir`.
//! - Locks, shared memory and open handles are gone; every handle from before answers `IOERR`.
//!
//! Time and randomness for SQLite itself come from the default VFS.
#![allow(unsafe_code, reason = "a VFS is a table of C functions")]
#![allow(dead_code, reason = "not every test that has this module uses all of it")]
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod disk;
mod ffi_file;
mod ffi_table;
mod locks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};

use disk::Disk;
pub use disk::Random;

/// A registered VFS with its own empty disk; unregistered and forgotten when dropped.
pub struct FaultVfs {
    name: String,
    disk: Arc<Mutex<Disk>>,
}

impl FaultVfs {
    /// Registers a VFS under a name that no other has; `seed` decides what power cuts leave.
    pub fn register(name: &str, seed: u64) -> Self {
        let disk = Arc::new(Mutex::new(Disk::new(seed)));
        ffi_table::register(name, Arc::clone(&disk));
        Self { name: name.to_owned(), disk }
    }

    /// The name to open databases with, also as `file:/path?vfs=NAME`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens a database on this disk.
    pub fn open(&self, path: &str) -> rusqlite::Result<Connection> {
        Connection::open_with_flags_and_vfs(path, OpenFlags::default(), self.name.as_str())
    }

    /// Cuts the power and brings it back: what was open is dead, what is opened next finds what is left.
    ///
    /// After a cut that [`cut_after`](Self::cut_after) made it only brings the power back.
    pub fn power_cut(&self) {
        let mut disk = self.disk();
        if !disk.off {
            disk.fail();
        }
        disk.off = false;
    }

    /// Cuts the power at the `changes`-th change from now (a creation, write, truncation, sync or
    /// deletion), before that change has effect; until [`power_cut`](Self::power_cut) all then fails.
    pub fn cut_after(&self, changes: u64) {
        self.disk().cut_after(changes);
    }

    /// Leaves room for so many bytes more; what needs more is answered `SQLITE_FULL`.
    pub fn leave_room(&self, bytes: usize) {
        self.disk().leave_room(bytes);
    }

    /// Whether the power has failed and is not back.
    pub fn is_off(&self) -> bool {
        self.disk().off
    }

    /// How many times a file was synced so far.
    pub fn syncs(&self) -> u64 {
        self.disk().syncs
    }

    /// How many written but unsynced sectors power cuts have taken so far.
    pub fn sectors_lost(&self) -> u64 {
        self.disk().taken
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FaultVfs {
    fn drop(&mut self) {
        ffi_table::unregister(&self.name);
        let mut disk = self.disk();
        let epoch = disk.epoch + 1;
        *disk = Disk::new(0);
        (disk.epoch, disk.off) = (epoch, true);
    }
}
