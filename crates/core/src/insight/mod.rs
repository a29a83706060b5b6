//! Insight: are we getting better, honestly? Distributions with their sizes, never a mean, and in
//! plain words what cannot be told.
//!
//! * What is counted are real incidents. Drills are a figure of their own, and so are symptoms:
//!   incidents that another one brought about, whose times are that one's.
//! * Five lengths of time are measured ([`Measure`]). A case that cannot tell one of them is left
//!   out of it, and of it alone, and counted under its reason ([`CannotTell`]).
//! * From [`SMALLEST_SAMPLE`] values on there are a median and a 90th percentile, by nearest rank;
//!   below, the values themselves, because quantiles of a handful say less than they seem to.

mod measure;
mod spread;
mod statistics;

pub use measure::{CannotTell, FLAPPING_FROM, Measure, SAYS_NOW, measure};
pub use spread::{SMALLEST_SAMPLE, Spread};
pub use statistics::{By, Figures, Key, MOST_GROUPS, Month, Statistics, Telling, TooManyGroups};
