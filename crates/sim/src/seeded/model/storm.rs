//! What one notice says, what is held back, and cases that come and go: the plainest account of it.

use wheelhouse_core::affected::Impact;
use wheelhouse_core::case::{CaseId, MessageId};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::notify::{NotTold, Purpose, Recipient, Stage};
use wheelhouse_core::record::{Actor, Entry, Fact, SignalChange};
use wheelhouse_core::signal::Group;
use wheelhouse_core::time::{Duration, Timestamp};

use super::told::Owed;
use super::{MCase, MMessage, Model, Notice, Phase, oncall};

/// What a message tells, if it tells.
pub(super) fn notice(recipient: &Recipient, purpose: &Purpose) -> Option<Notice> {
    let Purpose::Told { stage, impact, path, on_behalf_of, digest } = purpose else { return None };
    let whom = |group: &Option<Recipient>| group.clone().unwrap_or_else(|| recipient.clone());
    let mut all = vec![(whom(on_behalf_of), *impact == Impact::CallerDown)];
    all.extend(digest.ways.iter().map(|way| (whom(&way.on_behalf_of), way.impact == Impact::CallerDown)));
    let stages = digest.stages.iter().copied().chain([*stage]).collect();
    Some(Notice { stages, whom: all, about: path.first().cloned() })
}

/// Whether a case pages or tells somebody, so that what follows from it need not.
pub(super) fn tells(root: &MCase, recipient: &Recipient) -> bool {
    root.told.contains(recipient) || *recipient == Recipient::Team(root.team.clone())
}

impl Model {
    /// Whether nobody is paged for a symptom: its team knows by the root, or can be told.
    pub(super) fn is_held(&self, case: &MCase, now: Timestamp) -> bool {
        let Some(root) = case.root.and_then(|(root, _)| self.cases.get(&root)) else { return false };
        let team = Recipient::Team(case.team.clone());
        let Some(catalog) = &self.catalog else { return false };
        let default = Recipient::Team(catalog.organization.default_team.clone());
        let reachable = |team: &Recipient| !oncall::addressees(catalog, team, now).is_empty();
        tells(root, &team) || reachable(&team) || reachable(&default)
    }

    /// A symptom that is held back has no next step, and its team knows.
    pub(super) fn held_back(&self, id: CaseId, case: &MCase, own: &[&Entry]) -> Result<(), String> {
        let stepped = own.iter().any(|entry| matches!(entry.fact, Fact::EscalationStepped { .. }));
        if stepped || case.pending.is_some() {
            return Err(format!("symptom: {id} follows from {:?} and is escalated", case.root));
        }
        let mut pages = self.messages.range(super::cases::of_case(id));
        if let Some((page, _)) = pages.find(|(_, row)| row.is_page && row.under_way && !row.asked) {
            return Err(format!("symptom: {page} is still under way though {id} follows from {:?}", case.root));
        }
        let root = case.root.and_then(|(root, _)| self.cases.get(&root));
        let told = root.is_some_and(|root| tells(root, &Recipient::Team(case.team.clone())));
        let informed = own
            .iter()
            .any(|entry| matches!(&entry.fact, Fact::MessageQueued { purpose: Purpose::Informed { .. }, .. }));
        if told == informed {
            return Err(format!("symptom: the team of {id} is told by the root: {told}, and informed: {informed}"));
        }
        Ok(())
    }

    /// Whether a case that nobody is paged for waits for its root: that one is somebody's, or its end is awaited,
    /// or it waits for another one itself, which is asked the same and is none that it was asked for.
    pub(super) fn waits_for_root(&self, case: &MCase) -> bool {
        let mut roots = std::collections::BTreeSet::new();
        let mut next = case.root;
        while let Some((root, release_at)) = next {
            let Some(above) = self.cases.get(&root).filter(|_| roots.insert(root)) else { return release_at.is_some() };
            if release_at.is_some() || super::symptoms::attracts(above) {
                return true;
            }
            next = above.root;
        }
        false
    }

