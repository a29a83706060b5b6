//! What becomes of symptoms with what they follow from: their root comes and goes, and once it is over and
//! they are not, or it does not explain them any more, they follow from something else or stand for themselves.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::explained::Woken;
use super::symptoms::{can_explain, is_attended, is_over, make_as_bad, raise, take_note, uppermost};
use super::turns::turns;
use super::{Draft, Plan};
use crate::affected::Needs;
use crate::case::{Case, CaseId};
use crate::escalation;
use crate::name::ServiceName;
use crate::notify::{self, Stage};
use crate::record::{Fact, Why};
use crate::time::{Duration, Timestamp};

/// How long after its root a symptom may last before it stands for itself.
pub(crate) const OUTLIVES_ROOT_AFTER: Duration = Duration::from_minutes(5);

/// What has become of a case's symptoms through the plan about it, but for those decided on `apart`.
pub(super) fn follow(draft: &Draft<'_>, apart: &BTreeSet<CaseId>) -> Vec<Plan> {
    let (root, now) = (&draft.case, draft.cx.now);
    let is_same =
        |before: &Case| before.state == root.state && before.severity == root.severity && keeps(before) == keeps(root);
    if draft.world.case(root.id).is_none_or(is_same) {
        return Vec::new();
    }
    let explained = |case: &Case| can_explain(root, case.severity) && keeps(root);
    let symptoms: Vec<&Case> = draft.world.symptoms_of(root.id).filter(|case| !apart.contains(&case.id)).collect();
    let is_let_go = |case: &&&Case| !is_over(root) && !explained(case) && awaited(case).is_none();
    let turns = turns(symptoms.iter().filter(is_let_go).copied());
    let mut plans = Vec::new();
    for case in symptoms {
        let (release_at, why) = match (is_over(root), awaited(case)) {
            (true, None) => {
                let why = Why::RootIsOver { root: root.id, within: OUTLIVES_ROOT_AFTER };
                (Some(now + OUTLIVES_ROOT_AFTER), why)
            }
            (false, None) if !explained(case) => match turns.get(&case.id) {
                Some(turn) => (Some(now + *turn), Why::InTurn { root: root.id }),
                None => (Some(now), Why::RootTooSmall { root: root.id }),
            },
            (false, Some(_)) if explained(case) => (None, Why::RootIsBack { root: root.id }),
            (true | false, Some(_)) | (false, None) => continue,
        };
        if let Ok(mut symptom) = draft.beside(case.id) {
            symptom.note(Fact::SymptomSet { root: Some(root.id), release_at }, Some(why), None);
            plans.push(symptom.finish());
        }
    }
    plans
}

/// The root has been over for a while, or does not explain the symptom any more: it follows from what else
/// explains it, or stands for itself. Of several that would be paged for at the same instant, each team is
/// paged for the worst now, and for one more a minute: of all that outlive one root, only what the others
/// follow from is paged for in the end.
pub(super) fn outlived(draft: &mut Draft<'_>) {
    let Some(root) = draft.case.symptom.map(|symptom| symptom.root) else {
        return;
    };
    let now = draft.cx.now;
    let is_due = |case: &&Case| awaited(case).is_some_and(|at| at <= now);
    let later = turns(draft.world.symptoms_of(root).filter(is_due));
    // Once these wait, what is left is looked at again.
    for (case, turn) in &later {
        let wait = Fact::SymptomSet { root: Some(root), release_at: Some(now + *turn) };
        if *case == draft.case.id {
            draft.note(wait, Some(Why::InTurn { root }), None);
        } else if let Ok(mut symptom) = draft.beside(*case) {
            symptom.note(wait, Some(Why::InTurn { root }), None);
            draft.add(symptom.finish_alone());
        }
    }
    if !later.is_empty() {
        return;
    }
    let why = match draft.world.case(root) {
        Some(case) if !is_over(case) => Why::RootTooSmall { root },
        Some(_) | None => Why::OutlivedRoot { root, after: OUTLIVES_ROOT_AFTER },
    };
    let goes_over = next_root(draft, root).is_some_and(|next| go_over(draft, next, &why));
    if !goes_over {
        release(draft, why);
    }
}

