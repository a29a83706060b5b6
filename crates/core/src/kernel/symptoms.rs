//! Roots and symptoms: a case whose service depends hard on one that is in trouble already is no
//! trouble of its own. Nobody is paged for it while its root is attended to, and whoever the root
//! told is not told again; once the root is over and it is not, it stands for itself.

use alloc::vec::Vec;

use super::Draft;
use super::explained::Woken;
use super::followers::{OUTLIVES_ROOT_AFTER, release};
use crate::affected::{Needs, needed_by};
use crate::case::{Case, CaseId, CaseKind, Link, Relation, Severity, SeveritySetBy, State};
use crate::escalation;
use crate::name::ServiceName;
use crate::notify::{self, Stage};
use crate::record::{Fact, Why};
use crate::time::Duration;

/// How long after a case the one that explains it may open and still take it in.
pub(crate) const ROOT_FOLLOWS_WITHIN: Duration = Duration::from_minutes(5);
/// An incident this bad explains worse ones on what depends on it: the tier alone makes those worse.
pub(crate) const EXPLAINS_ANYTHING: Severity = Severity::Sev2;
/// The most symptoms that a root lists among its links; each symptom names its root beyond that.
pub(crate) const MOST_LISTED: usize = 200;

/// Pages and tells for a case that was just opened or reopened by a signal, as root or as symptom.
pub(super) fn start(draft: &mut Draft<'_>, stage: Stage) {
    place(draft);
    let earlier = earlier(draft);
    escalation::begin(draft, stage);
    notify::tell(draft, stage);
    take_in(draft, earlier);
}

/// Makes a case that was just opened or reopened a symptom of the case that explains it, if there is
/// one; where one that is too small might have to do with it, the two are linked.
fn place(draft: &mut Draft<'_>) {
    let Some((root, path, explains)) = above(draft) else {
        return;
    };
    if !explains {
        let link = Link { relation: Relation::Related, case: Some(root), url: None };
        if !draft.case.links.contains(&link) {
            draft.note(Fact::Linked { link }, Some(Why::PerhapsSymptom { other: root, path }), None);
        }
        return;
    }
    let Ok(mut above) = draft.beside(root) else {
        return;
    };
    let symptom = (draft.case.id, draft.case.severity);
    take_note(&mut above, symptom.0);
    make_as_bad(&mut above, symptom);
    let release_at = is_over(&above.case).then_some(draft.cx.now + OUTLIVES_ROOT_AFTER);
    draft.note(Fact::SymptomSet { root: Some(root), release_at }, Some(Why::Symptom { root, path }), None);
    draft.root = Some(above.case.clone());
    draft.add(above.finish());
}

/// The cases that a case just opened explains, though they were opened a little earlier. It becomes as
/// severe as the worst of them, so this comes before anybody is paged or told for it.
fn earlier(draft: &mut Draft<'_>) -> Vec<CaseId> {
    let (world, catalog, drill) = (draft.world, draft.catalog, draft.case.drill);
    let Some(service) = draft.case.service.clone().filter(|_| world.is_other_trouble(draft.case.id, drill)) else {
        return Vec::new();
    };
    let top = draft.root.as_ref().unwrap_or(&draft.case);
    let (own, top_id) = (draft.case.id, top.id);
    let is_recent = |case: &Case| {
        let since = case.open_since.or_else(|| Some(case.instants.opened.as_ref()?.at));
        since.is_some_and(|since| draft.cx.now.since(since) <= ROOT_FOLLOWS_WITHIN)
    };
    // Only the case of this plan can still be made as bad as what follows from it.
    let own_root = draft.root.is_none();
    let may_explain = |case: &Case| {
        can_explain(top, case.severity)
            && (own_root || top.severity.reaches(case.severity))
            && !world.follows(top, case.id)
    };
    let of_others = |case: &Case| case.symptom.is_none_or(|symptom| symptom.root != top_id);
    let mut found: Vec<&Case> = needed_by(catalog, &service)
        .into_iter()
        .flat_map(|service| world.trouble_on(drill, service))
        .filter(|case| case.id != own && case.id != top_id && of_others(case))
        .filter(|case| is_recent(case) && may_explain(case))
        .collect();
    // Whatever follows from one of them follows from this one, and from the one above it.
    let followers: Vec<&Case> = found
        .iter()
        .map(|case| case.id)
        .chain(draft.root.is_some().then_some(own))
        .flat_map(|id| world.symptoms_of(id))
        .filter(|case| case.id != own && case.id != top_id && may_explain(case))
        .collect();
    found.extend(followers);
    found.sort_by_key(|case| case.id);
    found.dedup_by_key(|case| case.id);
    if let (None, Some(worst)) = (&draft.root, found.iter().min_by_key(|case| (case.severity, case.id))) {
        let worst = (worst.id, worst.severity);
        raise(draft, worst);
    }
    found.into_iter().map(|case| case.id).collect()
}

