//! Whom a target means at an instant.

use alloc::vec::Vec;

use crate::catalog::{Catalog, Target};
use crate::name::PersonName;
use crate::oncall::on_call_at;
use crate::time::Timestamp;

/// The people that a target means at `now`: nobody where a schedule has a gap.
pub(crate) fn resolve_target(catalog: &Catalog, target: &Target, now: Timestamp) -> Vec<PersonName> {
    match target {
        Target::Person(name) => alloc::vec![name.clone()],
        Target::Team(name) => catalog.teams.get(name).map(|team| team.members.clone()).unwrap_or_default(),
        Target::Schedule(name) => catalog
            .schedules
            .get(name)
            .and_then(|schedule| on_call_at(schedule, now))
            .map(|shift| shift.person)
            .into_iter()
            .collect(),
    }
}
