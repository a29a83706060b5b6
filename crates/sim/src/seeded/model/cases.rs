//! How the model's cases and messages follow from entries, and which transitions it allows.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use wheelhouse_core::case::{CaseId, CaseKind, MessageId};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{CaseAction, Command, What};
use wheelhouse_core::notify::{NotTold, Purpose, Recipient, Stage};
use wheelhouse_core::record::{Actor, Attached, Entry, Fact, Why};
use wheelhouse_core::signal::Group;
use wheelhouse_core::time::{Duration, Timestamp};

use super::{Cause, MCase, MMessage, Model, Phase, storm};

/// The messages of a case.
pub(super) fn of_case(case: CaseId) -> RangeInclusive<MessageId> {
    MessageId { case, number: 0 }..=MessageId { case, number: u32::MAX }
}

/// A catalog as it came into force, with the automations that it was to bring.
fn with_own_automations(adopted: &Arc<Catalog>, cause: Cause<'_>) -> Arc<Catalog> {
    match cause {
        Cause::Command(Command { what: What::Adopt { catalog, .. }, .. }) if !catalog.automations.is_empty() => {
            Arc::new(Catalog { automations: catalog.automations.clone(), ..(**adopted).clone() })
        }
        _ => adopted.clone(),
    }
}

impl Model {
    /// Follows one entry; says if it may not happen now.
    pub(super) fn follow(
        &mut self,
        before: &Self,
        cause: Cause<'_>,
        entry: &Entry,
        now: Timestamp,
        stages: &mut BTreeMap<CaseId, Stage>,
    ) -> Result<(), String> {
        match &entry.fact {
            Fact::DoorsReady => self.doors = Some(now),
            Fact::CatalogAdopted { .. } => {
                if let Attached::Catalog(catalog) = &entry.attached {
                    let catalog = with_own_automations(catalog, cause);
                    self.earlier.extend(self.catalog.replace(catalog));
                }
            }
            Fact::Signal(change) => return self.follow_signal(change, entry, now),
            Fact::CaseOpened { .. } => return self.open(entry, stages),
            Fact::MessageQueued { .. }
            | Fact::MessageAccepted { .. }
            | Fact::MessageFailed { .. }
            | Fact::MessageWithdrawn { .. } => return self.follow_message(entry),
            Fact::SilenceSet { .. }
            | Fact::SilenceStarted { .. }
            | Fact::SilenceEndsSoon { .. }
            | Fact::SilenceEnded { .. } => return self.follow_silence(before, cause, entry, now),
            _ => {}
        }
        let Some(id) = entry.subject else { return Ok(()) };
        let was = before.cases.get(&id);
        let Some(case) = self.cases.get_mut(&id) else { return Err("the case is unknown".into()) };
        // One that stands for itself is told as what goes on, also where it became worse: nobody was told of it
        // while it followed from another.
        let begins = stages.get(&id).is_some_and(|stage| *stage != Stage::SeverityChanged);
        let stage = match &entry.fact {
            Fact::SeverityChanged { from, to } => {
                // A step of a run says what people wrote down.
                let step = matches!(cause, Cause::Command(Command { what: What::RunWork(_), .. }));
                let person = matches!(entry.actor, Actor::Person(_));
                if *from != case.severity || case.phase == Phase::Resolved || (case.set_by_person && !person && !step) {
                    return Err("the severity may not change so".into());
                }
                (case.severity, case.set_by_person) = (*to, case.set_by_person || person);
                (!begins).then_some(Stage::SeverityChanged)
            }
            Fact::TeamSet { team, service } => {
                case.team = team.clone();
                case.service = service.clone().or_else(|| case.service.clone());
                let known = was.is_some_and(|was| was.service != case.service) && case.phase != Phase::Resolved;
                known.then_some(Stage::Opened)
            }
            Fact::SymptomSet { .. } | Fact::FlappingBegun | Fact::QuietSet { .. } | Fact::NotTold { .. } => {
                case.follow_storm(&entry.fact, begins)
            }
            Fact::OwnerSet { owner } => {
                case.owner.clone_from(owner);
                None
            }
            Fact::Updated => Some(Stage::Update),
            Fact::EscalationSet { next } => {
                if next.is_some() && case.phase != Phase::Open {
                    return Err(format!("3: a case that is {:?} escalates", case.phase));
                }
                case.pending.clone_from(next);
                if next.is_some() {
                    case.parked = false;
                }
                None
            }
            Fact::EscalationParked | Fact::CaseSilenced { .. } | Fact::CaseUnsilenced | Fact::CaseRetired => {
                case.follow_rest(&entry.fact);
                None
            }
            _ => case.transition(entry, cause, now)?,
        };
        if let Some(stage) = stage {
            stages.insert(id, stage);
        }
        Ok(())
    }

