//! Event patterns: JSON of `[pattern, …, event]`, or a pattern alone; and lines of patterns, the last line
//! being the raw bytes of an event.

use serde_json::Value;
use wheelhouse_core::patterns::{Document, Matcher, Pattern, Patterns, Scratch};
use wheelhouse_core::signal::{Normalised, Signal, domain};

use crate::stage;

/// Reads patterns, and matches events and each other with them.
pub fn run(input: &[u8]) {
    let Ok(json) = serde_json::from_slice::<Value>(input) else { return };
    let (patterns, event) = match &json {
        Value::Array(items) => {
            items.split_last().map_or((&[][..], &Value::Null), |(event, patterns)| (patterns, event))
        }
        alone => (std::slice::from_ref(alone), alone),
    };
    let mut read = Vec::new();
    for pattern in patterns.iter().take(50) {
        match Pattern::parse(pattern) {
            Ok(pattern) => read.push(pattern),
            Err(bad) => assert!(bad.to_string().len() < 4_096, "{bad}"),
        }
    }
    let signal = told(event);
    let form = Normalised { signal: &signal, service: Some("ledger") };
    let domains = |path: &str| domain(path, None);
    for pattern in &read {
        let (once, again) = (pattern.matches(event), pattern.matches(event));
        assert_eq!(once, again);
        let matches = pattern.matches_flat(&form);
        assert!(!matches || pattern.impossible_at(&domains).is_none(), "what is impossible matched");
        assert!(matches || !pattern.matches_all(&domains), "what always matches did not");
        assert!(pattern.covers(pattern, &domains), "a pattern does not cover itself");
        for other in read.iter().take(8) {
            let both = matches && other.matches_flat(&form);
            assert!(!(both && pattern.excludes(other, &domains)), "patterns that exclude each other both match");
            let only_narrow = !matches && other.matches_flat(&form);
            assert!(!(only_narrow && pattern.covers(other, &domains)), "a covered pattern matches alone");
        }
    }
    let first = read.iter().position(|pattern| pattern.matches_flat(&form));
    assert_eq!(read.iter().collect::<Patterns>().first_match(&form), first, "together they match otherwise");
}

/// Matches raw bytes with all patterns at once, which must be what the plain matcher says of each.
pub fn raw(input: &[u8]) {
    let mut lines = input.split(|byte| *byte == b'\n').collect::<Vec<_>>();
    let event = lines.pop().unwrap_or_default();
    let parsed = lines.iter().take(50).filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let patterns: Vec<Pattern> = parsed.filter_map(|json| Pattern::parse(&json).ok()).collect();
    let mut matcher = Matcher::new();
    let ids: Vec<_> = patterns.iter().filter_map(|pattern| matcher.add(pattern).ok()).collect();
    assert_eq!(ids.len(), patterns.len(), "fifty patterns are too many");
    let mut scratch = Scratch::new();
    let found = matcher.matches(event, &mut scratch).map(<[_]>::to_vec);
    match (serde_json::from_slice::<Document<'_>>(event), found) {
        (Ok(document), Ok(found)) => {
            for (pattern, id) in patterns.iter().zip(&ids) {
                // What takes too many ways to judge plainly is left open.
                if let Some(matches) = pattern.judge(&document) {
                    assert_eq!(found.contains(id), matches, "{pattern}");
                }
            }
        }
        (Ok(_), Err(error)) => assert!(error.is_limit(), "JSON is refused: {error}"),
        (Err(error), Ok(_)) => {
            // Both are JSON all the same.
            let text = error.to_string();
            let is_limit = text.contains("number out of range") || text.contains("recursion limit");
            assert!(is_limit, "no JSON is matched: {text}");
        }
        (Err(_), Err(error)) => assert!(error.to_string().len() < 300, "{error}"),
    }
    // Taken out again, nothing matches.
    assert!(ids.iter().all(|id| matcher.remove(*id)) && matcher.is_empty());
    assert!(matcher.matches(event, &mut scratch).map_or(true, <[_]>::is_empty), "what was removed matches");
}

/// A signal that has the texts of an event as its labels.
fn told(event: &Value) -> Signal {
    let labels = event.get("labels").unwrap_or(event).as_object();
    let labels = labels.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    Signal { labels: labels.collect(), ..stage::signal("Down", "ledger", "x") }
}
