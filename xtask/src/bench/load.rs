//! Load: wrk for rates and delays, an own feed where the number of alerts must be exact.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::alerts;
use super::client::Door;
use super::machine::Used;
use super::place::Place;
use super::process::Process;
use crate::demo::trouble::{Result, Trouble};

/// Connections that send at the same time.
pub const CONNECTIONS: u32 = 64;
/// How many alerts are new before they are told again.
const POOL: u32 = 500_000;
/// How many alerts one request of the exact feed carries.
const FED_AT_ONCE: usize = 500;

/// What a load did.
#[derive(Clone, Debug)]
pub struct Load {
    /// Alerts a request.
    pub batch: u32,
    /// Alerts in requests that were answered 2xx.
    pub alerts: u64,
    /// For how long.
    pub seconds: f64,
    /// Half of the answers came within, in milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 answers came within, in milliseconds.
    pub p99_ms: f64,
    /// Answers other than 2xx.
    pub refused: u64,
    /// Connections that broke and answers that never came.
    pub broken: u64,
    /// CPU seconds of the process under measurement.
    pub subject_cpu: f64,
    /// CPU seconds of wrk and the sinks.
    pub tool_cpu: f64,
    /// CPU seconds of everything else on the machine.
    pub others_cpu: f64,
}

impl Load {
    /// Alerts a second.
    pub fn rate(&self) -> f64 {
        as_float(self.alerts) / self.seconds
    }
}

/// Runs wrk against a door for so many seconds.
pub fn wrk(place: &Place, door: &Door, path: &str, subject: &Process, batch: u32, seconds: u32) -> Result<Load> {
    let mut command = Command::new("wrk");
    command.args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "--timeout", "10s", "--latency", "-s"]);
    command.arg(place.script()).arg(format!("http://127.0.0.1:{}", door.port));
    command.args(["--", &batch.to_string(), &POOL.to_string(), &format!("b{batch}"), path]);
    if !door.token.is_empty() {
        command.arg(&door.token);
    }
    let (used, subject_used) = (Used::now(), subject.cpu_seconds());
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Trouble::new(format!("wrk does not start: {error}"), "install it: apt-get install wrk"))?;
    let (used_after, subject_cpu) = (Used::now(), subject.cpu_seconds() - subject_used);
    let tool_cpu = used_after.tool - used.tool;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT ")).ok_or_else(|| {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        Trouble::new(format!("wrk gave no result: {text}{errors}"), "run it by hand with .run/bench/post.lua")
    })?;
    let field = |name: &str| -> u64 {
        let word = result.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        word.and_then(|value| value.parse().ok()).unwrap_or(0)
    };
    Ok(Load {
        batch,
        alerts: field("requests").saturating_sub(field("refused")) * u64::from(batch),
        seconds: as_float(field("duration_us")) / 1e6,
        p50_ms: as_float(field("p50_us")) / 1e3,
        p99_ms: as_float(field("p99_us")) / 1e3,
        refused: field("refused"),
        broken: field("broken"),
        subject_cpu,
        tool_cpu,
        others_cpu: (used_after.machine - used.machine - tool_cpu - subject_cpu).max(0.0),
    })
}

/// Sends exactly the alerts of these numbers, each once, and fails unless all are taken.
pub fn feed(door: &Door, path: &str, numbers: std::ops::Range<usize>) -> Result<Duration> {
    let started = Instant::now();
    let (starts_at, ends_at) = (alerts::from_now(0), alerts::from_now(3_600));
    let next = AtomicUsize::new(numbers.start);
    let send = || -> std::io::Result<()> {
        let mut connection = door.open()?;
        loop {
            let from = next.fetch_add(FED_AT_ONCE, Ordering::Relaxed);
            if from >= numbers.end {
                return Ok(());
            }
            let body = alerts::bulk("fed", from..(from + FED_AT_ONCE).min(numbers.end), &starts_at, &ends_at);
            let status = connection.post(path, &body)?;
            if status != 200 {
                return Err(std::io::Error::other(format!("answered {status}")));
            }
        }
    };
    let outcomes: Vec<std::io::Result<()>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        let lost = || Err(std::io::Error::other("a worker stumbled"));
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| lost())).collect()
    });
    for outcome in outcomes {
        outcome.map_err(|error| {
            Trouble::new(format!("alerts could not be sent: {error}"), "see the logs in .run/bench")
        })?;
    }
    Ok(started.elapsed())
}

/// A count as a floating-point number; counts here are far below 2^52.
pub fn as_float(count: u64) -> f64 {
    count as f64
}
