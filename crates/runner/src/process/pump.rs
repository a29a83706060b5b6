//! The loop of a process step: reads output, keeps the time, hears the guard, until all is said.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::{Running, judge};
use crate::Started;
use crate::chunk::Stream;
use crate::guard::{Ended, Inbox, Order, Place, Report, Stop, readable, send};
use crate::outcome::{Confined, End};
use crate::output::Output;
use crate::runner::{Done, Execution};
use crate::sweep;

/// How long it may take until a step's own code runs.
const START: Duration = Duration::from_secs(60);
/// How much longer than the grace a guard may take before it is taken for stuck, and again before its keeper is.
const STUCK: Duration = Duration::from_secs(20);
/// How much is read at once.
const PIECE: usize = 64 << 10;

/// One process step under way.
pub(crate) struct Pump<'a, 'b> {
    execution: &'a Execution<'a>,
    output: &'a mut Output<'b>,
    place: &'a Place,
    keeper: Child,
    socket: UnixStream,
    streams: [(Stream, Option<OwnedFd>); 2],
    inbox: Inbox,
    started: Option<(i64, Duration, u32)>,
    confined: Option<Confined>,
    told: Option<(Stop, Duration)>,
    killed_guard: bool,
    killed_keeper: bool,
    said: Option<Said>,
    buffer: Vec<u8>,
}

enum Said {
    NotStarted(String),
    Ended(Box<Ended>),
    /// The socket closed and nothing was said: both guards were killed.
    Nothing,
}

impl<'a, 'b> Pump<'a, 'b> {
    pub(crate) fn new(
        execution: &'a Execution<'a>,
        output: &'a mut Output<'b>,
        place: &'a Place,
        running: Running,
    ) -> Self {
        Self {
            execution,
            output,
            place,
            keeper: running.keeper,
            socket: running.socket,
            streams: [(Stream::Stdout, Some(running.stdout)), (Stream::Stderr, Some(running.stderr))],
            inbox: Inbox::default(),
            started: None,
            confined: None,
            told: None,
            killed_guard: false,
            killed_keeper: false,
            said: None,
            buffer: vec![0; PIECE],
        }
    }

    /// Goes on until the guard has said how it ended, and all output is read.
    pub(crate) fn run(mut self) -> Done {
        // It fails only if the socket is broken, and then reading from it says so.
        let _broken = self.socket.set_nonblocking(true);
        while self.said.is_none() {
            self.keep_time();
            self.wait();
        }
        self.read_rest();
        self.finish()
    }

