//! What is wrong with a part of a document, and how it is said.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};
use wheelhouse_core::catalog::{Code, Finding, Place, nearest};

use super::super::tree::{Node, shown};

/// A mistake in a document, on its way from where it is noticed to where its place is known.
#[derive(Debug)]
pub(in super::super) struct DecodeError(Box<Mistake>);

#[derive(Debug)]
struct Mistake {
    problem: Problem,
    /// Where it is.
    place: Option<Place>,
    /// The part of the document that holds it, and is set aside.
    part: Option<u32>,
    /// The field whose value it is.
    field: Option<String>,
    /// What stands there instead of what is expected.
    found: Option<String>,
    /// The fields that are there already, and so were not meant.
    given: Vec<String>,
}

/// What is wrong.
#[derive(Debug)]
pub(in super::super) enum Problem {
    /// A value of another shape.
    Shape(String),
    /// A value of the right shape that means nothing; what was found, and what is expected.
    Value(String, String),
    /// A field that does not exist; the fields that do.
    Field(String, &'static [&'static str]),
    /// A word that does not exist; the words that do.
    Word(String, &'static [&'static str]),
    /// A field that is not there.
    Missing(&'static str),
    /// An event pattern that cannot be read.
    Pattern(String),
    /// Something else.
    Other(String),
    /// Nothing that was not said already.
    Said,
}

impl DecodeError {
    /// Starts an error.
    pub fn new(problem: Problem) -> Self {
        Self(Box::new(Mistake { problem, place: None, part: None, field: None, found: None, given: Vec::new() }))
    }

    /// Gives the error a place, if it has none yet.
    pub fn at(mut self, place: Place) -> Self {
        self.0.place.get_or_insert(place);
        self
    }

    /// Says that the error is in the value `node` of a field or list, unless a smaller part is known.
    pub fn within(mut self, node: &Node, field: Option<&str>) -> Self {
        if self.0.part.is_none() {
            self.0.part = Some(node.id);
            self.0.place.get_or_insert(node.place);
            self.0.found = Some(node.describe());
        }
        if self.0.field.is_none() {
            self.0.field = field.map(Into::into);
        }
        self
    }

    /// The part of the document that holds the mistake.
    pub fn part(&self) -> Option<u32> {
        self.0.part
    }

    /// The field that is missing, if that is the mistake.
    pub fn missing(&self) -> Option<&'static str> {
        if let Problem::Missing(field) = self.0.problem { Some(field) } else { None }
    }

    /// Names the fields that are there already.
    pub fn given<'k>(mut self, keys: impl Iterator<Item = &'k str>) -> Self {
        if self.0.given.is_empty() && matches!(self.0.problem, Problem::Field(..)) {
            self.0.given = keys.map(Into::into).collect();
        }
        self
    }

    /// Takes a word that does not exist for a field that does not.
    pub fn of_field(mut self) -> Self {
        if let Problem::Word(word, words) = self.0.problem {
            self.0.problem = Problem::Field(word, words);
        }
        self
    }

    /// Says nothing more: the field that is missing now was set aside for a mistake of its own.
    pub fn silenced(mut self) -> Self {
        self.0.problem = Problem::Said;
        self
    }

    /// The mistake in words; `otherwise` is its place if none is known.
    pub fn finding(self, otherwise: Place) -> Option<Finding> {
        let Mistake { problem, place, field, found, given, .. } = *self.0;
        let place = place.unwrap_or(otherwise);
        let whose = field.map_or_else(|| "this value".to_string(), |field| format!("`{}`", shown(&field)));
        Some(match problem {
            Problem::Said => return None,
            Problem::Shape(expected) => {
                let found = found.unwrap_or_else(|| "something else".into());
                let (expected, help) = halves(&expected);
                let finding = Finding::error(Code::WrongShape, place, format!("{whose} has the wrong shape"))
                    .label(format!("expected {expected}, found {found}"));
                finding.help(help.unwrap_or(match expected {
                    "a list" => "write a list: `[…]`, or one entry a line, each after `- `",
                    "a mapping" => "write fields: `{field: value}`, or one a line, further in",
                    "a text" => "write one text; quote it if it has a special meaning in YAML",
                    _ => "write what is expected",
                }))
            }
            Problem::Value(found, expected) => {
                let (expected, help) = halves(&expected);
                let code = if expected == NAME { Code::BadName } else { Code::BadValue };
                let finding = Finding::error(code, place, format!("`{}` is not {expected}", shown(&found)))
                    .label(format!("expected {expected}"));
                finding.help(help.unwrap_or("correct the value"))
            }
            Problem::Field(name, fields) => {
                Finding::error(Code::UnknownField, place, format!("there is no field `{}` here", shown(&name)))
                    .label("unknown field")
                    .help(choice(&name, fields, &given, "the fields are"))
            }
            Problem::Word(word, words) => {
                Finding::error(Code::BadValue, place, format!("{whose} cannot be `{}`", shown(&word)))
                    .label("unknown word")
                    .help(choice(&word, words, &[], "the words are"))
            }
            Problem::Missing(field) => {
                Finding::error(Code::MissingField, place, format!("the field `{field}` is missing here"))
                    .label(format!("`{field}` is required"))
                    .help(format!("add `{field}: …`"))
            }
            Problem::Pattern(message) => Finding::error(Code::BadPattern, place, "this event pattern cannot be read")
                .label(shown_long(&message))
                .help("a pattern is fields, each with a list of alternatives, such as `{labels: {job: [api]}}`"),
            Problem::Other(message) => Finding::error(Code::BadValue, place, format!("{whose} cannot be read"))
                .label(shown_long(&message))
                .help("correct the value"),
        })
    }
}

/// What is expected of a name, and how it is written.
pub(in super::super) const NAME: &str = "a name";

/// What is expected, and what helps: the two lines of an expectation.
fn halves(expected: &str) -> (&str, Option<&str>) {
    match expected.split_once('\n') {
        Some((expected, help)) => (expected, Some(help)),
        None => (expected, None),
    }
}

fn shown_long(text: &str) -> String {
    text.chars().take(300).flat_map(|c| c.is_control().then_some('\u{fffd}').or(Some(c))).collect()
}

fn choice(word: &str, words: &[&str], given: &[String], are: &str) -> String {
    let free = words.iter().copied().filter(|word| !given.iter().any(|given| given == word));
    if let Some(meant) = nearest(word, free) {
        return format!("did you mean `{meant}`?");
    }
    let mut sorted = words.to_vec();
    sorted.sort_unstable();
    let list: Vec<String> = sorted.iter().map(|word| format!("`{word}`")).collect();
    format!("{are} {}", list.join(", "))
}

/// What serde expects, in the words of people who write YAML.
fn expectation(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "a string" => "a text".into(),
        "a sequence" => "a list".into(),
        "a map" => "a mapping".into(),
        "a boolean" => "`true` or `false`".into(),
        "u32" => "a whole number from 0 up".into(),
        "i32" => "a whole number".into(),
        _ if text.starts_with("struct ") => "a mapping".into(),
        _ => text,
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.problem)
    }
}

impl std::error::Error for DecodeError {}

impl Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Problem::Other(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Problem::Shape(expectation(expected)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Str(text) => text.into(),
            Unexpected::Unsigned(number) => number.to_string(),
            Unexpected::Signed(number) => number.to_string(),
            Unexpected::Float(number) => number.to_string(),
            other => other.to_string(),
        };
        Self::new(Problem::Value(found, expectation(expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Problem::Field(field.into(), expected))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Problem::Word(variant.into(), expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::Missing(field))
    }
}
