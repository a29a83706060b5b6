//! The values of a field: what they are compared with, and how.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::{MOST_VALUES, OPERATORS, Parser, checked};
use crate::condition::{But, Cidr, Condition, Exact, Range, Wildcard, folded};
use crate::error::{PatternError, cut, expected, unsupported, wrong};
use crate::number::Number;

/// What may stand inside `prefix` and `suffix` besides a string.
const IGNORE_CASE: &str = "equals-ignore-case";

impl Parser {
    pub(super) fn condition(&mut self, value: &Value, place: &str) -> Result<Condition, PatternError> {
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
            "prefix" => affix(value, &inside, Condition::Prefix, Condition::PrefixIgnoreCase),
            "suffix" => affix(value, &inside, Condition::Suffix, Condition::SuffixIgnoreCase),
            IGNORE_CASE => folded_text(value, &inside).map(Condition::IgnoreCase),
            "wildcard" => wildcard(value, &inside).map(Condition::Wildcard),
            "cidr" => {
                let text = text(value, &inside)?;
                Cidr::parse(&text).map(Condition::Cidr).map_err(|message| wrong(&inside, message))
            }
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
                let inside = format!("{place}.{name}");
                match name {
                    "prefix" => self.list(value, &inside, some_text).map(But::Prefixes),
                    "suffix" => self.list(value, &inside, some_text).map(But::Suffixes),
                    IGNORE_CASE => self.list(value, &inside, folded_text).map(But::IgnoreCase),
                    "wildcard" => self.list(value, &inside, some_wildcard).map(But::Wildcards),
                    other => {
                        let message = format!(
                            "`{}` is not supported inside `anything-but`; supported: a string, a number, a list \
                             of either, prefix, suffix, equals-ignore-case, wildcard",
                            cut(other)
                        );
                        Err(wrong(place, message))
                    }
                }
            }
            Value::Array(values) if values.first().is_some_and(Value::is_number) => {
                self.list(value, place, number).map(But::Numbers)
            }
            Value::Number(_) => self.list(value, place, number).map(But::Numbers),
            Value::String(_) | Value::Array(_) => self.list(value, place, text).map(But::Strings),
            other => {
                let one_of = "a string, a number, a list of strings or a list of numbers, \
                              or an object with prefix, suffix, equals-ignore-case or wildcard";
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
}

/// Reads the text of `prefix` or `suffix`, or `{"equals-ignore-case": text}`.
fn affix(
    value: &Value,
    place: &str,
    exactly: fn(Box<str>) -> Condition,
    but_for_case: fn(Box<str>) -> Condition,
) -> Result<Condition, PatternError> {
    match value {
        Value::String(text) => checked(text, place).map(exactly),
        Value::Object(entries) => match only_entry(entries, place)? {
            (IGNORE_CASE, value) => folded_text(value, &format!("{place}.{IGNORE_CASE}")).map(but_for_case),
            (other, _) => {
                let message = format!(
                    "`{}` is not supported here; expected a string or an object with equals-ignore-case",
                    cut(other)
                );
                Err(wrong(place, message))
            }
        },
        other => Err(expected(place, "a string or an object with equals-ignore-case", other)),
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

/// Reads a text that does not rule out every string.
fn some_text(value: &Value, place: &str) -> Result<Box<str>, PatternError> {
    let text = text(value, place)?;
    if text.is_empty() {
        let message = "an empty string would rule out every string; \
                       expected at least one character";
        return Err(wrong(place, message.to_owned()));
    }
    Ok(text)
}

fn folded_text(value: &Value, place: &str) -> Result<Box<str>, PatternError> {
    checked(&folded(&text(value, place)?), place)
}

fn wildcard(value: &Value, place: &str) -> Result<Wildcard, PatternError> {
    Wildcard::parse(&text(value, place)?).map_err(|message| wrong(place, message))
}

/// Reads a wildcard that does not rule out every string.
fn some_wildcard(value: &Value, place: &str) -> Result<Wildcard, PatternError> {
    let wildcard = wildcard(value, place)?;
    if wildcard.accepts_all() {
        let message = "`*` alone would rule out every string; expected at least one character besides";
        return Err(wrong(place, message.to_owned()));
    }
    Ok(wildcard)
}

fn number(value: &Value, place: &str) -> Result<Number, PatternError> {
    let Value::Number(json) = value else {
        return Err(expected(place, "a number", value));
    };
    Number::from_json(json)
        .ok_or_else(|| wrong(place, "too large; expected a number within a double's range".to_owned()))
}
