//! Measuring how fast many patterns are matched.

use std::fs::{File, read_to_string};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use wheelhouse_core::patterns::{Matcher, Scratch};
use wheelhouse_hub::clock::steady_now;

use super::files::pattern_of_line;
use crate::args::PatternBench;
use crate::commands::{Answer, Context};
use crate::failure::Failure;
use crate::output::{Table, cell};

/// Measures; everything is on this thread.
pub fn run(options: &PatternBench, context: &Context<'_>) -> Result<Answer, Failure> {
    let before = resident_bytes();
    let started = steady_now();
    let matcher = build(&options.patterns)?;
    let build = steady_now().duration_since(started);
    let patterns_bytes = resident_bytes().zip(before).map(|(after, before)| after.saturating_sub(before));
    let name = format!("`{}`", options.events.display());
    let text = std::fs::read(&options.events);
    let text = text.map_err(|error| Failure::cannot_run(format!("cannot read {name}: {error}")))?;
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    let events: Vec<(usize, &[u8])> = lines.filter(|(_, line)| !line.trim_ascii().is_empty()).collect();
    if events.is_empty() {
        return Err(Failure::cannot_run(format!("{name} has no events; expected one a line")));
    }
    let mut scratch = Scratch::new();
    let (mut matches, mut matching) = (0_u64, 0_u64);
    let mut best = (Duration::MAX, None);
    for _ in 0..options.rounds {
        (matches, matching) = (0, 0);
        let (started, used) = (steady_now(), thread_time());
        for (number, event) in &events {
            let found = matcher.matches(event, &mut scratch);
            let found = found.map_err(|error| Failure::cannot_run(format!("{name}, line {}: {error}", number + 1)))?;
            matches += found.len() as u64;
            matching += u64::from(!found.is_empty());
        }
        let cpu = thread_time().zip(used).map(|(after, before)| after.saturating_sub(before));
        best = best.min((steady_now().duration_since(started), cpu));
    }
    let a_second = |took: Duration| (events.len() as f64 / took.as_secs_f64().max(1e-9)).round();
    let mean_bytes = events.iter().map(|(_, event)| event.len()).sum::<usize>() / events.len();
    let report = json!({
        "patterns": matcher.len(),
        "events": events.len(),
        "mean_event_bytes": mean_bytes,
        "matches": matches,
        "events_with_a_match": matching,
        "events_per_second": a_second(best.0),
        "events_per_cpu_second": best.1.map(a_second),
        "build_seconds": build.as_secs_f64(),
        "patterns_bytes": patterns_bytes,
        "rss_bytes": resident_bytes(),
        "rounds": options.rounds,
    });
    if context.look.json() {
        return Ok(Answer::json(&report));
    }
    let mut table = Table::new(&["MEASURED", "FOUND"]);
    for (what, found) in report.as_object().into_iter().flatten() {
        table.row([cell(what.replace('_', " ")), cell(found.to_string())]);
    }
    Ok(Answer::text(table.render(&context.look)))
}

/// Reads the patterns and takes them in, one by one.
fn build(path: &Path) -> Result<Matcher, Failure> {
    let name = format!("`{}`", path.display());
    let cannot_read = |error| Failure::cannot_run(format!("cannot read {name}: {error}"));
    let mut matcher = Matcher::new();
    let lines = BufReader::new(File::open(path).map_err(cannot_read)?).lines();
    for (number, line) in lines.enumerate() {
        let line = line.map_err(cannot_read)?;
        if line.trim().is_empty() {
            continue;
        }
        let pattern = pattern_of_line(&line, &name, number + 1)?;
        let added = matcher.add(&pattern);
        added.map_err(|error| Failure::cannot_run(format!("{name}, line {}: {error}", number + 1)))?;
    }
    if matcher.is_empty() {
        return Err(Failure::cannot_run(format!("{name} has no patterns; expected one a line")));
    }
    Ok(matcher)
}

/// How much memory this process has, where the system tells.
fn resident_bytes() -> Option<u64> {
    let status = read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// For how long this thread had a processor, where the system tells: other programs' work is not in it.
fn thread_time() -> Option<Duration> {
    let stat = read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
