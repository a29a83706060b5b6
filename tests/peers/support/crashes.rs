//! Runs that go on while somebody is killed at any moment, and what they are held to afterwards.
//!
//! Their steps each write `RUN-7 STEP` into the file `log` when they are carried out. The step `safe` may be done twice,
//! the others may not. `WHEELHOUSE_ROUNDS` says how often somebody is killed; `make soak` asks for 200.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;
use super::runs::{run, start, step};
use super::wait::{SOON, pass, until_true};

/// How often somebody is killed where nobody says.
const KILLS: u64 = 12;
/// After how many kills a person looks.
const HELPED: u64 = 4;

/// How often somebody is to be killed.
pub fn rounds(usual: u64) -> u64 {
    std::env::var("WHEELHOUSE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Chance that is the same each time.
pub struct Chance(pub u64);

impl Chance {
    /// Lets up to so many milliseconds pass, and draws what else is asked for.
    pub fn pass(&mut self, most_ms: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        pass(Duration::from_millis((self.0 >> 33) % most_ms));
        self.0 >> 13
    }
}

/// Begins runs of the runbook `steps` and lets `kill` happen in the midst of each; gives them when all are over.
///
/// `kill` is told a number by chance; it brings back whom it kills.
pub fn runs_among_crashes(who: &Client, mut chance: Chance, most_ms: u64, mut kill: impl FnMut(u64)) -> Vec<Value> {
    let mut runs: Vec<String> = Vec::new();
    for round in 0..rounds(KILLS) {
        runs.push(start(who, "steps", &json!({})));
        kill(chance.pass(most_ms));
        if round % HELPED == HELPED - 1 {
            runs.iter().for_each(|run| help(who, run));
        }
    }
    until_true("every run is over", SOON * 6, || {
        runs.iter().for_each(|run| help(who, run));
        who.all("/api/v1/runs?state=under_way").is_empty()
    });
    runs.iter().map(|id| run(who, id)).collect()
}

/// Holds runs to this: all came to their end; `safe` was done at least once; each of `once` was done once, or not at all
/// where a person had to say what became of it.
pub fn hold(runs: &[Value], place: &Path, once: &[&str]) {
    let log = fs::read_to_string(place.join("log")).unwrap_or_default();
    let mut done: BTreeMap<&str, u64> = BTreeMap::new();
    log.lines().for_each(|line| *done.entry(line).or_default() += 1);
    for run in runs {
        let id = run["id"].as_str().unwrap();
        assert_eq!(run["state"], "completed", "{run}");
        let times = |step: &str| done.get(format!("{id} {step}").as_str()).copied().unwrap_or(0);
        assert!(times("safe") >= 1, "{id}: a step was said to be done and was not: {run}");
        for once in once {
            assert!(times(once) <= 1, "{id}: {once} was done {} times: {run}", times(once));
            let is_known = step(run, once)["settled"]["by"]["kind"] != "person";
            assert!(!is_known || times(once) == 1, "{id}: {once} was invented: {run}");
        }
    }
}

/// What a person does who is asked: says of what nobody knows that it was done, and lets the run go on.
fn help(who: &Client, id: &str) {
    let known = run(who, id);
    if known["state"] != "under_way" {
        return;
    }
    for step in known["steps"].as_array().unwrap() {
        if step["work"]["state"] == "unknown" {
            let path = format!("/api/v1/runs/{id}/steps/{}", step["id"].as_str().unwrap());
            who.post(&path, &json!({ "how": "done", "text": "looked at it" })).success();
        }
    }
    if run(who, id)["course"] == "paused" {
        let turned = who.post(&format!("/api/v1/runs/{id}/course"), &json!({ "to": "resume" }));
        assert!(turned.status < 300 || turned.status == 409 || turned.status == 422, "{}", turned.status);
    }
}
