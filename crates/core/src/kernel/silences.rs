//! Silences: made, changed and ended; what they hold back, and what happens when they are over.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Command, Draft, Plan, Refusal, What, resolve, silence_ends};
use crate::Context;
use crate::case::{Case, CaseId, CaseSilence, State};
use crate::escalation;
use crate::notify::Stage;
use crate::record::{Actor, Body, Entry, Fact, SignalChange, Why};
use crate::signal::{Adapter, Signal, SignalNumber, Verdict, route};
use crate::silence::{BadSilence, MOST_SILENCES, Matcher, Silence, SilenceId, SilenceState, check};
use crate::time::Timestamp;
use crate::world::World;

/// What somebody wants to be silenced.
#[derive(Clone, Debug)]
pub struct SilenceRequest {
    /// The silence to change; a new one where absent. One that cannot be changed in place, because
    /// it covers something else or has started at another time, is ended and replaced.
    pub id: Option<SilenceId>,
    /// What it covers: signals that all of these fit.
    pub matchers: Vec<Matcher>,
    /// When it starts; now where that is past.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// What it is for.
    pub comment: String,
    /// What the sender says of who makes it; words only, for who it is says the token.
    pub created_by: String,
    /// Whether it is for exercise.
    pub drill: bool,
    /// When the silence to change had last changed as its editor saw it, where a newer change must not be
    /// overwritten.
    pub seen: Option<Timestamp>,
}

/// Makes a silence, or changes one.
pub(super) fn set(world: &World, command: &Command, cx: &Context, request: &SilenceRequest) -> Result<Plan, Refusal> {
    let texts = (request.comment.as_str(), request.created_by.as_str());
    check(&request.matchers, request.starts_at, request.ends_at, cx.now, texts).map_err(Refusal::BadSilence)?;
    let known = match request.id {
        Some(id) => Some(world.silences().get(id).ok_or_else(|| Refusal::NoSuchSilence(id.to_string()))?),
        None => None,
    };
    if known.is_some_and(|known| known.drill != request.drill) {
        return Err(Refusal::Invalid { field: "drill", expected: "what the silence had before".into() });
    }
    if let Some(known) = known {
        as_seen(known, request.seen)?;
    }
    let in_place = known.filter(|known| can_change(known, request, cx.now));
    if in_place.is_none() && world.silences().live() >= MOST_SILENCES {
        return Err(Refusal::BadSilence(BadSilence::TooMany(MOST_SILENCES)));
    }
    let mut plan = Plan::default();
    let replaced = known.filter(|known| in_place.is_none() && known.state != SilenceState::Expired);
    if let Some(old) = replaced {
        plan.entries.push(entry(command, cx, old.drill, Fact::SilenceEnded { silence: old.id }, None));
    }
    let id = in_place.map_or_else(|| world.next_silence(), |known| known.id);
    let starts_at = if in_place.is_some() { request.starts_at } else { request.starts_at.max(cx.now) };
    let fact = Fact::SilenceSet {
        silence: id,
        matchers: request.matchers.clone(),
        starts_at,
        ends_at: request.ends_at,
        replaces: replaced.map(|old| old.id),
    };
    let body = Body::from([
        ("comment".to_string(), request.comment.clone()),
        ("created_by".to_string(), request.created_by.clone()),
    ]);
    let set = entry(command, cx, request.drill, fact, Some(body));
    let mut after = world.clone_silences();
    for silence in replaced.map(|old| old.id).into_iter().chain([id]) {
        after.retain(|known| known.id != silence);
        silence_ends::close(world, cx, silence, Why::SilenceSettled { silence }, &mut plan);
    }
    after.extend(crate::world::silence_of(&set).filter(|made| made.state == SilenceState::Active));
    plan.entries.push(set);
    reconsider(world, cx, &after, replaced.map(|old| old.id).unwrap_or(id), &mut plan);
    plan.silence = Some(id);
    Ok(plan)
}

/// Refuses what would overwrite or end a change that its author has not seen.
fn as_seen(known: &Silence, seen: Option<Timestamp>) -> Result<(), Refusal> {
    let is_newer = seen.is_some_and(|seen| known.updated_at != seen);
    if is_newer { Err(Refusal::SilenceChanged(known.id)) } else { Ok(()) }
}

/// Whether a silence can be changed to what is asked for without becoming another one.
fn can_change(known: &Silence, request: &SilenceRequest, now: Timestamp) -> bool {
    let starts = |timestamp: Timestamp| timestamp.as_micros().div_euclid(1_000);
    known.matchers == request.matchers
        && match known.state {
            // Senders write instants to the millisecond.
            SilenceState::Active => starts(request.starts_at) == starts(known.starts_at),
            SilenceState::Pending => request.starts_at >= now,
            SilenceState::Expired => false,
        }
}

