//! What comes due in runs: people who did not agree, runners that fell silent, times that were waited for.

use alloc::vec::Vec;

use super::work::{self, AttemptReport};
use super::{Desk, course};
use crate::Context;
use crate::kernel::Plan;
use crate::record::{RunCause, RunHappening};
use crate::run::{AttemptEnd, RunId, Settling, Work, WorkState};
use crate::runbook::StepId;
use crate::world::World;

/// What is due in runs at `cx.now`, in at most `limit` of them.
pub(in crate::kernel) fn due(world: &World, limit: usize, cx: &Context) -> Plan {
    let Some(catalog) = world.catalog() else { return Plan::default() };
    let mut desk = Desk::by_hub(world, catalog, cx);
    for run in world.runs_due(cx.now).take(limit) {
        of_run(&mut desk, run);
    }
    desk.finish(None)
}

fn of_run(desk: &mut Desk<'_>, id: RunId) {
    let now = desk.cx.now;
    let is_due = |work: &Work| work.due_at().is_some_and(|at| at <= now);
    let Some(run) = desk.run(id) else { return };
    let steps = run.steps.iter().filter_map(|step| Some((step.planned.id.clone(), step.work.clone()?)));
    let due: Vec<(StepId, Work)> = steps.filter(|(_, work)| is_due(work)).collect();
    for (step, known) in due {
        // What became of an earlier one may have ended this one as well.
        if work::at_work(desk, id, &step).is_none_or(|(_, work)| !is_due(&work)) {
            continue;
        }
        match known.state {
            WorkState::Asking { .. } => {
                desk.follow(id, RunHappening::WorkDropped { step: step.clone() }, RunCause::NobodyAgreed);
                course::halt(desk, id, RunCause::NobodyAgreed);
                course::proceed(desk, id);
            }
            WorkState::Leased { epoch, runner, .. } => {
                let words = alloc::format!("nothing was heard of runner {runner} until the end of its time");
                let _in_force = work::ended(desk, id, &step, epoch, &AttemptReport::of(AttemptEnd::Unknown, words));
            }
            WorkState::Waiting { .. } => course::settle(desk, id, &step, Settling::Done, RunCause::TimeCame, None),
            _ => {}
        }
    }
}
