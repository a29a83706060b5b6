//! What people do to cases.

use super::{
    CaseAction, Command, Draft, Plan, Refusal, action as actions, attachments, followers, missed, resolve,
    signals::LONGEST_TEXT, symptoms, text_body,
};
use crate::Context;
use crate::case::{Case, CaseId, Link, Relation, Severity, State};
use crate::catalog::{Target, nearest};
use crate::escalation;
use crate::name::PersonName;
use crate::notify::{self, Stage};
use crate::record::{Actor, Fact, KeyEventSet, Why};
use crate::time::{Duration, Timestamp};
use crate::world::World;

/// The most key events a case holds.
const MOST_KEY_EVENTS: usize = 200;
/// The most links a case holds.
pub(super) const MOST_LINKS: usize = 200;

/// Does something to a case on a person's behalf.
pub(super) fn act(
    world: &World,
    command: &Command,
    cx: &Context,
    case: CaseId,
    revision: Option<u64>,
    action: &CaseAction,
) -> Result<Plan, Refusal> {
    let mut draft = Draft::for_command(world, cx, case, command)?;
    let now = draft.case.revision;
    if let Some(seen) = revision.filter(|seen| *seen != now) {
        return Err(Refusal::Changed { case, seen, now });
    }
    match action {
        CaseAction::Acknowledge => acknowledge(&mut draft)?,
        CaseAction::Note(text) => draft.act(Fact::Noted, None, text_body("text", checked_text(text)?)),
        CaseAction::Attach(attachment) => attachments::attach(&mut draft, attachment)?,
        CaseAction::SetSeverity(severity) => set_severity(&mut draft, *severity)?,
        CaseAction::Assign(owner) => {
            known_person(&draft, owner.as_ref())?;
            assign(&mut draft, owner.clone());
        }
        CaseAction::AssignTeam(team, service) => {
            known(&draft, &Target::Team(team.clone()))?;
            if let Some(name) = service.as_ref().filter(|name| !draft.catalog.services.contains_key(*name)) {
                return Err(not_in_catalog(
                    "service",
                    name.as_str(),
                    draft.catalog.services.keys().map(|k| k.as_str()),
                ));
            }
            assign_team(&mut draft, Fact::TeamSet { team: team.clone(), service: service.clone() });
        }
        CaseAction::SetRole(role, person) => {
            known_person(&draft, person.as_ref())?;
            draft.act(Fact::RoleSet { role: *role, person: person.clone() }, None, None);
        }
        CaseAction::Page(target) => page(&mut draft, target)?,
        CaseAction::Update(text) => {
            actions::refuse(&draft, "told of to anybody")?;
            draft.act(Fact::Updated, None, text_body("text", checked_text(text)?));
            notify::tell(&mut draft, Stage::Update);
        }
        CaseAction::Mitigate(at) => {
            actions::refuse(&draft, "mitigated")?;
            not_resolved(&draft)?;
            let at = checked_instant(&draft, *at)?;
            draft.act(Fact::Mitigated { at }, None, None);
            resolve::withdraw_pages(&mut draft, &Why::HarmStopped);
        }
        CaseAction::Resolve { at, text } => {
            not_resolved(&draft)?;
            let at = checked_instant(&draft, *at)?;
            let text = text.as_deref().map(checked_text).transpose()?;
            resolve::by_person(&mut draft, at, text);
        }
        CaseAction::Reopen(text) => reopen(&mut draft, text.as_deref())?,
        CaseAction::Link(link) => add_link(&mut draft, link)?,
        CaseAction::Unlink(link) => remove_link(&mut draft, link)?,
        CaseAction::KeyEvent { entry, about, key } => key_event(&mut draft, *entry, *about, *key)?,
        CaseAction::Missed(said) => {
            let text = said.text.as_deref().map(checked_text).transpose()?;
            return missed::record(draft, said, text);
        }
    }
    sign_of_work(&mut draft, action);
    Ok(draft.finish())
}

