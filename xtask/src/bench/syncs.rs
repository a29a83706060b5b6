//! How often the hub makes the disk write, counted by strace in a run of its own: it slows what it looks at.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::hub::{ALERTS, Hub};
use super::load::wrk;
use super::place::Place;
use crate::demo::signals;
use crate::demo::trouble::Result;

/// Writes forced to disk, and the commits meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Syncs {
    /// Calls of fdatasync and fsync.
    pub calls: u64,
    /// Commits.
    pub commits: u64,
}

/// Counts during some seconds of load; nothing where strace is missing or may not look.
pub fn count(place: &Place, hub: &Hub, batch: u32, seconds: u32) -> Result<Option<Syncs>> {
    let log = place.folder.join("strace.log");
    let mut command = Command::new("strace");
    command.args(["-f", "-c", "-U", "calls,name", "-e", "trace=fdatasync,fsync", "-o"]).arg(&log);
    command
        .args(["-p", &hub.process.pid().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(mut strace) = command.spawn() else { return Ok(None) };
    // It says nothing when it has attached; nothing happens in the hub until then.
    thread::sleep(Duration::from_millis(700));
    let before = hub.counts()?.commits;
    let load = wrk(place, &hub.source, ALERTS, &hub.process, batch, seconds);
    let commits = hub.counts()?.commits - before;
    signals::send("INT", strace.id());
    // It ends by the signal that it was sent, after it has written what it counted.
    let _ = strace.wait();
    load?;
    let calls: u64 = fs::read_to_string(&log).unwrap_or_default().lines().filter_map(calls_in).sum();
    Ok((calls > 0).then_some(Syncs { calls, commits }))
}

fn calls_in(line: &str) -> Option<u64> {
    let mut words = line.split_whitespace();
    let (count, name) = (words.next()?, words.next()?);
    matches!(name, "fdatasync" | "fsync").then(|| count.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_about_syncs_count() {
        assert_eq!(calls_in("     1205 fdatasync"), Some(1205));
        assert_eq!(calls_in("     1205 total"), None);
        assert_eq!(calls_in("--------- ----------------"), None);
    }
}
