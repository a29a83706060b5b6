//! How many attempts may be under way to one destination at a time, per lane: notices to a slow
//! destination never keep a page to it waiting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wheelhouse_core::notify::Lane;

type Busy = BTreeMap<(Lane, String), Arc<Semaphore>>;

/// Places at destinations. Only destinations in use are remembered.
#[derive(Clone, Debug)]
pub(super) struct Places {
    at_once: usize,
    busy: Arc<Mutex<Busy>>,
}

/// A place at a destination, given back when dropped.
pub(super) struct Place {
    key: (Lane, String),
    busy: Arc<Mutex<Busy>>,
    semaphore: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Places {
    /// Allows `at_once` attempts per lane and destination; at least one.
    pub(super) fn new(at_once: usize) -> Self {
        Self { at_once: at_once.max(1), busy: Arc::default() }
    }

    /// Waits for a place at a destination, in order of arrival.
    pub(super) async fn take(&self, lane: Lane, destination: &str) -> Place {
        let key = (lane, destination.to_owned());
        let semaphore = {
            let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(busy.entry(key.clone()).or_insert_with(|| Arc::new(Semaphore::new(self.at_once))))
        };
        // From here on the place exists, so that a cancelled wait is forgotten as well.
        let mut place = Place { key, busy: Arc::clone(&self.busy), semaphore, permit: None };
        place.permit = Arc::clone(&place.semaphore).acquire_owned().await.ok();
        place
    }

    /// Whether a place is free.
    pub(super) fn has_room(&self, lane: Lane, destination: &str) -> bool {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.get(&(lane, destination.to_owned())).is_none_or(|places| places.available_permits() > 0)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        self.permit = None;
        // The table holds one reference and this place the other: nobody else uses or awaits it.
        if Arc::strong_count(&self.semaphore) <= 2 {
            busy.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[tokio::test]
    async fn a_full_destination_keeps_only_its_own_lane_waiting_and_is_forgotten_afterwards() {
        let places = Places::new(1);
        let first = places.take(Lane::Notice, "a").await;
        assert!(!places.has_room(Lane::Notice, "a"));
        assert!(places.has_room(Lane::Page, "a") && places.has_room(Lane::Notice, "b"));
        let page = places.take(Lane::Page, "a").await;
        let waiting = tokio::spawn({
            let places = places.clone();
            async move { places.take(Lane::Notice, "a").await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        let second = waiting.await.unwrap();
        assert!(!places.has_room(Lane::Notice, "a"));
        drop((second, page));
        assert!(places.busy.lock().unwrap().is_empty());
    }
}
