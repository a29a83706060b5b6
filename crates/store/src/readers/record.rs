//! The record: entries, tree nodes, the checkpoint.

use crate::sql::{Connection, Optional, params};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::record::{Hash, Hold, Nodes};
use wheelhouse_core::world::Counters;

use super::details::cut;
use super::{Readers, bound, fetch, read_single};
use crate::tables::erase::REWRITE_DUE;
use crate::tables::rows::{entry, entry_columns, from_json, hash, uint};
use crate::{Page, StoreError, StoredEntry};

pub(super) const TIMELINE: &str =
    concat!("SELECT ", entry_columns!(), " FROM entries WHERE subject = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3");
pub(super) const ENTRIES: &str =
    concat!("SELECT ", entry_columns!(), " FROM entries WHERE seq > ?1 ORDER BY seq LIMIT ?2");
pub(super) const DRILLS_HELD: &str =
    concat!("SELECT ", entry_columns!(), " FROM entries WHERE kind = 'drill_held' ORDER BY seq DESC LIMIT ?1");
pub(super) const CATALOG_HISTORY: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM entries WHERE kind IN ('catalog_adopted', 'repository_refused') AND seq < ?1 ORDER BY seq DESC LIMIT ?2"
);
pub(super) const LEAF: &str = "SELECT leaf FROM entries WHERE seq = ?1";
pub(super) const NODE: &str = "SELECT hash FROM nodes WHERE level = ?1 AND place = ?2";

impl Readers {
    /// The entries about a case, oldest first; the cursor is an entry's sequence.
    ///
    /// # Errors
    /// When the database fails or a row is damaged; so it is for all that follow.
    pub fn timeline(&self, id: CaseId, cursor: Option<u64>, limit: usize) -> Result<Page<StoredEntry>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(TIMELINE)?;
        let seen = cursor.map_or(-1, bound);
        let mut rows = select.query(params![id.to_string(), seen, fetch(limit)])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(entry(&row)?);
        }
        Ok(cut(items, limit, |entry| entry.seq))
    }

    /// Entries from `from` on, at most `limit`.
    ///
    /// # Errors
    /// See [`timeline`](Self::timeline).
    pub fn entries(&self, from: u64, limit: usize) -> Result<Vec<StoredEntry>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(ENTRIES)?;
        let mut rows = select.query([bound(from) - 1, fetch(limit) - 1])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(entry(&row)?);
        }
        Ok(items)
    }

    /// The entries that say how a drill went, newest first, at most `limit`.
    ///
    /// # Errors
    /// See [`timeline`](Self::timeline).
    pub fn drills_held(&self, limit: usize) -> Result<Vec<StoredEntry>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(DRILLS_HELD)?;
        let mut rows = select.query([i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(entry(&row)?);
        }
        Ok(items)
    }

    /// The entries that say how the catalog changed, or that a change was refused, newest first: before
    /// the one of sequence `before`, at most `limit`.
    ///
    /// # Errors
    /// See [`timeline`](Self::timeline).
    pub fn catalog_history(&self, before: Option<u64>, limit: usize) -> Result<Vec<StoredEntry>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(CATALOG_HISTORY)?;
        let mut rows = select.query([before.map_or(i64::MAX, bound), fetch(limit) - 1])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(entry(&row)?);
        }
        Ok(items)
    }

    /// The last signed checkpoint.
    ///
    /// # Errors
    /// See [`timeline`](Self::timeline).
    pub fn checkpoint(&self) -> Result<Option<String>, StoreError> {
        read_single(&*self.connection()?, "checkpoint")
    }

    /// The legal holds that stand.
    ///
    /// # Errors
    /// See [`timeline`](Self::timeline).
    pub fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        let counters = read_single(&*self.connection()?, "counters")?;
        let read = |counters: String| from_json::<Counters>("singles", "counters", &counters);
        Ok(counters.map(read).transpose()?.unwrap_or_default().holds)
    }

    /// Whether the file is still to be rewritten without what was erased.
    ///
    /// # Errors
    /// See [`timeline`](Self::timeline).
    pub fn rewrite_is_due(&self) -> Result<bool, StoreError> {
        Ok(read_single(&*self.connection()?, REWRITE_DUE)?.is_some())
    }

    /// The number of entries.
    ///
    /// # Errors
    /// See [`timeline`](Self::timeline).
    pub fn tree_size(&self) -> Result<u64, StoreError> {
        tree_size(&*self.connection()?)
    }
}

/// Hashes for proofs. A failure of the database counts as a missing node, and is logged.
impl Nodes for Readers {
    fn node(&self, level: u32, index: u64) -> Option<Hash> {
        let found = self.connection().and_then(|connection| node(&connection, level, index));
        found.unwrap_or_else(|error| {
            tracing::error!(
                level,
                index,
                error = &error as &dyn std::error::Error,
                "cannot read a node of the record's tree"
            );
            None
        })
    }
}

/// The number of entries.
pub(crate) fn tree_size(connection: &Connection) -> Result<u64, StoreError> {
    let mut select = connection.prepare_cached("SELECT coalesce(max(seq) + 1, 0) FROM entries")?;
    uint("entries", "seq", select.query_row((), |row| row.get(0))?)
}

/// A complete node of the tree.
pub(crate) fn node(connection: &Connection, level: u32, index: u64) -> Result<Option<Hash>, StoreError> {
    let bytes: Option<Vec<u8>> = if level == 0 {
        let mut select = connection.prepare_cached(LEAF)?;
        select.query_row([bound(index)], |row| row.get(0)).optional()?
    } else {
        let mut select = connection.prepare_cached(NODE)?;
        select.query_row(params![level, bound(index)], |row| row.get(0)).optional()?
    };
    bytes.map(|bytes| hash("nodes", format!("{level}/{index}"), &bytes)).transpose()
}
