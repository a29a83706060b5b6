//! Whoever changes the tables behind the hub's back is found out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod rig;
mod tampering;

use rusqlite::Connection;
use rusqlite::types::Value;
use tampering::{changed, columns, contents, copy_of, database, rows, tables, verified};
use tempfile::TempDir;
use wheelhouse_store::{Readers, Sqlite, verify};

use rig::{Random, Rig, key, signature_holds};

/// Each column of each table of the schema as it is: one that verifying does not look at fails here.
/// Whoever adds a table fills it in the rig and checks it in `verify`.
#[test]
fn a_change_to_any_cell_of_any_column_is_found() {
    let folder = TempDir::new().unwrap();
    let (path, _) = database(&folder);
    let mut random = Random(17);
    assert_eq!(verified(&path, None).problems, []);
    let connection = Connection::open(&path).unwrap();
    let mut tried = 0;
    for table in tables(&connection) {
        for column in columns(&connection, &table) {
            // A cell with something in it, and one with nothing where there may be nothing.
            let cells = [format!("{column} IS NOT NULL"), format!("{column} IS NULL")];
            let found: Vec<usize> = cells.iter().map(|only| rows(&connection, &table, only)).collect();
            assert!(found[0] > 0, "nothing is in {table}.{column}: the rig must bring it about");
            for (only, count) in cells.iter().zip(found).filter(|(_, count)| *count > 0) {
                for _ in 0..2 {
                    let copy = copy_of(&path);
                    let at = random.below(count as u64);
                    let row = change_cell(&copy, &table, &column, only, at, &mut random);
                    let sound = verified(&copy, None).is_sound();
                    assert!(!sound, "a change to {table}.{column} in row {row} is not found");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 200, "only {tried} changes were tried");
}

/// Changes one byte of a cell; where a constraint forbids the value, gives it one far away.
fn change_cell(path: &std::path::Path, table: &str, column: &str, only: &str, at: u64, random: &mut Random) -> i64 {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
    let sql = format!("SELECT rowid, {column} FROM {table} WHERE {only} ORDER BY rowid LIMIT 1 OFFSET {at}");
    let (row, value): (i64, Value) = connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let update = format!("UPDATE {table} SET {column} = ?2 WHERE rowid = ?1");
    if connection.execute(&update, (row, changed(value, random))).is_err() {
        let away: i64 =
            connection.query_row(&format!("SELECT max({column}) FROM {table}"), [], |row| row.get(0)).unwrap();
        connection.execute(&update, (row, away + 5)).unwrap();
    }
    row
}

#[test]
fn a_row_more_or_less_in_any_table_is_found() {
    let folder = TempDir::new().unwrap();
    let (path, _) = database(&folder);
    let mut random = Random(23);
    let connection = Connection::open(&path).unwrap();
    for table in tables(&connection) {
        // That the file is due to be rewritten is no part of the record: without it, it only is not.
        let only = if table == "singles" { "name != 'rewrite_due'" } else { "true" };
        let count = rows(&connection, &table, only);
        for at in [0, random.below(count as u64), count as u64 - 1] {
            let copy = copy_of(&path);
            let changing = Connection::open(&copy).unwrap();
            changing.pragma_update(None, "foreign_keys", false).unwrap();
            let one = format!("rowid IN (SELECT rowid FROM {table} WHERE {only} ORDER BY rowid LIMIT 1 OFFSET {at})");
            assert_eq!(changing.execute(&format!("DELETE FROM {table} WHERE {one}"), []).unwrap(), 1);
            drop(changing);
            assert!(!verified(&copy, None).is_sound(), "a row less at {at} of {table} is not found");
        }
        let copy = copy_of(&path);
        let changing = Connection::open(&copy).unwrap();
        changing.pragma_update(None, "foreign_keys", false).unwrap();
        let columns = columns(&changing, &table);
        // The same row again, under another key.
        let values: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(index, column)| match (index, table.as_str()) {
                (0, _) | (1, "nodes" | "messages" | "catalog_files" | "replies" | "cases") | (4, "attachments") => {
                    format!("CASE typeof({column}) WHEN 'text' THEN {column} || 'x' ELSE {column} + 1000000 END")
                }
                _ => column.clone(),
            })
            .collect();
        let sql = format!("INSERT INTO {table} SELECT {} FROM {table} LIMIT 1", values.join(", "));
        assert_eq!(changing.execute(&sql, []).unwrap(), 1, "{sql}");
        drop(changing);
        assert!(!verified(&copy, None).is_sound(), "a row more in {table} is not found");
    }
}

/// What is gone without an entry that says so is found, and so is what an erasure should have taken.
#[test]
fn only_what_an_entry_says_was_erased_may_be_gone() {
    let folder = TempDir::new().unwrap();
    let (path, _) = database(&folder);
    let counted = verified(&path, None);
    assert!(counted.erased > 0 && counted.erased_signals > 0 && counted.erased_journals > 0, "{counted:?}");
    let connection = Connection::open(&path).unwrap();
    let case: String =
        connection.query_row("SELECT subject FROM entries WHERE kind = 'erased'", [], |row| row.get(0)).unwrap();
    let changes = [
        format!("UPDATE entries SET body = NULL, salt = NULL WHERE body IS NOT NULL AND subject != '{case}'"),
        format!(
            "UPDATE entries SET body = '{{}}', salt = zeroblob(32) WHERE kind = 'case_opened' AND subject = '{case}'"
        ),
        format!("UPDATE signals SET labels = '', annotations = '', url = '', salt = NULL WHERE case_id != '{case}'"),
        format!("UPDATE signals SET labels = '1:a1:b' WHERE case_id = '{case}'"),
        format!("UPDATE cases SET title = 'again' WHERE id = '{case}'"),
        "UPDATE entries SET kind = 'noted' WHERE kind = 'erased'".to_owned(),
        "DELETE FROM journal WHERE commit_seq = (SELECT min(commit_seq) FROM journal)".to_owned(),
        "DELETE FROM replies WHERE at = (SELECT max(at) FROM replies)".to_owned(),
    ];
    for change in changes {
        let copy = copy_of(&path);
        assert!(Connection::open(&copy).unwrap().execute(&change, []).unwrap() > 0, "{change}");
        assert!(!verified(&copy, None).is_sound(), "not found: {change}");
    }
}

/// On a disk that nobody can write to SQLite has no index of its log: the file is read as it is.
#[test]
fn a_file_that_nobody_can_write_is_verified_unless_its_log_holds_commits() {
    let folder = TempDir::new().unwrap();
    let (path, _) = database(&folder);
    let readers = Readers::open_immutable(&path).unwrap();
    assert_eq!(verify(&readers, &key(), &signature_holds, None).unwrap().problems, []);
    std::fs::write(folder.path().join("wheelhouse.db-wal"), b"commits").unwrap();
    let error = Readers::open_immutable(&path).unwrap_err();
    assert!(error.to_string().contains("copy the folder"), "{error}");
}

#[test]
fn another_schema_is_found() {
    let folder = TempDir::new().unwrap();
    let (path, _) = database(&folder);
    let changes = [
        "CREATE TABLE notes (text TEXT)",
        "CREATE TRIGGER t AFTER INSERT ON cases BEGIN DELETE FROM tokens; END",
        "CREATE INDEX i ON cases (title)",
        "CREATE VIEW v AS SELECT * FROM cases",
        "DROP INDEX cases_by_team",
        "ALTER TABLE cases ADD COLUMN note TEXT",
        "PRAGMA application_id = 7",
        "INSERT INTO singles (name, data) VALUES ('other', '1')",
        "UPDATE singles SET data = '1' WHERE name = 'rewrite_due'",
    ];
    for change in changes {
        let copy = copy_of(&path);
        Connection::open(&copy).unwrap().execute_batch(change).unwrap();
        let readers = Readers::open(&copy, 1);
        let sound = readers.is_ok_and(|readers| verify(&readers, &key(), &signature_holds, None).unwrap().is_sound());
        assert!(!sound, "not found: {change}");
    }
}

/// Whatever byte of the file is changed: either it is found, or no table says anything else.
#[test]
fn a_changed_byte_anywhere_in_the_file_is_found_or_is_in_no_table() {
    let folder = TempDir::new().unwrap();
    let (path, _) = database(&folder);
    let (bytes, original) = (std::fs::read(&path).unwrap(), contents(&path).unwrap());
    let mut random = Random(29);
    let mut found = 0;
    for _ in 0..150 {
        let mut changed = bytes.clone();
        let at = random.below(bytes.len() as u64) as usize;
        changed[at] ^= 1 << random.below(8);
        let copy = folder.path().join("flipped.db");
        std::fs::write(&copy, &changed).unwrap();
        let verdict = Readers::open(&copy, 1).and_then(|readers| verify(&readers, &key(), &signature_holds, None));
        if verdict.is_ok_and(|verdict| verdict.is_sound()) {
            let same = contents(&copy).is_ok_and(|contents| contents == original);
            assert!(same, "a change to byte {at} of the file changes a table and is not found");
        } else {
            found += 1;
        }
    }
    assert!(found > 75, "only {found} of 150 changes were found: most of the file is unused");
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
