//! Delivery, held against real peers: a mail server, misbehaving servers, and an HTTP server.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod chats;
mod gates;
mod half;
mod hostile;
mod links;
mod mail;
mod outgoing;
mod peers;
mod webhooks;
mod workers;

use std::time::Duration;

use wheelhouse_core::catalog::Contact;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::Lane;
use wheelhouse_core::time::Timestamp;
use wheelhouse_hub::delivery::{
    Channels, Content, Http, HttpSettings, Outgoing, Secret, Secrets, Smtp, SmtpSettings, SmtpTls,
};
use wheelhouse_hub::outgoing::Guard;
use wheelhouse_wire::render::Brief;

/// 2026-11-23T02:10:00Z.
const NOW: Timestamp = Timestamp::from_seconds(1_795_399_800);
const KEY: &[u8] = b"a key of the tests";

fn outgoing(contact: Contact) -> Outgoing {
    Outgoing {
        id: "INC-17/m3".into(),
        lane: Lane::Page,
        contact,
        channel: None,
        content: Content {
            subject: "[INC-17 sev1] payments-api: 5xx above 20 %".into(),
            text: "payments-api answers 5xx.\n\nSince 02:05 – Zürich.\n.\nhttps://hub.example/l/abc\n".into(),
            headers: vec![("X-Mine".into(), "yes".into())],
            message_id: "<INC-17.m3@hub.example>".into(),
            references: vec!["<INC-17@hub.example>".into()],
            json: serde_json::json!({"version": "wheelhouse.message/1", "case": "INC-17", "text": "Zürich"}),
            brief: Brief::default(),
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
    with(Some(Smtp::new(settings).unwrap()), 8)
}

/// Channels that may call this machine.
fn with(smtp: Option<Smtp>, at_once: usize) -> Channels {
    Channels::new(smtp, http("127.0.0.0/8"), Secret::new(KEY), at_once, Secrets::default())
}

/// Calls that end within half a second, to the public internet and what is allowed beside it.
fn http(allowed: &str) -> Http {
    let mut settings = HttpSettings::new(Guard::new(vec![allowed.parse().unwrap()]));
    settings.timeout = Duration::from_millis(500);
    Http::new(settings).unwrap()
}

fn accepted(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Accepted { answer } => answer,
        _ => panic!("{outcome:?}"),
    }
}

/// The answer and whether it is final.
fn failed(outcome: &Outcome) -> (&str, bool) {
    match outcome {
        Outcome::Failed { answer, permanent } => (answer, *permanent),
        _ => panic!("{outcome:?}"),
    }
}

/// What is said of an attempt whose outcome nobody knows.
fn unknown(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Unknown { answer } => answer,
        _ => panic!("{outcome:?}"),
    }
}
