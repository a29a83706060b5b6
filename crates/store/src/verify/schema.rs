//! The file itself: its schema, its migrations, SQLite's own check of its pages.

use std::collections::BTreeMap;

use crate::sql::{self, Connection, Row};

use super::book::Book;
use super::report::Findings;
use crate::StoreError;
use crate::readers::read_single;
use crate::sqlite::connect::{APPLICATION_ID, MIGRATIONS, latest};
use crate::tables::erase::REWRITE_DUE;

/// Compares the schema with this release's, and lets SQLite check the file.
pub(super) fn check(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    match connection {
        Connection::Sqlite(file) => {
            check_file(file, findings)?;
            check_pages(file, findings)?;
        }
        Connection::Postgres(session) => {
            let (expected, found) = crate::postgres::definitions(session)?;
            compare(&expected, &found, findings);
        }
    }
    check_migrations(connection, findings)
}

/// The file's marks and its definitions.
fn check_file(file: &rusqlite::Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let number = |name| file.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    findings.same("the application id", "the database file", i64::from(APPLICATION_ID), number("application_id")?);
    findings.same("the version of the schema", "the database file", i64::from(latest()), number("user_version")?);
    let fresh = rusqlite::Connection::open_in_memory()?;
    for (_, sql) in MIGRATIONS {
        fresh.execute_batch(sql)?;
    }
    compare(&objects(&fresh)?, &objects(file)?, findings);
    Ok(())
}

fn compare(expected: &BTreeMap<String, String>, found: &BTreeMap<String, String>, findings: &mut Findings) {
    for (name, sql) in expected {
        match found.get(name) {
            Some(there) => findings.same("the definition", name, sql, there),
            None => findings.problem("the schema", name, "that it is there", "none"),
        }
    }
    for name in found.keys().filter(|name| !expected.contains_key(*name)) {
        findings.problem("the schema", name, "no such thing", "one");
    }
}

/// Tables, indexes, views and triggers with the text that made them.
fn objects(file: &rusqlite::Connection) -> Result<BTreeMap<String, String>, StoreError> {
    let mut select = file.prepare("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema")?;
    let rows = select.query_map([], |row| {
        let (kind, name, table): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let sql: String = row.get(3)?;
        // A rewritten file has the same words in the same order, perhaps spaced otherwise.
        let words: Vec<&str> = sql.split_ascii_whitespace().collect();
        Ok((format!("{kind} {name} of {table}"), words.join(" ")))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn check_migrations(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let mut select = connection.prepare("SELECT version, name FROM migrations ORDER BY version")?;
    let mut rows = select.query(())?;
    let mut expected = (1..).zip(MIGRATIONS.iter().map(|(name, _)| *name));
    while let Some(row) = rows.next()? {
        let Some((version, name)) = findings.readable("the row", "migrations", read_pair(&row)) else { continue };
        let next = expected.next();
        findings.same("the version", "migrations", next.map(|(version, _)| version), Some(version));
        findings.same("the name", "migrations", next.map(|(_, name)| name.to_owned()), Some(name));
    }
    if let Some((version, _)) = expected.next() {
        findings.problem("the row", format!("migration {version}"), "one", "none");
    }
    Ok(())
}

fn read_pair(row: &Row<'_>) -> sql::Result<(i64, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

/// SQLite's own check of the file: pages, indexes, constraints.
fn check_pages(file: &rusqlite::Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let mut select = file.prepare("PRAGMA integrity_check(20)")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let verdict: String = row.get(0)?;
        if verdict != "ok" {
            findings.problem("the integrity", "the database file", "no fault", verdict);
        }
    }
    let mut select = file.prepare("PRAGMA foreign_key_check")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (table, row, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let place = format!("row {} of {table}", row.unwrap_or_default());
        findings.problem("the reference", place, format!("a row of {parent}"), "none");
    }
    Ok(())
}

/// There are the singles that a hub writes and no others; a rewrite is due only after an erasure.
pub(super) fn check_singles(connection: &Connection, book: &Book, findings: &mut Findings) -> Result<(), StoreError> {
    let mut select = connection.prepare("SELECT name FROM singles ORDER BY name")?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let Some(name) = findings.readable("the name", "a single", row.get::<String>(0)) else { continue };
        if !["checkpoint", "counters", "repositories", REWRITE_DUE].contains(&name.as_str()) {
            findings.problem("the row", format!("single {name}"), "none", "one");
        }
    }
    if let Some(commit) = read_single(connection, REWRITE_DUE)? {
        findings.so_far.rewrite_due = true;
        let last = book.last_erasure().map(|commit| commit.to_string());
        findings.same("the commit", "the rewrite that is due", last, Some(commit));
    }
    Ok(())
}
