//! How many requests with signals a batch waits for, and how long.
//!
//! Whoever was answered just now is likely to ask again at once, and a commit costs much the same for
//! one request as for thirty. So where many ask at the same time a batch waits for half of them, and
//! the others come while it is committed. It never waits longer than a commit took, which is what
//! those who come too late would wait; and where one asks at a time it does not wait at all.

use std::time::Duration;

/// The longest wait.
const LONGEST: Duration = Duration::from_millis(1);
/// How slowly fewer senders are believed: after so many batches about two thirds of the way.
const SLOWNESS: usize = 32;

/// What the writer knows of those who send signals at the same time.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// How many there are, times `SLOWNESS`.
    senders: usize,
    /// How many requests the last batch with signals took.
    taken: usize,
    /// How long the last commit took.
    commit: Duration,
}

impl Gathering {
    /// Notes how many requests with signals a batch takes.
    pub(super) fn took(&mut self, requests: usize) {
        self.taken = requests;
    }

    /// Notes how long a commit took.
    pub(super) fn committed(&mut self, took: Duration) {
        self.commit = took;
    }

    /// For how many requests the next batch waits, and how long, when `waiting` are there.
    pub(super) fn plan(&mut self, waiting: usize) -> (usize, Duration) {
        let seen = (std::mem::take(&mut self.taken) + waiting) * SLOWNESS;
        self.senders =
            if seen >= self.senders { seen } else { self.senders - (self.senders - seen).div_ceil(SLOWNESS) };
        let wanted = self.senders / SLOWNESS / 2;
        if wanted > 1 { (wanted, self.commit.min(LONGEST)) } else { (1, Duration::ZERO) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: Duration = Duration::from_micros(400);

    /// Lets so many senders, each of whom asks again when answered, meet so many batches.
    fn meet(gathering: &mut Gathering, senders: usize, batches: usize) -> (usize, Duration) {
        let mut plan = (0, Duration::ZERO);
        for _ in 0..batches {
            plan = gathering.plan(senders / 2);
            gathering.took(senders - senders / 2);
            gathering.committed(COMMIT);
        }
        plan
    }

    #[test]
    fn nobody_waits_where_one_asks_at_a_time() {
        let mut gathering = Gathering::default();
        assert_eq!(meet(&mut gathering, 0, 10), (1, Duration::ZERO));
        assert_eq!(meet(&mut gathering, 1, 1_000), (1, Duration::ZERO));
    }

    #[test]
    fn a_batch_waits_for_half_of_many_and_forgets_them_when_they_are_gone() {
        let mut gathering = Gathering::default();
        assert_eq!(meet(&mut gathering, 64, 3), (32, COMMIT));
        assert_eq!(meet(&mut gathering, 1, 500), (1, Duration::ZERO));
    }

    #[test]
    fn a_slow_disk_makes_no_long_wait() {
        let mut gathering = Gathering::default();
        meet(&mut gathering, 64, 3);
        gathering.committed(Duration::from_secs(3));
        assert_eq!(gathering.plan(64).1, LONGEST);
    }
}
