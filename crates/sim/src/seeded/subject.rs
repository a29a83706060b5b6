//! What is tested: the kernel itself, or the kernel with one deliberate fault.

mod runs;

use std::sync::Arc;

use wheelhouse_core::case::{MessageId, State};
use wheelhouse_core::kernel::{Command, Plan, Refusal, What};
use wheelhouse_core::notify::{MessageState, Purpose, Stage};
use wheelhouse_core::record::{Actor, Entry, Fact, SignalChange, Why};
use wheelhouse_core::signal::Signal;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::{Context, World, advance, decide};

use super::catalogs::{PEOPLE, person};
use super::fault::Fault;
use crate::hub::Hub;

/// The kernel, with a fault or without.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject {
    /// The fault.
    pub fault: Option<Fault>,
}

impl Subject {
    /// Decides a command.
    pub fn decide(self, world: &World, command: &Command, cx: &Context) -> Result<Plan, Refusal> {
        let mut command = command.clone();
        if let What::Signal { routing, signal } = &mut command.what {
            match self.fault {
                Some(Fault::MixDrill) if signal.drill => {
                    *signal = Arc::new(Signal { drill: false, ..(**signal).clone() });
                    routing.identity_hash = signal.identity_hash();
                }
                Some(Fault::ForgetIdentity) => routing.identity_hash ^= world.counters().last_signal.0,
                _ => {}
            }
        }
        if let (What::SetSilence(request), Some(Fault::MixSilence)) = (&mut command.what, self.fault) {
            request.drill = false;
        }
        self.spoil_command(world, &mut command);
        let seen = if runs::is_about_what_is_held(&command) { None } else { self.seen(world, cx.now) };
        let world = seen.as_ref().unwrap_or(world);
        let mut plan = match decide(world, &command, cx) {
            Err(refusal @ Refusal::LacksRole { .. }) if self.fault == Some(Fault::IgnoreRole) => {
                let somebody = |number| Command { actor: Actor::Person(person(number)), ..command.clone() };
                (0..PEOPLE).find_map(|number| decide(world, &somebody(number), cx).ok()).ok_or(refusal)?
            }
            Err(refusal) => self.despite(world, &command, cx, refusal)?,
            Ok(plan) => plan,
        };
        self.spoil(world, &mut plan, cx.now);
        Ok(plan)
    }

    /// Decides what is due.
    pub fn advance(self, world: &World, limit: usize, cx: &Context) -> Plan {
        let seen = self.seen(world, cx.now);
        let world = seen.as_ref().unwrap_or(world);
        let mut plan = advance(world, limit, cx);
        self.spoil(world, &mut plan, cx.now);
        plan
    }

    /// Starts the hub again.
    pub fn restart(self, hub: &mut Hub, now: Timestamp) -> Result<(), String> {
        let lost = hub.tables.messages.values().find(|row| row.state == MessageState::Queued).cloned();
        match (self.fault, lost) {
            (Some(Fault::LoseMessage), Some(lost)) => {
                let done = wheelhouse_core::notify::Message { state: MessageState::Accepted, ..lost.clone() };
                hub.tables.messages.insert(lost.id, done);
                hub.restart(now)?;
                hub.tables.messages.insert(lost.id, lost);
                Ok(())
            }
            (Some(Fault::LoseRun), _) => {
                let kept = hub.tables.runs.clone();
                let lost = kept.values().find(|run| run.ended.is_none()).map(|run| run.id);
                lost.iter().for_each(|id| _ = hub.tables.runs.remove(id));
                hub.restart(now)?;
                hub.tables.runs = kept;
                Ok(())
            }
            (Some(Fault::LoseWork), _) => {
                let kept = hub.tables.runs.clone();
                runs::lose_work(&mut hub.tables.runs);
                hub.restart(now)?;
                hub.tables.runs = kept;
                Ok(())
            }
            (Some(Fault::TrustSilence), _) => {
                hub.restart(now)?;
                let entry = Entry {
                    at: now - Duration::from_hours(24),
                    actor: Actor::Hub,
                    policies: Vec::new(),
                    subject: None,
                    drill: false,
                    fact: Fact::DoorsReady,
                    why: None,
                    body: None,
                    attached: wheelhouse_core::record::Attached::Nothing,
                };
                hub.world.apply(&entry);
                Ok(())
            }
            _ => hub.restart(now),
        }
    }

