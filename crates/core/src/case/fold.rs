//! How a case follows from the entries about it. No rule is evaluated here.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::{Case, CaseId, Flapping, Instants, Miss, Moment, Reached, SeveritySetBy, State, Symptom, telling};
use crate::attachment::Attachments;
use crate::notify::{NotTold, Purpose, Recipient, Stage};
use crate::record::{Actor, Entry, Erasure, Fact, Tally, Why};
use crate::time::Timestamp;

/// How many of the instants at which a case fired again are kept.
const FIRED_AGAIN_KEPT: usize = 8;

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
            symptom: None,
            flapping: None,
            fired_again: Vec::new(),
            reached: BTreeSet::new(),
            joined_told_at: None,
            recheck_at: None,
            open_since: Some(entry.at),
            resolved_entry_at: None,
            involved,
            told: BTreeSet::new(),
            tellings: Vec::new(),
            missed: Vec::new(),
            proposal: None,
            fell_silent: false,
            links: Vec::new(),
            messages: 0,
            last_update: None,
            updated_at: None,
            paged: None,
            key_events: BTreeSet::new(),
            attachments: Attachments::default(),
            silenced: None,
            changed: None,
            erased: None,
            retired: false,
            revision: 1,
        })
    }

    /// Follows one entry about the case.
    pub fn apply(&mut self, entry: &Entry) {
        self.revision += u64::from(is_an_edit(entry));
        let actor = &entry.actor;
        if let (Actor::Person(person), true) = (actor, is_handling(&entry.fact)) {
            self.involved.insert(person.clone());
        }
        match &entry.fact {
            Fact::CaseReopened
            | Fact::Acknowledged { .. }
            | Fact::AcknowledgementLapsed
            | Fact::AcknowledgementExtended { .. }
            | Fact::Mitigated { .. }
            | Fact::Resolved { .. }
            | Fact::Rechecked
            | Fact::CaseRetired => self.follow_lifecycle(entry),
            Fact::EscalationSet { .. }
            | Fact::EscalationStepped { .. }
            | Fact::EscalationParked
            | Fact::MessageQueued { .. } => self.follow_escalation(entry),
            Fact::SymptomSet { .. } | Fact::FlappingBegun | Fact::QuietSet { .. } | Fact::Unlinked { .. } => {
                self.follow_storm(entry);
            }
            Fact::SeverityChanged { .. }
            | Fact::OwnerSet { .. }
            | Fact::TeamSet { .. }
            | Fact::RoleSet { .. }
            | Fact::Updated
            | Fact::KeyEventSet(_)
            | Fact::FileAttached(_)
            | Fact::Linked { .. } => self.follow_edit(entry),
            Fact::Erased(_) => self.erase(entry),
            Fact::NotTold { recipient, reason, .. } => self.follow_not_told(recipient, reason),
            Fact::Missed { .. } => self.follow_miss(entry),
            Fact::Proposed { proposal } => self.proposal = Some(proposal.clone()),
            Fact::CaseSilenced { .. } | Fact::CaseUnsilenced | Fact::ChangeFound(_) => self.follow_around(entry),
            Fact::DoorsReady
            | Fact::CatalogAdopted { .. }
            | Fact::RepositoryRefused { .. }
            | Fact::RepositoryRestored { .. }
            | Fact::Signal(_)
            | Fact::Signals { .. }
            | Fact::CaseOpened { .. }
            | Fact::MessageAccepted { .. }
            | Fact::MessageFailed { .. }
            | Fact::MessageWithdrawn { .. }
            | Fact::DrillHeld(_)
            | Fact::DrillRun(_)
            | Fact::RunScheduled(_)
            | Fact::RunErased(_)
            | Fact::RecordRestored(_)
            | Fact::Run(_)
            | Fact::Automation(_)
            | Fact::Noted
            | Fact::ContactTested(_)
            | Fact::RunbookVersion(_)
            | Fact::SilenceSet { .. }
            | Fact::SilenceStarted { .. }
            | Fact::SilenceEndsSoon { .. }
            | Fact::SilenceEnded { .. }
            | Fact::ChangeTold { .. }
            | Fact::TokenCreated { .. }
            | Fact::TokenRevoked { .. }
            | Fact::HandedOver { .. }
            | Fact::SignalsPlaced { .. }
            | Fact::AnswersKept { .. }
            | Fact::HoldSet { .. }
            | Fact::HoldLifted { .. }
            | Fact::Quarantined { .. } => {}
        }
    }

    /// Follows what opens, holds and ends a case.
    fn follow_lifecycle(&mut self, entry: &Entry) {
        let actor = &entry.actor;
        match &entry.fact {
            Fact::CaseReopened => {
                if matches!(entry.why, Some(Why::FiredAgain { .. })) {
                    let first = self.fired_again.len().saturating_sub(FIRED_AGAIN_KEPT - 1);
                    self.fired_again.drain(..first);
                    self.fired_again.push(entry.at);
                }
                self.reopen(entry.at);
            }
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
                self.fell_silent = matches!(entry.why, Some(Why::Silent { .. }));
                self.recheck_at = *recheck_at;
                (self.symptom, self.flapping) = (None, None);
            }
            Fact::Rechecked => self.recheck_at = None,
            Fact::CaseRetired => {
                self.retired = true;
                self.recheck_at = None;
            }
            _ => {}
        }
    }

    /// Follows who is paged and told.
    fn follow_escalation(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::EscalationSet { next } => {
                self.escalation.clone_from(next);
                if next.is_none() {
                    self.reached.clear();
                }
            }
            Fact::EscalationStepped { people, .. } => self.involved.extend(people.iter().cloned()),
            Fact::EscalationParked => {
                if let Some(progress) = &mut self.escalation {
                    progress.parked = true;
                }
                self.acknowledgement_lapses_at = None;
                self.recheck_at = None;
                self.symptom = self.symptom.map(|symptom| Symptom { release_at: None, ..symptom });
                self.flapping = self.flapping.map(|flapping| Flapping { over_at: None, ..flapping });
            }
            Fact::MessageQueued { message, recipient, purpose, not_before } => {
                self.messages = self.messages.max(message.number);
                self.told.extend(purpose.told(recipient).cloned());
                if let (Purpose::Page, Recipient::Person(person)) = (purpose, recipient) {
                    self.involved.insert(person.clone());
                    self.follow_page(person, entry.at);
                }
                if matches!(purpose, Purpose::Informed { stage: Stage::Joined }) {
                    self.joined_told_at = Some(not_before.unwrap_or(entry.at));
                }
            }
            _ => {}
        }
    }

    /// Counts signals that joined, ended or fell silent.
    pub(crate) fn tally(&mut self, tally: &Tally) {
        self.members += tally.joined + tally.released;
        self.firing = (self.firing + tally.joined + tally.released).saturating_sub(tally.resolved + tally.expired);
    }

    /// Notes that somebody affected was reached by the message of that number.
    pub(crate) fn told_somebody(&mut self, entry: &Entry, recipient: &Recipient, message: u32) {
        self.instants.first(Moment::FirstTold, entry.at, &entry.actor);
        if let Some(telling) = telling::entry(&mut self.tellings, recipient) {
            telling.reached.get_or_insert(Reached { message, at: entry.at });
        }
    }

    /// Notes that a channel accepted a page for somebody, while nobody has the case.
    pub(crate) fn reached_somebody(&mut self, recipient: &Recipient) {
        if let (Recipient::Person(person), true) = (recipient, self.state.wants_acknowledgement()) {
            self.reached.insert(person.clone());
        }
    }

    fn follow_miss(&mut self, entry: &Entry) {
        let Fact::Missed { recipient, reason, path, service, action } = &entry.fact else { return };
        self.missed.push(Miss {
            recipient: recipient.clone(),
            reason: reason.clone(),
            path: path.clone(),
            service: service.clone(),
            action: *action,
            at: entry.at,
            by: entry.actor.clone(),
        });
    }

    fn follow_not_told(&mut self, recipient: &Recipient, reason: &NotTold) {
        // Whoever hears of it by another case, or of nothing at all, does not hear how this one goes on.
        if matches!(reason, NotTold::ToldByRoot { .. } | NotTold::CauseIsKnown { .. } | NotTold::NotAffected) {
            self.told.remove(recipient);
        }
        if let Some(telling) = telling::entry(&mut self.tellings, recipient) {
            telling.not_told = Some(reason.clone());
        }
    }

    /// When the hub learned that the case is over, which an earlier instant by a person's word does not move.
    pub(crate) fn resolved_entry_at(&self) -> Timestamp {
        self.resolved_entry_at.unwrap_or(Timestamp::EPOCH)
    }

    /// Forgets what people wrote.
    fn erase(&mut self, entry: &Entry) {
        (self.title, self.last_update) = (String::new(), None);
        self.attachments = self.attachments.erased();
        if let Some(changed) = &mut self.changed {
            changed.words = String::new();
        }
        let reason = text(entry, "reason").unwrap_or_default();
        self.erased = Some(Erasure { at: entry.at, by: entry.actor.clone(), reason });
    }

    fn reopen(&mut self, at: Timestamp) {
        self.open_since = Some(at);
        self.transition(State::reopen);
        self.reopened += 1;
        self.silenced = None;
        self.recheck_at = None;
    }

    /// Nobody need be woken any more.
    fn stand_down(&mut self) {
        self.escalation = None;
        self.reached.clear();
        self.acknowledgement_lapses_at = None;
        self.open_since = None;
        self.silenced = None;
    }

    fn transition(&mut self, change: impl FnOnce(State) -> State) {
        self.state = change(mem::replace(&mut self.state, State::Open));
    }
}

/// A text of the entry's body.
pub(super) fn text(entry: &Entry, field: &str) -> Option<String> {
    entry.body.as_ref()?.get(field).cloned()
}

/// Whether an entry is handling the case, which only they may who were let in. What everybody may write,
/// such as a note, a link, a miss or a page for others, lets nobody in; nor does keeping the record.
const fn is_handling(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::CaseReopened
            | Fact::SeverityChanged { .. }
            | Fact::Acknowledged { .. }
            | Fact::OwnerSet { .. }
            | Fact::TeamSet { .. }
            | Fact::RoleSet { .. }
            | Fact::Updated
            | Fact::Mitigated { .. }
            | Fact::Resolved { .. }
            | Fact::Run(_)
    )
}

/// Whether an entry changes what people edit, so that an edit made without having seen it might
/// overwrite something. Messages going out, notes and timers overwrite nothing.
fn is_an_edit(entry: &Entry) -> bool {
    // A storm links cases by itself; whoever works on one of them need not look again for that.
    if matches!((&entry.fact, &entry.actor), (Fact::Linked { .. }, Actor::Hub)) {
        return false;
    }
    matches!(
        &entry.fact,
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
            | Fact::Unlinked { .. }
    )
}
