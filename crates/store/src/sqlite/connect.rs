//! Opening the database: whose it is, at which schema, with which settings.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::StoreError;

/// Says that a file is a hub's: the bytes `WHLS`.
pub(crate) const APPLICATION_ID: i32 = 0x5748_4c53;

/// Every schema change since the first release, in order: the next stands at the end.
pub(crate) const MIGRATIONS: &[(&str, &str)] = &[("first schema", include_str!("../schema.sql"))];

/// How long a connection waits for another one's lock.
const PATIENCE: Duration = Duration::from_secs(10);
/// Statements kept prepared by a connection.
const STATEMENTS: usize = 96;

/// Where a database is.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    /// A file.
    File(PathBuf),
    /// A file that nobody writes, perhaps on a disk that cannot be written to.
    Immutable(PathBuf),
    /// A file of another file system than the machine's own, by the name of its SQLite VFS.
    Vfs { path: String, vfs: String },
    /// The memory of this process, under a name of its own.
    Memory(String),
}

impl Location {
    /// A new, empty database in memory.
    pub(crate) fn memory() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // SQLite shares a database in memory between connections if its name starts with a slash.
        Self::Memory(format!("/wheelhouse-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// The name for error messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) | Self::Immutable(path) => path.display().to_string(),
            Self::Vfs { path, .. } => path.clone(),
            Self::Memory(name) => format!("memory:{name}"),
        }
    }

    /// Opens a connection that may write; makes or upgrades the schema.
    pub(crate) fn writer(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = self.open(flags)?;
        self.check_owner(&connection)?;
        self.set_up_writer(&connection)?;
        self.migrate(&mut connection)?;
        Ok(connection)
    }

    /// Opens a connection that only reads.
    pub(crate) fn reader(&self) -> Result<Connection, StoreError> {
        let access = match self {
            Self::Memory(_) => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Self::File(_) | Self::Vfs { .. } | Self::Immutable(_) => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let connection = self.open(access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let found = self.check_owner(&connection)?;
        if found < latest() {
            return Err(StoreError::Older { path: self.name(), found, known: latest() });
        }
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -16_384)?;
        Ok(connection)
    }

    fn open(&self, flags: OpenFlags) -> Result<Connection, StoreError> {
        let opened = match self {
            Self::File(path) => Connection::open_with_flags(path, flags),
            Self::Immutable(path) => Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI),
            Self::Vfs { path, vfs } => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str()),
            Self::Memory(name) => Connection::open_with_flags_and_vfs(name, flags, "memdb"),
        };
        let connection = opened.map_err(|source| StoreError::Open { path: self.name(), source })?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "trusted_schema", false)?;
        Ok(connection)
    }

    /// Refuses other programs' files and later schemas; returns the file's schema.
    fn check_owner(&self, connection: &Connection) -> Result<u32, StoreError> {
        let unreadable = |source| StoreError::Open { path: self.name(), source };
        let owner: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(unreadable)?;
        let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let empty = owner == 0 && found == 0 && tables == 0;
        if owner != APPLICATION_ID && !empty {
            return Err(StoreError::Foreign { path: self.name(), found: owner });
        }
        if found > latest() {
            return Err(StoreError::Newer { path: self.name(), found, known: latest() });
        }
        Ok(found)
    }

    fn set_up_writer(&self, connection: &Connection) -> Result<(), StoreError> {
        let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        if mode != "wal" && !matches!(self, Self::Memory(_)) {
            let reason = format!("the file system allows journal mode `{mode}`, expected `wal`");
            return Err(StoreError::Damaged { table: "database", row: self.name(), reason });
        }
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "cache_size", -12_288)?;
        // Large enough that moving pages out of the WAL is rare, small enough to be quick.
        connection.pragma_update(None, "wal_autocheckpoint", 4_096)?;
        connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        Ok(())
    }

    /// Brings the schema to the latest version, each step in a transaction of its own.
    fn migrate(&self, connection: &mut Connection) -> Result<(), StoreError> {
        loop {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let found = self.check_owner(&transaction)?;
            let Some((name, sql)) = usize::try_from(found).ok().and_then(|next| MIGRATIONS.get(next)) else {
                return Ok(());
            };
            transaction.execute_batch(sql)?;
            let version = found + 1;
            transaction.execute("INSERT INTO migrations (version, name) VALUES (?1, ?2)", (version, name))?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", version)?;
            transaction.commit()?;
            tracing::info!(database = self.name(), version, name, "brought the schema up to date");
        }
    }
}

/// The address of a file that nobody writes (SQLite's URI filenames).
fn immutable(path: &Path) -> String {
    let mut address = String::from("file:");
    for character in path.to_string_lossy().chars() {
        match character {
            '%' | '?' | '#' => address.extend(format!("%{:02x}", u32::from(character)).chars()),
            _ => address.push(character),
        }
    }
    address + "?immutable=1"
}

/// The schema that this release writes.
pub(crate) fn latest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}
