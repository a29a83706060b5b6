//! How many requests with signals a batch waits for, how long, and how many signals it takes.
//!
//! Whoever was answered just now is likely to ask again at once, and a commit costs much the same for
//! one request as for thirty. So where many ask at the same time a batch waits for half of them, and
//! the others come while it is committed. It never waits longer than a commit took, which is what
//! those who come too late would wait; and where one asks at a time it does not wait at all.
//!
//! A batch takes no more signals than it can handle in a short time, by what the last ones cost: whoever is to be paged
//! waits for the batch that opens the case and for the one that claims the message.

use std::time::Duration;

/// The longest wait.
const LONGEST: Duration = Duration::from_millis(1);
/// How long a batch with signals may take.
const BATCH: Duration = Duration::from_millis(16);
/// The fewest and the most signals that a batch is allowed.
const SIGNALS: (usize, usize) = (256, 8_192);
/// How slowly another cost of a signal is believed.
const COST_SLOWNESS: u64 = 8;
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
    /// What a signal costs in nanoseconds, with its share of the commit; 0 before the first.
    cost: u64,
}

impl Gathering {
    /// Notes how many requests with signals a batch takes.
    pub(super) fn took(&mut self, requests: usize) {
        self.taken = requests;
    }

    /// Notes how long it took to handle a batch with so many signals. Small ones say little about a signal.
    pub(super) fn handled(&mut self, signals: usize, took: Duration) {
        if signals < SIGNALS.0 / 2 {
            return;
        }
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let cost = nanoseconds / signals as u64;
        let moved = (self.cost * (COST_SLOWNESS - 1) + cost) / COST_SLOWNESS;
        self.cost = if self.cost == 0 { cost } else { moved }.max(1);
    }

    /// The most signals that the next batch takes.
    pub(super) fn most_signals(&self) -> usize {
        let affordable = u64::try_from(BATCH.as_nanos()).unwrap_or(u64::MAX).checked_div(self.cost);
        let affordable = affordable.and_then(|signals| usize::try_from(signals).ok()).unwrap_or(SIGNALS.1);
        affordable.clamp(SIGNALS.0, SIGNALS.1)
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
    fn a_batch_takes_what_can_be_handled_soon() {
        let mut gathering = Gathering::default();
        assert_eq!(gathering.most_signals(), SIGNALS.1, "nothing is known yet");
        let mut meet = |signals: usize, each: u64| {
            (0..100).for_each(|_| gathering.handled(signals, Duration::from_nanos(each * signals as u64)));
            gathering.most_signals()
        };
        assert_eq!(meet(2_048, 16_000), 1_000, "16 µs each");
        assert_eq!(meet(2_048, 1_000), SIGNALS.1, "cheap ones: as many as ever");
        assert_eq!(meet(2_048, 1_000_000), SIGNALS.0, "a stumbling disk: but never next to none");
        assert_eq!(meet(3, 50_000_000), SIGNALS.0, "few say nothing");
        assert_eq!(meet(2_048, 4_000), 4_000, "and it recovers");
    }

    #[test]
    fn a_slow_disk_makes_no_long_wait() {
        let mut gathering = Gathering::default();
        meet(&mut gathering, 64, 3);
        gathering.committed(Duration::from_secs(3));
        assert_eq!(gathering.plan(64).1, LONGEST);
    }
}
