//! What executing steps costs: 100 MB of output with and without secrets to look for, the memory for that, and the
//! time until a step's own code runs, alone and among 200 others that are at work. It says what it found in one line of JSON.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a benchmark: it measures with the real clock, and has nobody to report to"
)]

use std::io::Write;
use std::process::ExitCode;
use std::sync::Barrier;
use std::time::Instant;

use serde_json::json;
use wheelhouse_runner::secret::{EnvironmentSecrets, SecretSource};
use wheelhouse_runner::step::{Delivery, ProcessStep, SecretUse};
use wheelhouse_runner::{Cancel, Chunk, End, Runner, Sink, Started, Step, serve_if_asked};

/// How much a step says.
const BYTES: usize = 100 << 20;
/// How many steps begin one after the other.
const ALONE: usize = 100;
/// How many steps are there at once.
const TOGETHER: usize = 200;

fn main() -> ExitCode {
    if let Some(code) = serve_if_asked(std::env::args_os().skip(1)) {
        return code;
    }
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    write_log(&log);
    let mut runner = Runner::new(folder.path().join("jobs"));
    let known = (0..5).map(|n| (format!("WH_SECRET_S{n}"), format!("correct-horse-{n}-battery-staple")));
    runner.sources.push(Box::new(EnvironmentSecrets::from(known)) as Box<dyn SecretSource>);
    let before = status_kib("VmRSS:");
    let plain = megabytes_a_second(&runner, &log.to_string_lossy(), 0);
    let one = megabytes_a_second(&runner, &log.to_string_lossy(), 1);
    let five = megabytes_a_second(&runner, &log.to_string_lossy(), 5);
    let peak = status_kib("VmHWM:");
    let alone: Vec<f64> = (0..ALONE).map(|_| begin(&runner, "true").0).collect();
    let many = among_many(&runner);
    let found = json!({
        "megabytes": BYTES >> 20,
        "plain_mb_s": plain,
        "one_secret_mb_s": one,
        "five_secrets_mb_s": five,
        "before_mib": before >> 10,
        "peak_mib": peak >> 10,
        "alone_p50_ms": percentile(alone.clone(), 50),
        "alone_p99_ms": percentile(alone, 99),
        "together": TOGETHER,
        "together_p50_ms": percentile(many.clone(), 50),
        "together_p99_ms": percentile(many, 99),
    });
    let mut out = std::io::stdout();
    writeln!(out, "{found}").unwrap();
    ExitCode::SUCCESS
}

/// Lines as services write them.
fn write_log(path: &std::path::Path) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut left = BYTES;
    let mut number = 0_u64;
    while left > 0 {
        let line = format!(
            "2026-11-23T10:{:02}:{:02}.{:03}Z INFO ledger::transfer request={:016x} account={} took={}ms status=200 user=\"dana\" path=/api/v1/transfers?from={}&to={}\n",
            number / 60_000 % 60,
            number / 1_000 % 60,
            number % 1_000,
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            number % 9_973,
            number % 250,
            number % 91,
            number % 89,
        );
        let piece = line.as_bytes().get(..line.len().min(left)).unwrap();
        file.write_all(piece).unwrap();
        left -= piece.len();
        number += 1;
    }
    file.flush().unwrap();
}

fn megabytes_a_second(runner: &Runner, log: &str, secrets: usize) -> f64 {
    let mut rounds: Vec<f64> = (0..3)
        .map(|_| {
            let mut process = ProcessStep::script(&["sh"], "exec cat \"$LOG\"");
            process.environment.insert("LOG".to_owned(), log.to_owned());
            let mut step = Step::process("bench", process, 600_000);
            step.secrets = (0..secrets)
                .map(|n| SecretUse { secret: format!("s{n}"), name: format!("S{n}"), delivery: Delivery::Descriptor })
                .collect();
            let mut sink = Nobody::default();
            let started = Instant::now();
            let outcome = runner.execute(&step, &mut sink, &Cancel::new().unwrap());
            let seconds = started.elapsed().as_secs_f64();
            assert_eq!((outcome.end, outcome.output.stdout_bytes), (End::Succeeded, BYTES as u64));
            assert_eq!(sink.bytes, BYTES as u64, "nothing is missing, nothing was redacted");
            f64::from(u32::try_from(BYTES >> 20).unwrap()) / seconds
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds.get(1).copied().unwrap()
}

/// Executes a step; gives the milliseconds until its own code ran.
fn begin(runner: &Runner, text: &str) -> (f64, End) {
    let step = Step::process("bench", ProcessStep::script(&["sh"], text), 600_000);
    let mut sink = Nobody { begun: Some(Instant::now()), ..Nobody::default() };
    let outcome = runner.execute(&step, &mut sink, &Cancel::new().unwrap());
    (sink.started_ms, outcome.end)
}

/// The time until a step's own code runs while many others are at work.
fn among_many(runner: &Runner) -> Vec<f64> {
    let cancel = Cancel::new().unwrap();
    let running = Barrier::new(TOGETHER + 1);
    std::thread::scope(|scope| {
        for _ in 0..TOGETHER {
            scope.spawn(|| {
                let step = Step::process("bench", ProcessStep::script(&["sh"], "sleep 600"), 700_000);
                let mut sink = Nobody { running: Some(&running), ..Nobody::default() };
                assert_eq!(runner.execute(&step, &mut sink, &cancel).end, End::Cancelled);
            });
        }
        running.wait();
        let took = (0..ALONE).map(|_| begin(runner, "true").0).collect();
        cancel.cancel();
        took
    })
}

fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get((values.len() * percent / 100).min(values.len() - 1)).copied().unwrap()
}

fn status_kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Looks at everything and keeps nothing.
#[derive(Default)]
struct Nobody<'a> {
    bytes: u64,
    begun: Option<Instant>,
    started_ms: f64,
    running: Option<&'a Barrier>,
}

impl Sink for Nobody<'_> {
    fn started(&mut self, _: &Started) {
        self.started_ms = self.begun.map_or(0.0, |begun| begun.elapsed().as_secs_f64() * 1_000.0);
        if let Some(running) = self.running {
            running.wait();
        }
    }

    fn live(&mut self, chunk: &Chunk) {
        self.bytes += chunk.text.len() as u64;
    }

    fn kept(&mut self, _: &Chunk) {}
}