    fn spoil(self, world: &World, plan: &mut Plan, now: Timestamp) {
        let entries = &mut plan.entries;
        match self.fault {
            Some(Fault::KeepPages) => entries.retain(|entry| !matches!(entry.fact, Fact::MessageWithdrawn { .. })),
            Some(Fault::ForgetNotTold) => entries.retain(|entry| !matches!(entry.fact, Fact::NotTold { .. })),
            Some(Fault::ForgetMiss) => entries.retain(|entry| !matches!(entry.fact, Fact::Missed { .. })),
            Some(Fault::KeepAction) => entries.retain(|entry| !matches!(entry.why, Some(Why::InCatalog))),
            Some(Fault::SkipStep) => {
                entries.retain(|entry| !matches!(entry.why, Some(Why::Step { .. } | Why::Fallback { .. })));
            }
            Some(Fault::KeepEscalating) => keep_escalating(world, entries),
            Some(Fault::ForgetRoot) => entries.retain(|entry| !matches!(entry.fact, Fact::SymptomSet { .. })),
            Some(Fault::KeepSymptoms) => {
                entries.retain(|entry| !matches!(entry.fact, Fact::SymptomSet { release_at: Some(_), .. }));
            }
            Some(Fault::SendAtOnce) => send_at_once(entries),
            Some(Fault::KeepHeld) => entries.retain(|entry| !matches!(entry.why, Some(Why::Digested))),
            Some(Fault::ForgetFlapping) => entries.retain(|entry| !matches!(entry.fact, Fact::FlappingBegun)),
            Some(Fault::HideNewcomers) => entries.retain(|entry| !matches!(entry.why, Some(Why::JoinedTaken))),
            Some(Fault::TellTwice) => tell_twice(entries, now),
            Some(Fault::HideSilenced) => {
                entries.retain(|entry| !matches!(entry.fact, Fact::Signal(SignalChange::Silenced { .. })));
            }
            Some(Fault::PageSilenced) => entries.retain(|entry| !matches!(entry.fact, Fact::CaseSilenced { .. })),
            Some(Fault::KeepSilenced) => entries.retain(|entry| !matches!(entry.fact, Fact::CaseUnsilenced)),
            Some(Fault::ForgetEnd) => entries.retain(|entry| !matches!(entry.fact, Fact::SilenceEnded { .. })),
            Some(Fault::HideEnding) => {
                let informs = |why: &Option<Why>| matches!(why, Some(Why::SilenceEndsSoon { .. }));
                entries.retain(|entry| !(informs(&entry.why) && matches!(entry.fact, Fact::MessageQueued { .. })));
            }
            Some(Fault::ForgetChange) => entries.retain(|entry| !matches!(entry.fact, Fact::ChangeFound(_))),
            Some(Fault::KeepRetired) => entries.retain(|entry| !matches!(entry.fact, Fact::CaseRetired)),
            Some(Fault::WaitForChannel) => {
                entries.retain(|entry| !matches!(entry.fact, Fact::MessageFailed { tried: false, .. }));
            }
            Some(Fault::ForgetDoubt) => {
                for entry in entries {
                    if let Fact::MessageFailed { unknown, .. } = &mut entry.fact {
                        *unknown = false;
                    }
                }
            }
            Some(Fault::KeepUnexplained) => {
                let is_let_go = |fact: &Fact| matches!(fact, Fact::SymptomSet { release_at: Some(_), .. });
                let is_too_small = |why: &Option<Why>| matches!(why, Some(Why::RootTooSmall { .. }));
                entries.retain(|entry| !(is_let_go(&entry.fact) && is_too_small(&entry.why)));
            }
            Some(Fault::PageAllAtOnce) => page_all_at_once(entries, now),
            Some(Fault::TellOutdated) => {
                entries.retain(|entry| !matches!(entry.why, Some(Why::AboutSomethingElse)));
            }
            Some(Fault::WithdrawTwice) => {
                let again = entries.iter().find(|entry| matches!(entry.fact, Fact::MessageWithdrawn { .. })).cloned();
                entries.extend(again);
            }
            Some(Fault::TellAsChange) => tell_as_change(entries),
            Some(Fault::HideCrossing) => {
                for entry in entries {
                    if let Fact::MessageAccepted { crossed_acknowledgement, .. } = &mut entry.fact {
                        *crossed_acknowledgement = false;
                    }
                }
            }
            _ => self.spoil_runs(plan, now),
        }
    }
}

fn send_at_once(entries: &mut [Entry]) {
    for entry in entries {
        if let Fact::MessageQueued { not_before, .. } = &mut entry.fact {
            *not_before = None;
        }
    }
}

fn page_all_at_once(entries: &mut [Entry], now: Timestamp) {
    for entry in entries.iter_mut().filter(|entry| matches!(entry.why, Some(Why::InTurn { .. }))) {
        if let Fact::SymptomSet { release_at, .. } = &mut entry.fact {
            *release_at = Some(now);
        }
    }
}

fn tell_as_change(entries: &mut [Entry]) {
    for entry in entries {
        if let Fact::MessageQueued { purpose: Purpose::Told { stage, .. }, .. } = &mut entry.fact
            && *stage == Stage::GoesOn
        {
            *stage = Stage::SeverityChanged;
        }
    }
}

fn keep_escalating(world: &World, entries: &mut Vec<Entry>) {
    let acknowledged = entries.iter().position(|entry| matches!(entry.fact, Fact::Acknowledged { .. }));
    let Some((index, entry)) = acknowledged.and_then(|index| Some((index, entries.get(index)?.clone()))) else {
        return;
    };
    let case = entry.subject.and_then(|id| world.case(id)).filter(|case| matches!(case.state, State::Open));
    if let Some(next) = case.and_then(|case| case.escalation.clone()) {
        entries.insert(index + 1, Entry { fact: Fact::EscalationSet { next: Some(next) }, ..entry });
    }
}

fn tell_twice(entries: &mut Vec<Entry>, now: Timestamp) {
    let last = entries.iter().rev().find_map(|entry| match &entry.fact {
        Fact::MessageQueued { message, .. } => Some(message.number),
        _ => None,
    });
    let told = entries.iter().find(|entry| {
        matches!(&entry.fact, Fact::MessageQueued { purpose: Purpose::Told { .. }, .. }) && entry.at == now
    });
    let (Some(last), Some(mut again)) = (last, told.cloned()) else { return };
    if let Fact::MessageQueued { message, .. } = &mut again.fact {
        *message = MessageId { number: last + 1, ..*message };
    }
    entries.push(again);
}
