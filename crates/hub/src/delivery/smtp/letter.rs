//! A rendered message as a mail (RFC 5322).

use std::time::{Duration, SystemTime};

use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use wheelhouse_core::time::Timestamp;

use crate::delivery::Outgoing;

/// Headers that this module sets; others that are called the same are left out.
const OWN: [&str; 14] = [
    "from",
    "to",
    "date",
    "subject",
    "message-id",
    "in-reply-to",
    "references",
    "auto-submitted",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "wheelhouse-message",
    "wheelhouse-repeat",
    "bcc",
];

/// A mail, ready to be handed over.
pub(super) struct Letter {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
    /// Whether an address has characters outside ASCII (RFC 6531).
    pub(super) needs_smtputf8: bool,
}

/// Writes the mail. Line ends and other control characters in headers become spaces, so that no
/// text can add a header.
pub(super) fn letter(
    outgoing: &Outgoing,
    from: &Mailbox,
    to: Address,
    now: Timestamp,
) -> Result<Letter, lettre::error::Error> {
    let content = &outgoing.content;
    let mut builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()))
        .date(wall_clock(now))
        .subject(flat(&content.subject))
        .message_id(Some(flat(&content.message_id)));
    if let Some(parent) = content.references.last() {
        builder = builder.in_reply_to(flat(parent)).references(flat(&content.references.join(" ")));
    }
    let mut own = vec![
        ("Auto-Submitted".to_owned(), "auto-generated".to_owned()),
        ("Wheelhouse-Message".to_owned(), outgoing.id.clone()),
    ];
    if outgoing.repeated {
        own.push(("Wheelhouse-Repeat".to_owned(), "yes".to_owned()));
    }
    let others = content.headers.iter().filter(|(name, _)| !OWN.contains(&name.to_ascii_lowercase().as_str()));
    for (name, value) in own.iter().chain(others) {
        if let Some(name) = header_name(name) {
            builder = builder.raw_header(HeaderValue::new(name, flat(value)));
        }
    }
    let message = builder.header(ContentType::TEXT_PLAIN).body(content.text.clone())?;
    let needs_smtputf8 = !AsRef::<str>::as_ref(&from.email).is_ascii() || !AsRef::<str>::as_ref(&to).is_ascii();
    Ok(Letter { from: from.email.clone(), to, bytes: without_last_line_end(message.formatted()), needs_smtputf8 })
}

/// The end of mail (RFC 5321 §4.1.1.4) begins with a line end of its own.
fn without_last_line_end(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.ends_with(b"\r\n") {
        bytes.truncate(bytes.len() - 2);
    }
    bytes
}

/// A header name of printable ASCII without colon (RFC 5322 §3.6.8), or nothing.
fn header_name(name: &str) -> Option<HeaderName> {
    let printable = name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
    if printable { HeaderName::new_from_ascii(name.to_owned()).ok() } else { None }
}

fn flat(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn wall_clock(now: Timestamp) -> SystemTime {
    let since = Duration::from_micros(u64::try_from(now.as_micros()).unwrap_or(0));
    SystemTime::UNIX_EPOCH + since
}
