//! Cases: pieces of operations work with one owner and one timeline.

mod fold;
mod id;
mod instants;
mod model;
mod severity;
mod state;

pub use id::{CaseId, CaseKind, MessageId};
pub use instants::{Edit, Instant, Instants, Moment};
pub use model::{Case, EscalationProgress, Link, Relation, Role, SeveritySetBy};
pub use severity::{Severity, Urgency};
pub use state::State;
