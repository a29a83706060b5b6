//! Rows compared with what follows from the entries.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use wheelhouse_core::access::{Token, TokenId};
use wheelhouse_core::case::{Case, CaseId};
use wheelhouse_core::catalog;
use wheelhouse_core::notify::Message;
use wheelhouse_core::world::{Counters, NotToldRow};

use super::report::Findings;
use crate::StoreError;
use crate::readers::{read_catalog, read_single};
use crate::sqlite::rows::{CaseColumns, from_json, int, uint};
use crate::sqlite::write::message_state;

/// SQLite's own check of the file: pages, indexes, constraints.
pub(super) fn check_file(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let mut select = connection.prepare("PRAGMA integrity_check(20)")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let verdict: String = row.get(0)?;
        if verdict != "ok" {
            findings.problem("the integrity", "the database file", "no fault", verdict);
        }
    }
    let mut select = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (table, row, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let place = format!("row {} of {table}", row.unwrap_or_default());
        findings.problem("the reference", place, format!("a row of {parent}"), "none");
    }
    Ok(())
}

/// Compares a case with its row.
pub(super) fn check_case(
    connection: &Connection,
    expected: &Case,
    erased: bool,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT kind, state, severity, service, team, drill, title, over_since, data FROM cases WHERE id = ?1",
    )?;
    let row = select
        .query_row([expected.id.to_string()], |row| Ok((CaseColumns::read(row, 0)?, row.get::<_, String>(8)?)))
        .optional();
    let Some(row) = findings.readable("the row", expected.id, row) else { return Ok(()) };
    let Some((columns, data)) = row else {
        findings.problem("the row", expected.id, "one", "none");
        return Ok(());
    };
    let Some(stored) = findings.readable("the row", expected.id, from_json::<Case>("cases", expected.id, &data)) else {
        return Ok(());
    };
    findings.same("the columns", expected.id, CaseColumns::of(&stored), columns);
    let text = |case: &Case| if erased { without_texts(case.clone()) } else { case.clone() };
    findings.same("the row", expected.id, text(expected), text(&stored));
    Ok(())
}

/// A case as its row says.
pub(super) fn case_of_row(
    connection: &Connection,
    id: CaseId,
    findings: &mut Findings,
) -> Result<Option<Case>, StoreError> {
    let mut select = connection.prepare_cached("SELECT data FROM cases WHERE id = ?1")?;
    let data: Option<String> = select.query_row([id.to_string()], |row| row.get(0)).optional()?;
    Ok(data.and_then(|data| findings.readable("the row", id, from_json("cases", id, &data))))
}

/// Compares a message with its row.
pub(super) fn check_message(
    connection: &Connection,
    expected: &Message,
    erased: bool,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let id = expected.id;
    let mut select =
        connection.prepare_cached("SELECT state, data FROM messages WHERE case_id = ?1 AND number = ?2")?;
    let row: Option<(String, String)> =
        select.query_row((id.case.to_string(), id.number), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((state, data)) = row else {
        findings.problem("the row", id, "one", "none");
        return Ok(());
    };
    let read = from_json::<Message>("messages", id, &data);
    let Some(mut stored) = findings.readable("the row", id, read) else { return Ok(()) };
    findings.same("the state in the row", id, message_state(stored.state), &state);
    let mut expected = expected.clone();
    if erased {
        (expected.answer, stored.answer) = (None, None);
    }
    findings.same("the row", id, expected, stored);
    Ok(())
}

/// Compares the `number`-th of those not told with its row.
pub(super) fn check_not_told(
    connection: &Connection,
    number: u64,
    expected: &NotToldRow,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let place = format!("row {number} of not_told");
    let mut select = connection.prepare_cached("SELECT case_id, data FROM not_told WHERE number = ?1")?;
    let row: Option<(String, String)> =
        select.query_row([int("a row", number)?], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((case, data)) = row else {
        findings.problem("the row", place, "one", "none");
        return Ok(());
    };
    let read = from_json::<NotToldRow>("not_told", number, &data);
    if let Some(stored) = findings.readable("the row", &place, read) {
        findings.same("the case in the row", &place, &stored.case.to_string(), &case);
        findings.same("the row", &place, expected, &stored);
    }
    Ok(())
}

/// Compares the counters.
pub(super) fn check_counters(
    connection: &Connection,
    expected: &Counters,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let stored = match read_single(connection, "counters")? {
        Some(data) => findings.readable("the row", "the counters", from_json("singles", "counters", &data)),
        None => Some(Counters::default()),
    };
    if let Some(stored) = &stored {
        findings.same("the values", "the counters", expected, stored);
    }
    Ok(())
}

/// Compares the tokens.
pub(super) fn check_tokens(
    connection: &Connection,
    expected: &BTreeMap<TokenId, Token>,
    erased: bool,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut select = connection.prepare_cached("SELECT data FROM tokens WHERE id = ?1")?;
    for (id, expected) in expected {
        let data: Option<String> = select.query_row([int("a token", id.0)?], |row| row.get(0)).optional()?;
        let Some(data) = data else {
            findings.problem("the row", id, "one", "none");
            continue;
        };
        let read = from_json::<Token>("tokens", id, &data);
        let Some(mut stored) = findings.readable("the row", id, read) else { continue };
        let mut expected = expected.clone();
        if erased {
            (expected.description, stored.description) = (String::new(), String::new());
        }
        findings.same("the row", id, expected, stored);
        findings.so_far.tokens += 1;
    }
    Ok(())
}

/// A catalog that was adopted is kept, and its sources have its version.
pub(super) fn check_catalog(connection: &Connection, version: &str, findings: &mut Findings) -> Result<(), StoreError> {
    let place = format!("catalog {version}");
    match read_catalog(connection, version)? {
        Some(kept) => {
            let files = kept.files.iter().map(|(path, content)| (path.as_str(), content.as_str()));
            findings.same("the version", place, version, &catalog::version(files));
        }
        None => findings.problem("the sources", place, "some", "none"),
    }
    Ok(())
}

/// Counts the rows of a table.
pub(super) fn check_count(
    connection: &Connection,
    table: &'static str,
    expected: u64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let count: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
    findings.same("the number of rows", table, expected, uint(table, "count", count)?);
    Ok(())
}

fn without_texts(mut case: Case) -> Case {
    case.title = String::new();
    case.last_update = None;
    case
}
