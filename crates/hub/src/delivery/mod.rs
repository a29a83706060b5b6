//! Delivery: rendered messages out of the door, by mail or webhook.
//!
//! [`Workers`] keep pages and notices apart, [`Channels`] pick the way that a contact names, and
//! every attempt ends in an [`Outcome`], of which the kernel makes what follows.

mod answer;
pub mod link;
mod places;
mod secret;
mod signature;
mod smtp;
mod webhook;
mod workers;

use serde_json::Value;
use wheelhouse_core::case::MessageId;
use wheelhouse_core::catalog::Contact;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::{ContactKind, Lane};
use wheelhouse_core::time::Timestamp;

pub use secret::{BadSecret, Secret};
pub use signature::{SIGNATURE_HEADER, signature};
pub use smtp::{BadSmtpSettings, Credentials, Smtp, SmtpSettings, SmtpTls};
pub use webhook::{BadWebhookSettings, Webhook, WebhookSettings, may_call};
pub use workers::Workers;

/// A message on its way out: one attempt with one contact.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its name, and the idempotency key under which it is sent however often.
    pub id: MessageId,
    /// Which lane it takes.
    pub lane: Lane,
    /// Where it goes.
    pub contact: Contact,
    /// What it says.
    pub content: Content,
    /// Whether it may have been sent before a crash.
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
}

/// The ways out. Cloning shares connections and limits.
#[derive(Clone, Debug)]
pub struct Channels {
    smtp: Option<Smtp>,
    webhook: Webhook,
}

impl Channels {
    /// Puts the channels together; without a mail server, mail fails at once and for good, so that
    /// the recipient's next contact is tried.
    pub fn new(smtp: Option<Smtp>, webhook: Webhook) -> Self {
        Self { smtp, webhook }
    }

    /// Makes one attempt at `now`, and says what kind of contact was tried and how it went.
    pub async fn send(&self, outgoing: &Outgoing, now: Timestamp) -> (ContactKind, Outcome) {
        let outcome = match (&outgoing.contact, &self.smtp) {
            (Contact::Webhook(url), _) => self.webhook.send(outgoing, url, now).await,
            (Contact::Email(address), Some(smtp)) => smtp.send(outgoing, address, now).await,
            (Contact::Email(_), None) => Outcome::Failed {
                answer: "the hub has no mail server; start it with `--smtp HOST:PORT`".to_owned(),
                permanent: true,
            },
        };
        (ContactKind::from(&outgoing.contact), outcome)
    }

    /// Whether an attempt with this contact would start at once, rather than wait for others to the
    /// same destination.
    pub fn has_room(&self, lane: Lane, contact: &Contact) -> bool {
        match contact {
            Contact::Email(_) => self.smtp.as_ref().is_none_or(|smtp| smtp.has_room(lane)),
            Contact::Webhook(url) => self.webhook.has_room(lane, url),
        }
    }
}
