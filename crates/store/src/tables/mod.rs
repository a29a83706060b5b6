//! What the tables hold, written and read by the same texts on both engines.

pub(crate) mod erase;
pub(crate) mod load;
pub(crate) mod rows;
pub(crate) mod write;
mod write_others;
mod write_signals;

pub(crate) use load::{case_with_messages, load};
pub(crate) use write::{Position, is_made, write};
