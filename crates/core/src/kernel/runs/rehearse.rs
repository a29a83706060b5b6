//! Runs that are only tried out: every step is prepared, and none is carried out but those that know of it.

use super::work::Prepared;
use super::{Desk, course};
use crate::record::{RunCause, RunHappening};
use crate::run::{Automated, RunId, Settling};
use crate::runbook::{Does, StepId};

/// Leaves a step out of which it cannot be told what it would be carried out with. Says whether that was so.
pub(super) fn cannot_be_told(desk: &mut Desk<'_>, id: RunId, step: &StepId, prepared: &Prepared) -> bool {
    let Some(untold) = prepared.untold.as_deref().filter(|_| is_tried_out(desk, id)) else { return false };
    course::settle(desk, id, step, Settling::Skipped, RunCause::CannotBeTold, Some(untold));
    true
}

/// Does what a dry run does in place of carrying a step out: it is left out, without asking for agreement and without a
/// lock. Says whether that was so; a step that does not apply is none of its business.
pub(super) fn instead(desk: &mut Desk<'_>, id: RunId, step: &StepId, how: &Automated, prepared: &Prepared) -> bool {
    if !is_tried_out(desk, id) || !prepared.applies || prepared.items == Some(0) {
        return false;
    }
    if how.dry_run || how.does == Does::Runbook {
        let from = desk.cx.now;
        desk.follow(id, RunHappening::StepReady { step: step.clone(), item: 0, from }, RunCause::DryRun);
    } else {
        course::settle(desk, id, step, Settling::Skipped, RunCause::DryRun, None);
    }
    true
}

fn is_tried_out(desk: &Desk<'_>, id: RunId) -> bool {
    desk.run(id).is_some_and(|run| run.dry_run)
}
