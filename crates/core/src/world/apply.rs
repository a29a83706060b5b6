//! How the world follows from entries. No rule is evaluated here.

use alloc::string::ToString;
use alloc::sync::Arc;

use super::trouble;
use super::{CaseTimer, Changes, Counters, MessageRow, NotToldRow, World};
use crate::access::Token;
use crate::case::{Case, CaseId, MessageId};
use crate::catalog::Catalog;
use crate::change::Change;
use crate::notify::{Message, MessageState, Purpose, Recipient};
use crate::record::{Attached, Entry, Fact, Hold};
use crate::signal::{Active, Signal, SignalNumber};
use crate::silence::{Silence, SilenceId};
use crate::time::{Duration, Timestamp};

impl World {
    /// The only way state changes. Never evaluates a rule; returns the rows that changed.
    pub fn apply(&mut self, entry: &Entry) -> Changes {
        let mut changes = Changes::default();
        match &entry.fact {
            Fact::Signal(change) => self.apply_signal(change, entry, &mut changes),
            Fact::Signals { cases, silenced, .. } => {
                self.last_signal.0 += silenced;
                for (id, tally) in cases {
                    self.last_signal.0 += tally.joined;
                    self.tally(*id, tally, &mut changes);
                }
            }
            Fact::CaseOpened { .. } => self.open_case(entry, &mut changes),
            Fact::DoorsReady => {
                self.ready_since = Some(entry.at);
                self.doors_are_ready = true;
                self.reckon_schedules();
            }
            Fact::CatalogAdopted { schedules, .. } => {
                self.adoptions += 1;
                self.scheduled.extend(schedules.iter().map(|runbook| (runbook.clone(), entry.at)));
                if let Attached::Catalog(catalog) = &entry.attached {
                    self.catalog = Some(catalog.clone());
                }
                changes.catalog = true;
                self.reckon_schedules();
                self.apply_repositories(entry, &mut changes);
            }
            Fact::RepositoryRefused { .. } | Fact::RepositoryRestored { .. } => {
                self.apply_repositories(entry, &mut changes);
                self.apply_case(entry, &mut changes);
            }
            Fact::TokenCreated { .. } | Fact::TokenRevoked { .. } => self.apply_token(entry, &mut changes),
            Fact::SilenceSet { .. }
            | Fact::SilenceStarted { .. }
            | Fact::SilenceEndsSoon { .. }
            | Fact::SilenceEnded { .. } => self.apply_silence(entry, &mut changes),
            Fact::ChangeTold { .. } => self.apply_change(entry, &mut changes),
            Fact::DrillRun(_) => self.apply_drill_run(entry),
            Fact::RunScheduled(_) => self.apply_schedule(entry),
            Fact::RunbookVersion(_) => self.apply_version(entry, &mut changes),
            Fact::Run(_) | Fact::Automation(_) => {
                self.apply_run(entry, &mut changes);
                self.apply_automation(entry, &mut changes);
                self.apply_case(entry, &mut changes);
            }
            Fact::HoldSet { .. } | Fact::HoldLifted { .. } | Fact::Erased(_) => {
                self.erase_from_automations(entry, &mut changes);
                self.apply_case(entry, &mut changes);
                self.apply_hold(entry);
                self.apply_repositories(entry, &mut changes);
            }
            Fact::NotTold { recipient, stage, reason, impact, path } => {
                changes.not_told = entry.subject.map(|case| NotToldRow {
                    case,
                    recipient: recipient.clone(),
                    stage: *stage,
                    reason: reason.clone(),
                    impact: *impact,
                    path: path.clone(),
                    at: entry.at,
                    actor: entry.actor.clone(),
                });
                self.apply_case(entry, &mut changes);
            }
            _ => {
                self.apply_case(entry, &mut changes);
                self.apply_message(entry, &mut changes);
            }
        }
        changes
    }

    /// Takes a case and its messages in again that had left memory; nothing if it is there.
    pub fn take_in(&mut self, case: Case, messages: impl IntoIterator<Item = Message>) {
        if self.cases.contains_key(&case.id) {
            return;
        }
        self.index(&case);
        self.trouble.note(&case);
        let key = (case.drill, case.group.clone());
        let known = self.groups.get(&key).and_then(|id| self.cases.get(id));
        if !case.retired && known.is_none_or(|known| is_later(&case, known)) {
            self.groups.insert(key, case.id);
        }
        self.cases.insert(case.id, case);
        for message in messages {
            self.keep_message(message);
        }
    }

    /// Takes silences and changes in again after a start; changes in the order told.
    pub fn take_in_others(
        &mut self,
        silences: impl IntoIterator<Item = Silence>,
        changes: impl IntoIterator<Item = Change>,
    ) {
        silences.into_iter().for_each(|silence| self.silences.put(silence));
        changes.into_iter().for_each(|change| self.changes.insert(change));
    }

