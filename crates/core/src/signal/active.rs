//! The signals that are firing now, found by identity, by case, by service and by the
//! instant they expire.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use core::borrow::Borrow;

use hashbrown::HashTable;

use super::{Signal, SignalNumber};
use crate::case::CaseId;
use crate::name::SourceName;
use crate::silence::SilenceId;
use crate::time::Timestamp;

/// The label that names a service.
const SERVICE: &str = "service";

/// A signal that is firing.
#[derive(Clone, Debug)]
pub struct Active {
    /// The signal as last told.
    pub signal: Arc<Signal>,
    /// The hash of its identity.
    pub identity_hash: u64,
    /// The case it belongs to; absent while it is silenced.
    pub case: Option<CaseId>,
    /// The silence that holds it back, where it belongs to no case.
    pub silence: Option<SilenceId>,
    /// When the hub last heard it.
    pub heard_at: Timestamp,
    /// When it expires unless told again; never where absent.
    pub until: Option<Timestamp>,
}

/// Every firing signal of an organisation.
#[derive(Clone, Debug, Default)]
pub struct ActiveSignals {
    /// Boxed: numbers only grow, which leaves the nodes of a tree half empty, and what is in them is what that costs.
    by_number: BTreeMap<SignalNumber, Box<Active>>,
    by_identity: HashTable<(u64, SignalNumber)>,
    by_case: BTreeMap<CaseId, BTreeSet<SignalNumber>>,
    by_silence: BTreeMap<SilenceId, BTreeSet<SignalNumber>>,
    by_service: BTreeMap<Box<str>, BTreeSet<SignalNumber>>,
    by_end: BTreeMap<SourceName, BTreeSet<(Timestamp, SignalNumber)>>,
}

impl ActiveSignals {
    /// How many are firing.
    pub fn len(&self) -> usize {
        self.by_number.len()
    }

    /// Whether none is firing.
    pub fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    /// One by its number.
    pub fn get(&self, number: SignalNumber) -> Option<&Active> {
        self.by_number.get(&number).map(|active| &**active)
    }

    /// The firing signal that `signal` tells again, found by its whole identity.
    pub fn find(&self, identity_hash: u64, signal: &Signal) -> Option<(SignalNumber, &Active)> {
        let found = self.by_identity.find(identity_hash, |(hash, number)| {
            *hash == identity_hash && self.by_number.get(number).is_some_and(|active| active.signal.is_same(signal))
        })?;
        self.by_number.get(&found.1).map(|active| (found.1, &**active))
    }

    /// Firing signals from `after` (exclusive) on, in the order first seen.
    pub fn after(&self, after: SignalNumber) -> impl Iterator<Item = (SignalNumber, &Active)> {
        self.by_number.range(SignalNumber(after.0.saturating_add(1))..).map(|(number, active)| (*number, &**active))
    }

    /// The firing signals of a case, in the order first seen.
    pub fn of_case(&self, case: CaseId) -> impl Iterator<Item = (SignalNumber, &Active)> {
        let numbers = self.by_case.get(&case).into_iter().flatten();
        numbers.filter_map(|number| self.by_number.get(number).map(|active| (*number, &**active)))
    }

    /// The firing signals whose label `service` is `name`, from `after` (exclusive) on, in the order first seen.
    pub fn labelled(&self, name: &str, after: SignalNumber) -> impl Iterator<Item = (SignalNumber, &Active)> {
        let numbers = self.by_service.get(name).into_iter();
        numbers
            .flat_map(move |numbers| numbers.range(SignalNumber(after.0.saturating_add(1))..))
            .filter_map(|number| self.by_number.get(number).map(|active| (*number, &**active)))
    }

    /// The firing signals that a silence holds back, in the order first seen.
    pub fn held_by(&self, silence: SilenceId) -> impl Iterator<Item = (SignalNumber, &Active)> {
        let numbers = self.by_silence.get(&silence).into_iter().flatten();
        numbers.filter_map(|number| self.by_number.get(number).map(|active| (*number, &**active)))
    }

    /// The silences that hold signals back.
    pub fn holding_silences(&self) -> impl Iterator<Item = SilenceId> {
        self.by_silence.keys().copied()
    }

    /// Sources with signals that end by themselves.
    pub fn sources_with_ends(&self) -> impl Iterator<Item = &SourceName> {
        self.by_end.keys()
    }

    /// The signals of one source in the order in which they end unless told again, soonest first.
    pub fn ending(&self, source: &SourceName) -> impl Iterator<Item = (Timestamp, SignalNumber)> {
        self.by_end.get(source).into_iter().flatten().copied()
    }

    /// Takes in a signal that started firing.
    pub(crate) fn insert(&mut self, number: SignalNumber, active: Active) {
        self.by_identity.insert_unique(active.identity_hash, (active.identity_hash, number), |(hash, _)| *hash);
        self.place(number, active.case, active.silence);
        if let Some(service) = active.signal.labels.get(SERVICE) {
            match self.by_service.get_mut(service) {
                Some(numbers) => _ = numbers.insert(number),
                None => _ = self.by_service.insert(service.into(), BTreeSet::from([number])),
            }
        }
        if let Some(until) = active.until {
            self.by_end.entry(active.signal.source.clone()).or_default().insert((until, number));
        }
        self.by_number.insert(number, Box::new(active));
    }

