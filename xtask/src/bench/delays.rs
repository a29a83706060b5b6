//! From an alert to the page in its recipient's hands.

use std::collections::BTreeMap;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use super::alerts::{service, single};
use super::catalog::{Channel, channel_of};
use super::client::Door;
use super::sinks::{Arrival, Sinks};
use crate::demo::trouble::{Result, Trouble};

/// How long is waited for the last page.
const LAST_PAGE_WITHIN: Duration = Duration::from_secs(5);

/// What is sent.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which services have incidents, in turn.
    pub services: Range<usize>,
    /// Whether each incident is about a name never used before; else it ends before its service's next.
    pub always_new: bool,
    /// Incidents a second.
    pub a_second: u32,
    /// For how many seconds.
    pub seconds: u32,
}

/// How long pages took, in milliseconds, shortest first.
#[derive(Clone, Debug, Default)]
pub struct Delays {
    /// By webhook.
    pub webhook: Vec<f64>,
    /// By mail.
    pub mail: Vec<f64>,
    /// Incidents whose page did not come.
    pub missing: u64,
}

/// Sends incidents at their appointed instants and notes when their pages come.
///
/// A delay counts from the appointed instant, so that a sender held up hides nothing.
pub fn measure(door: &Door, path: &str, sinks: &Sinks, plan: &Plan) -> Result<Delays> {
    let trouble =
        |error: std::io::Error| Trouble::new(format!("an alert could not be sent: {error}"), "see .run/bench");
    let mut connection = door.open().map_err(trouble)?;
    drop(sinks.take());
    let count = usize::try_from(plan.a_second * plan.seconds).unwrap_or(usize::MAX);
    let started = Instant::now();
    let mut sent: BTreeMap<String, Vec<(Instant, usize)>> = BTreeMap::new();
    let width = plan.services.len();
    for number in 0..count {
        let at = started + Duration::from_secs(1) * u32::try_from(number).unwrap_or(u32::MAX) / plan.a_second;
        thread::sleep(at.saturating_duration_since(Instant::now()));
        let place = plan.services.start + number % width;
        let name = if plan.always_new { format!("bench-svc-n{number}") } else { service(place) };
        let mut post = |body: String| match connection.post(path, &body) {
            Ok(200) => Ok(()),
            Ok(status) => Err(trouble(std::io::Error::other(format!("answered {status}")))),
            Err(error) => Err(trouble(error)),
        };
        post(single(&name, number, true))?;
        sent.entry(name).or_default().push((at, place));
        // Half a round later the incident ends, so that the next one of its service is one.
        if !plan.always_new && number >= width / 2 {
            let over = plan.services.start + (number - width / 2) % width;
            post(single(&service(over), number - width / 2, false))?;
        }
    }
    let enough = u64::try_from(count).unwrap_or(u64::MAX);
    let waited = Instant::now();
    while sinks.messages() < enough && waited.elapsed() < LAST_PAGE_WITHIN {
        thread::sleep(Duration::from_millis(20));
    }
    thread::sleep(Duration::from_millis(500));
    Ok(matched(&sent, &sinks.take().pages))
}

/// Finds for each incident the first page of its service before the service's next incident.
fn matched(sent: &BTreeMap<String, Vec<(Instant, usize)>>, pages: &[Arrival]) -> Delays {
    let mut arrived: BTreeMap<&str, Vec<Instant>> = BTreeMap::new();
    for page in pages {
        arrived.entry(&page.service).or_default().push(page.at);
    }
    let mut delays = Delays::default();
    for (name, incidents) in sent {
        let pages = arrived.get(name.as_str()).map_or(&[][..], Vec::as_slice);
        let nexts = incidents.iter().skip(1).map(|(at, _)| Some(*at)).chain([None]);
        for ((at, place), next) in incidents.iter().zip(nexts) {
            let page = pages.iter().find(|page| *page >= at && next.is_none_or(|next| **page < next));
            match (page, channel_of(*place)) {
                (None, _) => delays.missing += 1,
                (Some(page), Channel::Webhook) => delays.webhook.push(milliseconds(*page - *at)),
                (Some(page), Channel::Mail) => delays.mail.push(milliseconds(*page - *at)),
            }
        }
    }
    delays.webhook.sort_by(f64::total_cmp);
    delays.mail.sort_by(f64::total_cmp);
    delays
}

/// The delay within which so many of a hundred are; nothing of nothing.
pub fn percentile(sorted: &[f64], of_a_hundred: usize) -> Option<f64> {
    let place = (sorted.len() * of_a_hundred).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied()
}

/// A span in milliseconds.
pub fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests of differences between instants need a first one")]
    use super::*;

    #[test]
    fn a_page_counts_for_the_incident_before_it_and_only_once() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let sent = BTreeMap::from([("a".to_owned(), vec![(at(0), 0), (at(100), 0), (at(200), 0)])]);
        let page = |ms| Arrival { service: "a".into(), at: at(ms) };
        let delays = matched(&sent, &[page(3), page(8), page(207)]);
        assert_eq!((delays.webhook.len(), delays.missing), (2, 1));
        assert!((percentile(&delays.webhook, 50).unwrap_or(0.0) - 3.0).abs() < 1e-6);
        assert!((percentile(&delays.webhook, 99).unwrap_or(0.0) - 7.0).abs() < 1e-6);
        assert_eq!(percentile(&[], 50), None);
    }
}
