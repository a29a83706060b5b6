//! From the writer to the channels and back: renders a claimed message, sends it, and reports the
//! outcome to the writer as a command.

use std::sync::Arc;

use wheelhouse_core::case::MessageId;
use wheelhouse_core::catalog::{Catalog, Contact};
use wheelhouse_core::kernel::{Command, Outcome, What};
use wheelhouse_core::notify::{ContactKind, Lane, Message, Purpose, Recipient, takes_another_way};
use wheelhouse_core::record::Actor;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::render::{Brief, MessageView, TestView, render, test_message_id};

use crate::clock::wall_now;
use crate::config::Config;
use crate::delivery::gate::{Because, Breaker, Wait};
use crate::delivery::link::{Link, sign};
use crate::delivery::{Channels, Content, Http, HttpSettings, Outgoing, Secret, Secrets, Smtp, Workers};
use crate::metrics::Metrics;
use crate::writer::{Admission, Dispatch, Dispatcher, Handle};

/// How many pages are under way at a time.
const PAGES_AT_ONCE: u16 = 64;
/// How many notices are under way at a time.
const NOTICES_AT_ONCE: u16 = 32;
/// How many calls go to one host, or by one channel, at a time, per lane.
const CALLS_AT_ONCE: usize = 8;
/// How long a page's link works.
const LINK_WORKS_FOR: Duration = Duration::from_hours(24);

/// What delivery needs, before the writer is there.
#[derive(Clone)]
pub struct Delivery {
    channels: Channels,
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
        let http = Http::new(HttpSettings::new(config.outgoing.clone())).map_err(|error| error.to_string())?;
        let secrets = match &config.secrets {
            Some(folder) => Secrets::in_folder(folder).map_err(|error| error.to_string())?,
            None => Secrets::default(),
        };
        let channels = Channels::new(smtp, http, webhooks, CALLS_AT_ONCE, secrets);
        let runtime = tokio::runtime::Handle::current();
        let workers = Workers::new(channels.clone(), PAGES_AT_ONCE, NOTICES_AT_ONCE, runtime);
        let domain = domain_of(&base_url);
        Ok(Self { channels, workers, base_url: base_url.into(), domain: domain.into(), link_key, metrics })
    }

    /// The dispatcher for a writer.
    pub fn dispatcher(self, writer: Handle) -> Deliverer {
        Deliverer { delivery: self, writer }
    }

    /// The ways out, with their gates.
    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Sends a test by one contact, through the channel itself and past its gate: whoever asks wants
    /// to know how it is now.
    pub async fn test(&self, key: &str, by: &str, whom: &str, contact: &Contact, catalog: &Catalog) -> Outcome {
        let now = wall_now();
        let brief = Brief::test(&TestView { key, by, whom, hub_url: &self.base_url, now });
        let content = Content {
            subject: brief.subject.clone(),
            text: brief.text.clone(),
            headers: Vec::new(),
            message_id: test_message_id(key, &self.domain),
            references: Vec::new(),
            json: serde_json::json!({
                "schema": "wheelhouse.test/1", "id": key, "test": true, "subject": brief.subject, "text": brief.text,
            }),
            brief,
        };
        let channel = Outgoing::channel_of(contact, catalog);
        let outgoing = Outgoing {
            id: key.to_owned(),
            lane: Lane::Page,
            contact: contact.clone(),
            channel,
            content,
            repeated: false,
        };
        self.channels.send(&outgoing, now).await.1
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
        let view = MessageView {
            message,
            case: &dispatch.case,
            catalog: &dispatch.catalog,
            words: dispatch.case.last_update.as_deref(),
            hub_url: &self.base_url,
            link: link.as_deref(),
            domain: &self.domain,
            now,
        };
        let (rendered, brief) = (render(&view), Brief::new(&view));
        Content {
            subject: rendered.subject,
            text: rendered.text,
            headers: Vec::new(),
            message_id: rendered.headers.message_id,
            references: vec![rendered.headers.thread],
            json: rendered.json,
            brief,
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
        let (writer, metrics, id) = (self.writer.clone(), self.delivery.metrics.clone(), message.id);
        let report = move |contact: Option<ContactKind>, outcome: Outcome, repeated| {
            match outcome {
                Outcome::Accepted { .. } => metrics.messages_accepted.add(1),
                Outcome::Failed { .. } | Outcome::Unknown { .. } | Outcome::Held { .. } => {
                    metrics.messages_failed.add(1);
                }
            }
            tell(&writer, id, contact, outcome, repeated);
        };
        match contact {
            None => {
                let answer = "the catalog names no such contact".to_owned();
                report(None, Outcome::Failed { answer, permanent: true }, dispatch.repeated);
            }
            Some(contact) => self.send(dispatch, contact, report),
        }
    }

    fn admit(&self, message: &Message, catalog: &Catalog, now: Timestamp) -> Admission {
        let contact = message.recipient.contacts(catalog).get(usize::from(message.contact));
        // Without a contact it fails at once, and whoever reads the record sees why.
        let Some(contact) = contact else { return Admission::Go { destination: "".into(), most: usize::MAX } };
        let channels = &self.delivery.channels;
        let channel = match contact {
            Contact::Channel { channel, .. } => catalog.channels.get(channel),
            Contact::Email(_) | Contact::Webhook(_) => None,
        };
        let destination = channels.destination(contact, channel);
        let lane = message.purpose.lane();
        let elsewhere = takes_another_way(message, catalog);
        let last_way = lane == Lane::Page && !elsewhere;
        match channels.gates().ask(message.id, &destination, lane, last_way, now) {
            Ok(breaker) => {
                Admission::Go { most: under_way(breaker, lane, destination.at_once), destination: destination.name }
            }
            Err(Wait { because: Because::Rate, until }) => Admission::Waits { until },
            Err(Wait { until, .. }) if elsewhere => {
                let answer = channels.gates().waiting(message.id).map(|waiting| waiting.to_string());
                let outcome = Outcome::Held { answer: answer.unwrap_or_default(), until };
                tell(&self.writer, message.id, Some(ContactKind::from(contact)), outcome, false);
                Admission::Refused
            }
            Err(Wait { until, .. }) => Admission::Waits { until },
        }
    }

    fn passes(&self, destination: &str, now: Timestamp) {
        self.delivery.channels.gates().pass(destination, now);
    }

    fn generation(&self) -> u64 {
        self.delivery.channels.gates().generation()
    }

    fn keep_waiting(&self, waiting: &std::collections::BTreeSet<MessageId>, all: bool) {
        if all {
            self.delivery.channels.gates().keep_waiting(waiting);
        }
    }
}

