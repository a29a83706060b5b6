//! The changes told last: what a new case is compared with.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;

use super::{Change, WINDOW};
use crate::name::ServiceName;
use crate::record::Hash;
use crate::time::Timestamp;

/// How many changes are kept in memory: those told last.
pub const MOST_KEPT: usize = 10_000;

/// The changes told last.
#[derive(Clone, Debug, Default)]
pub struct RecentChanges {
    by_number: BTreeMap<u64, Arc<Change>>,
    by_service: BTreeMap<ServiceName, BTreeSet<(Timestamp, u64)>>,
    by_key: BTreeMap<Hash, u64>,
}

impl RecentChanges {
    /// The change that was told under a key, if it is among those kept.
    pub fn told_under(&self, key: &Hash) -> Option<&Arc<Change>> {
        self.by_key.get(key).and_then(|number| self.by_number.get(number))
    }

    /// One by its number.
    pub fn get(&self, number: u64) -> Option<&Arc<Change>> {
        self.by_number.get(&number)
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.by_number.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    /// The last change of a service at `until` or at most [`WINDOW`] before; drill or real.
    pub fn last_before(&self, service: &ServiceName, until: Timestamp, drill: bool) -> Option<&Arc<Change>> {
        let times = self.by_service.get(service)?;
        let within = times.range((until - WINDOW, 0)..=(until, u64::MAX)).rev();
        within.filter_map(|(_, number)| self.by_number.get(number)).find(|change| change.drill == drill)
    }

    /// Takes a change in; the one told longest ago goes where there are too many.
    pub(crate) fn insert(&mut self, change: Change) {
        if let Some(service) = &change.service {
            self.by_service.entry(service.clone()).or_default().insert((change.at, change.number));
        }
        if let Some(key) = change.key {
            self.by_key.insert(key, change.number);
        }
        self.by_number.insert(change.number, Arc::new(change));
        while self.by_number.len() > MOST_KEPT {
            let Some((_, old)) = self.by_number.pop_first() else { return };
            self.forget(&old);
        }
    }

    fn forget(&mut self, old: &Change) {
        if let Some(service) = &old.service
            && let Some(times) = self.by_service.get_mut(service)
        {
            times.remove(&(old.at, old.number));
            if times.is_empty() {
                self.by_service.remove(service);
            }
        }
        if let Some(key) = old.key.filter(|key| self.by_key.get(key) == Some(&old.number)) {
            self.by_key.remove(&key);
        }
    }
}
