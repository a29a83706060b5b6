//! Channels of a scenario: what becomes of an attempt, and when its answer comes.

use std::collections::BTreeMap;

use wheelhouse_core::World;
use wheelhouse_core::case::MessageId;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::{ContactKind, Message};
use wheelhouse_core::time::{Duration, Timestamp};

use super::file::{Delivery, Failure};

/// How long an attempt takes where no rule says otherwise.
const USUALLY: Duration = Duration::from_seconds(1);

/// Messages with their channels, by the instant of the answer.
#[derive(Debug, Default)]
pub(super) struct Channels {
    in_flight: BTreeMap<(Timestamp, MessageId), Answer>,
    doubtful: Vec<MessageId>,
}

/// What a channel will say.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) contact: Option<ContactKind>,
    pub(super) outcome: Outcome,
    pub(super) repeated: bool,
}

impl Channels {
    /// Hands over every message that is due and not with a channel yet; `elapsed` is the story's time.
    pub(super) fn claim(&mut self, world: &World, rules: &[Delivery], now: Timestamp, elapsed: Duration) {
        let waiting: Vec<Message> =
            world.messages_due(now).filter(|message| !self.holds(message.id)).cloned().collect();
        for message in waiting {
            let repeated = self.doubtful.contains(&message.id);
            self.doubtful.retain(|id| *id != message.id);
            let (takes, contact, outcome) = attempt(world, rules, &message, elapsed);
            self.in_flight.insert((now + takes, message.id), Answer { contact, outcome, repeated });
        }
    }

    /// When the next answer comes.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.in_flight.keys().next().map(|(at, _)| *at)
    }

    /// An answer that has come by `now`.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<(MessageId, Answer)> {
        let first = self.in_flight.first_entry().filter(|entry| entry.key().0 <= now)?;
        let id = first.key().1;
        Some((id, first.remove()))
    }

    /// The hub dies: no answer reaches it, and whatever was under way may have been sent.
    pub(super) fn lose(&mut self) {
        let lost = std::mem::take(&mut self.in_flight);
        self.doubtful.extend(lost.into_keys().map(|(_, id)| id));
    }

    /// The clock jumps; answers take as long as they would have.
    pub(super) fn shift(&mut self, jump: Duration) {
        let shifted = std::mem::take(&mut self.in_flight).into_iter();
        self.in_flight = shifted.map(|((at, id), answer)| ((at + jump, id), answer)).collect();
    }

    /// When a message not with a channel comes due.
    pub(super) fn next_claim(&self, world: &World, now: Timestamp) -> Option<Timestamp> {
        let due_now = world.messages_due(now).any(|message| !self.holds(message.id));
        if due_now { Some(now) } else { world.next_message_at(now) }
    }

    fn holds(&self, id: MessageId) -> bool {
        self.in_flight.keys().any(|(_, known)| *known == id)
    }
}

fn attempt(
    world: &World,
    rules: &[Delivery],
    message: &Message,
    elapsed: Duration,
) -> (Duration, Option<ContactKind>, Outcome) {
    let contacts = world.catalog().map_or(&[][..], |catalog| message.recipient.contacts(catalog));
    let Some(contact) = contacts.get(usize::from(message.contact)).map(ContactKind::from) else {
        let answer = "no contact".to_string();
        return (Duration::ZERO, None, Outcome::Failed { answer, permanent: true });
    };
    let to = message.recipient.to_string();
    let rule = rules.iter().find(|rule| {
        rule.to == to
            && rule.contact.is_none_or(|kind| kind == contact)
            && rule.from.0 <= elapsed
            && rule.until.is_none_or(|until| elapsed < until.0)
    });
    let takes = rule.and_then(|rule| rule.takes).map_or(USUALLY, |takes| takes.0);
    let says = |otherwise: &str| rule.and_then(|rule| rule.answer.clone()).unwrap_or_else(|| otherwise.to_string());
    let outcome = match rule.and_then(|rule| rule.fails) {
        None => Outcome::Accepted { answer: says("250 OK") },
        Some(Failure::Temporarily) => Outcome::Failed { answer: says("451 try again later"), permanent: false },
        Some(Failure::Permanently) => Outcome::Failed { answer: says("550 no such mailbox"), permanent: true },
    };
    (takes, Some(contact), outcome)
}
