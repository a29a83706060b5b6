//! What joins a case whose signals have nothing but their source and name in common, after somebody
//! has taken it: that person may have taken something else, and hears of it.

use super::Draft;
use crate::case::{Case, State};
use crate::notify::{self, Purpose, Recipient, Stage};
use crate::record::{Actor, Why};
use crate::signal::Group;
use crate::time::Duration;
use crate::world::World;

/// The least time between two notices that something joined.
pub(crate) const JOINED_EVERY: Duration = Duration::from_minutes(10);

/// Whether a signal that joins a case changes more than a count.
pub(super) fn matters(world: &World, case: &Case) -> bool {
    let stirs = case.flapping.is_some_and(|flapping| flapping.over_at.is_some());
    stirs || (is_taken_catch_all(case) && !is_said(world, case))
}

/// Tells whoever has taken such a case that something new joined: once for all that joins until then.
pub(super) fn joined(draft: &mut Draft<'_>) {
    if !is_taken_catch_all(&draft.case) || is_said(draft.world, &draft.case) {
        return;
    }
    let settled = draft.cx.now + draft.catalog.organization.notices_settle;
    let at = draft.case.joined_told_at.map_or(settled, |last| settled.max(last + JOINED_EVERY));
    let not_before = Some(at).filter(|at| *at > draft.cx.now);
    for recipient in holders(draft) {
        draft.queue_at(recipient, Purpose::Informed { stage: Stage::Joined }, Why::JoinedTaken, not_before);
    }
}

fn is_taken_catch_all(case: &Case) -> bool {
    let taken = matches!(case.state, State::Acknowledged { .. } | State::Mitigated { .. });
    taken && matches!(case.group, Group::Unmatched { .. })
}

/// Whether a notice that has not gone out yet will say it.
fn is_said(world: &World, case: &Case) -> bool {
    let is_waiting = |purpose: &Purpose| matches!(purpose, Purpose::Informed { stage: Stage::Joined });
    world.messages_of(case.id).any(|message| is_waiting(&message.purpose))
}

/// Whoever has the case: its owner, else who took it, else its team.
fn holders(draft: &Draft<'_>) -> alloc::vec::Vec<Recipient> {
    let by = match &draft.case.state {
        State::Acknowledged { by: Actor::Person(person), .. } | State::Mitigated { by: Actor::Person(person), .. } => {
            Some(person)
        }
        _ => None,
    };
    match draft.case.owner.as_ref().or(by) {
        Some(person) => alloc::vec![Recipient::Person(person.clone())],
        None => notify::addressees(draft.catalog, &Recipient::Team(draft.case.team.clone()), draft.cx.now),
    }
}
