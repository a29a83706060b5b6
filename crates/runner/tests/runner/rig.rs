//! A runner in a folder of its own, a sink that notes everything, and ways to look at processes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;
use wheelhouse_runner::secret::{Secret, SecretError, SecretSource};
use wheelhouse_runner::step::{Delivery, ProcessStep, SecretUse};
use wheelhouse_runner::{
    Cancel, Cgroups, Chunk, Clock, Gap, Outcome, Runner, Sink, Started, Step, Stream, SystemClock,
};

/// The program that serves as guard.
pub const GUARD: &str = env!("CARGO_BIN_EXE_wheelhouse-step");
/// Long enough for anything that is not meant to wait.
pub const SOON: Duration = Duration::from_secs(30);

/// A runner and its folder.
pub struct Rig {
    pub runner: Runner,
    pub folder: TempDir,
}

impl Rig {
    /// A runner that finds process trees through `/proc` alone.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Steps of other users pass through it.
        open(folder.path());
        let mut runner = Runner::new(folder.path().join("jobs"));
        runner.guard = (PathBuf::from(GUARD), Vec::new());
        runner.cgroups = Cgroups::None;
        Self { runner, folder }
    }

    /// The same, with cgroups where this machine lets it make them.
    pub fn with_cgroups() -> Self {
        let mut rig = Self::new();
        rig.runner.cgroups = Cgroups::Own;
        rig
    }

    /// Gives it secrets by name.
    pub fn knowing(mut self, secrets: &[(&str, &[u8])]) -> Self {
        let known = secrets.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
        self.runner.sources.push(Box::new(Known(known)));
        self
    }

    /// Executes a step, and gives what it came to and what was heard.
    pub fn run(&self, step: &Step) -> (Outcome, Heard) {
        let mut heard = Heard::default();
        let outcome = self.runner.execute(step, &mut heard, &Cancel::new().unwrap());
        self.nothing_is_left(&outcome);
        (outcome, heard)
    }

    /// Executes a step beside this thread, and tells when it runs.
    pub fn begin(self, step: Step) -> Begun {
        let (tell, started) = channel();
        let cancel = Cancel::new().unwrap();
        let switch = cancel.clone();
        let thread = std::thread::spawn(move || {
            let mut heard = Heard { tell: Some(tell), ..Heard::default() };
            let outcome = self.runner.execute(&step, &mut heard, &switch);
            (self, outcome, heard)
        });
        Begun { started, cancel, thread }
    }

    /// Nothing of an execution is in the folder for jobs, and no process is in it either.
    pub fn nothing_is_left(&self, outcome: &Outcome) {
        if let Some(proof) = outcome.proof.as_ref().filter(|proof| proof.remaining.is_empty()) {
            assert!(proof.empty, "{outcome:?}");
        }
        let jobs = self.runner.jobs.clone();
        until("the folder for jobs is empty", || std::fs::read_dir(&jobs).map_or(0, Iterator::count) == 0);
    }
}

/// A step that runs beside the test.
pub struct Begun {
    pub started: Receiver<Started>,
    pub cancel: Cancel,
    thread: JoinHandle<(Rig, Outcome, Heard)>,
}

impl Begun {
    /// Waits until its own code runs.
    pub fn started(&self) -> Started {
        self.started.recv_timeout(SOON).expect("the step begins")
    }

    /// Waits for its end.
    pub fn end(self) -> (Rig, Outcome, Heard) {
        self.thread.join().unwrap()
    }
}

/// Everything that a sink was told.
#[derive(Default)]
pub struct Heard {
    pub live: Vec<Chunk>,
    pub kept: Vec<Chunk>,
    pub gap: Option<Gap>,
    pub started: Option<Started>,
    tell: Option<Sender<Started>>,
}

impl Heard {
    pub fn text(&self, stream: Stream) -> String {
        self.kept.iter().filter(|chunk| chunk.stream == stream).map(|chunk| chunk.text.as_str()).collect()
    }

    pub fn stdout(&self) -> String {
        self.text(Stream::Stdout)
    }

    pub fn stderr(&self) -> String {
        self.text(Stream::Stderr)
    }
}

impl Sink for Heard {
    fn started(&mut self, started: &Started) {
        self.started = Some(*started);
        if let Some(tell) = &self.tell {
            let _ended = tell.send(*started);
        }
    }

    fn live(&mut self, chunk: &Chunk) {
        self.live.push(chunk.clone());
    }

    fn kept(&mut self, chunk: &Chunk) {
        self.kept.push(chunk.clone());
    }

    fn gap(&mut self, gap: Gap) {
        self.gap = Some(gap);
    }
}

struct Known(BTreeMap<String, Vec<u8>>);

impl SecretSource for Known {
    fn find(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        Ok(self.0.get(name).map(|value| Secret::new(value.clone())))
    }
}

/// A step of a shell script, with ten seconds.
pub fn script(text: &str) -> Step {
    bash(text, |_| {})
}

/// The same, with something changed.
pub fn bash(text: &str, change: impl FnOnce(&mut ProcessStep)) -> Step {
    let mut process = ProcessStep::script(&["bash", "-u"], text);
    change(&mut process);
    let mut step = Step::process("case-1/step-2".replace('/', ":"), process, 20_000);
    step.grace_ms = 1_000;
    step
}

/// Gives a step a secret.
pub fn with_secret(mut step: Step, secret: &str, name: &str, delivery: Delivery) -> Step {
    step.secrets.push(SecretUse { secret: secret.to_owned(), name: name.to_owned(), delivery });
    step
}

/// To be called by what needs root: to run a step as somebody else, to mount a disk.
pub fn needs_root() {
    let own = std::fs::metadata("/proc/self").unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&own), 0, "this test needs root\n  = help: run the tests as root");
}

/// Whether a process is there and is no zombie.
pub fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// The processes whose command line holds a text.
pub fn processes_with(text: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).replace('\0', " ").contains(text) && lives(*pid)
    })
    .collect()
}

/// A length of a sleep that no other test sleeps, so that its processes can be told apart.
pub fn own_sleep() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{}.{:06}{:03}", 600, std::process::id() % 1_000_000, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Reads a file as soon as it has a whole line.
pub fn written(path: &std::path::Path) -> String {
    let mut text = String::new();
    until(&format!("{} is written", path.display()), || {
        text = std::fs::read_to_string(path).unwrap_or_default();
        text.ends_with('\n')
    });
    text
}

/// Waits until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = SystemClock.steady();
    while !holds() {
        assert!(SystemClock.steady() - begun < SOON, "it does not come to be that {what}");
        pause(Duration::from_millis(5));
    }
}

/// Waits for a while.
pub fn pause(time: Duration) {
    let (_tell, told) = channel::<()>();
    let _timeout = told.recv_timeout(time);
}

/// Sends a signal to a process.
pub fn signal(pid: u32, signal: &str) {
    let done = std::process::Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status().unwrap();
    assert!(done.success(), "kill -{signal} {pid}");
}

fn open(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}
