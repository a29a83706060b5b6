//! SQL steps against SQLite files.

use rusqlite::Connection;
use serde_json::json;
use wheelhouse_runner::step::{Expected, SqlEngine, SqlStep, Step};
use wheelhouse_runner::{End, Outcome};

use crate::rig::{Rig, pause};

fn rig() -> (Rig, SqlEngine) {
    let rig = Rig::new();
    let path = rig.folder.path().join("jobs.db");
    let made = Connection::open(&path).unwrap();
    made.execute_batch("CREATE TABLE job (id INTEGER, name TEXT, load REAL, blob BLOB); INSERT INTO job VALUES (1, 'nightly', 0.5, x'00ff'), (2, NULL, 2, NULL)").unwrap();
    (rig, SqlEngine::Sqlite { path })
}

fn query(engine: &SqlEngine, query: &str) -> SqlStep {
    SqlStep {
        engine: engine.clone(),
        query: query.to_owned(),
        parameters: vec![],
        may_write: false,
        expect: None,
        max_rows: 1_000,
    }
}

fn failed(outcome: &Outcome) -> &str {
    match &outcome.end {
        End::Failed { why } | End::NotStarted { why } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_are_read_compared_and_handed_on() {
    let (rig, engine) = rig();
    let mut sql = query(&engine, "SELECT * FROM job WHERE id <= CAST(?1 AS INTEGER) ORDER BY id");
    sql.parameters = vec!["2".to_owned()];
    sql.expect = Some(Expected::Rows(vec![
        vec![json!(1), json!("nightly"), json!(0.5), json!("\\x00ff")],
        vec![json!("2"), json!(null), json!("2"), json!(null)],
    ]));
    let (outcome, heard) = rig.run(&Step::sql("t", sql.clone(), 5_000));
    assert_eq!(outcome.end, End::Succeeded);
    assert_eq!(heard.stdout(), "id\tname\tload\tblob\n1\tnightly\t0.5\t\\x00ff\n2\tNULL\t2\tNULL\n");
    assert_eq!((&outcome.outputs["row_count"], &outcome.outputs["value"]), (&json!(2), &json!("1")));
    sql.expect = Some(Expected::RowCount(0));
    assert_eq!(failed(&rig.run(&Step::sql("t", sql.clone(), 5_000)).0), "the query has 2 rows; expected were 0");
    sql.expect = Some(Expected::Rows(vec![vec![json!(7)]]));
    let (outcome, _) = rig.run(&Step::sql("t", sql, 5_000));
    assert!(failed(&outcome).starts_with("row 1 is [\"1\",\"nightly\""), "{outcome:?}");
}

#[test]
fn nothing_is_changed_and_limits_hold() {
    let (rig, engine) = rig();
    for text in ["DELETE FROM job", "CREATE TABLE x (y)", "PRAGMA journal_mode = DELETE", "ATTACH '/tmp/other.db' AS o"]
    {
        let (outcome, _) = rig.run(&Step::sql("t", query(&engine, text), 5_000));
        let harmless = outcome.end == End::Succeeded && text.starts_with("PRAGMA");
        assert!(harmless || matches!(outcome.end, End::Failed { .. }), "{text}: {outcome:?}");
    }
    let (outcome, _) = rig.run(&Step::sql("t", SqlStep { may_write: true, ..query(&engine, "SELECT 1") }, 5_000));
    assert!(failed(&outcome).starts_with("a SQLite file is only read by steps"));
    let (outcome, _) = rig.run(&Step::sql("t", SqlStep { max_rows: 1, ..query(&engine, "SELECT * FROM job") }, 5_000));
    assert!(failed(&outcome).starts_with("the query has more than 1 rows"));
    let (outcome, _) = rig.run(&Step::sql("t", query(&engine, "SELEKT"), 5_000));
    assert!(failed(&outcome).starts_with("the database says: near \"SELEKT\""), "{outcome:?}");
    let missing = SqlEngine::Sqlite { path: "/nowhere.db".into() };
    let (outcome, _) = rig.run(&Step::sql("t", query(&missing, "SELECT 1"), 5_000));
    assert!(failed(&outcome).starts_with("/nowhere.db cannot be asked"));
    let count = query(&engine, "SELECT count(*) FROM job");
    assert_eq!(rig.run(&Step::sql("t", count, 5_000)).0.outputs["value"], json!("2"), "nothing was changed");
}

#[test]
fn an_endless_query_is_interrupted() {
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    let (rig, engine) = rig();
    let (outcome, _) = rig.run(&Step::sql("t", query(&engine, endless), 300));
    assert!(outcome.end == End::TimedOut && outcome.took_us < 3_000_000, "{outcome:?}");
    let begun = rig.begin(Step::sql("t", query(&engine, endless), 20_000));
    begun.started();
    pause(std::time::Duration::from_millis(100));
    begun.cancel.cancel();
    assert_eq!(begun.end().1.end, End::Cancelled);
}