    fn open(&mut self, entry: &Entry, stages: &mut BTreeMap<CaseId, Stage>) -> Result<(), String> {
        let (Some(id), Fact::CaseOpened { severity, service, team, group, auto_resolve, .. }) =
            (entry.subject, &entry.fact)
        else {
            return Err("a case without a name".into());
        };
        let same_kind = self.cases.keys().filter(|known| known.kind == id.kind);
        let number = same_kind.map(|id| id.number).max().unwrap_or(0) + 1;
        if id.number != number {
            return Err(format!("the next case is number {number}"));
        }
        let reporter = match (&entry.fact, &entry.actor) {
            (Fact::CaseOpened { reported: true, .. }, Actor::Person(person)) => Some(person.clone()),
            _ => None,
        };
        let case = MCase {
            drill: entry.drill,
            group: group.clone(),
            service: service.clone(),
            team: team.clone(),
            owner: None,
            severity: *severity,
            set_by_person: false,
            auto: *auto_resolve,
            phase: Phase::Open,
            firing: 0,
            members: 0,
            pending: None,
            parked: false,
            paged: std::collections::BTreeSet::new(),
            involved: reporter.into_iter().collect(),
            said: false,
            lapses_at: None,
            recheck_at: None,
            over_since: None,
            messages: 0,
            told: std::collections::BTreeSet::new(),
            reached: std::collections::BTreeSet::new(),
            root: None,
            flaps: None,
            silenced: None,
            retired: false,
            fired_again: Vec::new(),
            opened_at: entry.at,
            open_since: Some(entry.at),
        };
        self.cases.insert(id, case);
        stages.insert(id, Stage::Opened);
        Ok(())
    }

    fn follow_message(&mut self, entry: &Entry) -> Result<(), String> {
        let known = |model: &mut Self, id: MessageId| {
            let row = model.messages.get(&id).filter(|row| row.under_way).cloned();
            row.ok_or_else(|| format!("4: {id} is not under way"))
        };
        match &entry.fact {
            Fact::MessageQueued { message, recipient, purpose, .. } => {
                let case = self.cases.get_mut(&message.case).ok_or("a message of no case")?;
                case.messages += 1;
                if message.number != case.messages {
                    return Err(format!("{message} should be m{}", case.messages));
                }
                self.queue(entry, *message, recipient, purpose);
            }
            Fact::MessageAccepted { message, .. } => {
                let row = self.messages.remove(message).ok_or("4: a message is accepted that is done with")?;
                if let (Some(notice), Some(case)) = (row.notice, self.cases.get_mut(&message.case)) {
                    case.reached.extend(notice.whom.into_iter().map(|(whom, _)| whom));
                }
            }
            Fact::MessageFailed { message, retry, .. } => {
                known(self, *message)?;
                if retry.is_none() {
                    self.messages.remove(message);
                } else if let Some(row) = self.messages.get_mut(message) {
                    row.attempted = true;
                }
            }
            Fact::MessageWithdrawn { message, .. } => {
                let mut row = known(self, *message)?;
                (row.under_way, row.withdrawn) = (false, true);
                self.messages.insert(*message, row);
            }
            _ => {}
        }
        Ok(())
    }

