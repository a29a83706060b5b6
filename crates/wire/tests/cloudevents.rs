//! The door for CloudEvents, by tables of requests: good, odd and hostile.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use serde_json::{Value, json};
use wheelhouse_core::case::Urgency;
use wheelhouse_core::change::{ChangeKind, ChangeReport};
use wheelhouse_core::name::SourceName;
use wheelhouse_core::signal::{Signal, Status};
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::cloudevents::{
    Data, Event, MOST_EVENTS, Meaning, Mode, mode, parse_batch, parse_binary, parse_event, percent_decoded,
};

const NOW: Timestamp = Timestamp::from_seconds(1_795_402_500);

fn event(change: impl Fn(&mut Value)) -> Value {
    let mut event = json!({
        "specversion": "1.0", "id": "17", "source": "/probes/eu", "type": "com.example.probe.failing",
        "subject": "ledger", "time": "2026-11-23T02:10:00Z", "datacontenttype": "application/json",
        "data": { "service": "ledger", "severity": "critical", "summary": "The probe fails", "labels": { "zone": "eu" } },
    });
    change(&mut event);
    event
}

fn read(event: &Value) -> Result<Event, String> {
    parse_event(event.to_string().as_bytes()).map_err(|bad| bad.to_string())
}

fn meaning(event: &Value) -> Meaning {
    read(event).unwrap().meaning(&SourceName::new("probes").unwrap(), NOW).unwrap()
}

fn signal(event: &Value) -> Signal {
    match meaning(event) {
        Meaning::Signal(signal) => *signal,
        Meaning::Change(change) => panic!("{change:?}"),
    }
}

fn change(event: &Value) -> ChangeReport {
    match meaning(event) {
        Meaning::Change(change) => *change,
        Meaning::Signal(signal) => panic!("{signal:?}"),
    }
}

#[test]
fn the_media_type_says_how_events_are_carried() {
    let table = [
        (None, Mode::Binary),
        (Some("application/json"), Mode::Binary),
        (Some("application/cloudevents+json"), Mode::Structured),
        (Some("Application/CloudEvents+JSON; charset=UTF-8"), Mode::Structured),
        (Some("application/cloudevents-batch+json"), Mode::Batched),
    ];
    for (kind, expected) in table {
        assert_eq!(mode(kind).unwrap(), expected, "{kind:?}");
    }
    for bad in ["application/cloudevents", "application/cloudevents+avro", "application/cloudevents-batch+xml"] {
        assert!(mode(Some(bad)).is_err(), "{bad}");
    }
}

#[test]
fn an_event_becomes_a_signal_that_its_end_finds_again() {
    let fires = signal(&event(|_| {}));
    assert_eq!(
        fires.labels.to_string(),
        "{event_source=\"/probes/eu\", event_type=\"com.example.probe.failing\", \
         service=\"ledger\", subject=\"ledger\", zone=\"eu\"}"
    );
    assert_eq!((fires.urgency, fires.summary()), (Urgency::Critical, "The probe fails"));
    assert_eq!(fires.status, Status::Firing { until: None });
    let by_status = signal(&event(|event| {
        event["data"]["status"] = json!("Resolved");
        event["data"]["severity"] = json!("info");
        event["id"] = json!("18");
    }));
    assert!(by_status.is_same(&fires) && !by_status.is_firing(), "severity tells no signals apart");
    let opened = signal(&event(|event| event["type"] = json!("com.example.probe.opened")));
    let closed = signal(&event(|event| event["type"] = json!("com.example.probe.closed")));
    assert!(opened.is_firing() && !closed.is_firing() && opened.is_same(&closed));
    let short = signal(&event(|event| event["data"]["until"] = json!("2026-11-23T09:00:00Z")));
    assert!(matches!(short.status, Status::Firing { until: Some(_) }));
    let over = signal(&event(|event| event["data"]["until"] = json!("2026-11-23T02:11:00Z")));
    assert!(!over.is_firing());
    let bare = signal(&json!({ "specversion": "1.0", "id": "1", "source": "s", "type": "t" }));
    assert_eq!((bare.summary(), bare.started_at), ("t", NOW));
    let drill = signal(&event(|event| event["drill"] = json!(true)));
    assert!(drill.drill);
}

