//! What is said of patterns without an event holds for every event.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use wheelhouse_patterns::{Domain, FlatEvent, Leaf, Pattern};

const WORDS: [&str; 3] = ["x", "xy", "yx"];

/// `w` holds a word or nothing, `v` always a word, `t` a text or nothing, `s` always a text, `b` a
/// truth value; nothing else is ever there.
fn domain(path: &str) -> Domain<'static> {
    match path {
        "w" => Domain::Words { words: &WORDS, optional: true },
        "v" => Domain::Words { words: &WORDS, optional: false },
        "t" => Domain::Text { optional: true },
        "s" => Domain::Text { optional: false },
        "b" => Domain::Bool,
        _ => Domain::Nothing,
    }
}

#[derive(Clone, Debug)]
struct Event(BTreeMap<&'static str, Value>);

impl FlatEvent for Event {
    fn leaf(&self, path: &str) -> Option<Leaf<'_>> {
        Leaf::from_json(self.0.get(path)?)
    }
}

fn event() -> impl Strategy<Value = Event> {
    let word = || prop::sample::select(WORDS.to_vec());
    let text = || "[xyz]{0,3}";
    (prop::option::of(word()), word(), prop::option::of(text()), text(), any::<bool>()).prop_map(|(w, v, t, s, b)| {
        let mut event = BTreeMap::from([("v", json!(v)), ("s", json!(s)), ("b", json!(b))]);
        event.extend(w.map(|w| ("w", json!(w))));
        event.extend(t.map(|t| ("t", json!(t))));
        Event(event)
    })
}

fn condition() -> impl Strategy<Value = Value> {
    let text = || "[xy]{0,2}";
    prop_oneof![
        3 => text().prop_map(|text| json!(text)),
        1 => prop::sample::select(vec![json!(1), json!(true), json!(false), json!(null)]),
        2 => text().prop_map(|text| json!({"prefix": text})),
        2 => text().prop_map(|text| json!({"suffix": text})),
        3 => any::<bool>().prop_map(|exists| json!({"exists": exists})),
        2 => prop::collection::vec(text(), 1..3).prop_map(|texts| json!({"anything-but": texts})),
        1 => Just(json!({"anything-but": [1]})),
        2 => text().prop_map(|text| json!({"anything-but": {"prefix": text}})),
        2 => text().prop_map(|text| json!({"anything-but": {"suffix": text}})),
        1 => Just(json!({"numeric": [">", 1]})),
    ]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let path = prop::sample::select(vec!["w", "v", "t", "s", "b", "n"]);
    prop::collection::btree_map(path, prop::collection::vec(condition(), 1..3), 1..3)
        .prop_filter_map("a text may be too short for its place", |fields| Pattern::parse(&json!(fields)).ok())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_proven_holds_for_every_event(
        a in pattern(),
        b in pattern(),
        events in prop::collection::vec(event(), 20..60),
    ) {
        for event in &events {
            let (in_a, in_b) = (a.matches_flat(event), b.matches_flat(event));
            prop_assert!(!(in_a && a.impossible_at(&domain).is_some()), "{a} matches {event:?}");
            prop_assert!(in_a || !a.matches_all(&domain), "{a} does not match {event:?}");
            prop_assert!(in_a || !in_b || !a.covers(&b, &domain), "{a} covers {b}, but {event:?}");
            prop_assert!(!(in_a && in_b && a.excludes(&b, &domain)), "{a} excludes {b}, but {event:?}");
        }
    }

    #[test]
    fn the_relations_agree_with_each_other(a in pattern(), b in pattern()) {
        prop_assert!(a.covers(&a, &domain), "{a}");
        prop_assert_eq!(a.excludes(&b, &domain), b.excludes(&a, &domain));
        prop_assert!(!a.matches_all(&domain) || a.covers(&b, &domain), "{} {}", a, b);
    }
}

fn parse(json: Value) -> Pattern {
    Pattern::parse(&json).unwrap()
}

#[test]
fn what_people_write_is_decided() {
    let covers = |wide: Value, narrow: Value| parse(wide).covers(&parse(narrow), &domain);
    assert!(covers(json!({"t": [{"prefix": "Pay"}]}), json!({"t": ["PayDown", {"prefix": "Payments"}], "b": [true]})));
    assert!(!covers(json!({"t": [{"prefix": "Pay"}]}), json!({"t": ["PayDown", "Ledger"]})));
    assert!(covers(json!({"t": [{"exists": true}]}), json!({"t": [{"suffix": "x"}]})));
    assert!(!covers(json!({"t": [{"exists": true}]}), json!({"s": ["x"]})), "t may be absent");
    assert!(covers(json!({"v": ["x", "xy", "yx"]}), json!({"t": ["a"]})), "every word is listed");
    assert!(covers(json!({"v": ["x", {"suffix": "x"}]}), json!({"v": [{"anything-but": "xy"}]})));
    assert!(covers(json!({"s": [{"anything-but": ["a"]}]}), json!({"s": [{"anything-but": ["a", "b"]}]})));
    assert!(covers(json!({"s": [{"anything-but": {"prefix": "ab"}}]}), json!({"s": [{"prefix": "ac"}]})));

    let impossible = |pattern: Value| parse(pattern).impossible_at(&domain).map(str::to_owned);
    assert_eq!(impossible(json!({"t": [8080]})), Some("t".to_owned()), "a text is no number");
    assert_eq!(impossible(json!({"v": ["z"]})), Some("v".to_owned()));
    assert_eq!(impossible(json!({"misspelt": ["x"]})), Some("misspelt".to_owned()));
    assert_eq!(impossible(json!({"misspelt": [{"exists": false}], "w": ["x", 1]})), None);
    assert_eq!(impossible(json!({"s": [{"exists": false}]})), Some("s".to_owned()));

    let excludes = |a: Value, b: Value| parse(a).excludes(&parse(b), &domain);
    assert!(excludes(json!({"t": ["a", "b"]}), json!({"t": ["c"]})));
    assert!(excludes(json!({"t": [{"prefix": "a"}]}), json!({"t": [{"prefix": "b"}, {"exists": false}]})));
    assert!(!excludes(json!({"t": [{"prefix": "a"}]}), json!({"t": [{"suffix": "b"}]})));
    assert!(!excludes(json!({"t": ["a"]}), json!({"s": ["b"]})));
}
