//! What can go wrong between the hub and its disk.

use std::path::PathBuf;

use crate::sql::DatabaseError;

/// Says why the store could not do what was asked. Nothing of a failed commit was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the database.
    #[error(
        "the data in {} is in use by another hub{}; stop that one first, or give this one another `--data` folder",
        lock.display(), holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    Locked {
        /// The lock file.
        lock: PathBuf,
        /// The process that holds it, if it said so.
        holder: Option<u32>,
    },
    /// The lock file cannot be made.
    #[error("cannot lock {}; expected a folder that the hub may write to", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is no database, or it cannot be opened.
    #[error("cannot open the database {path}; expected a file that the hub made, in a folder that it may write to")]
    Open {
        /// The file.
        path: String,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The file cannot be written to, and its write-ahead log holds commits.
    #[error(
        "the write-ahead log beside {} holds commits that cannot be read on a disk that cannot be written to; \
         copy the folder to one that can", path.display()
    )]
    LogNotEmpty {
        /// The file.
        path: PathBuf,
    },
    /// The file belongs to another program.
    #[error("{path} was not made by Wheelhouse (application id {found:#010x}); give another `--data` folder")]
    Foreign {
        /// The file.
        path: String,
        /// The application id found there.
        found: i32,
    },
    /// A later release made or upgraded the file.
    #[error(
        "{path} has schema {found}, and this release knows schemas up to {known}; start the release that wrote it, or a later one"
    )]
    Newer {
        /// The file.
        path: String,
        /// The schema found.
        found: u32,
        /// The latest schema known.
        known: u32,
    },
    /// The file has an older schema, or none, and was opened for reading only.
    #[error("{path} has schema {found}, expected {known}; start the hub on it once, which upgrades it")]
    Older {
        /// The file.
        path: String,
        /// The schema found.
        found: u32,
        /// The schema expected.
        known: u32,
    },
    /// A commit does not follow the one before.
    #[error(
        "a commit does not follow the one before: {what} is {found}, expected {expected}; reload the world and try again"
    )]
    OutOfOrder {
        /// What is out of order.
        what: &'static str,
        /// What was given.
        found: u64,
        /// What should come.
        expected: u64,
    },
    /// A change does not fit what is there.
    #[error("{table} {row} cannot be written: {reason}; nothing of its commit was")]
    Refused {
        /// Which table.
        table: &'static str,
        /// Which row.
        row: String,
        /// What does not fit.
        reason: &'static str,
    },
    /// A row cannot be read back.
    #[error(
        "{table} {row} cannot be read: {reason}; run `wheelhouse record verify`, and restore the data from a backup if it finds more"
    )]
    Damaged {
        /// Which table.
        table: &'static str,
        /// Which row.
        row: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A number is too large for the database.
    #[error("{what} is {found}, more than the database can hold ({})", i64::MAX)]
    TooLarge {
        /// Which number.
        what: &'static str,
        /// The number.
        found: u64,
    },
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DatabaseError),
    /// An address of a PostgreSQL cannot be understood.
    #[error("the database's address is not good: {reason}; expected postgres://USER@HOST:PORT/DATABASE")]
    Address {
        /// What is wrong with it.
        reason: String,
    },
    /// There is data where none may be.
    #[error(
        "{place} has data of this organisation already ({commits} commits); give another `--org`, or another database"
    )]
    NotEmpty {
        /// The database.
        place: String,
        /// How many commits it has.
        commits: u64,
    },
    /// Another hub leads the organisation now.
    #[error(
        "this hub led under epoch {epoch}, and another one leads under {found} now; nothing of the commit was written"
    )]
    Superseded {
        /// The epoch of this hub.
        epoch: u64,
        /// The epoch that counts.
        found: u64,
    },
    /// It could not be found out whether a commit was made.
    #[error("the answer to commit {commit} was lost, and the database cannot be asked whether it was made")]
    Unresolved {
        /// The commit.
        commit: u64,
    },
    /// Bytes could not be compressed or decompressed.
    #[error("the journal could not be compressed")]
    Compression(#[source] std::io::Error),
}

impl StoreError {
    /// Whether the batch itself cannot be stored, so that trying it again in smaller parts finds the
    /// culprit; otherwise the disk or the database failed, and any batch would.
    pub fn is_about_the_batch(&self) -> bool {
        match self {
            Self::TooLarge { .. } | Self::Refused { .. } => true,
            Self::Database(error) => error.is_about_the_row(),
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}
