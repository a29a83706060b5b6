//! What a runbook's front matter says, and what parameters accept.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use regex::RegexBuilder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wheelhouse_patterns::Pattern;

use super::Schedule;
use crate::name::{RoleName, ServiceName, TeamName};
use crate::time::Duration;

/// The most memory that a parameter's pattern may take when it is compiled, in bytes.
const LARGEST_REGEX: usize = 1 << 20;

/// What stands between two lines `---` at the very beginning of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrontMatter {
    /// `id` or `name`: what the runbook is called, instead of the file's stem.
    pub id: Option<String>,
    /// `title`
    pub title: Option<String>,
    /// `owners`: the teams that keep it.
    pub owners: Vec<TeamName>,
    /// `services`: what it is about.
    pub services: Vec<ServiceName>,
    /// `parameters`, in the order in which they stand.
    pub parameters: Vec<Parameter>,
    /// `triggers`: which signals call for it.
    pub triggers: Vec<Trigger>,
    /// `roles`
    pub roles: Roles,
    /// `controls`: what its executions help to prove.
    pub controls: Vec<String>,
    /// `drill`: how often it is to be exercised.
    pub drill_every: Option<Duration>,
    /// `schedule`: when it is run by itself.
    pub schedule: Option<Schedule>,
    /// `version_note`: what is new in this version.
    pub version_note: Option<String>,
    /// Every other key, as it is.
    pub other: BTreeMap<String, Value>,
}

impl Eq for FrontMatter {}

/// Which signals call for a runbook.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// A pattern over the normalised form of a signal (`signal::normalised`).
    pub when: Pattern,
}

/// Who may do what with a runbook. Where `edit` or `approve` is empty, those who own it may; where `run` is, whoever
/// policies allow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Roles {
    /// Who may change it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edit: Vec<RoleName>,
    /// Who may run it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<RoleName>,
    /// Who may approve its steps, and versions of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approve: Vec<RoleName>,
}

/// What a run is given by name. Steps find it in their environment, see [`Parameter::variable`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name: letters, digits and `_`, starting with a letter.
    pub name: String,
    /// What its values are.
    pub kind: ParameterKind,
    /// What people are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What holds where nothing is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Whether a value must be there: given, or by default.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub required: bool,
    /// What its values may be.
    #[serde(default, skip_serializing_if = "Allowed::is_anything")]
    pub allowed: Allowed,
}

/// What the values of a parameter are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// A text.
    String,
    /// A whole number of 64 bits.
    Integer,
    /// Any number.
    Number,
    /// Yes or no.
    Boolean,
    /// A list of texts.
    List,
}

/// What the values of a parameter may be. What is absent holds nothing back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Allowed {
    /// `enum`: one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Value>,
    /// `pattern`: a regular expression that every text must match somewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// `minimum` of a whole number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<i64>,
    /// `maximum` of a whole number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
    /// `minLength` of a text, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// `maxLength` of a text, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// `maxItems` of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
}

/// Says why a parameter does not take a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongValue {
    /// The parameter.
    pub parameter: String,
    /// What it expects.
    pub expected: String,
}

impl ParameterKind {
    /// Every kind, the usual one first.
    pub const ALL: [Self; 5] = [Self::String, Self::Integer, Self::Number, Self::Boolean, Self::List];

    /// The `type` that a JSON Schema has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::List => "array",
        }
    }

    /// Reads the `type` of a JSON Schema.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Parameter {
    /// The environment variable in which steps find it: `WH_SERVICE` for `service`.
    pub fn variable(&self) -> String {
        format!("WH_{}", self.name.to_ascii_uppercase())
    }

    /// Checks a value.
    ///
    /// # Errors
    /// Says what is expected instead.
    pub fn check(&self, value: &Value) -> Result<(), WrongValue> {
        let expected = match (self.kind, value) {
            (ParameterKind::String, Value::String(text)) => self.allowed.text(text),
            (ParameterKind::Integer, Value::Number(number)) => match number.as_i64() {
                Some(number) => self.allowed.integer(number),
                None => Some("a whole number".into()),
            },
            (ParameterKind::Number, Value::Number(_)) | (ParameterKind::Boolean, Value::Bool(_)) => None,
            (ParameterKind::List, Value::Array(items)) => self.allowed.items(items),
            (ParameterKind::String, _) => Some("a text".into()),
            (ParameterKind::Integer, _) => Some("a whole number".into()),
            (ParameterKind::Number, _) => Some("a number".into()),
            (ParameterKind::Boolean, _) => Some("true or false".into()),
            (ParameterKind::List, _) => Some("a list of texts".into()),
        };
        let expected = expected.or_else(|| self.allowed.choice(self.kind, value));
        expected.map_or(Ok(()), |expected| Err(WrongValue { parameter: self.name.clone(), expected }))
    }
}

