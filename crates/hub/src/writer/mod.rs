//! The writer: the one task that owns the world of an organisation.
//!
//! Handlers parse, authenticate, authorise and route in parallel, then submit. The writer drains
//! what has arrived, does what is due, decides, applies, stages, commits everything in one
//! transaction, and only then answers, publishes and hands messages to delivery.

mod attempt;
mod batch;
mod dispatch;
mod fault;
mod gathering;
mod handle;
mod lanes;
mod log;
mod publish;
mod request;
mod run;
mod seal;

pub use dispatch::{Admission, Dispatch, Dispatcher};
pub use lanes::{Busy, Handle};
pub use publish::{Published, TokenTable};
pub use request::{Adoption, Answer, Fault, KeepReply, Reply, Route, SignalOutcome, SignalsRequest, Told, ToldChange};
pub use run::{Advance, Decide, Settings, start};
pub(crate) use seal::seal;
pub use seal::{Signer, secret};