    fn queue(&mut self, entry: &Entry, id: MessageId, recipient: &Recipient, purpose: &Purpose) {
        let notice = storm::notice(recipient, purpose);
        if let (Some(notice), Some(case)) = (&notice, self.cases.get_mut(&id.case)) {
            case.told.extend(notice.whom.iter().map(|(whom, _)| whom.clone()));
        }
        let not_before = match &entry.fact {
            Fact::MessageQueued { not_before, .. } => *not_before,
            _ => None,
        };
        let row = MMessage {
            is_page: matches!(purpose, Purpose::Page),
            urgent: matches!(purpose, Purpose::Page | Purpose::Wanted { .. }),
            asked: matches!(entry.why, Some(Why::Asked { .. })),
            under_way: true,
            withdrawn: false,
            recipient: recipient.clone(),
            notice,
            joined: matches!(purpose, Purpose::Informed { stage: Stage::Joined }),
            wanted: match purpose {
                Purpose::Wanted { wanted, .. } => Some(wanted.clone()),
                _ => None,
            },
            held_until: not_before.unwrap_or(entry.at),
            attempted: false,
            contact: 0,
            doubtful: false,
        };
        self.messages.insert(id, row);
    }

    /// Whether a command must be accepted, where the model can tell.
    pub fn must_accept(&self, command: &Command, now: Timestamp) -> Option<bool> {
        self.catalog.as_ref()?;
        match &command.what {
            What::Change(report) => return Some(report.at <= now + Duration::from_minutes(10)),
            What::SetSilence(request) => return self.must_silence(request, now),
            What::EndSilence { silence, .. } => return Some(self.must_end(*silence)),
            What::HoldDrill(held) => {
                let mut known = held.cases.iter().filter_map(|id| self.cases.get(id));
                return Some(known.all(|case| case.drill));
            }
            What::StartRun(_) | What::Run { .. } => return self.must_run(command, now),
            What::RunWork(_) | What::Lease(_) | What::Automation { .. } | What::ApproveVersion(_) => {
                return self.must_do(command, now);
            }
            _ => {}
        }
        let What::Case { case, action, .. } = &command.what else {
            return matches!(command.what, What::Signal { .. } | What::Attempted { .. } | What::DoorsReady)
                .then_some(true);
        };
        let Some(known) = self.cases.get(case) else { return Some(false) };
        if case.kind == CaseKind::Action {
            return self.must_accept_of_action(*case, action);
        }
        let over = known.phase == Phase::Resolved;
        match action {
            CaseAction::Acknowledge | CaseAction::Mitigate(None) | CaseAction::Resolve { at: None, .. } => Some(!over),
            CaseAction::Note(_) | CaseAction::Update(_) => Some(true),
            CaseAction::Link(link) => link.case.is_some_and(|other| !self.cases.contains_key(&other)).then_some(false),
            CaseAction::SetSeverity(to) => Some(!over && *to != known.severity),
            CaseAction::Reopen(_) => {
                // One that is to be looked at again still fires, and counts as open.
                let is_open = |other: &MCase| other.phase != Phase::Resolved || other.recheck_at.is_some();
                let mut others = self
                    .cases
                    .iter()
                    .filter(|(id, other)| *id != case && other.drill == known.drill && other.group == known.group);
                Some(over && !known.retired && !others.any(|(_, other)| is_open(other)))
            }
            _ => None,
        }
    }
}

impl MCase {
    /// Whether it was opened because a run or an automation wants people, and for nothing else.
    pub(super) fn is_question(&self) -> bool {
        let asks = |words: &str| words.ends_with(" wants people") || words.starts_with("automation ");
        matches!(&self.group, Group::Hub(words) if asks(words))
    }

