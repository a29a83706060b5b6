//! Delivery, held against real peers: a mail server, misbehaving servers, and an HTTP server.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod hostile;
mod links;
mod mail;
mod peers;
mod webhooks;
mod workers;

use std::time::Duration;

use wheelhouse_core::case::MessageId;
use wheelhouse_core::catalog::Contact;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::Lane;
use wheelhouse_core::time::Timestamp;
use wheelhouse_hub::delivery::{
    Channels, Content, Outgoing, Secret, Smtp, SmtpSettings, SmtpTls, Webhook, WebhookSettings,
};

/// 2026-11-23T02:10:00Z.
const NOW: Timestamp = Timestamp::from_seconds(1_795_399_800);
const KEY: &[u8] = b"a key of the tests";

fn outgoing(contact: Contact) -> Outgoing {
    Outgoing {
        id: MessageId::parse("INC-17/m3").unwrap(),
        lane: Lane::Page,
        contact,
        content: Content {
            subject: "[INC-17 sev1] payments-api: 5xx above 20 %".into(),
            text: "payments-api answers 5xx.\n\nSince 02:05 – Zürich.\n.\nhttps://hub.example/l/abc\n".into(),
            headers: vec![("X-Mine".into(), "yes".into())],
            message_id: "<INC-17.m3@hub.example>".into(),
            references: vec!["<INC-17@hub.example>".into()],
            json: serde_json::json!({"version": "wheelhouse.message/1", "case": "INC-17", "text": "Zürich"}),
        },
        repeated: false,
    }
}

fn mail(address: &str) -> Outgoing {
    outgoing(Contact::Email(address.into()))
}

fn call(url: &str) -> Outgoing {
    outgoing(Contact::Webhook(url.into()))
}

fn settings(port: u16) -> SmtpSettings {
    let mut settings = SmtpSettings::new("127.0.0.1", port, "Wheelhouse <hub@hub.example>");
    settings.tls = SmtpTls::None;
    settings.hello = "hub.example".into();
    settings
}

fn channels(settings: SmtpSettings) -> Channels {
    Channels::new(Some(Smtp::new(settings).unwrap()), Webhook::new(webhooks()).unwrap())
}

fn webhooks() -> WebhookSettings {
    let mut settings = WebhookSettings::new(Secret::new(KEY));
    settings.timeout = Duration::from_millis(500);
    settings
}

fn accepted(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Accepted { answer } => answer,
        Outcome::Failed { .. } => panic!("{outcome:?}"),
    }
}

/// The answer and whether it is final.
fn failed(outcome: &Outcome) -> (&str, bool) {
    match outcome {
        Outcome::Failed { answer, permanent } => (answer, *permanent),
        Outcome::Accepted { .. } => panic!("{outcome:?}"),
    }
}
