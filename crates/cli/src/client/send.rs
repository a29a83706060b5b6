//! Sending a request: what may be tried again, and what went wrong where nobody answered.

use std::error::Error;
use std::fmt::Write;
use std::io::Read;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode, Url};

use super::{Client, TIMEOUT};
use crate::failure::{Exit, Failure};

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: u64 = 64 << 20;

/// The body of a request.
#[derive(Clone, Debug)]
pub struct Payload {
    /// What it is.
    pub media_type: &'static str,
    /// Under which name it travels, and what else is said of it (RFC 6266).
    pub disposition: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What a hub, or whoever is there, answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) url: Url,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) had_token: bool,
}

/// Why nobody answered.
enum Silence {
    /// No connection came about: nothing was asked.
    NotConnected(String),
    /// The connection broke: what was asked may have happened.
    Lost(String),
    /// No answer came in time: what was asked may have happened.
    TimedOut(Duration),
    /// The answer is too large.
    TooLarge,
}

impl Client {
    /// Sends a request; a lost connection is tried once more under the same key.
    pub(super) fn send(
        &self,
        method: &Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<Payload>,
        timeout: Duration,
    ) -> Result<Answered, Failure> {
        let url = self.url(path, query)?;
        let key = if method == Method::GET { None } else { Some(fresh_key()?) };
        let ask = || self.ask(method, &url, key.as_deref(), body.clone(), timeout);
        let answered = match ask() {
            Err(Silence::Lost(_)) => ask(),
            answered => answered,
        };
        answered.map_err(|silence| self.failure(&silence, method))
    }

    /// Sends a request once, whatever happens.
    pub(super) fn send_once(&self, method: &Method, path: &[&str], body: Option<Payload>) -> Result<Answered, Failure> {
        let url = self.url(path, &[])?;
        self.ask(method, &url, None, body, TIMEOUT).map_err(|silence| self.failure(&silence, method))
    }

    fn url(&self, path: &[&str], query: &[(&str, String)]) -> Result<Url, Failure> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    fn ask(
        &self,
        method: &Method,
        url: &Url,
        key: Option<&str>,
        body: Option<Payload>,
        timeout: Duration,
    ) -> Result<Answered, Silence> {
        let silence = |error: &reqwest::Error| match () {
            () if error.is_connect() => Silence::NotConnected(root(error)),
            () if error.is_timeout() => Silence::TimedOut(timeout),
            () => Silence::Lost(root(error)),
        };
        let mut request = self
            .http
            .request(method.clone(), url.clone())
            .timeout(timeout)
            .header(ACCEPT, "application/json, application/problem+json, text/plain;q=0.9");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(Payload { media_type, disposition, bytes }) = body {
            request = request.header(CONTENT_TYPE, media_type).body(bytes);
            if let Some(disposition) = disposition {
                request = request.header(CONTENT_DISPOSITION, disposition);
            }
        }
        let response = request.send().map_err(|error| silence(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut read = Vec::new();
        response.take(LARGEST_ANSWER + 1).read_to_end(&mut read).map_err(|error| Silence::Lost(root(&error)))?;
        if read.len() as u64 > LARGEST_ANSWER {
            return Err(Silence::TooLarge);
        }
        Ok(Answered { url: url.clone(), status, headers, body: read, had_token: self.token.is_some() })
    }

    fn failure(&self, silence: &Silence, method: &Method) -> Failure {
        let base = self.base.as_str().trim_end_matches('/');
        let unreachable = |message: String| Failure::new(Exit::Unreachable, message);
        let unsure = |failure: Failure| {
            if method == Method::GET {
                failure.help("try again")
            } else {
                failure.help("it may have happened all the same: look before you try again")
            }
        };
        match silence {
            Silence::NotConnected(why) => unreachable(format!("no hub answers at {base}: {why}"))
                .help("is it running? Start it with `wheelhouse serve --ops DIR`")
                .help("is it elsewhere? Give its address as --url or WHEELHOUSE_URL"),
            Silence::Lost(why) => unsure(unreachable(format!("the connection to {base} was lost: {why}"))),
            Silence::TimedOut(after) => {
                unsure(unreachable(format!("{base} did not answer within {} s", after.as_secs())))
            }
            Silence::TooLarge => {
                unreachable(format!("the answer of {base} is larger than {} MiB", LARGEST_ANSWER >> 20))
                    .help("ask for less, such as with --limit")
            }
        }
    }
}

/// The innermost cause, which is the one that a person can do something about.
pub(super) fn root(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// A key that no other request has.
fn fresh_key() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::cannot_run(format!("the system gives no random numbers: {error}")))?;
    Ok(bytes.iter().fold(String::with_capacity(32), |mut key, byte| {
        let _infallible = write!(key, "{byte:02x}");
        key
    }))
}
