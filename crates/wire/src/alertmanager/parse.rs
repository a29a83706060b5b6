//! From the body of `POST /api/v2/alerts` to signals.

use std::borrow::Cow;
use std::ops::Range;

use wheelhouse_core::case::Urgency;
use wheelhouse_core::name::SourceName;
use wheelhouse_core::signal::{Adapter, Pairs, PairsBuilder, Signal, Status};
use wheelhouse_core::time::{Duration, Timestamp};

use super::go::quoted;
use super::read::{Alert, read_alert};
use super::{Reply, json};
use json::{Kind, Scanner, Syntax};

/// The most alerts in a request.
pub const MOST_ALERTS: usize = 10_000;
/// The most labels, and the most annotations, of an alert.
pub const MOST_PAIRS: usize = 128;
/// The longest name of a label or annotation, in bytes.
pub const LONGEST_NAME: usize = 512;
/// The longest value of a label, in bytes.
pub const LONGEST_LABEL: usize = 4_096;
/// The longest value of an annotation, in bytes.
pub const LONGEST_ANNOTATION: usize = 32_768;
/// The longest `generatorURL`, in bytes.
pub const LONGEST_URL: usize = 8_192;

/// What a body holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The alerts that are valid, each with where it stands in the body.
    pub signals: Vec<(Signal, Range<usize>)>,
    /// What is wrong with the others, in their order.
    pub errors: Vec<String>,
}

impl Parsed {
    /// What to answer once the signals are durable.
    pub fn reply(&self) -> Reply {
        if self.errors.is_empty() { Reply::taken() } else { Reply::refused(&self.errors) }
    }
}

/// Reads alerts as Alertmanager 0.25 does. An alert that is wrong does not hold up its siblings.
///
/// An alert without `endsAt` holds until `now` and `resolve_timeout`; one without `startsAt` started
/// at its end if that is given, else `now`.
///
/// # Errors
/// The answer to send where the whole body is refused and nothing of it is taken.
pub fn parse(body: &[u8], source: &SourceName, now: Timestamp, resolve_timeout: Duration) -> Result<Parsed, Reply> {
    if body.trim_ascii().is_empty() {
        return Err(Reply::error(422, 602, "alerts in body is required"));
    }
    let mut scanner = Scanner::new(body);
    let unreadable = |error: Syntax| Reply::unreadable(&error.0);
    let kind = scanner.kind().map_err(unreadable)?;
    if kind != Kind::Array {
        scanner.skip().map_err(unreadable)?;
        if kind == Kind::Null {
            return Ok(Parsed::default());
        }
        let because = format!("json: cannot unmarshal {} into Go value of type models.PostableAlerts", kind.word());
        return Err(Reply::unreadable(&because));
    }
    let reading = Reading { source, now, resolve_timeout, unreadable: None, invalid: None, parsed: Parsed::default() };
    reading.array(&mut scanner)
}

/// A body in the middle of being read.
struct Reading<'s> {
    source: &'s SourceName,
    now: Timestamp,
    resolve_timeout: Duration,
    /// The first alert that is not of the right type: it refuses the body, unless the syntax does.
    unreadable: Option<String>,
    /// The first alert that breaks the schema: it refuses the body, unless the above do.
    invalid: Option<(u16, String)>,
    parsed: Parsed,
}