/// How many messages to one destination may be with delivery. One that works is kept busy while commits
/// are on their way, and still leaves a quarter of the places to others; one that has failed gets twice
/// as many as are sent at a time, so that it cannot hold up everybody.
fn under_way(breaker: Breaker, lane: Lane, at_once: usize) -> usize {
    let places = match lane {
        Lane::Page => usize::from(PAGES_AT_ONCE),
        Lane::Notice => usize::from(NOTICES_AT_ONCE),
    };
    match breaker {
        Breaker::Open { failures: 0 } => places - places / 4,
        _ => at_once.saturating_mul(2),
    }
}

/// Tells the writer how an attempt went.
fn tell(writer: &Handle, message: MessageId, contact: Option<ContactKind>, outcome: Outcome, repeated: bool) {
    let what = What::Attempted { message, contact, repeated, outcome };
    let command = Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what };
    if writer.tell(command).is_err() {
        tracing::error!(%message, "the outcome of a message could not be reported; it is sent again after a restart");
    }
}

impl Deliverer {
    fn send<F>(&self, dispatch: Dispatch, contact: Contact, report: F)
    where
        F: FnOnce(Option<ContactKind>, Outcome, bool) + Send + 'static,
    {
        let outgoing = Outgoing {
            id: dispatch.message.id.to_string(),
            lane: dispatch.message.purpose.lane(),
            channel: Outgoing::channel_of(&contact, &dispatch.catalog),
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
