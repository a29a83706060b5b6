//! Controls: what the organisation says it does, and what shows that it did.
//!
//! A control is a name, such as `iso-27001-a.8.13`, that runbooks claim in their front matter. Three things are kept
//! apart: that something which claims it *exists*, that it *ran*, and that it *ran recently*. Each rests on entries of
//! the record, by which anybody can prove it. Whether a control is met is for people to say.

mod claim;
mod evidence;
mod report;

pub use claim::{Claim, Claimant, RECENT, Script, Sources, claims};
pub use evidence::{Evidence, Execution, Judged, MOST_EXECUTIONS, ScriptRuns};
pub use report::{Control, Held, Standing, report};
