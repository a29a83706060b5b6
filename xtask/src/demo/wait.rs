//! Waiting for something, with an end.

use std::thread;
use std::time::{Duration, Instant};

use super::signals::Interrupt;
use super::trouble::{Result, Trouble};

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Asks `look` until it has an answer: at most for `limit`, and not beyond an interrupt.
///
/// `look` fails to end the wait at once. When time is up, `late` says what was waited for.
pub fn until<T>(
    limit: Duration,
    interrupt: &Interrupt,
    mut look: impl FnMut() -> Result<Option<T>>,
    late: impl FnOnce() -> Trouble,
) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if interrupt.arrived() {
            return Err(Trouble::interrupted());
        }
        if started.elapsed() >= limit {
            return Err(late());
        }
        thread::sleep(LOOK_EVERY);
    }
}
