//! Searching the record.

use crate::sql::{Connection, Optional, params};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::record::{Actor, Canonical};
use wheelhouse_core::time::Timestamp;

use super::{Readers, bound};
use crate::tables::rows::{damaged, entry, entry_columns};
use crate::{LARGEST_PAGE, Page, StoreError, StoredEntry};

/// The most entries that one page looks at.
const MOST_EXAMINED: usize = 5_000;
/// The most rows that are asked for at once.
const ROWS: i64 = 1_000_000;

pub(super) const NEWEST: &str = concat!(
    "SELECT ",
    entry_columns!(),
    ", kind, drill FROM entries WHERE seq > ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3"
);
pub(super) const OLDEST: &str = concat!(
    "SELECT ",
    entry_columns!(),
    ", kind, drill FROM entries WHERE seq > ?1 AND seq < ?2 ORDER BY seq ASC LIMIT ?3"
);
pub(super) const NEWEST_OF_CASE: &str = concat!(
    "SELECT ",
    entry_columns!(),
    ", kind, drill FROM entries WHERE subject = ?4 AND seq > ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3"
);
pub(super) const OLDEST_OF_CASE: &str = concat!(
    "SELECT ",
    entry_columns!(),
    ", kind, drill FROM entries WHERE subject = ?4 AND seq > ?1 AND seq < ?2 ORDER BY seq ASC LIMIT ?3"
);
pub(super) const AT: &str = "SELECT at FROM entries WHERE seq = ?1";

/// Which entries of the record. An empty list, or nothing, means: any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryQuery {
    /// Of one of these kinds, in the words of facts.
    pub kinds: Vec<String>,
    /// By this actor.
    pub actor: Option<Actor>,
    /// About this case.
    pub case: Option<CaseId>,
    /// Made at this instant or later.
    pub since: Option<Timestamp>,
    /// Made before this instant.
    pub until: Option<Timestamp>,
    /// For exercise, or not.
    pub drill: Option<bool>,
    /// The last first, and not the first.
    pub newest: bool,
    /// Where the page before ended (`Page::next`), in the same order: an entry's index.
    pub cursor: Option<u64>,
    /// How many; at most [`LARGEST_PAGE`].
    pub limit: usize,
}

impl Readers {
    /// The entries that a query finds; like pages of cases, a page may be short and still have a next one.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub fn entries_like(&self, query: &EntryQuery) -> Result<Page<StoredEntry>, StoreError> {
        let connection = self.connection()?;
        let size = super::record::tree_size(&connection)?;
        let mut low = query.since.map_or(Ok(0), |at| first_since(&connection, size, at))?;
        let mut high = query.until.map_or(Ok(size), |at| first_since(&connection, size, at))?;
        match query.cursor {
            Some(cursor) if query.newest => high = high.min(cursor),
            Some(cursor) => low = low.max(cursor.saturating_add(1)),
            None => {}
        }
        let sql = match (query.newest, query.case.is_some()) {
            (true, false) => NEWEST,
            (false, false) => OLDEST,
            (true, true) => NEWEST_OF_CASE,
            (false, true) => OLDEST_OF_CASE,
        };
        let mut select = connection.prepare_cached(sql)?;
        let (low, high) = (bound(low) - 1, bound(high));
        let mut rows = match query.case {
            Some(case) => select.query(params![low, high, ROWS, case.to_string()])?,
            None => select.query(params![low, high, ROWS])?,
        };
        let limit = query.limit.clamp(1, LARGEST_PAGE);
        let (mut items, mut examined, mut last) = (Vec::new(), 0, None);
        while let Some(row) = rows.next()? {
            if items.len() == limit || examined == MOST_EXAMINED {
                return Ok(Page { items, next: last });
            }
            let found = entry(&row)?;
            (examined, last) = (examined + 1, Some(found.seq));
            let kind = row.text(6)?;
            let drill: bool = row.get(7)?;
            let fits = (query.kinds.is_empty() || query.kinds.iter().any(|wanted| **wanted == *kind))
                && query.drill.is_none_or(|wanted| wanted == drill);
            if fits && is_by(query.actor.as_ref(), &found)? {
                items.push(found);
            }
        }
        Ok(Page { items, next: None })
    }
}

fn is_by(actor: Option<&Actor>, found: &StoredEntry) -> Result<bool, StoreError> {
    let Some(actor) = actor else { return Ok(true) };
    let canonical = Canonical::parse(&found.canonical).map_err(|_| damaged("entries", found.seq, "no entry"))?;
    Ok(canonical.actor == *actor)
}

/// The first entry made at an instant or later; the size of the record where there is none. Entries are in order
/// of time.
fn first_since(connection: &Connection, size: u64, at: Timestamp) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, size);
    let mut select = connection.prepare_cached(AT)?;
    while low < high {
        let middle = low + (high - low) / 2;
        let made: Option<i64> = select.query_row([bound(middle)], |row| row.get(0)).optional()?;
        if made.is_some_and(|made| made < at.as_micros()) { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}
