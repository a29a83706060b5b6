//! Files of SQLite: one hub a folder, and those that are not its own are left alone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use rusqlite::Connection;
use tempfile::TempDir;
use wheelhouse_store::{Readers, Sqlite, StoreError};

const ONE: usize = 1;

#[test]
fn two_hubs_cannot_have_one_folder_and_a_reader_needs_no_lock() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wheelhouse.db");
    let store = Sqlite::open(&path).unwrap();
    let error = Sqlite::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Locked { holder: Some(pid), .. } if pid == std::process::id()), "{error}");
    assert!(error.to_string().contains(&format!("(process {})", std::process::id())), "{error}");
    Readers::open(&path, ONE).unwrap();
    drop(store);
    Sqlite::open(&path).unwrap();
}

#[test]
fn foreign_newer_and_missing_files_are_refused_and_left_as_they_are() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("other.db");
    assert!(matches!(Readers::open(&path, ONE).unwrap_err(), StoreError::Open { .. }));
    assert!(!path.exists());

    Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(Sqlite::open(&path).unwrap_err(), StoreError::Foreign { found: 0, .. }));
    assert!(matches!(Readers::open(&path, ONE).unwrap_err(), StoreError::Foreign { .. }));
    assert_eq!(std::fs::read(&path).unwrap(), before);

    std::fs::write(&path, b"not a database at all, but long enough to be looked at as one: ".repeat(20)).unwrap();
    assert!(matches!(Sqlite::open(&path).unwrap_err(), StoreError::Open { .. }));

    let path = folder.path().join("wheelhouse.db");
    drop(Sqlite::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Sqlite::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, known: 1, .. }), "{error}");
}

#[test]
fn migrations_are_written_down_and_the_log_is_written_ahead() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wheelhouse.db");
    let _store = Sqlite::open(&path).unwrap();
    let connection = Connection::open(&path).unwrap();
    let applied: (i64, String) =
        connection.query_row("SELECT version, name FROM migrations", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(applied, (1, "first schema".into()));
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}
