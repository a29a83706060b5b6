//! Handing messages to delivery once the commit that claims them is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wheelhouse_core::World;
use wheelhouse_core::case::{Case, MessageId};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::notify::{Lane, Message};
use wheelhouse_core::time::Timestamp;

/// A message for delivery, with what its text is made of.
#[derive(Clone)]
pub struct Dispatch {
    /// The message.
    pub message: Message,
    /// Its case as committed.
    pub case: Case,
    /// The catalog that names its recipient's contacts.
    pub catalog: Arc<Catalog>,
    /// Whether it may have been sent before a crash.
    pub repeated: bool,
}

/// What carries messages out; it reports each one's outcome to the writer as a command.
pub trait Dispatcher: Send {
    /// How many more pages it can take now.
    fn free_pages(&self) -> usize;
    /// How many more notices it can take now.
    fn free_notices(&self) -> usize;
    /// Takes a message.
    fn dispatch(&self, dispatch: Dispatch);
}

/// Which messages are with delivery, and which may have been when the hub last stopped.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    sent: BTreeSet<MessageId>,
    doubtful: BTreeSet<MessageId>,
}

impl InFlight {
    /// After a start: messages claimed before it may have been sent.
    pub(super) fn after_start(claimed: impl IntoIterator<Item = MessageId>) -> Self {
        Self { sent: BTreeSet::new(), doubtful: claimed.into_iter().collect() }
    }

    /// The messages to hand over at `now`: as many as there are free places, pages first.
    pub(super) fn choose(&self, world: &World, now: Timestamp, dispatcher: &dyn Dispatcher) -> Vec<MessageId> {
        let mut free =
            BTreeMap::from([(Lane::Page, dispatcher.free_pages()), (Lane::Notice, dispatcher.free_notices())]);
        let mut chosen = Vec::new();
        if free.values().all(|free| *free == 0) {
            return chosen;
        }
        for message in world.messages_due(now).filter(|message| !self.sent.contains(&message.id)) {
            if let Some(places) = free.get_mut(&message.purpose.lane()).filter(|places| **places > 0) {
                *places -= 1;
                chosen.push(message.id);
            }
            if free.values().all(|free| *free == 0) {
                break;
            }
        }
        chosen
    }

    /// Notes that a message is with delivery; says whether it may have been sent before.
    pub(super) fn hand_over(&mut self, id: MessageId) -> bool {
        self.sent.insert(id);
        self.doubtful.remove(&id)
    }

    /// Notes that delivery has reported messages, and that what it reported is durable.
    pub(super) fn reported(&mut self, messages: &[MessageId]) {
        for id in messages {
            self.sent.remove(id);
        }
    }

    /// Whether a message is with delivery.
    pub(super) fn holds(&self, id: MessageId) -> bool {
        self.sent.contains(&id)
    }
}