    /// Takes a firing signal in again after a start: with its case, or the silence that holds it back.
    pub fn take_in_signal(
        &mut self,
        number: SignalNumber,
        place: (Option<CaseId>, Option<SilenceId>),
        heard_at: Timestamp,
        until: Option<Timestamp>,
        signal: Signal,
    ) {
        let (case, silence) = place;
        let identity_hash = signal.identity_hash();
        let active = Active { identity_hash, signal: Arc::new(signal), case, silence, heard_at, until };
        self.signals.insert(number, active);
    }

    /// Starts a world from what the store kept beside cases, messages and signals.
    pub fn restore(counters: Counters, catalog: Option<Arc<Catalog>>, tokens: impl IntoIterator<Item = Token>) -> Self {
        let held = &counters.held_shifts;
        let catalog = catalog.map(|catalog| match held.as_slice() {
            [] => catalog,
            held => Arc::new(super::shifts::with_held(&catalog, held)),
        });
        let mut world = Self {
            catalog,
            adoptions: counters.adoptions,
            ready_since: counters.ready_since,
            last_case: counters.last_case,
            last_signal: counters.last_signal,
            last_token: counters.last_token,
            held_shifts: counters.held_shifts.into_iter().map(|held| (held.schedule.clone(), held)).collect(),
            last_silence: counters.last_silence,
            last_change: counters.last_change,
            tokens: tokens.into_iter().map(|token| (token.id, token)).collect(),
            holds: counters.holds.into_iter().map(|hold| (hold.scope.clone(), hold)).collect(),
            drill_runs: counters.drill_runs.into_iter().map(|run| (run.run, run)).collect(),
            ..Self::default()
        };
        world.restore_runs(counters.last_run, counters.last_epoch);
        world.scheduled = counters.scheduled.into_iter().collect();
        world
    }

    /// What the store keeps beside the rows.
    pub fn counters(&self) -> Counters {
        Counters {
            last_case: self.last_case.clone(),
            last_signal: self.last_signal,
            last_token: self.last_token,
            last_silence: self.last_silence,
            last_change: self.last_change,
            adoptions: self.adoptions,
            catalog: self.catalog.as_ref().map(|catalog| catalog.version.clone()),
            ready_since: self.ready_since,
            held_shifts: self.held_shifts.values().cloned().collect(),
            holds: self.holds().cloned().collect(),
            drill_runs: self.drill_runs().cloned().collect(),
            last_run: self.last_run(),
            last_epoch: self.last_epoch(),
            scheduled: self.scheduled.iter().map(|(runbook, at)| (runbook.clone(), *at)).collect(),
        }
    }

    /// Lets go of cases that are over for longer than `keep`, with nothing under way. Changes no row.
    pub fn evict(&mut self, now: Timestamp, keep: Duration) {
        let over = |case: &Case| {
            matches!(case.state, crate::case::State::Resolved { at, .. } if at.max(case.resolved_entry_at()) + keep < now)
                && case.recheck_at.is_none()
                && case.firing == 0
        };
        let gone: alloc::vec::Vec<CaseId> = self
            .cases
            .values()
            .filter(|case| over(case) && self.messages_of(case.id).next().is_none())
            .map(|case| case.id)
            .collect();
        for id in gone {
            if let Some(case) = self.cases.remove(&id) {
                let key = (case.drill, case.group);
                if self.groups.get(&key) == Some(&id) {
                    self.groups.remove(&key);
                }
                self.withdrawn.retain(|message, _| message.case != id);
            }
        }
    }

    /// Lets go of silences that are over for long and hold nothing back. Changes no row.
    pub fn evict_silences(&mut self, now: Timestamp) {
        let holding: alloc::collections::BTreeSet<SilenceId> = self.signals.holding_silences().collect();
        self.silences.evict(now, |id| holding.contains(&id));
    }

    fn open_case(&mut self, entry: &Entry, changes: &mut Changes) {
        let Some(case) = entry.subject.and_then(|id| Case::opened(id, entry)) else {
            return;
        };
        let last = self.last_case.entry(case.id.kind).or_default();
        *last = case.id.number.max(*last);
        self.groups.insert((case.drill, case.group.clone()), case.id);
        self.trouble.note(&case);
        self.index(&case);
        changes.cases.push(case.id);
        self.cases.insert(case.id, case);
    }

    fn apply_case(&mut self, entry: &Entry, changes: &mut Changes) {
        let Some(mut case) = entry.subject.and_then(|id| self.cases.remove(&id)) else {
            return;
        };
        self.unindex(&case);
        let moves = trouble::Trouble::may_move(&entry.fact);
        if moves {
            self.trouble.forget(&case);
        }
        case.apply(entry);
        if moves {
            self.trouble.note(&case);
        }
        if case.retired {
            let key = (case.drill, case.group.clone());
            if self.groups.get(&key) == Some(&case.id) {
                self.groups.remove(&key);
            }
        } else if matches!(entry.fact, Fact::CaseReopened) {
            self.groups.insert((case.drill, case.group.clone()), case.id);
        }
        self.index(&case);
        changes.cases.push(case.id);
        self.cases.insert(case.id, case);
    }

