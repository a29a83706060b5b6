//! The headers of a mail beside those that say who it is from and for.

use wheelhouse_core::case::{CaseId, MessageId};

/// The headers that keep an incident's mails in one thread and tell machines from people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    /// `Message-ID`: the same for every attempt, so that a repeat is recognised (RFC 5322 §3.6.4).
    pub message_id: String,
    /// `In-Reply-To` and `References`: the incident's root, which no mail has for itself.
    pub thread: String,
    /// `Auto-Submitted`: keeps out-of-office replies away (RFC 3834 §5).
    pub auto_submitted: &'static str,
}

impl Headers {
    /// The headers of a message sent by the hub at `domain`.
    pub fn new(id: MessageId, domain: &str) -> Self {
        Self { message_id: message_id(id, domain), thread: root_id(id.case, domain), auto_submitted: "auto-generated" }
    }

    /// All of them by name, in the order in which they are to stand.
    pub fn fields(&self) -> [(&'static str, &str); 4] {
        [
            ("Message-ID", &self.message_id),
            ("In-Reply-To", &self.thread),
            ("References", &self.thread),
            ("Auto-Submitted", self.auto_submitted),
        ]
    }
}

/// A mail's own id: `<INC-17.m3@hub.example.org>`.
pub fn message_id(id: MessageId, domain: &str) -> String {
    format!("<{}.m{}@{}>", id.case, id.number, checked(domain))
}

/// The id that all mails of an incident refer to: `<INC-17@hub.example.org>`.
pub fn root_id(case: CaseId, domain: &str) -> String {
    format!("<{case}@{}>", checked(domain))
}

/// A domain that can stand in a header; what cannot is replaced by a name that nobody has (RFC 2606).
pub(super) fn checked(domain: &str) -> &str {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let fits = !domain.is_empty() && domain.len() <= 253 && domain.bytes().all(inside) && !domain.starts_with('.');
    if fits && !domain.ends_with('.') && !domain.contains("..") { domain } else { "wheelhouse.invalid" }
}
