//! `wheelhouse-sim --seeds N [--from SEED]`: plays seeded stories and prints those that break a promise.

use std::process::ExitCode;

use wheelhouse_sim::seeded;

/// Plays the seeds asked for; fails if any story breaks a promise.
fn main() -> ExitCode {
    let Some((seeds, from)) = arguments() else {
        eprintln!("usage: wheelhouse-sim --seeds N [--from SEED]");
        return ExitCode::from(2);
    };
    let mut failures = 0;
    for seed in from..from.saturating_add(seeds) {
        if let Err(failure) = seeded::check(seed, None) {
            failures += 1;
            eprintln!("{failure}");
        }
    }
    println!("{seeds} stories from seed {from}: {failures} broke a promise");
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn arguments() -> Option<(u64, u64)> {
    let (mut seeds, mut from) = (None, 0);
    let mut rest = std::env::args().skip(1);
    while let Some(name) = rest.next() {
        let value: u64 = rest.next()?.parse().ok()?;
        match name.as_str() {
            "--seeds" => seeds = Some(value),
            "--from" => from = value,
            _ => return None,
        }
    }
    seeds.map(|seeds| (seeds, from))
}