    fn apply_message(&mut self, entry: &Entry, changes: &mut Changes) {
        let answer = || entry.body.as_ref().and_then(|body| body.get("answer")).map(ToString::to_string);
        match &entry.fact {
            Fact::MessageQueued { message, recipient, purpose, not_before } => {
                let mut message = queued(*message, recipient, purpose, entry);
                message.due_at = not_before.unwrap_or(entry.at);
                changes.messages.push(message.clone());
                self.keep_message(message);
            }
            Fact::MessageAccepted { message, contact, crossed_acknowledgement, repeated, .. } => {
                let withdrawn = self.withdrawn.remove(message);
                let Some(mut row) = self.drop_message(*message).or(withdrawn) else {
                    return;
                };
                row.state = MessageState::Accepted;
                row.attempts += 1;
                row.attempts_with_contact += 1;
                row.contact_kind = Some(*contact);
                row.accepted_at = Some(entry.at);
                row.answer = answer();
                row.crossed_acknowledgement = *crossed_acknowledgement;
                row.repeated |= *repeated;
                if let Some(case) = self.cases.get_mut(&message.case) {
                    for recipient in row.purpose.told(&row.recipient) {
                        case.told_somebody(entry, recipient, message.number);
                    }
                    if matches!(row.purpose, Purpose::Page) && !crossed_acknowledgement {
                        case.reached_somebody(&row.recipient);
                    }
                }
                changes.messages.push(row);
            }
            Fact::MessageFailed { message, contact, retry, tried, unknown, .. } => {
                let Some(mut row) = self.drop_message(*message) else {
                    return;
                };
                row.attempts += u32::from(*tried);
                row.contact_kind = contact.or(row.contact_kind);
                row.answer = answer();
                row.repeated |= *unknown && retry.is_some();
                match retry {
                    Some(retry) => {
                        row.due_at = retry.at;
                        let same = row.contact == retry.contact;
                        row.attempts_with_contact = if same { row.attempts_with_contact + 1 } else { 0 };
                        row.contact = retry.contact;
                        self.keep_message(row.clone());
                    }
                    None => {
                        row.attempts_with_contact += 1;
                        row.state = MessageState::GivenUp;
                        row.ended_at = Some(entry.at);
                    }
                }
                changes.messages.push(row);
            }
            Fact::MessageWithdrawn { message, .. } => {
                let Some(mut row) = self.drop_message(*message) else {
                    return;
                };
                row.state = MessageState::Withdrawn;
                row.withdrawn_because = entry.why.clone();
                row.ended_at = Some(entry.at);
                if matches!(row.purpose, Purpose::Page) {
                    self.withdrawn.insert(row.id, row.clone());
                }
                changes.messages.push(row);
            }
            _ => {}
        }
    }

    /// Follows holds, and forgets what pages said that were withdrawn from an erased case.
    fn apply_hold(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::HoldSet { hold } => {
                let reason = entry.body.as_ref().and_then(|body| body.get("reason")).cloned().unwrap_or_default();
                let hold = Hold { scope: hold.clone(), reason, by: entry.actor.clone(), at: entry.at };
                self.holds.insert(hold.scope.clone(), hold);
            }
            Fact::HoldLifted { hold } => drop(self.holds.remove(hold)),
            _ => {
                let of_case = self.withdrawn.values_mut().filter(|message| Some(message.id.case) == entry.subject);
                of_case.for_each(|message| message.answer = None);
            }
        }
    }

    fn keep_message(&mut self, message: Message) {
        self.queue.insert((message.due_at, message.id));
        self.messages.insert(message.id, message);
    }

    fn drop_message(&mut self, id: MessageId) -> Option<MessageRow> {
        let message = self.messages.remove(&id)?;
        self.queue.remove(&(message.due_at, id));
        Some(message)
    }

    fn index(&mut self, case: &Case) {
        self.timers.extend(CaseTimer::of(case).into_iter().flatten().map(|(at, timer)| (at, timer, case.id)));
    }

    fn unindex(&mut self, case: &Case) {
        for (at, timer) in CaseTimer::of(case).into_iter().flatten() {
            self.timers.remove(&(at, timer, case.id));
        }
    }
}

/// Whether a case is what its group is about now, rather than `known`, whichever is taken in first:
/// the one that is not over, else the one that was over last.
fn is_later(case: &Case, known: &Case) -> bool {
    let rank = |case: &Case| (!case.state.is_resolved(), case.resolved_entry_at(), case.id);
    rank(case) > rank(known)
}

fn queued(id: MessageId, recipient: &Recipient, purpose: &Purpose, entry: &Entry) -> Message {
    Message {
        id,
        drill: entry.drill,
        recipient: recipient.clone(),
        purpose: purpose.clone(),
        why: entry.why.clone(),
        state: MessageState::Queued,
        queued_at: entry.at,
        due_at: entry.at,
        attempts: 0,
        attempts_with_contact: 0,
        contact: 0,
        contact_kind: None,
        accepted_at: None,
        ended_at: None,
        withdrawn_because: None,
        answer: None,
        crossed_acknowledgement: false,
        repeated: false,
    }
}
