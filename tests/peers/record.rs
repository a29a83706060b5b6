//! The record for outsiders: Go's own transparency log packages verify it, proofs travel as files, and
//! what was erased is not in the data folder any more.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::support::alerts::{alert, ending};
use crate::support::catalog::usual;
use crate::support::client::{Client, sent as answered};
use crate::support::hub::{Hub, run};
use crate::support::program::{peer, repository};
use crate::support::wait::{SOON, until_true};

/// Roles for the people of the catalog: grace may read the record, dana erases, lena holds.
const ROLES: &str = "
---
{kind: Team, name: audit, members: [grace], roles: [auditor]}
---
{kind: Team, name: data-protection, members: [dana], roles: [data-protection]}
---
{kind: Team, name: legal, members: [lena], roles: [legal]}
---
{kind: Person, name: lena, contacts: [{email: lena@quay.example}]}
";

fn hub() -> Hub {
    Hub::with_catalog(&(usual(&["ledger", "portal"]) + ROLES), None)
}

/// The verifier in Go, built from its one file with Debian's packages.
fn verifier() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let packages = Path::new("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog");
        let help = "scripts/install-deps.sh test, or apt-get install golang-golang-x-mod-dev";
        assert!(packages.is_dir(), "Go's transparency log packages are not installed\n  = help: {help}");
        let folder = std::env::temp_dir().join(format!("wheelhouse-verifier-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let program = folder.join("verify");
        let built = Command::new(peer("go", "golang-go"))
            .args(["build", "-o"])
            .arg(&program)
            .arg(repository().join("tests/go/verify/main.go"))
            .envs([("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode"), ("GOFLAGS", "")])
            .env("GOCACHE", folder.join("cache"))
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        program
    })
}

/// What the verifier in Go says of a hub's record.
fn verified(hub: &Hub, key: &str, old: Option<&Path>) -> Result<String, String> {
    let mut command = Command::new(verifier());
    command.args(["-url", &format!("http://127.0.0.1:{}/tlog", hub.port()), "-key", key.trim()]);
    if let Some(old) = old {
        command.arg("-old").arg(old);
    }
    said(&command.env("TOKEN", &hub.admin().token).output().unwrap())
}

fn said(out: &Output) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if out.status.success() { Ok(text(&out.stdout)) } else { Err(text(&out.stderr)) }
}

fn key(hub: &Hub) -> String {
    hub.admin().look("/api/v1/record/key").text
}

