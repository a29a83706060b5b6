//! The hub, as a runner calls it.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue};
use reqwest::{StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wheelhouse_runner::protocol::{Ask, Beat, Ended, Given, Heard, Said, Standing, Taken};
use wheelhouse_runner::{Clock, SystemClock};
use wheelhouse_wire::api::Problem;

use crate::args::Global;
use crate::client::{address, certificates, token};
use crate::failure::Failure;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take, beyond what the hub was asked to wait.
const ANSWER: Duration = Duration::from_secs(10);

/// From how many seconds on it is worth a word that two clocks differ.
const CLOCKS_DIFFER: i64 = 60;

/// The hub.
#[derive(Clone)]
pub(super) struct Hub {
    /// Whether the clocks were compared.
    compared: Arc<AtomicBool>,
    http: reqwest::Client,
    base: Url,
    token: HeaderValue,
}

/// Why a call came to nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Nobody answered, or somebody who cannot now: it is asked again.
    Away(String),
    /// The token opens nothing here.
    Denied(String),
    /// The lease is not in force.
    Stale,
    /// The hub lacks output that must come first.
    MissingOutput,
    /// The hub does not take it, however often it is asked.
    Refused(String),
}

impl Hub {
    /// The hub that the global options name.
    ///
    /// # Errors
    /// When its address, the token or the certificates cannot be used.
    pub(super) fn new(global: &Global) -> Result<Self, Failure> {
        let token = token(global)?.ok_or_else(|| {
            Failure::cannot_run("a runner needs a token of its own")
                .help("`wheelhouse token create --runner NAME` makes one; give it as --token-file or WHEELHOUSE_TOKEN")
        })?;
        let mut http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("wheelhouse-runner/", env!("CARGO_PKG_VERSION")));
        for certificate in global.ca_file.as_ref().map(certificates).transpose()?.unwrap_or_default() {
            http = http.add_root_certificate(certificate);
        }
        let failed =
            |error: reqwest::Error| Failure::cannot_run(format!("cannot prepare connections: {}", why(&error)));
        Ok(Self { http: http.build().map_err(failed)?, base: address(&global.url)?, token, compared: Arc::default() })
    }

    /// Its address.
    pub(super) fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The secret by which it knows this runner.
    pub(super) fn secret(&self) -> Option<&[u8]> {
        self.token.as_bytes().strip_prefix(b"Bearer ")
    }

    /// Asks for steps.
    pub(super) async fn leases(&self, ask: &Ask) -> Result<Given, Trouble> {
        self.call(&["leases"], ask, Duration::from_millis(ask.wait_ms)).await
    }

    /// Says that a step is at work, and hears how its lease stands.
    pub(super) async fn beat(&self, epoch: u64, wait: Duration) -> Result<Standing, Trouble> {
        let beat = Beat { wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) };
        self.call(&["leases", &epoch.to_string(), "beat"], &beat, wait).await
    }

    /// Hands over what a step says.
    pub(super) async fn output(&self, epoch: u64, said: &Said) -> Result<Taken, Trouble> {
        self.call(&["leases", &epoch.to_string(), "output"], said, Duration::ZERO).await
    }

    /// Says what became of a step.
    pub(super) async fn result(&self, epoch: u64, ended: &Ended) -> Result<Heard, Trouble> {
        self.call(&["leases", &epoch.to_string(), "result"], ended, Duration::ZERO).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
        wait: Duration,
    ) -> Result<T, Trouble> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1", "runner"]).extend(path);
        }
        let body = serde_json::to_vec(body).map_err(|error| Trouble::Refused(error.to_string()))?;
        let request = self.http.post(url).timeout(wait + ANSWER).header(AUTHORIZATION, self.token.clone());
        let sent = request.header(CONTENT_TYPE, "application/json").body(body).send().await;
        let away = |error: reqwest::Error| Trouble::Away(why(&error));
        let answer = sent.map_err(away)?;
        let status = answer.status();
        if !self.compared.swap(true, Ordering::Relaxed) {
            compare_clocks(answer.headers());
        }
        let bytes = answer.bytes().await.map_err(away)?;
        if status.is_success() {
            // What is no answer of a hub may be a proxy's page.
            return serde_json::from_slice(&bytes)
                .map_err(|error| Trouble::Away(format!("the answer is not understood: {error}")));
        }
        Err(trouble(status, &bytes))
    }
}

/// Says so if this machine's clock and the hub's differ. Steps are timed by clocks that only go on, so they do not mind;
/// certificates and what people read do.
fn compare_clocks(headers: &HeaderMap) {
    let Some(seconds) = headers.get(DATE).and_then(ahead) else { return };
    if seconds.abs() >= CLOCKS_DIFFER {
        tracing::warn!(seconds, "this machine's clock is not the hub's: it is so many seconds ahead; set one of them");
    }
}

/// How many seconds this machine's clock is ahead of an instant as HTTP writes it.
fn ahead(date: &HeaderValue) -> Option<i64> {
    let there = jiff::fmt::rfc2822::parse(date.to_str().ok()?).ok()?.timestamp().as_second();
    Some(SystemClock.wall_us() / 1_000_000 - there)
}

fn trouble(status: StatusCode, body: &[u8]) -> Trouble {
    let problem: Option<Problem> = serde_json::from_slice(body).ok();
    let words = problem.as_ref().map_or_else(|| status.to_string(), |problem| problem.detail.clone());
    match (status.as_u16(), problem.as_ref().map(|problem| problem.code.as_str())) {
        (409, Some("stale_lease")) => Trouble::Stale,
        (409, Some("missing_output")) => Trouble::MissingOutput,
        (401 | 403, Some(_)) => Trouble::Denied(words),
        (400 | 413 | 422, Some(_)) => Trouble::Refused(words),
        _ => Trouble::Away(words),
    }
}

/// The innermost reason: what the system said.
fn why(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn clocks_are_compared_by_the_date_of_an_answer() {
        let long_ago = HeaderValue::from_static("Mon, 23 Nov 2020 16:00:00 GMT");
        assert!(ahead(&long_ago).unwrap() > 3_600 * 24 * 365);
        assert_eq!(ahead(&HeaderValue::from_static("yesterday")), None);
    }

    #[test]
    fn what_a_proxy_says_is_no_word_of_the_hub() {
        let away = |status: u16, body: &str| {
            matches!(trouble(StatusCode::from_u16(status).unwrap(), body.as_bytes()), Trouble::Away(_))
        };
        assert!(away(502, "<html>bad gateway</html>") && away(403, "blocked") && away(503, "{}"));
        let stale = serde_json::to_vec(&Problem::conflict("stale_lease", "late")).unwrap();
        assert!(matches!(trouble(StatusCode::CONFLICT, &stale), Trouble::Stale));
    }
}
