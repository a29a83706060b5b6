//! The gate in front of one destination: a circuit breaker and a rate limit.
//!
//! A pure state machine: what it says follows from what it was told and the instants given, so a test
//! can play any story. After several failures in a row the destination is left alone, each time for
//! longer, within bounds; then one message goes ahead, and what becomes of it decides. A page that has
//! no other way is never held by the breaker: it is worth the attempt, and serves as the probe.
//!
//! The rate limit is a bucket of messages that fills at a steady rate. Notices stop when it is empty.
//! Pages go on into a debt as large as the bucket, so no number of notices keeps a page waiting.

use wheelhouse_core::notify::Lane;
use wheelhouse_core::time::{Duration, Timestamp};

/// How many failures in a row close the gate.
pub const FAILURES: u32 = 5;
/// How long the gate is closed the first time.
pub const FIRST_REST: Duration = Duration::from_seconds(10);
/// How long the gate is closed at most.
pub const LONGEST_REST: Duration = Duration::from_minutes(5);
/// How long the outcome of a probe is waited for before another one goes.
pub const PROBE_PATIENCE: Duration = Duration::from_minutes(2);
/// The units of a message in the bucket: microseconds of a minute, so that nothing is rounded.
const MESSAGE: i64 = 60_000_000;

/// The gate in front of one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    breaker: Breaker,
    bucket: Bucket,
    /// Until when the destination itself asked to be left alone.
    asked_until: Option<Timestamp>,
}

/// What is known about how a destination does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answered, whatever it answered.
    Works,
    /// It could not be reached, did not answer, or said that it cannot.
    Fails,
    /// The attempt says nothing about it.
    Unheard,
}

/// How the breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaker {
    /// Messages pass.
    Open {
        /// Failures in a row so far.
        failures: u32,
    },
    /// The destination is left alone.
    Resting {
        /// Failures in a row.
        failures: u32,
        /// For how many times in a row.
        times: u32,
        /// Until when.
        until: Timestamp,
    },
    /// One message has gone ahead.
    Probing {
        /// Failures in a row.
        failures: u32,
        /// How many rests there were in a row.
        times: u32,
        /// Since when.
        since: Timestamp,
    },
}

/// Why a message waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The destination failed so often in a row.
    Fails(u32),
    /// A probe is under way.
    Probed(u32),
    /// The destination asked for it.
    Asked,
    /// More messages than its rate allows.
    Rate,
}

/// A message must wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Why.
    pub because: Because,
    /// Until when at most.
    pub until: Timestamp,
}

/// How many messages may pass.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bucket {
    per_minute: i64,
    size: i64,
    level: i64,
    at: Timestamp,
}

impl Gate {
    /// An open gate in front of a destination that takes so many messages a minute, at least one.
    pub fn new(per_minute: u32, now: Timestamp) -> Self {
        let per_minute = i64::from(per_minute.max(1));
        // A tenth of a minute's worth at once, and never less than ten: people are told in bursts.
        let size = (per_minute / 10).max(10.min(per_minute)) * MESSAGE;
        let bucket = Bucket { per_minute, size, level: size, at: now };
        Self { breaker: Breaker::Open { failures: 0 }, bucket, asked_until: None }
    }

    /// Whether a message may pass at `now`; changes nothing. `last_way` says that it is a page whose
    /// recipient has no further contact.
    ///
    /// # Errors
    /// Says why it waits, and until when.
    pub fn ask(&self, lane: Lane, last_way: bool, now: Timestamp) -> Result<(), Wait> {
        if !last_way {
            self.breaker_lets(now)?;
        }
        let pages_go = lane == Lane::Page && last_way;
        if let Some(until) = self.asked_until.filter(|until| now < *until && !pages_go) {
            return Err(Wait { because: Because::Asked, until });
        }
        self.bucket.lets(lane, now).map_err(|until| Wait { because: Because::Rate, until })
    }

