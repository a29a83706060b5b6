//! The kernel of Wheelhouse: a deterministic state machine without input, output, clock or chance.
//!
//! [`decide`] says what a command would do, [`advance`] what is due, [`next_due`] when that will be
//! needed, and [`World::apply`] is the only way in which state changes. [`route`] and [`needs`] run
//! ahead of them. Nothing in this crate can learn the time or draw a number except through
//! [`Context`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod access;
pub mod affected;
pub mod attachment;
pub mod automation;
pub mod case;
pub mod catalog;
pub mod change;
pub mod control;
pub mod drill;
pub mod escalation;
pub mod expression;
pub mod insight;
pub mod kernel;
pub mod name;
pub mod notify;
pub mod oncall;
pub mod record;
pub mod repository;
pub mod run;
pub mod runbook;
pub mod signal;
pub mod silence;
pub mod time;
pub mod world;

pub use wheelhouse_patterns as patterns;

pub use kernel::{advance, decide, needs};
pub use signal::route;
pub use world::{World, next_due};

/// What a decision may know beside the world.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The present instant; it never goes back from one commit to the next, whoever leads.
    pub now: time::Timestamp,
    /// What answers the expressions of the catalog: always the same, so that a decision can be replayed.
    pub conditions: &'static dyn expression::Conditions,
}

impl Context {
    /// The present instant, with something that answers expressions.
    pub const fn new(now: time::Timestamp, conditions: &'static dyn expression::Conditions) -> Self {
        Self { now, conditions }
    }

    /// The present instant where no expression is asked.
    pub const fn at(now: time::Timestamp) -> Self {
        Self::new(now, &expression::NoConditions)
    }
}
