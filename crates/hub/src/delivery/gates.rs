//! The gates of every destination, and what waits in front of them.
//!
//! This is the memory of the shell, not of the record: after a start every gate is open. What it
//! keeps from going out is still in the world, and shown with the reason and the instant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wheelhouse_core::case::MessageId;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::Lane;
use wheelhouse_core::time::{Duration, Timestamp};

use super::gate::{Because, Breaker, Gate, Health, Wait};

/// How many destinations are remembered before idle ones are forgotten.
const MANY: usize = 1_000;

/// The gates of every destination. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Gates(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    gates: BTreeMap<Arc<str>, Entry>,
    waiting: BTreeMap<MessageId, (Arc<str>, Wait)>,
    /// Grows whenever something that waits might go.
    generation: u64,
}

#[derive(Debug)]
struct Entry {
    gate: Gate,
    accepted: u64,
    failed: u64,
    last: Option<(Timestamp, Arc<str>)>,
}

/// A destination: what attempts have in common, and what is held back together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its name: `mail.example.org:587`, `channel sms`.
    pub name: Arc<str>,
    /// How many messages a minute it takes.
    pub per_minute: u32,
    /// How many attempts may be under way at a time, per lane.
    pub at_once: usize,
}

/// How a destination stands, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub destination: Arc<str>,
    /// How its breaker stands.
    pub breaker: Breaker,
    /// How many messages wait for it.
    pub waiting: usize,
    /// How many messages it has accepted since the start.
    pub accepted: u64,
    /// How many attempts have failed since the start.
    pub failed: u64,
    /// When it was last heard of, and what it said.
    pub last: Option<(Timestamp, Arc<str>)>,
}

/// Why a message waits, for people: `mail.example.org:25 failed 5 times in a row, next try 03:14:10 UTC`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// For which destination.
    pub destination: Arc<str>,
    /// Why, and until when at most.
    pub wait: Wait,
}

impl Gates {
    /// Whether a message may go to a destination at `now`, and how the destination's breaker stands. Whoever
    /// sends it then says so with [`Gates::pass`]; a message for which there is no room costs nothing.
    ///
    /// # Errors
    /// Says why it waits.
    pub fn ask(
        &self,
        id: MessageId,
        to: &Destination,
        lane: Lane,
        last_way: bool,
        now: Timestamp,
    ) -> Result<Breaker, Wait> {
        let mut memory = self.memory();
        let gate = &memory.entry(to, now).gate;
        match gate.ask(lane, last_way, now) {
            Ok(()) => Ok(gate.breaker()),
            Err(wait) => {
                memory.waiting.insert(id, (to.name.clone(), wait));
                Err(wait)
            }
        }
    }

    /// Notes that a message goes to a destination that was asked about.
    pub fn pass(&self, destination: &str, now: Timestamp) {
        if let Some(entry) = self.memory().gates.get_mut(destination) {
            entry.gate.pass(now);
        }
    }

    /// Notes how an attempt went, and for how long the destination asked to be left alone.
    pub fn heard(&self, to: &Destination, health: Health, outcome: &Outcome, later: Option<Duration>, now: Timestamp) {
        let mut memory = self.memory();
        let entry = memory.entry(to, now);
        let before = entry.gate.breaker();
        entry.gate.heard(health, now);
        if let Some(later) = later {
            entry.gate.asked_to_wait(later, now);
        }
        if matches!(outcome, Outcome::Accepted { .. }) {
            entry.accepted += 1;
        } else {
            entry.failed += 1;
        }
        entry.last = Some((now, outcome.answer().into()));
        let after = entry.gate.breaker();
        say(&to.name, before, after);
        if matches!(before, Breaker::Resting { .. } | Breaker::Probing { .. }) && before != after {
            memory.generation += 1;
        }
        if memory.gates.len() > MANY {
            memory.gates.retain(|_, entry| !entry.gate.is_idle(now));
        }
    }

    /// Forgets what waited, but for these.
    pub fn keep_waiting(&self, waiting: &BTreeSet<MessageId>) {
        self.memory().waiting.retain(|id, _| waiting.contains(id));
    }

    /// Why a message waits, if it does.
    pub fn waiting(&self, id: MessageId) -> Option<Waiting> {
        let memory = self.memory();
        memory.waiting.get(&id).map(|(destination, wait)| Waiting { destination: destination.clone(), wait: *wait })
    }

    /// A number that grows whenever something that waits might go.
    pub fn generation(&self) -> u64 {
        self.memory().generation
    }

    /// Every destination that was heard of, by name.
    pub fn standings(&self) -> Vec<Standing> {
        let memory = self.memory();
        let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
        for (destination, _) in memory.waiting.values() {
            *waiting.entry(destination).or_default() += 1;
        }
        let standing = |(name, entry): (&Arc<str>, &Entry)| Standing {
            destination: name.clone(),
            breaker: entry.gate.breaker(),
            waiting: waiting.get(&**name).copied().unwrap_or(0),
            accepted: entry.accepted,
            failed: entry.failed,
            last: entry.last.clone(),
        };
        memory.gates.iter().map(standing).collect()
    }

    /// How many destinations are left alone, and how many messages wait.
    pub fn counts(&self) -> (usize, usize) {
        let memory = self.memory();
        let resting = memory.gates.values().filter(|entry| !matches!(entry.gate.breaker(), Breaker::Open { .. }));
        (resting.count(), memory.waiting.len())
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn entry(&mut self, to: &Destination, now: Timestamp) -> &mut Entry {
        let entry = self.gates.entry(to.name.clone()).or_insert_with(|| Entry {
            gate: Gate::new(to.per_minute, now),
            accepted: 0,
            failed: 0,
            last: None,
        });
        entry.gate.set_rate(to.per_minute, now);
        entry
    }
}

impl Waiting {
    /// Whether the destination fails, rather than being busy.
    pub const fn fails(&self) -> bool {
        !matches!(self.wait.because, Because::Rate)
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { destination, wait } = self;
        // People wait in seconds.
        let until = Timestamp::from_micros(wait.until.as_micros() - wait.until.as_micros().rem_euclid(1_000_000));
        match wait.because {
            Because::Fails(times) => {
                write!(f, "{destination} failed {times} times in a row, next try at {until}")
            }
            Because::Probed(times) => write!(f, "{destination} failed {times} times in a row, and is being tried now"),
            Because::Asked => write!(f, "{destination} asked to be left alone until {until}"),
            Because::Rate => write!(f, "{destination} takes no more messages a minute, next one at {until}"),
        }
    }
}

/// The log hears when a destination begins to fail and when it works again, not of every attempt.
fn say(destination: &str, before: Breaker, after: Breaker) {
    match (before, after) {
        (Breaker::Open { .. }, Breaker::Resting { failures, until, .. }) => {
            tracing::warn!(destination, failures, %until, "a destination fails; it is left alone for a while");
        }
        (Breaker::Resting { .. } | Breaker::Probing { .. }, Breaker::Open { .. }) => {
            tracing::info!(destination, "a destination works again");
        }
        _ => {}
    }
}
