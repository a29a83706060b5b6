//! The kernel's adversary: scenarios that read like stories, and seeded worlds that nobody wrote.
//!
//! [`scenario`] plays the folders under `tests/scenarios` and compares golden transcripts. [`seeded`]
//! makes catalogs, signals, people, failures, jumps of the clock and restarts from a seed, and holds
//! every step against a reference model written apart from the kernel.

pub mod campaign;
pub mod hub;
pub mod rng;
pub mod scenario;
pub mod seeded;
pub mod tables;
