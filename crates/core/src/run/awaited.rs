//! What a step waits for beside its time: an event, as a pattern.

use alloc::boxed::Box;
use alloc::string::{String, ToString};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use wheelhouse_patterns::Pattern;

use crate::record::Body;

/// The most steps of an organisation that wait for events at a time.
pub const MOST_AWAITED: usize = 1_000;
/// The longest pattern that a step waits for, in bytes of its canonical form.
pub const LONGEST_AWAITED: usize = 8 * 1024;
/// By what the body of the entry has it: it may hold values of parameters, which can be erased.
const FIELD: &str = "awaits";

/// The event that a step waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// Which events it may be, in the form that automations listen to.
    pub pattern: Pattern,
    /// Whether it must be about the run's own case.
    pub of_case: bool,
}

#[derive(Serialize, Deserialize)]
struct Text {
    until: String,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    case: bool,
}

impl Awaited {
    /// Reads a pattern that values were put into.
    ///
    /// # Errors
    /// For people: it is no pattern, or too long.
    pub fn new(pattern: &Value, of_case: bool) -> Result<Self, String> {
        let pattern = Pattern::parse(pattern).map_err(|wrong| wrong.to_string())?;
        let length = pattern.to_string().len();
        if length > LONGEST_AWAITED {
            return Err(alloc::format!("the pattern has {length} bytes; at most {LONGEST_AWAITED} fit"));
        }
        Ok(Self { pattern, of_case })
    }

    /// The body of the entry by which a step begins to wait for it.
    pub(crate) fn into_body(self) -> Body {
        let text = serde_json::to_string(&self).unwrap_or_default();
        Body::from([(FIELD.to_string(), text)])
    }

    /// What the body of such an entry says, as long as it was not erased.
    pub(crate) fn of_body(body: Option<&Body>) -> Option<Box<Self>> {
        serde_json::from_str(body?.get(FIELD)?).ok().map(Box::new)
    }
}

impl Serialize for Awaited {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Text { until: self.pattern.to_string(), case: self.of_case }.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Awaited {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Text { until, case } = Text::deserialize(from)?;
        let json: Value = serde_json::from_str(&until).map_err(de::Error::custom)?;
        Self::new(&json, case).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use alloc::vec::Vec;

    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_awaited_comes_back_from_its_entry() {
        let pattern = json!({"kind": ["signal_ended"], "service": {"tier": [{"numeric": ["<", 2]}]}});
        let awaited = Awaited::new(&pattern, true).unwrap();
        assert_eq!(Awaited::of_body(Some(&awaited.clone().into_body())).as_deref(), Some(&awaited));
        assert_eq!(Awaited::of_body(Some(&Body::new())), None);
        assert_eq!(Awaited::of_body(None), None);
    }

    #[test]
    fn what_is_no_pattern_or_too_long_is_said() {
        assert!(Awaited::new(&json!({"kind": "signal_ended"}), false).is_err());
        let many: Vec<String> = (0..1_000).map(|number| alloc::format!("service-{number}")).collect();
        assert!(Awaited::new(&json!({"target": many}), false).unwrap_err().contains("at most 8192"));
    }
}
