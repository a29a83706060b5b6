//! What is not a pattern, and what the error says.
#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};
use wheelhouse_patterns::{
    LONGEST_TEXT, MOST_ALTERNATIVES, MOST_FIELDS, MOST_SEGMENTS, MOST_VALUES, Pattern, PatternError,
};

fn error(json: &Value) -> PatternError {
    Pattern::parse(json).unwrap_err()
}

#[test]
fn errors_name_the_place_and_what_is_expected() {
    let operators = "supported: prefix, suffix, equals-ignore-case, wildcard, numeric, cidr, exists, anything-but";
    let usage = r#"expected ["=", 5], [">", 0], ["<=", 10] or [">", 0, "<=", 10] (the lower bound first), found "#;
    let rows = [
        (json!([]), "the pattern: expected an object of fields, found an array".to_owned()),
        (json!({}), "the pattern: an empty object; expected at least one field".into()),
        (json!({"a": {}}), "`a`: an empty object; expected at least one field".into()),
        (json!({"a": []}), "`a`: an empty array; expected at least one value".into()),
        (
            json!({"a": {"b": "x"}}),
            "`a.b`: expected an array of values (write [value] for a single one) or an object of fields, found a string"
                .into(),
        ),
        (json!({"a": {"b": ["x"]}, "a.b": ["y"]}), "`a.b`: this path is given twice (`a.b` and `a: {b}` are the same path); write its values in one array".into()),
        (json!({"a": ["x", ["y"]]}), "`a[1]`: an array inside an array; write its values side by side, an array in the event matches if one of its elements does".into()),
        (json!({"a": [{"regex": "x.*"}]}), format!("`a[0]`: `regex` is not a supported operator; {operators}")),
        (json!({"a": ["x", {"Prefix": "x"}]}), format!("`a[1]`: `Prefix` is not a supported operator; {operators}")),
        (json!({"a": [{"wildcard": "x**"}]}), "`a[0].wildcard`: two `*` in a row; one stands for any characters already".into()),
        (json!({"a": [{"wildcard": "x\\n"}]}), "`a[0].wildcard`: `\\n` is no escape; expected `\\*` or `\\\\`".into()),
        (json!({"a": [{"wildcard": "x\\"}]}), "`a[0].wildcard`: ends in a single `\\`; write `\\\\` for the character itself".into()),
        (json!({"a": [{"wildcard": ["x*"]}]}), "`a[0].wildcard`: expected a string, found an array".into()),
        (json!({"a": ["x", {"cidr": "10.0.0.0"}]}), "`a[1].cidr`: `10.0.0.0` has no `/`; expected such as 10.0.0.0/8 or 2001:db8::/32".into()),
        (json!({"a": [{"cidr": "10.0.0/8"}]}), "`a[0].cidr`: `10.0.0/8` does not begin with an IPv4 or IPv6 address".into()),
        (json!({"a": [{"cidr": "10.0.0.0/33"}]}), "`a[0].cidr`: `10.0.0.0/33` does not end in a number of bits from 0 to 32".into()),
        (json!({"a": [{"cidr": "::/+7"}]}), "`a[0].cidr`: `::/+7` does not end in a number of bits from 0 to 128".into()),
        (json!({"a": [{"cidr": 5}]}), "`a[0].cidr`: expected a string, found a number".into()),
        (json!({"a": [{"equals-ignore-case": ["x"]}]}), "`a[0].equals-ignore-case`: expected a string, found an array".into()),
        (json!({"a": [{"prefix": {"equals-ignore-case": 5}}]}), "`a[0].prefix.equals-ignore-case`: expected a string, found a number".into()),
        (json!({"a": [{"suffix": {"wildcard": "x"}}]}), "`a[0].suffix`: `wildcard` is not supported here; expected a string or an object with equals-ignore-case".into()),
        (json!({"$or": [{"a": [1]}]}), format!("`$or[0]`: `a` is not a supported operator; {operators}")),
        (json!({"$or": [{"a": [1]}, {"b": ["x", {"regex": "y"}]}]}), format!("`$or[1].b[1]`: `regex` is not a supported operator; {operators}")),
        (json!({"$or": {"a": {}}}), "`$or.a`: an empty object; expected at least one field".into()),
        (json!({"a": [1], "$or": [{"a": [2]}, {"b": [3]}]}), "`a`: this path is given in a choice of `$or` and again beside it, and both would have to match; write its values in one array, or only within the choices".into()),
        (json!({"a": {"$or": [{"prefix": "x"}, {"b": 1}]}}), "`a.$or[1]`: `b` is not a supported operator; ".to_owned() + operators),
        (json!({"a": [{}]}), "`a[0]`: expected an object with exactly one operator (prefix, suffix, equals-ignore-case, wildcard, numeric, cidr, exists, anything-but), found 0 keys".into()),
        (json!({"a": [{"prefix": "x", "suffix": "y"}]}), "`a[0]`: expected an object with exactly one operator (prefix, suffix, equals-ignore-case, wildcard, numeric, cidr, exists, anything-but), found 2 keys".into()),
        (json!({"a": [{"prefix": 5}]}), "`a[0].prefix`: expected a string or an object with equals-ignore-case, found a number".into()),
        (json!({"a": [{"exists": "yes"}]}), "`a[0].exists`: expected true or false, found a string".into()),
        (json!({"a": [{"anything-but": null}]}), "`a[0].anything-but`: expected a string, a number, a list of strings or a list of numbers, or an object with prefix, suffix, equals-ignore-case or wildcard, found null".into()),
        (json!({"a": [{"anything-but": []}]}), "`a[0].anything-but`: an empty array; expected at least one value".into()),
        (json!({"a": [{"anything-but": ["x", 5]}]}), "`a[0].anything-but[1]`: expected a string, found a number".into()),
        (json!({"a": [{"anything-but": [5, "x"]}]}), "`a[0].anything-but[1]`: expected a number, found a string".into()),
        (json!({"a": [{"anything-but": [null]}]}), "`a[0].anything-but[0]`: expected a string, found null".into()),
        (json!({"a": [{"anything-but": {"prefix": ""}}]}), "`a[0].anything-but.prefix`: an empty string would rule out every string; expected at least one character".into()),
        (json!({"a": [{"anything-but": {"cidr": "::/8"}}]}), "`a[0].anything-but`: `cidr` is not supported inside `anything-but`; supported: a string, a number, a list of either, prefix, suffix, equals-ignore-case, wildcard".into()),
        (json!({"a": [{"anything-but": {"wildcard": ["x*", "*"]}}]}), "`a[0].anything-but.wildcard[1]`: `*` alone would rule out every string; expected at least one character besides".into()),
        (json!({"a": [{"numeric": 5}]}), format!("`a[0].numeric`: {usage}a number")),
        (json!({"a": [{"numeric": []}]}), format!("`a[0].numeric`: {usage}[]")),
        (json!({"a": [{"numeric": ["<", 5, ">", 1]}]}), format!("`a[0].numeric`: {usage}[\"<\",5,\">\",1]")),
        (json!({"a": [{"numeric": ["=", 5, "<", 7]}]}), format!("`a[0].numeric`: {usage}[\"=\",5,\"<\",7]")),
        (json!({"a": [{"numeric": [">", 5, ">", 7]}]}), format!("`a[0].numeric`: {usage}[\">\",5,\">\",7]")),
        (json!({"a": [{"numeric": [">", "5"]}]}), format!("`a[0].numeric`: {usage}[\">\",\"5\"]")),
        (json!({"a": [{"numeric": [">"]}]}), format!("`a[0].numeric`: {usage}[\">\"]")),
        (json!({"a": [{"numeric": [">", 5, "<", 5.0]}]}), "`a[0].numeric`: the lower bound 5 is not below the upper bound 5".into()),
    ];
    for (json, expected) in rows {
        assert_eq!(error(&json).to_string(), expected, "{json}");
    }
}