    /// Notes that a message passes.
    pub fn pass(&mut self, now: Timestamp) {
        if let Breaker::Resting { failures, times, until } = self.breaker
            && now >= until
        {
            self.breaker = Breaker::Probing { failures, times, since: now };
        } else if let Breaker::Probing { since, .. } = &mut self.breaker
            && now >= *since + PROBE_PATIENCE
        {
            *since = now;
        }
        self.bucket.take(now);
    }

    /// Notes how the destination does, as an attempt showed.
    pub fn heard(&mut self, health: Health, now: Timestamp) {
        self.breaker = match (health, self.breaker) {
            // A probe that says nothing leaves the way to the next one.
            (Health::Unheard, Breaker::Probing { failures, times, .. }) => {
                Breaker::Resting { failures, times, until: now }
            }
            (Health::Unheard, breaker) => breaker,
            (Health::Works, _) => Breaker::Open { failures: 0 },
            (Health::Fails, Breaker::Open { failures }) if failures + 1 < FAILURES => {
                Breaker::Open { failures: failures + 1 }
            }
            (Health::Fails, Breaker::Open { failures }) => resting(failures.saturating_add(1), 1, now),
            (Health::Fails, Breaker::Probing { failures, times, .. }) => {
                resting(failures.saturating_add(1), times.saturating_add(1), now)
            }
            (Health::Fails, Breaker::Resting { failures, times, until }) => {
                Breaker::Resting { failures: failures.saturating_add(1), times, until }
            }
        };
    }

    /// Notes that the destination asked to be left alone for a while; bounded.
    pub fn asked_to_wait(&mut self, wait: Duration, now: Timestamp) {
        let wait = wait.min(LONGEST_REST);
        self.asked_until = Some(now + wait).max(self.asked_until);
    }

    /// Changes the rate, where the catalog did.
    pub fn set_rate(&mut self, per_minute: u32, now: Timestamp) {
        if self.bucket.per_minute != i64::from(per_minute.max(1)) {
            let fresh = Self::new(per_minute, now).bucket;
            self.bucket = Bucket { level: self.bucket.level_at(now).min(fresh.size), ..fresh };
        }
    }

    /// How the breaker stands.
    pub fn breaker(&self) -> Breaker {
        self.breaker
    }

    /// Whether there is nothing to remember: all is well and the bucket full.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.breaker == Breaker::Open { failures: 0 }
            && self.bucket.level_at(now) >= self.bucket.size
            && self.asked_until.is_none_or(|until| until <= now)
    }

    fn breaker_lets(&self, now: Timestamp) -> Result<(), Wait> {
        match self.breaker {
            Breaker::Resting { failures, until, .. } if now < until => {
                Err(Wait { because: Because::Fails(failures), until })
            }
            Breaker::Probing { failures, since, .. } if now < since + PROBE_PATIENCE => {
                Err(Wait { because: Because::Probed(failures), until: since + PROBE_PATIENCE })
            }
            _ => Ok(()),
        }
    }
}

fn resting(failures: u32, times: u32, now: Timestamp) -> Breaker {
    let doubled = FIRST_REST.times(1i64 << times.saturating_sub(1).min(10));
    Breaker::Resting { failures, times, until: now + doubled.min(LONGEST_REST) }
}

impl Bucket {
    fn level_at(&self, now: Timestamp) -> i64 {
        let passed = now.since(self.at).as_micros().max(0);
        self.level.saturating_add(passed.saturating_mul(self.per_minute)).min(self.size)
    }

    /// Whether a message may pass, or from when on.
    fn lets(&self, lane: Lane, now: Timestamp) -> Result<(), Timestamp> {
        let needed = match lane {
            Lane::Notice => MESSAGE,
            Lane::Page => MESSAGE - self.size,
        };
        let missing = needed - self.level_at(now);
        if missing <= 0 {
            return Ok(());
        }
        let micros = missing / self.per_minute + i64::from(missing % self.per_minute != 0);
        Err(now + Duration::from_micros(micros))
    }

    fn take(&mut self, now: Timestamp) {
        let level = self.level_at(now).saturating_sub(MESSAGE).max(-self.size);
        (self.level, self.at) = (level, now.max(self.at));
    }
}
