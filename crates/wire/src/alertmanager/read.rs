//! One alert of a body, as far as its types go.

use std::borrow::Cow;

use super::go::quoted;
use super::json::{Kind, Scanner, Syntax};
use super::time::Instant;
use super::url::is_request_uri;

/// Names with values in the order in which they came.
pub(super) type Fields<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// What an alert says, borrowed from the body where possible.
#[derive(Default)]
pub(super) struct Alert<'a> {
    pub(super) labels: Fields<'a>,
    pub(super) annotations: Fields<'a>,
    pub(super) starts_at: Option<Instant>,
    pub(super) ends_at: Option<Instant>,
    pub(super) url: Cow<'a, str>,
    /// Why it is not an alert at all, in Go's words.
    pub(super) type_error: Option<String>,
    has_labels: bool,
}

impl Alert<'_> {
    /// Makes it ready for the next one, keeping the room it has.
    pub(super) fn clear(&mut self) {
        self.labels.clear();
        self.annotations.clear();
        (self.starts_at, self.ends_at, self.has_labels) = (None, None, false);
        self.url = Cow::Borrowed("");
        self.type_error = None;
    }

    /// How it breaks Alertmanager's schema: the code and the message.
    pub(super) fn schema_error(&self, index: usize) -> Option<(u16, String)> {
        for (name, instant) in [("endsAt", self.ends_at), ("startsAt", self.starts_at)] {
            if let Some(text) = instant.and_then(Instant::bad_offset) {
                return Some((601, format!("{index}.{name} in body must be of type date-time: {}", quoted(&text))));
            }
        }
        if !self.url.is_empty() && !is_request_uri(&self.url) {
            return Some((601, format!("{index}.generatorURL in body must be of type uri: {}", quoted(&self.url))));
        }
        (!self.has_labels).then(|| (602, format!("{index}.labels in body is required")))
    }
}

/// Go's name of the type into which an alert is read first.
const ALERT_TYPE: &str = concat!(
    r#"struct { Annotations models.LabelSet "json:\"annotations,omitempty\""; "#,
    r#"EndsAt strfmt.DateTime "json:\"endsAt,omitempty\""; StartsAt strfmt.DateTime "json:\"startsAt,omitempty\"" }"#
);

/// The first errors of an alert, in the order in which they count: Go reads annotations and instants
/// in one pass, then labels and URL in another, and texts with a form of their own end a pass at once.
#[derive(Default)]
struct Errors {
    instant: Option<String>,
    annotations: Option<String>,
    url: Option<String>,
    labels: Option<String>,
}

/// Reads the alert that comes next.
pub(super) fn read_alert<'a>(scanner: &mut Scanner<'a>, alert: &mut Alert<'a>) -> Result<(), Syntax> {
    let kind = scanner.kind()?;
    if kind != Kind::Object {
        if kind != Kind::Null {
            alert.type_error =
                Some(format!("json: cannot unmarshal {} into Go value of type {ALERT_TYPE}", kind.word()));
        }
        return scanner.skip();
    }
    let mut errors = Errors::default();
    let mut more = scanner.enter_object();
    while more {
        let key = scanner.key()?;
        match field(&key) {
            Field::Labels => {
                let outcome = read_pairs(scanner, "Alert.labels", &mut alert.labels)?;
                alert.has_labels = !matches!(outcome, Outcome::Absent);
                outcome.keep_first(&mut errors.labels);
            }
            Field::Annotations => {
                read_pairs(scanner, ".annotations", &mut alert.annotations)?.keep_first(&mut errors.annotations);
            }
            Field::StartsAt => read_instant(scanner, "startsAt", &mut alert.starts_at, &mut errors.instant)?,
            Field::EndsAt => read_instant(scanner, "endsAt", &mut alert.ends_at, &mut errors.instant)?,
            Field::Url => match scanner.kind()? {
                Kind::String => alert.url = scanner.string()?,
                Kind::Null => scanner.skip()?,
                kind => {
                    errors.url.get_or_insert_with(|| mismatch(kind, "Alert.generatorURL", "string"));
                    scanner.skip()?;
                }
            },
            Field::Unknown => scanner.skip()?,
        }
        more = scanner.next_member()?;
    }
    alert.type_error = errors.instant.or(errors.annotations).or(errors.url).or(errors.labels);
    Ok(())
}

/// The fields of an alert.
enum Field {
    Labels,
    Annotations,
    StartsAt,
    EndsAt,
    Url,
    Unknown,
}

/// Which field a name means; Go minds no case of letters.
fn field(name: &str) -> Field {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    match name.len() {
        6 if is("labels") => Field::Labels,
        11 if is("annotations") => Field::Annotations,
        8 if is("startsAt") => Field::StartsAt,
        6 if is("endsAt") => Field::EndsAt,
        12 if is("generatorURL") => Field::Url,
        _ => Field::Unknown,
    }
}

/// How reading a field went.
enum Outcome {
    Read,
    /// It was null, which takes away what was there.
    Absent,
    Wrong(String),
}

impl Outcome {
    /// Keeps the error, if it is one and none is kept yet.
    fn keep_first(self, kept: &mut Option<String>) {
        if let Self::Wrong(error) = self {
            kept.get_or_insert(error);
        }
    }
}

/// Reads texts by name.
fn read_pairs<'a>(scanner: &mut Scanner<'a>, place: &str, pairs: &mut Fields<'a>) -> Result<Outcome, Syntax> {
    match scanner.kind()? {
        Kind::Object => {}
        Kind::Null => {
            pairs.clear();
            scanner.skip()?;
            return Ok(Outcome::Absent);
        }
        kind => {
            scanner.skip()?;
            return Ok(Outcome::Wrong(mismatch(kind, place, "models.LabelSet")));
        }
    }
    let mut error = None;
    let mut more = scanner.enter_object();
    while more {
        let name = scanner.key()?;
        match scanner.kind()? {
            Kind::String => pairs.push((name, scanner.string()?)),
            kind => {
                scanner.skip()?;
                if kind != Kind::Null {
                    error.get_or_insert_with(|| mismatch(kind, place, "string"));
                }
                pairs.push((name, Cow::Borrowed("")));
            }
        }
        more = scanner.next_member()?;
    }
    Ok(error.map_or(Outcome::Read, Outcome::Wrong))
}

/// Reads an instant; null leaves it as it was, and Go's zero instant counts as none.
fn read_instant(
    scanner: &mut Scanner<'_>,
    name: &str,
    instant: &mut Option<Instant>,
    error: &mut Option<String>,
) -> Result<(), Syntax> {
    match scanner.kind()? {
        Kind::String => match Instant::parse(&scanner.string()?) {
            Ok(read) => *instant = Some(read).filter(|read| !read.is_absent()),
            Err(because) => {
                error.get_or_insert(because);
            }
        },
        Kind::Null => scanner.skip()?,
        kind => {
            error.get_or_insert_with(|| mismatch(kind, &format!(".{name}"), "string"));
            scanner.skip()?;
        }
    }
    Ok(())
}

fn mismatch(kind: Kind, place: &str, expected: &str) -> String {
    format!("json: cannot unmarshal {} into Go struct field {place} of type {expected}", kind.word())
}
