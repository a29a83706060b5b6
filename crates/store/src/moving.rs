//! Moving an organisation's data from a file to PostgreSQL, row by row, as it is.

use std::path::Path;

use crate::StoreError;
use crate::place::Place;
use crate::postgres::{Address, Session, hold};
use crate::sql::{Column, Connection, DatabaseError, Param, Value};
use crate::sqlite::Location;

/// How many rows are written at a time.
const ROWS: usize = 500;
/// How many bytes of them, about.
const BYTES: usize = 8 << 20;
/// What a database has without anybody's data.
const SCHEMA: &str = "migrations";

/// What was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Tables.
    pub tables: u64,
    /// Rows of all of them.
    pub rows: u64,
}

/// A value on its way.
enum Kept {
    Null,
    Value(Value),
    Bytes(Vec<u8>),
}

/// Copies everything that the file at `from` holds into an organisation of a PostgreSQL that has no data yet, in one
/// transaction under an epoch of the lease. The schema must be there.
///
/// # Errors
/// When one of the databases cannot be read or written, the organisation has data, or a column holds what no column
/// of the schema may hold. Then nothing is written.
pub fn move_to_postgres(from: &Path, to: &Address, epoch: u64) -> Result<Moved, StoreError> {
    // Whoever has the file's lock may write to it: this one keeps others away until the copy is whole.
    let _locked = crate::sqlite::lock(from)?;
    let file = Place::Sqlite(Location::File(from.to_owned())).reader()?;
    let Connection::Sqlite(sqlite) = &file else { return Ok(Moved::default()) };
    let target = Connection::Postgres(Box::new(Session::connect(to, std::time::Duration::from_secs(3_600))?));
    let transaction = target.begin()?;
    if let Connection::Postgres(session) = &target {
        // Whoever wants to lead waits for the end of this transaction.
        hold(session, epoch)?;
    }
    let known: i64 = transaction.query_row("SELECT count(*) FROM commits", (), |row| row.get(0))?;
    if known > 0 {
        return Err(StoreError::NotEmpty { place: to.shown().into(), commits: known.unsigned_abs() });
    }
    let mut select = sqlite
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid")?;
    let tables: Vec<String> = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut moved = Moved::default();
    for table in tables.iter().filter(|table| *table != SCHEMA) {
        moved.rows += copy(sqlite, &transaction, table)?;
        moved.tables += 1;
    }
    transaction.commit()?;
    Ok(moved)
}

/// Copies the rows of a table.
fn copy(from: &rusqlite::Connection, to: &Connection, table: &str) -> Result<u64, StoreError> {
    let mut select = from.prepare(&format!("SELECT * FROM {table}"))?;
    let columns: Vec<String> = select.column_names().into_iter().map(str::to_owned).collect();
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
    let insert = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
    let mut rows = select.query([])?;
    let (mut count, mut bytes, mut chunk) = (0, 0, Vec::new());
    while let Some(row) = rows.next()? {
        let row = crate::sql::Row::Sqlite(row);
        let mut values = Vec::with_capacity(columns.len());
        for place in 0..columns.len() {
            let kept = match row.column(place)? {
                Column::Null => Kept::Null,
                Column::Int(number) => Kept::Value(Value::Integer(number)),
                Column::Text(text) => Kept::Value(Value::Text(text.into_owned())),
                Column::Bytes(content) => Kept::Bytes(content.to_vec()),
                Column::Real(_) => {
                    let found = "a number with a fraction";
                    return Err(DatabaseError::Column { place, expected: "a number, a text or bytes", found }.into());
                }
            };
            bytes += kept.size();
            values.push(kept);
        }
        chunk.push(values);
        count += 1;
        if chunk.len() >= ROWS || bytes >= BYTES {
            write(to, &insert, &chunk)?;
            chunk.clear();
            bytes = 0;
        }
    }
    write(to, &insert, &chunk)?;
    Ok(count)
}

fn write(to: &Connection, insert: &str, rows: &[Vec<Kept>]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Param<'_>>> = rows.iter().map(|row| row.iter().map(Kept::param).collect()).collect();
    Ok(to.append(insert, &rows)?)
}

impl Kept {
    fn param(&self) -> Param<'_> {
        use crate::sql::ToParam;
        match self {
            Self::Null => Param::Null,
            Self::Value(value) => value.param(),
            Self::Bytes(bytes) => Param::Bytes(bytes),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Null | Self::Value(Value::Integer(_)) => 8,
            Self::Value(Value::Text(text)) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}
