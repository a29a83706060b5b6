//! From JSON to a pattern, or to an error that says where and what to do.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use crate::condition::{But, Condition, Exact, Range};
use crate::error::{PatternError, expected, unsupported, wrong};
use crate::number::Number;
use crate::pattern::Field;

/// The operators that a value may use, besides being a plain string, number, `true`, `false` or `null`.
pub const OPERATORS: [&str; 5] = ["prefix", "suffix", "exists", "anything-but", "numeric"];
/// The most fields in one pattern.
pub const MOST_FIELDS: usize = 100;
/// The most values in one pattern, those of lists inside `anything-but` included.
pub const MOST_VALUES: usize = 2_000;
/// The most keys on one path; a dotted key counts as several.
pub const MOST_SEGMENTS: usize = 32;
/// The longest string and the longest path, in bytes.
pub const LONGEST_TEXT: usize = 4_096;

/// Operators of the language that mark `$or` as an ordinary field wherever they are keys in it.
const ALL_OPERATORS: [&str; 8] =
    ["prefix", "suffix", "exists", "anything-but", "numeric", "wildcard", "equals-ignore-case", "cidr"];

/// Reads the fields of a pattern: sorted by path, each path once, within every limit.
pub(crate) fn fields(json: &Value) -> Result<Vec<Field>, PatternError> {
    let Value::Object(entries) = json else {
        return Err(expected("", "an object of fields", json));
    };
    let mut parser = Parser { fields: Vec::new(), values: 0 };
    parser.object(entries, "")?;
    let mut fields = parser.fields;
    fields.sort_by(|a, b| a.path.cmp(&b.path));
    let twice = fields.windows(2).find_map(|pair| match pair {
        [a, b] if a.path == b.path => Some(&a.path),
        _ => None,
    });
    match twice {
        Some(path) => Err(wrong(
            path,
            "this path is given twice (`a.b` and `a: {b}` are the same path); \
             write its values in one array"
                .to_owned(),
        )),
        None => Ok(fields),
    }
}

struct Parser {
    fields: Vec<Field>,
    values: usize,
}

