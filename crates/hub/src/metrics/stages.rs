//! How long each stage takes, from a door to the channel that accepts a message.
//!
//! | stage | from | to |
//! |---|---|---|
//! | intake | a door has the request | it is read, judged and routed, and goes to the writer |
//! | queue | it is submitted | the writer takes it: the longest wait of each lane, once a batch |
//! | decide | the writer took a batch | all of it is decided |
//! | commit | that is staged | it is durable |
//! | accept | a door has the request | it is durable, and its sender is answered |
//! | delivery lag | a message is decided | a channel has accepted it, with all attempts in between |

use std::time::Duration as StdDuration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use wheelhouse_core::notify::Lane;
use wheelhouse_core::signal::Adapter;
use wheelhouse_core::time::Duration;

/// One label of a closed set.
type Label = [(&'static str, &'static str); 1];
type Histograms = Family<Label, Histogram, fn() -> Histogram>;

/// The lanes of the writer, as labels name them.
const LANES: [&str; 3] = ["hub", "people", "signals"];

/// How long each stage takes.
#[derive(Debug)]
pub struct Stages {
    intake: Histograms,
    accept: Histograms,
    queue: Histograms,
    decide: Histogram,
    delivery_lag: Histograms,
}

impl Stages {
    /// Registers all of them; each label's row is there from the start.
    pub(super) fn new(registry: &mut Registry) -> Self {
        let mut histograms = |name: &str, help: &str, make: fn() -> Histogram| {
            let family: Histograms = Family::new_with_constructor(make);
            registry.register_with_unit(name, help, Unit::Seconds, family.clone());
            family
        };
        let intake = histograms("intake", "Time from a request at a door to its way to the writer", quick);
        let accept = histograms("accept", "Time from a request at a door to its being durable", quick);
        let queue = histograms("queue", "Longest wait for the writer in a batch", quick);
        let delivery_lag = histograms("delivery_lag", "Time from deciding a message to a channel accepting it", slow);
        let decide = quick();
        registry.register_with_unit("decide", "Time to decide a batch", Unit::Seconds, decide.clone());
        for door in Adapter::ALL {
            drop(intake.get_or_create(&[("door", door.as_str())]));
            drop(accept.get_or_create(&[("door", door.as_str())]));
        }
        for lane in LANES {
            drop(queue.get_or_create(&[("lane", lane)]));
        }
        for lane in [Lane::Page, Lane::Notice] {
            drop(delivery_lag.get_or_create(&[("lane", word(lane))]));
        }
        Self { intake, accept, queue, decide, delivery_lag }
    }

    /// A request with signals went on to the writer.
    pub fn handed_in(&self, door: Adapter, took: Duration) {
        self.intake.get_or_create(&[("door", door.as_str())]).observe(seconds(took));
    }

    /// A request with signals is durable.
    pub fn accepted(&self, door: Adapter, took: Duration) {
        self.accept.get_or_create(&[("door", door.as_str())]).observe(seconds(took));
    }

    /// A batch was taken; the longest waits of the hub's own, people's and signals' lane, where something waited.
    pub fn taken(&self, waited: [Option<StdDuration>; 3]) {
        for (lane, waited) in LANES.into_iter().zip(waited) {
            if let Some(waited) = waited {
                self.queue.get_or_create(&[("lane", lane)]).observe(waited.as_secs_f64());
            }
        }
    }

    /// A batch was decided.
    pub fn decided(&self, took: StdDuration) {
        self.decide.observe(took.as_secs_f64());
    }

    /// A channel accepted a message.
    pub fn delivered(&self, lane: Lane, after: Duration) {
        self.delivery_lag.get_or_create(&[("lane", word(lane))]).observe(seconds(after));
    }
}

fn word(lane: Lane) -> &'static str {
    match lane {
        Lane::Page => "page",
        Lane::Notice => "notice",
    }
}

/// For what a machine does: a quarter of a millisecond to eight seconds.
fn quick() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 16))
}

/// For what other systems and retries do: ten milliseconds to eleven minutes.
fn slow() -> Histogram {
    Histogram::new(exponential_buckets(0.01, 2.0, 17))
}

fn seconds(span: Duration) -> f64 {
    StdDuration::from_micros(u64::try_from(span.as_micros()).unwrap_or(0)).as_secs_f64()
}
