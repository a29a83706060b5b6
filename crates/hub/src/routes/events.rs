//! The door for CloudEvents (docs/doors.md), with the handshake that keeps a hub from being used
//! against its will.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use wheelhouse_core::name::SourceName;
use wheelhouse_core::record::{Hash, leaf_hash};
use wheelhouse_core::signal::Adapter;
use wheelhouse_wire::api::Problem;
use wheelhouse_wire::cloudevents::{BadEvent, Event, Meaning, Mode, mode, parse_batch, parse_binary, parse_event};

use super::App;
use super::auth::Caller;
use super::intake::{Taken, accept, source_of};
use super::respond::{Failure, json};
use crate::clock::wall_now;

/// How many events told last are remembered, to recognise one that comes again.
const MOST_REMEMBERED: usize = 100_000;
/// The longest origin that a handshake may name, in bytes.
const LONGEST_ORIGIN: usize = 255;

pub fn router() -> Router<App> {
    Router::new().route("/in/events", post(events).options(handshake))
}

/// Events told last, by their source and id.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<(BTreeSet<Hash>, VecDeque<Hash>)>);

impl Remembered {
    /// Whether an event was told before.
    fn knows(&self, key: &Hash) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.contains(key)
    }

    /// Notes events that are durable.
    fn note(&self, keys: impl IntoIterator<Item = Hash>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, order) = &mut *kept;
        for key in keys {
            if known.insert(key) {
                order.push_back(key);
            }
        }
        while order.len() > MOST_REMEMBERED {
            if let Some(old) = order.pop_front() {
                known.remove(&old);
            }
        }
    }
}

/// Takes events in: durable before the 200.
async fn events(State(app): State<App>, caller: Caller, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let source = source_of(&app, &caller)?;
    let received_at = wall_now();
    let (events, adapter) = (read(&headers, &body).map_err(refuse)?, Adapter::CloudEvents);
    let all = events.len();
    let mut taken = Taken::default();
    let mut keys: BTreeSet<Hash> = BTreeSet::new();
    for (event, raw) in events {
        let key = key_of(&source, &event);
        if app.0.remembered.knows(&key) || !keys.insert(key) {
            continue;
        }
        match event.meaning(&source, received_at).map_err(refuse)? {
            Meaning::Signal(signal) => taken.signals.push((Arc::new(*signal), raw)),
            Meaning::Change(change) => taken.changes.push((Arc::new(*change), raw)),
        }
    }
    let (signals, changes) = (taken.signals.len(), taken.changes.len());
    accept(&app, &source, adapter, received_at, &taken).await?;
    app.0.remembered.note(keys);
    let duplicates = all - signals - changes;
    let said = serde_json::json!({ "signals": signals, "changes": changes, "duplicates": duplicates });
    Ok(json(StatusCode::OK, said.to_string().into_bytes()).into_response())
}

/// The events of a request, each with its bytes.
fn read(headers: &HeaderMap, body: &Bytes) -> Result<Vec<(Event, Bytes)>, BadEvent> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match mode(kind)? {
        Mode::Batched => {
            let batch = parse_batch(body)?;
            Ok(batch.into_iter().map(|(event, raw)| (event, body.slice(raw))).collect())
        }
        Mode::Structured => Ok(vec![(parse_event(body)?, body.clone())]),
        Mode::Binary => {
            let all = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
            let event = parse_binary(all, kind, body)?;
            // The journal keeps the attributes with the data.
            let mut raw = Vec::with_capacity(body.len() + 256);
            for (name, value) in headers.iter().filter(|(name, _)| name.as_str().starts_with("ce-")) {
                raw.extend_from_slice(name.as_str().as_bytes());
                raw.extend_from_slice(b": ");
                raw.extend_from_slice(value.as_bytes());
                raw.extend_from_slice(b"\r\n");
            }
            raw.extend_from_slice(b"\r\n");
            raw.extend_from_slice(body);
            Ok(vec![(event, raw.into())])
        }
    }
}

/// What tells an event apart: its source and its id, as this hub's source tells it.
fn key_of(source: &SourceName, event: &Event) -> Hash {
    leaf_hash(format!("{source}\0{}\0{}", event.source, event.id).as_bytes())
}

fn refuse(bad: BadEvent) -> Failure {
    Problem::new(400, "bad_event", bad.to_string()).into()
}

/// Says to a sender that asks whether it may send: it may, with a token (HTTP 1.1 Web Hooks for
/// Event Delivery, §4). A handshake needs no token, and grants nothing that a token must grant.
async fn handshake(headers: HeaderMap) -> Response {
    let allow = (header::ALLOW, HeaderValue::from_static("OPTIONS, POST"));
    let is_origin = |value: &&HeaderValue| {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:/@+*".contains(byte);
        !value.is_empty() && value.len() <= LONGEST_ORIGIN && value.as_bytes().iter().all(plain)
    };
    let Some(origin) = headers.get("webhook-request-origin") else {
        return (StatusCode::NO_CONTENT, [allow]).into_response();
    };
    if !is_origin(&origin) {
        let words = "`WebHook-Request-Origin`: expected the name of a host";
        return Failure::from(Problem::new(400, "bad_origin", words)).into_response();
    }
    let rate = headers.get("webhook-request-rate").and_then(|rate| rate.to_str().ok()?.parse::<u32>().ok());
    let rate = rate.map_or(HeaderValue::from_static("*"), HeaderValue::from);
    let granted = [
        allow,
        (HeaderName::from_static("webhook-allowed-origin"), origin.clone()),
        (HeaderName::from_static("webhook-allowed-rate"), rate),
    ];
    (StatusCode::OK, granted).into_response()
}
