//! The guard: it starts a step, waits for whatever comes first, and is not done before nothing is left.

use std::fs;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, getppid, set_child_subreaper, set_parent_process_death_signal};
use rustix::stdio::{dup2_stderr, dup2_stdout, stdin};

use super::cgroup::Cgroup;
use super::frame::{Begin, Ended, Inbox, Order, Report, Stop, receive, send};
use super::keeper::{KEEPER, LEFT_ON_PURPOSE, hold};
use super::launcher::{self, Launching, Said};
use super::private::Private;
use super::signals::{PARENT_GONE, Signals};
use super::tree::{self, Reaped};
use super::{Place, usage};
use crate::clock::steady;
use crate::outcome::{Exit, Proof, Witness};
use crate::step::{Leftovers, User};

/// How long children may finish what they are at after the program that started them has ended: `tee` in
/// a process substitution, for one.
const LINGER: Duration = Duration::from_secs(2);
/// How long a step has to end by itself once nobody waits for it any more, at most.
const ABANDONED_GRACE: Duration = Duration::from_secs(2);
/// How long the runner may take to hear the report.
const REPORT: Duration = Duration::from_secs(60);
/// How often processes are counted where the kernel does not.
const COUNTED_EVERY: Duration = Duration::from_millis(100);

/// Guards one step.
pub(crate) fn guard(place: &Place) -> ExitCode {
    let Ok(socket) = rustix::io::fcntl_dupfd_cloexec(stdin(), 3).map(UnixStream::from) else {
        return ExitCode::FAILURE;
    };
    match prepare(place, &socket) {
        Ok(Some((mut guard, _lock))) => {
            let (ended, code) = guard.watch();
            if let Some(cgroup) = &guard.cgroup {
                cgroup.remove();
            }
            let report = if let Some(why) = guard.failed.take() {
                Report::NotStarted { why }
            } else {
                Report::Ended(Box::new(ended))
            };
            // It may be larger than the socket holds; a runner that has stopped is not waited for without end. Where it
            // is gone there is nobody left to tell.
            let _gone = socket
                .set_nonblocking(false)
                .and_then(|()| socket.set_write_timeout(Some(REPORT)))
                .and_then(|()| send(&socket, &report));
            code
        }
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => {
            let _gone = send(&socket, &Report::NotStarted { why: error.to_string() });
            ExitCode::SUCCESS
        }
    }
}

/// Everything up to the moment at which there is a process that will become the step.
fn prepare<'a>(place: &Place, socket: &'a UnixStream) -> io::Result<Option<(Guard<'a>, fs::File)>> {
    let signals = Signals::listen()?;
    set_child_subreaper(Pid::from_raw(1))?;
    set_parent_process_death_signal(Some(PARENT_GONE))?;
    let parent = getppid().map(|pid| pid.as_raw_nonzero().get().to_string());
    if parent != std::env::var(KEEPER).ok() {
        return Ok(None);
    }
    let lock = hold(place, false)?;
    let begin = match receive::<Order>(socket)? {
        Some(Order::Begin(begin)) => begin,
        // Cancelled, or abandoned, before it was begun.
        Some(Order::Stop(_)) | None => return Ok(None),
    };
    let mut begin = begin;
    // Who one is already, one need not become.
    let own = User { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw() };
    begin.process.user = begin.process.user.filter(|&user| user != own || own.uid == 0);
    let private = Private::at(&place.private);
    let limits = &begin.process.limits;
    // Where it cannot be made, the walk through /proc does it alone, and the proof says so.
    let cgroup = place.cgroup.as_deref().and_then(|path| Cgroup::create(path, limits).ok());
    let launching = match launcher::start(place, &begin, &private, cgroup.as_ref()) {
        Ok(launching) => launching,
        Err(error) => {
            if let Some(cgroup) = &cgroup {
                cgroup.remove();
            }
            return Err(error);
        }
    };
    let nowhere = fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdout(&nowhere)?;
    dup2_stderr(&nowhere)?;
    socket.set_nonblocking(true)?;
    let main = launching.pid;
    let guard = Guard {
        begin,
        private,
        cgroup,
        signals,
        socket,
        inbox: Inbox::default(),
        launching,
        main,
        running: false,
        failed: None,
        exit: None,
        leftovers: 0,
        stop: None,
        phase: Phase::Running,
        hard_limit: None,
        threads_before: usage::threads_of_all().unwrap_or(0),
        runner_gone: false,
    };
    Ok(Some((guard, lock)))
}

