//! Whoever changes the tables behind the hub's back is found out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod rig;

use std::path::{Path, PathBuf};

use rig::{Rig, key, signature_holds};
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;
use wheelhouse_core::record::Frontier;
use wheelhouse_store::{Readers, Sqlite, Verification, verify};

/// A database with a bit of everything in it, closed.
fn database(folder: &TempDir) -> (PathBuf, Frontier) {
    let path = folder.path().join("wheelhouse.db");
    let mut rig = Rig::start(Sqlite::open(&path).unwrap(), 11);
    for _ in 0..60 {
        rig.step().unwrap();
    }
    (path, rig.tree)
}

fn verified(path: &Path, against: Option<&str>) -> Verification {
    let readers = Readers::open(path, 1).unwrap();
    verify(&readers, &key(), &signature_holds, against).unwrap()
}

/// Another value in the place of one: some bit of it flipped, or something where nothing was.
fn changed(value: Value) -> Value {
    match value {
        Value::Null => Value::Integer(7),
        Value::Integer(number) => Value::Integer(number ^ 1),
        Value::Real(number) => Value::Real(number + 1.0),
        Value::Text(text) => {
            let mut bytes = text.into_bytes();
            match bytes.iter().position(u8::is_ascii_digit) {
                Some(digit) => bytes[digit] ^= 1,
                None => bytes.push(b'x'),
            }
            Value::Text(String::from_utf8(bytes).unwrap())
        }
        Value::Blob(mut bytes) => {
            let middle = bytes.len() / 2;
            match bytes.get_mut(middle) {
                Some(byte) => *byte ^= 1,
                None => bytes.push(0),
            }
            Value::Blob(bytes)
        }
    }
}

/// What verification does not cover, and why.
const NOT_COVERED: &[(&str, &str)] = &[
    // Who wrote a row last and when: kept for followers, and not what the record is about.
    ("cases", "commit_seq"),
    ("messages", "commit_seq"),
    ("messages", "claimed_in"),
    ("not_told", "commit_seq"),
    ("tokens", "commit_seq"),
    ("catalogs", "commit_seq"),
    ("commits", "at"),
    ("commits", "cases"),
    ("cases", "opened_order"),
    // What a signal's row says beside its number, its case and whether it fires, which are counted:
    // the record holds the digest of the raw bytes, which say it in another form.
    ("signals", "source"),
    ("signals", "adapter"),
    ("signals", "drill"),
    ("signals", "labels"),
    ("signals", "annotations"),
    ("signals", "url"),
    ("signals", "urgency"),
    ("signals", "started_at"),
    ("signals", "first_heard_at"),
    ("signals", "until"),
    ("signals", "ended_at"),
    ("signals", "expired"),
];

#[test]
fn a_change_to_any_column_is_found() {
    let folder = TempDir::new().unwrap();
    let (path, _) = database(&folder);
    assert_eq!(verified(&path, None).problems, []);
    let copy = folder.path().join("copy.db");
    let tables = [
        "commits",
        "entries",
        "nodes",
        "journal",
        "cases",
        "messages",
        "not_told",
        "signals",
        "tokens",
        "catalogs",
        "catalog_files",
        "singles",
    ];
    let mut tried = 0;
    for table in tables {
        let columns: Vec<String> = {
            let connection = Connection::open(&path).unwrap();
            let statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
            statement.column_names().into_iter().map(String::from).collect()
        };
        for column in columns.iter().filter(|column| !NOT_COVERED.contains(&(table, column.as_str()))) {
            std::fs::copy(&path, &copy).unwrap();
            let connection = Connection::open(&copy).unwrap();
            connection.pragma_update(None, "foreign_keys", false).unwrap();
            // A row in the middle, with a value where there may be one; a salt that salts something.
            let only = match (table, column.as_str()) {
                ("entries", "salt") => "body IS NOT NULL".to_owned(),
                _ => format!("{column} IS NOT NULL"),
            };
            let sql = format!(
                "SELECT rowid, {column} FROM {table} WHERE {only} \
                 LIMIT 1 OFFSET (SELECT count(*) / 3 FROM {table} WHERE {only})"
            );
            let (row, value): (i64, Value) =
                connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            let update = format!("UPDATE {table} SET {column} = ?2 WHERE rowid = ?1");
            if connection.execute(&update, (row, changed(value))).is_err() {
                let away: i64 =
                    connection.query_row(&format!("SELECT max({column}) FROM {table}"), [], |r| r.get(0)).unwrap();
                connection.execute(&update, (row, away + 5)).unwrap();
            }
            drop(connection);
            assert!(!verified(&copy, None).is_sound(), "a change to {table}.{column} in row {row} is not found");
            tried += 1;
        }
    }
    assert!(tried > 45, "only {tried} columns were tried");
}

