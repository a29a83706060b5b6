//! Silences, told the plainest way: every firing signal against every silence, after every plan.

use std::collections::BTreeSet;

use wheelhouse_core::World;
use wheelhouse_core::case::{CaseId, CaseKind};
use wheelhouse_core::kernel::{SilenceRequest, What};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::notify::{Purpose, Recipient};
use wheelhouse_core::record::{Actor, Entry, Fact, Why};
use wheelhouse_core::signal::{Adapter, Signal};
use wheelhouse_core::silence::{Matcher, SilenceId, SilenceState};
use wheelhouse_core::time::{Duration, Timestamp};

use super::{Cause, Model, Phase};

const QUARTER: Duration = Duration::from_minutes(15);
const FIVE_DAYS: Duration = Duration::from_hours(24 * 5);
const THIRTY_DAYS: Duration = Duration::from_hours(24 * 30);

/// A silence.
#[derive(Clone, Debug)]
pub(super) struct MSilence {
    drill: bool,
    matchers: Vec<Matcher>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    state: SilenceState,
    warned: bool,
    author: Option<PersonName>,
}

impl MSilence {
    fn covers(&self, signal: &Signal) -> bool {
        self.state == SilenceState::Active
            && self.drill == signal.drill
            && signal.adapter != Adapter::Report
            && self.matchers.iter().all(|one| fits(one, signal.labels.get(one.name()).unwrap_or("")))
    }

    /// What should have happened by now and has not.
    fn overdue(&self, now: Timestamp) -> bool {
        let warn_at = self.ends_at - QUARTER;
        match self.state {
            SilenceState::Expired => false,
            _ if self.ends_at <= now => true,
            SilenceState::Pending => self.starts_at <= now,
            SilenceState::Active => !self.warned && warn_at.since(self.starts_at) >= QUARTER && warn_at <= now,
        }
    }
}

/// The regular expressions of these stories are alternatives, anything, or anything but nothing.
fn fits(matcher: &Matcher, value: &str) -> bool {
    let holds = match (matcher.is_regex(), matcher.value()) {
        (false, wanted) => wanted == value,
        (true, ".*") => true,
        (true, ".+") => !value.is_empty(),
        (true, wanted) => wanted.split('|').any(|one| one == value),
    };
    holds != matcher.is_negated()
}

impl Model {
    /// The first silence that covers a signal now.
    pub(super) fn covering(&self, signal: &Signal) -> Option<SilenceId> {
        self.silences.iter().find(|(_, silence)| silence.covers(signal)).map(|(id, _)| *id)
    }

    /// Whether a silence is over.
    pub(super) fn is_over(&self, id: SilenceId) -> bool {
        self.silences.get(&id).is_none_or(|silence| silence.state == SilenceState::Expired)
    }

    /// Whether something fires for a case, and all of it is silenced.
    fn is_covered(&self, id: CaseId) -> bool {
        let mut members = self.signals.values().filter(|row| row.case == Some(id)).peekable();
        members.peek().is_some() && members.all(|row| self.covering(&row.signal).is_some())
    }

    /// Whether a request for a silence must be accepted; one that is long over may be forgotten.
    pub(super) fn must_silence(&self, request: &SilenceRequest, now: Timestamp) -> Option<bool> {
        let is_wide = |one: &Matcher| one.is_negated() || fits(one, "") || (one.is_regex() && one.value() == ".+");
        let lasts = request.ends_at.since(request.starts_at.max(now));
        let known = request.id.map(|id| self.silences.get(&id));
        let forgotten = |one: &MSilence| one.state == SilenceState::Expired && now.since(one.ends_at) > FIVE_DAYS;
        if known.flatten().is_some_and(forgotten) {
            return None;
        }
        let fits = request.starts_at < request.ends_at
            && request.ends_at >= now
            && lasts <= THIRTY_DAYS
            && request.matchers.iter().any(|one| !is_wide(one))
            && known.is_none_or(|known| known.is_some_and(|known| known.drill == request.drill));
        Some(fits)
    }

    /// Whether a silence can be ended.
    pub(super) fn must_end(&self, id: SilenceId) -> bool {
        !self.is_over(id)
    }