/// Takes in what was opened earlier, once those whom this case pages and tells are known.
fn take_in(draft: &mut Draft<'_>, earlier: Vec<CaseId>) {
    let top = draft.root.clone().unwrap_or_else(|| draft.case.clone());
    if earlier.is_empty() || !is_attended(&top) {
        return;
    }
    let mut woken = Woken::default();
    for id in earlier {
        let (Ok(mut symptom), Some(cause)) = (draft.beside(id), top.service.as_ref()) else {
            continue;
        };
        let path = symptom.case.service.as_ref().map(|service| Needs::of(draft.catalog, service).path_from(cause));
        let why = Why::Symptom { root: top.id, path: path.unwrap_or_default() };
        let release_at = is_over(&top).then_some(draft.cx.now + OUTLIVES_ROOT_AFTER);
        symptom.note(Fact::SymptomSet { root: Some(top.id), release_at }, Some(why.clone()), None);
        symptom.root = Some(top.clone());
        let before = symptom.case.reached.clone();
        if symptom.case.state.wants_acknowledgement() {
            escalation::hold(&mut symptom, Stage::Opened, &why);
            woken.hold(&symptom.case, before);
        }
        notify::fold(&mut symptom, &top);
        draft.add(symptom.finish());
        if top.id == draft.case.id {
            take_note(draft, id);
        }
    }
    if top.id == draft.case.id {
        woken.inform(draft);
    } else if let Ok(mut above) = draft.beside(top.id) {
        above.case = top;
        woken.inform(&mut above);
        draft.add(above.finish_alone());
    }
}

/// Pages and tells for a case whose severity has changed. One that has become too bad for its root stands for
/// itself from now on, and that is what is told of it, whatever made it worse: those affected have heard of the
/// root, perhaps that it is over, and not of a severity that could change.
pub(super) fn severity_changed(draft: &mut Draft<'_>) {
    if let Some(root) = outgrown(draft) {
        release(draft, Why::RootTooSmall { root });
        return;
    }
    escalation::severity_changed(draft);
    notify::tell(draft, Stage::SeverityChanged);
}

/// The root that does not explain a case any more which has become worse; one that still does becomes as bad.
fn outgrown(draft: &mut Draft<'_>) -> Option<CaseId> {
    let root = draft.root().filter(|root| root.severity > draft.case.severity).map(|root| root.id)?;
    let mut above = draft.beside(root).ok()?;
    if !can_explain(&above.case, draft.case.severity) {
        return Some(root);
    }
    make_as_bad(&mut above, (draft.case.id, draft.case.severity));
    draft.root = Some(above.case.clone());
    draft.add(above.finish());
    None
}

