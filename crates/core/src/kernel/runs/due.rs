//! What comes due in runs: people who did not agree, runners that fell silent, times that were waited for.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::work::{self, AttemptReport};
use super::{Desk, Origin, RunRequest, begin, course};
use crate::Context;
use crate::kernel::{Plan, text_body};
use crate::record::{Actor, Entry, Fact, RunCause, RunHappening, ScheduleFact, Why};
use crate::run::{AttemptEnd, Pace, Run, RunId, Settling, Work, WorkState};
use crate::runbook::{RunbookName, StepId};
use crate::time::Timestamp;
use crate::world::World;

/// What is due in runs at `cx.now`, in at most `limit` of them.
pub(in crate::kernel) fn due(world: &World, limit: usize, cx: &Context) -> Plan {
    let Some(catalog) = world.catalog() else { return Plan::default() };
    let mut desk = Desk::by_hub(world, catalog, cx);
    for run in world.runs_due(cx.now).take(limit) {
        of_run(&mut desk, run);
    }
    for (due, runbook) in world.schedules_due(cx.now).take(limit) {
        scheduled(&mut desk, runbook, due);
    }
    desk.finish(None)
}

/// Starts a run whose time came; it is left out while the one before it is under way.
fn scheduled(desk: &mut Desk<'_>, runbook: &RunbookName, due: Timestamp) {
    let because = Why::InRun { because: RunCause::TimeCame };
    // It may have come to its end at this very moment.
    let goes_on = |run: &Run| desk.run(run.id).is_some_and(|run| run.ended.is_none());
    let by_itself = |run: &Run| run.runbook == *runbook && run.by == Actor::Hub && run.parent.is_none();
    let before = desk.world.runs().find(|run| by_itself(run) && goes_on(run));
    let request = RunRequest {
        runbook: runbook.clone(),
        version: None,
        case: None,
        drill: false,
        parameters: BTreeMap::new(),
        pace: Pace::ByItself,
        undo_on_failure: false,
        dry_run: false,
    };
    let next = desk.next_run();
    let started = match before {
        Some(run) => Err(alloc::format!("{}, which began by itself as well, is still under way", run.id)),
        None => {
            let origin = Origin { why: Some(because), ..Origin::default() };
            begin(desk, &request, origin).map_err(|refusal| alloc::format!("{refusal}"))
        }
    };
    let run = started.as_ref().ok().copied().filter(|run| *run == next);
    let body = started.err().and_then(|why| text_body("text", &why));
    let fact = Fact::RunScheduled(ScheduleFact { runbook: runbook.clone(), due, run });
    desk.beside(Entry { body, ..Entry::new(desk.cx.now, Actor::Hub, fact) });
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
                let _in_force =
                    work::ended(desk, None, (id, &step, epoch), &AttemptReport::of(AttemptEnd::Unknown, words));
            }
            WorkState::Waiting { event: None, .. } => {
                course::settle(desk, id, &step, Settling::Done, RunCause::TimeCame, None);
            }
            WorkState::Waiting { event: Some(_), .. } => {
                course::settle(desk, id, &step, Settling::Failed, RunCause::DidNotHappen, None);
            }
            _ => {}
        }
    }
}