    /// Follows an entry about a silence; says if it may not happen now.
    pub(super) fn follow_silence(
        &mut self,
        before: &Self,
        cause: Cause<'_>,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("silence: {what}"));
        if let Fact::SilenceSet { .. } = &entry.fact {
            return self.follow_set(before, cause, entry, now);
        }
        let (Fact::SilenceStarted { silence: id }
        | Fact::SilenceEndsSoon { silence: id, .. }
        | Fact::SilenceEnded { silence: id }) = &entry.fact
        else {
            return Ok(());
        };
        let held = self.signals.values().filter(|row| row.silence == Some(*id)).count() as u64;
        let Some(silence) = self.silences.get_mut(id) else { return wrong("one is not known") };
        if silence.drill != entry.drill {
            return wrong("drill and real are mixed");
        }
        match &entry.fact {
            Fact::SilenceStarted { .. } => {
                if silence.state != SilenceState::Pending || silence.starts_at > now {
                    return wrong("one starts that should not");
                }
                silence.state = SilenceState::Active;
            }
            Fact::SilenceEndsSoon { signals, .. } => {
                let early = silence.ends_at - QUARTER > now || silence.ends_at <= now;
                if silence.state != SilenceState::Active || silence.warned || early || *signals != held {
                    return wrong("one is said to end soon, or to hold what it does not");
                }
                silence.warned = true;
            }
            _ => {
                let by_command = match cause {
                    Cause::Command(command) => match &command.what {
                        What::EndSilence { silence, .. } => silence == id,
                        What::SetSilence(request) => request.id == Some(*id),
                        _ => false,
                    },
                    Cause::Due => silence.ends_at <= now,
                };
                if silence.state == SilenceState::Expired || !by_command {
                    return wrong("one ends that should not");
                }
                (silence.starts_at, silence.ends_at) = (silence.starts_at.min(now), silence.ends_at.min(now));
                silence.state = SilenceState::Expired;
            }
        }
        Ok(())
    }

    fn follow_set(&mut self, before: &Self, cause: Cause<'_>, entry: &Entry, now: Timestamp) -> Result<(), String> {
        let (Fact::SilenceSet { silence, matchers, starts_at, ends_at, replaces }, Cause::Command(command)) =
            (&entry.fact, cause)
        else {
            return Err("silence: one is set by itself".into());
        };
        let What::SetSilence(request) = &command.what else { return Err("silence: nobody asked for one".into()) };
        let known = request.id.and_then(|id| Some((id, before.silences.get(&id)?)));
        let in_place = known.filter(|(_, known)| {
            known.matchers == request.matchers
                && match known.state {
                    SilenceState::Active => known.starts_at == request.starts_at,
                    SilenceState::Pending => request.starts_at >= now,
                    SilenceState::Expired => false,
                }
        });
        let expected = match (in_place, known) {
            (Some((id, _)), _) => (id, request.starts_at, None),
            (None, known) => {
                let last = self.silences.keys().next_back().map_or(0, |id| id.0);
                let replaced = known.filter(|(_, known)| known.state != SilenceState::Expired).map(|(id, _)| id);
                (SilenceId(last + 1), request.starts_at.max(now), replaced)
            }
        };
        let as_asked = *matchers == request.matchers && *ends_at == request.ends_at && entry.drill == request.drill;
        if (*silence, *starts_at, *replaces) != expected || !as_asked {
            return Err(format!("silence: {silence} from {starts_at} in place of {replaces:?}, expected {expected:?}"));
        }
        let author = match &command.actor {
            Actor::Person(person) => Some(person.clone()),
            _ => None,
        };
        let author = in_place.map_or(author, |(_, known)| known.author.clone());
        let state = if *starts_at <= now { SilenceState::Active } else { SilenceState::Pending };
        let (matchers, drill, warned) = (matchers.clone(), entry.drill, false);
        let row = MSilence { drill, matchers, starts_at: *starts_at, ends_at: *ends_at, state, warned, author };
        self.silences.insert(*silence, row);
        Ok(())
    }

