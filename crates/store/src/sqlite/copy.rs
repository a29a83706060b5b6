//! A copy of a database beside a running hub.

use std::path::Path;

use super::Sqlite;
use super::connect::{Location, latest};
use crate::{Readers, StoreError};

impl Sqlite {
    /// The schema that this release writes and reads, a number that only grows.
    pub fn schema() -> u32 {
        latest()
    }

    /// Copies the database at `from` into the new file `to`, as one reader sees it at one instant. Commits go on
    /// meanwhile and are not in the copy, nor is anything that was erased: pages that nothing refers to are left out.
    ///
    /// The copy is whole in itself, without a write-ahead log, and not yet synced.
    ///
    /// # Errors
    /// Says so when there is no database of this schema, and when `to` cannot be written.
    pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
        let connection = match Location::File(from.to_owned()).reader() {
            // A disk that cannot be written to has no place for SQLite's index of the write-ahead log.
            Err(StoreError::Open { .. }) if from.is_file() => {
                drop(Readers::open_immutable(from)?);
                Location::Immutable(from.to_owned()).reader()?
            }
            opened => opened?,
        };
        // This connection reads one file and writes another.
        connection.pragma_update(None, "query_only", false)?;
        connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
        Ok(())
    }
}
