//! A silence that ends soon while it holds something back: its author gets an action.

use alloc::string::ToString;

use super::{Draft, Plan};
use crate::Context;
use crate::case::{CaseKind, Severity};
use crate::catalog::Catalog;
use crate::name::{PersonName, TeamName};
use crate::notify::{Purpose, Recipient, Stage};
use crate::record::{Actor, Attached, Body, Entry, Fact, Why};
use crate::signal::Group;
use crate::silence::{Silence, SilenceId};
use crate::world::World;

/// Tells the author of a silence that it ends soon, where something would then page somebody.
pub(super) fn point_out(world: &World, cx: &Context, silence: &Silence, signals: u64, plan: &mut Plan) {
    let cases = world.cases().filter(|case| case.silenced.as_ref().is_some_and(|by| by.silences.contains(&silence.id)));
    let cases = cases.count() as u64;
    let (Some(catalog), Actor::Person(author)) = (world.catalog(), &silence.author) else { return };
    if (signals, cases) == (0, 0) {
        return;
    }
    let why = Why::SilenceEndsSoon { silence: silence.id, at: silence.ends_at };
    // Somebody may have opened the one before again.
    let known = world.case_of_group(silence.drill, &group(silence.id)).filter(|case| !case.state.is_resolved());
    if let Some(Ok(mut draft)) = known.map(|case| Draft::by_hub(world, cx, case.id)) {
        draft.queue(Recipient::Person(author.clone()), Purpose::Informed { stage: Stage::Opened }, why);
        let more = draft.finish();
        plan.entries.extend(more.entries);
        return;
    }
    let left = silence.ends_at.since(cx.now);
    let title = alloc::format!("{} ends in {left} and still holds back {}", silence.id, held(signals, cases));
    let entry = Entry {
        at: cx.now,
        actor: Actor::Hub,
        policies: alloc::vec::Vec::new(),
        subject: Some(world.next_case(CaseKind::Action)),
        drill: silence.drill,
        fact: Fact::CaseOpened {
            severity: Severity::Sev4,
            service: None,
            team: team_of(catalog, author),
            group: group(silence.id),
            rule: None,
            detected_at: cx.now,
            auto_resolve: false,
            reported: false,
        },
        why: Some(why.clone()),
        body: Some(Body::from([("title".to_string(), title)])),
        attached: Attached::Nothing,
    };
    let Some(mut draft) = Draft::opening(world, cx, catalog, entry) else { return };
    draft.note(Fact::OwnerSet { owner: Some(author.clone()) }, None, None);
    draft.queue(Recipient::Person(author.clone()), Purpose::Informed { stage: Stage::Opened }, why);
    let more = draft.finish();
    plan.entries.extend(more.entries);
}

/// Closes the action about a silence that is over, or was changed.
pub(super) fn close(world: &World, cx: &Context, id: SilenceId, why: Why, plan: &mut Plan) {
    let drill = world.silences().get(id).is_some_and(|silence| silence.drill);
    let Some(case) = world.case_of_group(drill, &group(id)).filter(|case| !case.state.is_resolved()) else { return };
    let Ok(mut draft) = Draft::by_hub(world, cx, case.id) else { return };
    draft.note(Fact::Resolved { at: cx.now, recheck_at: None }, Some(why), None);
    plan.entries.extend(draft.finish().entries);
}

fn group(id: SilenceId) -> Group {
    Group::Hub(alloc::format!("{id} ends soon"))
}

/// `3 signals and 1 case`.
fn held(signals: u64, cases: u64) -> alloc::string::String {
    let count = |count: u64, one: &str| match count {
        1 => alloc::format!("1 {one}"),
        count => alloc::format!("{count} {one}s"),
    };
    match (signals, cases) {
        (signals, 0) => count(signals, "signal"),
        (0, cases) => count(cases, "case"),
        (signals, cases) => alloc::format!("{} and {}", count(signals, "signal"), count(cases, "case")),
    }
}

/// The first team that a person belongs to; the default team where there is none.
fn team_of(catalog: &Catalog, person: &PersonName) -> TeamName {
    let mine = catalog.teams.values().find(|team| team.members.contains(person));
    mine.map_or(&catalog.organization.default_team, |team| &team.name).clone()
}
