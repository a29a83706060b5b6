//! Patterns and events in files.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::Path;

use serde_json::Value;
use wheelhouse_core::patterns::{LONGEST_EVENT, Pattern};

use crate::failure::Failure;

/// The most bytes of a file with one pattern: more than a pattern's limits allow.
const LONGEST_PATTERN: u64 = 16 << 20;

/// Reads a file with one pattern.
pub fn pattern(path: &Path) -> Result<Pattern, Failure> {
    let name = format!("`{}`", path.display());
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_PATTERN + 1).read_to_string(&mut text));
    read.map_err(|error| Failure::cannot_run(format!("cannot read {name}: {error}")))?;
    if text.len() as u64 > LONGEST_PATTERN {
        return Err(Failure::cannot_run(format!("{name} has more than {LONGEST_PATTERN} bytes; expected one pattern")));
    }
    let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let json: Value = if is_yaml {
        serde_saphyr::from_str(&text).map_err(|error| Failure::cannot_run(format!("{name} is not YAML: {error}")))?
    } else {
        serde_json::from_str(&text).map_err(|error| Failure::cannot_run(format!("{name} is not JSON: {error}")))?
    };
    Pattern::parse(&json).map_err(|error| not_a_pattern(&name, &error.to_string()))
}

/// Reads a line with a pattern, alone or beside its id.
pub fn pattern_of_line(line: &str, name: &str, number: usize) -> Result<Pattern, Failure> {
    let place = format!("{name}, line {number}");
    let json: Value =
        serde_json::from_str(line).map_err(|error| Failure::cannot_run(format!("{place} is not JSON: {error}")))?;
    let is_beside = |entries: &serde_json::Map<String, Value>| {
        entries.get("pattern").is_some_and(Value::is_object)
            && entries.keys().all(|key| key == "id" || key == "pattern")
    };
    let pattern = match &json {
        Value::Object(entries) if is_beside(entries) => entries.get("pattern").unwrap_or(&json),
        alone => alone,
    };
    Pattern::parse(pattern).map_err(|error| not_a_pattern(&place, &error.to_string()))
}

/// Opens a file or standard input, and names it.
pub fn open(path: Option<&Path>) -> Result<(Box<dyn BufRead>, String), Failure> {
    let Some(path) = path else { return Ok((Box::new(stdin().lock()), "standard input".to_owned())) };
    let name = format!("`{}`", path.display());
    let file = File::open(path).map_err(|error| Failure::cannot_run(format!("cannot read {name}: {error}")))?;
    Ok((Box::new(BufReader::new(file)), name))
}

/// Reads one event: everything, as far as an event may be long, and a byte more.
pub fn all_of(input: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut event = Vec::new();
    let most = u64::try_from(LONGEST_EVENT + 1).unwrap_or(u64::MAX);
    let read = input.take(most).read_to_end(&mut event);
    read.map_err(|error| Failure::cannot_run(format!("cannot read {name}: {error}")))?;
    Ok(event)
}

fn not_a_pattern(place: &str, error: &str) -> Failure {
    Failure::cannot_run(format!("{place} is no pattern"))
        .detail(error)
        .help("a pattern is fields, each with a list of values, such as {\"severity\": [\"critical\"]}")
}