#[test]
fn deployments_become_changes() {
    let cdevent = json!({
        "specversion": "1.0", "id": "9", "source": "/ci/acme", "type": "dev.cdevents.service.deployed.0.1.1",
        "time": "2026-11-23T02:00:00Z", "datacontenttype": "application/json",
        "data": {
            "context": { "version": "0.4.1", "id": "9", "source": "/ci/acme", "type": "dev.cdevents.service.deployed.0.1.1" },
            "subject": { "id": "acme/ledger", "type": "service", "content": {
                "environment": { "id": "prod" }, "artifactId": "pkg:oci/ledger@sha256%3Aab?repository_url=r&tag=2.4.1" } },
        },
    });
    let deployed = change(&cdevent);
    assert_eq!((deployed.kind, deployed.version.as_str()), (ChangeKind::Deployment, "2.4.1"));
    assert_eq!(deployed.services, ["ledger", "acme/ledger"]);
    assert_eq!(deployed.at, Timestamp::from_seconds(1_795_399_200));
    let own = change(&event(|event| {
        event["type"] = json!("org.wheelhouse.change.configuration");
        event["data"] =
            json!({ "service": "ledger", "title": "timeout 5 s", "by": "dana", "url": "https://git.example/1" });
    }));
    assert_eq!((own.kind, own.title.as_str(), own.by.as_str()), (ChangeKind::Configuration, "timeout 5 s", "dana"));
    assert_ne!(own.key, deployed.key);
    let stated = change(&event(|event| {
        event["type"] = json!("org.wheelhouse.change");
        event["data"]["kind"] = json!("maintenance");
    }));
    assert_eq!(stated.kind, ChangeKind::Maintenance);
    // Only whole words of a type count.
    assert!(matches!(
        meaning(&event(|event| event["type"] = json!("dev.cdevents.service.deployedish"))),
        Meaning::Signal(_)
    ));
    let ahead = change(&event(|event| {
        event["type"] = json!("org.wheelhouse.change");
        event["time"] = json!("2099-01-01T00:00:00Z");
    }));
    assert_eq!(ahead.at, NOW);
}

#[test]
fn headers_are_percent_decoded_once() {
    let table = [
        (&b"plain"[..], Some("plain")),
        (b"Euro%20%E2%82%AC%20%F0%9F%98%80", Some("Euro \u{20ac} \u{1f600}")),
        (b"%2525", Some("%25")),
        (b"\"quoted \\\"text\\\"\"", Some("quoted \"text\"")),
        (b" spaced ", Some("spaced")),
        (b"%C0%A0", None),
        (b"%ff", None),
        (b"%4", None),
        (b"%zz", None),
        (b"raw \xc3\xbc", Some("raw \u{fc}")),
    ];
    for (value, expected) in table {
        assert_eq!(percent_decoded(value).as_deref(), expected, "{}", String::from_utf8_lossy(value));
    }
}

