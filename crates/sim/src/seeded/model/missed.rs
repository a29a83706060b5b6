//! Who was missed, and what became of it: found by closure, and without the kernel's proposals' own check.

use std::collections::{BTreeMap, BTreeSet};

use wheelhouse_core::case::{CaseId, CaseKind, MessageId, MissReason, Proposal};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{CaseAction, Command, What};
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::notify::{NotTold, Purpose, Recipient};
use wheelhouse_core::record::{Actor, Entry, Fact, Why};
use wheelhouse_core::time::Timestamp;

use super::{Cause, Model, Phase, oncall, told};

/// What the model knows of who was reached, who was missed, and what actions ask for.
#[derive(Clone, Debug, Default)]
pub(super) struct Misses {
    /// Whom the notices under way tell.
    notices: BTreeMap<MessageId, Vec<Recipient>>,
    reached: BTreeMap<(CaseId, Recipient), Timestamp>,
    not_told: BTreeMap<(CaseId, Recipient), NotTold>,
    pub(super) missed: BTreeSet<(CaseId, Recipient)>,
    asked: BTreeMap<CaseId, Proposal>,
    mitigated: BTreeMap<CaseId, Timestamp>,
    resolved: BTreeMap<CaseId, Timestamp>,
    reopened: BTreeSet<CaseId>,
}

impl Model {
    /// Follows one entry, before the case itself does; says if somebody was missed who was not.
    pub(super) fn follow_misses(&mut self, entry: &Entry, now: Timestamp) -> Result<(), String> {
        if let Fact::Missed { recipient, reason, service, .. } = &entry.fact {
            let id = entry.subject.ok_or("a miss of no case")?;
            self.missed_rightly(id, recipient, reason, service.as_ref(), now)?;
            self.misses.missed.insert((id, recipient.clone()));
        }
        let misses = &mut self.misses;
        match (&entry.fact, entry.subject) {
            (Fact::MessageQueued { message, recipient, purpose, .. }, _) => {
                misses.notices.insert(*message, purpose.told(recipient).cloned().collect());
            }
            (Fact::MessageAccepted { message, .. }, _) => {
                for whom in misses.notices.remove(message).unwrap_or_default() {
                    misses.reached.entry((message.case, whom)).or_insert(now);
                }
            }
            (Fact::MessageWithdrawn { message, .. } | Fact::MessageFailed { message, retry: None, .. }, _) => {
                misses.notices.remove(message);
            }
            (Fact::NotTold { recipient, reason, .. }, Some(id)) => {
                misses.not_told.insert((id, recipient.clone()), reason.clone());
            }
            (Fact::Proposed { proposal }, Some(id)) => drop(misses.asked.insert(id, proposal.clone())),
            (Fact::Mitigated { at }, Some(id)) => drop(misses.mitigated.insert(id, *at)),
            (Fact::Resolved { at, .. }, Some(id)) => drop(misses.resolved.insert(id, *at)),
            (Fact::CaseReopened, Some(id)) => drop(misses.reopened.insert(id)),
            _ => {}
        }
        Ok(())
    }

    /// Whether they were told while it mattered, so that they were not missed.
    fn was_told(&self, id: CaseId, whom: &Recipient) -> bool {
        let misses = &self.misses;
        let Some(reached) = misses.reached.get(&(id, whom.clone())) else {
            let mut under_way = misses.notices.range(super::cases::of_case(id));
            return under_way.any(|(_, told)| told.contains(whom));
        };
        let mitigated = misses.mitigated.get(&id).copied();
        let stopped = match self.cases.get(&id).map(|case| case.phase) {
            Some(Phase::Mitigated) => mitigated,
            Some(Phase::Resolved) => {
                let before = mitigated.filter(|_| !misses.reopened.contains(&id));
                misses.resolved.get(&id).copied().into_iter().chain(before).min()
            }
            _ => None,
        };
        stopped.is_none_or(|stopped| *reached < stopped)
    }

