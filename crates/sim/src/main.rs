//! `wheelhouse-sim`: plays seeded stories on all cores and prints those that break a promise.

use std::process::ExitCode;

use wheelhouse_sim::campaign::{Amount, Campaign};

const USAGE: &str =
    "usage: wheelhouse-sim (--seeds N | --minutes N) [--from SEED] [--threads N] [--keep FILE] [--retell yes]
  --keep FILE   remembers there how far it got, and goes on from there
  --retell yes  tells each story that breaks a promise in full, entry by entry";

/// Plays what is asked for; fails if any story breaks a promise.
fn main() -> ExitCode {
    let Some(campaign) = asked() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match campaign.run() {
        Ok(failed) if failed.is_empty() => ExitCode::SUCCESS,
        Ok(failed) => {
            let failed: Vec<String> = failed.iter().map(u64::to_string).collect();
            eprintln!("these seeds broke a promise: {}", failed.join(" "));
            ExitCode::FAILURE
        }
        Err(trouble) => {
            eprintln!("error: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn asked() -> Option<Campaign> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut amount, mut from, mut threads, mut kept, mut retell) = (None, 0, cores, None, false);
    let mut rest = std::env::args().skip(1);
    while let Some(name) = rest.next() {
        let value = rest.next()?;
        match name.as_str() {
            "--seeds" => amount = Some(Amount::Seeds(value.parse().ok()?)),
            "--minutes" => amount = Some(Amount::Minutes(value.parse().ok()?)),
            "--from" => from = value.parse().ok()?,
            "--threads" => threads = value.parse().ok().filter(|threads| *threads > 0)?,
            "--retell" => retell = value == "yes",
            "--keep" => kept = Some(value.into()),
            _ => return None,
        }
    }
    Some(Campaign { from, amount: amount?, threads, kept, retell })
}
