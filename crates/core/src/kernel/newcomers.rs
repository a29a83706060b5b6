//! What joins a case whose signals have nothing but their source and name in common, after somebody
//! has taken it: that person may have taken something else, and hears of it.

use alloc::string::String;

use super::Draft;
use crate::case::{Case, State};
use crate::name::SourceName;
use crate::notify::{self, Purpose, Recipient, Stage};
use crate::record::{Actor, Why};
use crate::signal::{Group, Signal};
use crate::time::Duration;
use crate::world::World;

/// The least time between two notices that something joined.
pub(crate) const JOINED_EVERY: Duration = Duration::from_minutes(10);

/// How many alerts of one source that match no service have a case of their own at the same time. What
/// follows shares one more: a lost label is one mistake, and does not wake anybody a thousand times.
pub(crate) const MOST_APART: usize = 20;

/// The group of all that one source tells beyond [`MOST_APART`], where a signal of `group` belongs there.
pub(super) fn rest(world: &World, drill: bool, group: &Group) -> Option<Group> {
    let Group::Unmatched { source, alert } = group else { return None };
    let apart = || world.open_unmatched(drill, source).filter(|case| case.group != rest_of(source));
    (!alert.is_empty() && apart().take(MOST_APART).count() == MOST_APART).then(|| rest_of(source))
}

/// What a case about a signal that matches no service is called.
pub(super) fn title(group: &Group, signal: &Signal) -> String {
    let is_rest = *group == rest_of(&signal.source) && signal.labels.get("alertname").is_some();
    let summary = signal.summary();
    if is_rest { alloc::format!("many alerts without a service, such as: {summary}") } else { summary.into() }
}

fn rest_of(source: &SourceName) -> Group {
    Group::Unmatched { source: source.clone(), alert: String::new() }
}

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
