//! Channels of a scenario: what becomes of an attempt, and when its answer comes.

use std::collections::BTreeMap;

use wheelhouse_core::World;
use wheelhouse_core::case::MessageId;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::{ContactKind, Message, takes_another_way};
use wheelhouse_core::time::{Duration, Timestamp};

use super::file::{Delivery, Failure};

/// How long an attempt takes where no rule says otherwise.
const USUALLY: Duration = Duration::from_seconds(1);

/// Messages with their channels, by the instant of the answer.
#[derive(Debug, Default)]
pub(super) struct Channels {
    in_flight: BTreeMap<(Timestamp, MessageId), Answer>,
    doubtful: Vec<MessageId>,
    /// Those that wait for a channel that is left alone, and until when.
    waiting: BTreeMap<MessageId, Timestamp>,
}

/// What channels see of the story.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'s> {
    pub(super) world: &'s World,
    pub(super) rules: &'s [Delivery],
    pub(super) now: Timestamp,
    /// The story's time.
    pub(super) elapsed: Duration,
}

/// What a channel will say.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) contact: Option<ContactKind>,
    pub(super) outcome: Outcome,
    pub(super) repeated: bool,
}

impl Channels {
    /// Hands over every message that is due and not with a channel yet; gives those that begin to
    /// wait for a channel that is left alone, with the end of that.
    pub(super) fn claim(&mut self, view: View<'_>) -> Vec<(MessageId, Timestamp)> {
        let mut begin_to_wait = Vec::new();
        let due = view.world.messages_due(view.now).filter(|message| !self.holds(message.id));
        for message in due.cloned().collect::<Vec<Message>>() {
            let (takes, contact, outcome) = attempt(view, &message);
            if let Some(until) = waits(view, &message, &outcome) {
                if self.waiting.insert(message.id, until) != Some(until) {
                    begin_to_wait.push((message.id, until));
                }
                continue;
            }
            self.waiting.remove(&message.id);
            let repeated = self.doubtful.contains(&message.id) || message.repeated;
            self.doubtful.retain(|id| *id != message.id);
            self.in_flight.insert((view.now + takes, message.id), Answer { contact, outcome, repeated });
        }
        begin_to_wait
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
        self.waiting.clear();
    }

    /// The clock jumps; answers take as long as they would have.
    pub(super) fn shift(&mut self, jump: Duration) {
        let shifted = std::mem::take(&mut self.in_flight).into_iter();
        self.in_flight = shifted.map(|((at, id), answer)| ((at + jump, id), answer)).collect();
        self.waiting.values_mut().for_each(|until| *until = *until + jump);
    }

    /// When a message not with a channel comes due, or the channel it waits for is tried again.
    pub(super) fn next_claim(&self, view: View<'_>) -> Option<Timestamp> {
        let due = view.world.messages_due(view.now).filter(|message| !self.holds(message.id));
        let at = due.map(|message| self.waiting.get(&message.id).map_or(view.now, |until| view.now.max(*until)));
        at.chain(view.world.next_message_at(view.now)).min()
    }

    fn holds(&self, id: MessageId) -> bool {
        self.in_flight.keys().any(|(_, known)| *known == id)
    }
}

/// Until when a message waits because its channel is left alone and it takes no other way.
fn waits(view: View<'_>, message: &Message, outcome: &Outcome) -> Option<Timestamp> {
    let Outcome::Held { until, .. } = outcome else { return None };
    let another = view.world.catalog().is_some_and(|catalog| takes_another_way(message, catalog));
    (!another).then_some(*until)
}

fn attempt(view: View<'_>, message: &Message) -> (Duration, Option<ContactKind>, Outcome) {
    let contacts = view.world.catalog().map_or(&[][..], |catalog| message.recipient.contacts(catalog));
    let Some(contact) = contacts.get(usize::from(message.contact)).map(ContactKind::from) else {
        let answer = "no contact".to_string();
        return (Duration::ZERO, None, Outcome::Failed { answer, permanent: true });
    };
    let to = message.recipient.to_string();
    let rule = view.rules.iter().find(|rule| {
        rule.to == to
            && rule.contact.is_none_or(|kind| kind == contact)
            && rule.from.0 <= view.elapsed
            && rule.until.is_none_or(|until| view.elapsed < until.0)
    });
    let fails = rule.and_then(|rule| rule.fails);
    let usually = if fails == Some(Failure::Held) { Duration::ZERO } else { USUALLY };
    let takes = rule.and_then(|rule| rule.takes).map_or(usually, |takes| takes.0);
    let says = |otherwise: &str| rule.and_then(|rule| rule.answer.clone()).unwrap_or_else(|| otherwise.to_string());
    let outcome = match fails {
        None => Outcome::Accepted { answer: says("250 OK") },
        Some(Failure::Temporarily) => Outcome::Failed { answer: says("451 try again later"), permanent: false },
        Some(Failure::Permanently) => Outcome::Failed { answer: says("550 no such mailbox"), permanent: true },
        Some(Failure::Unknown) => Outcome::Unknown { answer: says("the connection broke before an answer came") },
        Some(Failure::Held) => {
            let until = rule
                .and_then(|rule| rule.until)
                .map_or(Timestamp::MAX, |until| view.now + until.0 + Duration::from_micros(-view.elapsed.as_micros()));
            Outcome::Held { answer: says("it failed five times in a row"), until }
        }
    };
    (takes, Some(contact), outcome)
}
