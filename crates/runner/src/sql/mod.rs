//! A step that asks a database.

mod postgres;
mod sqlite;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Started;
use crate::chunk::Stream;
use crate::outcome::End;
use crate::output::Output;
use crate::runner::{Done, Execution};
use crate::step::{Expected, SqlEngine, SqlStep};

/// How many bytes of rows are read.
const MOST_BYTES: usize = 8 << 20;
/// How many rows become an output.
const OUTPUT_ROWS: usize = 100;

/// What a query answered: texts, or null.
#[derive(Debug, Default)]
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    bytes: usize,
    /// How many rows a statement without rows of its own has changed.
    changed: Option<u64>,
}

/// Why there is no table.
enum Problem {
    /// The database has not seen the query.
    NotSent(String),
    /// It has refused it, and nothing of it holds.
    Refused(String),
    /// It may have done it.
    Broken(String),
    /// It was given up: the deadline, or a cancel.
    Ended(End),
}

impl Table {
    /// Adds a row, within the limits.
    fn push(&mut self, row: Vec<Value>, most: u32) -> Result<(), Problem> {
        self.bytes += row.iter().map(|value| value.as_str().map_or(4, str::len)).sum::<usize>();
        if self.rows.len() >= most as usize {
            return Err(Problem::Refused(format!(
                "the query has more than {most} rows\n  = help: add a LIMIT, or allow more"
            )));
        }
        if self.bytes > MOST_BYTES {
            return Err(Problem::Refused(format!(
                "the query's rows have more than {MOST_BYTES} bytes\n  = help: select less"
            )));
        }
        self.rows.push(row);
        Ok(())
    }

    fn count(&self) -> u64 {
        self.changed.unwrap_or(self.rows.len() as u64)
    }

    /// Columns apart by tabs, as `psql -A` and `sqlite3` would with that separator.
    fn text(&self) -> String {
        let mut text = self.columns.join("\t");
        for row in &self.rows {
            text.push('\n');
            let values: Vec<&str> = row.iter().map(|value| value.as_str().unwrap_or("NULL")).collect();
            text += &values.join("\t");
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }
}

/// Sends the query, and looks whether the rows are the expected ones.
pub(crate) fn run(execution: &Execution<'_>, sql: &SqlStep, output: &mut Output<'_>) -> Done {
    let at_us = execution.runner.clock.wall_us();
    output.started(&Started { at_us, step: None, guard: None, keeper: None });
    let asked = match &sql.engine {
        SqlEngine::Postgres { .. } => postgres::ask(execution, sql),
        SqlEngine::Sqlite { path } => sqlite::ask(execution, sql, path),
    };
    let table = match asked {
        Ok(table) => table,
        Err(Problem::NotSent(why)) => return Done::not_started(why),
        Err(Problem::Refused(why)) => return Done { started_at_us: Some(at_us), ..Done::of(End::Failed { why }) },
        Err(Problem::Broken(why)) => return Done { started_at_us: Some(at_us), ..Done::of(End::Unknown { why }) },
        Err(Problem::Ended(end)) => return Done { started_at_us: Some(at_us), ..Done::of(end) },
    };
    output.take(Stream::Stdout, table.text().as_bytes(), execution.elapsed());
    let end = match sql.expect.as_ref().and_then(|expected| differs(expected, &table)) {
        Some(why) => End::Failed { why },
        None => End::Succeeded,
    };
    let rows: Vec<Value> = table.rows.iter().take(OUTPUT_ROWS).map(|row| Value::Array(row.clone())).collect();
    let rows = Value::Array(rows);
    let mut outputs = BTreeMap::from([("row_count".to_owned(), Value::from(table.count()))]);
    if let Some(first) = table.rows.first().and_then(|row| row.first()) {
        outputs.insert("value".to_owned(), first.clone());
    }
    if table.changed.is_none() && rows.to_string().len() <= 64 << 10 {
        outputs.insert("rows".to_owned(), rows);
    }
    Done { started_at_us: Some(at_us), outputs: Ok(outputs), ..Done::of(end) }
}

fn differs(expected: &Expected, table: &Table) -> Option<String> {
    let found = table.count();
    match expected {
        Expected::RowCount(count) => {
            (found != *count).then(|| format!("the query has {found} rows; expected were {count}"))
        }
        Expected::AtLeast(count) => {
            (found < *count).then(|| format!("the query has {found} rows; expected were {count} or more"))
        }
        Expected::Rows(rows) => {
            let wanted: Vec<Vec<Value>> = rows.iter().map(|row| row.iter().map(as_text).collect()).collect();
            let place = (0..wanted.len().max(table.rows.len())).find(|&at| wanted.get(at) != table.rows.get(at))?;
            let show = |row: Option<&Vec<Value>>| {
                let text = row.map_or_else(|| "nothing".to_owned(), |row| Value::Array(row.clone()).to_string());
                text.chars().take(200).collect::<String>()
            };
            let (found, wanted) = (show(table.rows.get(place)), show(wanted.get(place)));
            Some(format!("row {} is {found}; expected was {wanted}", place + 1))
        }
    }
}

/// Values are compared as text: `3` in a runbook is the `3` of a column.
fn as_text(value: &Value) -> Value {
    match value {
        Value::Null | Value::String(_) => value.clone(),
        other => Value::String(other.to_string()),
    }
}
