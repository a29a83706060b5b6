//! Webhooks, by a real HTTP server.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use wheelhouse_core::notify::ContactKind;
use wheelhouse_hub::delivery::Channels;

use crate::{KEY, NOW, accepted, call, failed, unknown, with};

type Calls = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A receiver that keeps what it is told at `/hook`, and misbehaves elsewhere.
async fn receiver() -> (String, Calls) {
    let calls = Calls::default();
    let kept = Arc::clone(&calls);
    let hook = post(async move |headers: HeaderMap, body: Bytes| {
        kept.lock().unwrap().push((headers, body));
        "thank you\r\n"
    });
    let redirected = Arc::clone(&calls);
    let target = any(async move |headers: HeaderMap, body: Bytes| {
        redirected.lock().unwrap().push((headers, body));
        "never"
    });
    let router = Router::new()
        .route("/hook", hook)
        .route("/target", target)
        .route(
            "/status/{status}",
            post(async |axum::extract::Path(status): axum::extract::Path<u16>| {
                (StatusCode::from_u16(status).unwrap(), "because").into_response()
            }),
        )
        .route("/moved", post(async || (StatusCode::TEMPORARY_REDIRECT, [("location", "/target")]).into_response()))
        .route(
            "/slow",
            post(async || {
                tokio::time::sleep(Duration::from_secs(30)).await;
                "late"
            }),
        )
        .route("/endless", post(async || endless()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (base, calls)
}

fn endless() -> Response {
    let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 1_024])));
    Body::from_stream(chunks).into_response()
}

fn channels() -> Channels {
    with(None, 8)
}

/// What a receiver does, as docs/webhooks.md tells it.
fn is_signed(header: &str, body: &[u8], now_seconds: i64) -> bool {
    let mut time = "";
    let mut codes = Vec::new();
    for part in header.split(',') {
        match part.split_once('=') {
            Some(("t", value)) => time = value,
            Some(("v1", value)) => codes.push(value),
            _ => {}
        }
    }
    let fresh = time.parse::<i64>().is_ok_and(|time| (now_seconds - time).abs() <= 300);
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap();
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    fresh && codes.contains(&expected.as_str())
}

#[tokio::test]
async fn a_call_carries_its_name_and_a_signature_that_verifies() {
    let (base, calls) = receiver().await;
    let mut outgoing = call(&format!("{base}/hook"));
    let (kind, outcome) = channels().send(&outgoing, NOW).await;
    assert_eq!((kind, accepted(&outcome)), (ContactKind::Webhook, "200 OK thank you"));
    outgoing.repeated = true;
    accepted(&channels().send(&outgoing, NOW).await.1);
    let calls = calls.lock().unwrap();
    let (headers, body) = &calls[0];
    let header = |name: &str| headers[name].to_str().unwrap();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("idempotency-key"), "INC-17/m3");
    assert!(header("user-agent").starts_with("wheelhouse/"));
    assert!(headers.get("wheelhouse-repeat").is_none());
    let json: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(json["case"], "INC-17");
    let seconds = NOW.as_micros() / 1_000_000;
    let signature = header("wheelhouse-signature");
    assert!(is_signed(signature, body, seconds + 299));
    assert!(!is_signed(signature, body, seconds + 301), "an old call is not accepted");
    assert!(!is_signed(signature, &[body.as_ref(), b" "].concat(), seconds));
    assert!(!is_signed(&signature.replace(&seconds.to_string(), &(seconds + 1).to_string()), body, seconds));
    assert_eq!(calls[1].0["wheelhouse-repeat"], "yes");
    assert_eq!(calls[1].0["idempotency-key"], "INC-17/m3");
    assert_eq!(calls.len(), 2);
}

#[tokio::test]
async fn statuses_mean_done_later_or_never() {
    let (base, _) = receiver().await;
    for status in [200, 201, 204, 299] {
        accepted(&channels().send(&call(&format!("{base}/status/{status}")), NOW).await.1);
    }
    for (status, is_permanent) in [
        (400, true),
        (401, true),
        (403, true),
        (404, true),
        (405, true),
        (410, true),
        (413, true),
        (422, true),
        (408, false),
        (429, false),
        (500, false),
        (502, false),
        (503, false),
        (504, false),
    ] {
        let outcome = channels().send(&call(&format!("{base}/status/{status}")), NOW).await.1;
        let (answer, permanent) = failed(&outcome);
        assert_eq!(permanent, is_permanent, "{status}: {answer}");
        assert!(answer.starts_with(&status.to_string()) && answer.ends_with("because"), "{answer}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (base, calls) = receiver().await;
    let outcome = channels().send(&call(&format!("{base}/moved")), NOW).await.1;
    let (answer, permanent) = failed(&outcome);
    assert!(permanent && answer.contains("307") && answer.contains("redirects are not followed"), "{answer}");
    assert!(calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn slow_and_endless_answers_end_in_time() {
    let (base, _) = receiver().await;
    let from = Instant::now();
    let slow = channels().send(&call(&format!("{base}/slow")), NOW).await.1;
    assert_eq!(unknown(&slow), "no answer within the time allowed; it may have been taken");
    let endless = channels().send(&call(&format!("{base}/endless")), NOW).await.1;
    assert!(accepted(&endless).starts_with("200 OK xxx") && accepted(&endless).chars().count() <= 500);
    assert!(from.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_address_that_nobody_answers_is_not_shown() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let outcome = channels().send(&call(&format!("http://127.0.0.1:{port}/hooks/s3cret?token=s3cret")), NOW).await.1;
    let (answer, permanent) = failed(&outcome);
    assert!(!permanent && !answer.contains("s3cret"), "{answer}");
}

#[tokio::test]
async fn only_web_addresses_are_called() {
    for url in
        ["file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "javascript:alert(1)", "nonsense", ""]
    {
        assert!(failed(&channels().send(&call(url), NOW).await.1).1, "{url}");
    }
}
