//! The matcher for many patterns against the plain one, on raw JSON.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod raw;

use proptest::prelude::*;
use raw::{patterns, text};
use serde_json::json;
use wheelhouse_patterns::{
    DEEPEST_EVENT, Document, LONGEST_EVENT, MOST_UNSELECTIVE, Matcher, Pattern, PatternId, Scratch,
};

fn read(pattern: &serde_json::Value) -> Pattern {
    Pattern::parse(pattern).unwrap()
}

/// Which of many patterns match by the plain matcher; `None` if it cannot tell of one.
fn plainly(patterns: &[Pattern], event: &str) -> Option<Vec<usize>> {
    let document: Document<'_> = serde_json::from_str(event).unwrap();
    let judged = patterns.iter().map(|pattern| pattern.judge(&document));
    let judged: Vec<bool> = judged.collect::<Option<_>>()?;
    Some((0..patterns.len()).filter(|place| judged[*place]).collect())
}

fn together(matcher: &Matcher, scratch: &mut Scratch, event: &str) -> Vec<usize> {
    let ids = matcher.matches(event.as_bytes(), scratch).unwrap();
    let mut places: Vec<usize> = ids.iter().map(|id| id.index()).collect();
    places.sort_unstable();
    places
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_gives_the_answers_of_the_plain_matcher(
        patterns in patterns(1..40),
        events in prop::collection::vec(raw::event(), 1..6),
    ) {
        let patterns: Vec<Pattern> = patterns.iter().map(read).collect();
        let mut matcher = Matcher::new();
        for pattern in &patterns {
            matcher.add(pattern).unwrap();
        }
        let mut scratch = Scratch::new();
        for event in events.iter().map(text) {
            if let Some(expected) = plainly(&patterns, &event) {
                prop_assert_eq!(together(&matcher, &mut scratch, &event), expected, "{}", event);
            }
        }
    }

    #[test]
    fn what_is_no_json_is_an_error_wherever_it_breaks(
        patterns in patterns(1..6),
        event in raw::event(),
        place in any::<prop::sample::Index>(),
        byte in prop_oneof![any::<u8>(), prop::sample::select(b"\"\\{}[],:0-.eE tfn\x01".to_vec())],
        cut in any::<bool>(),
    ) {
        let mut matcher = Matcher::new();
        for pattern in &patterns {
            matcher.add(&read(pattern)).unwrap();
        }
        let mut event = text(&event).into_bytes();
        let place = place.index(event.len());
        let mut scratch = Scratch::new();
        if cut { event.truncate(place) } else { event[place] = byte }
        let ours = matcher.matches(&event, &mut scratch);
        match serde_json::from_slice::<Document<'_>>(&event) {
            Ok(document) => {
                prop_assert!(ours.is_ok(), "{:?}: {ours:?}", String::from_utf8_lossy(&event));
                let judged = patterns.iter().filter_map(|pattern| read(pattern).judge(&document));
                prop_assert_eq!(ours.unwrap().len(), judged.filter(|matches| *matches).count());
            }
            // A number beyond a double is JSON, though serde_json has no place for it.
            Err(error) if error.to_string().contains("number out of range") => {}
            Err(_) => prop_assert!(ours.is_err(), "{:?}", String::from_utf8_lossy(&event)),
        }
    }

    #[test]
    fn removing_is_as_if_it_had_never_been_added(
        patterns in patterns(1..40),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 1..500),
        event in raw::event(),
    ) {
        let patterns: Vec<Pattern> = patterns.iter().map(read).collect();
        let mut matcher = Matcher::new();
        let mut ids: Vec<PatternId> = patterns.iter().map(|pattern| matcher.add(pattern).unwrap()).collect();
        // Takes patterns out and puts them in again, so often that the index is made anew.
        for gone in gone {
            let place = gone.index(patterns.len());
            prop_assert!(matcher.remove(ids[place]));
            prop_assert!(!matcher.remove(ids[place]));
            ids[place] = matcher.add(&patterns[place]).unwrap();
        }
        prop_assert_eq!(matcher.len(), patterns.len());
        let event = text(&event);
        if let Some(expected) = plainly(&patterns, &event) {
            let mut scratch = Scratch::new();
            let found = matcher.matches(event.as_bytes(), &mut scratch).unwrap();
            let mut places: Vec<usize> = found.iter().map(|id| ids.iter().position(|own| own == id).unwrap()).collect();
            places.sort_unstable();
            prop_assert_eq!(places, expected);
        }
    }
}

