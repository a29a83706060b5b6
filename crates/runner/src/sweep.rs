//! Ending what was left by a runner, a keeper and a guard that were all killed at once.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::clock::steady;
use crate::guard::{Cgroup, MARK, Place, Private, lock_of, pause};
use crate::outcome::{Proof, Remaining, Witness};
use crate::process::PREFIX;

/// How long processes may take to end once they are killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// An execution that nobody looked after any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// The name of its private folder.
    pub name: String,
    /// What was ended. Without a cgroup, processes are found by a mark in their environment, which those that cleared
    /// it do not bear.
    pub proof: Proof,
}

/// Ends all processes of executions that nobody looks after, and puts their folders away. A runner calls it when
/// it starts; those of other runners that use the same folder are left alone, because their guards hold a lock.
///
/// # Errors
/// If the folder for jobs cannot be read; there is nothing to do if it is not there.
pub fn sweep(jobs: &Path) -> io::Result<Vec<Swept>> {
    let entries = match fs::read_dir(jobs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        if let Some(name) = entry?.file_name().to_str().map(|name| name.trim_end_matches(".lock"))
            && name.starts_with(PREFIX)
        {
            names.insert(name.to_owned());
        }
    }
    Ok(names.into_iter().filter_map(|name| sweep_one(jobs, name)).collect())
}

/// Ends what bears the mark of an execution, or is in its cgroup.
pub(crate) fn end_marked(place: &Place) -> Proof {
    let cgroup = place.cgroup.as_deref().filter(|path| path.exists()).map(Cgroup::existing);
    let mark = format!("{MARK}={}", place.mark());
    let until = steady() + PATIENCE;
    let mut killed = BTreeSet::new();
    loop {
        let marked = marked(&mark);
        for &(pid, _) in &marked {
            end(pid, &mark);
            killed.insert(pid);
        }
        if let Some(cgroup) = &cgroup {
            cgroup.kill();
        }
        let empty = marked.is_empty() && cgroup.as_ref().is_none_or(Cgroup::is_empty);
        if empty || steady() >= until {
            if let Some(cgroup) = &cgroup {
                cgroup.remove();
            }
            let remaining =
                marked.into_iter().filter_map(|(pid, name)| Some(Remaining { pid: u32::try_from(pid).ok()?, name }));
            return Proof {
                empty,
                cgroup: cgroup.is_some(),
                by: Witness::Runner,
                killed: u32::try_from(killed.len()).unwrap_or(u32::MAX),
                leftovers: 0,
                remaining: remaining.take(20).collect(),
            };
        }
        pause(Duration::from_millis(5));
    }
}

fn sweep_one(jobs: &Path, name: String) -> Option<Swept> {
    let private = jobs.join(&name);
    let lock = lock_of(&private);
    let mut cgroup = String::new();
    // Without a lock it was only just begun, or almost put away; the lock comes first and goes last.
    if let Ok(mut file) = OpenOptions::new().read(true).write(true).open(&lock) {
        file.try_lock().ok()?;
        file.read_to_string(&mut cgroup).ok()?;
    }
    let cgroup = (!cgroup.is_empty()).then(|| PathBuf::from(cgroup));
    let place = Place { private, cgroup };
    let proof = end_marked(&place);
    Private::at(&place.private).remove();
    let _gone = fs::remove_file(lock);
    Some(Swept { name, proof })
}

fn marked(mark: &str) -> Vec<(i32, String)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|&pid| bears(pid, mark))
        .map(|pid| (pid, fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned()))
        .collect()
}

fn bears(pid: i32, mark: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|&byte| byte == 0).any(|variable| variable == mark.as_bytes())
}

/// Kills a process if it is still the one that bears the mark.
fn end(pid: i32, mark: &str) {
    let Some(descriptor) = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else { return };
    if bears(pid, mark) {
        let _gone = pidfd_send_signal(&descriptor, Signal::KILL);
    }
}
