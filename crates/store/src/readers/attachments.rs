//! Files that people attached to cases and runs.

use crate::sql::Value;
use crate::sql::{Optional, params};
use wheelhouse_core::attachment::Home;
use wheelhouse_core::record::Hash;

use super::{Readers, bound};
use crate::tables::rows::{entry, entry_columns};
use crate::{StoreError, StoredEntry};

/// The statements about what hangs on a thing of one kind; `?1` is that thing.
pub(super) struct Statements {
    pub(super) all: &'static str,
    pub(super) by_number: &'static str,
    pub(super) by_hash: &'static str,
}

pub(super) const OF_CASE: Statements = Statements {
    all: "SELECT entry FROM attachments WHERE case_id = ?1 ORDER BY number",
    by_number: "SELECT entry FROM attachments WHERE case_id = ?1 AND number = ?2",
    by_hash: "SELECT entry FROM attachments WHERE case_id = ?1 AND sha256 = ?2 ORDER BY entry LIMIT 1",
};
pub(super) const OF_RUN: Statements = Statements {
    all: "SELECT entry FROM attachments WHERE run = ?1 ORDER BY number",
    by_number: "SELECT entry FROM attachments WHERE run = ?1 AND number = ?2",
    by_hash: "SELECT entry FROM attachments WHERE run = ?1 AND sha256 = ?2 ORDER BY entry LIMIT 1",
};
pub(super) const BYTES: &str = "SELECT bytes FROM blobs WHERE sha256 = ?1";
const ENTRY: &str = concat!("SELECT ", entry_columns!(), " FROM entries WHERE seq = ?1");

/// Which file of a case or a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichAttachment {
    /// The one of that number.
    Number(u32),
    /// The first with that SHA-256.
    Hash(Hash),
}

impl Readers {
    /// The entries that attached files to a case or a run, of those that are not erased, in order of number.
    ///
    /// # Errors
    /// When the database fails or a row is damaged; so it is for all that follow.
    pub fn attachments(&self, home: Home) -> Result<Vec<StoredEntry>, StoreError> {
        let (connection, (statements, home)) = (self.connection()?, of(home));
        let mut select = connection.prepare_cached(statements.all)?;
        let places: Vec<i64> = select.query_map([home], |row| row.get(0))?;
        let mut select = connection.prepare_cached(ENTRY)?;
        let mut entries = Vec::with_capacity(places.len());
        for place in places {
            let mut rows = select.query([place])?;
            if let Some(row) = rows.next()? {
                entries.push(entry(&row)?);
            }
        }
        Ok(entries)
    }

    /// The entry that attached a file to a case or a run, if it is not erased.
    ///
    /// # Errors
    /// See [`attachments`](Self::attachments).
    pub fn attachment(&self, home: Home, which: WhichAttachment) -> Result<Option<StoredEntry>, StoreError> {
        let (connection, (statements, home)) = (self.connection()?, of(home));
        let place: Option<i64> = match which {
            WhichAttachment::Number(number) => {
                let mut select = connection.prepare_cached(statements.by_number)?;
                select.query_row(params![home, number], |row| row.get(0)).optional()?
            }
            WhichAttachment::Hash(hash) => {
                let mut select = connection.prepare_cached(statements.by_hash)?;
                select.query_row(params![home, hash.0], |row| row.get(0)).optional()?
            }
        };
        let Some(place) = place else { return Ok(None) };
        let mut select = connection.prepare_cached(ENTRY)?;
        let mut rows = select.query([place])?;
        rows.next()?.as_ref().map(entry).transpose()
    }

    /// The bytes of a file by their SHA-256, as long as it hangs somewhere.
    ///
    /// # Errors
    /// See [`attachments`](Self::attachments).
    pub fn blob(&self, sha256: Hash) -> Result<Option<Vec<u8>>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(BYTES)?;
        Ok(select.query_row([sha256.0], |row| row.get(0)).optional()?)
    }
}

/// The statements about what hangs on a thing, and by what its rows have that.
fn of(home: Home) -> (&'static Statements, Value) {
    match home {
        Home::Case(case) => (&OF_CASE, Value::Text(case.to_string())),
        Home::Run(run) => (&OF_RUN, Value::Integer(bound(run.0))),
    }
}
