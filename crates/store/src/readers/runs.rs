//! Pages of runs of runbooks.

use crate::sql::Value;
use crate::sql::{Optional, params};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::run::{Run, RunId};
use wheelhouse_core::runbook::RunbookName;

use super::{Readers, bound, details::cut, fetch};
use crate::tables::rows::{entry, entry_columns, from_json};
use crate::{Page, StoreError, StoredEntry};

/// Which runs.
#[derive(Clone, Debug, Default)]
pub struct RunQuery {
    /// Only of this case.
    pub case: Option<CaseId>,
    /// Only of this runbook.
    pub runbook: Option<RunbookName>,
    /// Only those that are under way.
    pub under_way: bool,
    /// Those before this one.
    pub cursor: Option<RunId>,
    /// How many at most.
    pub limit: usize,
}

pub(super) const RUN: &str = "SELECT data FROM runs WHERE id = ?1";
pub(super) const ENTRIES_OF_RUN: &str =
    concat!("SELECT ", entry_columns!(), " FROM entries WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3");

impl RunQuery {
    /// The statement: `?1` the bound, `?2` the most rows, then the values that it names.
    pub(super) fn sql(&self) -> (String, Vec<Value>) {
        let mut sql = String::from("SELECT id, data FROM runs WHERE ");
        let mut values = Vec::new();
        for (column, value) in [
            ("case_id", self.case.map(|case| case.to_string())),
            ("runbook", self.runbook.as_ref().map(ToString::to_string)),
        ] {
            if let Some(value) = value {
                values.push(Value::Text(value));
                sql += &format!("{column} = ?{} AND ", values.len() + 2);
            }
        }
        if self.under_way {
            sql += "ended_at IS NULL AND ";
        }
        sql += "id < ?1 ORDER BY id DESC LIMIT ?2";
        (sql, values)
    }
}

impl Readers {
    /// A run by its name, if there is one.
    ///
    /// # Errors
    /// When the database fails or the row is damaged; so it is for all that follow.
    pub fn run(&self, id: RunId) -> Result<Option<Run>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(RUN)?;
        let data: Option<String> = select.query_row([bound(id.0)], |row| row.get(0)).optional()?;
        data.map(|data| from_json("runs", id, &data)).transpose()
    }

    /// Runs, the last started first; the cursor is a run's number.
    ///
    /// # Errors
    /// See [`run`](Self::run).
    pub fn runs(&self, query: &RunQuery) -> Result<Page<Run>, StoreError> {
        let connection = self.connection()?;
        let (sql, values) = query.sql();
        let before = query.cursor.map_or(i64::MAX, |run| bound(run.0));
        let fixed = [before, fetch(query.limit)].map(Value::Integer);
        let mut select = connection.prepare_cached(&sql)?;
        let mut rows = select.query(fixed.into_iter().chain(values).collect::<Vec<_>>())?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            items.push(from_json("runs", id, &row.text(1)?)?);
        }
        Ok(cut(items, query.limit, |run: &Run| run.id.0))
    }

    /// The entries of a run, oldest first; the cursor is an entry's sequence.
    ///
    /// # Errors
    /// See [`run`](Self::run).
    pub fn entries_of_run(
        &self,
        id: RunId,
        cursor: Option<u64>,
        limit: usize,
    ) -> Result<Page<StoredEntry>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(ENTRIES_OF_RUN)?;
        let mut rows = select.query(params![bound(id.0), cursor.map_or(-1, bound), fetch(limit)])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(entry(&row)?);
        }
        Ok(cut(items, limit, |entry| entry.seq))
    }
}
