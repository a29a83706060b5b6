//! Events that functions make: what automations can listen to and other steps can wait for.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

/// The most events that one answer of a function makes.
pub const MOST_MADE: usize = 16;
/// The most that is said about one of them, in bytes of JSON.
pub const LARGEST_MADE: usize = 8 * 1024;
/// The longest type of one.
const LONGEST_TYPE: usize = 64;

/// The type of an event that a function makes: 1 to 64 of `a` to `z`, digits, `.`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EventType(String);

/// An event that a function makes.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeEvent {
    /// What kind of thing happened.
    pub kind: EventType,
    /// More about it.
    pub data: Value,
}

impl EventType {
    /// Reads one.
    ///
    /// # Errors
    /// For people: what is expected instead.
    pub fn new(text: &str) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        if (1..=LONGEST_TYPE).contains(&text.len()) && text.bytes().all(fits) {
            return Ok(Self(text.to_string()));
        }
        let shown: String = text.chars().take(LONGEST_TYPE).flat_map(char::escape_debug).collect();
        Err(format!("`{shown}` cannot be the type of an event: 1 to {LONGEST_TYPE} of a to z, digits, `.`, `_`, `-`"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MadeEvent {
    /// An event within its limits.
    ///
    /// # Errors
    /// For people: its type is none, or it says too much.
    pub fn new(kind: &str, data: Value) -> Result<Self, String> {
        let kind = EventType::new(kind)?;
        let size = data.to_string().len();
        if size > LARGEST_MADE {
            return Err(format!("the data of the event `{kind}` have {size} bytes; at most {LARGEST_MADE} are kept"));
        }
        Ok(Self { kind, data })
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(from)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_have_limits() {
        assert!(MadeEvent::new("service.restarted-2_x", json!({"service": "ledger"})).is_ok());
        for kind in ["", "A", "a b", "ä", &"x".repeat(65)] {
            assert!(MadeEvent::new(kind, Value::Null).is_err(), "{kind}");
        }
        assert!(MadeEvent::new("x", json!("y".repeat(LARGEST_MADE))).is_err_and(|why| why.contains("8194 bytes")));
    }
}