    fn transition(&mut self, entry: &Entry, cause: Cause<'_>, now: Timestamp) -> Result<Option<Stage>, String> {
        match &entry.fact {
            Fact::CaseReopened => {
                if self.phase != Phase::Resolved {
                    return Err("a case that is not over is opened again".into());
                }
                let again = matches!(entry.why, Some(Why::FiredAgain { .. }));
                let asks = self.is_question() && matches!(entry.why, Some(Why::Wanted { .. }));
                if matches!(cause, Cause::Due) && !again && !asks && self.recheck_at.is_none_or(|at| at > now) {
                    return Err("a case is opened again before it is to be looked at".into());
                }
                (self.phase, self.recheck_at, self.over_since) = (Phase::Open, None, None);
                self.open_since = Some(now);
                self.silenced = None;
                if again {
                    self.fired_again.push(now);
                }
                return Ok(Some(Stage::Reopened));
            }
            Fact::Acknowledged { lapses_at } => {
                if self.phase == Phase::Resolved {
                    return Err("a case that is over is acknowledged".into());
                }
                self.stand_down();
                if self.phase != Phase::Mitigated {
                    (self.phase, self.lapses_at) = (Phase::Acknowledged, Some(*lapses_at));
                }
            }
            Fact::AcknowledgementLapsed => {
                let laid_down = cause.lays_the_case_down();
                if self.phase != Phase::Acknowledged || (!laid_down && self.lapses_at.is_none_or(|at| at > now)) {
                    return Err("an acknowledgement lapses before its time".into());
                }
                (self.phase, self.lapses_at, self.said) = (Phase::Open, None, false);
                self.open_since = Some(now);
            }
            Fact::AcknowledgementExtended { lapses_at } => {
                if self.phase != Phase::Acknowledged {
                    return Err("an acknowledgement is extended that there is not".into());
                }
                self.lapses_at = Some(*lapses_at);
            }
            Fact::Mitigated { .. } => {
                self.stand_down();
                self.phase = Phase::Mitigated;
            }
            Fact::Resolved { recheck_at, .. } => {
                if self.phase == Phase::Resolved {
                    return Err("a case is resolved twice".into());
                }
                self.stand_down();
                (self.phase, self.recheck_at, self.over_since) = (Phase::Resolved, *recheck_at, Some(now));
                (self.root, self.flaps) = (None, None);
                return Ok(Some(Stage::Resolved));
            }
            Fact::Rechecked => self.recheck_at = None,
            _ => {}
        }
        Ok(None)
    }

    /// What it follows from, whether it comes and goes, and who hears of it elsewhere.
    fn follow_storm(&mut self, fact: &Fact, begins: bool) -> Option<Stage> {
        match fact {
            Fact::SymptomSet { root, release_at } => {
                self.root = root.map(|root| (root, *release_at));
                (root.is_none() && !begins).then_some(Stage::GoesOn)
            }
            Fact::FlappingBegun => {
                self.flaps = Some(None);
                Some(Stage::Flapping)
            }
            Fact::QuietSet { over_at } => {
                self.flaps = self.flaps.map(|_| *over_at);
                None
            }
            Fact::NotTold {
                recipient,
                reason: NotTold::ToldByRoot { .. } | NotTold::CauseIsKnown { .. } | NotTold::NotAffected,
                ..
            } => {
                self.told.remove(recipient);
                None
            }
            _ => None,
        }
    }

    /// What stops its timers or its pages, or keeps everything away from it.
    fn follow_rest(&mut self, fact: &Fact) {
        match fact {
            Fact::EscalationParked => {
                self.parked = true;
                (self.lapses_at, self.recheck_at) = (None, None);
                self.root = self.root.map(|(root, _)| (root, None));
                self.flaps = self.flaps.map(|_| None);
            }
            Fact::CaseSilenced { silences, .. } => {
                (self.pending, self.silenced) = (None, Some(silences.iter().copied().collect()));
            }
            Fact::CaseUnsilenced => self.silenced = None,
            Fact::CaseRetired => (self.retired, self.recheck_at) = (true, None),
            _ => {}
        }
    }

    fn stand_down(&mut self) {
        (self.pending, self.lapses_at, self.open_since) = (None, None, None);
        (self.parked, self.said, self.silenced) = (false, false, None);
    }
}