    /// Notices that are held back are taken in by those that follow, or by the root; what is told now waits.
    #[expect(clippy::too_many_arguments, reason = "what happened, and to what")]
    pub(super) fn settled(
        &self,
        before: &Self,
        id: CaseId,
        own: &[&Entry],
        now: Timestamp,
        stage: Option<Stage>,
        root: Option<(CaseId, &MCase)>,
        owed: &mut Owed,
    ) -> Result<(), String> {
        let withdrawn = |message: MessageId| {
            own.iter().any(|entry| matches!(entry.fact, Fact::MessageWithdrawn { message: one, .. } if one == message))
        };
        let rows = before.messages.range(super::cases::of_case(id));
        let held = rows.filter(|(_, row)| row.under_way && !row.attempted && row.held_until > now);
        let service = self.cases.get(&id).and_then(|case| case.service.clone());
        let is_new_root = root.map(|root| root.0) != before.cases.get(&id).and_then(|was| Some(was.root?.0));
        for (message, row) in held {
            let Some(notice) = &row.notice else { continue };
            let again = owed.messages.iter().any(|(addressee, _)| *addressee == row.recipient);
            let root = root.filter(|_| is_new_root && stage.is_none());
            let folded =
                |(whom, caller): &&(Recipient, bool)| root.is_some_and(|(_, root)| *caller || tells(root, whom));
            let mut is_folded = notice.whom.iter().filter(folded).peekable();
            // Those told of what the case was about before are told anew.
            let outdated = stage.is_some() && notice.about != service;
            let must = again || outdated || is_folded.peek().is_some();
            if must != withdrawn(*message) {
                return Err(format!("6: {message} is held back; it must be taken back is {must}"));
            }
            if again {
                let stays = notice.whom.iter().filter(|_| !outdated);
                owed.messages.extend(stays.map(|(whom, _)| (row.recipient.clone(), whom.clone())));
                self.digested(message.case, row, own)?;
            } else if let Some((case, root)) = root.filter(|_| must) {
                let stays: Vec<_> = notice.whom.iter().filter(|way| !folded(way)).collect();
                owed.messages.extend(stays.iter().map(|(whom, _)| (row.recipient.clone(), whom.clone())));
                for (whom, _) in is_folded {
                    let because =
                        if tells(root, whom) { NotTold::ToldByRoot { case } } else { NotTold::CauseIsKnown { case } };
                    let known = owed.not_told.keys().any(|(recipient, _)| recipient == whom);
                    if !known && !stays.iter().any(|(other, _)| other == whom) {
                        owed.not_told.insert((whom.clone(), because), 1);
                    }
                }
            }
        }
        self.waits(before, own, now)
    }

    /// Who has heard nothing of a case yet, and was to hear what is not so any more: that another service is broken.
    pub(super) fn unheard(&self, id: CaseId, is: &MCase, now: Timestamp) -> std::collections::BTreeSet<Recipient> {
        let rows = self.messages.range(super::cases::of_case(id)).filter(|(_, row)| row.under_way);
        let notices = rows.filter_map(|(_, row)| Some((row, row.notice.as_ref()?)));
        let (held, begun): (Vec<_>, Vec<_>) = notices.partition(|(row, _)| !row.attempted && row.held_until > now);
        let tells = |notice: &Notice, whom: &Recipient| notice.whom.iter().any(|(one, _)| one == whom);
        let outdated = held.iter().filter(|(_, notice)| notice.about != is.service);
        let whom = outdated.flat_map(|(_, notice)| &notice.whom).map(|(whom, _)| whom);
        let unheard =
            whom.filter(|whom| !is.reached.contains(whom) && !begun.iter().any(|(_, notice)| tells(notice, whom)));
        unheard.cloned().collect()
    }

    /// What was held back goes out with what takes it in, and not later.
    fn digested(&self, case: CaseId, held: &MMessage, own: &[&Entry]) -> Result<(), String> {
        let heirs = own.iter().filter_map(|entry| match &entry.fact {
            Fact::MessageQueued { message, recipient, .. } if *recipient == held.recipient => {
                self.messages.get(message).filter(|row| row.notice.is_some())
            }
            _ => None,
        });
        let stages = held.notice.iter().flat_map(|notice| &notice.stages);
        for heir in heirs {
            let says = |stage: &&Stage| heir.notice.iter().any(|notice| notice.stages.contains(stage));
            if heir.held_until != held.held_until || !stages.clone().all(|stage| says(&stage)) {
                return Err(format!("6: {case} tells {} later or less than was held back", held.recipient));
            }
        }
        Ok(())
    }

