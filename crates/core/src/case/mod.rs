//! Cases: pieces of operations work with one owner and one timeline.

mod fold;
mod fold_edits;
mod id;
mod instants;
mod miss;
mod model;
mod proposal;
mod runbooks;
mod severity;
mod state;
mod telling;
mod unmatched;
mod updates;

pub use id::{CaseId, CaseKind, MessageId};
pub use instants::{Edit, Instant, Instants, Moment};
pub use miss::{Miss, MissReason};
pub use model::{Case, CaseSilence, EscalationProgress, Flapping, Link, Paged, Relation, Role, SeveritySetBy, Symptom};
pub use proposal::Proposal;
pub use runbooks::{Fit, Runbook, by_address, runbooks};
pub use severity::{Severity, Urgency};
pub use state::State;
pub use telling::{Reached, Telling};
pub use updates::update_every;
