//! Runs in flight: how soon a step is handed out while many runs wait and many steps are executed.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::checks::Checks;
use super::client::Door;
use super::delays::percentile;
use super::hub::{self, Hub};
use super::place::{Place, write};
use crate::demo::trouble::{Result, Trouble};

/// How many runs wait for people.
pub const WAITING: usize = 10_000;
/// How many steps are executed meanwhile.
pub const EXECUTING: usize = 200;
/// How many steps are measured, and how far apart they begin.
const MEASURED: usize = 300;
const APART: Duration = Duration::from_millis(50);
/// How many connections start runs.
const FEEDS: usize = 8;
/// How long is waited for what was begun.
const PATIENCE: Duration = Duration::from_secs(120);

/// How soon steps were handed out.
#[derive(Clone, Copy, Debug)]
pub struct Dispatched {
    /// From a step's turn to its lease, in milliseconds: half of them.
    pub lease_p50_ms: f64,
    /// 99 of 100.
    pub lease_p99_ms: f64,
    /// From the start of a run of one step to its end, in milliseconds: half of them.
    pub whole_p50_ms: f64,
    /// 99 of 100.
    pub whole_p99_ms: f64,
}

/// Fills a fresh hub with runs, and measures others among them.
pub fn dispatched(place: &Place, checks: &mut Checks) -> Result<Option<Dispatched>> {
    let folder = place.ops().join("runbooks");
    fs::create_dir_all(&folder).map_err(|error| Trouble::file("make", &folder, &error))?;
    let head = "---\nowners: [payments]\n---\n";
    for (stem, text) in [
        ("bench-waits", "1. Look at it.\n2. Say so.\n"),
        ("bench-sleeps", "```sh {step=sleeps timeout=1h undo=none}\nsleep 3000\n```\n"),
        ("bench-quick", "```sh {step=quick timeout=1m undo=none}\ntrue\n```\n"),
    ] {
        write(&folder.join(format!("{stem}.md")), &format!("{head}# {stem}\n\n{text}"))?;
    }
    let measured = measure(place, checks);
    fs::remove_dir_all(&folder).map_err(|error| Trouble::file("remove", &folder, &error))?;
    measured
}

fn measure(place: &Place, checks: &mut Checks) -> Result<Option<Dispatched>> {
    let hub = Hub::fresh(place)?;
    let made = hub.command(place, &["token", "create", "--person", "dana"])?;
    let token = made.split_whitespace().find(|word| word.starts_with("wh_"));
    let token = token.ok_or_else(|| Trouble::new("no token was made", "see .run/bench/hub.log"))?;
    let dana = Door { port: hub.admin.port, token: token.to_owned() };
    start_many(&dana, "bench-waits", WAITING)?;
    start_many(&dana, "bench-sleeps", EXECUTING)?;
    let executing = || Ok(listed(&dana, "bench-sleeps", 1_000)?.len());
    let begun = Instant::now();
    while in_hands(&dana)? < EXECUTING && begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(200));
    }
    let (at_work, under_way) = (in_hands(&dana)?, executing()?);
    checks.that(at_work == EXECUTING, || format!("dispatch: {at_work} of {under_way} steps were executed"));
    let mut feed = dana.open().map_err(unreachable)?;
    for _ in 0..MEASURED {
        let status = feed.post("/api/v1/runs", &body("bench-quick")).map_err(unreachable)?;
        checks.that(status == 201, || format!("dispatch: a run is answered {status}"));
        thread::sleep(APART);
    }
    let begun = Instant::now();
    let over = |dana: &Door| {
        Ok::<_, Trouble>(listed(dana, "bench-quick", 1_000)?.iter().all(|run| word(run, "state") == "completed"))
    };
    while !over(&dana)? && begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(200));
    }
    let (mut leases, mut wholes) = (Vec::new(), Vec::new());
    for run in listed(&dana, "bench-quick", 1_000)? {
        let told = items(&dana, &format!("/api/v1/runs/{}/timeline?limit=100", word(&run, "id")))?;
        let at = |words: &str| {
            let said = told.iter().find(|entry| word(entry, "words").contains(words));
            said.and_then(|entry| instant(&word(entry, "at")))
        };
        if let (Some(started), Some(turn), Some(lease), Some(end)) =
            (at("was started"), at("is to carry out"), at("runner hub has"), at("is complete"))
        {
            leases.push((lease - turn) * 1e3);
            wholes.push((end - started) * 1e3);
        }
    }
    let count = leases.len();
    checks.that(count == MEASURED, || format!("dispatch: {count} of {MEASURED} runs came to their end"));
    hub.process.stop()?;
    let verdict = hub::verify(place);
    checks.that(verdict.is_ok(), || "dispatch: the record does not verify".to_owned());
    leases.sort_unstable_by(f64::total_cmp);
    wholes.sort_unstable_by(f64::total_cmp);
    let of = |sorted: &[f64]| Some((percentile(sorted, 50)?, percentile(sorted, 99)?));
    Ok(of(&leases).zip(of(&wholes)).map(|((lease_p50_ms, lease_p99_ms), (whole_p50_ms, whole_p99_ms))| Dispatched {
        lease_p50_ms,
        lease_p99_ms,
        whole_p50_ms,
        whole_p99_ms,
    }))
}

