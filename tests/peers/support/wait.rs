//! Waiting for what another process does.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long anything may take that takes a moment: generous, for machines under load.
pub const SOON: Duration = Duration::from_secs(30);

/// Waits until `look` finds something.
pub fn until<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {} s in vain: {what}", within.as_secs());
        sleep(Duration::from_millis(50));
    }
}

/// Waits until `holds`.
pub fn until_true(what: &str, within: Duration, mut holds: impl FnMut() -> bool) {
    until(what, within, || holds().then_some(()));
}

/// Lets time pass: for tests that something does not happen.
pub fn pass(time: Duration) {
    sleep(time);
}
