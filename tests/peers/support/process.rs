//! A process that ends with the test, and whose log is shown where the test fails.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::wait::until;

/// How many lines of a log a failed test shows.
const LINES_SHOWN: usize = 80;

/// A process of another program.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    ended: bool,
}

impl Process {
    /// Starts it; what it says goes to the end of `log`.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Self {
        let file = || OpenOptions::new().create(true).append(true).open(log).unwrap();
        let started = command.stdin(Stdio::null()).stdout(file()).stderr(file()).spawn();
        let child = started.unwrap_or_else(|error| {
            let program = command.get_program().display();
            panic!("{name} does not start: {program}: {error}\n  = help: scripts/install-deps.sh test installs what is missing")
        });
        Self { name: name.to_owned(), child, log: log.to_owned(), ended: false }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().unwrap();
        self.ended |= status.is_some();
        status
    }

    /// Ends it as a crash does (SIGKILL).
    pub fn kill(&mut self) {
        if !self.ended {
            let _gone = self.child.kill();
            let _reaped = self.child.wait();
            self.ended = true;
        }
    }

    /// Asks it to end (SIGTERM), without waiting.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill").args(["-TERM", &id]).status().unwrap().success(),
            "{} has ended already",
            self.name
        );
    }

    /// Waits for its end.
    pub fn wait(&mut self, within: Duration) -> ExitStatus {
        let what = format!("{} ends", self.name);
        until(&what, within, || self.ended())
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let said = self.said();
            let lines: Vec<&str> = said.lines().collect();
            let last = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
            eprintln!("---- the last lines of {}\n{}\n----", self.name, last.join("\n"));
        }
    }
}
