//! Silences, runs, standings of runbooks, automations and changes: their rows compared with what follows from the entries.

use crate::sql::{Connection, Optional};
use wheelhouse_core::automation::AutomationState;
use wheelhouse_core::change::Change;
use wheelhouse_core::run::Run;
use wheelhouse_core::runbook::Standing;
use wheelhouse_core::silence::Silence;

use super::report::Findings;
use crate::StoreError;
use crate::tables::rows::{int, json};

/// Compares a silence with its row.
pub(super) fn check_silence(
    connection: &Connection,
    expected: &Silence,
    written: Option<i64>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut select =
        connection.prepare_cached("SELECT state, ends_at, data, commit_seq FROM silences WHERE id = ?1")?;
    let id = int("a silence's number", expected.id.0)?;
    let row = select
        .query_row([id], |row| {
            Ok((row.get::<String>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?, row.get::<i64>(3)?))
        })
        .optional();
    let Some(row) = findings.readable("the row", expected.id, row) else { return Ok(()) };
    let Some((state, ends_at, data, commit)) = row else {
        findings.problem("the row", expected.id, "one", "none");
        return Ok(());
    };
    findings.same("the commit that wrote the row", expected.id, written, Some(commit));
    findings.same("the state in the row", expected.id, expected.state.as_str(), state.as_str());
    findings.same("the end in the row", expected.id, expected.ends_at.as_micros(), ends_at);
    findings.same_json(expected.id, &json(expected), &data);
    Ok(())
}

/// Compares a run with its row.
pub(super) fn check_run(
    connection: &Connection,
    expected: &Run,
    commit: i64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut select = connection
        .prepare_cached("SELECT case_id, runbook, drill, ended_at, data, commit_seq FROM runs WHERE id = ?1")?;
    let row = select
        .query_row([int("a run's number", expected.id.0)?], |row| {
            let found: (Option<String>, String, i64, Option<i64>) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((found, row.get::<String>(4)?, row.get::<i64>(5)?))
        })
        .optional();
    let Some(row) = findings.readable("the row", expected.id, row) else { return Ok(()) };
    let Some(((case, runbook, drill, ended_at), data, found_commit)) = row else {
        findings.problem("the row", expected.id, "one", "none");
        return Ok(());
    };
    findings.same("the commit that wrote the row", expected.id, commit, found_commit);
    findings.same("the case in the row", expected.id, expected.case.map(|case| case.to_string()), case);
    findings.same("the runbook in the row", expected.id, &expected.runbook.to_string(), &runbook);
    findings.same("the drill flag in the row", expected.id, i64::from(expected.drill), drill);
    let end = expected.ended.as_ref().map(|end| end.at.as_micros());
    findings.same("the end in the row", expected.id, end, ended_at);
    findings.same_json(expected.id, &json(expected), &data);
    Ok(())
}

/// Compares the standing of a runbook with its row.
pub(super) fn check_standing(
    connection: &Connection,
    expected: &Standing,
    written: Option<i64>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    const ROW: &str = "SELECT data, commit_seq FROM runbook_standings WHERE runbook = ?1";
    let name = expected.runbook.to_string();
    let place = format!("the standing of {name}");
    check_named(connection, (ROW, &name), &place, (&json(expected), written), findings)
}

/// Compares what is remembered of an automation with its row.
pub(super) fn check_automation(
    connection: &Connection,
    expected: &AutomationState,
    written: Option<i64>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    const ROW: &str = "SELECT data, commit_seq FROM automations WHERE name = ?1";
    let place = format!("what is remembered of automation {}", expected.name);
    check_named(connection, (ROW, expected.name.as_str()), &place, (&json(expected), written), findings)
}

/// Compares a change with its row.
pub(super) fn check_change(
    connection: &Connection,
    expected: &Change,
    commit: i64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let place = format!("change {}", expected.number);
    let mut select =
        connection.prepare_cached("SELECT at, service, drill, data, commit_seq FROM changes WHERE number = ?1")?;
    let number = int("a change's number", expected.number)?;
    let row = select
        .query_row([number], |row| {
            let found: (i64, Option<String>, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((found, row.get::<String>(3)?, row.get::<i64>(4)?))
        })
        .optional();
    let Some(row) = findings.readable("the row", &place, row) else { return Ok(()) };
    let Some(((at, service, drill), data, found_commit)) = row else {
        findings.problem("the row", place, "one", "none");
        return Ok(());
    };
    findings.same("the commit that wrote the row", &place, commit, found_commit);
    findings.same("the instant in the row", &place, expected.at.as_micros(), at);
    let named = expected.service.as_ref().map(|service| service.as_str());
    findings.same("the service in the row", &place, named, service.as_deref());
    findings.same("the drill flag in the row", &place, i64::from(expected.drill), drill);
    findings.same_json(place, &json(expected), &data);
    Ok(())
}

/// Compares what follows from the entries with a row that has a name, all of it in one column, and a commit.
fn check_named(
    connection: &Connection,
    (select, name): (&str, &str),
    place: &str,
    (expected, written): (&str, Option<i64>),
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut select = connection.prepare_cached(select)?;
    let row = select.query_row([name], |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?))).optional();
    let Some(row) = findings.readable("the row", place, row) else { return Ok(()) };
    let Some((data, commit)) = row else {
        findings.problem("the row", place, "one", "none");
        return Ok(());
    };
    findings.same("the commit that wrote the row", place, written, Some(commit));
    findings.same_json(place, expected, &data);
    Ok(())
}