/// The case above one that was just opened, the way from its service, and whether it explains it.
fn above(draft: &Draft<'_>) -> Option<(CaseId, Vec<ServiceName>, bool)> {
    let (world, case) = (draft.world, &draft.case);
    let service = case.service.as_ref().filter(|_| world.is_other_trouble(case.id, case.drill))?;
    let needs = Needs::of(draft.catalog, service);
    let all: Vec<&Case> = needs
        .services()
        .flat_map(|service| world.trouble_on(case.drill, service))
        .filter(|other| other.id != case.id && !world.follows(other, case.id))
        .collect();
    let explaining: Vec<&Case> =
        all.iter().copied().filter(|other| can_explain(other, case.severity) && is_attended(other)).collect();
    let explains = !explaining.is_empty();
    let root = uppermost(draft, if explains { explaining } else { all })?;
    Some((root.id, needs.path_from(root.service.as_ref()?), explains))
}

/// The case from which the others follow: of those that need nothing else among them, or need each
/// other, the one opened first.
pub(super) fn uppermost<'w>(draft: &Draft<'w>, mut cases: Vec<&'w Case>) -> Option<&'w Case> {
    let ids: Vec<CaseId> = cases.iter().map(|case| case.id).collect();
    cases.retain(|case| case.symptom.is_none_or(|symptom| !ids.contains(&symptom.root)));
    if cases.len() > 1 {
        let needs: Vec<(&Case, Needs<'_>)> =
            cases.iter().filter_map(|case| Some((*case, Needs::of(draft.catalog, case.service.as_ref()?)))).collect();
        let follows = |(case, needed): &(&Case, Needs<'_>)| {
            needs.iter().any(|(other, needed_by_other)| match (&other.service, &case.service) {
                (Some(other), Some(own)) => needed.contains(other) && !needed_by_other.contains(own),
                _ => false,
            })
        };
        let tops: Vec<CaseId> = needs.iter().filter(|one| !follows(one)).map(|(case, _)| case.id).collect();
        cases.retain(|case| tops.contains(&case.id));
    }
    cases.into_iter().min_by_key(|case| case.id)
}

/// Whether trouble as bad as `severity` may follow from `root`: it is as bad itself, or so bad that
/// only a tier makes the difference and it may be made as bad.
pub(super) fn can_explain(root: &Case, severity: Severity) -> bool {
    let may_be_raised = root.severity_set_by == SeveritySetBy::Signals;
    let is_bad_enough = root.severity.reaches(severity) || (root.severity.reaches(EXPLAINS_ANYTHING) && may_be_raised);
    root.id.kind == CaseKind::Incident && !root.state.is_resolved() && is_bad_enough
}

/// Whether somebody has the case, or is paged for it.
pub(super) fn is_attended(case: &Case) -> bool {
    case.escalation.is_some() || matches!(case.state, State::Acknowledged { .. } | State::Mitigated { .. })
}

/// Whether nothing should follow from the case any more.
pub(super) const fn is_over(case: &Case) -> bool {
    matches!(case.state, State::Mitigated { .. } | State::Resolved { .. })
}

/// Makes a root as bad as what follows from it, and tells so.
pub(super) fn make_as_bad(root: &mut Draft<'_>, symptom: (CaseId, Severity)) {
    if raise(root, symptom) {
        severity_changed(root);
    }
}

pub(super) fn raise(root: &mut Draft<'_>, (symptom, severity): (CaseId, Severity)) -> bool {
    let (from, to) = (root.case.severity, severity);
    let raises = to < from && root.case.severity_set_by == SeveritySetBy::Signals;
    if raises {
        root.note(Fact::SeverityChanged { from, to }, Some(Why::WorseSymptom { symptom, severity }), None);
    }
    raises
}

/// Lists a symptom among the links of its root.
pub(super) fn take_note(root: &mut Draft<'_>, symptom: CaseId) {
    let link = Link { relation: Relation::Causes, case: Some(symptom), url: None };
    if root.case.links.len() < MOST_LISTED && !root.case.links.contains(&link) {
        root.note(Fact::Linked { link }, Some(Why::Root { symptom }), None);
    }
}
