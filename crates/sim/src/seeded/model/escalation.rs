//! What escalation should do: the rules once more, written from their description.

use wheelhouse_core::case::EscalationProgress;
use wheelhouse_core::catalog::{Catalog, Escalation, Target};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::time::{Duration, Timestamp};

use super::{MCase, oncall};

/// A step that should be carried out now, with the people it reaches.
pub(super) type Step = (EscalationProgress, Vec<PersonName>);

/// Steps that should be carried out now, and the one after them.
pub(super) type Steps = (Vec<Step>, EscalationProgress);

/// How a case should start to be escalated.
pub(super) enum Begin {
    /// It is not severe enough: the team is informed.
    Inform,
    /// It is paged for.
    Steps(Steps),
}

/// The escalation of a case: its service's, else its team's.
pub(super) fn of<'c>(catalog: &'c Catalog, case: &MCase) -> Option<&'c Escalation> {
    let service = case.service.as_ref().and_then(|name| catalog.services.get(name));
    let own = service.and_then(|service| service.escalation.clone());
    let name = own.or_else(|| catalog.teams.get(&case.team).and_then(|team| team.escalation.clone()))?;
    catalog.escalations.get(&name)
}

/// What should happen when a case begins to want attention at `now`.
pub(super) fn begin(catalog: &Catalog, case: &MCase, now: Timestamp) -> Begin {
    let first = |escalation: Option<&Escalation>, after| EscalationProgress {
        escalation: escalation.map(|escalation| escalation.name.clone()),
        step: 0,
        round: 0,
        due_at: now + after,
        parked: false,
    };
    match of(catalog, case) {
        Some(escalation) if case.severity > escalation.from => Begin::Inform,
        Some(escalation) => {
            let after = escalation.steps.first().map_or(Duration::ZERO, |step| step.after);
            Begin::Steps(carry_out(catalog, first(Some(escalation), after), now))
        }
        None => Begin::Steps(carry_out(catalog, first(None, Duration::ZERO), now)),
    }
}

/// Carries out what is due at `now`, from `next` on.
pub(super) fn carry_out(catalog: &Catalog, mut next: EscalationProgress, now: Timestamp) -> Steps {
    let mut done = Vec::new();
    while next.due_at <= now {
        let escalation = next.escalation.as_ref().and_then(|name| catalog.escalations.get(name));
        let (people, mut after) = match escalation {
            Some(escalation) => (step_people(catalog, escalation, next.step, now), following(escalation, &next, now)),
            None => (fallback_people(catalog, now), fallback(next.step + 1, now + catalog.organization.fallback_every)),
        };
        if people.is_empty() && next.escalation.is_some() {
            after.due_at = now;
        }
        done.push((next, people));
        next = after;
    }
    (done, next)
}

fn step_people(catalog: &Catalog, escalation: &Escalation, step: u32, now: Timestamp) -> Vec<PersonName> {
    let mut all: Vec<PersonName> = Vec::new();
    let step = usize::try_from(step).ok().and_then(|step| escalation.steps.get(step));
    for person in step.into_iter().flat_map(|step| &step.page).flat_map(|target| oncall::people(catalog, target, now)) {
        if !all.contains(&person) {
            all.push(person);
        }
    }
    all
}

/// The people of the fallback; the default team where it means nobody.
pub(super) fn fallback_people(catalog: &Catalog, now: Timestamp) -> Vec<PersonName> {
    let named = oncall::people(catalog, &catalog.organization.fallback, now);
    let team = Target::Team(catalog.organization.default_team.clone());
    if named.is_empty() { oncall::people(catalog, &team, now) } else { named }
}

fn following(escalation: &Escalation, done: &EscalationProgress, now: Timestamp) -> EscalationProgress {
    let next = done.step + 1;
    if let Some(step) = usize::try_from(next).ok().and_then(|index| escalation.steps.get(index)) {
        return EscalationProgress { step: next, due_at: now + step.after, ..done.clone() };
    }
    let last = escalation.steps.last().map_or(Duration::ZERO, |step| step.after);
    let pause = last.max(Duration::from_minutes(5));
    if done.round < escalation.repeat {
        return EscalationProgress { step: 0, round: done.round + 1, due_at: now + pause, ..done.clone() };
    }
    fallback(0, now + pause)
}

fn fallback(step: u32, due_at: Timestamp) -> EscalationProgress {
    EscalationProgress { escalation: None, step, round: 0, due_at, parked: false }
}
