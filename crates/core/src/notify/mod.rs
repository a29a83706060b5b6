//! Messages: pages, which demand acknowledgement, and notices, which inform.

mod digest;
mod heard;
mod message;
mod retry;
mod tell;

pub use digest::{Digest, Way};
pub use heard::{Heard, Hearing, Notice, heard};
pub use message::{ContactKind, Lane, Message, MessageState, NotTold, Purpose, Recipient, Stage, Wanted};
pub use retry::{ATTEMPTS_PER_CONTACT, retry_delay, takes_another_way};

pub(crate) use tell::{addressees, fold, is_told_by, tell};