    fn wait(&mut self) {
        let timeout = self.next_instant().map(|at| {
            let left = at.saturating_sub(self.execution.elapsed());
            Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() }
        });
        let (socket, ready) = {
            let mut fds = vec![PollFd::from_borrowed_fd(self.socket.as_fd(), PollFlags::IN)];
            let mut whose = Vec::new();
            for (at, (_, stream)) in self.streams.iter().enumerate() {
                if let Some(stream) = stream {
                    fds.push(PollFd::from_borrowed_fd(stream.as_fd(), PollFlags::IN));
                    whose.push(at);
                }
            }
            if self.told.is_none() {
                fds.push(PollFd::from_borrowed_fd(self.execution.cancel.as_fd(), PollFlags::IN));
            }
            let _interrupted = poll(&mut fds, timeout.as_ref());
            let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
            let socket = ready.next().unwrap_or(false);
            (socket, whose.into_iter().zip(ready).filter(|(_, ready)| *ready).map(|(at, _)| at).collect::<Vec<_>>())
        };
        for at in ready {
            self.read(at);
        }
        if socket {
            self.hear();
        }
        if self.told.is_none() && self.execution.cancel.is_cancelled() {
            self.tell(Stop::Cancelled);
        }
    }

    /// When something is to be done even if nothing happens.
    fn next_instant(&self) -> Option<Duration> {
        let grace = Duration::from_millis(self.execution.step.grace_ms);
        match (self.told, self.started) {
            (Some((_, at)), _) if !self.killed_guard => Some(at + grace + STUCK),
            (Some((_, at)), _) if !self.killed_keeper => Some(at + grace + STUCK * 2),
            (Some((_, at)), _) => Some(at + grace + STUCK * 3),
            (None, Some((_, at, _))) => Some(at + self.execution.deadline()),
            (None, None) => Some(START),
        }
    }

    fn keep_time(&mut self) {
        let now = self.execution.elapsed();
        if self.next_instant().is_none_or(|at| now < at) {
            return;
        }
        if self.told.is_none() {
            self.tell(Stop::TimedOut);
        } else if !self.killed_guard {
            // It does not even do that: its keeper takes over.
            self.killed_guard = true;
            if let Some(guard) = self.started.and_then(|(_, _, guard)| Pid::from_raw(i32::try_from(guard).ok()?)) {
                let _gone = kill_process(guard, Signal::KILL);
            }
        } else if !self.killed_keeper {
            self.killed_keeper = true;
            let _gone = self.keeper.kill();
        } else {
            self.said = Some(Said::Nothing);
        }
    }

    fn tell(&mut self, stop: Stop) {
        self.told = Some((stop, self.execution.elapsed()));
        // A guard that is gone has nothing to stop; what it said last is read next.
        let _gone = send(&self.socket, &Order::Stop(stop));
    }

    /// Reads one piece of a stream; true if there may be more at once.
    fn read(&mut self, at: usize) -> bool {
        let elapsed = self.execution.elapsed();
        let Some((stream, open)) = self.streams.get_mut(at) else { return false };
        let Some(pipe) = open else { return false };
        match rustix::io::read(&*pipe, self.buffer.as_mut_slice()) {
            Ok(0) => *open = None,
            Ok(read) => {
                self.output.take(*stream, self.buffer.get(..read).unwrap_or_default(), elapsed);
                return true;
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_broken) => *open = None,
        }
        false
    }

    /// Reads what is still in the pipes. Nobody is left who could write, unless a process was to be left, or handed
    /// its end to a stranger; those are not waited for.
    fn read_rest(&mut self) {
        for at in 0..self.streams.len() {
            let mut left = 64 << 20;
            while left > 0 && self.read(at) {
                left -= PIECE.min(left);
            }
        }
    }

    fn hear(&mut self) {
        let mut bytes = [0; 8192];
        match self.socket.read(&mut bytes) {
            Ok(0) => self.said = self.said.take().or(Some(Said::Nothing)),
            Ok(read) => self.inbox.push(bytes.get(..read).unwrap_or_default()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(_reset) => self.said = self.said.take().or(Some(Said::Nothing)),
        }
        while let Ok(Some(report)) = self.inbox.next::<Report>() {
            match report {
                Report::Started { step, guard, confined } => {
                    let at_us = self.execution.runner.clock.wall_us();
                    self.started = Some((at_us, self.execution.elapsed(), guard));
                    self.confined = confined;
                    let (step, guard, keeper) = (Some(step), Some(guard), Some(self.keeper.id()));
                    self.output.started(&Started { at_us, step, guard, keeper });
                }
                Report::NotStarted { why } => self.said = Some(Said::NotStarted(why)),
                Report::Ended(ended) => self.said = Some(Said::Ended(ended)),
            }
        }
    }

    fn finish(self) -> Done {
        let told = self.told.map(|(stop, _)| stop);
        let started = self.started.map(|(at_us, ..)| at_us);
        let done = match self.said {
            Some(Said::Ended(ended)) => judge::ended(*ended, told, started, self.execution.step),
            Some(Said::NotStarted(_)) if told == Some(Stop::Cancelled) => Done::of(End::Cancelled),
            Some(Said::NotStarted(why)) => Done::not_started(why),
            Some(Said::Nothing) | None => judge::nothing_said(sweep::end_marked(self.place), told, started),
        };
        let_go(self.keeper, self.socket);
        Done { confined: self.confined, ..done }
    }
}

/// Waits for the keeper, which still puts the private folder away. If that takes long, somebody else waits.
fn let_go(mut keeper: Child, socket: UnixStream) {
    // Nobody will read what it says, so this only becomes readable when it has ended.
    if readable(&socket, Duration::from_secs(2)) {
        let _reaped = keeper.wait();
        return;
    }
    drop(socket);
    // Where no thread can be had, the keeper stays in the table of processes until the runner ends.
    let _no_thread = std::thread::Builder::new().name("wheelhouse-reaper".to_owned()).spawn(move || keeper.wait());
}
