//! JSON as a tree that keeps what a map would lose: keys that an object has twice.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::event::{Leaf, follow};
use crate::number::Number;

/// An event as a tree, with every key as often as it was written.
///
/// It is what the plain matcher walks. Read it from text with serde, or take a [`Value`], which has lost
/// all but the last of equal keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Document<'d> {
    /// A string.
    String(Cow<'d, str>),
    /// A number.
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// An array.
    Array(Vec<Self>),
    /// An object: its keys and values as they were written.
    Object(Vec<(Cow<'d, str>, Self)>),
}

impl Document<'_> {
    /// The value, unless it is an array or an object.
    pub fn leaf(&self) -> Option<Leaf<'_>> {
        match self {
            Self::String(text) => Some(Leaf::String(text)),
            Self::Number(number) => Some(Leaf::Number(*number)),
            Self::Bool(value) => Some(Leaf::Bool(*value)),
            Self::Null => Some(Leaf::Null),
            Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// Whether there is a leaf at `path` (`None`: at this node), in any element of any array.
    pub(crate) fn has(&self, path: Option<&str>) -> bool {
        match (self, path) {
            (Self::Array(items), _) => items.iter().any(|item| item.has(path)),
            (Self::Object(entries), Some(path)) => {
                entries.iter().any(|(key, value)| follow(path, key).is_some_and(|rest| value.has(rest)))
            }
            (Self::Object(_), None) => false,
            (_, path) => path.is_none(),
        }
    }
}

impl<'d> From<&'d Value> for Document<'d> {
    fn from(value: &'d Value) -> Self {
        match value {
            Value::String(text) => Self::String(Cow::Borrowed(text)),
            // Where serde_json keeps numbers as text, one may be too large for a double.
            Value::Number(number) => Self::Number(
                Number::from_json(number).unwrap_or_else(|| Number::beyond(number.to_string().starts_with('-'))),
            ),
            Value::Bool(value) => Self::Bool(*value),
            Value::Null => Self::Null,
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Object(entries) => {
                Self::Object(entries.iter().map(|(key, value)| (Cow::Borrowed(key.as_str()), value.into())).collect())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Document<'static> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Document<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Document::String(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Document::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Document::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        let number = Number::from_f64(value).unwrap_or_else(|| Number::beyond(value.is_sign_negative()));
        Ok(Document::Number(number))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Document::Bool(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Document::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Document::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = from.next_entry::<String, _>()? {
            entries.push((Cow::Owned(key), value));
        }
        Ok(Document::Object(entries))
    }
}
