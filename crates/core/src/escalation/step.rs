//! Steps: what happens when one comes due, and which is next.

use alloc::vec::Vec;

use super::people::resolve_target;
use crate::affected::Needs;
use crate::case::{CaseKind, EscalationProgress, Moment};
use crate::catalog::{Catalog, Escalation, Target};
use crate::kernel::{Draft, hold_if_silenced, inform_of_action};
use crate::name::{EscalationName, PersonName};
use crate::notify::{self, Message, Purpose, Recipient, Stage};
use crate::record::{Fact, FallbackCause, Why};
use crate::time::{Duration, Timestamp};

/// The pause after the last step of a round, at least.
const ROUND_PAUSE: Duration = Duration::from_minutes(5);
/// Lateness up to this much is not worth a word.
const ON_TIME: Duration = Duration::from_seconds(1);

/// Starts to page for a case that was opened, reopened or has lapsed; a case that is not severe
/// enough for its escalation sends its team a notice instead. Actions and findings page nobody, nor
/// does a symptom whose root is attended to.
pub(crate) fn begin(draft: &mut Draft<'_>, stage: Stage) {
    if !hold_if_silenced(draft) {
        begin_unsilenced(draft, stage);
    }
}

/// Starts to page for a case that no silence holds back, as [`begin`] does.
pub(crate) fn begin_unsilenced(draft: &mut Draft<'_>, stage: Stage) {
    if matches!(draft.case.id.kind, CaseKind::Action | CaseKind::Finding | CaseKind::Request) {
        inform_of_action(draft, stage);
        return;
    }
    if let Some(why) = follows_from(draft)
        && hold(draft, stage, &why)
    {
        return;
    }
    let now = draft.cx.now;
    match escalation_of(draft) {
        Some(escalation) if !draft.case.severity.reaches(escalation.from) => {
            if draft.case.escalation.is_some() {
                let why = Why::NotPaged { from: escalation.from };
                draft.follow(Fact::EscalationSet { next: None }, why);
            }
            inform_team(draft, stage);
        }
        Some(escalation) => {
            let after = escalation.steps.first().map_or(Duration::ZERO, |step| step.after);
            let next = EscalationProgress {
                escalation: Some(escalation.name.clone()),
                step: 0,
                round: 0,
                due_at: now + after,
                parked: false,
            };
            draft.case.escalation = Some(next);
            run_due(draft);
        }
        None => {
            draft.case.escalation = Some(fallback_progress(draft, 0, Duration::ZERO));
            run_due(draft);
        }
    }
}

/// Pages nobody for a symptom: its root is attended to. Where the root does not tell the symptom's own
/// team, that team is told at once; says no where nobody could be.
pub(crate) fn hold(draft: &mut Draft<'_>, stage: Stage, why: &Why) -> bool {
    let team = Recipient::Team(draft.case.team.clone());
    let is_told = draft.root().is_some_and(|root| notify::is_told_by(root, &team));
    let informed = if is_told { Vec::new() } else { owners(draft) };
    if !is_told && informed.is_empty() {
        return false;
    }
    // Also where only a person has paged somebody: the root tells them, and none after it does.
    if draft.case.escalation.is_some() || !draft.case.reached.is_empty() {
        draft.follow(Fact::EscalationSet { next: None }, why.clone());
    }
    withdraw_pages(draft, why, |message| !matches!(message.why, Some(Why::Asked { .. })));
    for addressee in informed {
        draft.queue(addressee, Purpose::Informed { stage }, why.clone());
    }
    true
}

/// Withdraws those of the case's pages that no channel has accepted yet and that are not `wanted` any more.
pub(crate) fn withdraw_pages(draft: &mut Draft<'_>, why: &Why, unwanted: impl Fn(&Message) -> bool) {
    let pages: Vec<_> = draft
        .messages()
        .filter(|message| matches!(message.purpose, Purpose::Page) && unwanted(message))
        .map(|message| (message.id, message.recipient.clone()))
        .collect();
    for (message, recipient) in pages {
        draft.follow(Fact::MessageWithdrawn { message, recipient }, why.clone());
    }
}

