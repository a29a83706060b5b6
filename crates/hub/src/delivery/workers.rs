//! Delivery workers: slots for pages and slots for notices, so that notices never keep a page waiting.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use wheelhouse_core::catalog::Contact;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::{ContactKind, Lane};
use wheelhouse_core::time::Timestamp;

use super::{Channels, Outgoing};

/// Sends messages side by side. Cloning shares the slots.
///
/// Whoever claims messages asks for free slots first and claims no more than there are.
#[derive(Clone, Debug)]
pub struct Workers {
    channels: Channels,
    runtime: Handle,
    pages: Slots,
    notices: Slots,
}

#[derive(Clone, Debug)]
struct Slots {
    free: Arc<Semaphore>,
    count: u32,
}

impl Workers {
    /// Makes workers for `pages` pages and `notices` notices at a time, at least one each. They run
    /// on `runtime`, from whatever thread they are handed messages.
    pub fn new(channels: Channels, pages: u16, notices: u16, runtime: Handle) -> Self {
        Self { channels, runtime, pages: Slots::new(pages), notices: Slots::new(notices) }
    }

    /// How many pages could be taken now.
    pub fn free_pages(&self) -> usize {
        self.pages.free.available_permits()
    }

    /// How many notices could be taken now.
    pub fn free_notices(&self) -> usize {
        self.notices.free.available_permits()
    }

    /// Whether an attempt with this contact would start at once. A message that would only wait
    /// for its destination is better claimed later: it would hold a slot meanwhile.
    pub fn has_room(&self, lane: Lane, contact: &Contact) -> bool {
        self.channels.has_room(lane, contact)
    }

    /// Makes one attempt at `now` and hands the result to `on_done`: kind of contact, outcome,
    /// and whether it was a repeat. The slot is free again before `on_done` is called, which
    /// happens exactly once, even if the channel panics. Without a free slot the attempt waits for one.
    pub fn spawn<F>(&self, outgoing: Outgoing, now: Timestamp, on_done: F)
    where
        F: FnOnce(Option<ContactKind>, Outcome, bool) + Send + 'static,
    {
        let slots = match outgoing.lane {
            Lane::Page => &self.pages,
            Lane::Notice => &self.notices,
        };
        // Taken here rather than in the task, so that the slot counts as used on return.
        let taken = Arc::clone(&slots.free).try_acquire_owned().ok();
        let free = Arc::clone(&slots.free);
        let channels = self.channels.clone();
        self.runtime.spawn(async move {
            let slot = match taken {
                Some(slot) => Some(slot),
                None => free.acquire_owned().await.ok(),
            };
            let attempt = AssertUnwindSafe(channels.send(&outgoing, now)).catch_unwind().await;
            let (contact, outcome) = attempt.unwrap_or_else(|_| {
                tracing::error!(message = %outgoing.id, "sending a message panicked");
                let answer = "a fault inside the hub; its log says more".to_owned();
                (ContactKind::from(&outgoing.contact), Outcome::Failed { answer, permanent: false })
            });
            drop(slot);
            on_done(Some(contact), outcome, outgoing.repeated);
        });
    }

    /// Waits until no attempt is under way. For shutting down, after the last message was handed over.
    pub async fn settled(&self) {
        for slots in [&self.pages, &self.notices] {
            drop(slots.free.acquire_many(slots.count).await);
        }
    }
}

impl Slots {
    fn new(count: u16) -> Self {
        let count = count.max(1);
        Self { free: Arc::new(Semaphore::new(usize::from(count))), count: u32::from(count) }
    }
}
