//! The webhook channel: signed JSON by POST (docs/webhooks.md).

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use wheelhouse_core::catalog::Success;
use wheelhouse_core::notify::Lane;
use wheelhouse_core::time::Timestamp;

use super::answer::{Attempt, permanent};
use super::gate::Health;
use super::http::{Call, Http, header};
use super::places::Places;
use super::secrets::Used;
use super::{Outgoing, SIGNATURE_HEADER, Secret, signature};

/// The webhook channel.
#[derive(Clone, Debug)]
pub struct Webhook {
    http: Http,
    key: Secret,
    at_once: usize,
    places: Places,
}

impl Webhook {
    /// Prepares the channel: calls are signed with `key`, `at_once` go to one host at a time, per lane.
    pub fn new(http: Http, key: Secret, at_once: usize) -> Self {
        Self { http, key, at_once, places: Places::new(at_once) }
    }

    /// Makes one call.
    pub(super) async fn send(&self, outgoing: &Outgoing, url: &str, now: Timestamp) -> Attempt {
        let url = match self.http.guard().url(url) {
            Ok(url) => url,
            Err(reason) => return Attempt::of(permanent(&reason.to_string()), Health::Unheard),
        };
        let body = outgoing.content.json.to_string().into_bytes();
        let _place = self.places.take(outgoing.lane, &destination_of(&url)).await;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(id) = header(&outgoing.id) {
            headers.insert(HeaderName::from_static("idempotency-key"), id);
        }
        if let (Ok(name), Some(value)) =
            (HeaderName::from_bytes(SIGNATURE_HEADER.as_bytes()), header(&signature(&self.key, now, &body)))
        {
            headers.insert(name, value);
        }
        if outgoing.repeated {
            headers.insert(HeaderName::from_static("wheelhouse-repeat"), HeaderValue::from_static("yes"));
        }
        let success = Success::default();
        let secrets = Used::default();
        self.http.call(Call { method: Method::POST, url, headers, body, success: &success, secrets: &secrets }).await
    }

    /// Whether a call would start at once.
    pub(super) fn has_room(&self, lane: Lane, url: &str) -> bool {
        self.places.has_room(lane, &destination(url))
    }

    /// How many calls may be under way to one host at a time, per lane.
    pub(super) const fn at_once(&self) -> usize {
        self.at_once
    }
}

/// What calls to an address have in common: host and port.
pub(super) fn destination(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "nowhere".to_owned(), |url| destination_of(&url))
}

fn destination_of(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}