#[test]
fn every_limit_holds_and_is_named() {
    let many = |count: usize| json!({"a": vec!["x"; count]});
    assert!(Pattern::parse(&many(MOST_VALUES)).is_ok());
    assert!(error(&many(MOST_VALUES + 1)).message.starts_with("too many values; at most 2000"));
    let listed = json!({"a": [{"anything-but": vec![1; MOST_VALUES]}]});
    assert!(error(&listed).message.starts_with("too many values"));

    let fields = |count: usize| (0..count).map(|n| (format!("f{n}"), json!(["x"]))).collect::<Value>();
    assert!(Pattern::parse(&fields(MOST_FIELDS)).is_ok());
    assert!(error(&fields(MOST_FIELDS + 1)).message.starts_with("too many fields; at most 100"));

    let deep = |depth: usize| (0..depth).fold(json!(["x"]), |inner, _| json!({"a": inner}));
    assert!(Pattern::parse(&deep(MOST_SEGMENTS)).is_ok());
    assert!(error(&deep(MOST_SEGMENTS + 1)).message.starts_with("nested too deeply; at most 32"));
    assert!(error(&json!({"a.".repeat(MOST_SEGMENTS): ["x"]})).message.starts_with("nested too deeply"));

    let choice = |choices: usize| (0..choices).map(|n| json!({"a": [n]})).collect::<Value>();
    let square = json!({"x": {"$or": choice(16)}, "y": {"$or": choice(16)}});
    assert_eq!(Pattern::parse(&square).unwrap().to_string().matches("x.a").count(), MOST_ALTERNATIVES);
    let combined = json!({"x": {"$or": choice(17)}, "y": {"$or": choice(16)}});
    let many = error(&combined).message;
    assert!(many.starts_with("the choices of `$or` combine to more than 256 alternatives; write several"), "{many}");

    assert!(
        error(&json!({"a": [{"x".repeat(9_000): 1}]})).message.starts_with(&format!("`{}…` is not", "x".repeat(60)))
    );
    assert!(Pattern::parse(&json!({"a": ["x".repeat(LONGEST_TEXT)]})).is_ok());
    for json in [
        json!({"a": ["x".repeat(LONGEST_TEXT + 1)]}),
        json!({"x".repeat(LONGEST_TEXT + 1): ["a"]}),
        json!({"a": [{"anything-but": {"prefix": ["x".repeat(LONGEST_TEXT + 1)]}}]}),
    ] {
        assert_eq!(error(&json).message, "4097 bytes; at most 4096 in a string or path");
    }
}

#[test]
fn an_event_that_spells_a_path_in_many_ways_ends_soon() {
    // Twenty fields, each reachable through two arrays: a million ways, and none of them fits.
    let fields: Value = (0..20).map(|n| (format!("f{n}"), json!([1]))).chain([("g".into(), json!([1]))]).collect();
    let pattern = Pattern::parse(&json!({"a": {"b": fields}})).unwrap();
    let all: Value = (0..20).map(|n| (format!("f{n}"), json!(1))).chain([("g".into(), json!(0))]).collect();
    assert!(!pattern.matches(&json!({"a.b": [all], "a": {"b": [all]}})));
}