/// Changes the tables behind the hub's back.
fn tamper(hub: &Hub, sql: &str) {
    let database = hub.folder().join("data/wheelhouse.db");
    let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()";
    let out = Command::new(peer("python3", "python3")).args(["-c", script]).arg(database).arg(sql).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// More entries than a tile has.
fn fill(hub: &Hub) {
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    let dana = hub.client("person", "dana");
    for number in 0..270 {
        dana.post("/api/v1/cases/INC-1/notes", &json!({ "text": format!("looked at graph {number}") })).success();
    }
}

#[test]
fn go_verifies_the_record_and_finds_what_was_changed() {
    let hub = hub();
    let old = hub.folder().join("old.txt");
    std::fs::write(&old, hub.admin().look("/tlog/checkpoint").text).unwrap();
    fill(&hub);
    let vkey = key(&hub);
    let verdict = verified(&hub, &vkey, Some(&old)).unwrap();
    assert!(verdict.contains("all verify"), "{verdict}");
    let size: u64 = hub.admin().look("/tlog/checkpoint").text.lines().nth(1).unwrap().parse().unwrap();
    assert!(size > 256 && verdict.contains(&format!(" {size} entries")), "{verdict}");

    let other = self::hub();
    let wrong = verified(&hub, &key(&other), None).unwrap_err();
    assert!(wrong.contains("the checkpoint:"), "another key: {wrong}");
    std::fs::write(&old, other.admin().look("/tlog/checkpoint").text).unwrap();
    let wrong = verified(&hub, &vkey, Some(&old)).unwrap_err();
    assert!(wrong.contains("older checkpoint"), "another log's checkpoint: {wrong}");

    // One hash of a full tile, one of the nodes above, one entry's bytes: each is found by itself.
    let changes = [
        ("entries", "leaf", "seq = 100"),
        ("nodes", "hash", "level = 8 AND place = 0"),
        ("entries", "canonical", "seq = 7"),
    ];
    for (table, column, row) in changes {
        tamper(&hub, &format!("CREATE TABLE kept AS SELECT {column} AS was FROM {table} WHERE {row}"));
        let flipped = format!("substr({column}, 1, 8) || x'21' || substr({column}, 10)");
        tamper(&hub, &format!("UPDATE {table} SET {column} = CAST({flipped} AS BLOB) WHERE {row}"));
        let wrong = verified(&hub, &vkey, None).unwrap_err();
        assert!(wrong.contains("NOT verify"), "{table}.{column}: {wrong}");
        tamper(&hub, &format!("UPDATE {table} SET {column} = (SELECT was FROM kept) WHERE {row}"));
        tamper(&hub, "DROP TABLE kept");
        verified(&hub, &vkey, None).unwrap();
    }
}

#[test]
fn tiles_are_served_as_the_specification_has_them() {
    let hub = hub();
    fill(&hub);
    let admin = hub.admin();
    let full = sent(admin, "/tlog/tile/0/000");
    assert_eq!((full.0, full.1.len()), (200, 8192));
    assert_eq!(full.2, "private, max-age=31536000, immutable");
    assert_eq!(sent(admin, "/tlog/tile/0/000.p/3").1, full.1[..96], "an older, partial tile is its beginning");
    assert_eq!(sent(admin, "/tlog/tile/1/000.p/1").1.len(), 32);
    assert_eq!(sent(admin, "/tlog/checkpoint").2, "no-cache");
    let bundle = sent(admin, "/tlog/tile/entries/000.p/1").1;
    assert_eq!(usize::from(u16::from_be_bytes([bundle[0], bundle[1]])), bundle.len() - 2);
    for nothing in ["tile/0/001", "tile/1/000", "tile/0/000.p/0", "tile/0/0", "tile/9/000.p/1", "tile/0/999", "x"] {
        assert_eq!(sent(admin, &format!("/tlog/{nothing}")).0, 404, "{nothing}");
    }
    let anybody = hub.nobody();
    for path in ["checkpoint", "tile/0/000", "tile/entries/000"] {
        assert_eq!(sent(&anybody, &format!("/tlog/{path}")).0, 401, "{path}");
        assert_eq!(sent(&hub.client("person", "lena"), &format!("/tlog/{path}")).0, 403, "{path}");
        assert_eq!(sent(&hub.client("person", "grace"), &format!("/tlog/{path}")).0, 200, "{path}");
    }
}

fn sent(client: &Client, path: &str) -> (u16, Vec<u8>, String) {
    let response = client.request(reqwest::Method::GET, path).send().unwrap();
    let cache = response.headers().get("cache-control").map_or("", |value| value.to_str().unwrap()).to_owned();
    (response.status().as_u16(), response.bytes().unwrap().to_vec(), cache)
}

/// Runs a command of the program as somebody of the hub.
fn wheelhouse(hub: &Hub, token: &str, arguments: &[&str]) -> Result<String, String> {
    let url = format!("http://127.0.0.1:{}", hub.port());
    said(&run(&[&["--url", &url, "--token", token], arguments].concat()))
}

#[test]
fn proofs_travel_as_files_and_are_checked_without_a_hub() {
    let hub = hub();
    let place = |name: &str| hub.folder().join(name).to_str().unwrap().to_owned();
    let (old, proof, growth, vkey) = (place("old.txt"), place("entry.tlog-proof"), place("growth"), key(&hub));
    std::fs::write(&old, hub.admin().look("/api/v1/record/checkpoint").text).unwrap();
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    hub.wait_until_all_is_sent(SOON);
    let token = &hub.admin().token;
    wheelhouse(&hub, token, &["record", "prove", "4", "-o", &proof]).unwrap();
    wheelhouse(&hub, token, &["record", "prove", "--since", &old, "-o", &growth]).unwrap();
    drop(hub.admin().look("/healthz"));

    let text = said(&run(&["record", "check-proof", &proof, "--key", &vkey])).unwrap();
    assert!(text.starts_with("entry 4 is among the") && text.contains("\"seq\":4"), "{text}");
    let text = said(&run(&["record", "check-proof", &growth, "--key", &vkey, "--against", &old])).unwrap();
    assert!(text.contains("grew from the one of"), "{text}");
    let wrong = said(&run(&["record", "check-proof", &growth, "--key", &vkey])).unwrap_err();
    assert!(wrong.contains("--against"), "{wrong}");
    let wrong = said(&run(&["record", "check-proof", &proof, "--key", &key(&self::hub())])).unwrap_err();
    assert!(wrong.contains("no valid signature"), "{wrong}");
    let changed = std::fs::read_to_string(&proof).unwrap().replacen("index 4", "index 5", 1);
    std::fs::write(&proof, changed).unwrap();
    let wrong = said(&run(&["record", "check-proof", &proof, "--key", &vkey])).unwrap_err();
    assert!(wrong.contains("proves nothing"), "{wrong}");
}

/// A word that stands in everything that somebody wrote about the case.
const CANARY: &str = "Xq7canaryWortZz";

#[test]
fn what_is_erased_is_in_no_file_any_more_unless_it_is_held() {
    let mut hub = hub();
    let (dana, lena) = (hub.client("person", "dana"), hub.client("person", "lena"));
    let mut told = alert("ledger", "Down", "1");
    told["labels"]["customer"] = CANARY.into();
    told["annotations"]["summary"] = format!("Mr {CANARY} cannot log in").into();
    let source = hub.client("source", "prometheus");
    source.alert(&[told.clone(), alert("portal", "Slow", "2")]);
    let note = json!({ "text": format!("{CANARY} called again") });
    dana.try_post("/api/v1/cases/INC-1/notes", &note, &[("Idempotency-Key", "k")]).unwrap().success();
    dana.post("/api/v1/cases/INC-1/updates", &json!({ "text": format!("we wrote to {CANARY}") })).success();
    let file = format!("a dump of {CANARY}").repeat(500);
    let named = format!("/api/v1/cases/INC-1/attachments?name={CANARY}.txt");
    answered(dana.request(reqwest::Method::POST, &named).body(file)).unwrap().success();
    assert_eq!(files_with_canary(&hub), vec!["wheelhouse.db-wal"], "it is there before");

    let erase = json!({ "case": "INC-1", "reason": "asked for by the person, 2026/114" });
    let code = |client: &Client| {
        let answer = client.post("/api/v1/record/erasures", &erase);
        (answer.status, answer.json()["code"].as_str().unwrap_or("").to_owned())
    };
    assert_eq!(code(&lena), (403, "forbidden".into()));
    assert_eq!(code(&dana), (409, "not_over".into()), "it is still open");
    source.alert(&[ending(told, -1)]);
    until_true("it is over", SOON, || dana.get("/api/v1/cases/INC-1")["state"] == "resolved");
    hub.wait_until_all_is_sent(SOON);

    // The other case has its bytes in the same journal: a hold on it keeps both.
    let hold = json!({ "service": "portal", "reason": "a claim is pending" });
    assert_eq!(dana.post("/api/v1/record/holds", &hold).status, 403, "whoever erases sets no holds");
    lena.post("/api/v1/record/holds", &hold).success();
    let held = dana.post("/api/v1/record/erasures", &erase);
    assert_eq!((held.status, &held.json()["code"]), (409, &"held".into()));
    assert!(held.text.contains("INC-2") && held.text.contains("a claim is pending"), "{}", held.text);
    lena.post("/api/v1/record/holds/lift", &json!({ "service": "portal", "reason": "settled" })).success();

    let erased = dana.post("/api/v1/record/erasures", &erase).success();
    assert_eq!(
        (&erased["file_rewritten"], &erased["signals"], &erased["answers"], &erased["files"]),
        (&json!(true), &json!(1), &json!(1), &json!(1))
    );
    assert_eq!(dana.look("/api/v1/cases/INC-1/attachments/1").status, 404);
    assert_eq!(dana.all("/api/v1/cases/INC-1/attachments"), Vec::<Value>::new());
    let case = dana.get("/api/v1/cases/INC-1");
    assert_eq!((&case["title"], &case["last_update"]), (&json!(""), &Value::Null));
    assert_eq!(case["erased"]["by"]["name"], "dana");
    assert_eq!(case["erased"]["reason"], "asked for by the person, 2026/114");
    assert_eq!(files_with_canary(&hub), Vec::<String>::new());
    hub.verify_record();
    verified(&hub, &key(&hub), None).unwrap();
    hub.terminate();
    hub.wait_for_end();
    assert_eq!(files_with_canary(&hub), Vec::<String>::new());
    hub.restart();
    hub.verify_record();
    assert_eq!(dana.get("/api/v1/cases/INC-1")["erased"], case["erased"]);
}

/// The files of the data folder in which the canary is, by name.
fn files_with_canary(hub: &Hub) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(hub.folder().join("data")).unwrap() {
        let file = file.unwrap();
        let bytes = std::fs::read(file.path()).unwrap();
        if bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()) {
            found.push(file.file_name().into_string().unwrap());
        }
    }
    found.sort();
    found
}
