//! Every parser under hostile bytes.
//!
//! A [`Target`] takes any bytes to one parser and holds what it reads to its laws. [`hold`] adds the
//! limits that all of them have: memory in proportion to the input, and bounded time. The corpus in
//! `corpus/TARGET/` is kept; `cargo test` replays it and a number of seeded [`mutate`] variations,
//! `make fuzz` searches on with libFuzzer.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods, reason = "nothing here but tests")]

pub mod bounds;
pub mod corpus;
pub mod mutate;
mod relay;
mod stage;
mod targets;

pub use bounds::{Limits, hold};
pub use targets::TARGETS;

/// One parser, or several that take the same bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is also that of its folder in the corpus.
    pub name: &'static str,
    /// Takes any bytes; panics where a law does not hold.
    pub run: fn(&[u8]),
    /// The longest input that is tried, in bytes.
    pub longest: usize,
    /// What it may cost.
    pub limits: Limits,
    /// How many variations of the corpus `cargo test` tries.
    pub variations: u64,
}

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
