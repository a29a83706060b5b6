//! Files that people attached to cases.

use rusqlite::{OptionalExtension, params};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::record::Hash;

use super::Readers;
use crate::sqlite::rows::{entry, entry_columns};
use crate::{StoreError, StoredEntry};

pub(super) const ALL: &str = "SELECT entry FROM attachments WHERE case_id = ?1 ORDER BY number";
pub(super) const BY_NUMBER: &str = "SELECT entry FROM attachments WHERE case_id = ?1 AND number = ?2";
pub(super) const BY_HASH: &str = "SELECT entry FROM attachments WHERE sha256 = ?1 AND case_id = ?2 \
     ORDER BY entry LIMIT 1";
pub(super) const BYTES: &str = "SELECT bytes FROM blobs WHERE sha256 = ?1";
const ENTRY: &str = concat!("SELECT ", entry_columns!(), " FROM entries WHERE seq = ?1");

/// Which file of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichAttachment {
    /// The one of that number.
    Number(u32),
    /// The first with that SHA-256.
    Hash(Hash),
}

impl Readers {
    /// The entries that attached files to a case, of those that are not erased, in order of number.
    ///
    /// # Errors
    /// When the database fails or a row is damaged; so it is for all that follow.
    pub fn attachments(&self, case: CaseId) -> Result<Vec<StoredEntry>, StoreError> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(ALL)?;
        let places: Vec<i64> = select.query_map([case.to_string()], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut select = connection.prepare_cached(ENTRY)?;
        let mut entries = Vec::with_capacity(places.len());
        for place in places {
            let mut rows = select.query([place])?;
            if let Some(row) = rows.next()? {
                entries.push(entry(row)?);
            }
        }
        Ok(entries)
    }

    /// The entry that attached a file to a case, if it is not erased.
    ///
    /// # Errors
    /// See [`attachments`](Self::attachments).
    pub fn attachment(&self, case: CaseId, which: WhichAttachment) -> Result<Option<StoredEntry>, StoreError> {
        let (connection, name) = (self.connection(), case.to_string());
        let place: Option<i64> = match which {
            WhichAttachment::Number(number) => {
                connection.prepare_cached(BY_NUMBER)?.query_row(params![name, number], |row| row.get(0)).optional()?
            }
            WhichAttachment::Hash(hash) => {
                connection.prepare_cached(BY_HASH)?.query_row(params![hash.0, name], |row| row.get(0)).optional()?
            }
        };
        let Some(place) = place else { return Ok(None) };
        let mut select = connection.prepare_cached(ENTRY)?;
        let mut rows = select.query([place])?;
        rows.next()?.map(entry).transpose()
    }

    /// The bytes of a file by their SHA-256, as long as a case has it.
    ///
    /// # Errors
    /// See [`attachments`](Self::attachments).
    pub fn blob(&self, sha256: Hash) -> Result<Option<Vec<u8>>, StoreError> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(BYTES)?;
        Ok(select.query_row([sha256.0], |row| row.get(0)).optional()?)
    }
}