impl Allowed {
    /// Whether nothing is held back.
    pub fn is_anything(&self) -> bool {
        *self == Self::default()
    }

    fn choice(&self, kind: ParameterKind, value: &Value) -> Option<String> {
        let known = |value: &Value| self.choices.is_empty() || self.choices.contains(value);
        let fits = match value {
            Value::Array(items) if kind == ParameterKind::List => items.iter().all(known),
            value => known(value),
        };
        let all = || self.choices.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        (!fits).then(|| format!("one of {}", all()))
    }

    fn text(&self, text: &str) -> Option<String> {
        let length = text.chars().count();
        let least = self.min_length.filter(|least| length < to_usize(*least));
        let most = self.max_length.filter(|most| length > to_usize(*most));
        if text.contains('\0') {
            return Some("a text without a zero byte".into());
        }
        if let Some(least) = least {
            return Some(format!("at least {least} characters"));
        }
        if let Some(most) = most {
            return Some(format!("at most {most} characters"));
        }
        let pattern = self.pattern.as_deref()?;
        let matches =
            RegexBuilder::new(pattern).size_limit(LARGEST_REGEX).build().is_ok_and(|regex| regex.is_match(text));
        (!matches).then(|| format!("a text that matches `{pattern}`"))
    }

    fn integer(&self, number: i64) -> Option<String> {
        if let Some(least) = self.minimum.filter(|least| number < *least) {
            return Some(format!("at least {least}"));
        }
        self.maximum.filter(|most| number > *most).map(|most| format!("at most {most}"))
    }

    fn items(&self, items: &[Value]) -> Option<String> {
        if let Some(most) = self.max_items.filter(|most| items.len() > to_usize(*most)) {
            return Some(format!("at most {most} items"));
        }
        items.iter().find_map(|item| match item {
            Value::String(text) => self.text(text),
            _ => Some("a list of texts".into()),
        })
    }
}

impl fmt::Display for WrongValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` does not take this; expected {}", self.parameter, self.expected)
    }
}

impl core::error::Error for WrongValue {}

/// Whether a regular expression can be used as a parameter's pattern; says what is wrong with it.
///
/// # Errors
/// What is wrong.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    RegexBuilder::new(pattern).size_limit(LARGEST_REGEX).build().map(drop).map_err(|error| error.to_string())
}

fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameter(kind: ParameterKind, allowed: Allowed) -> Parameter {
        let name = "node".into();
        Parameter { name, kind, title: None, description: None, default: None, required: true, allowed }
    }

    #[test]
    fn parameters_take_what_they_say_and_nothing_else() {
        let text = parameter(
            ParameterKind::String,
            Allowed { pattern: Some("^[a-z]+$".into()), max_length: Some(3), ..Allowed::default() },
        );
        assert_eq!(text.check(&json!("abc")), Ok(()));
        for wrong in [json!("ab1"), json!("abcd"), json!(1), json!("a\u{0}"), json!(null)] {
            assert!(text.check(&wrong).is_err(), "{wrong}");
        }
        let number =
            parameter(ParameterKind::Integer, Allowed { minimum: Some(1), maximum: Some(9), ..Allowed::default() });
        assert_eq!(number.check(&json!(9)), Ok(()));
        assert!(number.check(&json!(10)).is_err() && number.check(&json!(1.5)).is_err());
        let list = parameter(
            ParameterKind::List,
            Allowed { choices: alloc::vec![json!("a"), json!("b")], max_items: Some(2), ..Allowed::default() },
        );
        assert_eq!(list.check(&json!(["a", "b"])), Ok(()));
        assert!(list.check(&json!(["a", "c"])).is_err() && list.check(&json!(["a", "a", "a"])).is_err());
        let wrong = list.check(&json!(["c"])).map_err(|wrong| wrong.expected);
        assert_eq!(wrong, Err("one of \"a\", \"b\"".into()));
        assert_eq!(text.variable(), "WH_NODE");
    }
}
