//! Rows compared with what follows from the entries.

use std::collections::BTreeMap;

use crate::sql::{Connection, Optional, params};
use wheelhouse_core::access::{Token, TokenId};
use wheelhouse_core::case::{Case, CaseId};
use wheelhouse_core::catalog;
use wheelhouse_core::name::RepositoryName;
use wheelhouse_core::repository::Repository;
use wheelhouse_core::world::{Counters, NotToldRow};

use super::fold::MessageRow;
use super::report::Findings;
use crate::StoreError;
use crate::readers::{read_catalog, read_single};
use crate::tables::rows::{CaseColumns, from_json, int, json, uint};
use crate::tables::write::message_state;

/// Compares a case with its row: what it says, its place in the order of opening, and the commit that
/// wrote it last.
pub(super) fn check_case(
    connection: &Connection,
    expected: &Case,
    order: i64,
    written: i64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let id = expected.id;
    let mut select = connection.prepare_cached(
        "SELECT kind, state, severity, service, team, drill, title, opened_at, over_since, data, opened_order, commit_seq \
         FROM cases WHERE id = ?1",
    )?;
    let row = select
        .query_row([id.to_string()], |row| {
            Ok((CaseColumns::read(row, 0)?, row.get::<String>(9)?, row.get(10)?, row.get(11)?))
        })
        .optional();
    let Some(row) = findings.readable("the row", id, row) else { return Ok(()) };
    let Some((columns, data, found_order, found_written)) = row else {
        findings.problem("the row", id, "one", "none");
        return Ok(());
    };
    findings.same_json(id, &json(expected), &data);
    let derived = CaseColumns::of(expected);
    findings.same("the column `kind`", id, derived.kind, columns.kind);
    findings.same("the column `state`", id, derived.state, columns.state);
    findings.same("the column `severity`", id, derived.severity, columns.severity);
    findings.same("the column `service`", id, derived.service, columns.service);
    findings.same("the column `team`", id, derived.team, columns.team);
    findings.same("the column `drill`", id, derived.drill, columns.drill);
    findings.same("the column `title`", id, derived.title, columns.title);
    findings.same("the column `opened_at`", id, derived.opened_at, columns.opened_at);
    findings.same("the column `over_since`", id, derived.over_since, columns.over_since);
    findings.same("the place in the order of opening", id, order, found_order);
    findings.same("the commit that wrote the row", id, written, found_written);
    Ok(())
}

/// A case as its row says, with the commit that wrote it.
pub(super) fn case_of_row(
    connection: &Connection,
    id: CaseId,
    findings: &mut Findings,
) -> Result<Option<(Case, i64)>, StoreError> {
    let mut select = connection.prepare_cached("SELECT data, commit_seq FROM cases WHERE id = ?1")?;
    let row = select.query_row([id.to_string()], |row| Ok((row.get::<String>(0)?, row.get(1)?))).optional();
    let Some(Some((data, written))) = findings.readable("the row", id, row) else { return Ok(None) };
    Ok(findings.readable("the row", id, from_json("cases", id, &data)).map(|case| (case, written)))
}

/// Compares a message with its row.
pub(super) fn check_message(
    connection: &Connection,
    expected: &MessageRow,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let id = expected.message.id;
    let mut select = connection.prepare_cached(
        "SELECT state, data, commit_seq, claimed_in FROM messages WHERE case_id = ?1 AND number = ?2",
    )?;
    let row = select
        .query_row(params![id.case.to_string(), id.number], |row| {
            Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get(2)?, row.get(3)?))
        })
        .optional();
    let Some(row) = findings.readable("the row", id, row) else { return Ok(()) };
    let Some((state, data, commit, claimed_in)) = row else {
        findings.problem("the row", id, "one", "none");
        return Ok(());
    };
    findings.same("the state in the row", id, message_state(expected.message.state), &state);
    findings.same_json(id, &json(&expected.message), &data);
    findings.same("the commit that wrote the row", id, expected.commit, commit);
    findings.same("the commit that handed it over", id, expected.claimed_in, claimed_in);
    Ok(())
}

