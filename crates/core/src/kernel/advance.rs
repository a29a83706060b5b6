//! What is due.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Draft, Plan, automations, flapping, followers, resolve, runs, silences, wanted};
use crate::Context;
use crate::case::{CaseId, State};
use crate::escalation;
use crate::notify::Stage;
use crate::record::{Actor, Entry, Fact, SignalChange, Why};
use crate::signal::SignalNumber;
use crate::world::{CaseTimer, World};

/// What is due at `cx.now`, at most `limit` items, escalations before expiries. Each case is
/// touched at most once a call, so that every item sees the world as it is: call again until the
/// plan is empty.
pub fn advance(world: &World, limit: usize, cx: &Context) -> Plan {
    let mut plan = due(world, limit, cx);
    runs::wake(world, cx, &mut plan);
    automations::consider(world, cx, &mut plan);
    wanted::consider(world, cx, &mut plan);
    plan
}

fn due(world: &World, limit: usize, cx: &Context) -> Plan {
    let mut plan = Plan::default();
    let mut touched = BTreeSet::new();
    let mut items = 0;
    for (_, timer, case) in world.timers_due(cx.now) {
        if items == limit {
            return plan;
        }
        if touched.contains(&case) {
            continue;
        }
        let Ok(mut draft) = Draft::by_hub(world, cx, case) else {
            continue;
        };
        match timer {
            CaseTimer::Escalation => escalation::step_due(&mut draft),
            CaseTimer::Symptom => followers::outlived(&mut draft),
            CaseTimer::Quiet => flapping::quiet(&mut draft),
            CaseTimer::Acknowledgement => lapse(&mut draft),
            CaseTimer::Recheck => resolve::recheck(&mut draft),
        }
        // What is due for one case may mean something to others, which are then looked at anew.
        let own = draft.finish();
        let cases: BTreeSet<CaseId> = own.entries.iter().filter_map(|entry| entry.subject).chain([case]).collect();
        if cases.is_disjoint(&touched) {
            extend(&mut plan, own);
            items += 1;
        }
        touched.extend(cases);
    }
    if touched.is_empty() {
        silences::due(world, limit, cx, &mut plan);
    }
    if touched.is_empty() && plan.is_empty() {
        plan = runs::due(world, limit, cx);
    }
    if touched.is_empty() && plan.is_empty() {
        plan = automations::due(world, limit, cx);
    }
    if touched.is_empty() && plan.is_empty() {
        expire(world, limit, cx, &mut plan);
    }
    plan
}

/// The acknowledgement no longer holds: the escalation starts afresh.
fn lapse(draft: &mut Draft<'_>) {
    let by = match &draft.case.state {
        State::Acknowledged { by, .. } => alloc::format!("{by}"),
        _ => return,
    };
    let timeout = super::people::acknowledgement_timeout(draft);
    // A case that is quiet and about to be over wants no work: nobody is woken for that.
    if let Some(over_at) = draft.case.flapping.and_then(|flapping| flapping.over_at) {
        let lapses_at = over_at.max(draft.cx.now) + timeout;
        draft.note(Fact::AcknowledgementExtended { lapses_at }, None, None);
        return;
    }
    draft.note(Fact::AcknowledgementLapsed, Some(Why::NoSignOfWork { by, timeout }), None);
    escalation::begin(draft, Stage::Reopened);
}

/// Signals whose senders fell silent; a case whose last signal is among them resolves by itself.
fn expire(world: &World, limit: usize, cx: &Context, plan: &mut Plan) {
    let mut firing: BTreeMap<CaseId, u64> = BTreeMap::new();
    let mut leaving: BTreeMap<CaseId, Vec<SignalNumber>> = BTreeMap::new();
    let mut held = None;
    let mut over: Vec<(CaseId, SignalNumber)> = Vec::new();
    for number in world.expiring(cx.now).take(limit) {
        let Some(active) = world.signals().get(number) else {
            continue;
        };
        let change = SignalChange::Expired { number, case: active.case };
        plan.entries.push(Entry::of_signal(cx.now, Actor::Hub, change, Arc::clone(&active.signal)));
        let Some(case) = active.case.and_then(|case| world.case(case)) else {
            continue;
        };
        let left = firing.entry(case.id).or_insert(case.firing);
        *left = left.saturating_sub(1);
        if *left == 0 && case.auto_resolve && !case.state.is_resolved() {
            over.push((case.id, number));
            // Its end may mean something to other cases: what else is silent is looked at after that.
            break;
        }
        let gone = leaving.entry(case.id).or_default();
        gone.push(number);
        // The same where a silence covers all that is left of it.
        if *left > 0 && silences::holds_now(world, case.id, gone) {
            held = Some((case.id, *left));
            break;
        }
    }
    if let Some((case, left)) = held
        && let Ok(mut draft) = Draft::by_hub(world, cx, case)
    {
        draft.case.firing = left;
        silences::hold_case(&mut draft, leaving.get(&case).map_or(&[][..], Vec::as_slice));
        extend(plan, draft.finish());
    }
    for (case, last) in over {
        let Ok(mut draft) = Draft::by_hub(world, cx, case) else {
            continue;
        };
        let Some(active) = world.signals().get(last) else {
            continue;
        };
        draft.case.firing = 0;
        if draft.case.flapping.is_some() {
            flapping::pauses(&mut draft);
        } else {
            resolve::by_itself(&mut draft, cx.now, Why::Silent { timeout: world.timeout(&active.signal.source) });
        }
        extend(plan, draft.finish());
    }
}

fn extend(plan: &mut Plan, more: Plan) {
    plan.entries.extend(more.entries);
}
