//! Steps that wait for an event: done as soon as it happens, in the same plan.

use alloc::vec::Vec;

use super::{Desk, course, work};
use crate::Context;
use crate::automation::Memory;
use crate::kernel::Plan;
use crate::kernel::events::{Sight, Told, heard};
use crate::record::{About, RunCause};
use crate::run::{RunId, Settling, WorkState};
use crate::runbook::StepId;
use crate::world::World;

/// Adds what follows in runs whose steps waited for what a plan decides, and for what that brings about in turn.
///
/// Only what waited before the plan is looked at, so that each step goes on at most once and this has an end. Where
/// nothing waits, nothing is looked at.
pub(in crate::kernel) fn wake(world: &World, cx: &Context, plan: &mut Plan) {
    let Some(catalog) = world.catalog().filter(|_| !world.awaiting().is_empty()) else { return };
    let mut looked_at = 0;
    while looked_at < plan.entries.len() {
        let came = came(world, catalog, plan, looked_at);
        looked_at = plan.entries.len();
        if came.is_empty() {
            return;
        }
        let mut desk = Desk::by_hub(world, catalog, cx).after(&plan.entries);
        for (run, step, about) in came {
            go_on(&mut desk, run, &step, about);
        }
        plan.entries.extend(desk.finish(None).entries);
    }
}

/// The steps that waited for what happens by the entries of a plan from `first` on.
fn came(world: &World, catalog: &crate::catalog::Catalog, plan: &Plan, first: usize) -> Vec<(RunId, StepId, About)> {
    let heard = heard(world.awaiting(), plan.entries.get(first..).unwrap_or_default());
    if heard.is_empty() {
        return Vec::new();
    }
    let memory = Memory::new(world.automations());
    let sight = Sight { world, catalog, memory: &memory, plan };
    let mut came = Vec::new();
    for (kind, at) in heard {
        let told = plan.entries.get(first + at).and_then(|entry| sight.told(kind, entry));
        let Some(Told { event, about }) = told else { continue };
        let waiting = world.waiting_for_event(&event).into_iter();
        came.extend(waiting.map(|(run, step)| (run, step, about.clone())));
    }
    came
}

/// A step goes on whose event came, unless something else became of it in the same plan, or its time is over.
fn go_on(desk: &mut Desk<'_>, id: RunId, step: &StepId, about: About) {
    let Some((_, work)) = work::at_work(desk, id, step) else { return };
    match work.state {
        WorkState::Waiting { until, event: Some(_) } if desk.cx.now < until => {
            course::settle(desk, id, step, Settling::Done, RunCause::Happened { about }, None);
        }
        _ => {}
    }
}
