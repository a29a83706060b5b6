//! Delivery: rendered messages out of the door, by mail, webhook or a channel of the catalog.
//!
//! [`Workers`] keep pages and notices apart, [`Channels`] pick the way that a contact names, a gate in
//! front of each destination holds back what would only fail, and every attempt ends in an
//! [`Outcome`], of which the kernel makes what follows.

mod answer;
mod channel;
pub mod gate;
mod gates;
mod http;
pub mod link;
mod places;
mod secret;
mod secrets;
mod signature;
mod smtp;
mod webhook;
mod workers;

use std::sync::Arc;

use serde_json::Value;
use wheelhouse_core::catalog::{Catalog, Channel, Contact};
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::{ContactKind, Lane};
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::render::Brief;

pub use gates::{Destination, Gates, Standing, Waiting};
pub use http::{BadHttpSettings, Http, HttpSettings};
pub use secret::{BadSecret, Secret};
pub use secrets::{BadFolder, NoSecret, Secrets};
pub use signature::{SIGNATURE_HEADER, signature};
pub use smtp::{BadSmtpSettings, Credentials, Smtp, SmtpSettings, SmtpTls};
pub use webhook::Webhook;
pub use workers::Workers;

use answer::{Attempt, permanent};
use channel::Sender;
use gate::Health;

/// How many messages a minute a destination takes that is no channel of the catalog.
const USUAL_PER_MINUTE: u32 = 6_000;

/// A message on its way out: one attempt with one contact.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The idempotency key under which it is sent however often: the message's name.
    pub id: String,
    /// Which lane it takes.
    pub lane: Lane,
    /// Where it goes.
    pub contact: Contact,
    /// The channel that the contact names, where it names one that the catalog has.
    pub channel: Option<Arc<Channel>>,
    /// What it says.
    pub content: Content,
    /// Whether it may have been sent before.
    pub repeated: bool,
}

/// What a message says, rendered for each kind of channel.
#[derive(Clone, Debug)]
pub struct Content {
    /// The subject of a mail.
    pub subject: String,
    /// The plain text of a mail.
    pub text: String,
    /// Further headers of a mail, by name; those that the channel sets itself are left out.
    pub headers: Vec<(String, String)>,
    /// The mail's Message-ID with its angle brackets, the same at every attempt (RFC 5322 §3.6.4).
    pub message_id: String,
    /// The Message-IDs of the thread before this mail, oldest first; In-Reply-To is the last one.
    pub references: Vec<String>,
    /// The body of a webhook call.
    pub json: Value,
    /// The message in short, for channels of the catalog.
    pub brief: Brief,
}

/// The ways out. Cloning shares connections and limits.
#[derive(Clone, Debug)]
pub struct Channels {
    smtp: Option<Smtp>,
    webhook: Webhook,
    sender: Sender,
    gates: Gates,
    secrets: Secrets,
}

impl Channels {
    /// Puts the channels together; without a mail server, mail fails at once and for good, so that
    /// the recipient's next contact is tried. Calls of webhooks are signed with `key`, and `at_once`
    /// go to one host at a time, per lane; 8 are usual.
    pub fn new(smtp: Option<Smtp>, http: Http, key: Secret, at_once: usize, secrets: Secrets) -> Self {
        let sender = Sender::new(http.clone(), secrets.clone(), at_once);
        let webhook = Webhook::new(http, key, at_once);
        Self { smtp, webhook, sender, gates: Gates::default(), secrets }
    }

    /// Makes one attempt at `now`, and says what kind of contact was tried and how it went.
    pub async fn send(&self, outgoing: &Outgoing, now: Timestamp) -> (ContactKind, Outcome) {
        let attempt = match (&outgoing.contact, &self.smtp, &outgoing.channel) {
            (Contact::Webhook(url), ..) => self.webhook.send(outgoing, url, now).await,
            (Contact::Email(address), Some(smtp), _) => smtp.send(outgoing, address, now).await,
            (Contact::Email(_), None, _) => nowhere("the hub has no mail server; start it with `--smtp HOST:PORT`"),
            (Contact::Channel { to, .. }, _, Some(channel)) => self.sender.send(outgoing, channel, to).await,
            (Contact::Channel { channel, .. }, _, None) => {
                nowhere(&format!("the catalog has no channel `{channel}`; define it, or name another"))
            }
        };
        let Attempt { outcome, health, later } = attempt;
        let destination = self.destination(&outgoing.contact, outgoing.channel.as_deref());
        self.gates.heard(&destination, health, &outcome, later, crate::clock::wall_now());
        (ContactKind::from(&outgoing.contact), outcome)
    }

    /// Whether an attempt with this contact would start at once, rather than wait for others to the
    /// same destination.
    pub fn has_room(&self, lane: Lane, contact: &Contact) -> bool {
        match contact {
            Contact::Webhook(url) => self.webhook.has_room(lane, url),
            Contact::Email(_) => self.smtp.as_ref().is_none_or(|smtp| smtp.has_room(lane)),
            Contact::Channel { channel, .. } => self.sender.has_room(lane, channel.as_str()),
        }
    }

    /// Where a contact leads, and how much goes there.
    pub fn destination(&self, contact: &Contact, channel: Option<&Channel>) -> Destination {
        let usual = |name: String, at_once| Destination { name: name.into(), per_minute: USUAL_PER_MINUTE, at_once };
        match (contact, channel) {
            (Contact::Webhook(url), _) => usual(webhook::destination(url), self.webhook.at_once()),
            (Contact::Email(_), _) => match &self.smtp {
                Some(smtp) => usual(smtp.name().to_owned(), smtp.at_once()),
                None => usual("mail".to_owned(), usize::MAX),
            },
            (Contact::Channel { channel, .. }, Some(defined)) => Destination {
                name: format!("channel {channel}").into(),
                per_minute: defined.per_minute,
                at_once: self.webhook.at_once(),
            },
            (Contact::Channel { channel, .. }, None) => usual(format!("channel {channel}"), usize::MAX),
        }
    }

    /// The gates in front of destinations.
    pub fn gates(&self) -> &Gates {
        &self.gates
    }

    /// The kept secrets.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The mail relay's name, if there is one.
    pub fn relay(&self) -> Option<&str> {
        self.smtp.as_ref().map(Smtp::name)
    }
}

impl Outgoing {
    /// The channel of a catalog that a contact names.
    pub fn channel_of(contact: &Contact, catalog: &Catalog) -> Option<Arc<Channel>> {
        match contact {
            Contact::Channel { channel, .. } => catalog.channels.get(channel).cloned().map(Arc::new),
            Contact::Email(_) | Contact::Webhook(_) => None,
        }
    }
}

fn nowhere(answer: &str) -> Attempt {
    Attempt::of(permanent(answer), Health::Unheard)
}