/// Who is written to so that whoever owns the case knows: its team, else the default team.
fn owners(draft: &Draft<'_>) -> Vec<Recipient> {
    let (catalog, now) = (draft.catalog, draft.cx.now);
    let teams = [&draft.case.team, &catalog.organization.default_team];
    let addressees = teams.map(|team| notify::addressees(catalog, &Recipient::Team(team.clone()), now));
    addressees.into_iter().find(|addressees| !addressees.is_empty()).unwrap_or_default()
}

/// Why nobody is paged for a symptom.
pub(crate) fn follows_from(draft: &Draft<'_>) -> Option<Why> {
    let root = draft.root()?;
    let needs = Needs::of(draft.catalog, draft.case.service.as_ref()?);
    Some(Why::Symptom { root: root.id, path: needs.path_from(root.service.as_ref()?) })
}

/// Starts to page where a case has become severe enough for it.
pub(crate) fn severity_changed(draft: &mut Draft<'_>) {
    if draft.case.state.wants_acknowledgement() && draft.case.escalation.is_none() {
        begin(draft, Stage::SeverityChanged);
    }
}

/// Carries out the step that has come due, and any that follow at once.
pub(crate) fn step_due(draft: &mut Draft<'_>) {
    run_due(draft);
}

/// Tells the owning team about a case that its escalation does not page; where that team cannot be
/// reached the default team, and where neither can the organisation's fallback is paged.
pub(crate) fn inform_team(draft: &mut Draft<'_>, stage: Stage) {
    if matches!(draft.case.id.kind, CaseKind::Action | CaseKind::Finding | CaseKind::Request) {
        return;
    }
    let Some(escalation) = escalation_of(draft) else {
        return;
    };
    if draft.case.severity.reaches(escalation.from) {
        return;
    }
    let from = escalation.from;
    let informed = owners(draft);
    if informed.is_empty() && stage != Stage::Resolved {
        page_fallback(draft, FallbackCause::NobodyReached);
    }
    for addressee in informed {
        draft.queue(addressee, Purpose::Informed { stage }, Why::NotPaged { from });
    }
}

/// Pages whoever a person asked for.
pub(crate) fn page_asked(draft: &mut Draft<'_>, target: &Target) -> Vec<PersonName> {
    let people = resolve_target(draft.catalog, target, draft.cx.now);
    for person in &people {
        draft.queue(Recipient::Person(person.clone()), Purpose::Page, Why::Asked { target: target.clone() });
    }
    people
}

/// Pages the organisation's fallback; everybody of the default team where that reaches nobody.
pub(crate) fn page_fallback(draft: &mut Draft<'_>, because: FallbackCause) -> Vec<PersonName> {
    let (target, people) = fallback_people(draft.catalog, draft.cx.now);
    let why = Why::Fallback { because, target, unacknowledged_for: unacknowledged_for(draft) };
    for person in &people {
        draft.queue(Recipient::Person(person.clone()), Purpose::Page, why.clone());
    }
    people
}

/// Whom the organisation's fallback means at `now`, by which target: its own, else the default team.
pub(crate) fn fallback_people(catalog: &Catalog, now: Timestamp) -> (Target, Vec<PersonName>) {
    let named = &catalog.organization.fallback;
    let people = resolve_target(catalog, named, now);
    if !people.is_empty() {
        return (named.clone(), people);
    }
    let team = Target::Team(catalog.organization.default_team.clone());
    let people = resolve_target(catalog, &team, now);
    (team, people)
}

/// Carries out steps until the next one lies ahead, and writes down which that is.
fn run_due(draft: &mut Draft<'_>) {
    while let Some(progress) = draft.case.escalation.clone().filter(|progress| progress.due_at <= draft.cx.now) {
        let found = progress.escalation.as_ref().and_then(|name| draft.catalog.escalations.get(name));
        let (people, next) = match found {
            Some(escalation) => (page_step(draft, escalation, &progress), after_step(draft, escalation, &progress)),
            None => (
                page_organization(draft),
                fallback_progress(draft, progress.step + 1, draft.catalog.organization.fallback_every),
            ),
        };
        let reached_nobody = people.is_empty() && progress.escalation.is_some();
        draft.note(Fact::EscalationStepped { step: progress, people }, None, None);
        draft.case.escalation = Some(match (reached_nobody, next) {
            (true, next) => EscalationProgress { due_at: draft.cx.now, ..next },
            (false, next) => next,
        });
    }
    let next = draft.case.escalation.clone();
    draft.note(Fact::EscalationSet { next }, None, None);
}

