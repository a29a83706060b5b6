//! Expressions: what they answer, and that nothing makes them slow, large or undecided.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};
use wheelhouse_core::expression::Conditions;
use wheelhouse_wire::expression::{CEL, LONGEST, check};

fn event() -> Value {
    json!({
        "event": {
            "kind": "signal",
            "severity": "critical",
            "labels": {"job": "payments", "instance": "node-7", "zone": "dmz"},
            "count": 3,
            "ratio": 0.25,
            "paths": ["a", "b", "c"],
        },
        "service": {"name": "ledger", "tier": 1},
    })
}

fn holds(expression: &str) -> Result<bool, String> {
    CEL.holds(expression, &event())
}

#[test]
fn what_people_ask() {
    for (expression, expected) in [
        ("event.severity == 'critical'", true),
        ("event.severity in ['error', \"critical\"] && service.tier <= 2", true),
        ("event.labels.job.startsWith('pay') || false", true),
        ("event.labels['instance'].matches('^node-[0-9]+$')", true),
        ("matches(event.labels.job, 'x')", false),
        ("has(event.labels.team) && event.labels.team == 'x'", false),
        ("!has(event.labels.team)", true),
        ("event.count > 2 && event.count == 3.0 && event.ratio < 1", true),
        ("size(event.paths) == 3 && event.paths[1] == 'b'", true),
        ("event.paths.exists(p, p == 'c') && event.paths.all(p, size(p) == 1)", true),
        ("event.paths.exists_one(p, p == 'c')", true),
        ("event.paths.filter(p, p != 'b').map(p, p + '!') == ['a!', 'c!']", true),
        ("event.labels.exists(name, name == 'zone')", true),
        ("'zone' in event.labels", true),
        ("int('7') + 1 == 8 && string(service.tier) == '1'", true),
        ("event.count > 2 ? true : false", true),
        ("{'a': 1, 'b': 2}.a == 1", true),
    ] {
        assert_eq!(holds(expression), Ok(expected), "{expression}");
        check(expression, &["event", "service"]).unwrap();
    }
}

#[test]
fn what_cannot_be_told_is_said_in_words() {
    for (expression, words) in [
        ("event.labels.team == 'x'", "there is no `team` here; ask `has(…)` first"),
        ("event.count", "expected true or false, found int"),
        ("nothing == 1", "`nothing` is not known here"),
        ("event.count + 'x' == 'y'", "add"),
        ("1 / 0 == 1", "zero"),
        ("service.tier > 'x'", "no matching overload"),
    ] {
        let error = holds(expression).unwrap_err();
        assert!(error.contains(words), "{expression}: {error}");
    }
}

#[test]
fn what_is_wrong_is_found_before_anything_is_asked() {
    for (expression, at, words) in [
        ("", 0, "expected an expression"),
        ("event.count >", 13, "it ends too soon"),
        ("event.\n  count = 3", 15, "token recognition error"),
        ("evnt.count == 3", 0, "`evnt` is not known here; did you mean `event`?"),
        ("now() > 3", 0, "there is no function `now`"),
        ("event.paths.siz() > 3", 0, "did you mean `size`?"),
        ("event.labels.job.matches(event.labels.zone)", 0, "expects a regular expression in quotes"),
        ("event.labels.job.matches('(')", 0, "cannot be used"),
        ("event.labels.job.matches('(a{1000}){1000}')", 0, "cannot be used"),
        ("b'abc' == b'abc'", 0, "bytes are not known"),
        ("google.protobuf.Duration{seconds: 1} == 1", 0, "types cannot be made"),
        ("event.paths.map(p, q)", 0, "`q` is not known here"),
        ("timestamp('2020-01-01T00:00:00Z') == event.at", 0, "there is no function `timestamp`"),
    ] {
        let wrong = check(expression, &["event"]).unwrap_err();
        assert!(wrong.message.contains(words), "{expression}: {wrong}");
        assert_eq!(wrong.at, at, "{expression}: {wrong}");
    }
}

