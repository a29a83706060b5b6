//! Lists of cases, each page a walk along one index.

use crate::sql::Value;
use crate::sql::{Connection, Optional};
use wheelhouse_core::case::{Case, CaseKind, Severity};
use wheelhouse_core::time::Timestamp;

use super::{Readers, bound, fetch};
use crate::tables::rows::{from_json, uint};
use crate::{CaseOrder, CaseQuery, CaseState, LARGEST_PAGE, Page, StoreError};

/// The most rows that one page looks at, so that no filter, however rare what it finds, takes long.
const MOST_EXAMINED: usize = 5_000;
/// The same where the whole of a row is looked through for a person.
const MOST_LOOKED_THROUGH: usize = 2_000;
/// The same where only titles are looked through.
const MOST_TITLES: usize = 25_000;
/// How many orders a severity takes in a cursor of a list by severity.
const PER_SEVERITY: u64 = 1 << 56;

pub(super) const FIRST_FROM: &str =
    "SELECT opened_order FROM cases WHERE opened_at >= ?1 ORDER BY opened_at, opened_order LIMIT 1";
pub(super) const LAST_BEFORE: &str =
    "SELECT opened_order FROM cases WHERE opened_at < ?1 ORDER BY opened_at DESC, opened_order DESC LIMIT 1";

impl Readers {
    /// Lists cases in the order asked for.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn cases(&self, query: &CaseQuery) -> Result<Page<Case>, StoreError> {
        let connection = self.connection()?;
        let most = match query {
            CaseQuery { person: Some(_), .. } => MOST_LOOKED_THROUGH,
            query if Walks::of(query).titles => MOST_TITLES,
            _ => MOST_EXAMINED,
        };
        match query.order {
            CaseOrder::Newest | CaseOrder::Oldest => page(&connection, query, most),
            CaseOrder::Severity => by_severity(&connection, query, most),
        }
    }
}

/// One page of a list by severity: of each severity, worst first, a list of its own. A cursor is that of the
/// severity's list, plus [`PER_SEVERITY`] for each severity before it.
fn by_severity(connection: &Connection, query: &CaseQuery, most_examined: usize) -> Result<Page<Case>, StoreError> {
    let (start, inner) = query.cursor.map_or((0, None), |cursor| {
        (cursor / PER_SEVERITY, Some(cursor % PER_SEVERITY).filter(|order| *order < PER_SEVERITY - 1))
    });
    let wanted = |severity: &Severity| query.severities.is_empty() || query.severities.contains(severity);
    let mut items: Vec<Case> = Vec::new();
    let mut inner = inner;
    for (number, severity) in (0_u64..).zip(Severity::ALL).skip(usize::try_from(start).unwrap_or(usize::MAX)) {
        let cursor = inner.take();
        if !wanted(&severity) {
            continue;
        }
        let limit = query.limit.clamp(1, LARGEST_PAGE) - items.len();
        if limit == 0 {
            return Ok(Page { items, next: Some(number * PER_SEVERITY + PER_SEVERITY - 1) });
        }
        let of_one = CaseQuery { severities: vec![severity], order: CaseOrder::Newest, cursor, limit, ..query.clone() };
        let found = page(connection, &of_one, most_examined)?;
        items.extend(found.items);
        if let Some(next) = found.next {
            return Ok(Page { items, next: Some(number * PER_SEVERITY + next) });
        }
    }
    Ok(Page { items, next: None })
}

/// The index that a page walks along: one walk for each value of its column.
pub(super) struct Walks {
    pub(super) column: Option<&'static str>,
    values: Vec<Option<String>>,
    /// Titles are looked through in an index of their own, and the other columns only of those that fit.
    pub(super) titles: bool,
}

impl Walks {
    /// Takes the index that leaves the fewest rows to look at.
    pub(super) fn of(query: &CaseQuery) -> Self {
        let live = !query.states.is_empty() && !query.states.contains(&CaseState::Resolved);
        let walks = |column, values: Vec<&str>| Self {
            column: Some(column),
            values: values.into_iter().map(|value| Some(value.into())).collect(),
            titles: false,
        };
        match (&query.service, &query.team) {
            _ if live => walks("state", query.states.iter().map(|state| state.as_str()).collect()),
            (Some(service), _) => walks("service", vec![service.as_str()]),
            (None, Some(team)) => walks("team", vec![team.as_str()]),
            (None, None) if !query.kinds.is_empty() && !query.kinds.contains(&CaseKind::Incident) => {
                walks("kind", query.kinds.iter().map(|kind| kind.as_str()).collect())
            }
            (None, None) if !query.severities.is_empty() => {
                walks("severity", query.severities.iter().map(|severity| severity.as_str()).collect())
            }
            (None, None) => Self { column: None, values: vec![None], titles: words(query).is_some() },
        }
    }