    /// Whoever is silenced is so for as long as all that fires is covered, and no longer; nothing is hidden
    /// for ever, and whoever made a silence that still holds something hears of its end.
    pub(super) fn silences_as_expected(
        &mut self,
        before: &Self,
        cause: Cause<'_>,
        entries: &[Entry],
    ) -> Result<(), String> {
        if let Cause::Command(command) = cause {
            let set = entries.iter().filter(|entry| matches!(entry.fact, Fact::SilenceSet { .. })).count();
            let ended = entries.iter().any(|entry| matches!(entry.fact, Fact::SilenceEnded { .. }));
            match &command.what {
                What::SetSilence(_) if set != 1 => return Err("silence: it was asked for and is not there".into()),
                What::HoldDrill(held) => {
                    let open = |id: &CaseId| self.cases.get(id).is_some_and(|case| !case.retired);
                    if let Some(id) = held.cases.iter().find(|id| open(id)) {
                        return Err(format!("drill: {id} belongs to one that is over, and may go on"));
                    }
                }
                What::EndSilence { .. } if !ended => return Err("silence: it was to be ended and is not".into()),
                _ => {}
            }
        }
        for (id, case) in self.cases.iter().filter(|(id, _)| id.kind == CaseKind::Incident) {
            match &case.silenced {
                Some(_) if case.phase != Phase::Open || case.pending.is_some() => {
                    return Err(format!(
                        "silence: {id} is silenced, {:?}, and goes on with {:?}",
                        case.phase, case.pending
                    ));
                }
                Some(_) if case.firing > 0 && !self.is_covered(*id) => {
                    return Err(format!("silence: {id} is silenced, and something fires that no silence covers"));
                }
                None if case.phase == Phase::Open && case.pending.is_some() && self.is_covered(*id) => {
                    return Err(format!("silence: {id} pages, and all that fires is silenced"));
                }
                _ => {}
            }
        }
        for entry in entries {
            match (&entry.fact, entry.subject) {
                (Fact::CaseSilenced { .. }, Some(id)) => {
                    let mut rows = self.messages.range(super::cases::of_case(id));
                    if let Some((page, _)) = rows.find(|(_, row)| row.is_page && row.under_way) {
                        return Err(format!("silence: {page} is still under way"));
                    }
                }
                (Fact::CaseOpened { .. }, Some(id)) => {
                    if let Some(Why::SilenceEndsSoon { silence, .. }) = &entry.why {
                        self.reminders.insert(id, *silence);
                    }
                }
                (Fact::SilenceEndsSoon { silence, signals }, _) => {
                    self.reminded(before, *silence, *signals, entries)?
                }
                _ => {}
            }
        }
        self.reminders_end(entries)
    }

    fn reminded(&self, before: &Self, id: SilenceId, signals: u64, entries: &[Entry]) -> Result<(), String> {
        let holds_case = |by: &BTreeSet<SilenceId>| by.contains(&id);
        let cases = before.cases.values().filter(|case| case.silenced.as_ref().is_some_and(holds_case)).count();
        let author = self.silences.get(&id).and_then(|silence| silence.author.clone()).map(Recipient::Person);
        let said = entries.iter().any(|entry| {
            let Fact::MessageQueued { recipient, purpose: Purpose::Informed { .. }, .. } = &entry.fact else {
                return false;
            };
            matches!(entry.why, Some(Why::SilenceEndsSoon { .. })) && Some(recipient) == author.as_ref()
        });
        let should = author.is_some() && (signals, cases) != (0, 0);
        if said == should { Ok(()) } else { Err(format!("silence: that {id} ends soon is said is {said}")) }
    }

    /// A reminder is over with what it reminds of.
    fn reminders_end(&self, entries: &[Entry]) -> Result<(), String> {
        for entry in entries {
            let (Fact::SilenceEnded { silence } | Fact::SilenceSet { silence, .. }) = &entry.fact else { continue };
            let of_it = self.reminders.iter().filter(|(_, of)| *of == silence);
            let mut open = of_it.filter(|(id, _)| self.cases.get(id).is_some_and(|case| case.phase != Phase::Resolved));
            if let Some((id, _)) = open.next() {
                return Err(format!("silence: {id} outlives what it reminds of"));
            }
        }
        Ok(())
    }

    /// Nothing of a silence is left that was due at `now`.
    pub(super) fn silences_at_rest(&self, now: Timestamp) -> Result<(), String> {
        if let Some((id, _)) = self.silences.iter().find(|(_, silence)| silence.overdue(now)) {
            return Err(format!("silence: {id} should have started, warned or ended"));
        }
        let mut held = self.signals.values().filter(|row| row.silence.is_some_and(|id| self.is_over(id)));
        held.next().map_or(Ok(()), |row| Err(format!("1: signal {} is held back by what is over", row.number.0)))
    }

    /// Compares silences, and what they hold back, with the live world.
    pub(super) fn silences_agree(&self, world: &World) -> Result<(), String> {
        for (id, ours) in &self.silences {
            let Some(theirs) = world.silences().get(*id) else {
                if ours.state == SilenceState::Expired {
                    continue;
                }
                return Err(format!("silence: {id} is {:?} and not in the world", ours.state));
            };
            let same = (theirs.state, theirs.starts_at, theirs.ends_at, theirs.warned, theirs.drill)
                == (ours.state, ours.starts_at, ours.ends_at, ours.warned, ours.drill);
            if !same {
                return Err(format!("silence: the model's {id}\n{ours:?}\nis not the world's\n{theirs:?}"));
            }
        }
        for row in self.signals.values() {
            let place = world.signals().get(row.number).map(|active| (active.case, active.silence));
            if place != Some((row.case, row.silence)) {
                return Err(format!("silence: signal {} is at {place:?} in the world, not {row:?}", row.number.0));
            }
        }
        Ok(())
    }
}
