//! Escalation: who is paged, in what order, until somebody acknowledges.

mod people;
mod step;

pub(crate) use people::resolve_target;
pub(crate) use step::{begin, inform_team, page_asked, page_fallback, severity_changed, step_due};