    /// The statement of one walk: `?1` and `?2` the bounds, `?3` the most rows, then what else must hold, and
    /// last the column's value. Rows of which the rest does not hold come without their data.
    pub(super) fn sql(&self, filter: &Filter, order: CaseOrder) -> String {
        let place = filter.values.len() + 4;
        let lead = self.column.map(|column| format!("{column} = ?{place} AND ")).unwrap_or_default();
        let direction = if order == CaseOrder::Oldest { "ASC" } else { "DESC" };
        let walked =
            format!("WHERE {lead}opened_order > ?1 AND opened_order < ?2 ORDER BY opened_order {direction} LIMIT ?3");
        let Filter { sql, title, .. } = filter;
        match title {
            Some(fits) if self.titles => format!(
                "SELECT walked.opened_order, CASE WHEN walked.fits THEN \
                 (SELECT data FROM cases WHERE opened_order = walked.opened_order AND {sql}) END \
                 FROM (SELECT opened_order, {fits} AS fits FROM cases INDEXED BY cases_titles {walked}) AS walked"
            ),
            Some(fits) => format!("SELECT opened_order, CASE WHEN {sql} AND {fits} THEN data END FROM cases {walked}"),
            None => format!("SELECT opened_order, CASE WHEN {sql} THEN data END FROM cases {walked}"),
        }
    }
}

/// The text that titles must have, if there is one.
fn words(query: &CaseQuery) -> Option<&str> {
    query.text.as_deref().filter(|text| !text.is_empty())
}

/// What must hold of a row beside what the index says.
pub(super) struct Filter {
    /// What must hold of all columns but the title.
    sql: String,
    /// What must hold of the title.
    title: Option<String>,
    values: Vec<Value>,
}

