//! The one place of the crate that reads a clock.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The clocks that an execution is timed by; the caller's own where it has them.
pub trait Clock: Send + Sync {
    /// The instant, in microseconds since 1970; for `started_at` and `ended_at` only.
    fn wall_us(&self) -> i64;

    /// Time that only goes on, from an arbitrary beginning; for deadlines and offsets.
    fn steady(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn wall_us(&self) -> i64 {
        let now = clock_gettime(ClockId::Realtime);
        now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000)
    }

    fn steady(&self) -> Duration {
        steady()
    }
}

/// Reads the machine's steady clock, which guards use too.
pub(crate) fn steady() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}