struct Guard<'a> {
    begin: Box<Begin>,
    private: Private,
    cgroup: Option<Cgroup>,
    signals: Signals,
    socket: &'a UnixStream,
    inbox: Inbox,
    launching: Launching,
    main: Pid,
    running: bool,
    failed: Option<String>,
    exit: Option<Exit>,
    leftovers: u32,
    stop: Option<Stop>,
    phase: Phase,
    hard_limit: Option<Duration>,
    threads_before: u64,
    runner_gone: bool,
}

/// Where a step is. Instants are those of the steady clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Its own program is there, or about to be.
    Running,
    /// It has ended; what it started may finish until then.
    Lingering(Duration),
    /// It was asked to end, and will be killed then.
    Ending(Duration),
}

impl Guard<'_> {
    /// Waits for whatever comes first, until nothing is left.
    fn watch(&mut self) -> (Ended, ExitCode) {
        loop {
            if let Some(proof) = self.look_at_children() {
                return self.ended(proof, ExitCode::SUCCESS);
            }
            if self.exit.is_some() && self.stop.is_none() && self.begin.process.leftovers == Leftovers::Leave {
                return self.leave();
            }
            let now = steady();
            match self.phase {
                Phase::Lingering(until) if now >= until => self.ask_to_end(self.grace()),
                Phase::Ending(until) if now >= until => {
                    let proof = self.kill();
                    return self.ended(proof, ExitCode::SUCCESS);
                }
                _ => {}
            }
            if self.hard_limit.take_if(|limit| now >= *limit).is_some() {
                self.end(Stop::HardLimit);
            }
            if self.has_too_many_processes() {
                self.end(Stop::TooManyProcesses);
            }
            self.wait(now);
        }
    }

    /// Sleeps until something happens, and takes note of it.
    fn wait(&mut self, now: Duration) {
        let timeout = self.next_instant().map(|at| {
            let left = at.saturating_sub(now);
            Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() }
        });
        let (socket_ready, launch_ready, feed_ready) = {
            let signals = self.signals.fds();
            let mut fds: Vec<PollFd<'_>> =
                signals.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
            let socket = (!self.runner_gone).then(|| push(&mut fds, self.socket.as_fd(), PollFlags::IN));
            let launch = (!self.running && self.failed.is_none())
                .then(|| push(&mut fds, self.launching.socket.as_fd(), PollFlags::IN));
            let input = self.launching.input.as_ref();
            let feed = input.map(|(feed, _)| push(&mut fds, feed.as_fd(), PollFlags::OUT));
            let _interrupted = poll(&mut fds, timeout.as_ref());
            let ready = |at: Option<usize>| at.and_then(|at| fds.get(at)).is_some_and(|fd| !fd.revents().is_empty());
            (ready(socket), ready(launch), ready(feed))
        };
        if launch_ready {
            self.hear_launch();
        }
        if feed_ready {
            self.launching.feed(&self.begin.process.stdin);
        }
        if socket_ready {
            self.hear_runner();
        }
        if self.signals.parent_gone() {
            self.end(Stop::KeeperGone);
        }
        if self.signals.told() {
            self.end(Stop::Told);
        }
    }

    fn next_instant(&self) -> Option<Duration> {
        let phase = match self.phase {
            Phase::Running => None,
            Phase::Lingering(until) | Phase::Ending(until) => Some(until),
        };
        let counted = self.counts_itself().then(|| steady() + COUNTED_EVERY);
        [phase, self.hard_limit, counted].into_iter().flatten().min()
    }

    fn hear_launch(&mut self) {
        match self.launching.hear() {
            Said::Wait => {}
            Said::Runs(confined) => {
                self.running = true;
                self.hard_limit = Some(steady() + Duration::from_millis(self.begin.hard_limit_ms));
                let (step, guard) = (self.main.as_raw_nonzero().get().unsigned_abs(), std::process::id());
                // Where the runner is gone the next look at the socket shows it.
                let _gone = send(self.socket, &Report::Started { step, guard, confined });
            }
            Said::Failed(why) => self.failed = Some(why),
        }
    }

    fn hear_runner(&mut self) {
        let mut bytes = [0; 4096];
        let mut socket = self.socket;
        match socket.read(&mut bytes) {
            Ok(0) => self.runner_gone = true,
            Ok(read) => self.inbox.push(bytes.get(..read).unwrap_or_default()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => return,
            Err(_reset) => self.runner_gone = true,
        }
        if self.runner_gone {
            self.end(Stop::RunnerGone);
        }
        while let Ok(Some(order)) = self.inbox.next::<Order>() {
            if let Order::Stop(stop) = order {
                self.end(stop);
            }
        }
    }

    /// Begins to end the step, for the first reason that comes; once its program has ended by itself, what it
    /// came to stands, and only what it left is ended.
    fn end(&mut self, stop: Stop) {
        let abandoned = matches!(stop, Stop::RunnerGone | Stop::KeeperGone | Stop::Told);
        let grace = match stop {
            Stop::TooManyProcesses => Duration::ZERO,
            _ if abandoned => self.grace().min(ABANDONED_GRACE),
            _ => self.grace(),
        };
        if self.stop.is_none() && self.exit.is_none() {
            self.stop = Some(stop);
        }
        self.ask_to_end(grace);
        if let Phase::Ending(until) = self.phase {
            self.phase = Phase::Ending(until.min(steady() + grace));
        }
    }

    fn ask_to_end(&mut self, grace: Duration) {
        if let Phase::Ending(_) = self.phase {
            return;
        }
        if !grace.is_zero() {
            tree::ask_to_end();
        }
        self.phase = Phase::Ending(steady() + grace);
    }

    fn grace(&self) -> Duration {
        Duration::from_millis(self.begin.grace_ms)
    }

    /// Takes note of children that ended; gives the proof once there are none.
    fn look_at_children(&mut self) -> Option<Proof> {
        self.signals.children_seen();
        loop {
            match tree::reap() {
                Reaped::One(pid, exit) if pid == self.main => {
                    // What it said last may still be on the way.
                    while !self.running && self.failed.is_none() {
                        self.hear_launch();
                    }
                    self.exit = Some(exit);
                    self.leftovers = u32::try_from(tree::count()).unwrap_or(u32::MAX);
                    if self.phase == Phase::Running {
                        self.phase = Phase::Lingering(steady() + LINGER);
                    }
                }
                Reaped::One(..) => {}
                Reaped::NoneYet => return None,
                Reaped::NoChildren => {
                    // Something in the cgroup that is no descendant was moved there by somebody else.
                    let strangers = self.cgroup.as_ref().is_some_and(|cgroup| !cgroup.is_empty());
                    return Some(if strangers { self.kill() } else { self.nothing_left() });
                }
            }
        }
    }

    fn nothing_left(&self) -> Proof {
        Proof { empty: true, cgroup: self.cgroup.is_some(), leftovers: self.leftovers, ..Proof::default() }
    }

    fn kill(&mut self) -> Proof {
        let (main, exit) = (self.main, &mut self.exit);
        let mut proof = tree::kill(Witness::Guard, self.cgroup.as_ref(), |pid, how| {
            if pid == main {
                *exit = Some(how);
            }
        });
        proof.leftovers = self.leftovers;
        proof
    }

    /// Lets go of what the step has started to stay.
    fn leave(&mut self) -> (Ended, ExitCode) {
        let mut proof = self.nothing_left();
        proof.remaining = tree::remaining();
        proof.empty = proof.remaining.is_empty();
        if let Some(cgroup) = &self.cgroup {
            cgroup.release();
        }
        self.ended(proof, ExitCode::from(LEFT_ON_PURPOSE))
    }

    fn ended(&self, proof: Proof, code: ExitCode) -> (Ended, ExitCode) {
        let outputs = self.private.read_outputs(self.begin.process.user.map(|user| user.uid));
        let out_of_memory = self.cgroup.as_ref().is_some_and(Cgroup::ran_out_of_memory);
        let ended =
            Ended { exit: self.exit, stop: self.stop, proof, outputs, usage: usage::of_children(), out_of_memory };
        (ended, code)
    }

    fn counts_itself(&self) -> bool {
        self.stop.is_none() && !self.cgroup.as_ref().is_some_and(|cgroup| cgroup.counts_processes)
    }

    /// Whether the tree is larger than it may be, where the kernel does not see to that. It is only counted
    /// when the machine has so many more threads than before that it can be.
    fn has_too_many_processes(&self) -> bool {
        let most = u64::from(self.begin.process.limits.processes);
        self.counts_itself()
            && usage::threads_of_all().is_some_and(|now| now.saturating_sub(self.threads_before) > most / 2)
            && tree::count() as u64 > most
    }
}

fn push<'fd>(fds: &mut Vec<PollFd<'fd>>, fd: std::os::fd::BorrowedFd<'fd>, flags: PollFlags) -> usize {
    fds.push(PollFd::from_borrowed_fd(fd, flags));
    fds.len() - 1
}
