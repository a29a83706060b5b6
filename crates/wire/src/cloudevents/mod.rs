//! CloudEvents 1.0.2 over HTTP: binary, structured and batched.
//!
//! [`mode`] says which of the three a request is, [`parse_event`], [`parse_batch`] and
//! [`parse_binary`] read it, and [`Event::meaning`] says what an event tells: a signal that fires or
//! ends, or a change. What becomes what is written down in `docs/doors.md`.

mod binary;
mod event;
mod json;
mod meaning;

pub use binary::{parse_binary, percent_decoded};
pub use event::{BadEvent, Data, Event, LONGEST_ATTRIBUTE, MOST_ATTRIBUTES};
pub use json::{MOST_EVENTS, parse_batch, parse_event};
pub use meaning::{CHANGE_TYPES, END_SUFFIXES, Meaning};

/// How a request carries its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Attributes are headers, the body is the data.
    Binary,
    /// The body is one event.
    Structured,
    /// The body is a list of events.
    Batched,
}

/// How a request with this `Content-Type` carries its events.
///
/// # Errors
/// Says so where the format of the events is not JSON.
pub fn mode(content_type: Option<&str>) -> Result<Mode, BadEvent> {
    let media_type = content_type.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    // A batch's name begins with that of a single event, so it comes first.
    let (mode, format) = if let Some(format) = media_type.strip_prefix("application/cloudevents-batch") {
        (Mode::Batched, format)
    } else if let Some(format) = media_type.strip_prefix("application/cloudevents") {
        (Mode::Structured, format)
    } else {
        return Ok(Mode::Binary);
    };
    match format {
        "+json" => Ok(mode),
        "" => Err(BadEvent::new("`Content-Type`: expected the format of the events as well, such as `+json`")),
        other => {
            let other: String = other.chars().take(40).collect();
            Err(BadEvent::new(format!(
                "`Content-Type`: this hub reads events as `+json`, not as `{}`",
                other.escape_debug()
            )))
        }
    }
}
