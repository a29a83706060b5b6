//! Holds the Alertmanager door to its laws on bytes that nobody thought of.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use wheelhouse_core::name::SourceName;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::alertmanager::{AlertsQuery, Matcher, Parsed, Reply, check_content_type, parse};

fn read(body: &[u8]) -> Result<Parsed, Reply> {
    let now = Timestamp::from_seconds(1_795_402_500);
    parse(body, &SourceName::new("prometheus").unwrap(), now, Duration::from_minutes(5))
}

/// Bodies that are nearly right: a good one with some bytes changed, cut out or doubled.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let good = r#"[{"labels":{"alertname":"Höhe","e":"\u00e9\ud83d\ude00"},"annotations":{"s":"x"},"startsAt":"2026-11-23T02:00:00.123+01:00","endsAt":"2099-01-01T00:00:00Z","generatorURL":"http://u@[::1]:9/p?q#f","x":[1.5e-3,null,{"y":true}]},{"labels":{"a":"b"}}]"#;
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic_and_equal_bytes_are_read_equally(body in prop_oneof![prop::collection::vec(any::<u8>(), 0..200), nearly()]) {
        let (one, other) = (read(&body), read(&body));
        prop_assert_eq!(&one, &other);
        if let Ok(parsed) = one {
            let mut end = 0;
            for (_, range) in &parsed.signals {
                prop_assert!(end < range.end && range.start >= end && range.end <= body.len());
                prop_assert_eq!(body[range.start], b'{');
                prop_assert_eq!(body[range.end - 1], b'}');
                end = range.end;
            }
        }
    }

    #[test]
    fn an_alert_read_by_itself_is_the_same_alert(body in nearly()) {
        if let Ok(parsed) = read(&body) {
            for (signal, range) in parsed.signals {
                let alone = [b"[", &body[range], b"]"].concat();
                prop_assert_eq!(read(&alone).unwrap().signals[0].0.clone(), signal);
            }
        }
    }

    #[test]
    fn whatever_json_can_say_is_read_as_another_parser_reads_it(
        labels in prop::collection::btree_map("[a-zA-Z_][a-zA-Z0-9_]{0,8}", any::<String>(), 1..8),
        annotations in prop::collection::btree_map("[a-z_]{1,8}", any::<String>(), 0..5),
    ) {
        let body = serde_json::to_vec(&serde_json::json!([{"labels": labels, "annotations": annotations}])).unwrap();
        let parsed = read(&body).unwrap();
        let kept: BTreeMap<&str, &str> =
            labels.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if kept.is_empty() {
            prop_assert_eq!(parsed.errors, ["at least one label pair required"]);
        } else {
            let signal = &parsed.signals[0].0;
            prop_assert_eq!(signal.labels.iter().collect::<BTreeMap<_, _>>(), kept);
            let all: BTreeMap<&str, &str> = annotations.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            prop_assert_eq!(signal.annotations.iter().collect::<BTreeMap<_, _>>(), all);
        }
    }

    #[test]
    fn valid_json_is_never_called_invalid_nor_the_reverse(body in nearly()) {
        // Go ignores what follows the first value, and repairs texts; the other parser does neither.
        let other = serde_json::from_slice::<Vec<serde_json::Value>>(&body);
        let ours = read(&body);
        let syntax = matches!(&ours, Err(reply) if reply.body.contains("invalid character") || reply.body.contains("unexpected EOF"));
        if other.is_ok() {
            prop_assert!(!syntax, "{:?}", ours);
        } else if let Err(error) = other {
            let lenient = ["trailing characters", "surrogate", "hex escape", "number out of range", "unicode", "invalid type"];
            if !lenient.iter().any(|word| error.to_string().contains(word)) {
                prop_assert!(syntax || ours.is_err(), "{error}: {:?}", ours);
            }
        }
    }

    #[test]
    fn filters_queries_and_headers_never_panic(text in any::<String>(), raw in "[a-z=~!%+&\"\\\\(){}*\\[\\]. ]{0,40}") {
        for text in [text, raw] {
            let _ = (Matcher::parse(&text), AlertsQuery::parse(&text), check_content_type(Some(&text), b"x"));
            let quoted = format!("a=\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
            prop_assert!(Matcher::parse(&quoted).is_ok());
        }
    }
}
