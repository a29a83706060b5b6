//! Cases that stand for themselves all at once are paged for one after the other.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::case::{Case, CaseId};
use crate::name::TeamName;
use crate::time::Duration;

/// How far apart a team is paged for cases that stand for themselves all at once.
const ONE_TURN: Duration = Duration::from_minutes(1);

/// How long those wait that a root does not explain any more, so that each team is paged for one of them at a
/// time: the worst at once, and one more a minute. By then it may follow from what was paged for first.
pub(super) fn turns<'c>(released: impl Iterator<Item = &'c Case>) -> BTreeMap<CaseId, Duration> {
    let is_paged = |case: &&Case| {
        let is_held = case.escalation.is_none() && case.silenced.is_none();
        is_held && case.state.wants_acknowledgement() && case.symptom.is_some_and(|one| one.release_at.is_none())
    };
    let mut waiting: Vec<&Case> = released.filter(is_paged).collect();
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
