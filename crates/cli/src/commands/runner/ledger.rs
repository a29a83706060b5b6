//! What a runner holds, on the disk: whoever takes up its folder after a crash says what became of it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use wheelhouse_runner::Outcome;

/// A lease that the hub has not heard the end of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Open {
    /// The run.
    pub run: String,
    /// The step.
    pub name: String,
    /// By what the lease is known.
    pub epoch: u64,
    /// What became of it, once that is known.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

/// The leases of a runner in a file.
pub(super) struct Ledger {
    path: PathBuf,
    open: Mutex<Vec<Open>>,
    /// Held as long as the runner lives.
    _lock: File,
}

impl Ledger {
    /// Takes a folder up: nobody else may use it meanwhile. What an earlier runner left is in it.
    ///
    /// # Errors
    /// For people: the folder cannot be used, or another runner uses it.
    pub(super) fn take_up(folder: &Path) -> Result<Self, String> {
        let failed = |error: io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = File::create(folder.join("lock")).map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => format!("{}: another runner uses this folder", folder.display()),
            fs::TryLockError::Error(error) => failed(error),
        })?;
        let path = folder.join("leases.json");
        let open = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| format!("{}: {error}; take the file away if nobody needs it", path.display()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self { path, open: Mutex::new(open), _lock: lock })
    }

    /// What is open.
    pub(super) fn open(&self) -> Vec<Open> {
        self.lock().clone()
    }

    /// Notes a lease, before anything of it begins, or what became of it.
    ///
    /// # Errors
    /// If it could not be written; then it is not noted.
    pub(super) fn note(&self, lease: Open) -> io::Result<()> {
        let mut open = self.lock();
        let before = open.clone();
        open.retain(|known| known.epoch != lease.epoch);
        open.push(lease);
        self.write(&open).inspect_err(|_| *open = before)
    }

    /// Forgets a lease of which the hub heard the end.
    pub(super) fn forget(&self, epoch: u64) {
        let mut open = self.lock();
        open.retain(|known| known.epoch != epoch);
        if let Err(error) = self.write(&open) {
            tracing::warn!(%error, epoch, "a lease that is over stays on the disk; it is told once more after a restart");
        }
    }

    fn write(&self, open: &[Open]) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(open)?)?;
        file.sync_data()?;
        fs::rename(&new, &self.path)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_open_is_there_after_a_crash_and_nobody_else_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        let lease = |epoch| Open { run: "RUN-1".into(), name: "drain".into(), epoch, outcome: None };
        let ledger = Ledger::take_up(folder.path()).unwrap();
        ledger.note(lease(1)).unwrap();
        ledger.note(lease(2)).unwrap();
        ledger.forget(1);
        assert!(Ledger::take_up(folder.path()).is_err_and(|why| why.contains("another runner")));
        drop(ledger);
        let again = Ledger::take_up(folder.path()).unwrap();
        assert_eq!(again.open().iter().map(|open| open.epoch).collect::<Vec<_>>(), [2]);
    }
}
