//! Durable state for Wheelhouse, on SQLite or PostgreSQL, behind one narrow trait.
//!
//! The writer owns a [`Store`] and hands it one [`Batch`] a commit: entries, changed rows, journal
//! and outbox stand or fall together, and are on disk when [`Store::commit`] returns. Everybody else
//! reads committed state through [`Readers`]. [`verify`] holds the
//! tables against the record.
//!
//! No rule of operations lives here: what a row says is decided in `wheelhouse-core`.
#![forbid(unsafe_code)]

mod batch;
mod error;
mod journal;
mod moving;
mod place;
mod postgres;
mod query;
mod readers;
mod sql;
mod sqlite;
mod store;
mod tables;
mod verify;

pub use batch::{
    Batch, ErasureOf, Frame, Journal, KeptReply, NewAttachment, NewErasure, PackedJournal, SealedEntry, StoredCatalog,
};
pub use error::StoreError;
pub use moving::{Moved, move_to_postgres};
pub use postgres::{Address, Candidate, Leader, Lease, Postgres};
pub use query::{CaseOrder, CaseQuery, CaseState, Commit, LARGEST_PAGE, Page, StoredEntry};
pub use readers::{
    ChangeQuery, EntryQuery, FileVersion, MemberQuery, OpenedCursor, Readers, RunQuery, WhichAttachment,
};
pub use sql::DatabaseError;
pub use sqlite::Sqlite;
pub use store::{Loaded, Store};
pub use verify::{Problem, Verification, verify};
