//! Deduplication, grouping and expiry, told the plainest way.

use std::sync::Arc;

use wheelhouse_core::case::{CaseId, CaseKind, Severity};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{HubWork, RunWork, What};
use wheelhouse_core::name::{ServiceName, SourceName};
use wheelhouse_core::record::{Attached, Entry, Fact, SignalChange, Why};
use wheelhouse_core::signal::{Adapter, Group, Signal, Status};
use wheelhouse_core::time::{Duration, Timestamp};

use super::{Cause, Key, MSignal, Model, Phase};

/// Whether a case became as bad as what follows from it; how bad that is, is checked with the symptoms.
fn raised_by_symptom(entry: &Entry) -> bool {
    matches!((&entry.fact, &entry.why), (Fact::SeverityChanged { .. }, Some(Why::WorseSymptom { .. })))
}

/// Whether a person, or a step of a run, does something to a case.
fn acts_on_a_case(what: &What) -> bool {
    let by_step = |done: &RunWork| matches!(done, RunWork::Read { work: HubWork::Case(_), .. });
    matches!(what, What::Case { .. }) || matches!(what, What::RunWork(done) if by_step(done))
}

fn key(signal: &Signal) -> Key {
    let labels: Vec<String> = signal.labels.iter().map(|(name, value)| format!("{name:?}={value:?}")).collect();
    (signal.source.clone(), signal.drill, labels.join(","))
}

/// What the rules of the seeded catalogs say of a signal: nothing where it is dropped.
fn verdict(catalog: &Catalog, signal: &Signal) -> Option<(Group, Option<ServiceName>, Severity, bool)> {
    let alert = signal.labels.get("alertname");
    if alert == Some("Noise") {
        return None;
    }
    let named = signal.labels.get("service").and_then(|name| catalog.services.get(name));
    let job = signal.labels.get("job").and_then(|job| catalog.services.get(job));
    let service = named.or(job);
    let tier = service.map_or(3, |service| service.tier);
    let severity = if alert == Some("Doom") { Severity::Sev1 } else { Severity::of(signal.urgency, tier) };
    let nameless = || Group::Unmatched { source: signal.source.clone(), alert: alert.unwrap_or_default().into() };
    let group = service.map_or_else(nameless, |one| Group::Service(one.name.clone()));
    Some((group, service.map(|one| one.name.clone()), severity, alert != Some("Sticky")))
}

impl Model {
    pub(super) fn follow_signal(&mut self, change: &SignalChange, entry: &Entry, now: Timestamp) -> Result<(), String> {
        let Attached::Signal(signal) = &entry.attached else { return Err("a signal without itself".into()) };
        let key = key(signal);
        let known = self.signals.get(&key).cloned();
        match change {
            SignalChange::Joined { number, case, until, .. } => {
                if known.is_some() {
                    return Err("a signal that is known joins as a new one".into());
                }
                if number.0 != self.last_signal + 1 {
                    return Err(format!("signal {} follows {}", number.0, self.last_signal));
                }
                self.last_signal = number.0;
                let reported = signal.adapter == Adapter::Report;
                let row = MSignal {
                    number: *number,
                    case: Some(*case),
                    silence: None,
                    signal: signal.clone(),
                    until: *until,
                    written_until: *until,
                    reported,
                };
                self.signals.insert(key, row);
                let case = self.cases.get_mut(case).ok_or("it joins a case that is not there")?;
                case.firing += 1;
                case.members += 1;
            }
            SignalChange::Repeated { number, until, .. } => {
                let row = self.signals.get_mut(&key).filter(|row| row.number == *number);
                row.ok_or("a signal is told again that is not known")?.until = *until;
            }
            SignalChange::Resolved { number, case, .. } | SignalChange::Expired { number, case } => {
                let row = known.filter(|row| row.number == *number && row.case == *case);
                let row = row.ok_or("a signal ends that is not known")?;
                if matches!(change, SignalChange::Expired { .. }) && !self.may_expire(&key.0, &row, now) {
                    return Err(format!("expiry: {} ends by silence, which does not count yet", number.0));
                }
                self.signals.remove(&key);
                if let Some(case) = case {
                    self.cases.get_mut(case).ok_or("its case is not there")?.firing -= 1;
                }
            }
            SignalChange::Dropped | SignalChange::Ignored => {}
            SignalChange::Silenced { .. } | SignalChange::SilencedAgain { .. } | SignalChange::Released { .. } => {
                return self.follow_held(change, key, signal);
            }
        }
        Ok(())
    }

