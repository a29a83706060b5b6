//! Many people paged at once: from the alert to the last mail in the channel's hands.

use std::fmt::Write as _;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::checks::Checks;
use super::delays::milliseconds;
use super::hub::{self, Hub};
use super::place::{Place, write};
use crate::demo::trouble::{Result, Trouble};

/// How many people are paged.
pub const PEOPLE: usize = 300;
/// The service that pages them; named like the others, so that the sinks know it.
const SERVICE: &str = "bench-svc-900";
/// How long the last page is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long it took to page them all.
#[derive(Clone, Copy, Debug)]
pub struct Paged {
    /// Until the first page was at the mail server, in milliseconds.
    pub first_ms: f64,
    /// Until half of them were.
    pub half_ms: f64,
    /// Until the last one was.
    pub last_ms: f64,
}

/// Has a fresh hub page everybody of one team by mail, for one alert; each must get one page.
pub fn paged(place: &Place, checks: &mut Checks) -> Result<Option<Paged>> {
    let path = place.ops().join("crowd.yaml");
    write(&path, &catalog())?;
    let measured = measure(place, checks);
    fs::remove_file(&path).map_err(|error| Trouble::file("remove", &path, &error))?;
    measured
}

fn measure(place: &Place, checks: &mut Checks) -> Result<Option<Paged>> {
    let hub = Hub::fresh(place)?;
    drop(place.sinks.take());
    let unreachable = |error: std::io::Error| Trouble::new(format!("the hub takes no alert: {error}"), "see its log");
    let mut feed = hub.source.open().map_err(unreachable)?;
    let alert = format!(r#"[{{"labels": {{"alertname": "Crowd", "service": "{SERVICE}", "severity": "critical"}}}}]"#);
    let started = Instant::now();
    let status = feed.post(hub::ALERTS, &alert).map_err(unreachable)?;
    checks.that(status == 200, || format!("a crowd is paged: the alert is answered {status}"));
    let mut arrived = Vec::new();
    while arrived.len() < PEOPLE && started.elapsed() < PATIENCE {
        let pages = place.sinks.take().pages;
        arrived.extend(pages.into_iter().filter(|page| page.service == SERVICE).map(|page| page.at));
        thread::sleep(Duration::from_millis(5));
    }
    // Whoever gets a second page gets it soon.
    thread::sleep(Duration::from_millis(500));
    arrived.extend(place.sinks.take().pages.into_iter().filter(|page| page.service == SERVICE).map(|page| page.at));
    let count = arrived.len();
    checks.that(count == PEOPLE, || format!("a crowd is paged: {count} pages came for {PEOPLE} people"));
    hub.process.stop()?;
    let verdict = hub::verify(place);
    checks.that(verdict.is_ok(), || {
        format!("a crowd is paged: {}", verdict.err().map(|trouble| trouble.to_string()).unwrap_or_default())
    });
    arrived.sort_unstable();
    let after = |index: usize| arrived.get(index).map(|at| milliseconds(*at - started));
    Ok(after(0).zip(after(count / 2)).zip(after(count.saturating_sub(1))).map(|((first_ms, half_ms), last_ms)| Paged {
        first_ms,
        half_ms,
        last_ms,
    }))
}

/// One team, all of whose members are paged at the first step, by mail.
fn catalog() -> String {
    let name = |number: usize| format!("bench-crowd-{number:03}");
    let mut text = String::new();
    for person in (0..PEOPLE).map(name) {
        let _ = writeln!(text, "---\n{{kind: Person, name: {person}, contacts: [{{email: {person}@bench.example}}]}}");
    }
    let members = (0..PEOPLE).map(name).collect::<Vec<_>>().join(", ");
    let _ = writeln!(
        text,
        "---\n{{kind: Team, name: bench-crowd, members: [{members}], contacts: [{{email: bench-crowd@bench.example}}], \
         escalation: bench-crowd}}\n---\n\
         {{kind: Escalation, name: bench-crowd, team: bench-crowd, steps: [{{page: {{team: bench-crowd}}}}]}}\n---\n\
         {{kind: Service, name: {SERVICE}, team: bench-crowd, tier: 1}}"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crowd_is_as_large_as_the_budget_says() {
        assert_eq!(catalog().matches("kind: Person").count(), PEOPLE);
    }
}