fn binary(headers: &[(&str, &str)], kind: Option<&str>, body: &[u8]) -> Result<Event, String> {
    let usual = [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/s"), ("ce-type", "t.failing")];
    let replaced = |name: &str| headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    let usual = usual.iter().filter(|(name, _)| !replaced(name));
    let all = usual.chain(headers).filter(|(_, value)| *value != "-");
    parse_binary(all.map(|(name, value)| (*name, value.as_bytes())), kind, body).map_err(|bad| bad.to_string())
}

#[test]
fn attributes_come_as_headers_and_data_as_the_body() {
    let one = binary(
        &[("CE-Subject", "a%20b"), ("ce-drill", "true"), ("host", "hub")],
        Some("application/json"),
        b"{\"a\":1}",
    )
    .unwrap();
    assert_eq!((one.subject.as_deref(), &one.data), (Some("a b"), &Data::Json(json!({ "a": 1 }))));
    assert_eq!(one.extensions.len(), 1);
    assert_eq!(binary(&[], Some("text/plain"), b"words").unwrap().data, Data::Text("words".to_owned()));
    assert_eq!(binary(&[], Some("image/png"), b"\x89PNG").unwrap().data, Data::Bytes(4));
    assert_eq!(binary(&[], None, b"").unwrap().data, Data::None);
    type Wrong<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>, &'a [u8], &'a str);
    let table: [Wrong<'_>; 10] = [
        (&[("ce-id", "-")], None, b"", "`id`"),
        (&[("ce-source", "")], None, b"", "`source`"),
        (&[("ce-specversion", "0.3")], None, b"", "`specversion`"),
        (&[("ce-type", "%ff")], None, b"", "`ce-type`: expected UTF-8"),
        (&[("ce-time", "noon")], None, b"", "`time`"),
        (&[("ce-datacontenttype", "text/plain")], None, b"", "`ce-datacontenttype`"),
        (&[("ce-my_name", "x")], None, b"", "not the name of an attribute"),
        (&[("ce-a", "1"), ("CE-A", "2")], None, b"", "found twice"),
        (&[("ce-a", "a%00b")], None, b"", "control characters"),
        (&[], Some("application/json"), b"{", "not the JSON it says"),
    ];
    for (headers, kind, body, words) in table {
        let error = binary(headers, kind, body).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
    assert!(parse_binary([("host", &b"hub"[..])], None, b"{}").unwrap_err().to_string().contains("there is no event"));
    let many: Vec<(String, String)> = (0..100).map(|n| (format!("ce-x{n}"), "y".to_owned())).collect();
    assert!(parse_binary(many.iter().map(|(name, value)| (name.as_str(), value.as_bytes())), None, b"").is_err());
}

#[test]
fn wrong_events_say_what_is_wrong() {
    type Spoil = fn(&mut Value);
    let table: [(Spoil, &str); 9] = [
        (|e| drop(e.as_object_mut().unwrap().remove("id")), "`id`"),
        (|e| e["specversion"] = json!("0.2"), "`specversion`"),
        (|e| e["type"] = json!(""), "`type`"),
        (|e| e["type"] = json!({ "a": 1 }), "`type`: expected a text"),
        (|e| e["source"] = json!("x".repeat(5_000)), "expected at most"),
        (|e| e["data_base64"] = json!("AA=="), "found both"),
        (|e| e["Upper"] = json!("x"), "not the name of an attribute"),
        (|e| e["time"] = json!("2026-99-01"), "`time`"),
        (|e| e["one"] = json!(1.5), "expected a text, a whole number or a truth value"),
    ];
    for (change, words) in table {
        let error = read(&event(change)).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
    let wrong = read(&event(|e| e["data"]["labels"] = json!({ "a-b": "x" }))).unwrap();
    assert!(wrong.meaning(&SourceName::new("s").unwrap(), NOW).unwrap_err().to_string().contains("data.labels.a-b"));
    let drill = |word: Value| {
        let event = read(&event(|e| e["drill"] = word.clone())).unwrap();
        event.meaning(&SourceName::new("s").unwrap(), NOW).map(drop).map_err(|error| error.to_string())
    };
    assert!(drill(json!("yes")).unwrap_err().contains("`drill`: expected true or false, found \"yes\""));
    assert_eq!((drill(json!("true")), drill(json!(false))), (Ok(()), Ok(())));
    let base64 = event(|e| {
        e.as_object_mut().unwrap().remove("data");
        e["data_base64"] = json!("eyJhIjoxfQ==");
    });
    assert_eq!(read(&base64).unwrap().data, Data::Json(json!({ "a": 1 })));
}

#[test]
fn a_batch_is_taken_whole_or_not_at_all() {
    let two = json!([event(|_| {}), event(|event| event["id"] = json!("18"))]).to_string();
    let batch = parse_batch(two.as_bytes()).unwrap();
    assert_eq!(batch.len(), 2);
    for (event, range) in &batch {
        assert_eq!(&parse_event(two[range.clone()].as_bytes()).unwrap(), event);
    }
    assert!(parse_batch(b"[]").unwrap().is_empty());
    let wrong = json!([event(|_| {}), event(|event| event["id"] = json!(""))]).to_string();
    assert!(parse_batch(wrong.as_bytes()).unwrap_err().to_string().starts_with("event 1: `id`"));
    let many = json!(vec![json!(null); MOST_EVENTS + 1]).to_string();
    assert!(parse_batch(many.as_bytes()).is_err());
    for hostile in [&b""[..], b"{}", b"[1]", b"[{]", b"\xff", &[b'['; 100_000]] {
        assert!(parse_batch(hostile).is_err());
    }
}
