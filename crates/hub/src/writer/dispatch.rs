//! Handing messages to delivery once the commit that claims them is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use wheelhouse_core::World;
use wheelhouse_core::case::{Case, MessageId};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::notify::{Lane, Message};
use wheelhouse_core::time::{Duration, Timestamp};

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

/// Whether a message may be handed over.
#[derive(Clone, Debug)]
pub enum Admission {
    /// It may, to this destination, to which so many may be under way in each lane.
    Go {
        /// What messages to the same place have in common.
        destination: Arc<str>,
        /// How many may be with delivery at a time, per lane.
        most: usize,
    },
    /// It waits for its destination until then at most; the dispatcher can say why.
    Waits {
        /// Until when.
        until: Timestamp,
    },
    /// Its channel fails, and it must not wait: the dispatcher reports it as not tried.
    Refused,
}

/// What carries messages out; it reports each one's outcome to the writer as a command.
pub trait Dispatcher: Send {
    /// How many more pages it can take now.
    fn free_pages(&self) -> usize;
    /// How many more notices it can take now.
    fn free_notices(&self) -> usize;
    /// Takes a message.
    fn dispatch(&self, dispatch: Dispatch);
    /// Whether a message may go at `now`.
    fn admit(&self, _message: &Message, _catalog: &Catalog, _now: Timestamp) -> Admission {
        Admission::Go { destination: "".into(), most: usize::MAX }
    }
    /// Notes that a message that may go does, to this destination: there was room for it.
    fn passes(&self, _destination: &str, _now: Timestamp) {}
    /// A number that grows whenever messages that wait might go earlier than was said.
    fn generation(&self) -> u64 {
        0
    }
    /// Keeps what waits now, for whoever asks; all that does, or some of it more.
    fn keep_waiting(&self, _waiting: &BTreeSet<MessageId>, _all: bool) {}
}

/// How many messages to busy destinations are passed over in one look, so that a long queue in front
/// of one slow place does not cost more than it is worth.
const MOST_PASSED_OVER: usize = 512;

/// Which messages are with delivery, and which may have been when the hub last stopped.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    sent: BTreeMap<MessageId, Option<Place>>,
    doubtful: BTreeSet<MessageId>,
    /// Where the messages chosen last go, until they are handed over.
    chosen: BTreeMap<MessageId, Place>,
    /// How many are with delivery, or chosen.
    busy: BTreeMap<Place, usize>,
    /// Until when messages wait for their destinations.
    held: BTreeMap<MessageId, Timestamp>,
    generation: u64,
    /// Until when no look is needed unless something changes.
    quiet_until: Option<Timestamp>,
}

type Place = (Lane, Arc<str>);

impl InFlight {
    /// After a start: messages claimed before it may have been sent.
    pub(super) fn after_start(claimed: impl IntoIterator<Item = MessageId>) -> Self {
        Self { doubtful: claimed.into_iter().collect(), ..Self::default() }
    }

    /// The messages to hand over at `now`: as many as there are free places and open gates, pages
    /// first. `changed` says that messages were decided or changed since the last look.
    pub(super) fn choose(
        &mut self,
        world: &World,
        now: Timestamp,
        dispatcher: &dyn Dispatcher,
        changed: bool,
    ) -> Vec<MessageId> {
        let mut free =
            BTreeMap::from([(Lane::Page, dispatcher.free_pages()), (Lane::Notice, dispatcher.free_notices())]);
        let generation = dispatcher.generation();
        if generation != self.generation {
            (self.generation, self.quiet_until) = (generation, None);
            self.held.clear();
        }
        if changed {
            self.quiet_until = None;
        }
        if free.values().all(|free| *free == 0) || self.quiet_until.is_some_and(|until| now < until) {
            return Vec::new();
        }
        let Some(catalog) = world.catalog() else { return Vec::new() };
        self.forget_chosen();
        let (mut chosen, mut passed_over, mut waiting, mut all) = (Vec::new(), 0, BTreeSet::new(), true);
        for message in world.messages_due(now) {
            if self.sent.contains_key(&message.id) {
                continue;
            }
            let lane = message.purpose.lane();
            let Some(places) = free.get_mut(&lane).filter(|places| **places > 0) else {
                all = false;
                if lane == Lane::Notice { break } else { continue }
            };
            if self.held.get(&message.id).is_some_and(|until| now < *until) {
                waiting.insert(message.id);
                continue;
            }
            match self.look(message, catalog, now, dispatcher) {
                Look::Goes => {
                    *places -= 1;
                    chosen.push(message.id);
                }
                Look::Waits => {
                    waiting.insert(message.id);
                }
                Look::Busy => passed_over += 1,
                Look::Reported => {}
            }
            if passed_over > MOST_PASSED_OVER {
                all = false;
                break;
            }
        }
        if all {
            self.held.retain(|id, _| waiting.contains(id));
        }
        dispatcher.keep_waiting(&waiting, all);
        let next = self.held.values().copied().min().into_iter().chain(world.next_message_at(now)).min();
        self.quiet_until = all.then(|| next.unwrap_or(Timestamp::MAX));
        chosen
    }