fn acknowledge(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    actions::refuse(draft, "acknowledged")?;
    not_resolved(draft)?;
    let lapses_at = draft.cx.now + acknowledgement_timeout(draft);
    draft.act(Fact::Acknowledged { lapses_at }, None, None);
    if let (None, Actor::Person(person)) = (&draft.case.owner, draft.actor().clone()) {
        draft.act(Fact::OwnerSet { owner: Some(person) }, None, None);
    }
    resolve::withdraw_pages(draft, &Why::SomebodyAcknowledged);
    Ok(())
}

fn set_severity(draft: &mut Draft<'_>, to: Severity) -> Result<(), Refusal> {
    actions::refuse(draft, "given a severity")?;
    not_resolved(draft)?;
    let from = draft.case.severity;
    if from == to {
        return Err(Refusal::Invalid {
            field: "severity",
            expected: alloc::format!("another severity than {to}, which it has"),
        });
    }
    draft.act(Fact::SeverityChanged { from, to }, None, None);
    symptoms::severity_changed(draft);
    Ok(())
}

/// Gives the case an owner. One that is laid down while somebody works on it wants a taker again.
fn assign(draft: &mut Draft<'_>, owner: Option<PersonName>) {
    let laid_down = owner.is_none() && draft.case.owner.is_some();
    draft.act(Fact::OwnerSet { owner }, None, None);
    if laid_down && matches!(draft.case.state, State::Acknowledged { .. }) {
        draft.note(Fact::AcknowledgementLapsed, Some(Why::LaidDown), None);
        escalation::begin(draft, Stage::Reopened);
    }
}

/// Another team takes over: it is paged afresh, also where somebody of another team had taken the case,
/// and whoever is affected by a service that has become known is told.
fn assign_team(draft: &mut Draft<'_>, fact: Fact) {
    let (team, before) = (draft.case.team.clone(), draft.case.service.clone());
    draft.act(fact, None, None);
    if draft.case.state.is_resolved() {
        return;
    }
    if draft.case.team != team {
        let_go(draft);
    }
    if matches!(draft.case.state, State::Open) {
        resolve::withdraw_pages(draft, &Why::HandedOver);
        escalation::begin(draft, Stage::Opened);
    }
    if draft.case.service != before {
        notify::tell(draft, Stage::Opened);
    }
}

/// Ends that somebody has a case which another team handles now, unless that person is of that team: what
/// one team has taken, the other has not.
fn let_go(draft: &mut Draft<'_>) {
    let holder = match (&draft.case.owner, &draft.case.state) {
        (_, State::Mitigated { .. } | State::Resolved { .. }) => return,
        (Some(owner), _) => Some(owner),
        (None, State::Acknowledged { by: Actor::Person(person), .. }) => Some(person),
        (None, _) => None,
    };
    let team = draft.catalog.teams.get(&draft.case.team);
    if holder.is_some_and(|person| team.is_some_and(|team| team.members.contains(person))) {
        return;
    }
    if draft.case.owner.is_some() {
        draft.note(Fact::OwnerSet { owner: None }, Some(Why::HandedOver), None);
    }
    if matches!(draft.case.state, State::Acknowledged { .. }) {
        draft.note(Fact::AcknowledgementLapsed, Some(Why::HandedOver), None);
    }
}

fn page(draft: &mut Draft<'_>, target: &Target) -> Result<(), Refusal> {
    actions::refuse(draft, "paged for")?;
    known(draft, target)?;
    if escalation::page_asked(draft, target).is_empty() {
        return Err(Refusal::Invalid { field: "target", expected: "somebody who is on call now".into() });
    }
    Ok(())
}