impl Filter {
    /// Values are numbered from `?4` on.
    pub(super) fn of(query: &CaseQuery) -> Self {
        let mut filter = Self { sql: "1 = 1".into(), title: None, values: Vec::new() };
        filter.one_of("state", query.states.iter().map(|state| state.as_str()));
        filter.one_of("severity", query.severities.iter().map(|severity| severity.as_str()));
        filter.one_of("service", query.service.iter().map(|service| service.as_str()));
        filter.one_of("team", query.team.iter().map(|team| team.as_str()));
        filter.one_of("kind", query.kinds.iter().map(|kind| kind.as_str()));
        if let Some(person) = &query.person {
            // A first look at the row; whether it is that person's part is seen in the case.
            let place = filter.value(Value::Text(format!("\"{person}\"")));
            filter.sql += &format!(" AND instr(data, {place}) > 0");
        }
        if let Some(drill) = query.drill {
            let place = filter.value(Value::Integer(drill.into()));
            filter.sql += &format!(" AND drill = {place}");
        }
        if let Some(text) = words(query) {
            let mut pattern = String::from("%");
            for letter in text.chars() {
                if matches!(letter, '%' | '_' | '\\') {
                    pattern.push('\\');
                }
                pattern.push(letter.to_ascii_lowercase());
            }
            pattern.push('%');
            let place = filter.value(Value::Text(pattern));
            filter.title = Some(format!("lower(title) LIKE {place} ESCAPE '\\'"));
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
        format!("?{}", self.values.len() + 3)
    }
}

/// What one walk found, in its order.
struct Found {
    matches: Vec<(u64, String)>,
    /// Up to where everything is known; absent where the walk came to its end.
    known_to: Option<u64>,
}

/// The orders between which a page lies, both exclusive.
#[derive(Clone, Copy)]
struct Bounds {
    low: i64,
    high: i64,
}

impl Bounds {
    /// What the cursor leaves of the time asked for; nothing where that is empty.
    fn of(connection: &Connection, query: &CaseQuery) -> Result<Option<Self>, StoreError> {
        let mut bounds = Self { low: -1, high: i64::MAX };
        let order = |sql: &str, at: Timestamp| -> Result<Option<i64>, StoreError> {
            Ok(connection.prepare_cached(sql)?.query_row([at.as_micros()], |row| row.get(0)).optional()?)
        };
        if let Some(from) = query.opened_from {
            let Some(first) = order(FIRST_FROM, from)? else { return Ok(None) };
            bounds.low = first - 1;
        }
        if let Some(until) = query.opened_until {
            let Some(last) = order(LAST_BEFORE, until)? else { return Ok(None) };
            bounds.high = last.saturating_add(1);
        }
        match query.cursor.map(bound) {
            Some(cursor) if query.order == CaseOrder::Oldest => bounds.low = bounds.low.max(cursor),
            Some(cursor) => bounds.high = bounds.high.min(cursor),
            None => {}
        }
        Ok(Some(bounds))
    }
}

/// One page, after a look at `most_examined` rows at most.
pub(super) fn page(connection: &Connection, query: &CaseQuery, most_examined: usize) -> Result<Page<Case>, StoreError> {
    let (walks, filter) = (Walks::of(query), Filter::of(query));
    let Some(bounds) = Bounds::of(connection, query)? else { return Ok(Page { items: Vec::new(), next: None }) };
    let upwards = query.order == CaseOrder::Oldest;
    let limit = usize::try_from(fetch(query.limit)).unwrap_or(usize::MAX) - 1;
    let each = (most_examined / walks.values.len().max(1)).max(1);
    let walk =
        Walk { sql: walks.sql(&filter, query.order), filter: &filter, bounds, limit, most_examined: each, query };
    let mut matches = Vec::new();
    let mut known_to: Option<u64> = None;
    for value in &walks.values {
        let found = walk.along(connection, value.as_deref())?;
        matches.extend(found.matches);
        // What is known of all walks ends where the first of them ended.
        known_to = match (known_to, found.known_to) {
            (Some(one), Some(other)) => Some(if upwards { one.min(other) } else { one.max(other) }),
            (one, other) => one.or(other),
        };
    }
    matches.retain(|(order, _)| known_to.is_none_or(|to| if upwards { *order <= to } else { *order >= to }));
    matches.sort_unstable_by_key(|(order, _)| *order);
    if !upwards {
        matches.reverse();
    }
    matches.dedup_by_key(|(order, _)| *order);
    let next = match matches.get(limit) {
        Some(_) => matches.get(limit - 1).map(|(order, _)| *order),
        None => known_to,
    };
    matches.truncate(limit);
    let items = matches.iter().map(|(order, data)| from_json("cases", order, data)).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

/// Walks along one index.
struct Walk<'q> {
    sql: String,
    filter: &'q Filter,
    bounds: Bounds,
    limit: usize,
    most_examined: usize,
    query: &'q CaseQuery,
}

impl Walk<'_> {
    fn along(&self, connection: &Connection, value: Option<&str>) -> Result<Found, StoreError> {
        let most = i64::try_from(self.most_examined).unwrap_or(i64::MAX);
        let bounds = [self.bounds.low, self.bounds.high, most].map(Value::Integer);
        let lead = value.map(|value| Value::Text(value.into()));
        let values: Vec<Value> = bounds.into_iter().chain(self.filter.values.iter().cloned()).chain(lead).collect();
        let mut select = connection.prepare_cached(&self.sql)?;
        let mut rows = select.query(values)?;
        let mut found = Found { matches: Vec::new(), known_to: None };
        let mut examined = 0;
        while let Some(row) = rows.next()? {
            let order = uint("cases", "opened_order", row.get(0)?)?;
            examined += 1;
            if let Some(data) = row.get::<Option<String>>(1)?
                && self.is_theirs(order, &data)?
            {
                found.matches.push((order, data));
            }
            if examined == self.most_examined || found.matches.len() > self.limit {
                found.known_to = Some(order);
                break;
            }
        }
        Ok(found)
    }

    /// Whether the person asked for, if one is, owns the case or had a part in it.
    fn is_theirs(&self, order: u64, data: &str) -> Result<bool, StoreError> {
        let Some(person) = &self.query.person else { return Ok(true) };
        let case: Case = from_json("cases", order, data)?;
        Ok(case.owner.as_ref() == Some(person) || case.involved.contains(person))
    }
}
