//! From the writer to the channels and back: renders a claimed message, sends it, and reports the
//! outcome to the writer as a command.

use std::sync::Arc;

use wheelhouse_core::catalog::Contact;
use wheelhouse_core::kernel::{Command, Outcome, What};
use wheelhouse_core::notify::{ContactKind, Purpose, Recipient};
use wheelhouse_core::record::Actor;
use wheelhouse_core::time::Duration;
use wheelhouse_wire::render::{MessageView, render};

use crate::clock::wall_now;
use crate::config::Config;
use crate::delivery::link::{Link, sign};
use crate::delivery::{Channels, Content, Outgoing, Secret, Smtp, Webhook, WebhookSettings, Workers};
use crate::metrics::Metrics;
use crate::writer::{Dispatch, Dispatcher, Handle};

/// How many pages are under way at a time.
const PAGES_AT_ONCE: u16 = 64;
/// How many notices are under way at a time.
const NOTICES_AT_ONCE: u16 = 32;
/// How long a page's link works.
const LINK_WORKS_FOR: Duration = Duration::from_hours(24);

/// What delivery needs, before the writer is there.
#[derive(Clone)]
pub struct Delivery {
    workers: Workers,
    base_url: Arc<str>,
    domain: Arc<str>,
    link_key: Secret,
    metrics: Arc<Metrics>,
}

/// The keys that delivery signs with.
pub struct Keys {
    /// Signs the links in pages.
    pub links: Secret,
    /// Signs calls of webhooks; whoever receives them knows it, so it signs nothing else.
    pub webhooks: Secret,
}

/// Carries messages out for one writer.
pub struct Deliverer {
    delivery: Delivery,
    writer: Handle,
}

impl Delivery {
    /// Sets the channels up; says in words what is wrong with their settings.
    pub fn new(config: &Config, base_url: String, keys: Keys, metrics: Arc<Metrics>) -> Result<Self, String> {
        let smtp = config.smtp.clone().map(Smtp::new).transpose().map_err(|error| error.to_string())?;
        let Keys { links: link_key, webhooks } = keys;
        let webhook = Webhook::new(WebhookSettings::new(webhooks)).map_err(|error| error.to_string())?;
        let channels = Channels::new(smtp, webhook);
        let workers = Workers::new(channels, PAGES_AT_ONCE, NOTICES_AT_ONCE, tokio::runtime::Handle::current());
        let domain = domain_of(&base_url);
        Ok(Self { workers, base_url: base_url.into(), domain: domain.into(), link_key, metrics })
    }

    /// The dispatcher for a writer.
    pub fn dispatcher(self, writer: Handle) -> Deliverer {
        Deliverer { delivery: self, writer }
    }

    fn content(&self, dispatch: &Dispatch) -> Content {
        let (message, now) = (&dispatch.message, wall_now());
        let link = match (&message.purpose, &message.recipient) {
            (Purpose::Page, Recipient::Person(person)) => {
                let link = Link { message: message.id, person: person.clone(), expires_at: now + LINK_WORKS_FOR };
                Some(format!("{}/p/{}", self.base_url, sign(&self.link_key, &link)))
            }
            _ => None,
        };
        let rendered = render(&MessageView {
            message,
            case: &dispatch.case,
            catalog: &dispatch.catalog,
            words: dispatch.case.last_update.as_deref(),
            hub_url: &self.base_url,
            link: link.as_deref(),
            domain: &self.domain,
            now,
        });
        Content {
            subject: rendered.subject,
            text: rendered.text,
            headers: Vec::new(),
            message_id: rendered.headers.message_id,
            references: vec![rendered.headers.thread],
            json: rendered.json,
        }
    }
}

impl Dispatcher for Deliverer {
    fn free_pages(&self) -> usize {
        self.delivery.workers.free_pages()
    }

    fn free_notices(&self) -> usize {
        self.delivery.workers.free_notices()
    }

    fn dispatch(&self, dispatch: Dispatch) {
        let message = &dispatch.message;
        let contact = message.recipient.contacts(&dispatch.catalog).get(usize::from(message.contact)).cloned();
        let (writer, metrics) = (self.writer.clone(), self.delivery.metrics.clone());
        let report = move |message, contact: Option<ContactKind>, outcome: Outcome, repeated| {
            match outcome {
                Outcome::Accepted { .. } => metrics.messages_accepted.add(1),
                Outcome::Failed { .. } => metrics.messages_failed.add(1),
            }
            let what = What::Attempted { message, contact, repeated, outcome };
            let command = Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what };
            if writer.tell(command).is_err() {
                tracing::error!(%message, "the outcome of a message could not be reported; it is sent again after a restart");
            }
        };
        match contact {
            None => {
                let answer = "the catalog names no such contact".to_owned();
                report(message.id, None, Outcome::Failed { answer, permanent: true }, dispatch.repeated);
            }
            Some(contact) => self.send(dispatch, contact, report),
        }
    }
}

impl Deliverer {
    fn send<F>(&self, dispatch: Dispatch, contact: Contact, report: F)
    where
        F: FnOnce(wheelhouse_core::case::MessageId, Option<ContactKind>, Outcome, bool) + Send + 'static,
    {
        let outgoing = Outgoing {
            id: dispatch.message.id,
            lane: dispatch.message.purpose.lane(),
            contact,
            content: self.delivery.content(&dispatch),
            repeated: dispatch.repeated,
        };
        self.delivery.workers.spawn(outgoing, wall_now(), report);
    }
}

/// The domain for message ids: the host of the hub's address.
fn domain_of(base_url: &str) -> String {
    let rest = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = if host.starts_with('[') {
        host.split(']').next().unwrap_or_default()
    } else {
        host.split(':').next().unwrap_or_default()
    };
    let name: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
    if name.is_empty() { "wheelhouse.invalid".to_owned() } else { name }
}
