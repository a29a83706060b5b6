//! A pattern, and the plain way to match it.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde_json::{Map, Value};

use crate::condition::{Condition, list, quoted};
use crate::error::PatternError;
use crate::event::{FlatEvent, Leaf, follow, is_present};
use crate::parse;

/// How often an event may be retried because it spells one path in several ways (`{"a.b": …}` beside
/// `{"a": {"b": …}}`). Ordinary events spell a path once and are never retried.
const MOST_RETRIES: u32 = 10_000;

/// Says which events matter, in the pattern language of Amazon EventBridge.
///
/// * Every field must match; of the values in a field's array one suffices.
/// * `{"a.b": […]}` and `{"a": {"b": […]}}` are the same, in patterns and in events.
/// * An array in an event matches if one of its elements does. Two fields never match in different
///   elements of the same array; different arrays are independent; arrays of arrays flatten.
/// * `exists` is about leaves: `null` is there; `[]`, `{}` and objects are not. Absence is judged
///   over the whole event, not element by element.
/// * `anything-but` matches if *any* value differs, of whatever type; it never matches what is not there.
/// * Numbers compare by exact value ([`crate::Number`]); strings by bytes, without normalisation.
///
/// Its `Display` form is canonical JSON: one line, paths dotted and in order. It parses to an equal pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// In order of path; every path once.
    fields: Vec<Field>,
}

/// What a pattern asks of one path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    /// The keys from the top, joined by dots.
    pub(crate) path: Box<str>,
    /// Alternatives, at least one.
    pub(crate) conditions: Vec<Condition>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says at which place of the pattern what was found, and what is expected there.
    pub fn parse(json: &Value) -> Result<Self, PatternError> {
        parse::fields(json).map(|fields| Self { fields })
    }

    /// Whether `event` matches.
    ///
    /// An event that is not an object matches nothing. Time is linear in the event for each field,
    /// except for events that spell the same path in several ways: these are tried at most ten
    /// thousand ways and do not match if none of them does.
    pub fn matches(&self, event: &Value) -> bool {
        if !event.is_object() {
            return false;
        }
        let wanted: Vec<Wanted<'_>> = self
            .fields
            .iter()
            .filter(|field| !field.accepts_absence() || is_present(event, Some(&field.path)))
            .map(|field| Wanted { rest: Some(&field.path), conditions: &field.conditions })
            .collect();
        wanted.is_empty() || satisfies(event, &wanted, &mut MOST_RETRIES.clone())
    }

    pub(crate) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether `event` matches; the same answer as [`Pattern::matches`] on the same event as JSON,
    /// without allocating.
    pub fn matches_flat(&self, event: &dyn FlatEvent) -> bool {
        self.fields.iter().all(|field| match event.leaf(&field.path) {
            Some(leaf) => field.conditions.iter().any(|condition| condition.accepts(leaf)),
            None => field.accepts_absence(),
        })
    }
}

impl Field {
    pub(crate) fn accepts_absence(&self) -> bool {
        self.conditions.contains(&Condition::Absent)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, field) in self.fields.iter().enumerate() {
            write!(f, "{}{}:", if index > 0 { "," } else { "" }, quoted(&field.path))?;
            list(f, &field.conditions)?;
        }
        f.write_str("}")
    }
}

/// A field on the way down an event.
#[derive(Clone, Copy)]
struct Wanted<'p> {
    /// The rest of the path; `None` at its end.
    rest: Option<&'p str>,
    conditions: &'p [Condition],
}

/// Whether one choice of array elements in and below `node` gives every wanted field a value that passes.
fn satisfies(node: &Value, wanted: &[Wanted<'_>], retries: &mut u32) -> bool {
    match node {
        Value::Array(items) => items.iter().any(|item| satisfies(item, wanted, retries)),
        Value::Object(entries) => object_satisfies(entries, wanted, retries),
        leaf => Leaf::from_json(leaf).is_some_and(|leaf| {
            wanted
                .iter()
                .all(|field| field.rest.is_none() && field.conditions.iter().any(|condition| condition.accepts(leaf)))
        }),
    }
}

/// Each field goes through an entry that lies on its path. Nearly always that is one entry a field;
/// where dotted spelling gives several, every combination is tried.
fn object_satisfies(entries: &Map<String, Value>, wanted: &[Wanted<'_>], retries: &mut u32) -> bool {
    let mut ways = Vec::with_capacity(wanted.len());
    for field in wanted {
        let through: Vec<(&Value, Wanted<'_>)> = entries
            .iter()
            .filter_map(|(key, value)| {
                let rest = follow(field.rest?, key)?;
                Some((value, Wanted { rest, conditions: field.conditions }))
            })
            .collect();
        if through.is_empty() {
            return false;
        }
        ways.push(through);
    }
    let mut choice = alloc::vec![0_usize; ways.len()];
    loop {
        let chosen = ways.iter().zip(&choice).filter_map(|(through, index)| through.get(*index));
        if each_entry_satisfies(chosen.copied().collect(), retries) {
            return true;
        }
        if *retries == 0 || !next_choice(&mut choice, &ways) {
            return false;
        }
        *retries -= 1;
    }
}

/// Whether every entry satisfies all the fields that go through it.
fn each_entry_satisfies(mut chosen: Vec<(&Value, Wanted<'_>)>, retries: &mut u32) -> bool {
    while let Some(&(entry, _)) = chosen.first() {
        let here = |other: &Value| core::ptr::eq(entry, other);
        let wanted: Vec<Wanted<'_>> = chosen.iter().filter(|(value, _)| here(value)).map(|(_, field)| *field).collect();
        if !satisfies(entry, &wanted, retries) {
            return false;
        }
        chosen.retain(|(value, _)| !here(value));
    }
    true
}

/// Counts `choice` up by one, like an odometer; false after the last combination.
fn next_choice<T>(choice: &mut [usize], ways: &[Vec<T>]) -> bool {
    for (index, through) in choice.iter_mut().zip(ways) {
        *index += 1;
        if *index < through.len() {
            return true;
        }
        *index = 0;
    }
    false
}
