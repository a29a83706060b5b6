//! The body of `POST /api/v2/silences`, read as Alertmanager 0.25 reads it.

use wheelhouse_core::kernel::SilenceRequest;
use wheelhouse_core::silence::{BadMatcher, BadSilence, Matcher, SilenceId};
use wheelhouse_core::time::Timestamp;

use super::Reply;
use super::go::quoted;
use super::json::{Kind, Scanner, Syntax};
use super::time::Instant;
use super::uuid::silence_of_uuid;

/// The most matchers that are read.
const MOST_MATCHERS: usize = 100;

/// A silence as it was posted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostedSilence {
    id: String,
    comment: Option<String>,
    created_by: Option<String>,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    matchers: Option<Vec<PostedMatcher>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct PostedMatcher {
    name: Option<String>,
    value: Option<String>,
    is_regex: Option<bool>,
    is_equal: Option<bool>,
}

/// Go's name of the type into which the body is read first.
const FIRST_TYPE: &str = r#"struct { ID string "json:\"id,omitempty\"" }"#;

/// Reads a silence.
///
/// # Errors
/// The answer to send: 400 where it is not a silence at all, 422 where it breaks the schema.
pub fn parse_silence(body: &[u8]) -> Result<PostedSilence, Reply> {
    if body.trim_ascii().is_empty() {
        return Err(Reply::error(422, 602, "silence in body is required"));
    }
    let mut reading = Reading::default();
    reading.body(&mut Scanner::new(body)).map_err(|error: Syntax| unreadable(&error.0))?;
    if let Some(because) = reading.first_pass.or(reading.second_pass) {
        return Err(unreadable(&because));
    }
    let posted = reading.posted;
    match posted.schema_error() {
        Some((code, message)) => Err(Reply::error(422, code, &message)),
        None => Ok(posted),
    }
}

impl PostedSilence {
    /// What is asked for, for real signals.
    ///
    /// # Errors
    /// The answer to send: 400 with a bare JSON string, or 404 where it names a silence that is not there.
    pub fn into_request(self, now: Timestamp) -> Result<SilenceRequest, Reply> {
        let (starts_at, ends_at) = (self.starts_at.unwrap_or(now), self.ends_at.unwrap_or(now));
        if starts_at >= ends_at {
            return Err(Reply::words(400, "Failed to create silence: start time must be before end time"));
        }
        if ends_at < now {
            return Err(Reply::words(400, "Failed to create silence: end time can't be in the past"));
        }
        let id = match self.id.as_str() {
            "" => None,
            id => Some(silence_of_uuid(id).ok().flatten().ok_or_else(Reply::no_such_silence)?),
        };
        let matchers = self.matchers.unwrap_or_default().into_iter().enumerate();
        let matchers = matchers.map(|(index, posted)| matcher(index, &posted)).collect::<Result<_, _>>()?;
        let (comment, created_by) = (self.comment.unwrap_or_default(), self.created_by.unwrap_or_default());
        Ok(SilenceRequest { id, matchers, starts_at, ends_at, comment, created_by, drill: false, seen: None })
    }

    /// The silence that is to be changed, if it is one of this hub's.
    pub fn id(&self) -> Option<SilenceId> {
        silence_of_uuid(&self.id).ok().flatten()
    }

    /// How it breaks Alertmanager's schema: the code and the message.
    fn schema_error(&self) -> Option<(u16, String)> {
        let required = |name: &str| Some((602, format!("{name} in body is required")));
        let fields = [
            ("comment", self.comment.is_some()),
            ("createdBy", self.created_by.is_some()),
            ("endsAt", self.ends_at.is_some()),
            ("matchers", self.matchers.is_some()),
        ];
        if let Some((name, _)) = fields.iter().find(|(_, given)| !given) {
            return required(name);
        }
        let matchers = self.matchers.as_deref().unwrap_or_default();
        if matchers.is_empty() {
            return Some((612, "matchers in body should have at least 1 items".to_owned()));
        }
        for (index, matcher) in matchers.iter().enumerate() {
            let fields = [
                ("isRegex", matcher.is_regex.is_some()),
                ("name", matcher.name.is_some()),
                ("value", matcher.value.is_some()),
            ];
            if let Some((name, _)) = fields.iter().find(|(_, given)| !given) {
                return required(&format!("matchers.{index}.{name}"));
            }
        }
        if self.starts_at.is_none() { required("startsAt") } else { None }
    }
}

/// What Alertmanager says where nothing can be silenced like that.
pub fn refuse_silence(bad: &BadSilence) -> Reply {
    let words = match bad {
        BadSilence::TakesAbsent => "at least one matcher must not match the empty string".to_owned(),
        bad => format!("{}: expected {}", bad.field(), bad.expected()),
    };
    Reply::words(400, &format!("silence invalid: {words}"))
}

fn matcher(index: usize, posted: &PostedMatcher) -> Result<Matcher, Reply> {
    let (name, value) = (posted.name.as_deref().unwrap_or_default(), posted.value.as_deref().unwrap_or_default());
    let made = Matcher::new(name, value, posted.is_regex == Some(true), posted.is_equal == Some(false));
    made.map_err(|bad| {
        let because = match bad {
            BadMatcher::Name(name) => format!("invalid label name {}", quoted(&name)),
            BadMatcher::Regex { pattern, because } => {
                format!("invalid regular expression {}: error parsing regexp: {because}", quoted(&pattern))
            }
            bad @ BadMatcher::TooLong(_) => bad.to_string(),
        };
        Reply::words(400, &format!("silence invalid: invalid label matcher {index}: {because}"))
    })
}