    /// When a message that waits for its destination is next looked at; nothing is to be handed over
    /// before unless something changes. Absent where it is not known that nothing is.
    pub(super) fn quiet_until(&self, dispatcher: &dyn Dispatcher) -> Option<Timestamp> {
        self.quiet_until.filter(|_| self.generation == dispatcher.generation())
    }

    /// Until when the first of the messages that wait for their destinations waits, after `now`.
    pub(super) fn held_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.held.values().copied().filter(|until| now < *until).min()
    }

    /// Notes that a message is with delivery; says whether it may have been sent before.
    pub(super) fn hand_over(&mut self, id: MessageId) -> bool {
        let place = self.chosen.remove(&id);
        self.sent.insert(id, place);
        self.doubtful.remove(&id)
    }

    /// Notes that delivery has reported messages, and that what it reported is durable.
    pub(super) fn reported(&mut self, messages: &[MessageId]) {
        for id in messages {
            if let Some(Some(place)) = self.sent.remove(id) {
                self.leave(&place);
            }
            self.quiet_until = None;
        }
    }

    /// Whether a message is with delivery, or waits for its destination at `now`.
    pub(super) fn holds(&self, id: MessageId, now: Timestamp) -> bool {
        self.sent.contains_key(&id) || self.held.get(&id).is_some_and(|until| now < *until)
    }

    /// Looks at everything afresh the next time: the world was loaded again.
    pub(super) fn look_again(&mut self) {
        self.quiet_until = None;
        self.held.clear();
    }

    fn look(&mut self, message: &Message, catalog: &Catalog, now: Timestamp, dispatcher: &dyn Dispatcher) -> Look {
        let lane = message.purpose.lane();
        match admit_safely(message, catalog, now, dispatcher) {
            Admission::Go { destination, most } => {
                let place = (lane, destination);
                let busy = self.busy.entry(place.clone()).or_default();
                if *busy >= most {
                    return Look::Busy;
                }
                *busy += 1;
                dispatcher.passes(&place.1, now);
                self.chosen.insert(message.id, place);
                Look::Goes
            }
            Admission::Waits { until } => {
                self.held.insert(message.id, until);
                Look::Waits
            }
            Admission::Refused => {
                self.sent.insert(message.id, None);
                Look::Reported
            }
        }
    }

    /// What was chosen and not handed over was not committed.
    fn forget_chosen(&mut self) {
        for (_, place) in std::mem::take(&mut self.chosen) {
            self.leave(&place);
        }
    }

    fn leave(&mut self, place: &Place) {
        if let Some(count) = self.busy.get_mut(place) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.busy.remove(place);
            }
        }
    }
}

/// Asks whether a message may go. One about which that cannot be said waits, and stops nobody.
fn admit_safely(message: &Message, catalog: &Catalog, now: Timestamp, dispatcher: &dyn Dispatcher) -> Admission {
    let admitted = catch_unwind(AssertUnwindSafe(|| dispatcher.admit(message, catalog, now)));
    admitted.unwrap_or_else(|_| {
        tracing::error!(message = %message.id, "whether a message may go made the hub stumble; it waits a minute");
        Admission::Waits { until: now + Duration::from_minutes(1) }
    })
}

/// What one look at a message came to.
enum Look {
    Goes,
    Waits,
    Busy,
    Reported,
}
