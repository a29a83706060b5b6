//! One hub a folder: a lock file that dies with its process.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::StoreError;

/// The lock file's name, beside the database.
const NAME: &str = "wheelhouse.lock";

/// An exclusive lock on a data folder, held until dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the folder that `database` lies in, and writes this process's id into it.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let path = database.with_file_name(NAME);
        let failed = |source| StoreError::Lock { path: path.clone(), source };
        // Not truncated before it is locked: it may hold the id of the process that has it.
        let options = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(StoreError::Locked { lock: path, holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let note = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        note(&mut file).map_err(failed)?;
        Ok(Self { _file: file })
    }
}
