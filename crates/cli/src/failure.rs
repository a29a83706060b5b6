//! How a command ends: its exit code, and what is said where it failed.

use std::fmt::Write;
use std::process::ExitCode;

/// What `--help` says about exit codes.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done; for `check`: no errors
  1  refused by the hub, or findings: errors in a catalog, a record that does not verify,
     an event that does not match
  2  wrong usage, or the command could not run: a file that cannot be read or written
  3  not authorised: no token, an unknown or expired one, or no policy allows it
  4  the hub cannot be reached or cannot answer now: trying again later may help";

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// The hub refused, or a check found errors.
    Refused = 1,
    /// The command was written wrongly, or could not run.
    CannotRun = 2,
    /// No token, a wrong one, or one that may not do this.
    NotAuthorised = 3,
    /// The hub cannot be reached, or cannot answer now.
    Unreachable = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command failed: what happened, details of it, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What happened, and where.
    pub message: String,
    /// More about it, a line each.
    pub details: Vec<String>,
    /// What to do, a line each.
    pub help: Vec<String>,
}

impl Failure {
    /// Makes a failure with an exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), details: Vec::new(), help: Vec::new() }
    }

    /// The command was written wrongly, or something here kept it from running.
    pub fn cannot_run(message: impl Into<String>) -> Self {
        Self::new(Exit::CannotRun, message)
    }

    /// Adds a detail.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The failure as people read it. Text from elsewhere is made safe for a terminal.
    pub fn render(&self, colour: bool) -> String {
        let (red, blue, bold, end) =
            if colour { ("\x1b[1;31m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m") } else { ("", "", "", "") };
        let shown = crate::output::clean_lines;
        let mut text = format!("{red}error{end}{bold}: {}{end}\n", indented(&shown(&self.message)));
        for detail in &self.details {
            let _infallible = writeln!(text, "  {blue}={end} {}", indented(&shown(detail)));
        }
        for help in &self.help {
            let _infallible = writeln!(text, "  {blue}={end} help: {}", indented(&shown(help)));
        }
        text
    }
}

/// Keeps the lines of one part together.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n    ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_then_more_then_what_to_do() {
        let failure =
            Failure::cannot_run("cannot read `x`").detail("no such file\nor directory").help("check the path");
        assert_eq!(
            failure.render(false),
            "error: cannot read `x`\n  = no such file\n    or directory\n  = help: check the path\n"
        );
    }

    #[test]
    fn text_from_elsewhere_cannot_steer_the_terminal() {
        let text = Failure::cannot_run("\x1b[2Jgone").render(false);
        assert_eq!(text, "error: \\u{1b}[2Jgone\n");
    }
}
