//! A database with a bit of everything in it, and ways to change it behind the hub's back.
#![allow(dead_code, reason = "not every test that has this module uses all of it")]

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;
use wheelhouse_core::record::Frontier;
use wheelhouse_store::{Readers, Sqlite, StoreError, Verification, verify};

use crate::rig::{Random, Rig, key, signature_holds};

/// A database with a bit of everything in it, closed.
pub fn database(folder: &TempDir) -> (PathBuf, Frontier) {
    let path = folder.path().join("wheelhouse.db");
    let mut rig = Rig::start(Sqlite::open(&path).unwrap(), 2);
    for _ in 0..60 {
        rig.step().unwrap();
    }
    // Goes on until something is over that may be erased.
    let mut erases = |what: &str, erase: &dyn Fn(&mut Rig<Sqlite>) -> bool| {
        let erased = (0..200).any(|_| {
            let done = erase(&mut rig);
            rig.step().unwrap();
            done
        });
        assert!(erased, "no {what} could be erased");
    };
    erases("case", &|rig| rig.erase_something().is_some());
    erases("run", &|rig| rig.erase_a_run().is_some());
    assert!(rig.attach_to_a_run(), "no file could be attached to a run");
    rig.commit().unwrap();
    // And until every column has something in it that can be changed.
    let connection = Connection::open(&path).unwrap();
    let full = |connection: &Connection| {
        let filled = |table: &str, column: &String| rows(connection, table, &format!("{column} IS NOT NULL")) > 0;
        tables(connection).iter().all(|table| columns(connection, table).iter().all(|column| filled(table, column)))
    };
    for _ in 0..400 {
        if full(&connection) {
            break;
        }
        rig.step().unwrap();
    }
    assert!(full(&connection), "a column stays empty");
    drop(connection);
    // As after a crash between an erasure and the rewriting of the file.
    let due =
        "INSERT INTO singles SELECT 'rewrite_due', max(commit_seq) FROM entries WHERE kind IN ('erased', 'run_erased')";
    let tree = rig.tree.clone();
    drop(rig);
    let connection = Connection::open(&path).unwrap();
    connection.execute(due, []).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    (path, tree)
}

pub fn verified(path: &Path, against: Option<&str>) -> Verification {
    let readers = Readers::open(path, 1).unwrap();
    verify(&readers, &key(), &signature_holds, against).unwrap()
}

/// A copy to be changed; the one before it is overwritten.
pub fn copy_of(path: &Path) -> PathBuf {
    let copy = path.with_file_name("copy.db");
    for beside in ["copy.db-wal", "copy.db-shm"] {
        let _absent = std::fs::remove_file(path.with_file_name(beside));
    }
    std::fs::copy(path, &copy).unwrap();
    copy
}

/// The tables of the schema as it is.
pub fn tables(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut select = connection.prepare(sql).unwrap();
    select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The columns of a table.
pub fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    statement.column_names().into_iter().map(String::from).collect()
}

/// How many rows of a table fit.
pub fn rows(connection: &Connection, table: &str, only: &str) -> usize {
    let sql = format!("SELECT count(*) FROM {table} WHERE {only}");
    connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap() as usize
}

/// Everything that the tables say.
pub fn contents(path: &Path) -> Result<Vec<Vec<Value>>, StoreError> {
    let connection = Connection::open(path)?;
    let mut all = Vec::new();
    for table in tables(&connection) {
        let mut select = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))?;
        let width = select.column_count();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            all.push((0..width).map(|column| row.get(column)).collect::<Result<_, _>>()?);
        }
    }
    Ok(all)
}

/// Another value in the place of one: one bit of it flipped at random, or something where nothing was.
pub fn changed(value: Value, random: &mut Random) -> Value {
    match value {
        Value::Null => Value::Integer(7),
        Value::Integer(number) => Value::Integer(number ^ (1 << random.below(20))),
        Value::Real(number) => Value::Real(number + 1.0),
        Value::Text(text) if text.is_empty() => Value::Text("x".into()),
        Value::Text(text) => {
            let mut characters: Vec<char> = text.chars().collect();
            let at = random.below(characters.len() as u64) as usize;
            characters[at] = if characters[at] == 'x' { 'y' } else { 'x' };
            Value::Text(characters.into_iter().collect())
        }
        Value::Blob(bytes) if bytes.is_empty() => Value::Blob(vec![0]),
        Value::Blob(mut bytes) => {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << random.below(8);
            Value::Blob(bytes)
        }
    }
}
