//! Events in the JSON format: one, or a batch.

use std::collections::BTreeMap;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::value::RawValue;

use super::event::{BadEvent, Data, Event, MOST_ATTRIBUTES};
use crate::not_json::words;

/// The most events of a batch.
pub const MOST_EVENTS: usize = 1_000;

/// Reads one event.
///
/// # Errors
/// Says what is wrong with it.
pub fn parse_event(body: &[u8]) -> Result<Event, BadEvent> {
    event(utf8(body)?)
}

/// Reads a batch: its events, each with where it stands in the body. One wrong event refuses all.
///
/// # Errors
/// Says what is wrong with the first one that is.
pub fn parse_batch(body: &[u8]) -> Result<Vec<(Event, Range<usize>)>, BadEvent> {
    let text = utf8(body)?;
    let raw: Vec<&RawValue> = serde_json::from_str(text)
        .map_err(|error| BadEvent::new(format!("the body is not a JSON list of events: {}", words(&error))))?;
    if raw.len() > MOST_EVENTS {
        return Err(BadEvent::new(format!("expected at most {MOST_EVENTS} events in a batch, found {}", raw.len())));
    }
    let start = text.as_ptr() as usize;
    let placed = raw.into_iter().enumerate().map(|(index, raw)| {
        let from = (raw.get().as_ptr() as usize).saturating_sub(start);
        Ok((event(raw.get()).map_err(|error| error.at(index))?, from..from + raw.get().len()))
    });
    placed.collect()
}

fn utf8(body: &[u8]) -> Result<&str, BadEvent> {
    std::str::from_utf8(body)
        .map_err(|error| BadEvent::new(format!("the body is not UTF-8 from byte {} on", error.valid_up_to())))
}

fn event(text: &str) -> Result<Event, BadEvent> {
    let read = serde_json::from_str::<BTreeMap<String, Value>>(text);
    let mut members =
        read.map_err(|error| BadEvent::new(format!("expected an event as a JSON object: {}", words(&error))))?;
    let content_type = members.get("datacontenttype").and_then(Value::as_str).map(str::to_ascii_lowercase);
    let data = match (members.remove("data"), members.remove("data_base64")) {
        (Some(_), Some(_)) => return Err(BadEvent::new("`data`: expected either `data` or `data_base64`, found both")),
        (None | Some(Value::Null), None) => Data::None,
        (Some(Value::String(text)), None) if !is_json(content_type.as_deref().unwrap_or("application/json")) => {
            Data::Text(text)
        }
        (Some(value), None) => Data::Json(value),
        (None, Some(value)) => {
            let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok());
            let bytes = bytes.ok_or_else(|| BadEvent::new("`data_base64`: expected a text in base64"))?;
            data_of(content_type.as_deref(), &bytes)?
        }
    };
    if members.len() > MOST_ATTRIBUTES {
        return Err(BadEvent::new(format!("expected at most {MOST_ATTRIBUTES} attributes, found {}", members.len())));
    }
    let attributes = members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let text = match value {
            Value::String(text) => text,
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
            _ => {
                let shown: String = name.chars().take(40).collect();
                let words = format!("`{}`: expected a text, a whole number or a truth value", shown.escape_debug());
                return Err(BadEvent::new(words));
            }
        };
        Ok((name, text))
    });
    Event::new(attributes.collect::<Result<_, _>>()?, data)
}

/// Data from bytes of a media type.
pub(super) fn data_of(content_type: Option<&str>, bytes: &[u8]) -> Result<Data, BadEvent> {
    if bytes.is_empty() {
        return Ok(Data::None);
    }
    let media_type = content_type.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if is_json(&media_type) {
        let read = serde_json::from_slice(bytes);
        return read
            .map(Data::Json)
            .map_err(|error| BadEvent::new(format!("the data is not the JSON it says: {}", words(&error))));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if media_type.starts_with("text/") || media_type.is_empty() => Ok(Data::Text(text.to_owned())),
        _ => Ok(Data::Bytes(bytes.len())),
    }
}

/// Whether data of a media type is JSON (CloudEvents JSON format §3.1.1).
fn is_json(media_type: &str) -> bool {
    let subtype = media_type.split(';').next().unwrap_or("").trim().split_once('/').map_or("", |(_, subtype)| subtype);
    subtype == "json" || subtype.ends_with("+json")
}
