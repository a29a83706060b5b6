//! Shifts in progress over a change of the catalog: an edited rotation moves nobody before the hand-off.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::World;
use crate::catalog::Catalog;
use crate::name::{PersonName, ScheduleName};
use crate::oncall::{NamedBy, Override, on_call_at};
use crate::repository::ShiftChange;
use crate::time::{Duration, Timestamp};

/// How long a person stays on call after the rotation says otherwise, at most.
const LONGEST_HOLD: Duration = Duration::from_hours(7 * 24);

/// A shift that goes on although the catalog's rotation names somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldShift {
    /// The schedule.
    pub schedule: ScheduleName,
    /// Who stays on call.
    pub person: PersonName,
    /// From when on the rotation says otherwise.
    pub from: Timestamp,
    /// When the shift ends.
    pub until: Timestamp,
}

/// What a new catalog changes about the shifts in progress at `now`, and which of them go on.
///
/// A shift that follows from a rotation goes on until its hand-off, at most a week, if the new catalog
/// still has its person. Overrides, new or taken back, say who is on call now, and so they do at once.
pub(crate) fn changes(world: &World, catalog: &Catalog, now: Timestamp) -> Vec<ShiftChange> {
    world.catalog().map_or_else(Vec::new, |before| between(before, world.held_shifts(), catalog, now))
}

/// The same for a `before` in which these shifts are held already.
fn between(
    before: &Catalog,
    held: &BTreeMap<ScheduleName, HeldShift>,
    catalog: &Catalog,
    now: Timestamp,
) -> Vec<ShiftChange> {
    let mut changes = Vec::new();
    for (name, schedule) in &catalog.schedules {
        let Some(was) = before.schedules.get(name).and_then(|schedule| on_call_at(schedule, now)) else { continue };
        let is = on_call_at(schedule, now);
        if is.as_ref().is_some_and(|is| is.person == was.person) {
            continue;
        }
        let is_held = held.get(name).is_some_and(|held| held.person == was.person);
        let by_rotation = (was.named_by != NamedBy::Override || is_held)
            && is.as_ref().is_none_or(|is| is.named_by != NamedBy::Override);
        let goes_on = by_rotation && catalog.people.contains_key(&was.person);
        changes.push(ShiftChange {
            schedule: name.clone(),
            from: Some(was.person),
            to: is.map(|is| is.person),
            held_until: goes_on.then(|| was.until.min(now + LONGEST_HOLD)),
        });
    }
    changes
}

/// The shifts that would go on if a catalog followed another, none being held yet.
pub(crate) fn would_hold(before: &Catalog, after: &Catalog, now: Timestamp) -> BTreeMap<ScheduleName, HeldShift> {
    held(&between(before, &BTreeMap::new(), after, now), now)
}

/// The shifts that go on.
pub(crate) fn held(changes: &[ShiftChange], now: Timestamp) -> BTreeMap<ScheduleName, HeldShift> {
    let held = changes.iter().filter_map(|change| {
        let (person, until) = (change.from.clone()?, change.held_until?);
        Some((change.schedule.clone(), HeldShift { schedule: change.schedule.clone(), person, from: now, until }))
    });
    held.collect()
}

/// A catalog in which held shifts cover what its schedules say otherwise.
pub(crate) fn with_held<'h>(catalog: &Catalog, held: impl IntoIterator<Item = &'h HeldShift>) -> Catalog {
    let mut catalog = catalog.clone();
    for HeldShift { schedule, person, from, until } in held {
        let Some(schedule) = catalog.schedules.get_mut(schedule) else { continue };
        let is_there = |one: &Override| (&one.person, one.from, one.until) == (person, *from, *until);
        if !schedule.overrides.iter().any(is_there) {
            // First, so that any override of the catalog itself covers it.
            schedule
                .overrides
                .insert(0, Override { person: person.clone(), from: *from, until: *until, held_over: true });
        }
    }
    catalog
}