/// Ends a silence before its time.
pub(super) fn end(
    world: &World,
    command: &Command,
    cx: &Context,
    id: SilenceId,
    seen: Option<Timestamp>,
) -> Result<Plan, Refusal> {
    let known = world.silences().get(id).ok_or_else(|| Refusal::NoSuchSilence(id.to_string()))?;
    as_seen(known, seen)?;
    if known.state == SilenceState::Expired {
        return Err(Refusal::SilenceOver(id));
    }
    let ended = entry(command, cx, known.drill, Fact::SilenceEnded { silence: id }, None);
    let mut plan = Plan { entries: alloc::vec![ended], silence: Some(id), ..Plan::default() };
    end_effects(world, cx, id, Why::SilenceSettled { silence: id }, &mut plan);
    Ok(plan)
}

/// Does what is due about silences: one starts, is about to end, or ends; else lets go of at most
/// `limit` signals that one held back which is over.
pub(super) fn due(world: &World, limit: usize, cx: &Context, plan: &mut Plan) {
    let Some((_, id)) = world.silences().next_due().filter(|(at, _)| *at <= cx.now) else {
        if let Some((_, id)) = world.next_release().filter(|(at, _)| *at <= cx.now) {
            release(world, limit, cx, id, plan);
        }
        return;
    };
    let Some(silence) = world.silences().get(id) else { return };
    let by_clock = |fact| Entry { drill: silence.drill, ..Entry::new(cx.now, Actor::Hub, fact) };
    let over = |fact| Entry { why: Some(Why::TimeIsOver), ..by_clock(fact) };
    if silence.ends_at <= cx.now {
        plan.entries.push(over(Fact::SilenceEnded { silence: id }));
        end_effects(world, cx, id, Why::TimeIsOver, plan);
    } else if silence.state == SilenceState::Pending {
        plan.entries.push(by_clock(Fact::SilenceStarted { silence: id }));
        let mut after = world.clone_silences();
        after.push(Silence { state: SilenceState::Active, ..silence.clone() });
        reconsider(world, cx, &after, id, plan);
    } else {
        let signals = world.signals().held_by(id).count() as u64;
        plan.entries.push(by_clock(Fact::SilenceEndsSoon { silence: id, signals }));
        silence_ends::point_out(world, cx, silence, signals, plan);
    }
}

/// What follows when a silence is over: cases page again unless others still cover them. Held
/// signals follow by themselves, piece by piece.
fn end_effects(world: &World, cx: &Context, id: SilenceId, why: Why, plan: &mut Plan) {
    let mut after = world.clone_silences();
    after.retain(|silence| silence.id != id);
    silence_ends::close(world, cx, id, why, plan);
    reconsider(world, cx, &after, id, plan);
}

/// Lets go of signals that a silence held back which is over: another one covers them, or they open
/// or join a case now. Of those that change one case only the first goes, the others a round later.
fn release(world: &World, limit: usize, cx: &Context, id: SilenceId, plan: &mut Plan) {
    let Some(catalog) = world.catalog() else { return };
    let command = Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what: What::DoorsReady };
    let mut touched: BTreeSet<crate::signal::Group> = BTreeSet::new();
    let mut cases: BTreeSet<CaseId> = BTreeSet::new();
    let mut left = limit.max(1);
    for (number, active) in world.signals().held_by(id) {
        if left == 0 {
            return;
        }
        let by_hub = |change| Entry::of_signal(cx.now, Actor::Hub, change, Arc::clone(&active.signal));
        if let Some(other) = world.silences().covering(&active.signal).next() {
            plan.entries.push(by_hub(SignalChange::SilencedAgain { number, silence: other.id }));
            left -= 1;
            continue;
        }
        let routing = route(catalog, &active.signal);
        let Verdict::Incident { group, .. } = &routing.verdict else {
            plan.entries.push(by_hub(SignalChange::Resolved { number, case: None, ended_at: cx.now }));
            left -= 1;
            continue;
        };
        if touched.contains(group) {
            continue;
        }
        let joined = super::signals::join(world, &command, cx, &routing, &active.signal, number, active.until);
        let Ok(more) = joined else { continue };
        // A plan of one entry only counts the signal; any other changes its case.
        if more.entries.len() > 1 {
            // Two groups may touch one case that stands above both.
            let subjects: BTreeSet<CaseId> = more.entries.iter().filter_map(|entry| entry.subject).collect();
            if !cases.is_disjoint(&subjects) || (more.beginning().is_some() && !touched.is_empty()) {
                continue;
            }
            cases.extend(subjects);
            touched.insert(group.clone());
        }
        let held_until_now = more.beginning().map(|begun| Entry {
            subject: begun.subject,
            drill: begun.drill,
            why: Some(Why::SilenceEnded { silence: id }),
            ..Entry::new(cx.now, Actor::Hub, Fact::Noted)
        });
        plan.entries.extend(more.entries);
        plan.entries.extend(held_until_now);
        left -= 1;
    }
}

