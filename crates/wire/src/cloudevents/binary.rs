//! Events whose attributes are headers (`ce-id`, `ce-source`, …) and whose data is the body.

use std::collections::BTreeMap;

use super::event::{BadEvent, Data, Event, MOST_ATTRIBUTES};
use super::json::data_of;

/// What the names of attributes begin with as headers.
const PREFIX: &str = "ce-";

/// Reads an event from headers and body. Values are percent-decoded once; what is then not UTF-8 is
/// refused (HTTP protocol binding §3.1.3.2).
///
/// # Errors
/// Says what is wrong with it.
pub fn parse_binary<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Event, BadEvent> {
    let mut attributes = BTreeMap::new();
    for (name, value) in headers {
        let Some(name) = name.get(..3).filter(|start| start.eq_ignore_ascii_case(PREFIX)).and_then(|_| name.get(3..))
        else {
            continue;
        };
        let name = name.to_ascii_lowercase();
        let shown: String = name.chars().take(40).collect();
        if attributes.len() >= MOST_ATTRIBUTES {
            return Err(BadEvent::new(format!("expected at most {MOST_ATTRIBUTES} headers `ce-…`")));
        }
        let value = percent_decoded(value)
            .ok_or_else(|| BadEvent::new(format!("`ce-{}`: expected UTF-8, percent-encoded", shown.escape_debug())))?;
        if attributes.insert(name, value).is_some() {
            return Err(BadEvent::new(format!("`ce-{}`: expected once, found twice", shown.escape_debug())));
        }
    }
    if attributes.is_empty() {
        return Err(BadEvent::new(
            "there is no event: expected headers `ce-id`, `ce-source`, `ce-specversion` and `ce-type`, or a \
             `Content-Type` of application/cloudevents+json or application/cloudevents-batch+json",
        ));
    }
    if attributes.contains_key("datacontenttype") {
        return Err(BadEvent::new("`ce-datacontenttype`: expected as the header `Content-Type` instead"));
    }
    let data = match content_type {
        Some(_) => data_of(content_type, body)?,
        None if body.is_empty() => Data::None,
        None => data_of(Some("application/json"), body).or_else(|_| data_of(None, body))?,
    };
    Event::new(attributes, data)
}

/// A header's value with each `%XX` decoded once, or nothing where the outcome is not UTF-8 or an
/// escape is broken. A value in double quotes loses them first.
pub fn percent_decoded(value: &[u8]) -> Option<String> {
    let value = value.trim_ascii();
    let mut unquoted = Vec::new();
    let value = match value {
        [b'"', inner @ .., b'"'] => {
            let mut escaped = false;
            for byte in inner {
                if !escaped && *byte == b'\\' {
                    escaped = true;
                } else {
                    unquoted.push(*byte);
                    escaped = false;
                }
            }
            unquoted.as_slice()
        }
        value => value,
    };
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        bytes.push(u8::try_from(digit(0)? * 16 + digit(1)?).ok()?);
        rest = after.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).ok()
}