/// Compares the `number`-th of those not told with its row.
pub(super) fn check_not_told(
    connection: &Connection,
    number: u64,
    expected: &NotToldRow,
    written: i64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let place = format!("row {number} of not_told");
    let mut select = connection.prepare_cached("SELECT case_id, data, commit_seq FROM not_told WHERE number = ?1")?;
    let row = select
        .query_row([int("a row", number)?], |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get(2)?)))
        .optional();
    let Some(row) = findings.readable("the row", &place, row) else { return Ok(()) };
    let Some((case, data, commit)) = row else {
        findings.problem("the row", place, "one", "none");
        return Ok(());
    };
    findings.same("the case in the row", &place, &expected.case.to_string(), &case);
    findings.same_json(&place, &json(expected), &data);
    findings.same("the commit that wrote the row", place, written, commit);
    Ok(())
}

/// Compares the counters.
pub(super) fn check_counters(
    connection: &Connection,
    expected: &Counters,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let stored = findings.readable("the row", "the counters", read_single(connection, "counters"));
    match stored.flatten() {
        Some(data) => findings.same_json("the counters", &json(expected), &data),
        None if *expected == Counters::default() => {}
        None => findings.problem("the row", "the counters", "one", "none"),
    }
    Ok(())
}

/// Compares the tokens; `written` has the commits that wrote them last.
pub(super) fn check_tokens(
    connection: &Connection,
    expected: &BTreeMap<TokenId, Token>,
    written: &BTreeMap<TokenId, i64>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut select = connection.prepare_cached("SELECT data, commit_seq FROM tokens WHERE id = ?1")?;
    for (id, expected) in expected {
        let row =
            select.query_row([int("a token", id.0)?], |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?))).optional();
        let Some(row) = findings.readable("the row", id, row) else { continue };
        let Some((data, commit)) = row else {
            findings.problem("the row", id, "one", "none");
            continue;
        };
        findings.same_json(id, &json(expected), &data);
        findings.same("the commit that wrote the row", id, written.get(id).copied(), Some(commit));
        findings.so_far.tokens += 1;
    }
    Ok(())
}

/// A catalog that was adopted is kept since its first adoption, and its sources have its version.
pub(super) fn check_catalog(
    connection: &Connection,
    version: &str,
    commit: i64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let place = format!("catalog {version}");
    let mut select = connection.prepare_cached("SELECT commit_seq FROM catalogs WHERE version = ?1")?;
    let row = select.query_row([version], |row| row.get::<i64>(0)).optional();
    if let Some(row) = findings.readable("the row", &place, row) {
        findings.same("the commit that wrote the row", &place, Some(commit), row);
    }
    let Some(kept) = findings.readable("the sources", &place, read_catalog(connection, version)) else {
        return Ok(());
    };
    match kept {
        Some(kept) => {
            let files = kept.files.iter().map(|(path, content)| (path.as_str(), content.as_str()));
            findings.same("the version", place, version, &catalog::version(files));
        }
        None => findings.problem("the sources", place, "some", "none"),
    }
    Ok(())
}

/// Compares the repositories of the catalog.
pub(super) fn check_repositories(
    connection: &Connection,
    expected: &BTreeMap<RepositoryName, Repository>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let stored = findings.readable("the row", "the repositories", read_single(connection, "repositories"));
    let expected: Vec<&Repository> = expected.values().collect();
    match stored.flatten() {
        Some(data) => findings.same("the row", "the repositories", json(&expected), data),
        None if expected.is_empty() => {}
        None => findings.problem("the row", "the repositories", "one", "none"),
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
    let count: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0))?;
    findings.same("the number of rows", table, expected, uint(table, "count", count)?);
    Ok(())
}
