//! Why JSON is not a pattern.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde_json::Value;

use crate::parse::OPERATORS;

/// Says why JSON is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Where in the pattern, such as `labels.alertname[0].prefix`; empty for the pattern as a whole.
    pub path: String,
    /// What is wrong there, and what is expected instead.
    pub message: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "the pattern: {}", self.message)
        } else {
            write!(f, "`{}`: {}", self.path, self.message)
        }
    }
}

impl core::error::Error for PatternError {}

/// An error about an operator that this crate does not have.
pub(crate) fn unsupported(place: &str, name: &str) -> PatternError {
    let list = OPERATORS.join(", ");
    wrong(place, format!("`{}` is not a supported operator; supported: {list}", cut(name)))
}

/// A name from outside, cut short and safe to print.
pub(crate) fn cut(name: &str) -> String {
    let mut shown: String = name.chars().take(60).flat_map(char::escape_debug).collect();
    if name.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}

/// An error about a value of the wrong kind.
pub(crate) fn expected(place: &str, what: &str, found: &Value) -> PatternError {
    wrong(place, format!("expected {what}, found {}", kind(found)))
}

/// An error at `place`.
pub(crate) fn wrong(place: &str, message: String) -> PatternError {
    PatternError { path: place.to_string(), message }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
