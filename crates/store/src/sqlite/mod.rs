//! The store on SQLite.

pub(crate) mod connect;
mod copy;
mod lock;
mod rewrite;

use std::path::Path;

use wheelhouse_core::case::{Case, CaseId};
use wheelhouse_core::notify::Message;
use wheelhouse_core::time::Duration;

pub(crate) use connect::Location;
use lock::Lock;

use crate::place::Place;
use crate::sql::Connection;
use crate::tables::{self, Position, erase};
use crate::{Batch, Loaded, Readers, Store, StoreError};

/// Keeps every hub away from a database for as long as the value lives.
///
/// # Errors
/// When a hub has it.
pub(crate) fn lock(path: &Path) -> Result<impl Sized + use<>, StoreError> {
    Lock::take(path)
}

/// A hub's data in one SQLite file, or in memory.
///
/// The file is kept with a write-ahead log and synced at every commit. One process at a time may
/// have it; see [`Sqlite::open`].
#[derive(Debug)]
pub struct Sqlite {
    location: Location,
    connection: Connection,
    /// Where the tables end; read again after a failure.
    position: Option<Position>,
    _lock: Option<Lock>,
}

impl Sqlite {
    /// Opens the database at `path`, making or upgrading it, and locks its folder for as long as
    /// this value lives, through `wheelhouse.lock` beside it.
    ///
    /// # Errors
    /// Says so when another hub has the folder, when the file is another program's or a later
    /// release's, and when the system refuses.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let lock = Lock::take(path)?;
        Self::at(Location::File(path.to_path_buf()), Some(lock))
    }

    /// Opens a database on a SQLite VFS that the caller has registered. There is no lock file: the
    /// caller sees to it that nobody else has the database.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_on_vfs(path: &str, vfs: &str) -> Result<Self, StoreError> {
        Self::at(Location::Vfs { path: path.into(), vfs: vfs.into() }, None)
    }

    /// Opens an empty database in memory, which is gone with this value and its readers.
    ///
    /// # Errors
    /// Only when SQLite itself fails.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        Self::at(Location::memory(), None)
    }

    /// Opens that many connections, at least one, that read what this one has committed.
    ///
    /// # Errors
    /// Says so when the database cannot be opened again.
    pub fn readers(&self, connections: usize) -> Result<Readers, StoreError> {
        Readers::at(Place::Sqlite(self.location.clone()), connections)
    }

    /// Rewrites the file without what was erased. What was committed stays committed if it fails; it
    /// is tried again with the next erasure and at the next start.
    fn rewrite(&self) {
        match rewrite::rewrite(&self.connection) {
            Ok(true) => tracing::info!(database = self.location.name(), "rewrote the file without what was erased"),
            Ok(false) => tracing::warn!(
                "what was erased still lies in the write-ahead log, which a reader needs; the next start removes it"
            ),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the file could not be rewritten without what was erased; the next start tries again"
            ),
        }
    }

    fn at(location: Location, lock: Option<Lock>) -> Result<Self, StoreError> {
        let connection = Connection::Sqlite(location.writer()?);
        Ok(Self { location, connection, position: None, _lock: lock })
    }
}

impl Store for Sqlite {
    fn load(&mut self, keep: Duration) -> Result<Loaded, StoreError> {
        self.position = None;
        if erase::is_due(&self.connection)? {
            self.rewrite();
        }
        tables::load(&self.connection, keep)
    }

    fn load_case(&mut self, id: CaseId) -> Result<Option<(Case, Vec<Message>)>, StoreError> {
        tables::case_with_messages(&self.connection, id)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let position = match self.position.take() {
            Some(position) => position,
            None => Position::read(&self.connection)?,
        };
        let (transaction, position) = tables::write(&self.connection, batch, position, &|_| Ok(()))?;
        transaction.commit()?;
        self.position = Some(position);
        if !batch.erasures.is_empty() {
            self.rewrite();
        }
        Ok(())
    }
}
