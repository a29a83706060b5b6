//! The door for Alertmanager's webhook, version 4, and Grafana's shape of it (docs/doors.md).
//!
//! Both try again after a 5xx and soon give up, or wait for their next interval, after anything
//! else: whoever cannot take a notification now says 503, never 429.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use wheelhouse_core::name::{SecretName, SourceName};
use wheelhouse_core::signal::Adapter;
use wheelhouse_wire::api::Problem;
use wheelhouse_wire::webhook::{Sender, Signature, body_to_sign, parse};

use super::App;
use super::auth::Caller;
use super::intake::{Taken, accept, source_of};
use super::respond::{Failure, json};
use crate::clock::wall_now;

/// The header with the signature of the body.
const SIGNATURE: &str = "x-grafana-alerting-signature";
/// The header with the instant that is signed with the body, where the sender is told to.
const SIGNED_AT: &str = "x-grafana-alerting-timestamp";

pub fn router() -> Router<App> {
    Router::new().route("/in/webhook/alertmanager", post(notification))
}

/// Takes a notification in: durable before the 200.
async fn notification(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let source = source_of(&app, &caller)?;
    check_media_type(&headers)?;
    check_signature(&app, &source, &headers, &body).await?;
    let parsed = parse(&body).map_err(|bad| Failure::from(Problem::new(400, "bad_webhook", bad.to_string())))?;
    let received_at = wall_now();
    if parsed.truncated > 0 {
        let left_out = parsed.truncated;
        tracing::warn!(%source, left_out, "the sender left alerts out; raise `max_alerts` of its webhook");
    }
    let signals = parsed.signals(&source, received_at).into_iter();
    let signals = signals.map(|(signal, raw)| (Arc::new(signal), body.slice(raw))).collect();
    let taken = Taken { signals, ..Taken::default() };
    accept(&app, &source, Adapter::Webhook, received_at, &taken).await?;
    let sender = if parsed.sender == Sender::Grafana { "grafana" } else { "alertmanager" };
    let said = serde_json::json!({ "status": "ok", "sender": sender, "alerts": parsed.len() });
    Ok(json(StatusCode::OK, said.to_string().into_bytes()).into_response())
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = kind.split(';').next().unwrap_or("").trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let shown: String = media_type.chars().take(60).collect();
    let words = format!("`Content-Type`: expected application/json, found `{}`", shown.escape_debug());
    Err(Problem::new(415, "not_json", words).into())
}

/// Where a secret `signature-SOURCE` is kept, the body must be signed with it.
async fn check_signature(app: &App, source: &SourceName, headers: &HeaderMap, body: &Bytes) -> Result<(), Failure> {
    let Ok(name) = SecretName::new(&format!("signature-{source}")) else { return Ok(()) };
    let secrets = app.0.delivery.channels().secrets().clone();
    let key = tokio::task::spawn_blocking(move || secrets.names().contains(name.as_str()).then(|| secrets.read(&name)));
    let key = match key.await {
        Ok(None) => return Ok(()),
        Ok(Some(Ok(key))) => key,
        Ok(Some(Err(error))) => {
            tracing::error!(%error, %source, "signatures cannot be checked");
            return Err(
                Problem::new(503, "secret", "the hub cannot read the secret of this source; its log says why").into()
            );
        }
        Err(_) => return Err(Failure::stumbled()),
    };
    let refuse = |words: &str| Failure::from(Problem::new(401, "bad_signature", format!("`{SIGNATURE}`: {words}")));
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let given = text(SIGNATURE).ok_or_else(|| refuse("expected the HMAC-SHA256 of the body, found none"))?;
    let signature = Signature::parse(given, text(SIGNED_AT), wall_now()).map_err(refuse)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).map_err(|_| Failure::stumbled())?;
    mac.update(&body_to_sign(signature.timestamp.as_deref(), body));
    // Compared in constant time.
    mac.verify_slice(&signature.digest).map_err(|_| refuse("it is not that of this body under the kept secret"))
}