impl Parser {
    fn object(&mut self, entries: &Map<String, Value>, place: &str) -> Result<(), PatternError> {
        if entries.is_empty() {
            return Err(wrong(place, "an empty object; expected at least one field".to_owned()));
        }
        for (key, value) in entries {
            let path = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            check_text(&path, place)?;
            if path.split('.').count() > MOST_SEGMENTS {
                let message = format!("nested too deeply; at most {MOST_SEGMENTS} keys on a path");
                return Err(wrong(place, message));
            }
            match value {
                Value::Array(values) if key == "$or" && is_or(values) => {
                    return Err(unsupported(&path, "$or"));
                }
                Value::Array(values) => self.field(path, values)?,
                Value::Object(entries) => self.object(entries, &path)?,
                other => {
                    let what = "an array of values (write [value] for a single one) \
                                or an object of fields";
                    return Err(expected(&path, what, other));
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, path: String, values: &[Value]) -> Result<(), PatternError> {
        if values.is_empty() {
            return Err(wrong(&path, "an empty array; expected at least one value".to_owned()));
        }
        if self.fields.len() == MOST_FIELDS {
            return Err(wrong(&path, format!("too many fields; at most {MOST_FIELDS} in a pattern")));
        }
        let mut conditions = Vec::with_capacity(values.len().min(MOST_VALUES));
        for (index, value) in values.iter().enumerate() {
            conditions.push(self.condition(value, &format!("{path}[{index}]"))?);
        }
        self.fields.push(Field { path: path.into(), conditions });
        Ok(())
    }

    fn condition(&mut self, value: &Value, place: &str) -> Result<Condition, PatternError> {
        self.count(place)?;
        let exact = match value {
            Value::String(text) => Exact::String(checked(text, place)?),
            Value::Number(_) => Exact::Number(number(value, place)?),
            Value::Bool(value) => Exact::Bool(*value),
            Value::Null => Exact::Null,
            Value::Array(_) => {
                let message = "an array inside an array; write its values side by side, \
                               an array in the event matches if one of its elements does";
                return Err(wrong(place, message.to_owned()));
            }
            Value::Object(entries) => return self.operator(entries, place),
        };
        Ok(Condition::Exact(exact))
    }

    fn operator(&mut self, entries: &Map<String, Value>, place: &str) -> Result<Condition, PatternError> {
        let (name, value) = only_entry(entries, place)?;
        let inside = format!("{place}.{name}");
        match name {
            "prefix" => text(value, &inside).map(Condition::Prefix),
            "suffix" => text(value, &inside).map(Condition::Suffix),
            "exists" => match value {
                Value::Bool(true) => Ok(Condition::Present),
                Value::Bool(false) => Ok(Condition::Absent),
                other => Err(expected(&inside, "true or false", other)),
            },
            "anything-but" => self.anything_but(value, &inside).map(Condition::AnythingBut),
            "numeric" => numeric(value, &inside).map(Condition::Numeric),
            other => Err(unsupported(place, other)),
        }
    }

    fn anything_but(&mut self, value: &Value, place: &str) -> Result<But, PatternError> {
        match value {
            Value::Object(entries) => {
                let (name, value) = only_entry(entries, place)?;
                let make = match name {
                    "prefix" => But::Prefixes,
                    "suffix" => But::Suffixes,
                    other => {
                        let message = format!(
                            "`{}` is not supported inside `anything-but`; \
                             supported: a string, a number, a list of either, prefix, suffix",
                            other.escape_debug()
                        );
                        return Err(wrong(place, message));
                    }
                };
                let inside = format!("{place}.{name}");
                let texts = self.list(value, &inside, text)?;
                if texts.iter().any(|text| text.is_empty()) {
                    let message = "an empty string would rule out every string; \
                                   expected at least one character";
                    return Err(wrong(&inside, message.to_owned()));
                }
                Ok(make(texts))
            }
            Value::Array(values) if values.first().is_some_and(Value::is_number) => {
                self.list(value, place, number).map(But::Numbers)
            }
            Value::Number(_) => self.list(value, place, number).map(But::Numbers),
            Value::String(_) | Value::Array(_) => self.list(value, place, text).map(But::Strings),
            other => {
                let one_of = "a string, a number, a list of strings or a list of numbers, \
                              or an object with prefix or suffix";
                Err(expected(place, one_of, other))
            }
        }
    }

    /// Reads one value, or a list of at least one.
    fn list<T>(
        &mut self,
        value: &Value,
        place: &str,
        read: fn(&Value, &str) -> Result<T, PatternError>,
    ) -> Result<Vec<T>, PatternError> {
        let Value::Array(values) = value else {
            return Ok(alloc::vec![read(value, place)?]);
        };
        if values.is_empty() {
            return Err(wrong(place, "an empty array; expected at least one value".to_owned()));
        }
        let mut list = Vec::with_capacity(values.len().min(MOST_VALUES));
        for (index, value) in values.iter().enumerate() {
            let place = format!("{place}[{index}]");
            self.count(&place)?;
            list.push(read(value, &place)?);
        }
        Ok(list)
    }

    fn count(&mut self, place: &str) -> Result<(), PatternError> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(wrong(place, format!("too many values; at most {MOST_VALUES} in a pattern")));
        }
        Ok(())
    }
}

/// Reads `["=", n]`, or one lower and then one upper bound, or one of the two.
fn numeric(value: &Value, place: &str) -> Result<Range, PatternError> {
    let usage = "[\"=\", 5], [\">\", 0], [\"<=\", 10] or [\">\", 0, \"<=\", 10] \
                 (the lower bound first)";
    let Value::Array(terms) = value else {
        return Err(expected(place, usage, value));
    };
    let misused = || wrong(place, format!("expected {usage}, found {}", shown(value)));
    let mut range = Range { lower: None, upper: None };
    for (index, pair) in terms.chunks(2).enumerate() {
        let [Value::String(sign), bound @ Value::Number(_)] = pair else {
            return Err(misused());
        };
        let bound = number(bound, &format!("{place}[{}]", index * 2 + 1))?;
        match (sign.as_str(), range.lower, range.upper) {
            ("=", None, None) if terms.len() == 2 => {
                range = Range { lower: Some((bound, true)), upper: Some((bound, true)) };
            }
            (">" | ">=", None, None) => range.lower = Some((bound, sign == ">=")),
            ("<" | "<=", _, None) => range.upper = Some((bound, sign == "<=")),
            _ => return Err(misused()),
        }
    }
    match (range.lower, range.upper) {
        (None, None) => Err(misused()),
        (Some((lower, _)), Some((upper, _))) if terms.len() > 2 && lower >= upper => {
            let message = format!("the lower bound {lower} is not below the upper bound {upper}");
            Err(wrong(place, message))
        }
        _ => Ok(range),
    }
}

/// A value as JSON, cut short.
fn shown(value: &Value) -> String {
    let text = format!("{value}");
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Whether the array of a key `$or` is a choice between patterns, and not values of a field of that name.
fn is_or(values: &[Value]) -> bool {
    values.len() >= 2
        && values.iter().all(|value| {
            value.as_object().is_some_and(|entries| {
                !entries.is_empty() && !entries.keys().any(|key| ALL_OPERATORS.contains(&&**key))
            })
        })
}

fn only_entry<'v>(entries: &'v Map<String, Value>, place: &str) -> Result<(&'v str, &'v Value), PatternError> {
    let mut all = entries.iter();
    match (all.next(), all.next()) {
        (Some((name, value)), None) => Ok((name, value)),
        _ => {
            let found = format!("{} keys", entries.len());
            let list = OPERATORS.join(", ");
            Err(wrong(place, format!("expected an object with exactly one operator ({list}), found {found}")))
        }
    }
}

fn text(value: &Value, place: &str) -> Result<Box<str>, PatternError> {
    match value {
        Value::String(text) => checked(text, place),
        other => Err(expected(place, "a string", other)),
    }
}

fn number(value: &Value, place: &str) -> Result<Number, PatternError> {
    let Value::Number(json) = value else {
        return Err(expected(place, "a number", value));
    };
    Number::from_json(json)
        .ok_or_else(|| wrong(place, "too large; expected a number within a double's range".to_owned()))
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
