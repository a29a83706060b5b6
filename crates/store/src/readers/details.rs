//! What belongs to one case, and what belongs to none.

use std::ops::Range;

use crate::sql::{Optional, Row, params};
use wheelhouse_core::access::Token;
use wheelhouse_core::case::{Case, CaseId};
use wheelhouse_core::notify::Message;
use wheelhouse_core::record::Hash;
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::world::{NotToldRow, StoredSignal};

use super::{Readers, bound, fetch, read_catalog, read_tokens};
use crate::tables::load;
use crate::tables::rows::{bytes_32, case_id, from_json, signal, signal_columns, uint};
use crate::{Commit, Journal, KeptReply, Page, StoreError, StoredCatalog, journal};

pub(super) const MESSAGES: &str = "SELECT data FROM messages WHERE case_id = ?1 ORDER BY number";
pub(super) const NOT_TOLD: &str = "SELECT data FROM not_told WHERE case_id = ?1 ORDER BY number";
pub(super) const MEMBERS: &str =
    concat!("SELECT ", signal_columns!(), " FROM signals WHERE case_id = ?1 AND number > ?2 ORDER BY number LIMIT ?3");
pub(super) const REPLY: &str =
    "SELECT request, status, body, at, case_id, salt FROM replies WHERE principal = ?1 AND request_key = ?2";
pub(super) const JOURNAL: &str = "SELECT salt, frames FROM journal WHERE commit_seq = ?1";
pub(super) const COMMITS: &str = "SELECT commit_seq, at, first_entry, entries, cases FROM commits \
     WHERE commit_seq > ?1 ORDER BY commit_seq LIMIT ?2";

impl Readers {
    /// One case.
    ///
    /// # Errors
    /// When the database fails or the row is damaged; so it is for all that follow.
    pub fn case(&self, id: CaseId) -> Result<Option<Case>, StoreError> {
        load::case(&*self.connection()?, id)
    }

    /// The messages of a case in the order in which they were decided.
    ///
    /// # Errors
    /// See [`case`](Self::case).
    pub fn messages(&self, id: CaseId) -> Result<Vec<Message>, StoreError> {
        self.rows_of_case("messages", MESSAGES, id)
    }

    /// Who was affected by a case and not told, in the order in which it was decided.
    ///
    /// # Errors
    /// See [`case`](Self::case).
    pub fn not_told(&self, id: CaseId) -> Result<Vec<NotToldRow>, StoreError> {
        self.rows_of_case("not_told", NOT_TOLD, id)
    }

    /// The signals that ever joined a case, in the order first seen; the cursor is a signal's number.
    ///
    /// # Errors
    /// See [`case`](Self::case).
    pub fn members(&self, id: CaseId, cursor: Option<u64>, limit: usize) -> Result<Page<StoredSignal>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(MEMBERS)?;
        let mut rows = select.query(params![id.to_string(), bound(cursor.unwrap_or(0)), fetch(limit)])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(signal(&row)?);
        }
        Ok(cut(items, limit, |signal| signal.number.0))
    }

    /// All tokens, by name.
    ///
    /// # Errors
    /// See [`case`](Self::case).
    pub fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        read_tokens(&*self.connection()?)
    }

    /// The sources of a catalog that was once adopted.
    ///
    /// # Errors
    /// See [`case`](Self::case).
    pub fn catalog(&self, version: &str) -> Result<Option<StoredCatalog>, StoreError> {
        read_catalog(&*self.connection()?, version)
    }

    /// The answer kept for a principal's key.
    ///
    /// # Errors
    /// See [`case`](Self::case).
    pub fn reply(&self, principal: &str, key: &str) -> Result<Option<KeptReply>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(REPLY)?;
        let row = select
            .query_row([principal, key], |row| {
                let (case, salt) = (row.get::<Option<String>>(4)?, row.get(5)?);
                Ok((row.get::<Vec<u8>>(0)?, row.get(1)?, row.get(2)?, row.get::<i64>(3)?, case, salt))
            })
            .optional()?;
        let Some((request, status, body, at, case, salt)) = row else { return Ok(None) };
        Ok(Some(KeptReply {
            principal: principal.into(),
            key: key.into(),
            request: Hash(bytes_32("replies", key, &request)?),
            status,
            body,
            at: Timestamp::from_micros(at),
            case: case.map(|case| case_id("replies", &case)).transpose()?,
            salt,
        }))
    }

    /// What a commit took in, if anything.
    ///
    /// # Errors
    /// See [`case`](Self::case).
    pub fn journal(&self, commit: u64) -> Result<Option<Journal>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(JOURNAL)?;
        let row: Option<(Vec<u8>, Vec<u8>)> =
            select.query_row([bound(commit)], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((salt, frames)) = row else { return Ok(None) };
        let frames = journal::unpack(&frames).map_err(|reason| StoreError::Damaged {
            table: "journal",
            row: commit.to_string(),
            reason,
        })?;
        Ok(Some(Journal { salt: bytes_32("journal", commit, &salt)?, frames }))
    }

    /// The commits after `commit`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// See [`case`](Self::case).
    pub fn changes_since(&self, commit: u64, limit: usize) -> Result<Vec<Commit>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(COMMITS)?;
        let mut rows = select.query([bound(commit), fetch(limit) - 1])?;
        let mut commits = Vec::new();
        while let Some(row) = rows.next()? {
            commits.push(commit_row(&row)?);
        }
        Ok(commits)
    }

    fn rows_of_case<T: serde::de::DeserializeOwned>(
        &self,
        table: &'static str,
        sql: &str,
        id: CaseId,
    ) -> Result<Vec<T>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(sql)?;
        let mut rows = select.query([id.to_string()])?;
        let mut values = Vec::new();
        while let Some(row) = rows.next()? {
            values.push(from_json(table, id, &row.text(0)?)?);
        }
        Ok(values)
    }
}

/// Reads a commit's row: sequence, instant, first entry, number of entries, cases.
pub(crate) fn commit_row(row: &Row<'_>) -> Result<Commit, StoreError> {
    let number = |column: usize, name| uint("commits", name, row.get(column)?);
    let first = number(2, "first_entry")?;
    let entries: Range<u64> = first..first + number(3, "entries")?;
    let cases: String = row.get(4)?;
    Ok(Commit {
        commit: number(0, "commit_seq")?,
        at: Timestamp::from_micros(row.get(1)?),
        entries,
        cases: cases.split_ascii_whitespace().map(|id| case_id("commits", id)).collect::<Result<_, _>>()?,
    })
}

/// Cuts what was fetched down to a page.
pub(super) fn cut<T>(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> u64) -> Page<T> {
    let limit = usize::try_from(fetch(limit)).unwrap_or(usize::MAX) - 1;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(cursor);
    Page { items, next }
}
