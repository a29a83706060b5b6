//! Holds the Alertmanager door to what a real Alertmanager 0.25 answered, to the byte.
//!
//! `tests/alertmanager/capture.py` asks one again and rewrites the files that are compared with here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use serde::Deserialize;
use serde_json::Value;
use wheelhouse_core::case::Urgency;
use wheelhouse_core::name::SourceName;
use wheelhouse_core::signal::{Adapter, Signal, Status};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::alertmanager::{
    AlertsQuery, Matcher, Parsed, Reply, Shown, StatusView, alerts, check_content_type, fingerprint, gettable_alert,
    groups, parse, receivers, silences, status,
};

const TIMEOUT: Duration = Duration::from_minutes(5);

fn now() -> Timestamp {
    at("2026-11-23T02:55:00Z")
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_jiff(text.parse().unwrap())
}

fn read(body: &[u8]) -> Result<Parsed, Reply> {
    parse(body, &SourceName::new("prometheus").unwrap(), now(), TIMEOUT)
}

fn one(body: &str) -> Signal {
    let parsed = read(body.as_bytes()).unwrap();
    assert_eq!(parsed.errors, Vec::<String>::new());
    assert_eq!(parsed.signals.len(), 1);
    parsed.signals[0].0.clone()
}

#[derive(Deserialize)]
struct Answer {
    request: String,
    status: u16,
    body: String,
}

