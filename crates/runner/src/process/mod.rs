//! A process step, seen from the runner: it starts the keeper, reads what the step says, keeps the time, and
//! listens to the guard.

mod judge;
mod place;
pub(crate) use place::PREFIX;
mod pump;

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};

use crate::guard::{Begin, Handed, Order, Place, send};
use crate::outcome::End;
use crate::output::Output;
use crate::runner::{Done, Execution, Runner};
use crate::step::{Delivery, ProcessStep};
use pump::Pump;

/// How much longer than the runner a guard waits before it ends a step by itself.
const GUARD_WAITS_LONGER: Duration = Duration::from_secs(2);
/// How much a pipe holds, where the system allows it.
const PIPE: usize = 256 << 10;

/// Runs a process to its end.
pub(crate) fn run(execution: &Execution<'_>, process: &ProcessStep, output: &mut Output<'_>) -> Done {
    let place = match place::choose(execution.runner) {
        Ok(place) => place,
        Err(why) => return Done::not_started(why),
    };
    let started = start(execution.runner, &place).and_then(|mut started| {
        let begin = Order::Begin(Box::new(begin(execution, process)));
        match send(&started.socket, &begin) {
            Ok(()) => Ok(started),
            // It has gone already, and has said why; that is heard below.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(started),
            Err(error) => {
                let _ended = started.keeper.kill().and_then(|()| started.keeper.wait());
                Err(error)
            }
        }
    });
    match started {
        Ok(started) => Pump::new(execution, output, &place, started).run(),
        Err(error) => Done::not_started(format!(
            "the runner cannot start processes: {error}\n  = help: look at its limits of processes and open files"
        )),
    }
}

/// A keeper, and the ends of everything between it and the runner.
pub(crate) struct Running {
    pub keeper: Child,
    pub socket: UnixStream,
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
}

fn start(runner: &Runner, place: &Place) -> io::Result<Running> {
    let (ours, theirs) = UnixStream::pair()?;
    let (stdout, stdout_in) = pipe()?;
    let (stderr, stderr_in) = pipe()?;
    let (program, first) = &runner.guard;
    let keeper = Command::new(program)
        .args(first)
        .args(place.args("keeper"))
        .env_clear()
        .current_dir("/")
        // What is typed at a terminal is meant for the runner, which then decides.
        .process_group(0)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::from(stdout_in))
        .stderr(Stdio::from(stderr_in))
        .spawn()?;
    Ok(Running { keeper, socket: ours, stdout, stderr })
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
    // Who has many pipes gets smaller ones, which are as good.
    let _smaller = fcntl_setpipe_size(&write, PIPE);
    rustix::io::ioctl_fionbio(&read, true)?;
    Ok((read, write))
}

fn begin(execution: &Execution<'_>, process: &ProcessStep) -> Begin {
    let step = execution.step;
    let mut process = process.clone();
    let mut secrets = Vec::new();
    for (wanted, (_, secret)) in step.secrets.iter().zip(&execution.given.secrets) {
        match (wanted.delivery, secret.text()) {
            (Delivery::Environment, Some(text)) => {
                process.environment.insert(wanted.name.clone(), text.to_owned());
            }
            // What is no text cannot be in an environment, so it comes as a file.
            (delivery, _) => secrets.push(Handed {
                name: wanted.name.clone(),
                value: STANDARD.encode(secret.expose()),
                file: delivery != Delivery::Descriptor,
            }),
        }
    }
    let mut base = execution.runner.base.clone();
    base.insert("WH_STEP_TOKEN".to_owned(), step.token.clone());
    base.insert("WH_STEP_ATTEMPT".to_owned(), step.attempt.to_string());
    let longer = u64::try_from(GUARD_WAITS_LONGER.as_millis()).unwrap_or(u64::MAX);
    Begin { process, base, secrets, grace_ms: step.grace_ms, hard_limit_ms: step.deadline_ms.saturating_add(longer) }
}

/// An outcome that only says that nothing is known.
pub(crate) fn unknown(why: impl Into<String>) -> End {
    End::Unknown { why: why.into() }
}
