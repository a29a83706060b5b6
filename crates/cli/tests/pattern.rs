//! `pattern match` and `pattern bench`, as a shell sees them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Runs the program in a folder; returns exit code, standard output and standard error.
fn wheelhouse(folder: &Path, line: &str, input: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wheelhouse"));
    command.args(line.split(' ')).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that has said why it ends need not read on.
    let _closed = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_match_a_mismatch_and_a_mistake_end_differently() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("p.json"), r#"{"a":{"b":[{"wildcard":"x*y"}]}}"#).unwrap();
    fs::write(at.join("p.yaml"), "a.b: [{wildcard: 'x*y'}]\n").unwrap();
    fs::write(at.join("bad.json"), r#"{"a":[{"wildcard":"x**"}]}"#).unwrap();
    fs::write(at.join("event.json"), "{\n  \"a\": {\"b\": \"xy\"}\n}\n").unwrap();

    for pattern in ["p.json", "p.yaml"] {
        let line = format!("pattern match --pattern {pattern}");
        assert_eq!(wheelhouse(at, &format!("{line} event.json"), ""), (0, "matches\n".into(), String::new()));
        assert_eq!(wheelhouse(at, &line, r#"{"a":{"b":"xz"}}"#), (1, "does not match\n".into(), String::new()));
    }
    let (code, out, _) = wheelhouse(at, "pattern match --pattern p.json event.json --output json", "");
    assert_eq!((code, serde_json::from_str::<Value>(&out).unwrap()), (0, serde_json::json!({"matches": true})));

    let (code, _, error) = wheelhouse(at, "pattern match --pattern bad.json event.json", "");
    assert_eq!(code, 2);
    assert!(error.contains("`a[0].wildcard`: two `*` in a row"), "{error}");
    let (code, _, error) = wheelhouse(at, "pattern match --pattern p.json", "{\"a\":");
    assert_eq!(code, 2);
    assert!(error.contains("standard input: byte 5: not JSON; the event ends, expected a value"), "{error}");
    assert_eq!(wheelhouse(at, "pattern match --pattern none.json", "{}").0, 2);
}

#[test]
fn lines_are_events_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("p.json"), r#"{"n":[{"numeric":[">",1]}]}"#).unwrap();
    let events = "{\"n\":1}\n{\"n\":2}\n\n{\"n\":3}";
    let (code, out, error) = wheelhouse(at, "pattern match --pattern p.json --lines", events);
    assert_eq!((code, out.as_str(), error.as_str()), (0, "{\"n\":2}\n{\"n\":3}\n", ""));
    assert_eq!(wheelhouse(at, "pattern match --pattern p.json --lines", "{\"n\":0}").0, 1);
    let (code, _, error) = wheelhouse(at, "pattern match --pattern p.json --lines", "{\"n\":1}\n{n:2}");
    assert!(code == 2 && error.contains("standard input, line 2: byte 1: not JSON"), "{error}");
    let (code, _, error) = wheelhouse(at, "pattern match --pattern p.json", events);
    assert!(code == 2 && error.contains("with `--lines` each line is an event"), "{error}");
}

#[test]
fn a_measurement_says_what_it_measured() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let patterns = (0..50).map(|n| format!("{{\"id\":\"p{n}\",\"pattern\":{{\"n\":[{n}]}}}}\n")).collect::<String>();
    fs::write(at.join("patterns.jsonl"), patterns + "{\"pattern\":[\"x\"]}\n").unwrap();
    fs::write(at.join("events.jsonl"), "{\"n\":7}\n{\"n\":[7,8.0]}\n{\"n\":70,\"pattern\":\"x\"}\n{}\n").unwrap();
    let (code, out, error) = wheelhouse(at, "pattern bench patterns.jsonl events.jsonl --output json --rounds 2", "");
    assert_eq!(code, 0, "{error}");
    let report: Value = serde_json::from_str(&out).unwrap();
    for (what, count) in [("patterns", 51), ("events", 4), ("matches", 4), ("events_with_a_match", 3)] {
        assert_eq!(report.get(what), Some(&count.into()), "{what} of {report}");
    }
    let positive = |what: &str| report.get(what).and_then(Value::as_f64).is_some_and(|value| value > 0.0);
    assert!(["events_per_second", "build_seconds", "rss_bytes"].into_iter().all(positive), "{report}");
    fs::write(at.join("patterns.jsonl"), "{\"n\":[1]}\n{\"n\":1}\n").unwrap();
    let (code, _, error) = wheelhouse(at, "pattern bench patterns.jsonl events.jsonl", "");
    assert!(code == 2 && error.contains("`patterns.jsonl`, line 2 is no pattern"), "{error}");
}
