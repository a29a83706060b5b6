//! Cases by when they were opened: what statistics are made of.

use crate::sql::params;
use wheelhouse_core::case::Case;
use wheelhouse_core::time::Timestamp;

use super::{Readers, bound, fetch};
use crate::StoreError;
use crate::tables::rows::{from_json, int, uint};

pub(super) const OPENED: &str = "SELECT opened_at, opened_order, data FROM cases \
     WHERE (opened_at, opened_order) > (?1, ?2) AND opened_at < ?3 ORDER BY opened_at, opened_order LIMIT ?4";
const COUNT: &str =
    "SELECT count(*) FROM (SELECT 1 FROM cases WHERE opened_at >= ?1 AND opened_at < ?2 LIMIT ?3) AS period";

/// Where a page of cases by opening ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedCursor {
    at: i64,
    order: u64,
}

impl OpenedCursor {
    /// Before the first case opened at `since`.
    pub const fn before(since: Timestamp) -> Self {
        Self { at: since.as_micros(), order: 0 }
    }
}

impl Readers {
    /// How many cases were opened from `since` on and before `until`; counts no further than `most`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn count_opened(&self, since: Timestamp, until: Timestamp, most: u64) -> Result<u64, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(COUNT)?;
        let most = int("a count", most)?;
        let count = select.query_row(params![since.as_micros(), until.as_micros(), most], |row| row.get(0))?;
        uint("cases", "count", count)
    }

    /// The cases opened before `until`, oldest first, from a cursor on; at most `limit`, and never more than
    /// [`LARGEST_PAGE`](crate::LARGEST_PAGE). Also the cursor of the page after it; absent at the end.
    ///
    /// A page is one short look: nothing is held between pages, and a case is seen as it is then.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub fn opened(
        &self,
        from: OpenedCursor,
        until: Timestamp,
        limit: usize,
    ) -> Result<(Vec<Case>, Option<OpenedCursor>), StoreError> {
        let limit = fetch(limit) - 1;
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(OPENED)?;
        let mut rows = select.query(params![from.at, bound(from.order), until.as_micros(), limit])?;
        let (mut cases, mut last) = (Vec::new(), from);
        while let Some(row) = rows.next()? {
            last = OpenedCursor { at: row.get(0)?, order: uint("cases", "opened_order", row.get(1)?)? };
            let data = row.text(2)?;
            cases.push(from_json("cases", last.order, &data)?);
        }
        let full = i64::try_from(cases.len()).is_ok_and(|read| read == limit);
        Ok((cases, full.then_some(last)))
    }
}
