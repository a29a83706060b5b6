//! Patterns of each kind of operator against generated events, by the benchmark that `wheelhouse-patterns`
//! brings along.

use std::fmt::Write as _;

use serde::Deserialize;

use super::checks::Checks;
use super::place::Place;
use super::scale::benchmark;
use crate::demo::trouble::Result;

/// What the goals are about: so many mixed and exact patterns, and events a second with them.
const GOALS: [(&str, usize, u32); 2] = [("mixed", 10_000, 200_000), ("exact", 1_000, 600_000)];

/// Patterns of one kind, so many at once.
#[derive(Clone, Debug, Deserialize)]
pub struct Set {
    kind: String,
    patterns: usize,
    events_per_second: f64,
    matches_per_event: f64,
    build_seconds: f64,
    bytes: u64,
    /// Events whose matches were held against those of the plain matcher, and those that differed.
    checked: u64,
    wrong: u64,
}

#[derive(Deserialize)]
struct Sets {
    sets: Vec<Set>,
}

/// Measures every kind; in a quick run with at most ten thousand patterns.
pub fn measure(place: &Place, quick: bool, checks: &mut Checks) -> Result<Vec<Set>> {
    let most = if quick { "10000" } else { "100000" };
    let Sets { sets } = benchmark(place, "patterns", "kinds", &[most])?;
    checks.that(!sets.is_empty(), || "no patterns were measured".to_owned());
    for set in &sets {
        let Set { kind, patterns, checked, wrong, .. } = set;
        let about =
            || format!("{patterns} patterns ({kind}): {wrong} of {checked} events have other matches than plainly");
        checks.that(*checked > 0 && *wrong == 0, about);
    }
    Ok(sets)
}

/// The figures as a table.
pub fn markdown(sets: &[Set]) -> String {
    let mut text = String::from(
        "Event patterns on one thread, by its time on the processor; events of about a kilobyte:\n\n\
         | operator | patterns | events/s | matches an event | build | memory | goal |\n\
         |---|---:|---:|---:|---:|---:|---|\n",
    );
    for set in sets {
        let Set { kind, patterns, events_per_second, matches_per_event, build_seconds, bytes, .. } = set;
        let goal = GOALS.iter().find(|(of, count, _)| of == kind && count == patterns);
        let goal = goal.map_or(String::new(), |(_, _, rate)| format!("≥ {rate}"));
        let mebibytes = f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) / 1024.0;
        let _infallible = writeln!(
            text,
            "| {kind} | {patterns} | {events_per_second:.0} | {matches_per_event:.2} | {:.0} ms | {mebibytes:.1} MiB | {goal} |",
            build_seconds * 1e3
        );
    }
    text.push('\n');
    text
}
