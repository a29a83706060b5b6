//! How a case follows from the entries about it. No rule is evaluated here.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::{Case, CaseId, Instants, Moment, SeveritySetBy, State};
use crate::notify::Purpose;
use crate::record::{Actor, Entry, Fact, Tally};
use crate::time::Timestamp;

impl Case {
    /// The case that an opening entry makes; nothing if the entry opens none.
    pub fn opened(id: CaseId, entry: &Entry) -> Option<Self> {
        let Fact::CaseOpened { severity, service, team, group, rule, detected_at, auto_resolve, reported } =
            &entry.fact
        else {
            return None;
        };
        let mut instants = Instants::default();
        instants.first(Moment::Detected, *detected_at, &entry.actor);
        instants.first(Moment::Opened, entry.at, &entry.actor);
        let involved = match &entry.actor {
            Actor::Person(person) if *reported => BTreeSet::from([person.clone()]),
            _ => BTreeSet::new(),
        };
        Some(Self {
            id,
            drill: entry.drill,
            title: text(entry, "title").unwrap_or_default(),
            state: State::Open,
            severity: *severity,
            severity_set_by: SeveritySetBy::Signals,
            service: service.clone(),
            team: team.clone(),
            group: group.clone(),
            rule: rule.clone(),
            auto_resolve: *auto_resolve,
            owner: None,
            roles: BTreeMap::new(),
            instants,
            firing: 0,
            members: 0,
            reopened: 0,
            escalation: None,
            acknowledgement_lapses_at: None,
            recheck_at: None,
            open_since: Some(entry.at),
            resolved_entry_at: None,
            involved,
            told: BTreeSet::new(),
            links: Vec::new(),
            messages: 0,
            last_update: None,
            revision: 1,
        })
    }

    /// Follows one entry about the case.
    pub fn apply(&mut self, entry: &Entry) {
        self.revision += u64::from(is_an_edit(&entry.fact));
        let actor = &entry.actor;
        if let Actor::Person(person) = actor {
            self.involved.insert(person.clone());
        }
        match &entry.fact {
            Fact::CaseReopened
            | Fact::Acknowledged { .. }
            | Fact::AcknowledgementLapsed
            | Fact::AcknowledgementExtended { .. }
            | Fact::Mitigated { .. }
            | Fact::Resolved { .. }
            | Fact::Rechecked => self.follow_lifecycle(entry),
            Fact::EscalationSet { .. }
            | Fact::EscalationStepped { .. }
            | Fact::EscalationParked
            | Fact::MessageQueued { .. } => self.follow_escalation(&entry.fact),
            Fact::SeverityChanged { to, .. } => {
                self.severity = *to;
                if matches!(actor, Actor::Person(_) | Actor::Bootstrap) {
                    self.severity_set_by = SeveritySetBy::Person;
                }
            }
            Fact::OwnerSet { owner } => self.owner.clone_from(owner),
            Fact::TeamSet { team, service } => {
                self.team = team.clone();
                if service.is_some() {
                    self.service.clone_from(service);
                }
            }
            Fact::RoleSet { role, person: Some(person) } => {
                self.roles.insert(*role, person.clone());
                self.involved.insert(person.clone());
            }
            Fact::RoleSet { role, person: None } => {
                self.roles.remove(role);
            }
            Fact::Updated => self.last_update = text(entry, "text"),
            Fact::Linked { link } => self.links.push(link.clone()),
            Fact::DoorsReady
            | Fact::CatalogAdopted { .. }
            | Fact::Signal(_)
            | Fact::Signals { .. }
            | Fact::CaseOpened { .. }
            | Fact::MessageAccepted { .. }
            | Fact::MessageFailed { .. }
            | Fact::MessageWithdrawn { .. }
            | Fact::NotTold { .. }
            | Fact::Noted
            | Fact::TokenCreated { .. }
            | Fact::TokenRevoked { .. }
            | Fact::Quarantined { .. } => {}
        }
    }

