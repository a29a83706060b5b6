//! The process tree below a guard: finding it, stopping it, ending it, and knowing that nothing is left.
//!
//! A guard is the reaper of its descendants (`PR_SET_CHILD_SUBREAPER`): whoever loses its parent, by
//! `setsid`, by a double fork or by a kill, becomes its child. Every descendant hangs on it by a chain
//! of parents, so when the kernel says that a guard has no child, no descendant is left.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, WaitStatus, pidfd_open, pidfd_send_signal, wait};

use super::cgroup::Cgroup;
use crate::clock::steady;
use crate::outcome::{Exit, Proof, Remaining, Witness};

/// How long a guard tries to end what it killed before it says that it cannot.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process, as `/proc` tells.
#[derive(Clone, Debug)]
struct Process {
    parent: i32,
    name: String,
    zombie: bool,
}

/// What a guard's children were seen to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reaped {
    /// One ended.
    One(Pid, Exit),
    /// There are some, and all of them live.
    NoneYet,
    /// There is none, so nothing is left.
    NoChildren,
}

/// Takes note of one child that ended.
pub(crate) fn reap() -> Reaped {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) => {
                if let Some(exit) = exit(status) {
                    return Reaped::One(pid, exit);
                }
            }
            Err(Errno::INTR) => {}
            Ok(None) => return Reaped::NoneYet,
            Err(_no_child) => return Reaped::NoChildren,
        }
    }
}

/// How a process ended, unless it was only stopped.
pub(crate) fn exit(status: WaitStatus) -> Option<Exit> {
    status.exit_status().map(Exit::Code).or_else(|| status.terminating_signal().map(Exit::Signal))
}

/// Asks every descendant to end: `SIGTERM`, and `SIGCONT` so that stopped ones hear it.
pub(crate) fn ask_to_end() {
    for pid in living(&descendants()) {
        signal_descendant(pid, Signal::TERM);
        signal_descendant(pid, Signal::CONT);
    }
}

/// How many descendants there are; looks at them alone, because all guards of a machine do this again and again.
pub(crate) fn count() -> usize {
    let Some(mut waiting) = children(own_pid()) else { return living(&descendants()).len() };
    let mut found = 0;
    while let Some(pid) = waiting.pop() {
        if look(pid).is_some_and(|process| !process.zombie) {
            found += 1;
            waiting.extend(children(pid).unwrap_or_default());
        }
    }
    found
}

/// Those that are there now.
pub(crate) fn remaining() -> Vec<Remaining> {
    let all = descendants();
    let named = |(&pid, process): (&i32, &Process)| {
        (!process.zombie).then(|| Remaining { pid: pid.unsigned_abs(), name: process.name.clone() })
    };
    all.iter().filter_map(named).take(20).collect()
}

/// Ends every descendant, and proves it. `noticed` hears of each child that is reaped on the way.
///
/// All are stopped before any is killed, round after round until no new one appears: a stopped process
/// forks no more. Each is addressed by a descriptor that cannot come to mean another process.
pub(crate) fn kill(by: Witness, cgroup: Option<&Cgroup>, mut noticed: impl FnMut(Pid, Exit)) -> Proof {
    let until = steady() + PATIENCE;
    let mut proof = Proof { by, cgroup: cgroup.is_some(), ..Proof::default() };
    let mut killed = BTreeSet::new();
    let mut wait = Duration::from_millis(1);
    loop {
        stop_all();
        let there = living(&descendants());
        for &pid in &there {
            signal_descendant(pid, Signal::KILL);
        }
        killed.extend(there);
        if let Some(cgroup) = cgroup {
            cgroup.kill();
        }
        let childless = loop {
            match reap() {
                Reaped::One(pid, exit) => noticed(pid, exit),
                Reaped::NoneYet => break false,
                Reaped::NoChildren => break true,
            }
        };
        let cleared = cgroup.is_none_or(Cgroup::is_empty);
        if (childless && cleared) || steady() >= until {
            proof.empty = childless && cleared;
            proof.killed = u32::try_from(killed.len()).unwrap_or(u32::MAX);
            proof.remaining = if proof.empty { Vec::new() } else { remaining() };
            return proof;
        }
        pause(wait);
        wait = (wait * 2).min(Duration::from_millis(50));
    }
}

