//! `drill run`: plays a drill against a running hub, second by second.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration as Wait;

use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_hub::clock::wall_now;
use wheelhouse_wire::api::{CaseSummary, Cue, Drill, DrillReport, JudgeDrill, PlayCue, Played};

use super::super::{Answer, Context};
use super::report;
use crate::client::{Client, read};
use crate::failure::{Exit, Failure};
use crate::output::{clean, span};

/// How long to wait between two looks at what has followed.
const BETWEEN_LOOKS: Duration = Duration::from_seconds(1);
/// How long a hub may stay away while a drill is played.
const PATIENCE: Duration = Duration::from_seconds(60);

/// Plays a drill, judges it, and writes down how it went. The exit code says whether it passed.
pub fn run(name: &str, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let drill: Drill = read(client.get(&["drills", name], &[])?)?;
    let stop = Stop::new()?;
    may_start(&client, &drill)?;
    let mut playing = Playing { client, drill, stop, started_at: wall_now(), said: BTreeSet::new(), away_since: None };
    say(&format!(
        "drill {}: takes {}; whoever it pages and tells is real, and every message says that it is a drill",
        playing.drill.name,
        span(playing.drill.length_seconds)
    ));
    let played = playing.play();
    let (report, interrupted) = match played {
        Ok(stopped) => (playing.judge(true)?, stopped == Stopped::Interrupted),
        Err(failure) => {
            // Whatever happened, its signals are not left firing, nor its cases open.
            let _over = playing.judge(true);
            return Err(failure);
        }
    };
    let timelines = report::timelines(&playing.client, &report)?;
    let exit = if report.passed && !interrupted { Exit::Ok } else { Exit::Refused };
    let answer = if context.look.json() {
        Answer::json(&report::json(&report, &timelines))
    } else {
        Answer::text(report::text(&report, timelines, &context.look)?)
    };
    let answer =
        if interrupted { answer.note("the drill was interrupted; it is written down as it stood") } else { answer };
    Ok(answer.exit(exit))
}

/// Refuses where another drill still has a case on one of the services, or where the hub forbids it.
fn may_start(client: &Client, drill: &Drill) -> Result<(), Failure> {
    let query = [("drill", "true".to_owned()), ("state", "open,acknowledged,mitigated".to_owned())];
    let open: Vec<CaseSummary> = read(Value::Array(client.list(&["cases"], &query, usize::MAX)?.items))?;
    let in_the_way = open.iter().find(|case| case.service.as_ref().is_some_and(|s| drill.services.contains(s)));
    if let Some(case) = in_the_way {
        let service = case.service.as_deref().unwrap_or_default();
        let message = format!("{}, of another drill on {service}, is still open", case.id);
        return Err(Failure::new(Exit::Refused, message)
            .help(format!("wait until that drill is over, or end it: `wheelhouse case resolve {}`", case.id)));
    }
    let judge = JudgeDrill { started_at: wall_now().into(), over: false };
    client.post_once(&["drills", &drill.name, "judge"], &judge).map(drop)
}

/// Why playing stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Over,
    Interrupted,
}

/// A drill being played.
struct Playing {
    client: Client,
    drill: Drill,
    stop: Stop,
    started_at: Timestamp,
    /// Which expectations were said to be met.
    said: BTreeSet<usize>,
    away_since: Option<Timestamp>,
}

impl Playing {
    fn play(&mut self) -> Result<Stopped, Failure> {
        let cues = self.drill.signals.clone();
        for (index, cue) in cues.iter().enumerate() {
            if self.watch_until(offset(cue), false)? == Stopped::Interrupted {
                return Ok(Stopped::Interrupted);
            }
            let at = self.send(index)?;
            if index == 0 {
                self.started_at = at - offset(cue);
            }
            let ends = if cue.resolved { "ends: " } else { "" };
            say(&format!("{} signal  {ends}{}", self.mark(), clean(&cue.summary)));
        }
        self.watch_until(length(&self.drill), true)
    }