fn page_step(draft: &mut Draft<'_>, escalation: &Escalation, progress: &EscalationProgress) -> Vec<PersonName> {
    let now = draft.cx.now;
    let index = usize::try_from(progress.step).unwrap_or(usize::MAX);
    let Some(step) = escalation.steps.get(index) else {
        return Vec::new();
    };
    let mut paged: Vec<PersonName> = Vec::new();
    for target in &step.page {
        let people = resolve_target(draft.catalog, target, now);
        if let (true, Target::Schedule(schedule)) = (people.is_empty(), target) {
            draft.note(Fact::Noted, Some(Why::NobodyOnCall { schedule: schedule.clone() }), None);
        }
        for person in people {
            if paged.contains(&person) {
                continue;
            }
            let late_by = now.since(progress.due_at);
            let why = Why::Step {
                escalation: escalation.name.clone(),
                step: progress.step + 1,
                of: u32::try_from(escalation.steps.len()).unwrap_or(u32::MAX),
                round: progress.round + 1,
                unacknowledged_for: unacknowledged_for(draft),
                late_by: (late_by > ON_TIME).then_some(late_by),
                target: Some(target.clone()),
            };
            draft.queue(Recipient::Person(person.clone()), Purpose::Page, why);
            paged.push(person);
        }
    }
    paged
}

fn page_organization(draft: &mut Draft<'_>) -> Vec<PersonName> {
    let because = if escalation_of(draft).is_some() { FallbackCause::Exhausted } else { FallbackCause::NoEscalation };
    page_fallback(draft, because)
}

/// The step after one that was carried out now: the next of the round, the first of the next
/// round, or the organisation's fallback. There is always one.
fn after_step(draft: &Draft<'_>, escalation: &Escalation, progress: &EscalationProgress) -> EscalationProgress {
    let now = draft.cx.now;
    let next = progress.step.saturating_add(1);
    if let Some(step) = usize::try_from(next).ok().and_then(|index| escalation.steps.get(index)) {
        return EscalationProgress { step: next, due_at: now + step.after, ..progress.clone() };
    }
    let pause = escalation.steps.last().map_or(ROUND_PAUSE, |step| step.after.max(ROUND_PAUSE));
    if progress.round < escalation.repeat {
        return EscalationProgress { step: 0, round: progress.round + 1, due_at: now + pause, ..progress.clone() };
    }
    fallback_progress(draft, 0, pause)
}

fn fallback_progress(draft: &Draft<'_>, step: u32, after: Duration) -> EscalationProgress {
    EscalationProgress { escalation: None, step, round: 0, due_at: draft.cx.now + after, parked: false }
}

/// The escalation that covers the case, by name; absent where only the organisation's fallback is left.
pub(crate) fn name_of(draft: &Draft<'_>) -> Option<EscalationName> {
    escalation_of(draft).map(|escalation| escalation.name.clone())
}

fn escalation_of<'a>(draft: &Draft<'a>) -> Option<&'a Escalation> {
    let catalog = draft.catalog;
    let service = draft.case.service.as_ref().and_then(|name| catalog.services.get(name));
    let own = service.and_then(|service| service.escalation.as_ref());
    let name = own.or_else(|| catalog.teams.get(&draft.case.team)?.escalation.as_ref())?;
    catalog.escalations.get(name)
}

/// How long the case has gone without acknowledgement in its present opening.
fn unacknowledged_for(draft: &Draft<'_>) -> Duration {
    let opened = draft.case.instants.get(Moment::Opened).map(|instant| instant.at);
    let since = draft.case.open_since.or(opened).unwrap_or(draft.cx.now);
    draft.cx.now.since(since)
}