    /// Notes that a signal was told again; `signal` replaces what was known where it differs.
    pub(crate) fn heard(
        &mut self,
        number: SignalNumber,
        at: Timestamp,
        until: Option<Timestamp>,
        signal: &Arc<Signal>,
    ) {
        let Some(active) = self.by_number.get_mut(&number) else {
            return;
        };
        active.heard_at = at;
        if active.until != until {
            let ends = self.by_end.entry(active.signal.source.clone()).or_default();
            if let Some(old) = active.until {
                ends.remove(&(old, number));
            }
            if let Some(new) = until {
                ends.insert((new, number));
            }
            active.until = until;
        }
        if active.signal.annotations != signal.annotations || active.signal.url != signal.url {
            let started_at = active.signal.started_at.min(signal.started_at);
            active.signal = Arc::new(Signal { started_at, ..(**signal).clone() });
        }
    }

    /// Gives a signal another place: a case, or a silence that holds it back.
    pub(crate) fn move_to(&mut self, number: SignalNumber, case: Option<CaseId>, silence: Option<SilenceId>) {
        let Some(active) = self.by_number.get_mut(&number) else {
            return;
        };
        let before = (active.case, active.silence);
        (active.case, active.silence) = (case, silence);
        self.displace(number, before.0, before.1);
        self.place(number, case, silence);
    }

    fn place(&mut self, number: SignalNumber, case: Option<CaseId>, silence: Option<SilenceId>) {
        if let Some(case) = case {
            self.by_case.entry(case).or_default().insert(number);
        }
        if let Some(silence) = silence {
            self.by_silence.entry(silence).or_default().insert(number);
        }
    }

    fn displace(&mut self, number: SignalNumber, case: Option<CaseId>, silence: Option<SilenceId>) {
        if let Some(case) = case {
            leave(&mut self.by_case, &case, number);
        }
        if let Some(silence) = silence {
            leave(&mut self.by_silence, &silence, number);
        }
    }

    /// Lets go of a signal that stopped firing.
    pub(crate) fn remove(&mut self, number: SignalNumber) -> Option<Active> {
        let active = self.by_number.remove(&number)?;
        if let Ok(entry) = self.by_identity.find_entry(active.identity_hash, |(_, known)| *known == number) {
            entry.remove();
        }
        self.displace(number, active.case, active.silence);
        if let Some(service) = active.signal.labels.get(SERVICE) {
            leave(&mut self.by_service, service, number);
        }
        if let (Some(until), Some(ends)) = (active.until, self.by_end.get_mut(&active.signal.source)) {
            ends.remove(&(until, number));
            if ends.is_empty() {
                self.by_end.remove(&active.signal.source);
            }
        }
        Some(*active)
    }
}

/// Takes a number out of the set of a key, and the key away with the last one.
fn leave<K: Ord + Borrow<Q>, Q: Ord + ?Sized>(
    sets: &mut BTreeMap<K, BTreeSet<SignalNumber>>,
    key: &Q,
    number: SignalNumber,
) {
    let Some(numbers) = sets.get_mut(key) else { return };
    numbers.remove(&number);
    if numbers.is_empty() {
        sets.remove(key);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::vec::Vec;

    use super::*;
    use crate::case::{CaseKind, Urgency};
    use crate::signal::{Adapter, Status};

    #[test]
    fn signals_are_found_by_the_label_that_names_a_service_while_they_fire() {
        let active = |service: &str| {
            let signal = Signal {
                source: SourceName::new("prometheus").unwrap(),
                adapter: Adapter::Alertmanager,
                drill: false,
                labels: [("service", service)].into_iter().filter(|(_, name)| !name.is_empty()).collect(),
                annotations: Default::default(),
                url: "".into(),
                urgency: Urgency::Error,
                started_at: Timestamp::EPOCH,
                status: Status::Firing { until: None },
            };
            Active {
                identity_hash: signal.identity_hash(),
                signal: Arc::new(signal),
                case: Some(CaseId { kind: CaseKind::Incident, number: 1 }),
                silence: None,
                heard_at: Timestamp::EPOCH,
                until: None,
            }
        };
        let mut signals = ActiveSignals::default();
        for (number, service) in [(1, "ledger"), (2, "portal"), (3, "ledger"), (4, "")] {
            signals.insert(SignalNumber(number), active(service));
        }
        let numbers = |signals: &ActiveSignals, name: &str, after: u64| -> Vec<u64> {
            signals.labelled(name, SignalNumber(after)).map(|(number, _)| number.0).collect()
        };
        assert_eq!(numbers(&signals, "ledger", 0), [1, 3]);
        assert_eq!(numbers(&signals, "ledger", 1), [3]);
        assert!(numbers(&signals, "", 0).is_empty());
        for number in 1..=4 {
            signals.remove(SignalNumber(number));
        }
        assert!(numbers(&signals, "ledger", 0).is_empty());
        assert!(signals.by_service.is_empty() && signals.is_empty());
    }
}
