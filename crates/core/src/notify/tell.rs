//! Telling: exactly the people affected, once per stage, each with the paths that explain why, and
//! in one notice what follows fast.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::digest::{self, Told, Waiting};
use super::{NotTold, Recipient, Stage, Way};
use crate::affected::{self, Affected, AffectedRecipient, Excluded, Impact, Reason, affected};
use crate::case::{Case, CaseKind};
use crate::catalog::{Catalog, Target};
use crate::kernel::Draft;
use crate::name::{AudienceName, ServiceName, TeamName};
use crate::oncall::on_call_at;
use crate::record::{Fact, Why};
use crate::time::Timestamp;

/// The most further services by which one recipient is reached that a notice lists.
const MOST_WAYS: usize = 12;

/// Tells everybody affected, and whoever was told before, what the stage is about; writes down who
/// is affected and not told, and why. Nobody is affected by anything but an incident.
pub(crate) fn tell(draft: &mut Draft<'_>, stage: Stage) {
    if draft.case.id.kind != CaseKind::Incident {
        return;
    }
    let reached = reached(draft);
    let paths = paths(reached.as_ref());
    let mut notices = Notices::default();
    let mut addressed: BTreeSet<Recipient> = BTreeSet::new();
    for AffectedRecipient { recipient, reason, excluded } in reached.map(|one| one.recipients).unwrap_or_default() {
        let recipient = Recipient::from(recipient);
        let before = draft.case.told.contains(&recipient);
        if let Some(because) = excluded.filter(|_| !before).map(NotTold::from) {
            not_told(draft, stage, recipient, reason, because);
        } else if stage == Stage::Resolved && !before {
        } else if let Some(because) = elsewhere(draft, &recipient, reason.impact, before) {
            let write = if before { write_not_told } else { not_told };
            write(draft, stage, recipient, reason, because);
        } else {
            let why = (before && stage != Stage::Opened).then_some(Why::ToldBefore);
            address(draft, &mut notices, stage, &recipient, &reason, &paths, why);
            addressed.insert(recipient);
        }
    }
    let mut held = digest::waiting(draft);
    let outdated: Vec<Waiting> =
        held.values().filter(|held| !held.is_about(draft.case.service.as_ref())).cloned().collect();
    let gone: Vec<Recipient> = draft.case.told.difference(&addressed).cloned().collect();
    for recipient in gone {
        // Nobody need hear that something is not so which they have not heard of.
        let unheard =
            outdated.iter().find_map(|held| held.way_to(&recipient)).filter(|_| !has_heard(draft, &recipient));
        if let Some(Way { impact, path, .. }) = unheard.cloned() {
            let reason = Reason { impact, path, also: Vec::new() };
            write_not_told(draft, stage, recipient, reason, NotTold::NotAffected);
            continue;
        }
        let path = draft.case.service.iter().cloned().collect();
        let reason = Reason { impact: Impact::Down, path, also: Vec::new() };
        address(draft, &mut notices, stage, &recipient, &reason, &paths, Some(Why::ToldBefore));
    }
    for notice in notices.all {
        let held = held.remove(&notice.recipient);
        digest::send(draft, stage, notice, held);
    }
    for unsaid in outdated.iter().filter(|unsaid| held.contains_key(&unsaid.recipient)) {
        digest::take_back(draft, unsaid, Why::AboutSomethingElse);
    }
}

/// Whether somebody has heard of the case, or a channel may have told them by now.
fn has_heard(draft: &Draft<'_>, whom: &Recipient) -> bool {
    let now = draft.cx.now;
    let mut begun = draft.messages().filter(|message| message.attempts > 0 || message.due_at <= now);
    draft.case.telling(whom).is_some_and(|telling| telling.reached.is_some())
        || begun.any(|message| message.purpose.told(&message.recipient).any(|told| told == whom))
}

/// Whether a case pages or tells a recipient of another one that follows from it.
pub(crate) fn is_told_by(root: &Case, recipient: &Recipient) -> bool {
    root.told.contains(recipient) || matches!(recipient, Recipient::Team(team) if *team == root.team)
}

