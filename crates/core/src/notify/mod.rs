//! Messages: pages, which demand acknowledgement, and notices, which inform.

mod message;
mod retry;
mod tell;

pub use message::{ContactKind, Lane, Message, MessageState, NotTold, Purpose, Recipient, Stage};
pub use retry::{ATTEMPTS_PER_CONTACT, retry_delay};

pub(crate) use tell::{addressees, tell};
