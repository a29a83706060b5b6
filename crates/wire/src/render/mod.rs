//! Messages in words: what a page or a notice says, and the pages behind its link.
//!
//! One [`MessageView`] gives the mail (subject, text, threading) and the JSON of a webhook. Nothing
//! here sends anything. Foreign texts cannot leave their place: control characters never reach a
//! header, and HTML is escaped.

mod brief;
mod headers;
mod html;
mod ntfy;
mod page;
mod slack;
mod storm;
mod text;
mod view;
mod webhook;

pub use brief::{Brief, TestView, test_message_id};
pub use headers::{Headers, message_id, root_id};
pub use ntfy::ntfy;
pub use page::{CONTENT_SECURITY_POLICY, LinkView, Unusable, confirm_page, done_page, expired_page};
pub use slack::slack;
pub use view::{MessageView, subject};
pub use webhook::SCHEMA;

/// A message, ready to be sent by any channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// One line, for a mail's subject.
    pub subject: String,
    /// The text of a mail, with lines of any length ended by `\n`.
    pub text: String,
    /// The headers that keep an incident's mails in one thread.
    pub headers: Headers,
    /// What a webhook gets: `wheelhouse.message/1`.
    pub json: serde_json::Value,
}

/// Writes a message.
pub fn render(view: &MessageView<'_>) -> Rendered {
    let (subject, text) = (subject(view), text::text(view));
    let json = webhook::json(view, &subject, &text);
    Rendered { headers: Headers::new(view.message.id, view.domain), subject, text, json }
}
