//! Whether what was fast was also done: counted in the cases, at the door, in the sinks and in the record.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::alerts;
use super::catalog::{Channel, channel_of};
use super::client::Door;
use super::hub::{Counts, Hub};
use super::sinks::Sinks;
use crate::demo::trouble::{Result, Trouble};

/// How long pages may take to come in after a load.
const PAGES_WITHIN: Duration = Duration::from_secs(30);

/// What was checked and held, and what did not.
#[derive(Debug, Default)]
pub struct Checks {
    /// How many held.
    pub held: u32,
    /// What did not, in words.
    pub failed: Vec<String>,
}

impl Checks {
    /// Notes a check.
    pub fn that(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if holds {
            self.held += 1;
        } else {
            self.failed.push(otherwise());
        }
    }

    /// Compares what memory, tables and the door say about the signals that fire; returns the counts.
    pub fn membership(&mut self, hub: &Hub, about: &str) -> Result<Counts> {
        let counts = settled(hub)?;
        let cases = hub.cases()?;
        self.that(cases.firing == counts.firing, || {
            format!("{about}: the cases have {} firing signals, the hub {}", cases.firing, counts.firing)
        });
        let (listed, _) = list(&hub.admin, super::hub::ALERTS)?;
        self.that(listed == cases.firing_in_first, || {
            format!("{about}: the door lists {listed} alerts of a service whose case has {}", cases.firing_in_first)
        });
        let expected = alerts::BULK_SERVICES as u64;
        let (open, enough) = (cases.open, counts.firing >= 15_000);
        self.that(open == expected || (!enough && open <= expected), || {
            format!("{about}: {open} cases are open, expected one for each of {expected} services")
        });
        Ok(counts)
    }

    /// Waits until every service with bulk alerts has had its page.
    pub fn pages(&mut self, sinks: &Sinks, about: &str) {
        let started = Instant::now();
        let mut paged = BTreeSet::new();
        let wanted: BTreeSet<String> = (0..alerts::BULK_SERVICES).map(alerts::service).collect();
        while paged != wanted && started.elapsed() < PAGES_WITHIN {
            paged.extend(sinks.take().pages.into_iter().map(|page| page.service).filter(|name| wanted.contains(name)));
            thread::sleep(Duration::from_millis(50));
        }
        let by = |channel| {
            let missing = |number: &usize| channel_of(*number) == channel && !paged.contains(&alerts::service(*number));
            (0..alerts::BULK_SERVICES).filter(missing).count()
        };
        let (webhook, mail) = (by(Channel::Webhook), by(Channel::Mail));
        self.that(webhook + mail == 0, || {
            format!("{about}: no page came for {webhook} services paged by webhook and {mail} paged by mail")
        });
    }
}

/// Lists the firing alerts of the first service: how many there are, and how long the answer took.
pub fn list(door: &Door, path: &str) -> Result<(u64, Duration)> {
    let started = Instant::now();
    let path = format!("{path}?filter=service%3D%22{}%22", alerts::service(0));
    let answer = door.get(&path).map_err(|error| Trouble::new(format!("GET {path}: {error}"), "see .run/bench"))?;
    let took = started.elapsed();
    let alerts: Vec<Value> = serde_json::from_slice(&answer.body)
        .map_err(|error| Trouble::new(format!("GET {path}: {}: {error}", answer.status), "see .run/bench"))?;
    Ok((alerts.len() as u64, took))
}

/// The counts once nothing moves any more: requests that wrk gave up may still be under way.
fn settled(hub: &Hub) -> Result<Counts> {
    let mut before = hub.counts()?;
    loop {
        thread::sleep(Duration::from_millis(300));
        let now = hub.counts()?;
        if (now.accepted, now.firing) == (before.accepted, before.firing) {
            return Ok(now);
        }
        before = now;
    }
}
