//! The imperative shell around the kernel: the writer, the doors, the API, delivery, authority.
//!
//! Follow one signal: a door in [`routes`] parses and routes it, [`writer`] decides, applies and
//! commits it and hands the messages it caused to [`deliver`], which reports back as a command.
#![forbid(unsafe_code)]

pub mod authority;
pub mod backup;
mod checkpoints;
pub mod clock;
mod config;
pub mod deliver;
pub mod delivery;
pub mod doctor;
pub mod files;
mod hands;
pub mod kept;
pub mod keys;
pub mod listen;
pub mod metrics;
pub mod migrate;
pub mod outgoing;
pub mod replicas;
pub mod repositories;
pub mod routes;
pub mod serve;
pub mod verify;
pub mod vitals;
pub mod writer;

pub use config::Config;
pub use hands::StepSettings;
pub use replicas::DatabaseSettings;
pub use serve::{ServeError, Started, serve};
pub use verify::{Report, VerifyError, signature_holds, verify_data};
pub use wheelhouse_store::Address;
