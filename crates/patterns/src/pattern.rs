//! A pattern: what it asks of events.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value;

use crate::condition::{Condition, list, quoted};
use crate::document::Document;
use crate::error::PatternError;
use crate::event::FlatEvent;
use crate::{parse, plain};

/// Says which events matter, in the pattern language of Amazon EventBridge.
///
/// * Every field must match; of the values in a field's array one suffices.
/// * `$or` is a list of at least two objects of which one must match, unless a key in them is the name of
///   an operator: then it is a field of that name. A path stands in a choice or beside it, not both.
/// * `{"a.b": […]}` and `{"a": {"b": […]}}` are the same, in patterns and in events.
/// * An array in an event matches if one of its elements does. Two fields never match in different
///   elements of the same array; different arrays are independent; arrays of arrays flatten.
/// * A key that an event has twice has both values.
/// * `exists` is about leaves: `null` is there; `[]`, `{}` and objects are not. Absence is judged
///   over the whole event, not element by element.
/// * `anything-but` matches if *any* value differs, of whatever type; it never matches what is not there.
/// * Numbers compare by exact value ([`crate::Number`]); strings by bytes, without normalisation.
///   What ignores case does so character by character: `ß` is not `SS`.
///
/// Its `Display` form is canonical JSON: one line, paths dotted and in order, choices multiplied out. It
/// parses to an equal pattern.
///
/// ```
/// use serde_json::json;
/// use wheelhouse_patterns::Pattern;
///
/// let pattern = Pattern::parse(&json!({
///     "source": ["ci.deploy"],
///     "detail": {
///         "$or": [
///             {"state": ["FAILED", "ROLLED_BACK"]},
///             {"errorRatePercent": [{"numeric": [">", 5]}]},
///         ],
///         "service": [{"wildcard": "payments-*"}],
///     },
/// }))?;
/// let event = json!({"source": "ci.deploy", "detail": {"service": "payments-api", "errorRatePercent": 7.5}});
/// assert!(pattern.matches(&event));
/// # Ok::<(), wheelhouse_patterns::PatternError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// One must match. Each has its fields in order of path, every path once.
    alternatives: Vec<Vec<Field>>,
}

/// What a pattern asks of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// The keys from the top, joined by dots.
    pub(crate) path: Arc<str>,
    /// Values of which one suffices, at least one.
    pub(crate) conditions: Arc<[Condition]>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says at which place of the pattern what was found, and what is expected there.
    pub fn parse(json: &Value) -> Result<Self, PatternError> {
        parse::alternatives(json).map(|alternatives| Self { alternatives })
    }

    /// Whether `event` matches, by [`Pattern::judge`].
    ///
    /// An event that cannot be judged does not match.
    pub fn matches(&self, event: &Value) -> bool {
        self.judge(&event.into()) == Some(true)
    }

    /// Whether `event` matches, found in the plain way that every faster one is measured by.
    ///
    /// An event that is not an object matches nothing. Time is linear in the event for each field,
    /// except for events that spell the same path in several ways: these are tried at most ten
    /// thousand ways, and `None` says that these were not enough.
    pub fn judge(&self, event: &Document<'_>) -> Option<bool> {
        if !matches!(event, Document::Object(_)) {
            return Some(false);
        }
        let mut verdict = Some(false);
        for fields in &self.alternatives {
            match plain::matches(fields, event) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => verdict = None,
            }
        }
        verdict
    }

    /// Whether `event` matches; the same answer as [`Pattern::matches`] on the same event as JSON,
    /// without allocating.
    pub fn matches_flat(&self, event: &dyn FlatEvent) -> bool {
        self.alternatives.iter().any(|fields| {
            fields.iter().all(|field| match event.leaf(&field.path) {
                Some(leaf) => field.conditions.iter().any(|condition| condition.accepts(leaf)),
                None => field.accepts_absence(),
            })
        })
    }

    pub(crate) fn alternatives(&self) -> &[Vec<Field>] {
        &self.alternatives
    }
}

impl Field {
    pub(crate) fn accepts_absence(&self) -> bool {
        self.conditions.contains(&Condition::Absent)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.alternatives.as_slice() {
            [only] => write!(f, "{{{}}}", Entries(only.iter().collect())),
            several => {
                // Within a choice, a key that is an operator's name would make `$or` a field; such a key
                // stands beside all choices, so every alternative has it.
                let (outside, _) = parted(several.first().map_or(&[], Vec::as_slice));
                let choices = several.iter().map(|fields| Choice(Entries(parted(fields).1)));
                f.write_str("{")?;
                if !outside.is_empty() {
                    write!(f, "{},", Entries(outside))?;
                }
                f.write_str("\"$or\":")?;
                list(f, choices)?;
                f.write_str("}")
            }
        }
    }
}

/// Fields that must stand beside a choice, and those that may stand in one.
fn parted(fields: &[Field]) -> (Vec<&Field>, Vec<&Field>) {
    fields.iter().partition(|field| parse::is_operator(&field.path))
}

/// Fields without the braces around them.
struct Entries<'f>(Vec<&'f Field>);

impl fmt::Display for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, field) in self.0.iter().enumerate() {
            write!(f, "{}{}:", if index > 0 { "," } else { "" }, quoted(&field.path))?;
            list(f, field.conditions.iter())?;
        }
        Ok(())
    }
}

struct Choice<'f>(Entries<'f>);

impl fmt::Display for Choice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.0)
    }
}
