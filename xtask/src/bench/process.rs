//! A process under measurement.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::machine::TICKS_A_SECOND;
use crate::demo::signals;
use crate::demo::trouble::{Result, Trouble};

/// How long an end may take after SIGTERM.
const END_WITHIN: Duration = Duration::from_secs(20);

/// How many lines of a log are shown.
const SHOWN_LINES: usize = 12;

/// A process that ends when this is dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it; what it says goes to the log.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let trouble = |error| Trouble::file("write", log, &error);
        let file = File::create(log).map_err(trouble)?;
        let errors = file.try_clone().map_err(trouble)?;
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn().map_err(|error| {
            Trouble::new(format!("{program} does not start: {error}"), "install it, or give another path")
        })?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The CPU that it has used, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |field: usize| fields.get(field).and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
        f64::from(ticks(11) + ticks(12)) / TICKS_A_SECOND
    }

    /// The memory that it holds, in MiB.
    pub fn resident_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
        kib.unwrap_or(0.0) / 1_024.0
    }

    /// Waits until `ready` holds; says how long it took.
    pub fn wait_ready(&mut self, limit: Duration, ready: impl Fn() -> bool) -> Result<Duration> {
        let started = Instant::now();
        while !ready() {
            if let Ok(Some(status)) = self.child.try_wait() {
                let (said, log) = (self.said(), self.log.display());
                let first = said.lines().take(SHOWN_LINES).collect::<Vec<_>>().join(
                    "
",
                );
                let what = format!(
                    "it ended before it was ready ({status})
{first}"
                );
                return Err(Trouble::new(what, format!("its whole log is {log}")));
            }
            if started.elapsed() > limit {
                let log = self.log.display();
                return Err(Trouble::new(format!("it is not ready after {} s", limit.as_secs()), format!("see {log}")));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(started.elapsed())
    }

    /// Ends it by SIGTERM; fails where it must be killed.
    pub fn stop(mut self) -> Result<()> {
        signals::send("TERM", self.pid());
        let asked = Instant::now();
        while asked.elapsed() < END_WITHIN {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let log = self.log.display().to_string();
        Err(Trouble::new("a process did not end after SIGTERM and was killed", format!("see {log}")))
    }

    /// Ends it as a power cut would, as far as it can tell.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
