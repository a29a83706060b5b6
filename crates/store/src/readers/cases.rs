//! Lists of cases, newest first, each page a walk along one index.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use wheelhouse_core::case::{Case, CaseKind};

use super::{Readers, bound, fetch};
use crate::sqlite::rows::{from_json, uint};
use crate::{CaseQuery, CaseState, Page, StoreError};

/// The most rows that one page looks at, so that no filter, however rare what it finds, takes long.
const MOST_EXAMINED: usize = 5_000;

impl Readers {
    /// Lists cases, newest first.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn cases(&self, query: &CaseQuery) -> Result<Page<Case>, StoreError> {
        page(&self.connection(), query, MOST_EXAMINED)
    }
}

/// The index that a page walks along: one walk for each value of its column.
pub(super) struct Walks {
    pub(super) column: Option<&'static str>,
    values: Vec<Option<String>>,
}

impl Walks {
    /// Takes the index that leaves the fewest rows to look at.
    pub(super) fn of(query: &CaseQuery) -> Self {
        let live = !query.states.is_empty() && !query.states.contains(&CaseState::Resolved);
        let walks = |column, values: Vec<&str>| Self {
            column: Some(column),
            values: values.into_iter().map(|value| Some(value.into())).collect(),
        };
        match (&query.service, &query.team) {
            _ if live => walks("state", query.states.iter().map(|state| state.as_str()).collect()),
            (Some(service), _) => walks("service", vec![service.as_str()]),
            (None, Some(team)) => walks("team", vec![team.as_str()]),
            (None, None) if query.kind.is_some_and(|kind| kind != CaseKind::Incident) => {
                walks("kind", query.kind.iter().map(|kind| kind.as_str()).collect())
            }
            (None, None) if !query.severities.is_empty() => {
                walks("severity", query.severities.iter().map(|severity| severity.as_str()).collect())
            }
            (None, None) => Self { column: None, values: vec![None] },
        }
    }

    /// The statement of one walk: `?1` the bound, `?2` the most rows, then what else must hold, and
    /// last the column's value. Rows of which the rest does not hold come without their data.
    pub(super) fn sql(&self, filter: &Filter) -> String {
        let place = filter.values.len() + 3;
        let lead = self.column.map(|column| format!("{column} = ?{place} AND ")).unwrap_or_default();
        format!(
            "SELECT opened_order, CASE WHEN {} THEN data END FROM cases WHERE {lead}opened_order < ?1 \
             ORDER BY opened_order DESC LIMIT ?2",
            filter.sql
        )
    }
}

/// What must hold of a row beside what the index says.
pub(super) struct Filter {
    sql: String,
    values: Vec<Value>,
}

impl Filter {
    /// Values are numbered from `?3` on.
    pub(super) fn of(query: &CaseQuery) -> Self {
        let mut filter = Self { sql: "1 = 1".into(), values: Vec::new() };
        filter.one_of("state", query.states.iter().map(|state| state.as_str()));
        filter.one_of("severity", query.severities.iter().map(|severity| severity.as_str()));
        filter.one_of("service", query.service.iter().map(|service| service.as_str()));
        filter.one_of("team", query.team.iter().map(|team| team.as_str()));
        filter.one_of("kind", query.kind.iter().map(|kind| kind.as_str()));
        if let Some(drill) = query.drill {
            let place = filter.value(Value::Integer(drill.into()));
            filter.sql += &format!(" AND drill = {place}");
        }
        if let Some(text) = query.text.as_deref().filter(|text| !text.is_empty()) {
            let mut pattern = String::from("%");
            for letter in text.chars() {
                if matches!(letter, '%' | '_' | '\\') {
                    pattern.push('\\');
                }
                pattern.push(letter.to_ascii_lowercase());
            }
            pattern.push('%');
            let place = filter.value(Value::Text(pattern));
            filter.sql += &format!(" AND lower(title) LIKE {place} ESCAPE '\\'");
        }
        filter
    }

    fn one_of<'a>(&mut self, column: &str, words: impl Iterator<Item = &'a str>) {
        let places: Vec<String> = words.map(|word| self.value(Value::Text(word.into()))).collect();
        if !places.is_empty() {
            self.sql += &format!(" AND {column} IN ({})", places.join(", "));
        }
    }

    fn value(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len() + 2)
    }
}

/// What one walk found, newest first.
struct Found {
    matches: Vec<(u64, String)>,
    /// Down to where everything is known; absent where the walk came to its end.
    known_from: Option<u64>,
}

/// One page, after a look at `most_examined` rows at most.
pub(super) fn page(connection: &Connection, query: &CaseQuery, most_examined: usize) -> Result<Page<Case>, StoreError> {
    let (walks, filter) = (Walks::of(query), Filter::of(query));
    let sql = walks.sql(&filter);
    let limit = usize::try_from(fetch(query.limit)).unwrap_or(usize::MAX) - 1;
    let each = (most_examined / walks.values.len().max(1)).max(1);
    let mut matches = Vec::new();
    let mut known_from: Option<u64> = None;
    for value in &walks.values {
        let found = walk(connection, &sql, query.cursor, value.as_deref(), &filter, limit, each)?;
        matches.extend(found.matches);
        known_from = known_from.max(found.known_from);
    }
    matches.retain(|(order, _)| known_from.is_none_or(|from| *order >= from));
    matches.sort_unstable_by_key(|(order, _)| std::cmp::Reverse(*order));
    matches.dedup_by_key(|(order, _)| *order);
    let next = match matches.get(limit) {
        Some(_) => matches.get(limit - 1).map(|(order, _)| *order),
        None => known_from,
    };
    matches.truncate(limit);
    let items = matches.iter().map(|(order, data)| from_json("cases", order, data)).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

fn walk(
    connection: &Connection,
    sql: &str,
    cursor: Option<u64>,
    value: Option<&str>,
    filter: &Filter,
    limit: usize,
    most_examined: usize,
) -> Result<Found, StoreError> {
    let most = i64::try_from(most_examined).unwrap_or(i64::MAX);
    let from = cursor.map_or(i64::MAX, bound);
    let bounds = [Value::Integer(from), Value::Integer(most)];
    let lead = value.map(|value| Value::Text(value.into()));
    let values = bounds.into_iter().chain(filter.values.iter().cloned()).chain(lead);
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params_from_iter(values))?;
    let mut found = Found { matches: Vec::new(), known_from: None };
    let mut examined = 0;
    while let Some(row) = rows.next()? {
        let order = uint("cases", "opened_order", row.get(0)?)?;
        examined += 1;
        if let Some(data) = row.get::<_, Option<String>>(1)? {
            found.matches.push((order, data));
        }
        if examined == most_examined || found.matches.len() > limit {
            found.known_from = Some(order);
            break;
        }
    }
    Ok(found)
}