/// Waits without a clock of its own being read.
pub(crate) fn pause(time: Duration) {
    let time = Timespec { tv_sec: 0, tv_nsec: i64::from(time.subsec_nanos()) };
    let _interrupted = poll(&mut [] as &mut [PollFd<'_>], Some(&time));
}

/// Waits until a descriptor can be read, or the time is over.
pub(crate) fn readable<Fd: std::os::fd::AsFd>(fd: &Fd, time: Duration) -> bool {
    let time =
        Timespec { tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), tv_nsec: time.subsec_nanos().into() };
    let mut fds = [PollFd::new(fd, PollFlags::IN)];
    matches!(poll(&mut fds, Some(&time)), Ok(ready) if ready > 0)
}

/// Stops descendants until a look finds none that is new.
fn stop_all() {
    let mut stopped = BTreeSet::new();
    loop {
        let fresh: Vec<i32> = living(&descendants()).into_iter().filter(|pid| !stopped.contains(pid)).collect();
        if fresh.is_empty() {
            return;
        }
        for pid in fresh {
            signal_descendant(pid, Signal::STOP);
            stopped.insert(pid);
        }
        // Orphans fall to the guard only once their parent is reaped or gone, never while it is stopped, so
        // each round either finds the children of one that was stopped late, or ends.
        if stopped.len() > 100_000 {
            return;
        }
    }
}

/// Sends a signal to a process if it is a descendant of this one. The descriptor is opened first and the
/// chain of parents looked at afterwards: had the number passed to a stranger, the chain would show it.
fn signal_descendant(pid: i32, signal: Signal) -> bool {
    let Some(handle) = Pid::from_raw(pid) else { return false };
    let Ok(descriptor) = pidfd_open(handle, PidfdFlags::empty()) else { return false };
    let own = own_pid();
    let mut at = pid;
    for _generation in 0..100_000 {
        match parent(at) {
            Some(parent) if parent == own => return pidfd_send_signal(&descriptor, signal).is_ok(),
            Some(parent) if parent > 1 => at = parent,
            _ => return false,
        }
    }
    false
}

fn living(processes: &BTreeMap<i32, Process>) -> Vec<i32> {
    processes.iter().filter(|(_, process)| !process.zombie).map(|(&pid, _)| pid).collect()
}

/// All processes whose chain of parents leads to this one.
fn descendants() -> BTreeMap<i32, Process> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    let mut all = BTreeMap::new();
    let Ok(entries) = fs::read_dir("/proc") else { return all };
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        if let Some(process) = look(pid) {
            children.entry(process.parent).or_default().push(pid);
            all.insert(pid, process);
        }
    }
    let mut found = BTreeMap::new();
    let mut waiting = vec![own_pid()];
    while let Some(parent) = waiting.pop() {
        for pid in children.remove(&parent).unwrap_or_default() {
            if let Some(process) = all.remove(&pid) {
                found.insert(pid, process);
                waiting.push(pid);
            }
        }
    }
    found
}

/// The children of a process by the kernel's own list, which not every kernel has. One that forks at this moment may be
/// missing, so it will do for counting, and not for a proof.
fn children(pid: i32) -> Option<Vec<i32>> {
    let mut children = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        let list = fs::read_to_string(task.path().join("children")).ok()?;
        children.extend(list.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
    }
    Some(children)
}

fn parent(pid: i32) -> Option<i32> {
    look(pid).map(|process| process.parent)
}

/// Reads `/proc/PID/stat`. The name stands in brackets and may hold anything, brackets too.
fn look(pid: i32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let (start, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let name = start.split_once('(').map_or("", |(_, name)| name).to_owned();
    Some(Process { parent, name, zombie: matches!(state, "Z" | "X") })
}

fn own_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap_or(i32::MAX)
}