#[test]
fn a_row_more_or_less_is_found() {
    let folder = TempDir::new().unwrap();
    let (path, _) = database(&folder);
    let copy = folder.path().join("copy.db");
    let changes = [
        "DELETE FROM entries WHERE seq = 20",
        "DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)",
        "DELETE FROM nodes WHERE level = 2 AND place = 1",
        "DELETE FROM journal WHERE commit_seq = (SELECT max(commit_seq) FROM journal)",
        "DELETE FROM cases WHERE id = 'INC-2'",
        "DELETE FROM messages WHERE case_id = 'INC-1' AND number = 1",
        "DELETE FROM not_told WHERE number = 1",
        "DELETE FROM signals WHERE number = 3",
        "DELETE FROM signals WHERE number = (SELECT max(number) FROM signals)",
        "DELETE FROM tokens WHERE id = 1",
        "DELETE FROM commits WHERE commit_seq = 9",
        "DELETE FROM catalogs",
        "DELETE FROM singles WHERE name = 'checkpoint'",
        "DELETE FROM singles WHERE name = 'counters'",
        "INSERT INTO tokens SELECT id + 100, commit_seq, data FROM tokens LIMIT 1",
        "INSERT INTO not_told SELECT number + 1000, case_id, commit_seq, data FROM not_told LIMIT 1",
        "INSERT INTO messages SELECT case_id, number + 1000, commit_seq, state, claimed_in, data FROM messages LIMIT 1",
        "INSERT INTO journal SELECT commit_seq + 100000, salt, frames FROM journal LIMIT 1",
    ];
    for change in changes {
        std::fs::copy(&path, &copy).unwrap();
        let connection = Connection::open(&copy).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        assert!(connection.execute(change, []).unwrap() > 0, "{change}");
        drop(connection);
        assert!(!verified(&copy, None).is_sound(), "not found: {change}");
    }
}

#[test]
fn erased_bodies_and_texts_are_no_problem_and_are_counted() {
    let folder = TempDir::new().unwrap();
    let (path, _) = database(&folder);
    let connection = Connection::open(&path).unwrap();
    let opened: i64 = connection
        .query_row("SELECT seq FROM entries WHERE subject = 'INC-2' AND kind = 'case_opened'", [], |row| row.get(0))
        .unwrap();
    connection.execute("UPDATE entries SET body = NULL, salt = zeroblob(32) WHERE seq = ?1", [opened]).unwrap();
    connection
        .execute("UPDATE cases SET title = '', data = json_set(data, '$.title', '') WHERE id = 'INC-2'", [])
        .unwrap();
    drop(connection);
    let found = verified(&path, None);
    assert_eq!((found.problems.as_slice(), found.erased), ([].as_slice(), 1));
}

#[test]
fn a_history_rewritten_with_the_hubs_own_key_is_found_by_a_checkpoint_kept_elsewhere() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wheelhouse.db");
    let mut rig = Rig::start(Sqlite::open(&path).unwrap(), 11);
    for _ in 0..10 {
        rig.step().unwrap();
    }
    let outside = rig::signed(&rig.tree);
    for _ in 0..10 {
        rig.step().unwrap();
    }
    drop(rig);
    assert_eq!(verified(&path, Some(&outside)).problems, []);

    let other = TempDir::new().unwrap();
    let rewritten = other.path().join("wheelhouse.db");
    let mut rig = Rig::start(Sqlite::open(&rewritten).unwrap(), 12);
    for _ in 0..40 {
        rig.step().unwrap();
    }
    drop(rig);
    assert_eq!(verified(&rewritten, None).problems, []);
    let found = verified(&rewritten, Some(&outside)).problems;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].what, found[0].place.as_str()), ("the root", "the outside checkpoint"));
}

#[test]
fn a_record_cut_back_is_found_by_a_checkpoint_kept_elsewhere() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wheelhouse.db");
    let mut rig = Rig::start(Sqlite::open(&path).unwrap(), 11);
    rig.step().unwrap();
    let early = folder.path().join("early.db");
    Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [early.to_str().unwrap()]).unwrap();
    for _ in 0..5 {
        rig.step().unwrap();
    }
    let outside = rig::signed(&rig.tree);
    let found = verified(&early, Some(&outside)).problems;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].what, found[0].place.as_str()), ("the size", "the record"));
}

#[test]
fn checkpoints_that_the_key_did_not_sign_are_found() {
    let folder = TempDir::new().unwrap();
    let (path, tree) = database(&folder);
    let readers = Readers::open(&path, 1).unwrap();
    let found = verify(&readers, &key(), &|_, _| false, None).unwrap();
    assert_eq!(found.problems.iter().map(|problem| problem.what).collect::<Vec<_>>(), ["the signature"]);
    let forged = rig::signed(&tree).replace("rig.example.org", "ring.example.org");
    let found: Vec<_> = verified(&path, Some(&forged)).problems.iter().map(|problem| problem.what).collect();
    assert_eq!(found, ["the signature", "the origin"]);
    let found = verified(&path, Some("no checkpoint")).problems;
    assert_eq!((found.len(), found[0].what), (1, "the form"));
}