    /// A notice waits for as long as the organisation says; nothing else waits.
    fn waits(&self, before: &Self, own: &[&Entry], now: Timestamp) -> Result<(), String> {
        let settle = self.catalog.as_ref().map_or(Duration::ZERO, |catalog| catalog.organization.notices_settle);
        for entry in own {
            let Fact::MessageQueued { message, recipient, purpose, .. } = &entry.fact else { continue };
            let Some(row) = self.messages.get(message) else { continue };
            let rows = before.messages.range(super::cases::of_case(message.case));
            let mut held = rows.filter(|(_, row)| row.under_way && !row.attempted && row.held_until > now);
            let expected = match purpose {
                Purpose::Told { .. } => held
                    .find(|(_, row)| row.notice.is_some() && row.recipient == *recipient)
                    .map_or(now + settle, |(_, row)| row.held_until),
                Purpose::Informed { stage: Stage::Joined } => row.held_until.max(now + settle),
                // Whoever is not on call is asked when half of the time is over.
                Purpose::Wanted { until: Some(until), .. } => row.held_until.clamp(now, (*until).max(now)),
                _ => now,
            };
            if row.held_until != expected {
                return Err(format!("4: {message} waits until {} and should until {expected}", row.held_until));
            }
        }
        Ok(())
    }

    /// Nobody has two notices of one case that are held back.
    pub(super) fn one_notice_each(&self, now: Timestamp) -> Result<(), String> {
        let mut seen = std::collections::BTreeSet::new();
        let held = |row: &MMessage| row.under_way && !row.attempted && row.held_until > now;
        for (id, row) in self.messages.iter().filter(|(_, row)| held(row) && row.notice.is_some()) {
            if !seen.insert((id.case, &row.recipient)) {
                return Err(format!("6: {} is told twice at once: {id}", row.recipient));
            }
        }
        Ok(())
    }

    /// A case flaps from the third time on that it fires again within an hour.
    pub(super) fn flapping_as_expected(&self, before: &Self, entries: &[Entry], now: Timestamp) -> Result<(), String> {
        for entry in entries {
            let Some((id, is)) = entry.subject.and_then(|id| Some((id, self.cases.get(&id)?))) else { continue };
            if !matches!(entry.fact, Fact::CaseReopened) {
                continue;
            }
            let again = is.fired_again.iter().filter(|at| now.since(**at) <= Duration::from_hours(1)).count();
            let by_signal = is.fired_again.len() > before.cases.get(&id).map_or(0, |was| was.fired_again.len());
            let should = by_signal && again >= 3 && is.auto;
            if should != is.flaps.is_some() {
                return Err(format!("flapping: {id} fired again {again} times: it flaps is {should}"));
            }
        }
        Ok(())
    }

    /// A case that goes to another team is not taken any more, unless who has it is of that team.
    pub(super) fn handed_over_as_expected(&self, before: &Self, entries: &[Entry]) -> Result<(), String> {
        for entry in entries {
            let (Fact::TeamSet { team, .. }, Actor::Person(_), Some(id)) = (&entry.fact, &entry.actor, entry.subject)
            else {
                continue;
            };
            let (Some(was), Some(is), Some(catalog)) = (before.cases.get(&id), self.cases.get(&id), &self.catalog)
            else {
                continue;
            };
            let of_team =
                |person: &PersonName| catalog.teams.get(team).is_some_and(|team| team.members.contains(person));
            let stays = was.team == *team || was.owner.as_ref().is_some_and(of_team);
            let expected = match was.phase {
                Phase::Acknowledged if !stays => (Phase::Open, None),
                Phase::Open if !stays => (Phase::Open, None),
                phase => (phase, was.owner.clone()),
            };
            if (is.phase, is.owner.clone()) != expected {
                return Err(format!("2: {id} goes to {team}: {expected:?} expected, {:?} of {:?}", is.phase, is.owner));
            }
        }
        Ok(())
    }

    /// Whoever has taken a catch-all hears that something joined it.
    pub(super) fn newcomers_as_expected(&self, before: &Self, entries: &[Entry]) -> Result<(), String> {
        for entry in entries {
            let Fact::Signal(SignalChange::Joined { case: id, .. }) = &entry.fact else { continue };
            let Some(was) = before.cases.get(id) else { continue };
            let taken = matches!(was.phase, Phase::Acknowledged | Phase::Mitigated);
            let mut rows = self.messages.range(super::cases::of_case(*id));
            if taken
                && matches!(was.group, Group::Unmatched { .. })
                && !rows.any(|(_, row)| row.joined && row.under_way)
            {
                return Err(format!("6: something joined {id}, which is taken, and nobody hears of it"));
            }
        }
        Ok(())
    }
}
