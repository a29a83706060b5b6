//! Replays the kept inputs of every target, and a number of seeded variations of them.
//!
//! `WHEELHOUSE_FUZZ_VARIATIONS` multiplies how many, `WHEELHOUSE_SEED` draws others. An input that
//! breaks a law is written to the system's folder for temporary files, and its place is said.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use wheelhouse_fuzz::bounds::Counting;
use wheelhouse_fuzz::mutate::{Chance, variation};
use wheelhouse_fuzz::{TARGETS, Target, corpus, hold, target};

#[global_allocator]
static COUNTING: Counting = Counting;

const SEED: u64 = 0x5eed_f022;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Tries one input; says what broke, and keeps the input where it can be found.
fn tried(target: &Target, name: &str, input: &[u8]) -> (usize, u64) {
    match catch_unwind(AssertUnwindSafe(|| hold(target, input))) {
        Ok(cost) => (cost.memory, cost.milliseconds),
        Err(panic) => {
            let place = std::env::temp_dir().join(format!("fuzz-{}-{name}", target.name));
            std::fs::write(&place, input).unwrap();
            eprintln!("`{name}` breaks `{}`; the input lies in {}", target.name, place.display());
            std::panic::resume_unwind(panic)
        }
    }
}

fn replay(name: &str) {
    let target = target(name).unwrap();
    let inputs = corpus::inputs(name);
    assert!(inputs.len() > 1, "`{name}` has hardly any kept inputs");
    // What is made once and kept is not the cost of an input.
    (target.run)(b"");
    for (name, input) in &inputs {
        assert!(input.len() <= target.longest, "`{name}` is longer than any input that is tried");
        tried(target, name, input);
    }
    let seed = number("WHEELHOUSE_SEED").unwrap_or(SEED);
    let variations = target.variations * number("WHEELHOUSE_FUZZ_VARIATIONS").unwrap_or(1);
    let (words, mut chance) = (corpus::words(), Chance::new(seed));
    let (mut memory, mut slowest) = (0, 0);
    for number in 0..variations {
        let input = variation(&inputs, &words, target.longest, &mut chance);
        let (bytes, milliseconds) = tried(target, &format!("{seed}-{number}"), &input);
        memory = memory.max(bytes);
        slowest = slowest.max(milliseconds);
    }
    println!(
        "{name}: {} kept inputs, {variations} variations, at most {memory} bytes and {slowest} ms for one",
        inputs.len()
    );
}

macro_rules! replay {
    ($($target:ident)*) => {
        $(#[test] fn $target() { replay(stringify!($target)); })*

        #[test]
        fn every_target_is_replayed_and_every_kept_input_has_a_target() {
            let named = [$(stringify!($target)),*];
            assert_eq!(TARGETS.iter().map(|target| target.name).collect::<Vec<_>>(), named);
            let folders = std::fs::read_dir(corpus::folder("")).unwrap();
            for folder in folders {
                let name = folder.unwrap().file_name().into_string().unwrap();
                assert!(named.contains(&name.as_str()), "corpus/{name} belongs to no target");
            }
        }
    };
}

replay! {
    alertmanager_alerts
    alertmanager_silences
    alertmanager_queries
    webhook
    events_binary
    events_json
    pushes
    files
    catalog
    templates
    runbooks
    schedules
    expressions
    automations
    runner_calls
    function_answers
    mails
    patterns
    pattern_events
    entries
    proofs
    requests
    pairs
    journals
    smtp_replies
    settings
}