/// Takes back what a case was about to tell to those who hear of it by its root.
pub(crate) fn fold(draft: &mut Draft<'_>, root: &Case) {
    let mut written = BTreeSet::new();
    for waiting in digest::waiting(draft).into_values() {
        let (elsewhere, here): (Vec<Way>, Vec<Way>) = waiting
            .ways
            .iter()
            .cloned()
            .partition(|way| way.impact == Impact::CallerDown || is_told_by(root, way.whom(&waiting.recipient)));
        if elsewhere.is_empty() {
            continue;
        }
        digest::take_back(draft, &waiting, Why::ToldByRoot { root: root.id });
        for way in elsewhere {
            let whom = way.whom(&waiting.recipient).clone();
            let stays = here.iter().any(|way| *way.whom(&waiting.recipient) == whom);
            if !stays && written.insert(whom.clone()) {
                let told = is_told_by(root, &whom);
                let case = root.id;
                let because = if told { NotTold::ToldByRoot { case } } else { NotTold::CauseIsKnown { case } };
                let reason = Reason { impact: way.impact, path: way.path, also: Vec::new() };
                write_not_told(draft, waiting.stage, whom, reason, because);
            }
        }
        if !here.is_empty() {
            digest::again(draft, &waiting, here);
        }
    }
}

/// Why somebody reached by a symptom is not told by it: its root does.
fn elsewhere(draft: &Draft<'_>, recipient: &Recipient, impact: Impact, before: bool) -> Option<NotTold> {
    let root = draft.root()?;
    if is_told_by(root, recipient) {
        return Some(NotTold::ToldByRoot { case: root.id });
    }
    (impact == Impact::CallerDown && !before).then_some(NotTold::CauseIsKnown { case: root.id })
}

/// Whom the case reaches; nobody where its service is not known.
fn reached(draft: &Draft<'_>) -> Option<Affected> {
    let service = draft.case.service.as_ref()?;
    Some(affected(draft.catalog, service, draft.case.severity))
}

/// How each service is reached that the case takes along.
fn paths(reached: Option<&Affected>) -> BTreeMap<ServiceName, (Impact, Vec<ServiceName>)> {
    let services = reached.into_iter().flat_map(|reached| &reached.services);
    services.map(|one| (one.service.clone(), (one.impact, one.path.clone()))).collect()
}

/// Notices in the making, one for each who is written to, best explanation first.
#[derive(Default)]
struct Notices {
    all: Vec<Told>,
    places: BTreeMap<Recipient, usize>,
}

impl Notices {
    fn add(&mut self, recipient: Recipient, why: Why, way: Way) {
        let known = self.places.get(&recipient).and_then(|place| self.all.get_mut(*place));
        if let Some(notice) = known {
            notice.add(way);
            return;
        }
        self.places.insert(recipient.clone(), self.all.len());
        self.all.push(Told { recipient, why, ways: alloc::vec![way], more: 0 });
    }
}

/// Adds a recipient to the notices of those who are written to so that it is told.
fn address(
    draft: &mut Draft<'_>,
    notices: &mut Notices,
    stage: Stage,
    recipient: &Recipient,
    reason: &Reason,
    paths: &BTreeMap<ServiceName, (Impact, Vec<ServiceName>)>,
    why: Option<Why>,
) {
    let addressees = addressees(draft.catalog, recipient, draft.cx.now);
    if addressees.is_empty() {
        // Whoever heard of it before misses how it goes on, whatever the stage.
        let write = if why.is_some() { write_not_told } else { not_told };
        write(draft, stage, recipient.clone(), reason.clone(), NotTold::NoContact);
        return;
    }
    for addressee in addressees {
        let on_behalf_of = (addressee != *recipient).then(|| recipient.clone());
        let (impact, path) = (reason.impact, reason.path.clone());
        let why = why.clone().unwrap_or_else(|| Why::Affected {
            impact,
            path: path.clone(),
            on_behalf_of: on_behalf_of.clone(),
        });
        notices.add(addressee.clone(), why.clone(), Way { impact, path, on_behalf_of: on_behalf_of.clone() });
        for service in &reason.also {
            let called = || reason.path.iter().take(1).chain([service]).cloned().collect();
            let (impact, path) = match (reason.impact, paths.get(service)) {
                (Impact::CallerDown, _) => (Impact::CallerDown, called()),
                (_, Some(known)) => known.clone(),
                (_, None) => (Impact::Down, alloc::vec![service.clone()]),
            };
            let way = Way { impact, path, on_behalf_of: on_behalf_of.clone() };
            notices.add(addressee.clone(), why.clone(), way);
        }
    }
}