#[test]
fn one_scratch_serves_several_matchers() {
    let (mut one, mut other) = (Matcher::new(), Matcher::new());
    let x = one.add(&read(&json!({"a": ["x"], "b": [{"exists": false}]}))).unwrap();
    for place in 0..100 {
        other.add(&read(&json!({"a": ["x"], "b": [place]}))).unwrap();
    }
    let mut scratch = Scratch::new();
    for _ in 0..3 {
        assert_eq!(one.matches(br#"{"a":"x"}"#, &mut scratch).unwrap(), [x]);
        assert_eq!(other.matches(br#"{"a":"x","b":7.0}"#, &mut scratch).unwrap().len(), 1);
        assert!(one.matches(br#"{"a":"x","b":7}"#, &mut scratch).unwrap().is_empty());
    }
}

#[test]
fn what_an_event_is_refused_for_names_the_place() {
    let mut matcher = Matcher::new();
    matcher.add(&read(&json!({"a": ["x"]}))).unwrap();
    let mut scratch = Scratch::new();
    let rows: [(&[u8], &str); 16] = [
        (b"", "byte 0: not JSON; the event ends, expected a value"),
        (b"{\"a\":\"x\"", "byte 8: not JSON; the event ends, expected `,` or `}`"),
        (b"{\"a\":\"x", "byte 7: not JSON; the event ends, expected the end of a string"),
        (b"{\"b\":[1,]}", "byte 8: not JSON; expected a value"),
        (b"{\"b\":1,}", "byte 7: not JSON; expected a key in double quotes"),
        (b"{\"b\" 1}", "byte 5: not JSON; expected `:`"),
        (b"{\"b\":{\"c\":1]}", "byte 11: not JSON; expected `,` or `}`"),
        (b"{\"b\":01}", "byte 6: not JSON; expected `,` or `}`"),
        (b"{\"b\":1.}", "byte 7: not JSON; expected a digit"),
        (b"{\"b\":nul}", "byte 5: not JSON; expected null"),
        (b"{\"b\":\"\t\"}", "byte 6: not JSON; a control character in a string must be escaped"),
        (b"{\"b\":\"\\x\"}", "byte 6: not JSON; no such escape, or half of a surrogate pair"),
        (b"{\"b\":\"\\ud800x\"}", "byte 6: not JSON; no such escape, or half of a surrogate pair"),
        (b"{\"b\":\"\xff\"}", "byte 6: not UTF-8"),
        (b"{} {}", "byte 3: not JSON; expected the end of the event"),
        (b"\xef\xbb\xbf{}", "byte 0: not JSON; expected a value"),
    ];
    for (event, expected) in rows {
        let error = matcher.matches(event, &mut scratch).unwrap_err();
        assert_eq!(error.to_string(), expected, "{:?}", String::from_utf8_lossy(event));
        assert!(!error.is_limit());
    }
    // A refused event leaves nothing behind.
    assert_eq!(matcher.matches(b" {\"a\" : [\n\"x\"\t] }\r\n", &mut scratch).unwrap().len(), 1);
}

#[test]
fn events_have_limits_in_depth_and_length() {
    let mut matcher = Matcher::new();
    matcher.add(&read(&json!({"a": ["x"]}))).unwrap();
    let mut scratch = Scratch::new();
    let most = DEEPEST_EVENT as usize;
    for key in ["a", "b"] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = |depth: usize| format!("{{\"{key}\":{}\"x\"{}}}", open.repeat(depth), close.repeat(depth));
            assert!(matcher.matches(nested(most - 1).as_bytes(), &mut scratch).is_ok());
            let error = matcher.matches(nested(most).as_bytes(), &mut scratch).unwrap_err();
            assert!(error.is_limit() && error.to_string().ends_with("nest deeper than 128"), "{error}");
        }
    }
    let long = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
    assert!(matcher.matches(long(LONGEST_EVENT).as_bytes(), &mut scratch).is_ok());
    assert!(matcher.matches(long(LONGEST_EVENT + 1).as_bytes(), &mut scratch).unwrap_err().is_limit());
}

#[test]
fn patterns_that_every_event_would_try_have_a_limit() {
    let mut matcher = Matcher::new();
    let absent = |number: usize| read(&json!({format!("f{number}"): [{"exists": false}]}));
    for number in 0..MOST_UNSELECTIVE {
        matcher.add(&absent(number)).unwrap();
    }
    let error = matcher.add(&absent(0)).unwrap_err();
    assert!(error.to_string().starts_with("this pattern asks only for what is absent"), "{error}");
    assert_eq!(matcher.len(), MOST_UNSELECTIVE);
    matcher.add(&read(&json!({"a": [1], "f0": [{"exists": false}]}))).unwrap();
    assert_eq!(matcher.matches(b"{\"f1\":1}", &mut Scratch::new()).unwrap().len(), MOST_UNSELECTIVE - 1);
}

#[test]
fn hostile_events_end_soon_in_an_answer_or_an_error() {
    let mut matcher = Matcher::new();
    for number in 0..2_000 {
        matcher
            .add(&read(&json!({"a": {"b": [number], "c": [number], "d": [{"wildcard": format!("*x*{number}*")}]}})))
            .unwrap();
        matcher.add(&read(&json!({"w": [{"wildcard": format!("*aa*aa*{number}")}]}))).unwrap();
        matcher.add(&read(&json!({"n": [{"numeric": [">", -number]}], "m": [number]}))).unwrap();
    }
    let many = |item: &str, count: usize| vec![item; count].join(",");
    let events = [
        // Elements that hold all but one thing each.
        format!("{{\"a\":[{}]}}", many(r#"{"b":1},{"c":1},{"d":"xx1"}"#, 20_000)),
        // One path in very many ways.
        format!("{{{}}}", many(r#""a":[{"b":1},{"c":1},{"d":"xx1"}]"#, 20_000)),
        format!("{{\"w\":[{}]}}", many(&format!("\"{}\"", "a".repeat(1_000)), 900)),
        format!("{{\"w\":\"{}\"}}", "a".repeat(1_000_000)),
        format!("{{\"n\":[{}],\"m\":-1}}", many("1", 400_000)),
        format!("{{\"a\":{}1{}}}", "[".repeat(120), many("]", 120).replace(',', ",1")),
    ];
    let mut scratch = Scratch::new();
    for event in &events {
        if let Err(error) = matcher.matches(event.as_bytes(), &mut scratch) {
            assert!(error.is_limit() || error.to_string().contains("JSON"), "{error}");
        }
    }
}

#[test]
fn numbers_mean_the_same_in_every_spelling() {
    let spellings: [(&str, &[&str]); 5] = [
        ("300", &["300", "300.0", "3e2", "3E+2", "30e1", "3000e-1", "0.3e3", "300.000000000000000000000"]),
        ("0", &["0", "-0", "0.0", "0e9", "-0.0e-7", "0.00000000000000000000"]),
        ("-1.5", &["-1.5", "-15e-1", "-0.15e1", "-1.50"]),
        ("18446744073709551615", &["18446744073709551615"]),
        ("1e300", &["1e300", "10e299", "0.1e301"]),
    ];
    for (number, spelled) in spellings {
        let mut matcher = Matcher::new();
        let pattern = |text: &str| Pattern::parse(&serde_json::from_str(text).unwrap()).unwrap();
        matcher.add(&pattern(&format!("{{\"a\":[{number}]}}"))).unwrap();
        matcher.add(&pattern(&format!("{{\"a\":[{{\"numeric\":[\"=\",{number}]}}]}}"))).unwrap();
        matcher.add(&pattern(&format!("{{\"a\":[{{\"numeric\":[\">\",{number}]}}]}}"))).unwrap();
        for text in spelled {
            let event = format!("{{\"a\":{text}}}");
            assert_eq!(together(&matcher, &mut Scratch::new(), &event), [0, 1], "{event}");
        }
        let larger = ["1e400", "99999e99999"].map(|text| format!("{{\"a\":{text}}}"));
        larger.iter().for_each(|event| assert_eq!(together(&matcher, &mut Scratch::new(), event), [2], "{event}"));
        assert!(together(&matcher, &mut Scratch::new(), "{\"a\":-1e400}").is_empty());
    }
}

#[test]
fn an_escape_is_what_it_stands_for() {
    let mut matcher = Matcher::new();
    matcher.add(&read(&json!({"a\"b": ["x/\u{1f600}\n"]}))).unwrap();
    matcher.add(&read(&json!({"é": {"k": [{"suffix": "\\"}]}}))).unwrap();
    let event = r#"{"\u0061\"b":"\u0078\/\ud83d\ude00\n","\u00e9\u002ek":"\\"}"#;
    assert_eq!(together(&matcher, &mut Scratch::new(), event), [0, 1]);
}