fn unreadable(because: &str) -> Reply {
    Reply::error(400, 400, &format!("parsing silence body from \"\" failed, because {because}"))
}

/// A body in the middle of being read; Go reads it twice, first for its `id`.
#[derive(Default)]
struct Reading {
    posted: PostedSilence,
    first_pass: Option<String>,
    second_pass: Option<String>,
}

impl Reading {
    fn body(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Syntax> {
        let kind = scanner.kind()?;
        if kind != Kind::Object {
            if kind != Kind::Null {
                let word = kind.word();
                self.first_pass = Some(format!("json: cannot unmarshal {word} into Go value of type {FIRST_TYPE}"));
            }
            return scanner.skip();
        }
        let mut more = scanner.enter_object();
        while more {
            let key = scanner.key()?.to_ascii_lowercase();
            match key.as_str() {
                "id" => {
                    let mut id = None;
                    let error = text(scanner, ".id", &mut id)?;
                    self.posted.id = id.unwrap_or_default();
                    keep(&mut self.first_pass, error);
                }
                "comment" => {
                    let error = text(scanner, "Silence.comment", &mut self.posted.comment)?;
                    keep(&mut self.second_pass, error);
                }
                "createdby" => {
                    let error = text(scanner, "Silence.createdBy", &mut self.posted.created_by)?;
                    keep(&mut self.second_pass, error);
                }
                "startsat" => {
                    let error = instant(scanner, "startsAt", &mut self.posted.starts_at)?;
                    keep(&mut self.second_pass, error);
                }
                "endsat" => {
                    let error = instant(scanner, "endsAt", &mut self.posted.ends_at)?;
                    keep(&mut self.second_pass, error);
                }
                "matchers" => self.matchers(scanner)?,
                _ => scanner.skip()?,
            }
            more = scanner.next_member()?;
        }
        Ok(())
    }

    fn matchers(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Syntax> {
        match scanner.kind()? {
            Kind::Array => {}
            Kind::Null => {
                self.posted.matchers = None;
                return scanner.skip();
            }
            kind => {
                keep(&mut self.second_pass, Some(mismatch(kind, "Silence.matchers", "models.Matchers")));
                return scanner.skip();
            }
        }
        let mut all = Vec::new();
        let mut more = scanner.enter_array();
        while more {
            let mut one = PostedMatcher::default();
            let error = read_matcher(scanner, &mut one)?;
            keep(&mut self.second_pass, error);
            if all.len() < MOST_MATCHERS {
                all.push(one);
            }
            more = scanner.next_element()?;
        }
        self.posted.matchers = Some(all);
        Ok(())
    }
}

fn read_matcher(scanner: &mut Scanner<'_>, matcher: &mut PostedMatcher) -> Result<Option<String>, Syntax> {
    let kind = scanner.kind()?;
    if kind != Kind::Object {
        scanner.skip()?;
        return Ok((kind != Kind::Null).then(|| mismatch(kind, "Silence.matchers", "models.Matcher")));
    }
    let mut first = None;
    let mut more = scanner.enter_object();
    while more {
        let key = scanner.key()?.to_ascii_lowercase();
        let error = match key.as_str() {
            "name" => text(scanner, "Matcher.matchers.name", &mut matcher.name)?,
            "value" => text(scanner, "Matcher.matchers.value", &mut matcher.value)?,
            "isregex" => truth(scanner, "Matcher.matchers.isRegex", &mut matcher.is_regex)?,
            "isequal" => truth(scanner, "Matcher.matchers.isEqual", &mut matcher.is_equal)?,
            _ => {
                scanner.skip()?;
                None
            }
        };
        keep(&mut first, error);
        more = scanner.next_member()?;
    }
    Ok(first)
}

fn text(scanner: &mut Scanner<'_>, place: &str, to: &mut Option<String>) -> Result<Option<String>, Syntax> {
    match scanner.kind()? {
        Kind::String => *to = Some(scanner.string()?.into_owned()),
        Kind::Null => {
            *to = None;
            scanner.skip()?;
        }
        kind => {
            scanner.skip()?;
            return Ok(Some(mismatch(kind, place, "string")));
        }
    }
    Ok(None)
}

fn truth(scanner: &mut Scanner<'_>, place: &str, to: &mut Option<bool>) -> Result<Option<String>, Syntax> {
    match scanner.kind()? {
        Kind::Bool => {
            *to = Some(scanner.peek() == Some(b't'));
            scanner.skip()?;
        }
        Kind::Null => {
            *to = None;
            scanner.skip()?;
        }
        kind => {
            scanner.skip()?;
            return Ok(Some(mismatch(kind, place, "bool")));
        }
    }
    Ok(None)
}

fn instant(scanner: &mut Scanner<'_>, name: &str, to: &mut Option<Timestamp>) -> Result<Option<String>, Syntax> {
    match scanner.kind()? {
        Kind::String => match Instant::parse(&scanner.string()?) {
            Ok(instant) => *to = Some(instant.timestamp()),
            Err(because) => return Ok(Some(because)),
        },
        Kind::Null => {
            *to = None;
            scanner.skip()?;
        }
        kind => {
            scanner.skip()?;
            return Ok(Some(mismatch(kind, &format!("Silence.{name}"), "string")));
        }
    }
    Ok(None)
}

fn keep(first: &mut Option<String>, error: Option<String>) {
    if first.is_none() {
        *first = error;
    }
}

fn mismatch(kind: Kind, place: &str, wanted: &str) -> String {
    format!("json: cannot unmarshal {} into Go struct field {place} of type {wanted}", kind.word())
}
