//! Measures patterns of every kind against generated events, on one thread:
//! `cargo bench -p wheelhouse-patterns --bench kinds [-- MOST_PATTERNS]`. Prints one JSON object.
//!
//! `events DIR` instead writes the events and the mixed patterns as lines of JSON, for other programs.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the steady clock, and says what it read"
)]

mod chance;
mod events;
mod patterns;

use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use serde_json::{Value, json};
use wheelhouse_patterns::{Document, Matcher, Pattern, Scratch};

use chance::Chance;

const EVENTS: usize = 5_000;
const SIZES: [usize; 4] = [10, 1_000, 10_000, 100_000];
/// Rounds over all events; the best one counts.
const ROUNDS: usize = 3;
/// How long a round takes at least; the system counts a thread's time in steps of some milliseconds.
const ROUND: Duration = Duration::from_millis(250);
/// How many trials the plain matcher is asked for, beside a set.
const TRIALS: usize = 200_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["set", kind, count] => println!("{}", measure(kind, count.parse()?)?),
        ["events", folder] => write(folder)?,
        [] => println!("{}", json!({ "sets": every(usize::MAX)? })),
        [most] => println!("{}", json!({ "sets": every(most.parse()?)? })),
        _ => return Err("expected nothing, a number of patterns, or `events DIR`".into()),
    }
    Ok(())
}

/// Each set in a process of its own, so that the memory is that of the set.
fn every(most: usize) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut sets = Vec::new();
    for kind in patterns::KINDS {
        for count in SIZES.into_iter().filter(|count| *count <= most) {
            let output = Command::new(env::current_exe()?).args(["set", kind, &count.to_string()]).output()?;
            if !output.status.success() {
                return Err(format!("{kind}, {count}: {}", String::from_utf8_lossy(&output.stderr)).into());
            }
            sets.push(serde_json::from_slice(&output.stdout)?);
        }
    }
    Ok(sets)
}

fn measure(kind: &str, count: usize) -> Result<Value, Box<dyn Error>> {
    let mut chance = Chance::new(2);
    let before = resident_bytes();
    let mut matcher = Matcher::new();
    let mut build = Duration::ZERO;
    for _ in 0..count {
        let json = patterns::pattern(&mut chance, kind);
        let started = Instant::now();
        matcher.add(&Pattern::parse(&json)?)?;
        build += started.elapsed();
    }
    let bytes = resident_bytes().saturating_sub(before);
    let events = generated();
    let mut scratch = Scratch::new();
    let mut best = 0.0_f64;
    let mut matches = 0;
    for _ in 0..ROUNDS {
        let mut times = 0;
        let (used, mut took) = (thread_time(), Duration::ZERO);
        while took < ROUND {
            matches = 0;
            for event in &events {
                matches += matcher.matches(event.as_bytes(), &mut scratch)?.len();
            }
            times += events.len();
            took = thread_time().saturating_sub(used);
        }
        best = best.max(times as f64 / took.as_secs_f64());
    }
    let (checked, wrong) = check(kind, count, &matcher, &events)?;
    Ok(json!({
        "kind": kind, "patterns": count, "events_per_second": best.round(),
        "matches_per_event": matches as f64 / events.len() as f64, "build_seconds": build.as_secs_f64(),
        "bytes": bytes, "checked": checked, "wrong": wrong,
    }))
}

/// Holds the answers for the first events against those of the plain matcher.
fn check(kind: &str, count: usize, matcher: &Matcher, events: &[String]) -> Result<(usize, usize), Box<dyn Error>> {
    let mut chance = Chance::new(2);
    let patterns = (0..count).map(|_| Pattern::parse(&patterns::pattern(&mut chance, kind)));
    let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
    let mut scratch = Scratch::new();
    let (mut checked, mut wrong) = (0, 0);
    for event in events.iter().take((TRIALS / count).clamp(1, EVENTS)) {
        let document: Document<'_> = serde_json::from_str(event)?;
        let mut found: Vec<usize> =
            matcher.matches(event.as_bytes(), &mut scratch)?.iter().map(|id| id.index()).collect();
        found.sort_unstable();
        let plainly = patterns.iter().enumerate().filter(|(_, pattern)| pattern.judge(&document) == Some(true));
        wrong += usize::from(!plainly.map(|(place, _)| place).eq(found));
        checked += 1;
    }
    Ok((checked, wrong))
}

fn generated() -> Vec<String> {
    let mut chance = Chance::new(1);
    (0..EVENTS).map(|_| events::event(&mut chance).to_string()).collect()
}

fn write(folder: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    fs::write(format!("{folder}/events.jsonl"), generated().join("\n"))?;
    for count in SIZES {
        let mut chance = Chance::new(2);
        let lines: Vec<String> = (0..count).map(|_| patterns::pattern(&mut chance, "mixed").to_string()).collect();
        fs::write(format!("{folder}/mixed-{count}.jsonl"), lines.join("\n"))?;
    }
    Ok(())
}

/// How much memory this process has, where the system tells.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB"));
    line.and_then(|kib| kib.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// For how long this thread had a processor: what other programs do meanwhile is not in it.
fn thread_time() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).map_or(Duration::ZERO, Duration::from_nanos)
}