/// Whether what follows from the case goes on to: somebody has it or is paged for it, or it follows from
/// another one itself, which is asked the same. Also while it is silenced, since whoever silences a
/// cause would else wake everybody for its consequences. Nothing new follows from it then.
fn keeps(root: &Case) -> bool {
    is_attended(root) || root.silenced.is_some() || root.symptom.is_some()
}

/// When a symptom stands for itself.
fn awaited(symptom: &Case) -> Option<Timestamp> {
    symptom.symptom.and_then(|symptom| symptom.release_at)
}

/// Makes a symptom follow from another case than before; says no where nobody has that one or can be
/// paged for it. What waited for the same root stands for itself first.
fn go_over(draft: &mut Draft<'_>, (next, path): (CaseId, Vec<ServiceName>), why: &Why) -> bool {
    let Ok(mut above) = draft.beside(next) else {
        return false;
    };
    let symptom = (draft.case.id, draft.case.severity);
    if above.case.symptom.is_some() {
        raise(&mut above, symptom);
        release(&mut above, why.clone());
    } else {
        make_as_bad(&mut above, symptom);
    }
    if !is_attended(&above.case) {
        return false;
    }
    take_note(&mut above, symptom.0);
    stand_alone(draft, why.clone());
    draft.note(Fact::SymptomSet { root: Some(next), release_at: None }, Some(Why::Symptom { root: next, path }), None);
    draft.root = Some(above.case.clone());
    let (mut woken, before) = (Woken::default(), draft.case.reached.clone());
    page_and_tell(draft);
    woken.hold(&draft.case, before);
    woken.inform(&mut above);
    draft.add(above.finish());
    true
}

/// Lets a symptom stand for itself: it is paged for where nobody has it, and those affected are told.
pub(super) fn release(draft: &mut Draft<'_>, why: Why) {
    stand_alone(draft, why);
    page_and_tell(draft);
}

/// Pages for what was a symptom, where nobody has it, and tells those affected. What was paged for as a
/// symptom, since the root of then told nobody of its team, is so no more where that of now does.
fn page_and_tell(draft: &mut Draft<'_>) {
    if draft.case.state.wants_acknowledgement() {
        match (draft.case.escalation.is_some(), escalation::follows_from(draft)) {
            (false, _) => escalation::begin(draft, Stage::GoesOn),
            (true, Some(why)) => _ = escalation::hold(draft, Stage::GoesOn, &why),
            (true, None) => {}
        }
    }
    notify::tell(draft, Stage::GoesOn);
}

fn stand_alone(draft: &mut Draft<'_>, why: Why) {
    draft.note(Fact::SymptomSet { root: None, release_at: None }, Some(why), None);
    draft.root = None;
}

/// What explains a symptom whose root is over, and the way from its service: a case that somebody has or
/// is paged for, or one that waits for the same root. Of those that need each other, the one opened
/// first stands for itself.
fn next_root(draft: &Draft<'_>, over: CaseId) -> Option<(CaseId, Vec<ServiceName>)> {
    let case = draft.world.case(draft.case.id)?;
    let needs = Needs::of(draft.catalog, case.service.as_ref()?);
    let waits = |other: &Case| other.symptom.is_some_and(|symptom| symptom.root == over);
    let explains = |other: &&Case| {
        other.id != case.id
            && other.id != over
            && !is_over(other)
            && can_explain(other, case.severity)
            && (waits(other) || (other.symptom.is_none() && is_attended(other)))
    };
    let mut found: Vec<&Case> =
        needs.services().flat_map(|service| draft.world.trouble_on(case.drill, service)).filter(explains).collect();
    let next = uppermost(draft, found.clone())?;
    found.push(case);
    if waits(next) && uppermost(draft, found).is_some_and(|first| first.id == case.id) {
        return None;
    }
    Some((next.id, needs.path_from(next.service.as_ref()?)))
}
