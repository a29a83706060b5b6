//! Executes one automated step near the systems it touches, and says truthfully what became of it.
//!
//! [`Runner::execute`] takes a [`Step`], gives its output to a [`Sink`] piece by piece while it is made, can be
//! told to stop through a [`Cancel`], and returns an [`Outcome`]. It blocks its thread; when it returns, nothing
//! of the step is left, or the outcome says what is. Whether a step is tried again is for the caller to decide.
//!
//! - **Processes** run with an environment of their own, as a user of their own, within limits, held to their folders
//!   where that is asked for. Whatever they start is ended with them; the [`guard`] module says how that is known.
//! - **Output** is read as fast as it comes, [redacted](redact) before anybody sees it, kept at both ends.
//! - **Secrets** come from [sources](secret) of the runner. A step names them; the hub never has them.
//! - **HTTP requests** and **SQL queries** are made by the runner itself, under the same deadlines.
//! - **[Functions](function)** are processes that answer an event with outputs and new events.
//!
//! It works on Linux with `/proc`.
#![forbid(unsafe_code)]

mod cancel;
pub mod chunk;
mod clock;
mod drive;
pub mod function;
mod guard;
mod http;
mod outcome;
mod output;
mod outputs;
mod process;
pub mod protocol;
pub mod redact;
mod runner;
pub mod secret;
mod sql;
pub mod step;
mod sweep;

pub use cancel::Cancel;
pub use chunk::{Chunk, Gap, Ring, Stream};
pub use clock::{Clock, SystemClock};
pub use guard::serve_if_asked;
pub use outcome::{Confined, End, Exit, Outcome, OutputCount, Proof, Remaining, Usage, Witness};
pub use runner::{Cgroups, Runner};
pub use step::Step;
pub use sweep::{Swept, sweep};

/// Who hears what a step says. Every method must return soon: the step's output waits meanwhile, its deadline
/// does not.
pub trait Sink {
    /// The step's own code runs now.
    fn started(&mut self, started: &Started) {
        let _ = started;
    }

    /// A piece of output, for those who watch. All of it comes by here.
    fn live(&mut self, chunk: &Chunk) {
        let _ = chunk;
    }

    /// A piece of output that is to be kept: the beginning as it comes, the end when the step is over.
    fn kept(&mut self, chunk: &Chunk);

    /// Between the beginning and the end, this much was not kept. It comes before the end does.
    fn gap(&mut self, gap: Gap) {
        let _ = gap;
    }
}

/// The processes of a step that has begun to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// When, by the caller's clock, in microseconds since 1970.
    pub at_us: i64,
    /// The step's own process; none for other kinds of step.
    pub step: Option<u32>,
    /// The guard of its process tree.
    pub guard: Option<u32>,
    /// The keeper behind the guard.
    pub keeper: Option<u32>,
}