    /// Sends one signal; a hub that is away for a moment is waited for.
    fn send(&mut self, index: usize) -> Result<Timestamp, Failure> {
        loop {
            match self.client.post(&["drills", &self.drill.name, "signals"], &PlayCue { index }) {
                Ok(value) => {
                    self.away_since = None;
                    return Ok(read::<Played>(value)?.at.0);
                }
                Err(failure) => self.wait_for_the_hub(failure)?,
            }
        }
    }

    /// Looks at what follows until the drill has lasted for `until`; or until nothing more can follow,
    /// where `may_end_early`.
    fn watch_until(&mut self, until: Duration, may_end_early: bool) -> Result<Stopped, Failure> {
        loop {
            let left = Duration::from_micros(until.as_micros() - wall_now().since(self.started_at).as_micros());
            if left <= Duration::ZERO {
                return Ok(Stopped::Over);
            }
            if self.stop.waits(left.min(BETWEEN_LOOKS)) {
                return Ok(Stopped::Interrupted);
            }
            match self.judge(false) {
                Ok(report) => {
                    self.away_since = None;
                    self.say_what_is_met(&report);
                    let is_known = report.passed && report.expectations.iter().all(|expected| !expected.absence);
                    if may_end_early && is_known {
                        return Ok(Stopped::Over);
                    }
                }
                Err(failure) => self.wait_for_the_hub(failure)?,
            }
        }
    }

    fn judge(&self, over: bool) -> Result<DrillReport, Failure> {
        let request = JudgeDrill { started_at: self.started_at.into(), over };
        read(self.client.post(&["drills", &self.drill.name, "judge"], &request)?)
    }

    fn say_what_is_met(&mut self, report: &DrillReport) {
        for (index, expectation) in report.expectations.iter().enumerate() {
            let word = match (expectation.met && !expectation.absence, expectation.missed) {
                (true, _) => "met   ",
                (false, true) => "missed",
                (false, false) => continue,
            };
            if self.said.insert(index) {
                say(&format!("{} {word}  {}: {}", self.mark(), expectation.expected, clean(&expectation.found)));
            }
        }
    }

    /// A hub that is away for a moment is part of what drills are for; one that stays away is not.
    fn wait_for_the_hub(&mut self, failure: Failure) -> Result<(), Failure> {
        let now = wall_now();
        let since = *self.away_since.get_or_insert(now);
        if failure.exit != Exit::Unreachable || now.since(since) > PATIENCE {
            return Err(failure);
        }
        if since == now {
            say(&format!("{} the hub is away: {}", self.mark(), failure.message));
        }
        if self.stop.waits(BETWEEN_LOOKS) { Err(failure) } else { Ok(()) }
    }

    /// How long after the start it is.
    fn mark(&self) -> String {
        let seconds = wall_now().since(self.started_at).as_seconds().max(0);
        format!("+{:<9}", Duration::from_seconds(seconds).to_string())
    }
}

fn offset(cue: &Cue) -> Duration {
    from_seconds(cue.at_seconds)
}

fn length(drill: &Drill) -> Duration {
    from_seconds(drill.length_seconds)
}

#[expect(clippy::cast_possible_truncation, reason = "a float saturates when it becomes an integer")]
fn from_seconds(seconds: f64) -> Duration {
    Duration::from_millis((seconds * 1_000.0).round() as i64)
}

/// Progress goes where it does not mix with the report.
fn say(line: &str) {
    let _nobody_reads = writeln!(io::stderr().lock(), "{line}");
}

/// Waits, unless somebody interrupts.
struct Stop {
    runtime: Runtime,
    interrupt: Signal,
}

impl Stop {
    fn new() -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::cannot_run(format!("cannot wait for signals here: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let interrupt = {
            let _inside = runtime.enter();
            signal(SignalKind::interrupt()).map_err(failed)?
        };
        Ok(Self { runtime, interrupt })
    }

    /// Whether it was interrupted while waiting.
    fn waits(&mut self, length: Duration) -> bool {
        let wait = Wait::from_micros(u64::try_from(length.as_micros()).unwrap_or(0));
        let interrupt = &mut self.interrupt;
        self.runtime.block_on(async { timeout(wait, interrupt.recv()).await.is_ok() })
    }
}
