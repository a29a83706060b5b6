//! One running part of the demo: a child process with a log and a file that holds its id.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::hub;
use super::layout::{self, Layout};
use super::script::{Role, Script};
use super::signals;
use super::trouble::{Result, Trouble};

/// How many lines of a log are shown when its part ended.
const TAIL_LINES: usize = 12;
/// The longest line that is kept of the hub's standard output.
const LONGEST_LINE_BYTES: u64 = 64 << 10;
/// How long a part may take to end after SIGTERM.
const END_WITHIN: Duration = Duration::from_secs(10);

/// A part and, while it runs, its process.
pub struct Part {
    /// How it is started.
    pub script: Script,
    child: Option<Child>,
    secrets: Option<Receiver<String>>,
}

impl Part {
    /// A part that does not run yet.
    pub fn new(script: Script) -> Self {
        Self { script, child: None, secrets: None }
    }

    /// Whether it runs, as far as is known.
    pub fn running(&self) -> bool {
        self.child.is_some()
    }

    /// Starts the process in a group of its own, so that Ctrl-C reaches the supervisor alone.
    pub fn start(&mut self, layout: &Layout) -> Result<()> {
        let path = layout.log(self.script.name);
        let log = append(&path)?;
        let errors = log.try_clone().map_err(|error| Trouble::file("open", &path, &error))?;
        let mut command = Command::new(&self.script.program);
        command.args(&self.script.args).current_dir(&layout.repo).stdin(Stdio::null()).stderr(errors).process_group(0);
        let secretive = self.script.role == Role::Hub;
        if secretive {
            command.stdout(Stdio::piped());
        } else {
            command.stdout(log.try_clone().map_err(|error| Trouble::file("open", &path, &error))?);
        }
        let mut child = command.spawn().map_err(|error| {
            Trouble::new(
                format!("{} does not start: {} {error}", self.script.name, self.script.program.display()),
                "run `make deps`, or check the program's path",
            )
        })?;
        if let Some(output) = child.stdout.take() {
            let (sender, receiver) = mpsc::channel();
            thread::spawn(move || copy_without_secrets(output, log, &sender));
            self.secrets = Some(receiver);
        }
        let pid = child.id();
        self.child = Some(child);
        layout::write(&layout.pid(self.script.name), &format!("{pid}\n"))
    }

    /// How it ended, if it did since the last look.
    pub fn ended(&mut self, layout: &Layout) -> Option<ExitStatus> {
        let status = self.child.as_mut()?.try_wait().ok()??;
        self.forget(layout);
        Some(status)
    }

    /// A secret that it printed, if one has come.
    pub fn secret(&self) -> Option<String> {
        self.secrets.as_ref()?.try_recv().ok()
    }

    /// Ends it: SIGTERM, and after ten seconds SIGKILL. Says whether it ended by itself.
    pub fn stop(&mut self, layout: &Layout) -> bool {
        let Some(child) = self.child.as_mut() else {
            return true;
        };
        let asked = Instant::now();
        signals::send("TERM", child.id());
        let mut gentle = true;
        while matches!(child.try_wait(), Ok(None)) {
            if asked.elapsed() > END_WITHIN {
                gentle = false;
                // An error means that it has ended meanwhile; `wait` then answers at once.
                let _ = child.kill();
                let _ = child.wait();
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.forget(layout);
        gentle
    }

    /// The last lines of its log.
    pub fn last_lines(&self, layout: &Layout) -> String {
        tail(&layout.log(self.script.name))
    }

    fn forget(&mut self, layout: &Layout) {
        self.child = None;
        self.secrets = None;
        // A missing file is what is wanted.
        let _ = fs::remove_file(layout.pid(self.script.name));
    }
}

/// The last lines of a log, indented.
fn tail(path: &Path) -> String {
    let text = String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let lines: Vec<&str> = text.lines().rev().take(TAIL_LINES).collect();
    if lines.is_empty() {
        return "  | (its log is empty)".into();
    }
    lines.into_iter().rev().map(|line| format!("  | {line}")).collect::<Vec<_>>().join("\n")
}

fn append(path: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).open(path).map_err(|error| Trouble::file("open", path, &error))
}

/// Copies the hub's standard output to its log, and its tokens to the supervisor only.
fn copy_without_secrets(output: ChildStdout, mut log: File, secrets: &Sender<String>) {
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(LONGEST_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if let Some(token) = hub::admin_token(&String::from_utf8_lossy(&line)) {
            line = format!("{}(kept from the log)\n", hub::ADMIN_TOKEN_LINE).into_bytes();
            // Nobody listens any more: the supervisor is ending.
            let _ = secrets.send(token);
        }
        // A full disk must not stop the hub; the log only loses a line.
        let _ = log.write_all(&line);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn the_last_lines_are_shown_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        assert_eq!(tail(&path), "  | (its log is empty)");
        let lines: Vec<String> = (0..40).map(|n| format!("line {n}")).collect();
        fs::write(&path, lines.join("\n")).unwrap();
        let shown = tail(&path);
        assert_eq!(shown.lines().count(), TAIL_LINES);
        assert!(shown.ends_with("  | line 39"), "{shown}");
    }

    #[test]
    fn a_part_is_started_and_ended_by_its_id_and_its_secret_stays_out_of_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout { repo: folder.path().into(), run: folder.path().join("run") };
        layout.create().unwrap();
        let mut part = Part::new(Script {
            name: "hub",
            program: "sh".into(),
            args: vec!["-c".into(), "echo one; echo admin token: wh_secret1; echo two; exec sleep 60".into()],
            ready: (0, "/"),
            role: Role::Hub,
        });
        part.start(&layout).unwrap();
        let pid = layout.read_pid("hub").unwrap();
        assert!(signals::alive(pid));
        let secret = part.secrets.as_ref().unwrap().recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(secret, "wh_secret1");
        assert!(part.stop(&layout));
        assert!(!signals::alive(pid));
        assert_eq!(layout.read_pid("hub"), None);
        let log = fs::read_to_string(layout.log("hub")).unwrap();
        assert!(log.starts_with("one\n") && !log.contains("wh_secret1"), "{log}");
    }
}