    /// Follows what opens, holds and ends a case.
    fn follow_lifecycle(&mut self, entry: &Entry) {
        let actor = &entry.actor;
        match &entry.fact {
            Fact::CaseReopened => self.reopen(entry.at),
            Fact::Acknowledged { lapses_at } => {
                self.transition(|state| state.acknowledge(actor.clone(), entry.at));
                self.instants.first(Moment::Acknowledged, entry.at, actor);
                self.stand_down();
                if matches!(self.state, State::Acknowledged { .. }) {
                    self.acknowledgement_lapses_at = Some(*lapses_at);
                }
            }
            Fact::AcknowledgementLapsed => {
                self.transition(State::lapse);
                self.open_since = Some(entry.at);
                self.acknowledgement_lapses_at = None;
            }
            Fact::AcknowledgementExtended { lapses_at } => self.acknowledgement_lapses_at = Some(*lapses_at),
            Fact::Mitigated { at } => {
                self.transition(|state| state.mitigate(actor.clone(), *at));
                self.instants.set(Moment::Mitigated, *at, actor, entry.at);
                self.stand_down();
            }
            Fact::Resolved { at, recheck_at } => {
                self.transition(|state| state.resolve(actor.clone(), *at));
                self.instants.set(Moment::Resolved, *at, actor, entry.at);
                self.stand_down();
                self.resolved_entry_at = Some(entry.at);
                self.recheck_at = *recheck_at;
            }
            Fact::Rechecked => self.recheck_at = None,
            _ => {}
        }
    }

    /// Follows who is paged and told.
    fn follow_escalation(&mut self, fact: &Fact) {
        match fact {
            Fact::EscalationSet { next } => self.escalation.clone_from(next),
            Fact::EscalationStepped { people, .. } => self.involved.extend(people.iter().cloned()),
            Fact::EscalationParked => {
                if let Some(progress) = &mut self.escalation {
                    progress.parked = true;
                }
                self.acknowledgement_lapses_at = None;
                self.recheck_at = None;
            }
            Fact::MessageQueued { message, recipient, purpose } => {
                self.messages = self.messages.max(message.number);
                if let Purpose::Told { on_behalf_of, .. } = purpose {
                    self.told.insert(on_behalf_of.as_ref().unwrap_or(recipient).clone());
                }
            }
            _ => {}
        }
    }

    /// Counts signals that joined, ended or fell silent.
    pub(crate) fn tally(&mut self, tally: &Tally) {
        self.members += tally.joined;
        self.firing = (self.firing + tally.joined).saturating_sub(tally.resolved + tally.expired);
    }

    /// Notes the first instant at which somebody affected was reached.
    pub(crate) fn told_somebody(&mut self, entry: &Entry) {
        self.instants.first(Moment::FirstTold, entry.at, &entry.actor);
    }

    /// When the hub learned that the case is over, which an earlier instant by a person's word does not move.
    pub(crate) fn resolved_entry_at(&self) -> Timestamp {
        self.resolved_entry_at.unwrap_or(Timestamp::EPOCH)
    }

    fn reopen(&mut self, at: Timestamp) {
        self.open_since = Some(at);
        self.transition(State::reopen);
        self.reopened += 1;
        self.recheck_at = None;
    }

    /// Nobody need be woken any more.
    fn stand_down(&mut self) {
        self.escalation = None;
        self.acknowledgement_lapses_at = None;
        self.open_since = None;
    }

    fn transition(&mut self, change: impl FnOnce(State) -> State) {
        self.state = change(mem::replace(&mut self.state, State::Open));
    }
}

/// A text of the entry's body.
fn text(entry: &Entry, field: &str) -> Option<String> {
    entry.body.as_ref()?.get(field).cloned()
}

/// Whether an entry changes what people edit, so that an edit made without having seen it might
/// overwrite something. Messages going out, notes and timers overwrite nothing.
const fn is_an_edit(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::CaseReopened
            | Fact::SeverityChanged { .. }
            | Fact::Acknowledged { .. }
            | Fact::AcknowledgementLapsed
            | Fact::OwnerSet { .. }
            | Fact::TeamSet { .. }
            | Fact::RoleSet { .. }
            | Fact::Updated
            | Fact::Mitigated { .. }
            | Fact::Resolved { .. }
            | Fact::Linked { .. }
    )
}
