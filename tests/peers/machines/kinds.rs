//! Every kind of step fails, says why, and is done when it is repeated after what was wrong is mended.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::hub;
use crate::support::alerts::{alert, ending};
use crate::support::client::Client;
use crate::support::runs::{run, start, state, step};
use crate::support::wait::{SOON, until_true};

const PROCESS: &str = "```sh {step=it timeout=1m undo=none}\ntest -e PLACE/mended\n```\n1. Look.\n";
const FUNCTION: &str = "```sh {step=it kind=function timeout=1m undo=none output=ok}\n\
    test -e PLACE/mended && echo '{\"outputs\": {\"ok\": true}}' || echo no\n```\n1. Look.\n";
const SQL: &str = "```yaml {step=it kind=sql timeout=10s undo=none}\nsqlite: PLACE/ledger.db\n\
    query: SELECT * FROM ready\nexpect: {count: 1}\n```\n1. Look.\n";
const INNER: &str = "```sh {step=deep timeout=1m undo=none}\ntest -e PLACE/mended\n```\n";
const RUNBOOK: &str = "```yaml {step=it kind=runbook}\nrun: payments/inner\n```\n1. Look.\n";
const WAIT: &str = "```yaml {step=it kind=wait timeout=1h}\nfor: 2s\n\
    until: {kind: [signal_fired], service: {name: [ledger]}}\n```\n1. Look.\n";
const CASE: &str = "```yaml {step=it kind=case undo=none}\nnote: looked at\n```\n1. Look.\n";
const NOTIFY: &str = "```yaml {step=it kind=notify undo=none}\npage: {person: dana}\n```\n1. Look.\n";

/// How a step came to its end, once it has, with what was said.
fn ended(who: &Client, id: &str) -> (Value, String) {
    let settled = |id: &str| step(&run(who, id), "it")["settled"].clone();
    until_true(&format!("the step of {id} is settled"), SOON, || !settled(id).is_null());
    let of = step(&run(who, id), "it");
    (of["settled"]["how"].clone(), of.to_string())
}

fn repeat(who: &Client, id: &str) {
    who.post(&format!("/api/v1/runs/{id}/steps/it"), &json!({ "how": "execute" })).success();
}

fn database(place: &Path, rows: usize) {
    let file = place.join("ledger.db");
    let script = format!(
        "import sqlite3; c = sqlite3.connect({file:?}); c.execute('CREATE TABLE IF NOT EXISTS ready(a)'); \
         c.execute('DELETE FROM ready'); [c.execute('INSERT INTO ready VALUES (1)') for _ in range({rows})]; c.commit()"
    );
    assert!(Command::new("python3").args(["-c", &script]).status().unwrap().success());
}

/// Answers 503 until it is mended.
fn web(mended: &Arc<AtomicBool>) -> u16 {
    let (listener, mended) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::clone(mended));
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _head = stream.read(&mut [0_u8; 4_096]);
            let (status, body) =
                if mended.load(Ordering::SeqCst) { ("200 OK", "ready") } else { ("503 Busy", "later") };
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            let _sent = stream.write_all(answer.as_bytes());
        }
    });
    port
}

#[test]
fn what_runners_carry_out_fails_and_is_done_when_it_is_mended() {
    let mended = Arc::new(AtomicBool::new(false));
    let http = format!(
        "```yaml {{step=it kind=http timeout=10s undo=none}}\nurl: http://127.0.0.1:{}/\ncontains: ready\n```\n1. Look.\n",
        web(&mended)
    );
    let all = [("process", PROCESS), ("function", FUNCTION), ("http", http.as_str()), ("sql", SQL)];
    let (hub, place) = hub(&[&all[..], &[("inner", INNER), ("outer", RUNBOOK)]].concat());
    database(&place, 0);
    let dana = hub.client("person", "dana");
    let names = ["process", "function", "http", "sql", "outer"];
    let runs = names.map(|name| (name, start(&dana, name, &json!({}))));
    for (name, id) in &runs {
        let (how, told) = ended(&dana, id);
        assert_eq!(how, "failed", "{name}: {told}");
        assert_eq!(run(&dana, id)["wants"], json!(["resume"]), "{name} is halted");
    }
    // What is repeated too early fails again, and nothing of it is lost.
    let (_, process) = &runs[0];
    repeat(&dana, process);
    until_true("it failed twice", SOON, || step(&run(&dana, process), "it")["attempts"].as_array().unwrap().len() == 2);
    assert_eq!(ended(&dana, process).0, "failed");
    fs::write(place.join("mended"), "").unwrap();
    database(&place, 1);
    mended.store(true, Ordering::SeqCst);
    for (name, id) in &runs {
        repeat(&dana, id);
        until_true(&format!("{name} is done"), SOON, || step(&run(&dana, id), "it")["settled"]["how"] == "done");
        assert_eq!(run(&dana, id)["wants"], json!(["step"]), "{name} goes on");
    }
    hub.verify_record();
}

#[test]
fn what_the_hub_does_itself_fails_and_is_done_when_it_is_mended() {
    let (hub, _) = hub(&[("wait", WAIT), ("case", CASE), ("notify", NOTIFY)]);
    let (dana, source) = (hub.client("person", "dana"), hub.client("source", "prometheus"));
    let wait = start(&dana, "wait", &json!({}));
    let (how, told) = ended(&dana, &wait);
    assert_eq!(how, "failed", "nothing came: {told}");
    repeat(&dana, &wait);
    until_true("it waits again", SOON, || state(&dana, &wait, "it") == "waiting");
    let down = alert("ledger", "Down", "1");
    source.alert(std::slice::from_ref(&down));
    until_true("it came", SOON, || step(&run(&dana, &wait), "it")["settled"]["how"] == "done");

    until_true("there is a case", SOON, || dana.cases_of("ledger").len() == 1);
    let case = dana.cases_of("ledger")[0]["id"].as_str().unwrap().to_owned();
    for name in ["case", "notify"] {
        let alone = start(&dana, name, &json!({}));
        assert_eq!(ended(&dana, &alone).0, "failed", "{name}: there is no case");
        repeat(&dana, &alone);
        until_true("it failed again", SOON, || run(&dana, &alone)["course"] == "paused");
        assert_eq!(ended(&dana, &alone).0, "failed");
        let of_case = start(&dana, name, &json!({ "case": case }));
        let (how, told) = ended(&dana, &of_case);
        assert_eq!(how, "done", "{name}: {told}");
    }
    let told = dana.all(&format!("/api/v1/cases/{case}/timeline"));
    let said = |words: &str| told.iter().filter(|entry| entry.to_string().contains(words)).count();
    assert_eq!(said("looked at"), 1, "once, although it was wanted three times");
    source.alert(&[ending(down, -1)]);
    hub.verify_record();
}