#[test]
fn every_captured_answer_is_ours_to_the_byte() {
    let answers: Vec<Answer> = serde_json::from_str(include_str!("alertmanager/answers.json")).unwrap();
    assert!(answers.len() > 250, "only {} answers", answers.len());
    let mut wrong = Vec::new();
    for answer in &answers {
        // The requests stand in the file as Latin-1, one character a byte.
        let body: Vec<u8> = answer.request.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let ours = read(&body).map_or_else(|refused| refused, |parsed| parsed.reply());
        if (ours.status, &ours.body) != (answer.status, &answer.body) {
            wrong.push(format!(
                "{}\n  theirs {} {}\n  ours   {} {}",
                answer.request, answer.status, answer.body, ours.status, ours.body
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), answers.len(), wrong.join("\n"));
}

#[derive(Deserialize)]
struct Filtered {
    filter: String,
    status: u16,
    found: Value,
}

#[derive(Deserialize)]
struct Shapes {
    posted: Value,
    answers: std::collections::BTreeMap<String, String>,
}

fn shapes() -> (Shapes, Vec<Signal>) {
    let shapes: Shapes = serde_json::from_str(include_str!("alertmanager/shapes.json")).unwrap();
    let parsed = read(serde_json::to_string(&shapes.posted).unwrap().as_bytes()).unwrap();
    (shapes, parsed.signals.into_iter().map(|(signal, _)| signal).collect())
}

#[test]
fn every_captured_filter_finds_the_same() {
    let (_, signals) = shapes();
    let mut found: Vec<(u64, &Signal)> = signals.iter().map(|signal| (fingerprint(&signal.labels), signal)).collect();
    found.sort_by_key(|(fingerprint, _)| *fingerprint);
    let filters: Vec<Filtered> = serde_json::from_str(include_str!("alertmanager/filters.json")).unwrap();
    for Filtered { filter, status, found: theirs } in filters {
        match Matcher::parse(&filter) {
            Ok(matcher) => {
                let matching = found.iter().filter(|(_, signal)| matcher.matches(&signal.labels));
                let ours: Vec<&str> = matching.map(|(_, signal)| signal.labels.get("alertname").unwrap()).collect();
                assert_eq!((status, theirs), (200, serde_json::json!(ours)), "{filter}");
            }
            Err(reply) => {
                assert_eq!(reply.status, status, "{filter}: {}", reply.body);
                let ours: String = serde_json::from_str(&reply.body).unwrap();
                let theirs = theirs.as_str().unwrap();
                // What is wrong with a regular expression is said in the words of another parser.
                match theirs.starts_with("error parsing regexp: ") {
                    true => {
                        assert!(ours.starts_with("error parsing regexp: ") && ours.ends_with("$`"), "{filter}: {ours}")
                    }
                    false => assert_eq!(ours, theirs, "{filter}"),
                }
            }
        }
    }
}

#[test]
fn what_a_get_shows_is_the_same_to_the_byte() {
    let (shapes, signals) = shapes();
    let theirs = &shapes.answers["/alerts"];
    let listed: Vec<Value> = serde_json::from_str(theirs).unwrap();
    let updated_at = at(listed[0]["updatedAt"].as_str().unwrap());
    let shown: Vec<Shown<'_>> = signals
        .iter()
        .map(|signal| {
            let ends_at = match signal.status {
                Status::Firing { until } => until,
                Status::Resolved { at } => Some(at),
            };
            Shown { signal, ends_at, updated_at, receiver: "nobody", silenced_by: &[] }
        })
        .collect();
    assert_eq!(alerts(shown.clone()).body, *theirs);
    assert_eq!(groups(shown.clone()).body, shapes.answers["/alerts/groups"]);
    assert_eq!(receivers(["nobody"]).body, shapes.answers["/receivers"]);
    assert_eq!(silences([], &[]).body, shapes.answers["/silences"]);
    assert!(theirs.contains(&gettable_alert(&shown[0])));
    assert_eq!(alerts([]).body, "[]\n");
}

#[test]
fn status_has_the_shape_that_amtool_reads() {
    fn keys(value: &Value) -> Vec<String> {
        let Value::Object(fields) = value else { return Vec::new() };
        let inside =
            fields.iter().flat_map(|(name, value)| keys(value).into_iter().map(move |key| format!("{name}.{key}")));
        fields.keys().cloned().chain(inside).collect()
    }
    let (shapes, _) = shapes();
    let ours = status(&StatusView { started_at: now(), version: "0.1.0", receivers: &["noc", "payments"] }).body;
    let (ours, theirs): (Value, Value) =
        (serde_json::from_str(&ours).unwrap(), serde_json::from_str(&shapes.answers["/status"]).unwrap());
    assert_eq!(keys(&ours), keys(&theirs));
    assert_eq!(ours["uptime"], "2026-11-23T02:55:00.000Z");
    assert_eq!(ours["versionInfo"]["revision"], "wheelhouse 0.1.0");
    assert_eq!(ours["versionInfo"]["version"], theirs["versionInfo"]["version"]);
}

#[test]
fn times_that_are_missing_follow_the_rules() {
    let firing = |until: &str| Status::Firing { until: Some(at(until)) };
    let cases = [
        // startsAt, endsAt, started at, status
        ("", "", "2026-11-23T02:55:00Z", firing("2026-11-23T03:00:00Z")),
        (r#","startsAt":"2026-11-23T02:00:00Z""#, "", "2026-11-23T02:00:00Z", firing("2026-11-23T03:00:00Z")),
        ("", r#","endsAt":"2026-11-23T04:00:00Z""#, "2026-11-23T04:00:00Z", firing("2026-11-23T04:00:00Z")),
        (
            "",
            r#","endsAt":"2026-11-23T01:00:00Z""#,
            "2026-11-23T01:00:00Z",
            Status::Resolved { at: at("2026-11-23T01:00:00Z") },
        ),
        (
            "",
            r#","endsAt":"2026-11-23T02:55:00Z""#,
            "2026-11-23T02:55:00Z",
            Status::Resolved { at: at("2026-11-23T02:55:00Z") },
        ),
        (
            r#","startsAt":"0001-01-01T00:00:00Z""#,
            r#","endsAt":"0001-01-01T00:00:00Z""#,
            "2026-11-23T02:55:00Z",
            firing("2026-11-23T03:00:00Z"),
        ),
        (
            r#","startsAt":"2026-11-23T03:00:00.1234567+01:00""#,
            "",
            "2026-11-23T02:00:00.123456Z",
            firing("2026-11-23T03:00:00Z"),
        ),
        (r#","startsAt":"""#, "", "1970-01-01T00:00:00Z", firing("2026-11-23T03:00:00Z")),
    ];
    for (starts, ends, started_at, status) in cases {
        let signal = one(&format!(r#"[{{"labels":{{"a":"b"}}{starts}{ends}}}]"#));
        assert_eq!((signal.started_at, signal.status), (at(started_at), status), "{starts} {ends}");
    }
    let late = read(br#"[{"labels":{"a":"b"},"startsAt":"2026-11-23T03:00:01Z"}]"#).unwrap();
    assert_eq!(late.errors, ["start time must be before end time"]);
}

#[test]
fn labels_are_sorted_and_without_empty_values_while_annotations_keep_them() {
    let signal = one(
        r#"[{"labels":{"z":"1","a":"2","e":"","a":"3","n":null},"annotations":{"y":"","b":"x"},"generatorURL":"http://p/g?x","q":[{}]}]"#,
    );
    assert_eq!(signal.labels.iter().collect::<Vec<_>>(), [("a", "3"), ("z", "1")]);
    assert_eq!(signal.annotations.iter().collect::<Vec<_>>(), [("b", "x"), ("y", "")]);
    assert_eq!((&*signal.url, signal.adapter, signal.drill), ("http://p/g?x", Adapter::Alertmanager, false));
    assert_eq!(signal.urgency, Urgency::Error);
    assert_eq!(one(r#"[{"labels":{"severity":"page"}}]"#).urgency, Urgency::Critical);
    assert!(!one(r#"[{"labels":{"drill":"true"}}]"#).drill);
    let odd = one("[{\"labels\":{\"a\":\"\\ud83d\\ude00 \\udc00\\ud83dx\"}}]");
    assert_eq!(odd.labels.get("a"), Some("😀 \u{fffd}\u{fffd}x"));
    let bytes = read(b"[{\"labels\":{\"a\":\"\xff\xc3\"}}]").unwrap();
    assert_eq!(bytes.signals[0].0.labels.get("a"), Some("\u{fffd}\u{fffd}"));
}

#[test]
fn valid_siblings_are_kept_with_their_own_bytes() {
    let body = br#" [ {"labels":{"a":"1"}} ,{"labels":{}}, {"labels":{"b-":"1"}},{"labels":{"c":"]}"}}] rest"#;
    let parsed = read(body).unwrap();
    let raw: Vec<&[u8]> = parsed.signals.iter().map(|(_, range)| &body[range.clone()]).collect();
    assert_eq!(raw, [br#"{"labels":{"a":"1"}}"#.as_slice(), br#"{"labels":{"c":"]}"}}"#.as_slice()]);
    assert_eq!(parsed.reply().status, 400);
    assert_eq!(
        parsed.reply().body,
        "\"at least one label pair required; invalid label set: invalid name \\\"b-\\\"\"\n"
    );
}

#[test]
fn everything_has_a_limit() {
    let many = |count: usize| format!("[{}]", vec![r#"{"labels":{"a":"b"}}"#; count].join(","));
    assert_eq!(read(many(10_000).as_bytes()).unwrap().signals.len(), 10_000);
    assert_eq!(read(many(10_001).as_bytes()).unwrap_err().status, 413);
    let labels: Vec<String> = (0..129).map(|n| format!(r#""l{n}":"x""#)).collect();
    let refused = [
        format!(r#"[{{"labels":{{{}}}}}]"#, labels.join(",")),
        format!(r#"[{{"labels":{{"a":"{}"}}}}]"#, "x".repeat(4_097)),
        format!(r#"[{{"labels":{{"{}":"x"}}}}]"#, "x".repeat(513)),
        format!(r#"[{{"labels":{{"a":"x"}},"annotations":{{"a":"{}"}}}}]"#, "x".repeat(32_769)),
        format!(r#"[{{"labels":{{"a":"x"}},"generatorURL":"http://h/{}"}}]"#, "x".repeat(8_192)),
    ];
    for body in refused {
        let parsed = read(body.as_bytes()).unwrap();
        assert!(parsed.signals.is_empty() && parsed.errors[0].contains("takes at most"), "{:?}", parsed.errors);
    }
    let deep = format!("[{{\"labels\":{{\"a\":\"b\"}},\"x\":{}", "[".repeat(100_000));
    assert!(read(deep.as_bytes()).unwrap_err().body.contains("exceeded max depth"));
    assert_eq!(read(b"[null]").unwrap_err().body, r#"{"code":602,"message":"0.labels in body is required"}"#);
}

#[test]
fn only_json_is_taken() {
    let refused = |header: Option<&str>| check_content_type(header, b"[]").unwrap_err();
    for header in ["application/json", "application/JSON", "APPLICATION/json ; charset=x", "application/json;"] {
        assert_eq!(check_content_type(Some(header), b"[]"), Ok(()), "{header}");
    }
    let words = |found: &str| {
        format!(
            "{{\"code\":415,\"message\":\"unsupported media type \\\"{found}\\\", only [application/json] are allowed\"}}"
        )
    };
    assert_eq!((refused(None).status, refused(None).body), (415, words("application/octet-stream")));
    assert_eq!(refused(Some("")).body, words("application/octet-stream"));
    assert_eq!(refused(Some("text/json")).body, words("text/json"));
    assert_eq!(refused(Some("application/json, text/plain")).status, 400);
    assert_eq!(check_content_type(None, b""), Ok(()), "without a body the header does not count");
}

#[test]
fn queries_are_read_from_the_address() {
    let (_, signals) = shapes();
    let count = |query: &str| {
        let query = AlertsQuery::parse(query).unwrap();
        signals.iter().filter(|signal| query.wants(&signal.labels, "nobody", false)).count()
    };
    assert_eq!(count(""), 3);
    assert_eq!(count("filter=service%3D%22ledger%22&active=true&silenced=false"), 1);
    assert_eq!(count("filter=service!%3D&filter=alertname%3D~H.*"), 1);
    assert_eq!(count("filter=summary+=x"), 0);
    assert_eq!(count("active=maybe"), 0);
    assert_eq!(count("receiver=no"), 0);
    assert_eq!(count("receiver=no.*"), 3);
    assert_eq!(AlertsQuery::parse("receiver=%5B").unwrap_err().status, 400);
    assert_eq!(AlertsQuery::parse(&"filter=a%3Db&".repeat(101)).unwrap_err().status, 400);
    assert_eq!(Matcher::parse(&format!("a=~\"{}\"", "(x{999}){999}")).unwrap_err().status, 400);
}
