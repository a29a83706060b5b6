//! What comes due, and when.

use super::World;
use crate::case::{Case, CaseId};
use crate::name::{AutomationName, SourceName};
use crate::run::RunId;
use crate::runbook::RunbookName;
use crate::signal::SignalNumber;
use crate::silence::{SilenceId, SilenceState};
use crate::time::{Duration, Timestamp};

/// A timer of a case. Orders by what must not wait: escalations first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaseTimer {
    /// The escalation's next step.
    Escalation,
    /// A symptom has outlived its root.
    Symptom,
    /// The acknowledgement lapses.
    Acknowledgement,
    /// A case resolved by a person is looked at again.
    Recheck,
    /// A case that came and went has been quiet for long enough.
    Quiet,
}

impl CaseTimer {
    /// All timers, those first that must not wait.
    const ALL: [Self; 5] = [Self::Escalation, Self::Symptom, Self::Acknowledgement, Self::Recheck, Self::Quiet];

    /// The timers that run for a case.
    pub(super) fn of(case: &Case) -> [Option<(Timestamp, Self)>; 5] {
        let escalation = case.escalation.as_ref().filter(|progress| !progress.parked);
        [
            escalation.map(|progress| (progress.due_at, Self::Escalation)),
            case.symptom.and_then(|symptom| symptom.release_at).map(|at| (at, Self::Symptom)),
            case.acknowledgement_lapses_at.map(|at| (at, Self::Acknowledgement)),
            case.recheck_at.map(|at| (at, Self::Recheck)),
            case.flapping.and_then(|flapping| flapping.over_at).map(|at| (at, Self::Quiet)),
        ]
    }
}

/// What the next due instant is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueReason {
    /// A timer of a case.
    Case(CaseId, CaseTimer),
    /// A signal expires.
    Expiry(SignalNumber),
    /// A silence starts, ends soon or ends.
    Silence(SilenceId),
    /// What a silence held back is let go.
    Release(SilenceId),
    /// Something in a run: people agreed too late, a runner is silent, a time came.
    Run(RunId),
    /// The time of a runbook came that is run by itself.
    Schedule(RunbookName),
    /// Too few people agreed to what an automation asks for, and its time is over.
    Question(AutomationName),
}

/// How long a source's silence is no news, where the catalog does not say.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_minutes(5);

impl World {
    /// The case timers due at `now`: the soonest of each kind, escalations first.
    pub(crate) fn timers_due(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, CaseTimer, CaseId)> {
        CaseTimer::ALL.into_iter().flat_map(move |kind| {
            let due = self.timers.iter().take_while(move |(at, _, _)| *at <= now);
            due.filter(move |(_, timer, _)| *timer == kind).copied()
        })
    }

    /// The case whose timer `advance` would look at first at `now`, if any.
    pub fn first_due(&self, now: Timestamp) -> Option<CaseId> {
        self.timers_due(now).next().map(|(_, _, case)| case)
    }

    /// The first silence that is over and still holds signals back, and since when it is over.
    pub(crate) fn next_release(&self) -> Option<(Timestamp, SilenceId)> {
        let over = self.signals.holding_silences().filter_map(|id| {
            let known = self.silences.get(id);
            // One that is not known any more holds nothing back.
            let at = known.map_or(Timestamp::EPOCH, |silence| silence.ends_at);
            known.is_none_or(|silence| silence.state == SilenceState::Expired).then_some((at, id))
        });
        over.min()
    }

    /// The signals that expire at `now`.
    pub(crate) fn expiring(&self, now: Timestamp) -> impl Iterator<Item = SignalNumber> {
        let counts = move |source: &&SourceName| self.silence_counts_from(source).is_some_and(|from| from <= now);
        let open = self.signals.sources_with_ends().filter(counts);
        open.flat_map(move |source| {
            self.signals.ending(source).take_while(move |(until, _)| *until <= now).map(|(_, number)| number)
        })
    }

    /// The first instant at which the silence of a source means something: its whole timeout after
    /// the doors became ready. Never before they did, and after a start they must do so again.
    pub fn silence_counts_from(&self, source: &SourceName) -> Option<Timestamp> {
        let ready = self.ready_since.filter(|_| self.doors_are_ready)?;
        Some(ready + self.timeout(source))
    }

    /// How long a source may be silent.
    pub fn timeout(&self, source: &SourceName) -> Duration {
        let known = self.catalog.as_ref().and_then(|catalog| catalog.sources.get(source));
        known.map_or(DEFAULT_TIMEOUT, |source| source.timeout)
    }
}

/// When `advance` is next needed, and for what.
pub fn next_due(world: &World) -> Option<(Timestamp, DueReason)> {
    let timer = world.timers.first().map(|(at, timer, case)| (*at, DueReason::Case(*case, *timer)));
    let expiries = world.signals.sources_with_ends().filter_map(|source| {
        let (until, number) = world.signals.ending(source).next()?;
        Some((until.max(world.silence_counts_from(source)?), DueReason::Expiry(number)))
    });
    let silence = world.silences.next_due().map(|(at, id)| (at, DueReason::Silence(id)));
    let release = world.next_release().map(|(at, id)| (at, DueReason::Release(id)));
    let run = world.next_run_due().map(|(at, run)| (at, DueReason::Run(run)));
    let schedule = world.next_schedule().map(|(at, runbook)| (at, DueReason::Schedule(runbook.clone())));
    let question = world.questions_due.first();
    let question = question.map(|(at, automation, _)| (*at, DueReason::Question(automation.clone())));
    let others = [timer, silence, release, run, schedule, question];
    others.into_iter().flatten().chain(expiries).min_by_key(|(at, _)| *at)
}
