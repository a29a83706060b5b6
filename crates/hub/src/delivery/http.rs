//! Calls over HTTP: one client behind the guard, deadlines, and what an answer means.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde_json::Value;
use wheelhouse_core::catalog::Success;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::time::Duration as Span;

use super::answer::{Attempt, accepted, one_line, permanent, temporary, with_causes};
use super::gate::Health;
use super::secrets::Used;
use crate::outgoing::{Guard, refusal};

/// The most bytes that are read of an answer.
const LARGEST_ANSWER_BYTES: usize = 8_192;
/// How long an attempt waits to connect, at most: a host that does not answer here is down.
const LONGEST_CONNECT: Duration = Duration::from_secs(5);

/// Makes calls. Cloning shares connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    guard: Guard,
}

/// How calls are made.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Where the hub may call.
    pub guard: Guard,
    /// The time for one call, from connecting to the end of the answer; usually 10 s.
    pub timeout: Duration,
    /// Certificates (PEM) that are trusted beside the well-known authorities.
    pub trusted: Vec<Vec<u8>>,
}

/// Why no calls can be made as configured.
#[derive(Debug, thiserror::Error)]
#[error("calls over HTTP cannot be made as configured; check the trusted certificates (PEM)")]
pub struct BadHttpSettings(#[source] reqwest::Error);

/// One call.
#[derive(Debug)]
pub(super) struct Call<'c> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) success: &'c Success,
    /// The secrets in it, which no answer may show.
    pub(super) secrets: &'c Used,
}

impl HttpSettings {
    /// The usual settings: 10 s for a call.
    pub const fn new(guard: Guard) -> Self {
        Self { guard, timeout: Duration::from_secs(10), trusted: Vec::new() }
    }
}

impl Http {
    /// Prepares the client.
    ///
    /// # Errors
    /// Fails where certificates cannot be read.
    pub fn new(settings: HttpSettings) -> Result<Self, BadHttpSettings> {
        let HttpSettings { guard, timeout, trusted } = settings;
        let mut builder = guard.client().timeout(timeout).connect_timeout(timeout.min(LONGEST_CONNECT));
        for pem in &trusted {
            for certificate in reqwest::Certificate::from_pem_bundle(pem).map_err(BadHttpSettings)? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        Ok(Self { client: builder.build().map_err(BadHttpSettings)?, guard })
    }

    /// The guard that every call passes.
    pub(super) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Makes one call. What is said never names the address: its path may be a secret.
    pub(super) async fn call(&self, call: Call<'_>) -> Attempt {
        let request = self
            .client
            .request(call.method, call.url)
            .headers(call.headers)
            .header(USER_AGENT, concat!("wheelhouse/", env!("CARGO_PKG_VERSION")))
            .body(call.body);
        match request.send().await {
            Ok(response) => judged(response, call.success, call.secrets).await,
            Err(error) => failed(error.without_url()).said(|words| call.secrets.clean(words, true)),
        }
    }
}

/// A header's value; control characters have become spaces before.
pub(super) fn header(value: &str) -> Option<HeaderValue> {
    HeaderValue::from_bytes(value.as_bytes()).ok()
}

fn failed(error: reqwest::Error) -> Attempt {
    if let Some(refused) = refusal(&error) {
        return Attempt::of(permanent(&refused.to_string()), Health::Unheard);
    }
    if error.is_builder() {
        return Attempt::of(permanent(&with_causes(&error)), Health::Unheard);
    }
    if error.is_connect() {
        let words =
            if error.is_timeout() { "no connection within the time allowed".to_owned() } else { with_causes(&error) };
        return Attempt::of(temporary(&words), Health::Fails);
    }
    // The call left, or may have: whether it was taken nobody knows.
    let words = if error.is_timeout() {
        "no answer within the time allowed; it may have been taken".to_owned()
    } else {
        format!("{}; it may have been taken", with_causes(&error))
    };
    Attempt::of(Outcome::Unknown { answer: one_line(&words) }, Health::Fails)
}

async fn judged(response: Response, success: &Success, secrets: &Used) -> Attempt {
    let status = response.status();
    let later = retry_after(response.headers());
    let (said, whole) = beginning(response).await;
    // Cleaned before it is cut: half a secret would no longer be recognised.
    let text = secrets.clean(&String::from_utf8_lossy(&said), whole);
    let answer = format!("{status} {text}");
    if (success.from..=success.to).contains(&status.as_u16()) {
        return match says(&said, whole, success) {
            Ok(()) => Attempt::of(accepted(&answer), Health::Works),
            Err(why) => {
                let why = secrets.clean(&why, true);
                Attempt::of(permanent(&format!("{status}, but {why}: {text}")), Health::Works)
            }
        };
    }
    match status {
        _ if status.is_redirection() => Attempt::of(
            permanent(&format!("{status}: redirects are not followed; name the final address in the catalog")),
            Health::Works,
        ),
        StatusCode::TOO_MANY_REQUESTS => {
            Attempt { later: later.or(Some(Span::from_seconds(5))), ..Attempt::of(temporary(&answer), Health::Unheard) }
        }
        StatusCode::REQUEST_TIMEOUT => Attempt::of(temporary(&answer), Health::Works),
        _ if status.is_client_error() || status.is_success() => Attempt::of(permanent(&answer), Health::Works),
        _ => Attempt { later, ..Attempt::of(temporary(&answer), Health::Fails) },
    }
}

/// Whether the answer says what it must.
fn says(said: &[u8], whole: bool, success: &Success) -> Result<(), String> {
    let Some((pointer, expected)) = &success.answer else { return Ok(()) };
    if !whole {
        return Err(format!("the answer is cut off or longer than {LARGEST_ANSWER_BYTES} bytes"));
    }
    let answer: Value = serde_json::from_slice(said).map_err(|error| format!("the answer is not JSON ({error})"))?;
    match answer.pointer(pointer) {
        // 1 and "1" are told apart by few gateways and fewer manuals.
        Some(found) if found == expected || bare(found) == bare(expected) => Ok(()),
        Some(found) => Err(format!("{pointer} is {found} and not {expected}")),
        None => Err(format!("there is no {pointer} in it")),
    }
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// How long the other side asks to be left alone (RFC 9110 §10.2.3, in seconds).
fn retry_after(headers: &HeaderMap) -> Option<Span> {
    let seconds: i64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    (seconds > 0).then(|| Span::from_seconds(seconds))
}

/// The beginning of the answer's body, and whether it is all of it.
async fn beginning(mut response: Response) -> (Vec<u8>, bool) {
    let mut read = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if read.len() + chunk.len() <= LARGEST_ANSWER_BYTES => read.extend_from_slice(&chunk),
            Ok(Some(chunk)) => {
                read.extend(chunk.iter().take(LARGEST_ANSWER_BYTES - read.len()));
                return (read, false);
            }
            Ok(None) => return (read, true),
            Err(_) => return (read, false),
        }
    }
}
