//! Cases that come and go: recognised, said once, and kept open until they have been quiet for a while.

use super::Draft;
use super::resolve;
use crate::notify::Stage;
use crate::record::{Fact, Why};
use crate::time::Duration;

/// How often a case must fire again after its end to count as flapping.
pub(crate) const FLAPS_FROM: usize = 3;
/// Within how long, and how long it must be quiet to be over.
pub(crate) const FLAPS_WITHIN: Duration = Duration::from_hours(1);

/// Looks whether a case that has just fired again flaps; says what there is to tell.
pub(super) fn recognise(draft: &mut Draft<'_>) -> Stage {
    let now = draft.cx.now;
    let recent = draft.case.fired_again.iter().filter(|at| now.since(**at) <= FLAPS_WITHIN).count();
    if recent < FLAPS_FROM || !draft.case.auto_resolve {
        return Stage::Reopened;
    }
    let times = u32::try_from(recent).unwrap_or(u32::MAX);
    draft.note(Fact::FlappingBegun, Some(Why::ComesAndGoes { times, within: FLAPS_WITHIN }), None);
    Stage::Flapping
}

/// Its last signal ended: it is over once it has been quiet for a while.
pub(super) fn pauses(draft: &mut Draft<'_>) {
    let over_at = Some(draft.cx.now + FLAPS_WITHIN);
    draft.note(Fact::QuietSet { over_at }, None, None);
}

/// A signal joined it: if it was quiet, it is not any more.
pub(super) fn stirs(draft: &mut Draft<'_>) {
    if draft.case.flapping.is_some_and(|flapping| flapping.over_at.is_some()) {
        draft.note(Fact::QuietSet { over_at: None }, None, None);
    }
}

/// It has been quiet for long enough.
pub(super) fn quiet(draft: &mut Draft<'_>) {
    if draft.case.firing > 0 {
        stirs(draft);
        return;
    }
    resolve::by_itself(draft, draft.cx.now, Why::Quiet { for_long: FLAPS_WITHIN });
}
