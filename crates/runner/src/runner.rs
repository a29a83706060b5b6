//! The face of the crate: everything that executions have in common, and the one way to execute a step.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::guard::own_group;
use crate::outcome::{Confined, End, Exit, Outcome, OutputCount, Proof, Usage};
use crate::output::Output;
use crate::outputs::Outputs;
use crate::redact::Secrets;
use crate::secret::{Secret, SecretSource, find};
use crate::step::{Action, Step};
use crate::{Cancel, Clock, Sink, SystemClock, function, http, process, sql};

/// Executes steps. It holds nothing of any of them, so one serves any number of threads.
pub struct Runner {
    /// The folder under which private folders are made; it is created if it is missing. The file system must allow
    /// programs to be executed for scripts that name their own interpreter.
    pub jobs: PathBuf,
    /// The program that serves as guard, and its first arguments; it must call
    /// [`serve_if_asked`](crate::serve_if_asked). This very program by default.
    pub guard: (PathBuf, Vec<OsString>),
    /// Where cgroups are made.
    pub cgroups: Cgroups,
    /// The environment that every step begins with.
    pub base: BTreeMap<String, String>,
    /// Where secrets come from, in order.
    pub sources: Vec<Box<dyn SecretSource>>,
    /// What must never be seen in any output although no step is given it, by name: the runner's own token.
    pub own_secrets: Vec<(String, Secret)>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
}

/// Where cgroups (version 2) are made for process steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cgroups {
    /// In the runner's own group, if it may write there.
    Own,
    /// In this group.
    In(PathBuf),
    /// Nowhere: process trees are found through `/proc` alone.
    None,
}

impl Runner {
    /// Returns a runner with its folder for jobs, no secrets, and the machine's clocks.
    #[must_use]
    pub fn new(jobs: impl Into<PathBuf>) -> Self {
        let base = [("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("LANG", "C.UTF-8")];
        Self {
            jobs: jobs.into(),
            guard: (PathBuf::from("/proc/self/exe"), Vec::new()),
            cgroups: Cgroups::Own,
            base: base.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            sources: Vec::new(),
            own_secrets: Vec::new(),
            clock: Arc::new(SystemClock),
        }
    }

    /// Executes a step, and returns when it is over. Not to be called on a thread that drives asynchronous tasks.
    pub fn execute(&self, step: &Step, sink: &mut dyn Sink, cancel: &Cancel) -> Outcome {
        if let Action::Function(process) = &step.action {
            return function::call(self, step, process, sink, cancel);
        }
        let begun = self.clock.steady();
        let given = match self.give(step) {
            Ok(given) => given,
            Err(why) => return self.outcome(begun, Done::not_started(why), OutputCount::default(), &Arc::default()),
        };
        if cancel.is_cancelled() {
            return self.outcome(begun, Done::of(End::Cancelled), OutputCount::default(), &given.redacted);
        }
        let mut output = Output::new(&given.redacted, step.output, sink);
        let execution = Execution { runner: self, step, given: &given, begun, cancel };
        let done = match &step.action {
            Action::Process(process) | Action::Function(process) => process::run(&execution, process, &mut output),
            Action::Http(http) => http::run(&execution, http, &mut output),
            Action::Sql(sql) => sql::run(&execution, sql, &mut output),
        };
        let count = output.finish(self.since(begun));
        self.outcome(begun, done, count, &given.redacted)
    }

    /// The group in which a step's own is made, if there is one.
    pub(crate) fn cgroup(&self) -> Option<PathBuf> {
        match &self.cgroups {
            Cgroups::Own => own_group(),
            Cgroups::In(group) => Some(group.clone()),
            Cgroups::None => None,
        }
    }

    pub(crate) fn since(&self, begun: Duration) -> Duration {
        self.clock.steady().saturating_sub(begun)
    }

    /// Checks the step, and finds its secrets.
    fn give(&self, step: &Step) -> Result<Given, String> {
        step.check().map_err(|error| error.to_string())?;
        let mut secrets = Vec::new();
        for wanted in &step.secrets {
            let secret = find(&self.sources, &wanted.secret).map_err(|error| error.to_string())?;
            secrets.push((wanted.secret.clone(), secret));
        }
        let all = secrets.iter().chain(&self.own_secrets).map(|(name, secret)| (name.as_str(), secret));
        let redacted = Secrets::new(all).map_err(|error| error.to_string())?;
        Ok(Given { secrets, redacted })
    }

    fn outcome(&self, begun: Duration, done: Done, output: OutputCount, redacted: &Arc<Secrets>) -> Outcome {
        let clean = |why: String| redacted.redact(&why);
        let end = match done.end {
            End::Failed { why } => End::Failed { why: clean(why) },
            End::NotStarted { why } => End::NotStarted { why: clean(why) },
            End::Unknown { why } => End::Unknown { why: clean(why) },
            other => other,
        };
        let (outputs, outputs_refused) = match done.outputs {
            Ok(outputs) => (outputs, None),
            Err(why) => (Outputs::new(), Some(clean(why))),
        };
        Outcome {
            end,
            exit: done.exit,
            started_at_us: done.started_at_us,
            ended_at_us: self.clock.wall_us(),
            took_us: u64::try_from(self.since(begun).as_micros()).unwrap_or(u64::MAX),
            output,
            outputs: outputs.into_iter().map(|(name, value)| (clean(name), redacted.redact_value(value))).collect(),
            outputs_refused,
            events: Vec::new(),
            proof: done.proof,
            confined: done.confined,
            usage: done.usage,
        }
    }
}

/// What a step is given beside itself.
pub(crate) struct Given {
    /// The secrets, in the step's order, each with the name its source knows it by.
    pub secrets: Vec<(String, Secret)>,
    /// All of them, to be looked for.
    pub redacted: Arc<Secrets>,
}

/// One execution under way.
pub(crate) struct Execution<'a> {
    pub runner: &'a Runner,
    pub step: &'a Step,
    pub given: &'a Given,
    pub begun: Duration,
    pub cancel: &'a Cancel,
}

impl Execution<'_> {
    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_millis(self.step.deadline_ms)
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.runner.since(self.begun)
    }
}

/// What became of a step, before it is redacted.
pub(crate) struct Done {
    pub end: End,
    pub exit: Option<Exit>,
    pub started_at_us: Option<i64>,
    pub outputs: Result<Outputs, String>,
    pub proof: Option<Proof>,
    pub confined: Option<Confined>,
    pub usage: Option<Usage>,
}

impl Done {
    pub(crate) const fn of(end: End) -> Self {
        Self {
            end,
            exit: None,
            started_at_us: None,
            outputs: Ok(Outputs::new()),
            proof: None,
            confined: None,
            usage: None,
        }
    }

    pub(crate) const fn not_started(why: String) -> Self {
        Self::of(End::NotStarted { why })
    }
}
