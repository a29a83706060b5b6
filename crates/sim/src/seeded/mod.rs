//! Seeded stories: the kernel alone in a world that chance makes, held against a reference model.
//!
//! A seed gives three catalogs, channels, and a list of steps. After every step the model says
//! whether the promises of the design hold; in the end the same inputs are played again with other
//! batches. A failing story is shrunk by dropping steps for as long as it still fails.

mod catalogs;
mod cuts;
mod fault;
mod machines;
mod model;
mod run;
mod runbooks;
mod script;
mod subject;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use fault::Fault;
use script::Script;
use subject::Subject;

/// How many steps a story has.
pub const STEPS: usize = 45;

/// A story that broke a promise.
#[derive(Debug)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// Which promise, and where.
    pub problem: String,
    shortest: Script,
}

impl Failure {
    /// What happens in the shortest story that still breaks a promise, in words.
    pub fn retold(&self) -> String {
        run::retell(&self.shortest, Subject::default())
    }

    /// How many steps are left of the story that still break a promise.
    pub fn steps(&self) -> usize {
        self.shortest.steps.len()
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.problem)?;
        writeln!(f, "again: cargo run -p wheelhouse-sim -- --seeds 1 --from {}", self.seed)?;
        for (index, step) in self.shortest.steps.iter().enumerate() {
            writeln!(f, "  {index:>2}. {} later{}: {:?}", step.after, if step.cut { ", cut" } else { "" }, step.what)?;
        }
        Ok(())
    }
}

/// Plays the story of a seed; gives the shrunk story where it breaks a promise.
pub fn check(seed: u64, fault: Option<Fault>) -> Result<(), Box<Failure>> {
    let script = Script::new(seed, STEPS);
    let subject = Subject { fault };
    let Err(problem) = play(&script, subject) else { return Ok(()) };
    let (shortest, problem) = shrink(script, problem, subject);
    Err(Box::new(Failure { seed, problem, shortest }))
}

/// The promise that the story of a seed breaks, if any; without shrinking.
pub fn broken(seed: u64, fault: Option<Fault>) -> Option<String> {
    play(&Script::new(seed, STEPS), Subject { fault }).err()
}

fn play(script: &Script, subject: Subject) -> Result<(), String> {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let played = run::run(script, subject)?;
        if subject.fault.is_none() { cuts::same_rows(&played, script.seed) } else { Ok(()) }
    }));
    caught.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(format!("10: a panic: {}", text.unwrap_or_default()))
    })
}

/// Drops runs of steps, halving their length, for as long as the story still breaks a promise.
fn shrink(mut script: Script, mut problem: String, subject: Subject) -> (Script, String) {
    let mut length = script.steps.len() / 2;
    while length > 0 {
        let mut start = 0;
        while start < script.steps.len() {
            let mut fewer = script.clone();
            fewer.steps.drain(start..(start + length).min(script.steps.len()));
            match play(&fewer, subject) {
                Err(still) => (script, problem) = (fewer, still),
                Ok(()) => start += length,
            }
        }
        length /= 2;
    }
    (script, problem)
}
