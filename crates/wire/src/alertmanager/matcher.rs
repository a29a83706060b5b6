//! Matchers: `service="ledger"`, `severity!=info`, `instance=~"web.*"`, `job!~test`.

use regex::{Regex, RegexBuilder};
use wheelhouse_core::signal::Pairs;
use wheelhouse_core::silence;

use super::Reply;

/// The longest matcher, in bytes.
pub const LONGEST_MATCHER: usize = 4_096;
/// The most memory that a compiled regular expression may take, in bytes.
const LARGEST_REGEX: usize = 1 << 20;

/// Says of a label set whether one of its labels is as asked; an absent label counts as empty.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: String,
    test: Test,
    negated: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Is(String),
    Matches(Regex),
}

impl Matcher {
    /// Reads a matcher as Alertmanager's older parser does: the value may stand in double quotes,
    /// knows the escapes `\n`, `\"` and `\\`, and keeps a backslash before anything else.
    ///
    /// Regular expressions are anchored at both ends and run in linear time.
    ///
    /// # Errors
    /// The answer to send: 400 with a bare JSON string.
    pub fn parse(text: &str) -> Result<Self, Reply> {
        let refuse = |words: String| Err(Reply::words(400, &words));
        if text.len() > LONGEST_MATCHER {
            return refuse(format!("matcher has {} bytes; expected at most {LONGEST_MATCHER}", text.len()));
        }
        let Some((name, operator, raw)) = split(text) else { return refuse(format!("bad matcher format: {text}")) };
        let Some(value) = unquote(raw) else {
            return refuse(format!("matcher value contains unescaped double quote: {raw}"));
        };
        let test = match operator {
            "=~" | "!~" => Test::Matches(anchored(&value).map_err(|words| Reply::words(400, &words))?),
            _ => Test::Is(value),
        };
        Ok(Self { name: name.to_owned(), test, negated: operator.starts_with('!') })
    }

    /// Whether a label set is as asked.
    pub fn matches(&self, labels: &Pairs) -> bool {
        let value = labels.get(&self.name).unwrap_or_default();
        let holds = match &self.test {
            Test::Is(wanted) => wanted == value,
            Test::Matches(regex) => regex.is_match(value),
        };
        holds != self.negated
    }

    /// Whether it is written like one of a silence's.
    pub fn is_written_like(&self, other: &silence::Matcher) -> bool {
        let value = match &self.test {
            Test::Is(value) => !other.is_regex() && value == other.value(),
            Test::Matches(regex) => other.is_regex() && regex.as_str() == whole(other.value()),
        };
        value && self.name == other.name() && self.negated == other.is_negated()
    }

    /// The label and the value that it must have, where the matcher says so: what an index can look up.
    pub fn equality(&self) -> Option<(&str, &str)> {
        match &self.test {
            Test::Is(value) if !self.negated => Some((&self.name, value)),
            Test::Is(_) | Test::Matches(_) => None,
        }
    }
}

/// A regular expression that a whole text must match, or what is wrong with it, in words close to Go's.
pub(super) fn anchored(pattern: &str) -> Result<Regex, String> {
    let whole = whole(pattern);
    let regex = RegexBuilder::new(&whole).size_limit(LARGEST_REGEX).dfa_size_limit(LARGEST_REGEX).build();
    regex.map_err(|error| {
        let what = match &error {
            regex::Error::CompiledTooBig(_) => "expression too large".to_owned(),
            error => last_line(&error.to_string()),
        };
        format!("error parsing regexp: {what}: `{whole}`")
    })
}

fn whole(pattern: &str) -> String {
    format!("^(?:{pattern})$")
}

/// What the parser says, without the drawing above it.
fn last_line(words: &str) -> String {
    words.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Name, operator and the value as written.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let space = [' ', '\t', '\n', '\r', '\x0c'];
    let text = text.trim_start_matches(space);
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let (name, rest) = text.split_at(text.find(|c| !inside(c))?);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_start_matches(space);
    let operator = ["=~", "=", "!=", "!~"].into_iter().find(|operator| rest.starts_with(operator))?;
    Some((name, operator, rest.get(operator.len()..)?.trim_matches(space)))
}

/// The value that is meant; nothing where a double quote is out of place.
fn unquote(raw: &str) -> Option<String> {
    let inner = raw.strip_prefix('"');
    let (mut closed, text) = (inner.is_none(), inner.unwrap_or(raw));
    let mut value = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' if !closed && rest.as_str().is_empty() => closed = true,
            '"' => return None,
            '\\' => match rest.next() {
                Some('n') => value.push('\n'),
                Some(escaped @ ('"' | '\\')) => value.push(escaped),
                Some(other) => value.extend(['\\', other]),
                None => value.push('\\'),
            },
            _ => value.push(c),
        }
    }
    closed.then_some(value)
}
