//! From JSON to a pattern, or to an error that says where and what to do.

mod values;

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use crate::error::{PatternError, expected, wrong};
use crate::pattern::Field;

/// The operators that a value may use, besides being a plain string, number, `true`, `false` or `null`.
pub const OPERATORS: [&str; 8] =
    ["prefix", "suffix", "equals-ignore-case", "wildcard", "numeric", "cidr", "exists", "anything-but"];
/// The most fields in one pattern.
pub const MOST_FIELDS: usize = 100;
/// The most values in one pattern, those of lists inside `anything-but` included.
pub const MOST_VALUES: usize = 2_000;
/// The most keys on one path; a dotted key counts as several.
pub const MOST_SEGMENTS: usize = 32;
/// The longest string and the longest path, in bytes.
pub const LONGEST_TEXT: usize = 4_096;
/// The most combinations of what a pattern's `$or` leave to choose from.
pub const MOST_ALTERNATIVES: usize = 256;

/// The key of a choice.
pub(crate) const OR: &str = "$or";

/// Fields that must all match: sorted by path, each path once.
pub(crate) type Fields = Vec<Field>;

/// Reads the alternatives of a pattern, at least one, within every limit.
pub(crate) fn alternatives(json: &Value) -> Result<Vec<Fields>, PatternError> {
    let Value::Object(entries) = json else {
        return Err(expected("", "an object of fields", json));
    };
    let mut parser = Parser { fields: 0, values: 0 };
    let mut alternatives = parser.object(entries, &Spot { path: "", place: "" })?;
    let has_choices = alternatives.len() > 1;
    for fields in &mut alternatives {
        fields.sort_by(|a, b| a.path.cmp(&b.path));
        let twice = fields.windows(2).find_map(|pair| match pair {
            [a, b] if a.path == b.path => Some(&*a.path),
            _ => None,
        });
        if let Some(path) = twice {
            return Err(given_twice(path, has_choices));
        }
        if has_choices && fields.iter().any(|field| &*field.path == OR) {
            let message = "a field of this name cannot stand beside a choice; a choice is a list of at least \
                           two objects of which no key is an operator";
            return Err(wrong(OR, message.to_owned()));
        }
    }
    Ok(alternatives)
}

fn given_twice(path: &str, has_choices: bool) -> PatternError {
    let message = if has_choices {
        "this path is given in a choice of `$or` and again beside it, and both would have to match; write its \
         values in one array, or only within the choices"
    } else {
        "this path is given twice (`a.b` and `a: {b}` are the same path); write its values in one array"
    };
    wrong(path, message.to_owned())
}

/// Where the parser is: in events, and in the pattern.
struct Spot<'s> {
    path: &'s str,
    place: &'s str,
}

struct Parser {
    fields: usize,
    values: usize,
}

impl Parser {
    fn object(&mut self, entries: &Map<String, Value>, spot: &Spot<'_>) -> Result<Vec<Fields>, PatternError> {
        if entries.is_empty() {
            return Err(wrong(spot.place, "an empty object; expected at least one field".to_owned()));
        }
        let mut all: Vec<Fields> = alloc::vec![Vec::new()];
        for (key, value) in entries {
            let place = joined(spot.place, key);
            if let Value::Array(choices) = value
                && key == OR
                && is_choice(choices)
            {
                all = combined(all, &self.choices(choices, spot.path, &place)?, &place)?;
                continue;
            }
            let path = joined(spot.path, key);
            check_text(&path, spot.place)?;
            if path.split('.').count() > MOST_SEGMENTS {
                let message = format!("nested too deeply; at most {MOST_SEGMENTS} keys on a path");
                return Err(wrong(spot.place, message));
            }
            match value {
                Value::Array(values) => {
                    let field = self.field(&path, values, &place)?;
                    all.iter_mut().for_each(|fields| fields.push(field.clone()));
                }
                Value::Object(entries) => {
                    let inner = self.object(entries, &Spot { path: &path, place: &place })?;
                    all = combined(all, &inner, &place)?;
                }
                other => {
                    let what = "an array of values (write [value] for a single one) \
                                or an object of fields";
                    return Err(expected(&place, what, other));
                }
            }
        }
        Ok(all)
    }

    /// Reads what `$or` leaves to choose from.
    fn choices(&mut self, choices: &[Value], path: &str, place: &str) -> Result<Vec<Fields>, PatternError> {
        let mut all = Vec::new();
        for (index, choice) in choices.iter().enumerate() {
            let place = format!("{place}[{index}]");
            let Value::Object(entries) = choice else {
                return Err(expected(&place, "an object of fields", choice));
            };
            all.extend(self.object(entries, &Spot { path, place: &place })?);
            if all.len() > MOST_ALTERNATIVES {
                return Err(too_many_alternatives(&place));
            }
        }
        Ok(all)
    }

    fn field(&mut self, path: &str, values: &[Value], place: &str) -> Result<Field, PatternError> {
        if values.is_empty() {
            return Err(wrong(place, "an empty array; expected at least one value".to_owned()));
        }
        self.fields += 1;
        if self.fields > MOST_FIELDS {
            return Err(wrong(place, format!("too many fields; at most {MOST_FIELDS} in a pattern")));
        }
        let mut conditions = Vec::with_capacity(values.len().min(MOST_VALUES));
        for (index, value) in values.iter().enumerate() {
            conditions.push(self.condition(value, &format!("{place}[{index}]"))?);
        }
        Ok(Field { path: path.into(), conditions: conditions.into() })
    }

    fn count(&mut self, place: &str) -> Result<(), PatternError> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(wrong(place, format!("too many values; at most {MOST_VALUES} in a pattern")));
        }
        Ok(())
    }
}

/// Every one of `all` together with every one of `more`.
fn combined(mut all: Vec<Fields>, more: &[Fields], place: &str) -> Result<Vec<Fields>, PatternError> {
    if all.len() * more.len() > MOST_ALTERNATIVES {
        return Err(too_many_alternatives(place));
    }
    if let [only] = more {
        all.iter_mut().for_each(|fields| fields.extend_from_slice(only));
        return Ok(all);
    }
    let both = |fields: &Fields, more: &Fields| fields.iter().chain(more).cloned().collect();
    Ok(all.iter().flat_map(|fields| more.iter().map(move |more| both(fields, more))).collect())
}

fn too_many_alternatives(place: &str) -> PatternError {
    let message = format!(
        "the choices of `$or` combine to more than {MOST_ALTERNATIVES} alternatives; write several patterns, or \
         several values in one array where a choice is about one field"
    );
    wrong(place, message)
}

/// Whether the array of a key `$or` is a choice between patterns, and not values of a field of that name.
fn is_choice(values: &[Value]) -> bool {
    values.len() >= 2
        && values.iter().all(|value| {
            value.as_object().is_some_and(|entries| !entries.is_empty() && !entries.keys().any(|key| is_operator(key)))
        })
}

/// Whether a key would be taken as an operator, so that `$or` around it is no choice.
pub(crate) fn is_operator(key: &str) -> bool {
    OPERATORS.contains(&key)
}

fn joined(before: &str, key: &str) -> String {
    if before.is_empty() { key.to_owned() } else { format!("{before}.{key}") }
}

fn checked(text: &str, place: &str) -> Result<Box<str>, PatternError> {
    check_text(text, place)?;
    Ok(text.into())
}

fn check_text(text: &str, place: &str) -> Result<(), PatternError> {
    if text.len() > LONGEST_TEXT {
        let message = format!("{} bytes; at most {LONGEST_TEXT} in a string or path", text.len());
        return Err(wrong(place, message));
    }
    Ok(())
}
