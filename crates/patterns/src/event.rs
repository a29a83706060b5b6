//! What a pattern is matched against.

use serde_json::Value;

use crate::number::Number;

/// One value of an event, at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leaf<'a> {
    /// A string.
    String(&'a str),
    /// A number.
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
    /// `null`, which counts as present.
    Null,
}

impl<'a> Leaf<'a> {
    /// Takes a JSON value as a leaf; `None` for arrays, objects and numbers beyond a double.
    pub fn from_json(value: &'a Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::String(text)),
            Value::Number(number) => Number::from_json(number).map(Self::Number),
            Value::Bool(value) => Some(Self::Bool(*value)),
            Value::Null => Some(Self::Null),
            Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// An event without arrays that can be asked for its values, so that no JSON tree need be built.
pub trait FlatEvent {
    /// The value at `path`, if there is one.
    ///
    /// A path is the keys from the top joined by dots. A key may hold dots itself, so
    /// `labels.app.kubernetes.io/name` asks the map `labels` for `app.kubernetes.io/name`.
    fn leaf(&self, path: &str) -> Option<Leaf<'_>>;
}

/// Goes through `key` on the way along `path`: `None` if it leads elsewhere, `Some(None)` if it
/// is the end of the path, otherwise the rest of the path.
pub(crate) fn follow<'p>(path: &'p str, key: &str) -> Option<Option<&'p str>> {
    match path.strip_prefix(key)? {
        "" => Some(None),
        rest => rest.strip_prefix('.').map(Some),
    }
}