    /// What is held back is so by a silence that covers it, and goes when none does any more.
    fn follow_held(&mut self, change: &SignalChange, key: Key, signal: &Arc<Signal>) -> Result<(), String> {
        let covering = self.covering(signal);
        if let SignalChange::Silenced { number, silence, until, .. } = change {
            if self.signals.contains_key(&key) || number.0 != self.last_signal + 1 || covering != Some(*silence) {
                return Err(format!("silence: {silence} holds back signal {}, and {covering:?} should", number.0));
            }
            self.last_signal = number.0;
            let (number, until, signal) = (*number, *until, signal.clone());
            let (case, silence, reported) = (None, Some(*silence), false);
            self.signals.insert(key, MSignal { number, case, silence, signal, until, written_until: until, reported });
            return Ok(());
        }
        let over: Vec<_> = self.silences.keys().copied().filter(|id| self.is_over(*id)).collect();
        let row = self.signals.get_mut(&key).filter(|row| row.silence.is_some_and(|id| over.contains(&id)));
        let row = row.ok_or("silence: something is let go that is not held back by what is over")?;
        match change {
            SignalChange::SilencedAgain { silence, .. } if covering == Some(*silence) => row.silence = Some(*silence),
            SignalChange::Released { case, .. } if covering.is_none() => {
                (row.case, row.silence) = (Some(*case), None);
                let case = self.cases.get_mut(case).ok_or("it joins a case that is not there")?;
                case.firing += 1;
                case.members += 1;
            }
            _ => return Err(format!("silence: {covering:?} should hold it, and does not")),
        }
        Ok(())
    }

    fn may_expire(&self, source: &SourceName, row: &MSignal, now: Timestamp) -> bool {
        let known = self.catalog.as_ref().and_then(|catalog| catalog.sources.get(source));
        let timeout = known.map_or(Duration::from_minutes(5), |source| source.timeout);
        let counts = self.doors.is_some_and(|doors| doors + timeout <= now);
        counts && row.until.is_some_and(|until| until <= now)
    }

    /// A signal that should have expired by now.
    pub(super) fn overdue_signal(&self, now: Timestamp) -> Option<u64> {
        let mut due = self.signals.iter().filter(|((source, ..), row)| self.may_expire(source, row, now));
        due.next().map(|(_, row)| row.number.0)
    }

    fn phase_of(&self, case: Option<CaseId>) -> Option<Phase> {
        Some(self.cases.get(&case?)?.phase)
    }

    /// How many signals fire.
    pub(super) fn firing(&self) -> usize {
        self.signals.len()
    }

    /// The case that a new signal of a group belongs to at `now`, if there is one.
    fn case_of(&self, drill: bool, group: &Group, now: Timestamp) -> Option<CaseId> {
        let within = self.catalog.as_ref()?.organization.reopen_within;
        let ours = self.cases.iter().filter(|(_, case)| case.drill == drill && case.group == *group && !case.retired);
        let last = ours.max_by_key(|(id, case)| (case.phase != Phase::Resolved, case.over_since, **id))?;
        let recent = last.1.over_since.is_none_or(|at| now.since(at) <= within) || last.1.recheck_at.is_some();
        recent.then_some(*last.0)
    }

    /// A signal went where it belongs, and a case resolved by itself if and only if its last one ended.
    pub(super) fn signals_as_expected(
        &self,
        before: &Self,
        cause: Cause<'_>,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<(), String> {
        self.resolved_by_themselves(before, cause, entries, now)?;
        self.flapping_as_expected(before, entries, now)?;
        self.released_as_expected(before, entries, now)?;
        let Cause::Command(command) = cause else { return Ok(()) };
        let What::Signal { signal, .. } = &command.what else { return Ok(()) };
        let changes: Vec<&SignalChange> = entries
            .iter()
            .filter_map(|entry| if let Fact::Signal(change) = &entry.fact { Some(change) } else { None })
            .collect();
        let [change] = changes.as_slice() else { return Err(format!("one signal gave {} changes", changes.len())) };
        let known = before.signals.get(&key(signal));
        let Some(catalog) = &before.catalog else { return Ok(()) };
        match (known, signal.status, change) {
            (Some(_), Status::Firing { .. }, SignalChange::Repeated { .. })
            | (Some(_), Status::Resolved { .. }, SignalChange::Resolved { .. })
            | (None, Status::Resolved { .. }, SignalChange::Ignored) => Ok(()),
            (None, Status::Firing { .. }, change) => match (verdict(catalog, signal), change) {
                (None, SignalChange::Dropped) => Ok(()),
                (Some((group, service, severity, auto)), SignalChange::Joined { case, .. }) => {
                    if before.covering(signal).is_some() {
                        return Err(format!("silence: {case} was told of what is silenced"));
                    }
                    self.joined_as_expected(before, signal, (group, service, severity, auto), *case, entries, now)
                }
                (Some(_), SignalChange::Silenced { .. }) => Ok(()),
                (expected, change) => Err(format!("routing: {expected:?} gave {change:?}")),
            },
            (known, status, change) => Err(format!("dedup: {known:?} told {status:?} gave {change:?}")),
        }
    }

