//! The matcher against a second definition, and its two faces against each other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use wheelhouse_patterns::{FlatEvent, Leaf, Number, Pattern, Patterns};

/// Few keys and few values, so that patterns and events meet often.
fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "a.b", "b.c"]).prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Value> {
    let number = prop::sample::select(vec![json!(1), json!(1.0), json!(2.5), json!(-3), json!(1e30), json!(u64::MAX)]);
    prop_oneof![
        prop::sample::select(vec!["x", "xy", "y", ""]).prop_map(|text| json!(text)),
        number,
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
    ]
}

fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec((key(), value), 0..5).prop_map(|entries| Value::Object(Map::from_iter(entries)))
}

fn event(arrays: bool) -> impl Strategy<Value = Value> {
    let inner = scalar().prop_recursive(4, 40, 4, move |inner| {
        let array = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array);
        if arrays { prop_oneof![object(inner), array].boxed() } else { object(inner).boxed() }
    });
    object(inner)
}

fn condition() -> impl Strategy<Value = Value> {
    let text = || prop::sample::select(vec!["x", "y", "xy"]);
    let bound = || -4..4_i64;
    prop_oneof![
        4 => scalar(),
        1 => text().prop_map(|text| json!({"prefix": text})),
        1 => text().prop_map(|text| json!({"suffix": text})),
        2 => any::<bool>().prop_map(|exists| json!({"exists": exists})),
        1 => prop::collection::vec(text(), 1..3).prop_map(|texts| json!({"anything-but": texts})),
        1 => prop::collection::vec(bound(), 1..3).prop_map(|numbers| json!({"anything-but": numbers})),
        1 => text().prop_map(|text| json!({"anything-but": {"prefix": text}})),
        1 => prop::collection::vec(text(), 1..3).prop_map(|texts| json!({"anything-but": {"suffix": texts}})),
        1 => bound().prop_map(|n| json!({"numeric": ["=", n]})),
        1 => (bound(), 1..5_i64).prop_map(|(n, more)| json!({"numeric": [">", n, "<=", n + more]})),
        1 => bound().prop_map(|n| json!({"numeric": ["<", n]})),
        1 => text().prop_map(|text| json!({"equals-ignore-case": text.to_uppercase()})),
        1 => text().prop_map(|text| json!({"prefix": {"equals-ignore-case": text}})),
        1 => text().prop_map(|text| json!({"anything-but": {"equals-ignore-case": text}})),
        1 => prop::sample::select(vec!["x*", "*y", "x*y", "*", "*x*"]).prop_map(|text| json!({"wildcard": text})),
        1 => prop::sample::select(vec!["x*", "*y", "x*y"]).prop_map(|text| json!({"anything-but": {"wildcard": text}})),
    ]
}

/// One to four fields with paths of one to three keys.
fn pattern() -> impl Strategy<Value = (Pattern, BTreeMap<String, Vec<Value>>)> {
    let path = prop::sample::select(vec!["a", "b", "c", "a.b", "a.c", "b.c", "a.b.c", "a.a.b"]);
    let conditions = prop::collection::vec(condition(), 1..4);
    prop::collection::btree_map(path.prop_map(str::to_owned), conditions, 1..5)
        .prop_map(|fields| (Pattern::parse(&json!(fields)).unwrap(), fields))
}

/// A value with its path and, for each array around it, the array's number and the place in it.
type FlatLeaf = (String, Value, Vec<(usize, usize)>);

fn flatten(node: &Value, path: &str, around: &[(usize, usize)], arrays: &mut usize, found: &mut Vec<FlatLeaf>) {
    match node {
        Value::Object(entries) => {
            for (key, value) in entries {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(value, &path, around, arrays, found);
            }
        }
        Value::Array(items) => {
            *arrays += 1;
            let array = *arrays;
            for (place, item) in items.iter().enumerate() {
                let around: Vec<_> = around.iter().copied().chain([(array, place)]).collect();
                flatten(item, path, &around, arrays, found);
            }
        }
        leaf => found.push((path.to_owned(), leaf.clone(), around.to_vec())),
    }
}

