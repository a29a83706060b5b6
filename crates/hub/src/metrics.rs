//! What the hub counts about itself, for Prometheus.

mod stages;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter as Inner;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use wheelhouse_core::kernel::Unsaid;
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::Batch;

pub use stages::Stages;

use crate::vitals::Vitals;

/// A number that only grows.
#[derive(Clone, Debug, Default)]
pub struct Counter(Inner<u64, AtomicU64>);

impl Counter {
    /// Adds to it.
    pub fn add(&self, count: u64) {
        self.0.inc_by(count);
    }

    /// The number.
    pub fn get(&self) -> u64 {
        self.0.get()
    }
}

/// Everything that the hub counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Signals taken in durably.
    pub signals: Counter,
    /// Commits.
    pub commits: Counter,
    /// Entries recorded.
    pub entries: Counter,
    /// Commits that failed.
    pub commit_failures: Counter,
    /// Inputs that were set aside.
    pub quarantined: Counter,
    /// Messages accepted by their channel.
    pub messages_accepted: Counter,
    /// Attempts to send that failed.
    pub messages_failed: Counter,
    /// Pages that every contact refused.
    pub pages_given_up: Counter,
    /// Requests answered 503 because a queue was full.
    pub busy: Counter,
    automations_not_concerned: Counter,
    automations_said_before: Counter,
    /// Whether the last commit failed because the disk or the database did.
    pub store_fails: AtomicBool,
    /// How long each stage takes.
    pub stages: Stages,
    /// How many entries the newest checkpoint has that was written outside the database; 0 before the first.
    pub checkpoint_outside: AtomicU64,
    commit_seconds: Histogram,
    waiting: [Gauge; 3],
    open_cases: Gauge,
    firing_signals: Gauge,
    messages_waiting: Gauge,
    messages_held: Gauge,
    channels_failing: Gauge,
    operation: Vec<Gauge>,
}

/// What is counted at the moment of a scrape.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Submissions that wait for the writer: the hub's own, people's, requests with signals.
    pub waiting: [usize; 3],
    /// Cases that are not resolved.
    pub open_cases: usize,
    /// Signals that fire.
    pub firing_signals: usize,
    /// Messages under way.
    pub messages_waiting: usize,
    /// Messages that wait for a destination that fails or is busy.
    pub messages_held: usize,
    /// Destinations that fail and are left alone.
    pub channels_failing: usize,
    /// When the page was decided that waits longest for a channel to accept it.
    pub oldest_page_at: Option<Timestamp>,
    /// Whether the doors are open.
    pub ready: bool,
    /// How many entries the record has.
    pub record_entries: u64,
    /// Repositories of the catalog whose newest version was refused.
    pub repositories_refused: usize,
    /// The disk and the last backup.
    pub vitals: Vitals,
    /// The present instant.
    pub now: Timestamp,
}

/// A gauge: name, help, and the value at a scrape.
type Operation = (&'static str, &'static str, fn(&Live, &Metrics) -> u64);