fn body(runbook: &str) -> String {
    let pace = if runbook == "bench-waits" { "by_hand" } else { "by_itself" };
    format!(r#"{{"runbook": "{runbook}", "pace": "{pace}"}}"#)
}

fn start_many(door: &Door, runbook: &str, count: usize) -> Result<()> {
    let feeds: Vec<_> = (0..FEEDS)
        .map(|feed| {
            let (door, runbook) = (door.clone(), runbook.to_owned());
            let share = count / FEEDS + usize::from(feed < count % FEEDS);
            thread::spawn(move || -> std::io::Result<()> {
                let mut feed = door.open()?;
                for _ in 0..share {
                    let status = feed.post("/api/v1/runs", &body(&runbook))?;
                    if status != 201 {
                        return Err(std::io::Error::other(format!("a run of {runbook} is answered {status}")));
                    }
                }
                Ok(())
            })
        })
        .collect();
    for feed in feeds {
        feed.join().map_err(|_| Trouble::new("a feed of runs stumbled", "see above"))?.map_err(unreachable)?;
    }
    Ok(())
}

/// How many steps runners have.
fn in_hands(door: &Door) -> Result<usize> {
    let mut count = 0;
    for run in listed(door, "bench-sleeps", 1_000)? {
        let path = format!("/api/v1/runs/{}", word(&run, "id"));
        let text = door.text(&path).map_err(unreachable)?;
        count += usize::from(text.contains(r#""state":"leased""#));
    }
    Ok(count)
}

fn listed(door: &Door, runbook: &str, limit: usize) -> Result<Vec<Value>> {
    items(door, &format!("/api/v1/runs?runbook={runbook}&limit={limit}"))
}

fn items(door: &Door, path: &str) -> Result<Vec<Value>> {
    let text = door.text(path).map_err(unreachable)?;
    let page: Value = serde_json::from_str(&text).map_err(|error| Trouble::new(format!("{path}: {error}"), text))?;
    Ok(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default())
}

fn word(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Seconds of an RFC 3339 instant within its day; measurements do not go past midnight.
fn instant(text: &str) -> Option<f64> {
    let clock = text.split_once('T')?.1.trim_end_matches('Z');
    let mut parts = clock.split(':').map(|part| part.parse::<f64>().ok());
    Some(parts.next()?? * 3600.0 + parts.next()?? * 60.0 + parts.next()??)
}

fn unreachable(error: std::io::Error) -> Trouble {
    Trouble::new(format!("the hub does not answer: {error}"), "see .run/bench/hub.log")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_to_the_microsecond() {
        let read = instant("2026-11-23T10:20:30.500001Z");
        assert!(read.is_some_and(|read| (read - 37_230.500_001).abs() < 1e-7), "{read:?}");
    }
}