    fn missed_rightly(
        &self,
        id: CaseId,
        whom: &Recipient,
        reason: &MissReason,
        service: Option<&ServiceName>,
        now: Timestamp,
    ) -> Result<(), String> {
        let (Some(case), Some(catalog)) = (self.cases.get(&id), &self.catalog) else {
            return Err("6: a miss of a case that is not there".into());
        };
        if self.misses.missed.contains(&(id, whom.clone())) {
            return Err(format!("6: {whom} counts as missed twice"));
        }
        if id.kind != CaseKind::Incident || *whom == Recipient::Team(case.team.clone()) {
            return Err(format!("6: {whom} cannot have been missed by {id}"));
        }
        if self.was_told(id, whom) {
            return Err(format!("6: {whom} counts as missed and was told"));
        }
        let known = told::affected(catalog, case.service.as_ref(), case.severity).remove(whom);
        let last = self.misses.not_told.get(&(id, whom.clone()));
        let reached = self.misses.reached.contains_key(&(id, whom.clone()));
        let right = match reason {
            MissReason::TooLate { .. } => reached,
            _ if reached => false,
            MissReason::NoService => case.service.is_none(),
            MissReason::NoContact => {
                last == Some(&NotTold::NoContact) && oncall::addressees(catalog, whom, now).is_empty()
            }
            MissReason::EveryContactFailed => last == Some(&NotTold::EveryContactFailed),
            MissReason::CauseIsKnown { case } => last == Some(&NotTold::CauseIsKnown { case: *case }),
            MissReason::OwnsTheService => known == Some(Some(NotTold::OwnsTheIncident)),
            MissReason::NotThen => known == Some(None),
            MissReason::NotStakeholder => known.is_none() && matches!(whom, Recipient::Audience(_)),
            MissReason::BelowThreshold { from } => known
                .map_or(matches!(whom, Recipient::Team(_)), |why| why == Some(NotTold::BelowThreshold { from: *from })),
            MissReason::NoDependency | MissReason::TooWeak => {
                let follows = case.service.as_ref().is_some_and(|root| follows(catalog, root, whom, service));
                known.is_none() && follows == (*reason == MissReason::TooWeak)
            }
        };
        if right { Ok(()) } else { Err(format!("6: {whom} was not missed by {id} because of {reason:?}")) }
    }

    /// A miss that is accepted is recorded once, with an action where the catalog must say more; and an action ends
    /// if and only if the catalog says what it asks for, or a person ends it.
    pub(super) fn misses_as_expected(
        &self,
        before: &Self,
        cause: Cause<'_>,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<(), String> {
        if let Cause::Command(Command { what: What::Case { case, action: CaseAction::Missed(said), .. }, .. }) = cause {
            let key = (*case, said.recipient.clone());
            if !self.misses.missed.contains(&key) {
                return Err(format!("6: that {} was missed is forgotten", said.recipient));
            }
            if before.misses.missed.contains(&key) && !entries.is_empty() {
                return Err(format!("6: that {} was missed is said again, and changes something", said.recipient));
            }
        }
        for entry in entries {
            self.action_follows(entry)?;
        }
        let Some(catalog) = self.catalog.as_ref().filter(|_| adopts(entries)) else { return Ok(()) };
        for (id, proposal) in &self.misses.asked {
            let open = |model: &Self| model.cases.get(id).is_some_and(|case| case.phase != Phase::Resolved);
            let (was, is) = (open(before), open(self));
            if was && is == says(catalog, proposal, now) {
                return Err(format!("6: {id} asks for {proposal:?}, which the catalog says: {}; open: {is}", !is));
            }
        }
        Ok(())
    }

    fn action_follows(&self, entry: &Entry) -> Result<(), String> {
        let Fact::Missed { recipient, reason, action, .. } = &entry.fact else { return Ok(()) };
        let mends = match reason {
            MissReason::BelowThreshold { .. } => matches!(recipient, Recipient::Audience(_)),
            MissReason::NoService
            | MissReason::NoDependency
            | MissReason::TooWeak
            | MissReason::NotStakeholder
            | MissReason::NoContact
            | MissReason::EveryContactFailed => true,
            _ => false,
        };
        let open = action.and_then(|action| {
            let asks = self.misses.asked.contains_key(&action);
            self.cases.get(&action).filter(|case| asks && case.phase != Phase::Resolved && case.drill == entry.drill)
        });
        if mends == action.is_some() && mends == open.is_some() {
            Ok(())
        } else {
            Err(format!("6: {recipient} was missed because of {reason:?}, and the action is {action:?}"))
        }
    }

