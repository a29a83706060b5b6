//! Authority: who may do what, by which policy, and what a refused person reads.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod custom;
mod defaults;
mod organisation;