#[test]
fn values_come_back_as_json_with_their_keys_in_order() {
    let value = |expression| CEL.value(expression, &event());
    assert_eq!(value("event.labels.map(name, name)"), Ok(json!(["instance", "job", "zone"])));
    assert_eq!(value("{'z': 1, 'a': [true, null, 0.5]}").unwrap().to_string(), r#"{"a":[true,null,0.5],"z":1}"#);
    assert_eq!(value("event"), Ok(event()["event"].clone()));
    assert_eq!(value("18446744073709551615u"), Ok(json!(u64::MAX)));
    assert!(value("1.0 / 0.0").unwrap_err().contains("no number that JSON has"));
    assert!(value("{1: 2}").unwrap_err().contains("no text"));
}

#[test]
fn nothing_makes_it_slow_or_large() {
    let chain = |times: usize| format!("size(['{}']{}) == 1", "x".repeat(1_500), ".map(a, a + a)".repeat(times));
    assert_eq!(holds(&chain(3)), Ok(true));
    assert!(holds(&chain(9)).unwrap_err().contains("steps"));
    assert!(holds(&chain(30)).unwrap_err().contains("too deep"));
    let lists = |times: usize| format!("size([1]{}) == 1", ".map(a, [a, a, a, a, a, a, a, a])".repeat(times));
    assert_eq!(holds(&lists(2)), Ok(true));
    assert!(holds(&lists(6)).unwrap_err().contains("steps"));
    let many = json!({"event": (0..2_000).collect::<Vec<_>>()});
    let squares = "event.all(a, event.all(b, a + b >= 0))";
    assert!(CEL.holds(squares, &many).unwrap_err().contains("steps"));
    assert_eq!(CEL.holds("event.all(a, a >= 0)", &many), Ok(true));
    // What was not enough is not hidden behind an operator that forgives errors.
    assert!(CEL.holds(&format!("({squares}) || true"), &many).unwrap_err().contains("steps"));
    let text = json!({"event": "x".repeat(4_000_000)});
    assert!(CEL.holds("event == event", &text).unwrap_err().contains("steps"));
    assert!(CEL.holds("[1, 2].exists(a, event.contains('y'))", &text).unwrap_err().contains("steps"));
    assert!(CEL.value("event", &text).unwrap_err().contains("at most"));
}

#[test]
fn nothing_that_is_nested_ends_the_program() {
    let small = std::thread::Builder::new().stack_size(1024 * 1024);
    let hostile = || {
        for (open, close) in [("(", ")"), ("[", "]"), ("{1:", "}"), ("!", ""), ("-", ""), ("a?b:", ""), ("a.b(", ")")] {
            for times in [31, 60, 199, 2_000] {
                let nested = format!("{}1{}", open.repeat(times), close.repeat(times));
                _ = check(&nested, &["a", "b"]);
                _ = CEL.holds(&nested, &event());
            }
        }
        for sign in ["+", ".a", "[0]", "||", "&&", ",", "'", "\\", "`", "?"] {
            let long = format!("1{}", format!("{sign}1").repeat(199));
            _ = CEL.holds(&long, &event());
            _ = check(&format!("a{}", sign.repeat(199)), &["a"]);
        }
    };
    small.spawn(hostile).unwrap().join().unwrap();
    assert!(check(&format!("{}1{}", "(".repeat(60), ")".repeat(60)), &[]).unwrap_err().message.contains("deeper"));
    assert!(check(&"a".repeat(LONGEST + 1), &[]).unwrap_err().message.contains("at most"));
    // What it points at begins a character, also where the limit lies within one.
    let wide = format!("a{}", "é".repeat(LONGEST));
    assert!(wide.is_char_boundary(check(&wide, &[]).unwrap_err().at));
    assert!(check(&"!".repeat(300), &[]).unwrap_err().message.contains("brackets"));
}

proptest! {
    #[test]
    fn any_text_has_an_answer_and_always_the_same(text in "[ -~äß\\n]{0,60}", also in "(event|[.a-c]|[0-9]|[-+*/%<>=!&|?:()\\[\\]{}']|size|map| in |has){0,40}") {
        for expression in [text, also] {
            let first = CEL.value(&expression, &event());
            prop_assert_eq!(CEL.value(&expression, &event()), first.clone());
            if check(&expression, &["event"]).is_err() && !expression.contains(char::is_alphabetic) {
                prop_assert!(first.is_err());
            }
        }
    }
}