impl Reading<'_> {
    fn array(mut self, scanner: &mut Scanner<'_>) -> Result<Parsed, Reply> {
        let unreadable = |error: Syntax| Reply::unreadable(&error.0);
        let mut alert = Alert::default();
        let mut more = scanner.enter_array();
        let mut index = 0;
        while more {
            if index >= MOST_ALERTS {
                let message = format!("more than {MOST_ALERTS} alerts in one request; send them in several");
                return Err(Reply::error(413, 413, &message));
            }
            scanner.peek();
            let from = scanner.at();
            alert.clear();
            read_alert(scanner, &mut alert).map_err(unreadable)?;
            let range = from..scanner.at();
            self.take(&mut alert, index, range);
            more = scanner.next_element().map_err(unreadable)?;
            index += 1;
        }
        if let Some(because) = self.unreadable {
            return Err(Reply::unreadable(&because));
        }
        if let Some((code, message)) = self.invalid {
            return Err(Reply::error(422, code, &message));
        }
        Ok(self.parsed)
    }

    fn take(&mut self, alert: &mut Alert<'_>, index: usize, range: Range<usize>) {
        if self.unreadable.is_none() {
            self.unreadable = alert.type_error.take();
        }
        if self.unreadable.is_none() && self.invalid.is_none() {
            self.invalid = alert.schema_error(index);
        }
        if self.unreadable.is_some() || self.invalid.is_some() {
            return;
        }
        match self.signal(alert) {
            Ok(signal) => self.parsed.signals.push((signal, range)),
            Err(error) => self.parsed.errors.push(error),
        }
    }

    fn signal(&self, alert: &mut Alert<'_>) -> Result<Signal, String> {
        let (starts, ends) = (alert.starts_at, alert.ends_at);
        if let (Some(starts), Some(ends)) = (starts, ends)
            && ends.is_before(starts)
        {
            return Err("start time must be before end time".to_owned());
        }
        let started_at = starts.or(ends).map_or(self.now, |instant| instant.timestamp());
        let status = match ends.map(|instant| instant.timestamp()) {
            None if started_at > self.now + self.resolve_timeout => {
                return Err("start time must be before end time".to_owned());
            }
            None => Status::Firing { until: Some(self.now + self.resolve_timeout) },
            Some(at) if at <= self.now => Status::Resolved { at },
            Some(at) => Status::Firing { until: Some(at) },
        };
        arrange(&mut alert.labels);
        alert.labels.retain(|(_, value)| !value.is_empty());
        let labels = packed(&alert.labels, LONGEST_LABEL).map_err(|error| format!("invalid label set: {error}"))?;
        if labels.is_empty() {
            return Err("at least one label pair required".to_owned());
        }
        arrange(&mut alert.annotations);
        let annotations =
            packed(&alert.annotations, LONGEST_ANNOTATION).map_err(|error| format!("invalid annotations: {error}"))?;
        if alert.url.len() > LONGEST_URL {
            return Err(format!("generatorURL has {} bytes; this hub takes at most {LONGEST_URL}", alert.url.len()));
        }
        let severity = alert.labels.iter().find(|(name, _)| name == "severity");
        Ok(Signal {
            source: self.source.clone(),
            adapter: Adapter::Alertmanager,
            drill: false,
            labels,
            annotations,
            url: alert.url.as_ref().into(),
            urgency: Urgency::from_word(severity.map_or("", |(_, word)| word)),
            started_at,
            status,
        })
    }
}

/// Sorts pairs by name and keeps the last of each name.
fn arrange(pairs: &mut Vec<(Cow<'_, str>, Cow<'_, str>)>) {
    if pairs.is_sorted_by(|one, next| one.0 < next.0) {
        return;
    }
    // Reversed, so that of equal names the last one comes first and is the one that is kept.
    pairs.reverse();
    pairs.sort_by(|one, other| one.0.cmp(&other.0));
    pairs.dedup_by(|next, kept| next.0 == kept.0);
}

/// Packs pairs that are sorted, or says which is wrong.
fn packed(pairs: &[(Cow<'_, str>, Cow<'_, str>)], longest: usize) -> Result<Pairs, String> {
    if pairs.len() > MOST_PAIRS {
        return Err(format!("{} pairs; this hub takes at most {MOST_PAIRS}", pairs.len()));
    }
    let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len() + 10).sum();
    let mut builder = PairsBuilder::with_capacity(bytes);
    for (name, value) in pairs {
        if !is_label_name(name) {
            return Err(format!("invalid name {}", quoted(name)));
        }
        if name.len() > LONGEST_NAME {
            return Err(format!("a name has {} bytes; this hub takes at most {LONGEST_NAME}", name.len()));
        }
        if value.len() > longest {
            return Err(format!("{name} has {} bytes; this hub takes at most {longest}", value.len()));
        }
        builder.push(name, value);
    }
    Ok(builder.finish())
}

/// Whether Prometheus takes it as the name of a label.
pub(crate) fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
