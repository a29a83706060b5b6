//! Cases that stand for themselves all at once are paged for one after the other.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::case::{Case, CaseId};
use crate::name::TeamName;
use crate::time::Duration;

/// How far apart a team is paged for cases that stand for themselves all at once.
const ONE_TURN: Duration = Duration::from_minutes(1);

/// How long those of `standing` wait who would be paged for and are not the worst of their team: each team is
/// paged for the worst at once, and for one more a minute. By then it may follow from what was paged for first.
pub(super) fn turns<'c>(standing: impl Iterator<Item = &'c Case>) -> BTreeMap<CaseId, Duration> {
    let is_paged =
        |case: &&Case| case.escalation.is_none() && case.silenced.is_none() && case.state.wants_acknowledgement();
    let mut waiting: Vec<&Case> = standing.filter(is_paged).collect();
    waiting.sort_by_key(|case| (case.severity, case.id));
    let mut next: BTreeMap<&TeamName, Duration> = BTreeMap::new();
    let mut turns = BTreeMap::new();
    for case in waiting {
        let turn = next.entry(&case.team).or_insert(Duration::ZERO);
        if *turn > Duration::ZERO {
            turns.insert(case.id, *turn);
        }
        *turn = *turn + ONE_TURN;
    }
    turns
}
