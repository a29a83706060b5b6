//! The plain way to match: walk the tree, try what there is. It is the measure for every faster way.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::condition::Condition;
use crate::document::Document;
use crate::event::follow;
use crate::pattern::Field;

/// How often an event may be retried because it spells one path in several ways (`{"a.b": …}` beside
/// `{"a": {"b": …}}`, or a key twice). Ordinary events spell a path once and are never retried.
const MOST_RETRIES: u32 = 10_000;

/// Whether an event gives every field a value; `None` if too many ways would have to be tried.
pub(crate) fn matches(fields: &[Field], event: &Document<'_>) -> Option<bool> {
    let wanted: Vec<Wanted<'_>> = fields
        .iter()
        .filter(|field| !field.accepts_absence() || event.has(Some(&field.path)))
        .map(|field| Wanted { rest: Some(&field.path), conditions: &field.conditions })
        .collect();
    let mut retries = MOST_RETRIES;
    let found = wanted.is_empty() || satisfies(event, &wanted, &mut retries);
    if found || retries > 0 { Some(found) } else { None }
}

/// A field on the way down an event.
#[derive(Clone, Copy)]
struct Wanted<'p> {
    /// The rest of the path; `None` at its end.
    rest: Option<&'p str>,
    conditions: &'p [Condition],
}

/// Whether one choice of array elements in and below `node` gives every wanted field a value that passes.
fn satisfies(node: &Document<'_>, wanted: &[Wanted<'_>], retries: &mut u32) -> bool {
    match node {
        Document::Array(items) => items.iter().any(|item| satisfies(item, wanted, retries)),
        Document::Object(entries) => object_satisfies(entries, wanted, retries),
        leaf => leaf.leaf().is_some_and(|leaf| {
            wanted
                .iter()
                .all(|field| field.rest.is_none() && field.conditions.iter().any(|condition| condition.accepts(leaf)))
        }),
    }
}

/// Each field goes through an entry that lies on its path. Nearly always that is one entry a field;
/// where an event spells a path in several ways, every combination is tried.
fn object_satisfies(entries: &[(Cow<'_, str>, Document<'_>)], wanted: &[Wanted<'_>], retries: &mut u32) -> bool {
    let mut ways = Vec::with_capacity(wanted.len());
    for field in wanted {
        let through: Vec<(&Document<'_>, Wanted<'_>)> = entries
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
fn each_entry_satisfies(mut chosen: Vec<(&Document<'_>, Wanted<'_>)>, retries: &mut u32) -> bool {
    while let Some(&(entry, _)) = chosen.first() {
        let here = |other: &Document<'_>| core::ptr::eq(entry, other);
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
