//! The affected set: whom an incident reaches through dependencies, each with the path that explains why.
//!
//! An arrow reads "depends on". With `ledger` down, hard edges drawn `──►` and soft ones `┄┄►`:
//!
//! ```text
//!   checkout ──► payments-api ──► ledger ──► database
//! newsletter ┄┄► reports ┄┄┄┄┄► ledger
//! ```
//!
//! * `payments-api` is down (hard), and so is `checkout`, by the path `ledger, payments-api, checkout`;
//! * `reports` is degraded (soft); `newsletter`, soft on something degraded, is not affected;
//! * the team of `database` is told that a caller is down, from [`UPSTREAM_FROM`] on: the cause may
//!   lie with it;
//! * the stakeholder audiences of `ledger`, `payments-api`, `checkout` and `reports` are told if the
//!   incident is as severe as they asked for; otherwise they are listed with the reason why not.

mod causes;
mod explained;
mod graph;
mod model;
mod picture;
mod reach;
mod recipients;
mod thresholds;

pub(crate) use causes::{Needs, needed_by};
pub use explained::Explained;
pub use graph::Graph;
pub use model::{Affected, AffectedRecipient, AffectedService, Excluded, Impact, Reason, Recipient};
pub use picture::{Drawn, Edge, MOST_DRAWN, Part, Picture, Standing, picture};
pub(crate) use recipients::taken_along;
pub use recipients::{UPSTREAM_FROM, affected};
pub use thresholds::{ToldFrom, told_from};
