//! Who is on call and whom a target means, told the plainest way.

use jiff::Span;
use jiff::civil::DateTime;
use wheelhouse_core::catalog::{Catalog, Contact, Target};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::notify::Recipient;
use wheelhouse_core::oncall::{Layer, Period, Schedule};
use wheelhouse_core::time::Timestamp;

/// Whoever is on call at `now`: the last override that covers it, else the last layer that does.
pub(super) fn on_call(schedule: &Schedule, now: Timestamp) -> Option<PersonName> {
    let overridden = schedule.overrides.iter().rev().find(|one| one.from <= now && now < one.until);
    if let Some(one) = overridden {
        return Some(one.person.clone());
    }
    schedule.layers.iter().rev().find_map(|layer| turn(schedule, layer, now))
}

fn turn(schedule: &Schedule, layer: &Layer, now: Timestamp) -> Option<PersonName> {
    let instant = |local: DateTime| {
        let zoned = schedule.time_zone.to_ambiguous_zoned(local).compatible().ok()?;
        Some(Timestamp::from_jiff(zoned.timestamp()))
    };
    let starts = match layer.from {
        Some(from) => instant(from)? <= now,
        None => true,
    };
    let ended = layer.until.and_then(instant).is_some_and(|until| until <= now);
    if !starts || ended {
        return None;
    }
    let hours = match layer.rotation.every {
        Period::Hours(n) => i64::from(n),
        Period::Days(n) => i64::from(n) * 24,
        Period::Weeks(n) => i64::from(n) * 24 * 7,
        Period::Months(_) => return None,
    };
    let start = instant(layer.rotation.start)?;
    let about = now.since(start).as_seconds() / (hours * 3_600);
    // The clock changes by less than two days in all; the last turn that has begun is near.
    let begun = (about - 50..=about + 50).rev().find(|turn| {
        let local = layer.rotation.start.checked_add(Span::new().hours(turn * hours)).ok();
        *turn >= 0 && local.and_then(instant).is_some_and(|at| at <= now)
    })?;
    let place = usize::try_from(begun).ok()? % layer.rotation.people.len();
    layer.rotation.people.get(place).cloned()
}

/// The people that a target means at `now`.
pub(super) fn people(catalog: &Catalog, target: &Target, now: Timestamp) -> Vec<PersonName> {
    match target {
        Target::Person(person) => vec![person.clone()],
        Target::Team(team) => catalog.teams.get(team).map_or_else(Vec::new, |team| team.members.clone()),
        Target::Schedule(name) => {
            catalog.schedules.get(name).and_then(|schedule| on_call(schedule, now)).into_iter().collect()
        }
    }
}

/// Who is written to so that a recipient is told.
pub(super) fn addressees(catalog: &Catalog, recipient: &Recipient, now: Timestamp) -> Vec<Recipient> {
    let reachable = |person: &PersonName| catalog.people.get(person).is_some_and(|person| !person.contacts.is_empty());
    let itself = |contacts: &[Contact]| if contacts.is_empty() { Vec::new() } else { vec![recipient.clone()] };
    match recipient {
        Recipient::Person(name) => catalog.people.get(name).map_or_else(Vec::new, |person| itself(&person.contacts)),
        Recipient::Audience(name) => {
            let Some(audience) = catalog.audiences.get(name) else { return Vec::new() };
            let people = audience.people.iter().filter(|person| reachable(person));
            let mut all = itself(&audience.contacts);
            all.extend(people.cloned().map(Recipient::Person));
            all
        }
        Recipient::Team(name) => {
            let Some(team) = catalog.teams.get(name) else { return Vec::new() };
            if !team.contacts.is_empty() {
                return vec![recipient.clone()];
            }
            let steps = team.escalation.as_ref().and_then(|name| catalog.escalations.get(name));
            let targets = steps.iter().flat_map(|escalation| escalation.steps.iter().flat_map(|step| &step.page));
            let schedules = targets.filter(|target| matches!(target, Target::Schedule(_)));
            let on_call = schedules.flat_map(|target| people(catalog, target, now)).find(|person| reachable(person));
            let members = team.members.iter().filter(|person| reachable(person)).cloned();
            on_call
                .map_or_else(|| members.collect(), |person| vec![person])
                .into_iter()
                .map(Recipient::Person)
                .collect()
        }
    }
}
