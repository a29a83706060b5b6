//! What size costs: checking a large organisation's catalog, finding whom an incident reaches in it,
//! and asking for lists and statistics when many cases are closed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::checks::Checks;
use super::delays::milliseconds;
use super::organisation;
use super::place::{Place, clear};
use crate::demo::trouble::{Result, Trouble};

/// How often the catalog is checked.
const ROUNDS: usize = 7;

/// Checking the organisation's catalog by the whole program, from its start to its end.
#[derive(Clone, Copy, Debug)]
pub struct Checked {
    /// The median, in milliseconds.
    pub median_ms: f64,
    /// The longest, in milliseconds.
    pub longest_ms: f64,
}

/// Finding whom an incident reaches, for each service of the organisation.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Reached {
    services: usize,
    /// The median over services, in microseconds.
    #[serde(rename = "affected_p50_us")]
    pub p50_us: f64,
    /// What one in a hundred services exceeds.
    #[serde(rename = "affected_p99_us")]
    pub p99_us: f64,
    /// The service that takes longest.
    #[serde(rename = "affected_worst_us")]
    pub worst_us: f64,
    /// How many services that one takes along.
    #[serde(rename = "affected_worst_reaches")]
    pub worst_reaches: usize,
}

/// Asking for lists and statistics, by the store, in one process.
#[derive(Clone, Debug, Deserialize)]
pub struct History {
    /// How many cases are closed.
    pub cases: u64,
    /// The database's size.
    pub megabytes: u64,
    /// How many lists were asked for, of all kinds.
    pub lists: u64,
    /// Half of them took no longer, in milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 took no longer.
    pub p99_ms: f64,
    /// The kind of list that is slowest.
    pub slowest: String,
    /// 99 of 100 of that kind took no longer, in milliseconds.
    pub slowest_p99_ms: f64,
    /// Of how many cases statistics were made.
    pub measured: u64,
    /// How long that took, in milliseconds.
    pub statistics_ms: f64,
}

/// Executing steps, by the runner, in one process.
#[derive(Clone, Debug, Deserialize)]
pub struct Steps {
    /// How much a step said, in MiB.
    pub megabytes: u64,
    /// How fast its output was taken, in MiB a second.
    pub plain_mb_s: f64,
    /// The same with one secret to look for.
    pub one_secret_mb_s: f64,
    /// The same with five.
    pub five_secrets_mb_s: f64,
    /// The runner's memory before, in MiB.
    pub before_mib: u64,
    /// The most that it was meanwhile.
    pub peak_mib: u64,
    /// Until a step's own code runs, one after the other, in milliseconds.
    pub alone_p50_ms: f64,
    /// 99 of 100 took no longer.
    pub alone_p99_ms: f64,
    /// How many others were at work.
    pub together: u64,
    /// Half of those that began meanwhile took no longer, in milliseconds.
    pub together_p50_ms: f64,
    /// 99 of 100 took no longer.
    pub together_p99_ms: f64,
}

/// Writes the organisation.
pub fn write(place: &Place) -> Result<PathBuf> {
    let folder = place.folder.join("organisation");
    clear(&folder)?;
    organisation::write(&folder)?;
    Ok(folder)
}

/// Checks its catalog, after once for the disk's cache.
pub fn check(place: &Place, folder: &Path, checks: &mut Checks) -> Result<Checked> {
    let mut took = Vec::new();
    for round in 0..=ROUNDS {
        let started = Instant::now();
        let output = Command::new(&place.wheelhouse).arg("check").arg(folder).output();
        let elapsed = started.elapsed();
        let output = output.map_err(|error| Trouble::file("run", &place.wheelhouse, &error))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let size = format!(
            "{} teams, {} people, {} services",
            organisation::TEAMS,
            organisation::PEOPLE,
            organisation::SERVICES
        );
        let is_whole = output.status.success() && said.contains(&size) && said.contains("no errors, no warnings");
        checks
            .that(is_whole, || format!("check of the organisation said: {}", said.lines().last().unwrap_or("nothing")));
        if round > 0 {
            took.push(milliseconds(elapsed));
        }
    }
    took.sort_by(f64::total_cmp);
    let at = |place: usize| took.get(place).copied().unwrap_or(f64::NAN);
    Ok(Checked { median_ms: at(ROUNDS / 2), longest_ms: at(ROUNDS - 1) })
}

/// Finds whom incidents reach, by the benchmark that `wheelhouse-wire` brings along.
pub fn reach(place: &Place, folder: &Path, checks: &mut Checks) -> Result<Reached> {
    let reached: Reached = benchmark(place, "wire", "organisation", &[&folder.to_string_lossy()])?;
    let services = reached.services;
    checks.that(services == organisation::SERVICES, || format!("{services} services were looked at"));
    // Otherwise the organisation would be too easy.
    let few = organisation::SERVICES / 2;
    checks.that(reached.worst_reaches > few, || format!("no incident takes {few} services along"));
    Ok(reached)
}

/// Fills a database with closed cases and asks it, by the benchmark that `wheelhouse-store` brings along.
pub fn history(place: &Place, cases: u64, checks: &mut Checks) -> Result<History> {
    let folder = place.folder.join("history");
    clear(&folder)?;
    let asked: History = benchmark(place, "store", "history", &[&folder.to_string_lossy(), &cases.to_string()])?;
    checks.that(asked.cases == cases, || format!("{} cases were closed, expected {cases}", asked.cases));
    clear(&folder)?;
    Ok(asked)
}

/// Executes steps, by the benchmark that `wheelhouse-runner` brings along.
pub fn steps(place: &Place, checks: &mut Checks) -> Result<Steps> {
    let steps: Steps = benchmark(place, "runner", "steps", &[])?;
    let grown = steps.peak_mib - steps.before_mib.min(steps.peak_mib);
    checks.that(grown < steps.megabytes / 4, || format!("{grown} MiB were needed for {} MiB", steps.megabytes));
    Ok(steps)
}

/// Runs a benchmark that a crate brings along; it says what it found in one line of JSON.
pub fn benchmark<T: DeserializeOwned>(place: &Place, krate: &str, name: &str, arguments: &[&str]) -> Result<T> {
    let mut command = Command::new("cargo");
    command.args(["bench", "--quiet", "-p", &format!("wheelhouse-{krate}"), "--bench", name, "--"]);
    let output = command.args(arguments).current_dir(&place.repo).output();
    let output = output.map_err(|error| Trouble::new(format!("cargo does not start: {error}"), "install it"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find(|line| line.starts_with('{')).unwrap_or_default();
    serde_json::from_str(line).map_err(|error| {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        Trouble::new(
            format!("the benchmark of wheelhouse-{krate} said nothing to read ({error})\n{errors}"),
            "see above",
        )
    })
}
