//! Committed state, for everybody but the writer: a small pool of connections that only read.

mod attachments;
mod backup;
mod cases;
mod changes;
mod details;
mod entries;
mod erasable;
mod evidence;
mod members;
mod opened;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
mod plan_tests;
pub(crate) mod record;
mod runbooks;
mod runs;
mod tiles;

pub use entries::EntryQuery;
pub use members::MemberQuery;
pub use opened::OpenedCursor;
pub use runbooks::FileVersion;
pub use runs::RunQuery;

pub use attachments::WhichAttachment;
pub use changes::ChangeQuery;

use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::sql::{Connection, Optional};
use wheelhouse_core::access::Token;
use wheelhouse_core::repository::Repository;

use crate::place::{self, Place};
use crate::postgres::Address;
use crate::sqlite::Location;
use crate::tables::rows::{from_json, int};
use crate::{LARGEST_PAGE, StoreError, StoredCatalog};

/// Reads committed state. Every call blocks: for a free connection, then for the disk. Clones share
/// one pool.
#[derive(Clone, Debug)]
pub struct Readers {
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    place: Place,
    /// Connections that nobody uses; nothing where one is to be made anew.
    idle: Mutex<Vec<Option<Connection>>>,
    returned: Condvar,
}

impl Readers {
    /// Opens the database at `path` for reading with that many connections, at least one, beside a running hub or
    /// without one.
    ///
    /// # Errors
    /// Says so when there is no such database, or it is not a hub's, or of another schema.
    pub fn open(path: impl AsRef<Path>, connections: usize) -> Result<Self, StoreError> {
        Self::at(Place::Sqlite(Location::File(path.as_ref().to_path_buf())), connections)
    }

    /// Opens the database at `path` with one connection, also on a disk that cannot be written to, where
    /// SQLite cannot make its index of the write-ahead log. There the log must be empty or absent, as a hub
    /// leaves it that was stopped in order.
    ///
    /// # Errors
    /// As [`open`](Self::open); and where the log still holds commits, which asks for a copy.
    pub fn open_even_read_only(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        match Self::open(path, 1) {
            Err(StoreError::Open { .. }) if path.is_file() => Self::open_immutable(path),
            opened => opened,
        }
    }

    /// Opens the database at `path` as a file that nobody writes.
    ///
    /// # Errors
    /// When its write-ahead log is not empty, because that would be passed over.
    pub fn open_immutable(path: &Path) -> Result<Self, StoreError> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(StoreError::LogNotEmpty { path: path.to_owned() });
        }
        Self::at(Place::Sqlite(Location::Immutable(path.to_owned())), 1)
    }

    /// Reads what the hubs of an organisation committed to PostgreSQL, with that many connections, at least one.
    ///
    /// # Errors
    /// When the database cannot be reached, or its schema is another release's.
    pub fn open_postgres(address: Address, connections: usize) -> Result<Self, StoreError> {
        Self::at(Place::Postgres(Box::new(address)), connections)
    }

    pub(crate) fn at(place: Place, connections: usize) -> Result<Self, StoreError> {
        let idle = (0..connections.max(1)).map(|_| place.reader().map(Some)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { pool: Arc::new(Pool { place, idle: Mutex::new(idle), returned: Condvar::new() }) })
    }

    /// Takes a connection out of the pool, waiting for one, and makes it anew where it is of no use any more; it goes back
    /// when dropped.
    pub(crate) fn connection(&self) -> Result<Lent<'_>, StoreError> {
        let mut lent = Lent { pool: &self.pool, connection: self.take() };
        if lent.connection.as_ref().is_none_or(|connection| !place::is_alive(connection)) {
            lent.connection = None;
            lent.connection = Some(self.pool.place.reader()?);
        }
        Ok(lent)
    }

    fn take(&self) -> Option<Connection> {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = idle.pop() {
                return connection;
            }
            idle = self.pool.returned.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A connection on loan.
pub(crate) struct Lent<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
}

impl Deref for Lent<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("the connection goes back only on drop")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(self.connection.take());
        self.pool.returned.notify_one();
    }
}

/// The most rows to fetch for a page: one more than it shows, which tells whether there is a next.
fn fetch(limit: usize) -> i64 {
    i64::try_from(limit.clamp(1, LARGEST_PAGE) + 1).unwrap_or(i64::MAX)
}

/// A cursor or bound as the database compares it; beyond its numbers there is nothing.
fn bound(number: u64) -> i64 {
    int("a cursor", number).unwrap_or(i64::MAX)
}

/// Reads a value there is only one of.
pub(crate) fn read_single(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let mut select = connection.prepare_cached("SELECT data FROM singles WHERE name = ?1")?;
    Ok(select.query_row([name], |row| row.get(0)).optional()?)
}

/// Reads the repositories of the catalog.
pub(crate) fn read_repositories(connection: &Connection) -> Result<Vec<Repository>, StoreError> {
    let data = read_single(connection, "repositories")?;
    data.map_or_else(|| Ok(Vec::new()), |data| from_json("singles", "repositories", &data))
}

/// Reads all tokens.
pub(crate) fn read_tokens(connection: &Connection) -> Result<Vec<Token>, StoreError> {
    let mut select = connection.prepare_cached("SELECT id, data FROM tokens ORDER BY id")?;
    let mut rows = select.query(())?;
    let mut tokens = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        tokens.push(from_json("tokens", id, &row.text(1)?)?);
    }
    Ok(tokens)
}

/// Reads the sources of a catalog.
pub(crate) fn read_catalog(connection: &Connection, version: &str) -> Result<Option<StoredCatalog>, StoreError> {
    let known = connection
        .prepare_cached("SELECT 1 FROM catalogs WHERE version = ?1")?
        .query_row([version], |_| Ok(()))
        .optional()?;
    if known.is_none() {
        return Ok(None);
    }
    let mut select =
        connection.prepare_cached("SELECT path, content FROM catalog_files WHERE version = ?1 ORDER BY path")?;
    let files = select.query_map([version], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Some(StoredCatalog { version: version.into(), files }))
}
