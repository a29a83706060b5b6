//! How answers look: tables for people, JSON for programs.

mod clean;
mod moments;
mod table;

use std::io::{self, IsTerminal};

use jiff::tz::TimeZone;
use serde_json::Value;
use wheelhouse_core::case::Severity;
use wheelhouse_core::time::Timestamp;
use wheelhouse_hub::clock::wall_now;

use crate::args::Global;

pub use clean::{clean, clean_lines};
pub use moments::{brief, exact, relative, span};
pub use table::{Cell, Table, Tone, cell, toned};

/// Tables for people or JSON for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Aligned columns, words and relative times.
    #[default]
    Table,
    /// The JSON of the hub's API.
    Json,
}

/// Everything that decides how an answer looks.
#[derive(Clone, Debug)]
pub struct Look {
    /// For people or for programs.
    pub format: Format,
    /// Whether the reader shows colours.
    pub colour: bool,
    /// How many columns the reader has; absent where lines may be as long as they are.
    pub width: Option<u16>,
    /// The instant from which relative times count.
    pub now: Timestamp,
    /// The zone in which exact times are shown.
    pub zone: TimeZone,
}

impl Look {
    /// What suits this process' standard output.
    #[expect(clippy::disallowed_methods, reason = "whoever reads this terminal expects the zone of the machine")]
    pub fn of_stdout(global: &Global) -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            format: global.output,
            colour: wants_colour(global, terminal),
            width: terminal.then(|| terminal_size::terminal_size().map(|(width, _)| width.0)).flatten(),
            now: wall_now(),
            zone: TimeZone::system(),
        }
    }

    /// Whether JSON is wanted.
    pub fn json(&self) -> bool {
        self.format == Format::Json
    }
}

/// Whether to use colours on a stream: only on a terminal, and never against `NO_COLOR`
/// (no-color.org).
pub fn wants_colour(global: &Global, terminal: bool) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    terminal && !global.no_colour && !refused
}

/// A JSON value as text, with a line end.
pub fn json_text(value: &Value) -> String {
    format!("{value:#}\n")
}

/// A severity as a cell.
pub fn severity_cell(severity: Severity) -> Cell {
    let tone = match severity {
        Severity::Sev1 => Tone::Alarm,
        Severity::Sev2 => Tone::Warning,
        Severity::Sev3 | Severity::Sev4 => Tone::Plain,
    };
    toned(severity.as_str(), tone)
}

/// The state of a case as a cell.
pub fn state_cell(state: &str) -> Cell {
    let tone = match state {
        "open" => Tone::Alarm,
        "acknowledged" => Tone::Warning,
        "mitigated" | "resolved" => Tone::Good,
        _ => Tone::Plain,
    };
    toned(state, tone)
}