fn reopen(draft: &mut Draft<'_>, text: Option<&str>) -> Result<(), Refusal> {
    if !draft.case.state.is_resolved() {
        return Err(Refusal::NotResolved(draft.case.id));
    }
    if draft.case.retired {
        let expected = "a case of no drill that is over; hold the drill again instead".into();
        return Err(Refusal::Invalid { field: "case", expected });
    }
    if draft.case.erased.is_some() {
        let expected = "a case whose texts were not erased; report the trouble anew and link it to this one".into();
        return Err(Refusal::Invalid { field: "case", expected });
    }
    let other = draft.world.case_of_group(draft.case.drill, &draft.case.group);
    // One that is to be looked at again still fires: it would be opened beside this one.
    let is_open = |other: &&Case| !other.state.is_resolved() || other.recheck_at.is_some();
    if let Some(open) = other.filter(|other| other.id != draft.case.id).filter(is_open) {
        return Err(Refusal::AnotherIsOpen { case: draft.case.id, open: open.id });
    }
    let body = text.map(checked_text).transpose()?.and_then(|text| text_body("text", text));
    draft.act(Fact::CaseReopened, None, body);
    escalation::begin(draft, Stage::Reopened);
    notify::tell(draft, Stage::Reopened);
    Ok(())
}

fn add_link(draft: &mut Draft<'_>, link: &Link) -> Result<(), Refusal> {
    let invalid = |expected: &str| Err(Refusal::Invalid { field: "link", expected: expected.into() });
    match (&link.case, &link.url) {
        (Some(case), None) if *case == draft.case.id => {
            return invalid("another case than this one");
        }
        (Some(case), None) if draft.world.case(*case).is_none() => {
            let expected =
                alloc::format!("a case that there is, and there is no {case}; `wheelhouse case list` names them");
            return Err(Refusal::Invalid { field: "link", expected });
        }
        (Some(_), None) => {}
        (None, Some(url)) if url.len() <= 2_000 && (url.starts_with("https://") || url.starts_with("http://")) => {}
        _ => {
            return invalid("a case such as INC-17, or an http or https address of at most 2,000 bytes");
        }
    }
    if draft.case.links.contains(link) {
        return invalid("something that is not linked already");
    }
    if draft.case.links.len() >= MOST_LINKS {
        return Err(Refusal::Full { case: draft.case.id, what: "links", most: MOST_LINKS });
    }
    draft.act(Fact::Linked { link: link.clone() }, None, None);
    Ok(())
}

fn remove_link(draft: &mut Draft<'_>, link: &Link) -> Result<(), Refusal> {
    if !draft.case.links.contains(link) {
        let expected = "something that is linked; `wheelhouse case show` lists it".into();
        return Err(Refusal::Invalid { field: "link", expected });
    }
    let is_symptom = |case: &crate::case::Case| case.symptom.is_some_and(|symptom| symptom.root == draft.case.id);
    if link.relation == Relation::Causes
        && let Some(symptom) = link.case.and_then(|case| draft.world.case(case)).filter(|case| is_symptom(case))
    {
        let expected = alloc::format!("a link of this case's own: take the link `caused by` away from {}", symptom.id);
        return Err(Refusal::Invalid { field: "link", expected });
    }
    draft.act(Fact::Unlinked { link: link.clone() }, None, None);
    let root = draft.case.symptom.map(|symptom| symptom.root);
    if link.relation == Relation::CausedBy && root.is_some() && link.case == root {
        followers::release(draft, Why::Unlinked);
    }
    Ok(())
}

/// Calls an entry of the case a key event, or takes that back.
fn key_event(draft: &mut Draft<'_>, entry: u64, about: Option<CaseId>, key: bool) -> Result<(), Refusal> {
    let invalid = |expected: &str| Err(Refusal::Invalid { field: "entry", expected: expected.into() });
    if about != Some(draft.case.id) {
        return invalid("the index of an entry on the timeline of this case");
    }
    match (draft.case.key_events.contains(&entry), key) {
        (true, true) => return invalid("an entry that is no key event yet"),
        (false, false) => return invalid("an entry that is a key event"),
        (false, true) if draft.case.key_events.len() >= MOST_KEY_EVENTS => {
            return Err(Refusal::Full { case: draft.case.id, what: "key events", most: MOST_KEY_EVENTS });
        }
        _ => {}
    }
    draft.act(Fact::KeyEventSet(KeyEventSet { entry, key }), None, None);
    Ok(())
}