impl Told {
    /// Adds a way, unless it says nothing new; only so many are listed of one recipient.
    fn add(&mut self, way: Way) {
        if self.ways.contains(&way) {
            return;
        }
        let is_known = self.ways.iter().any(|known| known.on_behalf_of == way.on_behalf_of);
        if is_known && self.ways.len() > MOST_WAYS { self.more += 1 } else { self.ways.push(way) }
    }
}

/// Writes down who is not told; only where the stage is news to them.
fn not_told(draft: &mut Draft<'_>, stage: Stage, recipient: Recipient, reason: Reason, because: NotTold) {
    if !matches!(stage, Stage::Update | Stage::Resolved) {
        write_not_told(draft, stage, recipient, reason, because);
    }
}

fn write_not_told(draft: &mut Draft<'_>, stage: Stage, recipient: Recipient, reason: Reason, because: NotTold) {
    let fact = Fact::NotTold { recipient, stage, reason: because, impact: reason.impact, path: reason.path };
    draft.note(fact, None, None);
}

/// Who is written to so that `recipient` is told: itself where it has contacts, and the people who
/// stand for it.
pub(crate) fn addressees(catalog: &Catalog, recipient: &Recipient, now: Timestamp) -> Vec<Recipient> {
    let has_contacts = |recipient: &Recipient| !recipient.contacts(catalog).is_empty();
    let mut all: Vec<Recipient> = has_contacts(recipient).then(|| recipient.clone()).into_iter().collect();
    match recipient {
        Recipient::Person(_) => {}
        Recipient::Audience(name) => all.extend(members_of(catalog, name).filter(has_contacts)),
        Recipient::Team(name) if all.is_empty() => all.extend(instead_of_team(catalog, name, now)),
        Recipient::Team(_) => {}
    }
    all
}

fn members_of<'a>(catalog: &'a Catalog, audience: &AudienceName) -> impl Iterator<Item = Recipient> + use<'a> {
    let people = catalog.audiences.get(audience).map_or(&[][..], |audience| &audience.people);
    people.iter().cloned().map(Recipient::Person)
}

/// For a team without a contact of its own: whoever is on call for it, else all of its members.
fn instead_of_team(catalog: &Catalog, team: &TeamName, now: Timestamp) -> Vec<Recipient> {
    let Some(team) = catalog.teams.get(team) else {
        return Vec::new();
    };
    let has_contacts = |recipient: &Recipient| !recipient.contacts(catalog).is_empty();
    let escalation = team.escalation.as_ref().and_then(|name| catalog.escalations.get(name));
    let targets = escalation.into_iter().flat_map(|escalation| &escalation.steps).flat_map(|step| &step.page);
    let on_call = targets
        .filter_map(|target| match target {
            Target::Schedule(name) => on_call_at(catalog.schedules.get(name)?, now),
            Target::Person(_) | Target::Team(_) => None,
        })
        .map(|shift| Recipient::Person(shift.person))
        .find(has_contacts);
    match on_call {
        Some(person) => alloc::vec![person],
        None => team.members.iter().cloned().map(Recipient::Person).filter(has_contacts).collect(),
    }
}

impl From<affected::Recipient> for Recipient {
    fn from(recipient: affected::Recipient) -> Self {
        match recipient {
            affected::Recipient::Team(name) => Self::Team(name),
            affected::Recipient::Audience(name) => Self::Audience(name),
        }
    }
}

impl From<Excluded> for NotTold {
    fn from(excluded: Excluded) -> Self {
        match excluded {
            Excluded::OwnsTheIncident => Self::OwnsTheIncident,
            Excluded::BelowThreshold { from } => Self::BelowThreshold { from },
        }
    }
}
