//! Patterns of every kind, and events as text: keys twice, in any spelling.

use std::ops::Range;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// JSON that has not been made a map yet.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text as it stands.
    Scalar(String),
    /// An array.
    Array(Vec<Piece>),
    /// An object: keys as they are spelled, quotes included.
    Object(Vec<(String, Piece)>),
}

/// The text of an event.
pub fn text(piece: &Piece) -> String {
    match piece {
        Piece::Scalar(text) => text.clone(),
        Piece::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(",")),
        Piece::Object(entries) => {
            let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}: {}", text(value))).collect();
            format!("{{{} }}", entries.join(" ,"))
        }
    }
}

fn key() -> impl Strategy<Value = String> {
    let keys = vec![r#""a""#, r#""b""#, r#""c""#, r#""a.b""#, r#""b.c""#, r#""long-key-of-an-event""#, r#""\u0061""#];
    prop::sample::select(keys).prop_map(str::to_owned)
}

const TEXTS: [&str; 12] =
    ["x", "xy", "y", "", "xyxy", "yx", "Xy", "ß", "10.0.0.7", "10.1.0.7", "2001:db8::7", "payments-api"];

fn scalar() -> impl Strategy<Value = String> {
    let numbers = [
        "1",
        "1.0",
        "10e-1",
        "2.5",
        "-3",
        "1e30",
        "18446744073709551615",
        "9007199254740993",
        "-0",
        "0.30000000000000004",
    ];
    let spelled = ["\"\\u0078\"", "\"x\\u0079\"", "\"\\ud83d\\ude00\"", "\"\\\"\\\\\"", "\"x*\""];
    prop_oneof![
        4 => prop::sample::select(TEXTS.to_vec()).prop_map(|text| json!(text).to_string()),
        1 => prop::sample::select(spelled.to_vec()).prop_map(str::to_owned),
        2 => prop::sample::select(numbers.to_vec()).prop_map(str::to_owned),
        2 => prop::sample::select(vec!["true", "false", "null"]).prop_map(str::to_owned),
    ]
}

fn object(value: impl Strategy<Value = Piece>) -> impl Strategy<Value = Piece> {
    prop::collection::vec((key(), value), 0..6).prop_map(Piece::Object)
}

/// An event that may spell a path in several ways, and hold arrays of arrays.
pub fn event() -> impl Strategy<Value = Piece> {
    let inner = scalar().prop_map(Piece::Scalar).prop_recursive(4, 40, 4, |inner| {
        let array = prop::collection::vec(inner.clone(), 0..4).prop_map(Piece::Array);
        prop_oneof![3 => object(inner), 2 => array]
    });
    prop_oneof![30 => object(inner.clone()), 1 => inner]
}

fn condition() -> impl Strategy<Value = Value> {
    let text = || prop::sample::select(TEXTS.to_vec());
    let some = || prop::sample::select(vec!["x", "xy", "y", "yx", "pay"]);
    let wild =
        || prop::sample::select(vec!["x*", "*y", "x*y", "*xy*", "*x*", "*a*m*-*", "*", "xy", "", "x\\*", "*ments*api"]);
    let bound = || prop_oneof![(-4..4_i64).prop_map(|n| json!(n)), Just(json!(2.5)), Just(json!(1e30))];
    let exact = prop_oneof![
        text().prop_map(|text| json!(text)),
        bound(),
        Just(json!(u64::MAX)),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
    ];
    let sign = || prop::sample::select(vec!["<", "<=", ">", ">=", "="]);
    let cidr =
        prop::sample::select(vec!["10.0.0.0/8", "10.0.0.0/16", "10.0.0.7/32", "0.0.0.0/0", "2001:db8::/32", "::/0"]);
    prop_oneof![
        8 => exact,
        1 => text().prop_map(|text| json!({"prefix": text})),
        1 => text().prop_map(|text| json!({"suffix": text})),
        1 => text().prop_map(|text| json!({"equals-ignore-case": text})),
        1 => text().prop_map(|text| json!({"prefix": {"equals-ignore-case": text}})),
        1 => text().prop_map(|text| json!({"suffix": {"equals-ignore-case": text}})),
        2 => wild().prop_map(|text| json!({"wildcard": text})),
        2 => any::<bool>().prop_map(|exists| json!({"exists": exists})),
        1 => cidr.prop_map(|range| json!({"cidr": range})),
        1 => (sign(), bound()).prop_map(|(sign, bound)| json!({"numeric": [sign, bound]})),
        1 => (-4..4_i64, 1..5_i64).prop_map(|(n, more)| json!({"numeric": [">=", n, "<", n + more]})),
        1 => prop::collection::vec(text(), 1..3).prop_map(|texts| json!({"anything-but": texts})),
        1 => prop::collection::vec(bound(), 1..3).prop_map(|numbers| json!({"anything-but": numbers})),
        1 => some().prop_map(|text| json!({"anything-but": {"prefix": text}})),
        1 => some().prop_map(|text| json!({"anything-but": {"suffix": [text, "z"]}})),
        1 => some().prop_map(|text| json!({"anything-but": {"equals-ignore-case": text}})),
        1 => some().prop_map(|text| json!({"anything-but": {"wildcard": format!("*{text}*")}})),
    ]
}

fn fields(paths: &'static [&'static str], most: usize) -> impl Strategy<Value = Map<String, Value>> {
    let values = prop::collection::vec(condition(), 1..4).prop_map(Value::Array);
    prop::collection::btree_map(prop::sample::select(paths).prop_map(str::to_owned), values, 1..=most)
        .prop_map(|fields| fields.into_iter().collect())
}

/// A pattern of one to four fields, perhaps with a choice between more.
fn pattern() -> impl Strategy<Value = Value> {
    let own = fields(&["a", "b", "c", "a.b", "a.c", "b.c", "a.b.c", "a.a.b", "long-key-of-an-event"], 4);
    let choice = || fields(&["c.c", "c.a", "a.c.c", "b.a"], 2).prop_map(Value::Object);
    (own, prop::option::weighted(0.2, (choice(), choice()))).prop_map(|(mut fields, choices)| {
        if let Some((one, other)) = choices {
            fields.insert("$or".to_owned(), json!([one, other]));
        }
        Value::Object(fields)
    })
}

/// Patterns, some of them equal.
pub fn patterns(count: Range<usize>) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(pattern(), count).prop_map(|mut patterns| {
        let again: Vec<Value> = patterns.iter().step_by(7).cloned().collect();
        patterns.extend(again);
        patterns
    })
}
