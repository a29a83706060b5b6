//! Tests of contacts: written down, and nothing else.

use super::{Command, Outcome, Plan, attempted::clipped, text_body};
use crate::Context;
use crate::name::ChannelName;
use crate::notify::{ContactKind, Recipient};
use crate::record::{ContactTest, Entry, Fact};

/// Writes down how a test went.
pub(super) fn tested(
    command: &Command,
    cx: &Context,
    recipient: Option<&Recipient>,
    contact: ContactKind,
    channel: Option<&ChannelName>,
    outcome: &Outcome,
) -> Plan {
    let accepted = matches!(outcome, Outcome::Accepted { .. });
    let (recipient, channel) = (recipient.cloned(), channel.cloned());
    let fact = Fact::ContactTested(ContactTest { recipient, contact, channel, accepted });
    let body = text_body("answer", &clipped(outcome.answer()));
    let policies = command.policies.clone();
    let entry = Entry { policies, body, ..Entry::new(cx.now, command.actor.clone(), fact) };
    Plan { entries: alloc::vec![entry], ..Plan::default() }
}