/// Looks at every case again whose pages a change of silences may stop or start.
fn reconsider(world: &World, cx: &Context, after: &[Silence], because: SilenceId, plan: &mut Plan) {
    // Roots first: what becomes of one may mean something to what follows from it.
    let (roots, symptoms): (Vec<&Case>, Vec<&Case>) = world.cases().partition(|case| case.symptom.is_none());
    let mut touched: BTreeSet<CaseId> = BTreeSet::new();
    for case in roots.into_iter().chain(symptoms) {
        let pages = case.state.wants_acknowledgement() && case.escalation.is_some();
        if (!pages && case.silenced.is_none()) || touched.contains(&case.id) {
            continue;
        }
        let covered = cover(world, case, after, &[]);
        if covered == case.silenced {
            continue;
        }
        let Ok(draft) = Draft::by_hub(world, cx, case.id) else { continue };
        let mut draft = draft.with_silences(after);
        match covered {
            Some(covered) => hold(&mut draft, covered),
            None => go_on(&mut draft, Why::SilenceEnded { silence: because }),
        }
        let more = draft.finish();
        touched.extend(more.entries.iter().filter_map(|entry| entry.subject));
        plan.entries.extend(more.entries);
    }
}

/// What holds back the pages of a case, given the silences that are active: something only where
/// each firing signal of it is covered, but for those `leaving`.
fn cover(world: &World, case: &Case, active: &[Silence], leaving: &[SignalNumber]) -> Option<CaseSilence> {
    let mine: Vec<&Silence> = active.iter().filter(|silence| silence.drill == case.drill).collect();
    if mine.is_empty() || case.firing == 0 {
        return None;
    }
    let mut silences = BTreeSet::new();
    let (mut until, mut counted) = (Timestamp::MAX, 0);
    for (_, member) in world.signals().of_case(case.id).filter(|(number, _)| !leaving.contains(number)) {
        let by = mine.iter().find(|silence| silence.fits(&member.signal))?;
        silences.insert(by.id);
        until = until.min(by.ends_at);
        counted += 1;
    }
    // A signal that joins right now is not among them yet, and no silence covers it.
    (counted == case.firing).then(|| CaseSilence { silences: silences.into_iter().collect(), until })
}

/// Whether a case that pages is silenced once these signals leave it.
pub(super) fn holds_now(world: &World, case: CaseId, leaving: &[SignalNumber]) -> bool {
    !world.silences().none_active()
        && world.case(case).is_some_and(|case| {
            let after = Case { firing: case.firing.saturating_sub(leaving.len() as u64), ..case.clone() };
            case.escalation.is_some()
                && matches!(case.state, State::Open)
                && cover(world, &after, &world.clone_silences(), leaving).is_some()
        })
}

/// Stops the pages of a case whose remaining signals are all silenced.
pub(super) fn hold_case(draft: &mut Draft<'_>, leaving: &[SignalNumber]) {
    if let Some(covered) = cover(draft.world, &draft.case, &draft.world.clone_silences(), leaving) {
        hold(draft, covered);
    }
}

/// Holds the pages of a case back whose firing signals are all silenced; says whether they are.
pub(crate) fn hold_if_silenced(draft: &mut Draft<'_>) -> bool {
    let silences = draft.silences();
    if let Some(covered) = cover(draft.world, &draft.case, &silences, &[]) {
        hold(draft, covered);
        return true;
    }
    if draft.case.silenced.is_some() {
        lift(draft);
    }
    false
}

/// Says that a silenced case is so no more, because a signal fires that no silence covers.
pub(super) fn lift(draft: &mut Draft<'_>) {
    draft.note(Fact::CaseUnsilenced, Some(Why::NotSilenced), None);
}

fn hold(draft: &mut Draft<'_>, covered: CaseSilence) {
    let CaseSilence { silences, until } = covered;
    let why = Why::Silenced { silences: silences.clone() };
    draft.note(Fact::CaseSilenced { silences, until }, None, None);
    resolve::withdraw_pages(draft, &why);
}

fn go_on(draft: &mut Draft<'_>, why: Why) {
    draft.note(Fact::CaseUnsilenced, Some(why), None);
    if matches!(draft.case.state, State::Open) {
        escalation::begin_unsilenced(draft, Stage::Reopened);
    }
}

fn entry(command: &Command, cx: &Context, drill: bool, fact: Fact, body: Option<Body>) -> Entry {
    let policies = command.policies.clone();
    Entry { policies, body, drill, ..Entry::new(cx.now, command.actor.clone(), fact) }
}

impl World {
    /// The silences that cover signals now.
    fn clone_silences(&self) -> Vec<Silence> {
        self.silences().active().cloned().collect()
    }
}

/// The signals that matchers fit now, in the order first seen: what a silence would cover.
pub fn fitting<'a>(
    world: &'a World,
    drill: bool,
    matchers: &'a [Matcher],
    after: SignalNumber,
) -> Box<dyn Iterator<Item = (SignalNumber, &'a crate::signal::Active)> + 'a> {
    let fits = move |signal: &Signal| {
        signal.drill == drill
            && signal.adapter != Adapter::Report
            && matchers.iter().all(|matcher| matcher.matches(&signal.labels))
    };
    match crate::silence::service_of(matchers) {
        Some(service) => Box::new(world.signals().labelled(service, after).filter(move |(_, a)| fits(&a.signal))),
        None => Box::new(world.signals().after(after).filter(move |(_, a)| fits(&a.signal))),
    }
}