    /// A signal went into the case it belongs to.
    fn joined_as_expected(
        &self,
        before: &Self,
        signal: &Signal,
        (group, service, severity, auto): (Group, Option<ServiceName>, Severity, bool),
        case: CaseId,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<(), String> {
        let expected = before.case_of(signal.drill, &group, now);
        let joined = self.cases.get(&case).ok_or("it joined no case")?;
        let fresh = !before.cases.contains_key(&case);
        let as_new = joined.group == group
            && joined.drill == signal.drill
            && joined.service == service
            && (joined.severity == severity || entries.iter().any(raised_by_symptom))
            && joined.auto == auto;
        match expected {
            Some(id) if id != case => Err(format!("grouping: it belongs to {id} and joined {case}")),
            None if !fresh || !as_new => Err(format!("grouping: it should have opened a case, not {case}")),
            _ if joined.phase == Phase::Resolved => Err(format!("grouping: {case} stays resolved")),
            _ if !joined.set_by_person && joined.severity > severity => {
                Err(format!("{case} is {} and a {severity} signal joined", joined.severity))
            }
            _ => Ok(()),
        }
    }

    /// What a silence lets go belongs where it would have gone without it.
    fn released_as_expected(&self, before: &Self, entries: &[Entry], now: Timestamp) -> Result<(), String> {
        let Some(catalog) = &before.catalog else { return Ok(()) };
        for entry in entries {
            let (Fact::Signal(SignalChange::Released { case, .. }), Attached::Signal(signal)) =
                (&entry.fact, &entry.attached)
            else {
                continue;
            };
            let verdict = verdict(catalog, signal).ok_or("routing: something is let go that a rule drops")?;
            self.joined_as_expected(before, signal, verdict, *case, entries, now)?;
        }
        Ok(())
    }

    fn resolved_by_themselves(
        &self,
        before: &Self,
        cause: Cause<'_>,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<(), String> {
        let by_person = matches!(cause, Cause::Command(command) if acts_on_a_case(&command.what));
        if by_person {
            return Ok(());
        }
        for (id, was) in before.cases.iter().filter(|(id, case)| id.kind != CaseKind::Action && !case.is_question()) {
            let Some(is) = self.cases.get(id) else { continue };
            let ended = was.firing > 0 && is.firing == 0;
            let has_flapped = was.flaps.flatten().is_some_and(|at| at <= now) && was.firing == 0;
            let quiet = is.flaps.flatten();
            if ended && was.flaps.is_some() && is.flaps.is_some() && quiet != Some(now + Duration::from_hours(1)) {
                return Err(format!("flapping: {id} fell quiet, and is over at {quiet:?}"));
            }
            let did =
                entries.iter().any(|entry| entry.subject == Some(*id) && matches!(entry.fact, Fact::Resolved { .. }));
            let by_signals = ended && was.auto && was.phase != Phase::Resolved && was.flaps.is_none();
            // That it does not wait any longer is seen once nothing is due any more.
            let by_drill = matches!(cause, Cause::Command(command)
                if matches!(&command.what, What::HoldDrill(held) if held.cases.contains(id)));
            let should = by_signals || (did && has_flapped) || (by_drill && was.phase != Phase::Resolved);
            if should != did {
                return Err(format!("{id}: its last signal ended is {should}, resolved by itself is {did}"));
            }
        }
        let reports = self.signals.values().filter(|row| row.reported);
        let mut orphans = reports.filter(|row| self.phase_of(row.case).is_none_or(|phase| phase == Phase::Resolved));
        orphans.next().map_or(Ok(()), |row| Err(format!("report {} outlives its case", row.number.0)))
    }
}
