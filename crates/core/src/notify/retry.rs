//! When a failed message is tried again.

use super::{Lane, Message};
use crate::case::MessageId;
use crate::catalog::Catalog;
use crate::time::Duration;

/// How often one contact is tried before the next one is.
pub const ATTEMPTS_PER_CONTACT: u32 = 4;

/// Whether a message goes to its recipient's next contact at once when the channel of the present one
/// fails: a page does, where there is another. Anything else waits until the channel works again.
pub fn takes_another_way(message: &Message, catalog: &Catalog) -> bool {
    message.purpose.lane() == Lane::Page && usize::from(message.contact) + 1 < message.recipient.contacts(catalog).len()
}

/// How long to wait after the `attempts`-th failed attempt (from 1): exponential back-off with a
/// jitter of up to a quarter, drawn from the message's name so that a replay waits the same.
///
/// Pages: about 2, 6, 18 s. Notices: about 10, 30, 90 s.
pub fn retry_delay(lane: Lane, id: MessageId, attempts: u32) -> Duration {
    let first = match lane {
        Lane::Page => Duration::from_seconds(2),
        Lane::Notice => Duration::from_seconds(10),
    };
    let base = first.times(3i64.saturating_pow(attempts.saturating_sub(1).min(8)));
    let mut mixed = id.case.number ^ (u64::from(id.number) << 32) ^ (u64::from(attempts) << 56);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let quarter = base.as_micros() / 4;
    let jitter = i64::try_from(mixed >> 33).unwrap_or(0) % quarter.max(1);
    base + Duration::from_micros(jitter)
}
