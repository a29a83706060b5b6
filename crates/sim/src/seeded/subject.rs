//! What is tested: the kernel itself, or the kernel with one deliberate fault.

use std::sync::Arc;

use wheelhouse_core::case::{MessageId, State};
use wheelhouse_core::kernel::{Command, Plan, Refusal, What};
use wheelhouse_core::notify::{MessageState, Purpose, Stage};
use wheelhouse_core::record::{Actor, Entry, Fact, RunFact, RunHappening, SignalChange, Why};
use wheelhouse_core::run::Ending;
use wheelhouse_core::runbook::RunbookHash;
use wheelhouse_core::signal::Signal;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::{Context, World, advance, decide};

use super::catalogs::{PEOPLE, person};
use crate::hub::Hub;

/// A fault put between the kernel and the simulator, to prove that the simulator bites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Pages are not withdrawn when somebody acknowledges.
    KeepPages,
    /// An acknowledgement leaves the escalation running.
    KeepEscalating,
    /// A start forgets a message that was under way.
    LoseMessage,
    /// Somebody is told twice.
    TellTwice,
    /// A drill's signal is taken for a real one.
    MixDrill,
    /// A step comes due and nobody is paged.
    SkipStep,
    /// Nobody writes down who was not told.
    ForgetNotTold,
    /// Silence counts at once after a start.
    TrustSilence,
    /// A page that crossed the acknowledgement is not marked.
    HideCrossing,
    /// The same signal told again is a new one.
    ForgetIdentity,
    /// What follows from a case is taken for trouble of its own.
    ForgetRoot,
    /// A symptom is never released when its root is over.
    KeepSymptoms,
    /// Notices are sent at once.
    SendAtOnce,
    /// What is held back goes out beside what takes it in.
    KeepHeld,
    /// A case that comes and goes is not recognised.
    ForgetFlapping,
    /// Nobody hears that something joined what they have taken.
    HideNewcomers,
    /// Nobody writes down who was missed.
    ForgetMiss,
    /// An action stays open though the catalog says what it asks for.
    KeepAction,
    /// A signal that is silenced is not kept.
    HideSilenced,
    /// A silence stops no pages.
    PageSilenced,
    /// A silence that is over goes on to stop pages.
    KeepSilenced,
    /// A silence never ends.
    ForgetEnd,
    /// A silence for exercise covers what is real.
    MixSilence,
    /// Nobody hears that a silence ends soon.
    HideEnding,
    /// A case does not name what was changed before.
    ForgetChange,
    /// The cases of a drill that is over are not closed for good.
    KeepRetired,
    /// A page waits for a channel that is left alone.
    WaitForChannel,
    /// That a message may have been sent before is not said.
    ForgetDoubt,
    /// What a case does not explain any more goes on to wait for it.
    KeepUnexplained,
    /// A team is paged at once for all that has outlived one root.
    PageAllAtOnce,
    /// What waited is told though the case turned out to be about another service.
    TellOutdated,
    /// A message is taken back twice.
    WithdrawTwice,
    /// What stands for itself again is told as a change of its severity.
    TellAsChange,
    /// Anybody may do what only holders of a role may.
    IgnoreRole,
    /// A run of which every step is settled goes on.
    KeepRunning,
    /// Nobody writes down what became of a step.
    ForgetStep,
    /// A run is pinned to what nobody wrote.
    UnpinRun,
    /// A start forgets a run that was under way.
    LoseRun,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 38] = [
        Self::KeepPages,
        Self::KeepEscalating,
        Self::LoseMessage,
        Self::TellTwice,
        Self::MixDrill,
        Self::SkipStep,
        Self::ForgetNotTold,
        Self::TrustSilence,
        Self::HideCrossing,
        Self::ForgetIdentity,
        Self::ForgetRoot,
        Self::KeepSymptoms,
        Self::SendAtOnce,
        Self::KeepHeld,
        Self::ForgetFlapping,
        Self::HideNewcomers,
        Self::ForgetMiss,
        Self::KeepAction,
        Self::HideSilenced,
        Self::PageSilenced,
        Self::KeepSilenced,
        Self::ForgetEnd,
        Self::MixSilence,
        Self::HideEnding,
        Self::ForgetChange,
        Self::KeepRetired,
        Self::WaitForChannel,
        Self::ForgetDoubt,
        Self::KeepUnexplained,
        Self::PageAllAtOnce,
        Self::TellOutdated,
        Self::WithdrawTwice,
        Self::TellAsChange,
        Self::IgnoreRole,
        Self::KeepRunning,
        Self::ForgetStep,
        Self::UnpinRun,
        Self::LoseRun,
    ];
}

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
        let mut plan = match decide(world, &command, cx) {
            Err(refusal @ Refusal::LacksRole { .. }) if self.fault == Some(Fault::IgnoreRole) => {
                let somebody = |number| Command { actor: Actor::Person(person(number)), ..command.clone() };
                (0..PEOPLE).find_map(|number| decide(world, &somebody(number), cx).ok()).ok_or(refusal)?
            }
            decided => decided?,
        };
        self.spoil(world, &mut plan, cx.now);
        Ok(plan)
    }

    /// Decides what is due.
    pub fn advance(self, world: &World, limit: usize, cx: &Context) -> Plan {
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
            _ => self.spoil_runs(entries),
        }
    }

    fn spoil_runs(self, entries: &mut Vec<Entry>) {
        let happens = |entry: &Entry| match &entry.fact {
            Fact::Run(part) => Some(part.what.clone()),
            _ => None,
        };
        match self.fault {
            Some(Fault::KeepRunning) => {
                let ends = RunHappening::Ended { how: Ending::Completed };
                entries.retain(|entry| happens(entry).as_ref() != Some(&ends));
            }
            Some(Fault::ForgetStep) => {
                entries.retain(|entry| !matches!(happens(entry), Some(RunHappening::StepSettled { .. })));
            }
            Some(Fault::UnpinRun) => {
                for entry in entries {
                    if let Fact::Run(RunFact { what: RunHappening::Started { version, .. }, .. }) = &mut entry.fact {
                        *version = RunbookHash::of("");
                    }
                }
            }
            _ => {}
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
