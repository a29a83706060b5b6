//! SQL steps against a PostgreSQL server that the test starts and ends.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use wheelhouse_runner::step::{Delivery, Expected, SqlEngine, SqlStep, Step};
use wheelhouse_runner::{End, Outcome};

use crate::rig::{Rig, pause, until, with_secret};

/// A server in a folder of its own, which listens on a Unix socket only.
struct Server {
    child: Child,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let programs = programs().expect("PostgreSQL is needed for this test: apt-get install postgresql");
        let folder = tempfile::Builder::new().prefix("whpg").tempdir_in("/tmp").unwrap();
        // It refuses to run as root.
        std::os::unix::fs::chown(folder.path(), Some(65_534), Some(65_534)).unwrap();
        let as_nobody = |program: &str| {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--pdeathsig=KILL"])
                .arg(programs.join(program));
            command.current_dir(folder.path()).env("HOME", folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let password = folder.path().join("password");
        std::fs::write(&password, "s3cr3t-of-pg\n").unwrap();
        let data = folder.path().join("data");
        let mut init = as_nobody("initdb");
        init.arg("-D").arg(&data).args(["-A", "scram-sha-256", "-U", "wheel", "-N", "--no-locale", "-E", "UTF8"]);
        assert!(init.arg("--pwfile").arg(&password).status().unwrap().success(), "initdb");
        let mut server = as_nobody("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-h", "", "-F"]);
        let child = server.spawn().unwrap();
        until("the server is ready", || folder.path().join(".s.PGSQL.5432").exists());
        Self { child, folder }
    }

    fn engine(&self) -> SqlEngine {
        SqlEngine::Postgres {
            host: self.folder.path().display().to_string(),
            port: 5432,
            database: "postgres".to_owned(),
            user: "wheel".to_owned(),
            password: Some("pg".to_owned()),
        }
    }

    fn ask(&self, query: &str, change: impl FnOnce(&mut SqlStep)) -> Outcome {
        let step = step(self.engine(), query, change);
        Rig::new().knowing(&[("pg", b"s3cr3t-of-pg\n")]).run(&step).0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _gone = self.child.wait();
    }
}

fn programs() -> Option<PathBuf> {
    let packaged = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path().join("bin"));
    packaged.filter(|folder| folder.join("initdb").exists()).max()
}

fn step(engine: SqlEngine, query: &str, change: impl FnOnce(&mut SqlStep)) -> Step {
    let mut sql =
        SqlStep { engine, query: query.to_owned(), parameters: vec![], may_write: false, expect: None, max_rows: 100 };
    change(&mut sql);
    with_secret(Step::sql("t", sql, 10_000), "pg", "PG", Delivery::Environment)
}

fn why(outcome: &Outcome) -> &str {
    match &outcome.end {
        End::Failed { why } | End::NotStarted { why } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_is_asked_within_bounds() {
    crate::rig::needs_root();
    let server = Server::start();
    until("it takes connections", || server.ask("SELECT 1", |_| {}).end == End::Succeeded);
    let done = server.ask(
        "CREATE TABLE account (id int, owner text, balance numeric, since date); INSERT INTO account VALUES (1)",
        |sql| sql.may_write = true,
    );
    assert!(why(&done).contains("cannot insert multiple commands"), "one statement a step: {done:?}");
    assert_eq!(
        server
            .ask("CREATE TABLE account (id int, owner text, balance numeric, since date)", |sql| sql.may_write = true)
            .end,
        End::Succeeded
    );
    let inserted = server.ask("INSERT INTO account VALUES ($1, $2, $3, $4), (2, NULL, 0, NULL)", |sql| {
        sql.may_write = true;
        sql.parameters = ["1", "o'hara", "12.50", "2026-02-28"].map(str::to_owned).into();
        sql.expect = Some(Expected::RowCount(2));
    });
    assert_eq!((&inserted.end, &inserted.outputs["row_count"]), (&End::Succeeded, &json!(2)));
    let read = server.ask("SELECT * FROM account WHERE id <= $1 ORDER BY id -- all", |sql| {
        sql.parameters = vec!["2".to_owned()];
        sql.expect = Some(Expected::Rows(vec![
            vec![json!(1), json!("o'hara"), json!("12.50"), json!("2026-02-28")],
            vec![json!(2), json!(null), json!(0), json!(null)],
        ]));
    });
    assert_eq!((&read.end, &read.outputs["rows"][0][1]), (&End::Succeeded, &json!("o'hara")));
    for (query, expected) in [
        ("DELETE FROM account", "the database says: cannot execute DELETE in a read-only transaction"),
        ("SELECT nothing", "the database says: column \"nothing\" does not exist"),
        ("SELECT $1::int", "the query wants 1 parameters and the step has 0"),
        ("SELECT generate_series(1, 101)", "the query has more than 100 rows"),
        ("SELECT 's3cr3t-of-pg'::int", "the database says: invalid input syntax for type integer: \"[secret:pg]\""),
    ] {
        assert!(why(&server.ask(query, |_| {})).starts_with(expected), "{query}");
    }
    let outcome = Rig::new().knowing(&[("pg", b"wrong-password")]).run(&step(server.engine(), "SELECT 1", |_| {})).0;
    assert!(why(&outcome).contains("password authentication failed") && outcome.started_at_us.is_none(), "{outcome:?}");
    slow_ones_are_given_up(&server);
}

fn slow_ones_are_given_up(server: &Server) {
    let mut slow = step(server.engine(), "SELECT pg_sleep(30)", |_| {});
    slow.deadline_ms = 400;
    let known = || Rig::new().knowing(&[("pg", b"s3cr3t-of-pg\n")]);
    let outcome = known().run(&slow).0;
    assert!(outcome.took_us < 3_000_000, "{outcome:?}");
    assert!(outcome.end == End::TimedOut || why(&outcome).contains("statement timeout"), "{outcome:?}");
    slow.deadline_ms = 20_000;
    let begun = known().begin(slow);
    begun.started();
    pause(std::time::Duration::from_millis(300));
    begun.cancel.cancel();
    let outcome = begun.end().1;
    assert!(outcome.end == End::Cancelled && outcome.took_us < 5_000_000, "{outcome:?}");
}

#[test]
fn a_server_that_is_not_there_or_not_here_is_said() {
    let engine = |host: &str| SqlEngine::Postgres {
        host: host.to_owned(),
        port: 1,
        database: "d".to_owned(),
        user: "u".to_owned(),
        password: None,
    };
    let rig = Rig::new().knowing(&[("pg", b"s3cr3t-of-pg\n")]);
    let (outcome, _) = rig.run(&step(engine("127.0.0.1"), "SELECT 1", |_| {}));
    assert!(matches!(&outcome.end, End::NotStarted { why } if why.contains("refused")), "{outcome:?}");
    let (outcome, _) = rig.run(&step(engine("db.example.org"), "SELECT 1", |_| {}));
    assert!(why(&outcome).contains("would not be encrypted"), "{outcome:?}");
}
