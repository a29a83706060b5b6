//! Pages of changes and of silences.

use crate::sql::{Connection, params};
use wheelhouse_core::change::Change;
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::silence::Silence;
use wheelhouse_core::time::Timestamp;

use super::{Readers, bound, fetch};
use crate::tables::rows::from_json;
use crate::{Page, StoreError};

/// Which changes.
#[derive(Clone, Debug, Default)]
pub struct ChangeQuery {
    /// Only of this service.
    pub service: Option<ServiceName>,
    /// Only those done at this instant or before.
    pub before: Option<Timestamp>,
    /// Only those done after this instant.
    pub after: Option<Timestamp>,
    /// Only drills, or only real ones.
    pub drill: Option<bool>,
    /// How many at most.
    pub limit: usize,
}

pub(crate) const CHANGES_OF_SERVICE: &str = "SELECT number, data FROM changes WHERE service = ?1 AND at <= ?2 AND at > ?3 \
     AND drill = coalesce(?4, drill) ORDER BY at DESC, number DESC LIMIT ?5";
pub(crate) const CHANGES: &str = "SELECT number, data FROM changes WHERE coalesce(?1, '') = '' AND at <= ?2 AND at > ?3 \
     AND drill = coalesce(?4, drill) ORDER BY at DESC, number DESC LIMIT ?5";
pub(crate) const SILENCES: &str = "SELECT id, data FROM silences WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

const CHANGE: &str = "SELECT data FROM changes WHERE number = ?1";

impl Readers {
    /// A change by its number, if there is one.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub fn change(&self, number: u64) -> Result<Option<Change>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(CHANGE)?;
        let mut rows = select.query([bound(number)])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        from_json("changes", number, &row.text(0)?).map(Some)
    }

    /// Changes, the latest done first.
    pub fn changes(&self, query: &ChangeQuery) -> Result<Vec<Change>, StoreError> {
        let connection = self.connection()?;
        let service = query.service.as_ref().map(ServiceName::as_str);
        let before = query.before.unwrap_or(Timestamp::MAX).as_micros();
        let after = query.after.map_or(i64::MIN, Timestamp::as_micros);
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
        let sql = if service.is_some() { CHANGES_OF_SERVICE } else { CHANGES };
        let mut select = connection.prepare_cached(sql)?;
        let mut rows = select.query(params![service, before, after, query.drill, limit])?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            changes.push(from_json("changes", number, &row.text(1)?)?);
        }
        Ok(changes)
    }

    /// All silences ever made, the latest first; `cursor` is the number of the last one seen.
    pub fn silences(&self, cursor: Option<u64>, limit: usize) -> Result<Page<Silence>, StoreError> {
        let mut items = some(&*self.connection()?, bound(cursor.unwrap_or(u64::MAX)), fetch(limit))?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|silence: &Silence| silence.id.0);
        Ok(Page { items, next })
    }
}

fn some(connection: &Connection, before: i64, limit: i64) -> Result<Vec<Silence>, StoreError> {
    let mut select = connection.prepare_cached(SILENCES)?;
    let mut rows = select.query([before, limit])?;
    let mut silences = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        silences.push(from_json("silences", id, &row.text(1)?)?);
    }
    Ok(silences)
}
