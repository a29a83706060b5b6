//! The webhook channel: signed JSON by POST (docs/webhooks.md).

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use reqwest::{Client, Response, StatusCode, Url};
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::Lane;
use wheelhouse_core::time::Timestamp;

use super::answer::{accepted, permanent, temporary, with_causes};
use super::places::Places;
use super::{Outgoing, SIGNATURE_HEADER, Secret, signature};

/// The most bytes that are read of an answer.
const LARGEST_ANSWER_BYTES: usize = 2_048;

/// How webhooks are called.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// The key that calls are signed with.
    pub key: Secret,
    /// The time for one call, from connecting to the end of the answer; usually 10 s.
    pub timeout: Duration,
    /// How many calls may be under way to one host at a time, per lane.
    pub at_once: usize,
    /// Certificates (PEM) that are trusted beside the well-known authorities.
    pub trusted: Vec<Vec<u8>>,
}

/// Why webhooks cannot be called as configured.
#[derive(Debug, thiserror::Error)]
#[error("webhooks cannot be called as configured; check the trusted certificates (PEM)")]
pub struct BadWebhookSettings(#[source] reqwest::Error);

/// The webhook channel.
#[derive(Clone, Debug)]
pub struct Webhook {
    client: Client,
    key: Secret,
    places: Places,
}

impl WebhookSettings {
    /// The usual settings: 10 s for a call, 8 calls to one host at a time.
    pub fn new(key: Secret) -> Self {
        Self { key, timeout: Duration::from_secs(10), at_once: 8, trusted: Vec::new() }
    }
}

impl Webhook {
    /// Prepares the channel.
    pub fn new(settings: WebhookSettings) -> Result<Self, BadWebhookSettings> {
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(settings.timeout)
            .connect_timeout(settings.timeout);
        for pem in &settings.trusted {
            for certificate in reqwest::Certificate::from_pem_bundle(pem).map_err(BadWebhookSettings)? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let client = builder.build().map_err(BadWebhookSettings)?;
        Ok(Self { client, key: settings.key, places: Places::new(settings.at_once) })
    }

    /// Makes one call. Answers never name the address: its path may be a secret.
    pub(super) async fn send(&self, outgoing: &Outgoing, url: &str, now: Timestamp) -> Outcome {
        let url = match may_call(url) {
            Ok(url) => url,
            Err(reason) => return permanent(&reason),
        };
        let body = outgoing.content.json.to_string().into_bytes();
        let _place = self.places.take(outgoing.lane, &destination(&url)).await;
        let mut call = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("wheelhouse/", env!("CARGO_PKG_VERSION")))
            .header(HeaderName::from_static("idempotency-key"), outgoing.id.to_string())
            .header(SIGNATURE_HEADER, signature(&self.key, now, &body));
        if outgoing.repeated {
            call = call.header(HeaderName::from_static("wheelhouse-repeat"), "yes");
        }
        match call.body(body).send().await {
            Ok(response) => judged(response).await,
            Err(error) if error.is_builder() => permanent(&with_causes(&error.without_url())),
            Err(error) if error.is_timeout() => temporary("no answer within the time allowed"),
            Err(error) => temporary(&with_causes(&error.without_url())),
        }
    }

    /// Whether a call would start at once.
    pub(super) fn has_room(&self, lane: Lane, url: &str) -> bool {
        may_call(url).is_ok_and(|url| self.places.has_room(lane, &destination(&url)))
    }
}

/// Whether the hub may call an address at all: at present, any host over HTTP or HTTPS.
pub fn may_call(url: &str) -> Result<Url, String> {
    let url = Url::parse(url).map_err(|error| format!("the contact is not a URL ({error}); write `https://…`"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(format!("the hub does not call `{other}:` addresses; write `https://…`")),
    }
}

fn destination(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

async fn judged(response: Response) -> Outcome {
    let status = response.status();
    let said = beginning(response).await;
    let answer = format!("{status} {said}");
    match status {
        _ if status.is_success() => accepted(&answer),
        _ if status.is_redirection() => {
            permanent(&format!("{status}: redirects are not followed; name the final address in the catalog"))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => temporary(&answer),
        _ if status.is_client_error() => permanent(&answer),
        _ => temporary(&answer),
    }
}

/// The beginning of the answer's body; whatever goes wrong after the status does not matter.
async fn beginning(mut response: Response) -> String {
    let mut read = Vec::new();
    while read.len() < LARGEST_ANSWER_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => read.extend(chunk.iter().take(LARGEST_ANSWER_BYTES - read.len())),
            Ok(None) | Err(_) => break,
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}
