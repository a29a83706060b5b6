//! Escalation: who is paged, in what order, until somebody acknowledges.

mod people;
mod step;

pub(crate) use step::{begin, fallback_people, inform_team, page_asked, page_fallback, severity_changed, step_due};
