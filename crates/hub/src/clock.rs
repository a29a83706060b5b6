//! The one place where the hub reads a clock.

use std::time::{Duration as StdDuration, Instant, SystemTime, UNIX_EPOCH};

use wheelhouse_core::time::{Duration, Timestamp};

/// How far the wall clock may run ahead of the steady one between two looks before silence stops
/// counting: a jump must not look like a recovery of the world.
const JUMP: Duration = Duration::from_seconds(30);

/// Tells the present instant, never going back, and notices when the wall clock jumps.
#[derive(Debug)]
pub struct Clock {
    last: Timestamp,
    looked: Option<(Instant, Timestamp)>,
}

/// One look at the clock.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The present instant, not before any told earlier.
    pub now: Timestamp,
    /// Whether the wall clock jumped forward since the last look.
    pub jumped: bool,
}

impl Clock {
    /// A clock that tells nothing before `last`: the instant of the record's last entry.
    pub fn after(last: Timestamp) -> Self {
        Self { last, looked: None }
    }

    /// Looks at the clock.
    pub fn look(&mut self) -> Look {
        let (steady, wall) = (steady_now(), wall_now());
        let jumped = self.looked.is_some_and(|(then, told)| {
            let passed = i64::try_from(steady.duration_since(then).as_micros()).unwrap_or(i64::MAX);
            wall.since(told) > Duration::from_micros(passed) + JUMP
        });
        self.looked = Some((steady, wall));
        self.last = self.last.max(wall);
        Look { now: self.last, jumped }
    }
}

/// The wall clock, for work that is not ordered by the writer: expiry of links, requests' times.
#[expect(clippy::disallowed_methods, reason = "this is the one place where the wall clock is read")]
pub fn wall_now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

/// The steady clock, for measuring.
#[expect(clippy::disallowed_methods, reason = "this is the one place where the steady clock is read")]
pub fn steady_now() -> Instant {
    Instant::now()
}

/// How long to wait from `now` until `until`.
pub fn wait(now: Timestamp, until: Timestamp) -> StdDuration {
    StdDuration::from_micros(u64::try_from(until.since(now).as_micros()).unwrap_or(0))
}