    /// An action pages nobody, tells nobody affected, and its team hears of it when it is opened.
    pub(super) fn action_as_expected(&mut self, id: CaseId, own: &[&Entry]) -> Result<(), String> {
        let mut said = false;
        let mut fresh = false;
        for entry in own {
            match &entry.fact {
                Fact::MessageQueued { purpose: Purpose::Informed { .. }, .. } => said = true,
                Fact::Noted if matches!(entry.why, Some(Why::NoContact { .. })) => said = true,
                Fact::MessageQueued { purpose: Purpose::Undeliverable { .. } | Purpose::Wanted { .. }, .. } => {}
                Fact::MessageQueued { purpose, .. } => {
                    return Err(format!("2: {id} is an action, and does {purpose:?}"));
                }
                Fact::EscalationSet { next: Some(_) } | Fact::EscalationStepped { .. } => {
                    return Err(format!("2: {id} is an action, and escalates"));
                }
                Fact::CaseOpened { .. } | Fact::CaseReopened => fresh = true,
                _ => {}
            }
        }
        if fresh && !said {
            return Err(format!("6: nobody hears of {id}"));
        }
        Ok(())
    }

    /// What a person may do with an action.
    pub(super) fn must_accept_of_action(&self, case: CaseId, action: &CaseAction) -> Option<bool> {
        let over = self.cases.get(&case)?.phase == Phase::Resolved;
        match action {
            CaseAction::Acknowledge
            | CaseAction::Mitigate(_)
            | CaseAction::Update(_)
            | CaseAction::SetSeverity(_)
            | CaseAction::Page(_)
            | CaseAction::Missed(_) => Some(false),
            CaseAction::Note(_) => Some(true),
            CaseAction::Resolve { at: None, .. } => Some(!over),
            _ => None,
        }
    }
}

fn adopts(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| matches!(entry.fact, Fact::CatalogAdopted { .. }) && entry.actor == Actor::Hub)
}

/// Whether a service of the team, or the one that is meant, leans on the broken one by any chain of dependencies.
fn follows(catalog: &Catalog, root: &ServiceName, whom: &Recipient, meant: Option<&ServiceName>) -> bool {
    let mut all = BTreeSet::from([root.clone()]);
    while let Some(more) = catalog.services.values().find(|service| {
        !all.contains(&service.name) && service.depends_on.iter().any(|edge| all.contains(&edge.service))
    }) {
        all.insert(more.name.clone());
    }
    all.remove(root);
    all.iter().filter_map(|name| catalog.services.get(name)).any(|service| match meant {
        Some(meant) => service.name == *meant,
        None => *whom == Recipient::Team(service.team.clone()),
    })
}

/// Whether a catalog says what is asked for.
fn says(catalog: &Catalog, proposal: &Proposal, now: Timestamp) -> bool {
    let depends = |of: &ServiceName, on: &ServiceName| {
        catalog.services.get(of).is_some_and(|of| of.depends_on.iter().any(|edge| edge.service == *on))
    };
    match proposal {
        Proposal::Dependency { team, of, on } => {
            let theirs = catalog.services.values().filter(|service| service.team == *team);
            let meant = |name: &ServiceName| of.len() != 1 || of.contains(name);
            theirs.map(|service| &service.name).any(|name| meant(name) && depends(name, on))
        }
        Proposal::Stakeholder { of, audience, from, on } => {
            let stakes = catalog.services.get(of).map_or(&[][..], |service| &service.stakeholders);
            let told = stakes.iter().any(|stake| stake.audience == *audience && *from <= stake.from);
            told && on.as_ref().is_none_or(|on| depends(of, on))
        }
        Proposal::Contact { broken, recipient } => !broken && !oncall::addressees(catalog, recipient, now).is_empty(),
        // The signals of these stories name their service by `job` or `service`.
        Proposal::Service { name, labels, .. } => {
            let named = name.as_ref().is_some_and(|name| catalog.services.contains_key(name));
            let mut matches = catalog.services.values().flat_map(|service| &service.matches);
            named
                || matches
                    .any(|set| !set.is_empty() && set.iter().all(|(label, value)| labels.get(label) == Some(value)))
        }
    }
}
