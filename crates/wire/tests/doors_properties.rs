//! No bytes make a door panic, and what is read is bounded.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use proptest::prelude::*;
use wheelhouse_core::name::SourceName;
use wheelhouse_core::silence::SilenceId;
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::alertmanager::{parse_silence, silence_of_uuid, uuid_of};
use wheelhouse_wire::cloudevents::{mode, parse_batch, parse_binary, parse_event, percent_decoded};
use wheelhouse_wire::webhook;

const WEBHOOK: &str = r#"{"version":"4","status":"firing","truncatedAlerts":0,"alerts":[{"status":"firing","labels":{"alertname":"H\u00f6he","service":"ledger"},"annotations":{"s":"x"},"startsAt":"2026-11-23T02:00:00.123+01:00","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://p/"},{"status":"resolved","labels":{"a":"b"},"endsAt":"2026-11-23T02:00:00Z"}]}"#;
const EVENTS: &str = r#"[{"specversion":"1.0","id":"1","source":"/s","type":"t.failing","time":"2026-11-23T02:00:00Z","subject":"x","datacontenttype":"application/json","data":{"service":"ledger","status":"down","labels":{"a":"b"},"until":"2099-01-01T00:00:00Z"}},{"specversion":"1.0","id":"2","source":"/s","type":"dev.cdevents.service.deployed.0.1.1","data_base64":"e30="}]"#;
const SILENCE: &str = r#"{"id":"511e9ce0-0000-4000-8000-000000000003","matchers":[{"name":"service","value":"led.*","isRegex":true,"isEqual":true}],"startsAt":"2026-11-23T02:00:00Z","endsAt":"2026-11-24T02:00:00Z","createdBy":"dana","comment":"x"}"#;

/// Bodies that are nearly right: a good one with some bytes changed, cut out or doubled.
fn nearly(good: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), any::<u8>(), 0..4u8);
    prop::collection::vec(edit, 0..6).prop_map(move |edits| {
        let mut body = good.as_bytes().to_vec();
        for (index, byte, kind) in edits {
            let at = index.index(body.len().max(1));
            match kind {
                _ if at >= body.len() => body.push(byte),
                0 => body[at] = byte,
                1 => drop(body.remove(at)),
                2 => body.insert(at, b"[]{}\",:\\0-nt "[usize::from(byte) % 13]),
                _ => body.truncate(at.max(1)),
            }
        }
        body
    })
}

fn any_or(good: &'static str) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..200), 4 => nearly(good)]
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_795_402_500)
}

fn source() -> SourceName {
    SourceName::new("any").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_webhook_is_read_or_refused(body in any_or(WEBHOOK)) {
        match webhook::parse(&body) {
            Ok(read) => for (signal, range) in read.signals(&source(), now()) {
                prop_assert!(range.end <= body.len() && !signal.labels.as_str().is_empty());
                prop_assert_eq!(body[range.start], b'{');
            },
            Err(bad) => prop_assert!(bad.to_string().len() < 2_000, "{}", bad),
        }
    }

    #[test]
    fn events_are_read_or_refused(body in any_or(EVENTS)) {
        match parse_batch(&body) {
            Ok(batch) => for (event, range) in batch {
                prop_assert!(range.end <= body.len());
                prop_assert_eq!(&parse_event(&body[range]).unwrap(), &event);
                if let Err(bad) = event.meaning(&source(), now()) {
                    prop_assert!(bad.to_string().len() < 2_000);
                }
            },
            Err(bad) => prop_assert!(bad.to_string().len() < 2_000, "{}", bad),
        }
    }

    #[test]
    fn headers_never_panic(names in prop::collection::vec("ce-[a-z]{0,6}", 0..8), values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 8), kind in "[ -~]{0,40}", body in prop::collection::vec(any::<u8>(), 0..50)) {
        let headers = names.iter().map(String::as_str).zip(values.iter().map(Vec::as_slice));
        let _ = (mode(Some(&kind)), parse_binary(headers, Some(&kind), &body));
        let given = ["ce-id", "ce-source", "ce-type"].into_iter().zip(values.iter().map(Vec::as_slice));
        if let Ok(event) = parse_binary(given.chain([("ce-specversion", &b"1.0"[..])]), Some(&kind), &body) {
            prop_assert!(event.meaning(&source(), now()).is_ok());
        }
        for value in &values {
            if let Some(text) = percent_decoded(value) {
                prop_assert!(text.len() <= value.len());
            }
        }
    }

    #[test]
    fn a_silence_is_read_or_refused(body in any_or(SILENCE)) {
        match parse_silence(&body).and_then(|posted| posted.into_request(now())) {
            Ok(request) => prop_assert!(request.starts_at < request.ends_at),
            Err(reply) => prop_assert!((400..500).contains(&reply.status) && reply.body.len() < 20_000),
        }
    }

    #[test]
    fn the_name_of_a_silence_survives_its_uuid(number in 1u64..1 << 48, text in ".{0,60}") {
        prop_assert_eq!(silence_of_uuid(&uuid_of(SilenceId(number))), Ok(Some(SilenceId(number))));
        let _ = silence_of_uuid(&text);
    }
}
