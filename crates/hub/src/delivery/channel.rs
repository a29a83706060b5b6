//! Channels of the catalog: chats, push services, SMS gateways (docs/channels.md).

use std::borrow::Cow;
use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use wheelhouse_core::catalog::{Address, Channel, Escape, HttpCall, Method as Verb, Success, Template, Variable, Way};
use wheelhouse_core::name::SecretName;
use wheelhouse_core::notify::Lane;
use wheelhouse_wire::render::{ntfy, slack};

use super::Outgoing;
use super::answer::{Attempt, permanent};
use super::gate::Health;
use super::http::{Call, Http, header};
use super::places::Places;
use super::secrets::{NoSecret, Secrets, Used};

/// The longest URL that is called, in bytes.
const LONGEST_URL: usize = 8_000;
/// The longest value of a header, in bytes.
const LONGEST_HEADER: usize = 4_000;
/// The largest body that is sent, in bytes.
const LARGEST_BODY: usize = 64 << 10;

/// Sends by channels of the catalog.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    http: Http,
    secrets: Secrets,
    places: Places,
}

/// Why a call cannot be made.
enum Cannot {
    Secret(NoSecret),
    Other(String),
}

impl Sender {
    pub(super) fn new(http: Http, secrets: Secrets, at_once: usize) -> Self {
        Self { http, secrets, places: Places::new(at_once) }
    }

    /// Whether an attempt would start at once.
    pub(super) fn has_room(&self, lane: Lane, channel: &str) -> bool {
        self.places.has_room(lane, channel)
    }

    /// Makes one attempt. Nothing that is said of it holds a secret.
    pub(super) async fn send(&self, outgoing: &Outgoing, channel: &Channel, to: &str) -> Attempt {
        let mut used = Used::default();
        let success = Success::default();
        let (call, success) = match &channel.way {
            Way::Slack { url } => (self.slack(outgoing, url, to, &mut used).await, &success),
            Way::Ntfy { url, token } => (self.ntfy(outgoing, url, token.as_ref(), to, &mut used).await, &success),
            Way::Http(call) => (self.templates(outgoing, call, to, &mut used).await, &call.success),
        };
        match call {
            Ok((method, url, headers, body)) => match self.http.guard().url(&url) {
                Ok(url) => {
                    let _place = self.places.take(outgoing.lane, channel.name.as_str()).await;
                    self.http.call(Call { method, url, headers, body, success, secrets: &used }).await
                }
                Err(refused) => Attempt::of(permanent(&used.clean(&refused.to_string(), true)), Health::Unheard),
            },
            Err(Cannot::Secret(why)) => Attempt::of(permanent(&why.to_string()), Health::Unheard),
            Err(Cannot::Other(why)) => Attempt::of(permanent(&why), Health::Unheard),
        }
    }

    async fn slack(&self, outgoing: &Outgoing, url: &Address, to: &str, used: &mut Used) -> Result<Parts, Cannot> {
        let url = self.address(url, used).await?;
        Ok(json(url, HeaderMap::new(), &slack(&outgoing.content.brief, to)))
    }

    async fn ntfy(
        &self,
        outgoing: &Outgoing,
        url: &Address,
        token: Option<&SecretName>,
        topic: &str,
        used: &mut Used,
    ) -> Result<Parts, Cannot> {
        let url = self.address(url, used).await?;
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let token = self.secret(token, used).await?;
            let mut value = header(&format!("Bearer {token}")).ok_or_else(|| bad_header("the token"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(json(url, headers, &ntfy(&outgoing.content.brief, topic)))
    }

    async fn templates(
        &self,
        outgoing: &Outgoing,
        call: &HttpCall,
        to: &str,
        used: &mut Used,
    ) -> Result<Parts, Cannot> {
        let headers = call.headers.iter().map(|(_, value)| value);
        let mut secrets = BTreeMap::new();
        for name in headers.chain(&call.body).chain([&call.url]).flat_map(Template::secrets) {
            if !secrets.contains_key(name) {
                secrets.insert(name.clone(), self.secret(name, used).await?);
            }
        }
        let brief = &outgoing.content.brief;
        let value = |variable: Variable| match variable {
            Variable::To => Cow::Borrowed(to),
            Variable::Message => Cow::Borrowed(outgoing.id.as_str()),
            Variable::Repeat => Cow::Borrowed(if outgoing.repeated { "yes" } else { "" }),
            other => brief.value(other),
        };
        let secret =
            |name: &SecretName| secrets.get(name).map_or(Cow::Borrowed(""), |text| Cow::Borrowed(text.as_str()));
        let fill = |template: &Template, escape, longest, what: &str| {
            let too_long = |_| {
                Cannot::Other(format!(
                    "{what} would be longer than {longest} bytes; cut its variables (`{{{{text:300}}}}`)"
                ))
            };
            template.fill(escape, longest, &value, &secret).map_err(too_long)
        };
        let url = fill(&call.url, Escape::Percent, LONGEST_URL, "the address")?;
        let mut headers = HeaderMap::new();
        if call.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(call.content.media_type()));
        }
        for (name, template) in &call.headers {
            let text = fill(template, Escape::Header, LONGEST_HEADER, "a header")?;
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad_header(name))?;
            let mut value = header(text.trim()).ok_or_else(|| bad_header(name.as_str()))?;
            value.set_sensitive(template.secrets().next().is_some());
            headers.insert(name, value);
        }
        let body = call.body.as_ref().map(|body| fill(body, call.content.escape(), LARGEST_BODY, "the body"));
        let method = match call.method {
            Verb::Post => Method::POST,
            Verb::Put => Method::PUT,
            Verb::Get => Method::GET,
        };
        Ok((method, url, headers, body.transpose()?.unwrap_or_default().into_bytes()))
    }

    async fn address(&self, address: &Address, used: &mut Used) -> Result<String, Cannot> {
        match address {
            Address::Open(url) => Ok(url.to_string()),
            Address::Secret(name) => {
                let url = self.secret(name, used).await?;
                if url.starts_with("https://") || url.starts_with("http://") {
                    return Ok(url);
                }
                Err(Cannot::Other(format!("the secret `{name}` is not a web address; it should start with `https://`")))
            }
        }
    }

    /// Reads a secret off the async threads: its file may lie on a slow disk.
    async fn secret(&self, name: &SecretName, used: &mut Used) -> Result<String, Cannot> {
        let (secrets, name) = (self.secrets.clone(), name.clone());
        let read = tokio::task::spawn_blocking(move || secrets.read(&name)).await;
        let secret = read.map_err(|_| Cannot::Other("a fault inside the hub; its log says more".to_owned()))?;
        secret.map(|secret| used.take(&secret)).map_err(Cannot::Secret)
    }
}

type Parts = (Method, String, HeaderMap, Vec<u8>);

fn json(url: String, mut headers: HeaderMap, body: &Value) -> Parts {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (Method::POST, url, headers, body.to_string().into_bytes())
}

fn bad_header(what: &str) -> Cannot {
    Cannot::Other(format!("{what} cannot stand in a header"))
}
