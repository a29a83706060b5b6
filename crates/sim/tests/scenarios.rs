//! Plays every folder under `tests/scenarios` and compares its transcript, line by line.
//! `UPDATE_SCENARIOS=1` writes the transcripts instead; read the difference before committing it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wheelhouse_sim::scenario::{EXPECTED, folders, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios")
}

#[test]
fn every_scenario_goes_as_written() {
    let update = std::env::var_os("UPDATE_SCENARIOS").is_some_and(|value| value == "1");
    let folders = folders(&root()).unwrap();
    assert!(folders.len() >= 12, "only {} scenarios under {}", folders.len(), root().display());
    let mut failures = String::new();
    for folder in &folders {
        if let Err(problem) = check(folder, update) {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            writeln!(failures, "\n== {name}\n{problem}").unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn a_scenario_plays_the_same_twice() {
    for folder in folders(&root()).unwrap() {
        assert_eq!(run(&folder), run(&folder), "{}", folder.display());
    }
}

fn check(folder: &Path, update: bool) -> Result<(), String> {
    let (transcript, left_over) = run(folder)?;
    let path = folder.join(EXPECTED);
    if update {
        fs::write(&path, &transcript).map_err(|error| error.to_string())?;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let mut problem = difference(&expected, &transcript);
    for what in left_over {
        let _ = writeln!(problem, "left over: {what}");
    }
    if problem.is_empty() { Ok(()) } else { Err(problem) }
}

/// The lines around the first difference, marked `-` as expected and `+` as happened.
fn difference(expected: &str, happened: &str) -> String {
    if expected == happened {
        return String::new();
    }
    let (expected, happened): (Vec<_>, Vec<_>) = (expected.lines().collect(), happened.lines().collect());
    let same = expected.iter().zip(&happened).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(3);
    let mut shown = format!("the transcript differs from line {}:\n", same + 1);
    for line in expected.iter().take(same).skip(from) {
        let _ = writeln!(shown, "  {line}");
    }
    for (mark, lines) in [("-", &expected), ("+", &happened)] {
        for line in lines.iter().skip(same).take(6) {
            let _ = writeln!(shown, "{mark} {line}");
        }
    }
    shown
}