/// Whether some choice of one leaf a field has no two of them in different places of one array.
fn choose(fields: &[Vec<&FlatLeaf>], chosen: &[(usize, usize)]) -> bool {
    let Some((first, rest)) = fields.split_first() else {
        return true;
    };
    first.iter().any(|(_, _, around)| {
        let clash = around.iter().any(|(array, place)| chosen.iter().any(|(other, at)| other == array && at != place));
        let all: Vec<_> = chosen.iter().chain(around).copied().collect();
        !clash && choose(rest, &all)
    })
}

/// Whether one condition accepts one value, by way of a pattern with nothing else in it.
fn accepts(condition: &Value, value: &Value) -> bool {
    Pattern::parse(&json!({"v": [condition]})).unwrap().matches(&json!({"v": value}))
}

fn reference(fields: &BTreeMap<String, Vec<Value>>, event: &Value) -> bool {
    let mut leaves = Vec::new();
    flatten(event, "", &[], &mut 0, &mut leaves);
    let mut candidates = Vec::new();
    for (path, conditions) in fields {
        let at_path: Vec<&FlatLeaf> = leaves.iter().filter(|leaf| leaf.0 == *path).collect();
        if at_path.is_empty() && conditions.contains(&json!({"exists": false})) {
            continue;
        }
        let passes = |leaf: &&&FlatLeaf| conditions.iter().any(|condition| accepts(condition, &leaf.1));
        candidates.push(at_path.iter().filter(passes).copied().collect());
    }
    choose(&candidates, &[])
}

struct Flat(BTreeMap<String, Value>);

impl FlatEvent for Flat {
    fn leaf(&self, path: &str) -> Option<Leaf<'_>> {
        self.0.get(path).and_then(Leaf::from_json)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_matches_by_the_definition_of_array_places((pattern, fields) in pattern(), event in event(true)) {
        prop_assert_eq!(pattern.matches(&event), reference(&fields, &event));
    }

    #[test]
    fn both_faces_agree_without_arrays((pattern, _) in pattern(), event in event(false)) {
        let mut leaves = Vec::new();
        flatten(&event, "", &[], &mut 0, &mut leaves);
        let flat: BTreeMap<String, Value> = leaves.iter().map(|leaf| (leaf.0.clone(), leaf.1.clone())).collect();
        // A path spelled twice has two values, which a flat event cannot have.
        prop_assume!(flat.len() == leaves.len());
        prop_assert_eq!(pattern.matches(&event), pattern.matches_flat(&Flat(flat)));
    }

    #[test]
    fn tried_together_the_first_that_matches_is_the_same(
        patterns in prop::collection::vec(pattern().prop_map(|(pattern, _)| pattern), 0..12),
        event in event(false),
    ) {
        let mut leaves = Vec::new();
        flatten(&event, "", &[], &mut 0, &mut leaves);
        let flat = Flat(leaves.iter().map(|leaf| (leaf.0.clone(), leaf.1.clone())).collect());
        let together: Patterns = patterns.iter().collect();
        prop_assert_eq!(together.first_match(&flat), patterns.iter().position(|pattern| pattern.matches_flat(&flat)));
    }

    #[test]
    fn its_text_is_canonical((pattern, _) in pattern()) {
        let text = pattern.to_string();
        let again = Pattern::parse(&serde_json::from_str(&text).unwrap()).unwrap();
        prop_assert_eq!(&again, &pattern);
        prop_assert_eq!(again.to_string(), text);
    }

    #[test]
    fn no_json_is_too_strange(json in event(true), other in event(true)) {
        if let Ok(pattern) = Pattern::parse(&json) {
            pattern.matches(&other);
        }
    }

    #[test]
    fn numbers_compare_by_value(a in any::<i64>(), b in any::<f64>(), near in -3..=3_i64) {
        let (whole, Some(real)) = (Number::from(a), Number::from_f64(b)) else { return Ok(()) };
        // Far apart, doubles tell; close by, the double is a whole number below 2^63 and integers tell.
        let rounded = a as f64;
        if rounded != b {
            prop_assert_eq!(whole < real, rounded < b);
        }
        if rounded.abs() < 9.2e18 {
            let exact = rounded as i64;
            let close = Number::from(exact.saturating_add(near));
            prop_assert_eq!(close.cmp(&Number::from_f64(rounded).unwrap()), near.cmp(&0));
            prop_assert_eq!(Number::from_f64(rounded).unwrap().cmp(&close), 0.cmp(&near));
        }
        let read: f64 = real.to_string().parse().unwrap();
        prop_assert_eq!(Number::from_f64(read), Some(real));
    }
}
