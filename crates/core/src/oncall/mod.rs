//! Who is on call: schedules of layered rotations with wall-clock hand-off.

mod schedule;
mod shifts;
mod turns;

pub use schedule::{Layer, Override, Period, Rotation, Schedule};
pub use shifts::{NamedBy, Shift, gaps_between, layer_at, on_call_at, shifts_between};
