//! `pattern`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Try event patterns, and measure many of them.
#[derive(Debug, Subcommand)]
pub enum PatternCommand {
    /// Say whether an event matches a pattern: exit code 0 if it does, 1 if not, 2 if one of them cannot be read.
    Match(PatternMatch),
    /// Measure how fast many patterns are matched against many events, on one thread.
    Bench(PatternBench),
}

/// Say whether an event matches.
#[derive(Debug, Args)]
pub struct PatternMatch {
    /// The pattern: JSON, or YAML if the file's name ends in `.yaml` or `.yml`.
    #[arg(long, value_name = "FILE")]
    pub pattern: PathBuf,
    /// The event: JSON; standard input where absent.
    #[arg(value_name = "EVENT_FILE")]
    pub event: Option<PathBuf>,
    /// Take each line as an event, and print the lines that match; exit code 0 if one does.
    #[arg(long)]
    pub lines: bool,
}

/// Measure patterns.
#[derive(Debug, Args)]
pub struct PatternBench {
    /// One pattern a line, alone or as `{"id": …, "pattern": …}`.
    #[arg(value_name = "PATTERNS.jsonl")]
    pub patterns: PathBuf,
    /// One event a line.
    #[arg(value_name = "EVENTS.jsonl")]
    pub events: PathBuf,
    /// How often all events are matched; the best round counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub rounds: u32,
}
