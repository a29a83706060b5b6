//! Matchers: `service="ledger"`, `severity!="info"`, `instance=~"web.*"`, `job!~"test"`, as
//! Alertmanager has them.

use alloc::string::String;
use core::fmt;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::signal::Pairs;

/// The most memory that a compiled regular expression may take, in bytes.
const LARGEST_REGEX: usize = 1 << 20;
/// A value that no label has: what matches it matches more or less everything.
const NOBODYS: &str = "\u{e000} 9f2c no label has this value \u{e001}";

/// Says of a label set whether one of its labels is as asked; an absent label counts as empty.
/// Regular expressions are anchored at both ends and run in linear time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Matcher {
    written: Written,
    regex: Option<Regex>,
}

/// A matcher as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    name: String,
    value: String,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    regex: bool,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    negated: bool,
}

/// Why something is not a matcher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadMatcher {
    /// No label can have this name.
    Name(String),
    /// The value is longer than this many bytes.
    TooLong(usize),
    /// The regular expression cannot be read; what is wrong with it.
    Regex {
        /// The expression.
        pattern: String,
        /// What is wrong.
        because: String,
    },
}

impl Matcher {
    /// Makes a matcher.
    ///
    /// # Errors
    /// Says what is wrong with the name, or with the regular expression.
    pub fn new(name: &str, value: &str, regex: bool, negated: bool) -> Result<Self, BadMatcher> {
        let written = Written { name: name.into(), value: value.into(), regex, negated };
        Self::try_from(written)
    }

    /// Whether a label set is as asked.
    pub fn matches(&self, labels: &Pairs) -> bool {
        self.takes(labels.get(&self.written.name).unwrap_or_default())
    }

    /// Whether a value is as asked.
    pub fn takes(&self, value: &str) -> bool {
        let holds = match &self.regex {
            Some(regex) => regex.is_match(value),
            None => self.written.value == value,
        };
        holds != self.written.negated
    }

    /// The label.
    pub fn name(&self) -> &str {
        &self.written.name
    }

    /// The value or regular expression.
    pub fn value(&self) -> &str {
        &self.written.value
    }

    /// Whether the value is a regular expression.
    pub const fn is_regex(&self) -> bool {
        self.written.regex
    }

    /// Whether the label must be otherwise.
    pub const fn is_negated(&self) -> bool {
        self.written.negated
    }

    /// The label and the value that it must have, where the matcher says so.
    pub fn equality(&self) -> Option<(&str, &str)> {
        (!self.written.regex && !self.written.negated && !self.written.value.is_empty())
            .then_some((&self.written.name, &self.written.value))
    }

    /// Whether it takes labels that are not there.
    pub fn takes_absent(&self) -> bool {
        self.takes("")
    }

    /// Whether it says something of what it takes: not just that a label is there, nor what it is not.
    pub fn narrows(&self) -> bool {
        !self.written.negated && !self.takes("") && !self.takes(NOBODYS)
    }
}

impl TryFrom<Written> for Matcher {
    type Error = BadMatcher;

    fn try_from(written: Written) -> Result<Self, BadMatcher> {
        let mut bytes = written.name.bytes();
        let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        if !starts || !bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') || written.name.len() > 512 {
            return Err(BadMatcher::Name(written.name));
        }
        if written.value.len() > super::LONGEST_VALUE {
            return Err(BadMatcher::TooLong(super::LONGEST_VALUE));
        }
        let regex = if written.regex { Some(anchored(&written.value)?) } else { None };
        Ok(Self { written, regex })
    }
}

impl From<Matcher> for Written {
    fn from(matcher: Matcher) -> Self {
        matcher.written
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Matcher {}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match (self.written.negated, self.written.regex) {
            (false, false) => "=",
            (true, false) => "!=",
            (false, true) => "=~",
            (true, true) => "!~",
        };
        write!(f, "{}{operator}{:?}", self.written.name, self.written.value)
    }
}

impl fmt::Display for BadMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(
                f,
                "`{}` is not the name of a label; expected letters, digits and `_`, not starting with a digit",
                name.chars().take(80).collect::<String>().escape_debug()
            ),
            Self::TooLong(most) => write!(f, "the value is too long; expected at most {most} bytes"),
            Self::Regex { pattern, because } => {
                let shown: String = pattern.chars().take(80).collect();
                write!(f, "`{}` is not a regular expression: {because}", shown.escape_debug())
            }
        }
    }
}

impl core::error::Error for BadMatcher {}

fn anchored(pattern: &str) -> Result<Regex, BadMatcher> {
    let whole = alloc::format!("^(?:{pattern})$");
    let built = RegexBuilder::new(&whole).size_limit(LARGEST_REGEX).dfa_size_limit(LARGEST_REGEX).build();
    built.map_err(|error| {
        let because = match &error {
            regex::Error::CompiledTooBig(_) => "it is too large".into(),
            error => {
                let words = alloc::format!("{error}");
                words.lines().last().unwrap_or_default().trim_start_matches("error: ").into()
            }
        };
        BadMatcher::Regex { pattern: pattern.into(), because }
    })
}
