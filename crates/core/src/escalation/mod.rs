//! Escalation: who is paged, in what order, until somebody acknowledges.

mod ahead;
mod people;
mod step;

pub use ahead::{Ahead, ahead, paged_for, services_of};

pub(crate) use step::{
    begin, begin_unsilenced, fallback_people, follows_from, hold, inform_team, name_of, page_asked, page_fallback,
    severity_changed, step_due, withdraw_pages,
};