/// Whatever a person does on an acknowledged case keeps the acknowledgement alive.
fn sign_of_work(draft: &mut Draft<'_>, action: &CaseAction) {
    if !matches!(action, CaseAction::Acknowledge) {
        keep_acknowledged(draft);
    }
}

/// A sign of work: an acknowledgement holds from here anew.
pub(super) fn keep_acknowledged(draft: &mut Draft<'_>) {
    if draft.case.acknowledgement_lapses_at.is_some() {
        let lapses_at = draft.cx.now + acknowledgement_timeout(draft);
        draft.act(Fact::AcknowledgementExtended { lapses_at }, None, None);
    }
}

/// How long an acknowledgement of the case holds without a sign of work.
pub(super) fn acknowledgement_timeout(draft: &Draft<'_>) -> Duration {
    let service = draft.case.service.as_ref().and_then(|name| draft.catalog.services.get(name));
    let team = draft.catalog.teams.get(&draft.case.team);
    let name = service.and_then(|s| s.escalation.as_ref()).or_else(|| team?.escalation.as_ref());
    let escalation = name.and_then(|name| draft.catalog.escalations.get(name));
    escalation
        .map_or(draft.catalog.organization.acknowledgement_timeout, |escalation| escalation.acknowledgement_timeout)
}

fn not_resolved(draft: &Draft<'_>) -> Result<(), Refusal> {
    match &draft.case.state {
        State::Resolved { by, at } => Err(Refusal::AlreadyResolved { case: draft.case.id, by: by.clone(), at: *at }),
        _ => Ok(()),
    }
}

pub(super) fn checked_text(text: &str) -> Result<&str, Refusal> {
    let fits = !text.trim().is_empty() && text.len() <= LONGEST_TEXT;
    let expected = || alloc::format!("a text of 1 to {LONGEST_TEXT} bytes");
    if fits { Ok(text) } else { Err(Refusal::Invalid { field: "text", expected: expected() }) }
}

/// An instant that a person gives: not before the trouble began, not in the future.
fn checked_instant(draft: &Draft<'_>, at: Option<Timestamp>) -> Result<Timestamp, Refusal> {
    let now = draft.cx.now;
    let earliest = draft.case.instants.detected.as_ref().map_or(Timestamp::EPOCH, |instant| instant.at);
    match at {
        None => Ok(now),
        Some(at) if at >= earliest && at <= now => Ok(at),
        Some(_) => {
            Err(Refusal::Invalid { field: "at", expected: alloc::format!("an instant from {earliest} to {now}") })
        }
    }
}

fn known_person(draft: &Draft<'_>, person: Option<&PersonName>) -> Result<(), Refusal> {
    person.map_or(Ok(()), |person| known(draft, &Target::Person(person.clone())))
}

fn known(draft: &Draft<'_>, target: &Target) -> Result<(), Refusal> {
    let catalog = draft.catalog;
    match target {
        Target::Person(name) if !catalog.people.contains_key(name) => {
            Err(not_in_catalog("person", name.as_str(), catalog.people.keys().map(|k| k.as_str())))
        }
        Target::Team(name) if !catalog.teams.contains_key(name) => {
            Err(not_in_catalog("team", name.as_str(), catalog.teams.keys().map(|k| k.as_str())))
        }
        Target::Schedule(name) if !catalog.schedules.contains_key(name) => {
            Err(not_in_catalog("schedule", name.as_str(), catalog.schedules.keys().map(|k| k.as_str())))
        }
        _ => Ok(()),
    }
}

/// The refusal of a name that the catalog lacks, with the nearest one it has.
pub(super) fn not_in_catalog<'n>(kind: &'static str, name: &str, names: impl Iterator<Item = &'n str>) -> Refusal {
    let nearest = nearest(name, names);
    Refusal::NotInCatalog { kind, name: name.into(), nearest: nearest.map(Into::into) }
}
