//! What is wrong with a hub, why, and what to do: rules over what was observed, pure, each with its own words.
//!
//! Observing is elsewhere: a running hub observes itself ([`crate::routes`]), a data folder is observed by [`look_at`].

mod data;
mod keeping;
mod machine;
mod reach;
mod running;

pub use data::{is_in_use, look_at};
pub use keeping::{Keeping, Outside, keeping};
pub use machine::{Machine, Synchronised, machine, synchronised};
pub use reach::{Reach, Unready, WayOut, reach, unready};
pub use running::{Ending, Running, running};

/// `1 page`, `3 pages`.
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A list that does not get longer than people read.
fn some(names: &[String]) -> String {
    const MOST: usize = 5;
    let shown = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
