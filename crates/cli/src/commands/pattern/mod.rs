//! `pattern`: trying event patterns, and measuring many of them.

mod bench;
mod files;

use std::io::{BufRead, Read};

use serde_json::json;
use wheelhouse_core::patterns::{LONGEST_EVENT, Matcher, Scratch};

use super::{Answer, Context};
use crate::args::{PatternCommand, PatternMatch};
use crate::failure::{Exit, Failure};

/// Tries a pattern, or measures many.
pub fn run(command: &PatternCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        PatternCommand::Match(options) => try_pattern(options, context),
        PatternCommand::Bench(options) => bench::run(options, context),
    }
}

fn try_pattern(options: &PatternMatch, context: &Context<'_>) -> Result<Answer, Failure> {
    let pattern = files::pattern(&options.pattern)?;
    let mut matcher = Matcher::new();
    let added = matcher.add(&pattern);
    added.map_err(|error| Failure::cannot_run(format!("`{}`: {error}", options.pattern.display())))?;
    let (input, name) = files::open(options.event.as_deref())?;
    if options.lines { each_line(&matcher, input, &name, context) } else { whole(&matcher, input, &name, context) }
}

/// Takes all of the input as one event.
fn whole(matcher: &Matcher, input: impl Read, name: &str, context: &Context<'_>) -> Result<Answer, Failure> {
    let event = files::all_of(input, name)?;
    let mut scratch = Scratch::new();
    let found = matcher.matches(&event, &mut scratch);
    let matches = !found.map_err(|error| refused(&format!("{name}: {error}"), &event))?.is_empty();
    let exit = if matches { Exit::Ok } else { Exit::Refused };
    if context.look.json() {
        return Ok(Answer::json(&json!({ "matches": matches })).exit(exit));
    }
    Ok(Answer::text(if matches { "matches\n" } else { "does not match\n" }).exit(exit))
}

/// What is said of input that is no event; perhaps it is several.
fn refused(message: &str, event: &[u8]) -> Failure {
    let failure = Failure::cannot_run(message);
    let is_lines = event.trim_ascii().windows(2).any(|pair| matches!(pair, [b'}', b'\n']));
    if is_lines { failure.help("with `--lines` each line is an event") } else { failure }
}

/// Takes each line of the input as an event, and keeps those that match.
fn each_line(matcher: &Matcher, mut input: impl BufRead, name: &str, context: &Context<'_>) -> Result<Answer, Failure> {
    let most = u64::try_from(LONGEST_EVENT + 2).unwrap_or(u64::MAX);
    let (mut line, mut kept, mut scratch) = (Vec::new(), Vec::new(), Scratch::new());
    let (mut events, mut matching) = (0_u64, 0_u64);
    for number in 1_u64.. {
        line.clear();
        let read = input.by_ref().take(most).read_until(b'\n', &mut line);
        if read.map_err(|error| Failure::cannot_run(format!("cannot read {name}: {error}")))? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        events += 1;
        let found = matcher.matches(line.trim_ascii(), &mut scratch);
        let found = found.map_err(|error| Failure::cannot_run(format!("{name}, line {number}: {error}")))?;
        if !found.is_empty() {
            matching += 1;
            kept.extend_from_slice(line.trim_ascii());
            kept.push(b'\n');
        }
    }
    let exit = if matching > 0 { Exit::Ok } else { Exit::Refused };
    if context.look.json() {
        return Ok(Answer::json(&json!({ "events": events, "matches": matching })).exit(exit));
    }
    // Events that were matched are UTF-8.
    Ok(Answer::text(String::from_utf8_lossy(&kept)).exit(exit))
}