/// Gauges about how the hub is run.
const OPERATION: [Operation; 11] = [
    ("ready", "Whether the doors are open: 1 or 0", |live, _| u64::from(live.ready)),
    ("store_fails", "Whether the last commit failed because the disk or the database did: 1 or 0", |_, metrics| {
        u64::from(metrics.store_fails.load(Ordering::Relaxed))
    }),
    ("oldest_page_seconds", "How long the page waits that waits longest for a channel to accept it", |live, _| {
        live.oldest_page_at.map_or(0, |at| u64::try_from(live.now.since(at).as_seconds()).unwrap_or(0))
    }),
    ("record_entries", "Entries in the record", |live, _| live.record_entries),
    (
        "checkpoint_outside_entries",
        "Entries under the newest checkpoint written outside since the start",
        |_, metrics| metrics.checkpoint_outside.load(Ordering::Relaxed),
    ),
    ("repositories_refused", "Repositories of the catalog whose newest version was refused", |live, _| {
        u64::try_from(live.repositories_refused).unwrap_or(u64::MAX)
    }),
    ("last_backup_timestamp_seconds", "When the last backup was made; 0 where none is known", |live, _| {
        let at = live.vitals.last_backup_at.map_or(0, |at| at.as_micros() / 1_000_000);
        u64::try_from(at).unwrap_or(0)
    }),
    ("disk_free_bytes", "Bytes that are free on the disk of the data folder", |live, _| {
        live.vitals.disk.map_or(0, |(free, _)| free)
    }),
    ("disk_bytes", "Bytes that the disk of the data folder has", |live, _| live.vitals.disk.map_or(0, |(_, all)| all)),
    ("database_bytes", "Size of the database", |live, _| live.vitals.database_bytes),
    ("write_ahead_log_bytes", "Size of the database's write-ahead log", |live, _| live.vitals.log_bytes),
];

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Starts at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("wheelhouse");
        let stages = Stages::new(&mut registry);
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The release that runs", build);
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.0.clone());
            counter
        };
        let signals = counter("signals_accepted", "Signals taken in durably");
        let commits = counter("commits", "Transactions committed");
        let entries = counter("entries", "Entries recorded");
        let commit_failures = counter("commit_failures", "Transactions that failed");
        let quarantined = counter("quarantined", "Inputs set aside because the hub stumbled over them");
        let messages_accepted = counter("messages_accepted", "Messages accepted by their channel");
        let messages_failed = counter("messages_failed", "Attempts to send a message that failed");
        let pages_given_up = counter("pages_given_up", "Pages that every contact of their recipient refused");
        let automations_not_concerned =
            counter("automations_not_concerned", "Events that the condition of an automation said no to");
        let automations_said_before = counter(
            "automations_held_again",
            "Events for which an automation was held back as it was a short while before",
        );
        let busy = counter("busy_answers", "Requests answered 503 because a queue was full");
        let commit_seconds = Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        registry.register_with_unit("commit", "Time from staging to durable", Unit::Seconds, commit_seconds.clone());
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let waiting = [
            gauge("waiting_hub", "Submissions of the hub itself that wait for the writer"),
            gauge("waiting_people", "Submissions of people that wait for the writer"),
            gauge("waiting_signal_requests", "Requests with signals that wait for the writer"),
        ];
        let open_cases = gauge("open_cases", "Cases that are not resolved");
        let firing_signals = gauge("firing_signals", "Signals that fire");
        let messages_waiting = gauge("messages_under_way", "Messages decided and not yet delivered");
        let messages_held = gauge("messages_held", "Messages that wait for a destination that fails or is busy");
        let channels_failing = gauge("channels_failing", "Destinations that fail and are left alone");
        let operation = OPERATION.iter().map(|(name, help, _)| gauge(name, help)).collect();
        Self {
            registry,
            signals,
            commits,
            entries,
            commit_failures,
            quarantined,
            messages_accepted,
            messages_failed,
            pages_given_up,
            automations_not_concerned,
            automations_said_before,
            busy,
            store_fails: AtomicBool::new(false),
            stages,
            checkpoint_outside: AtomicU64::new(0),
            commit_seconds,
            waiting,
            open_cases,
            firing_signals,
            messages_waiting,
            messages_held,
            channels_failing,
            operation,
        }
    }

    /// Counts how often automations were asked without a word of it in the record.
    pub fn automations_asked(&self, unsaid: Unsaid) {
        self.automations_not_concerned.add(u64::from(unsaid.not_about));
        self.automations_said_before.add(u64::from(unsaid.said_before));
    }

    /// Counts a commit.
    pub fn committed(&self, batch: &Batch, took: Duration) {
        self.store_fails.store(false, Ordering::Relaxed);
        self.commits.add(1);
        self.entries.add(u64::try_from(batch.entries.len()).unwrap_or(u64::MAX));
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// Everything in the OpenMetrics text format.
    pub fn text(&self, live: &Live) -> String {
        let set = |gauge: &Gauge, value: usize| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        for (gauge, value) in self.waiting.iter().zip(live.waiting) {
            set(gauge, value);
        }
        set(&self.open_cases, live.open_cases);
        set(&self.firing_signals, live.firing_signals);
        set(&self.messages_waiting, live.messages_waiting);
        set(&self.messages_held, live.messages_held);
        set(&self.channels_failing, live.channels_failing);
        for (gauge, (_, _, value)) in self.operation.iter().zip(OPERATION) {
            gauge.set(i64::try_from(value(live, self)).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}
