//! What holds of every entry, and of every plan as a whole.

use std::collections::BTreeMap;

use wheelhouse_core::case::{CaseId, CaseKind};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{Outcome, What};
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::notify::{NotTold, Purpose, Recipient, Stage};
use wheelhouse_core::record::{Attached, Entry, Fact, Why};
use wheelhouse_core::time::{Duration, Timestamp};

use super::escalation::{Begin, Step, Steps};
use super::told::Owed;
use super::{Cause, MCase, Model, Phase, escalation, told};

/// The case that an entry is about.
pub(super) fn touches(entry: &Entry) -> Option<CaseId> {
    match &entry.fact {
        Fact::Signal(change) => change.case(),
        _ => entry.subject,
    }
}

impl Model {
    /// Drill and real never mix, and nothing happens at another time than now.
    pub(super) fn general(&self, entry: &Entry, now: Timestamp) -> Result<(), String> {
        if entry.at != now {
            return Err(format!("an entry of {} at {now}", entry.at));
        }
        let case = touches(entry).and_then(|id| self.cases.get(&id));
        if let Some(case) = case.filter(|case| case.drill != entry.drill) {
            return Err(format!("11: drill is {} and the entry's {}: {:?}", case.drill, entry.drill, entry.fact));
        }
        if let (Fact::Signal(_), Attached::Signal(signal)) = (&entry.fact, &entry.attached)
            && signal.drill != entry.drill
        {
            return Err("11: a signal's drill flag is not its entry's".into());
        }
        Ok(())
    }

    /// Escalation, telling, withdrawal and resolving of one case, by what happened to it in the plan.
    pub(super) fn case_as_expected(
        &mut self,
        before: &Self,
        cause: Cause<'_>,
        id: CaseId,
        entries: &[Entry],
        now: Timestamp,
        stages: &BTreeMap<CaseId, Stage>,
    ) -> Result<(), String> {
        let Some(case) = self.cases.get(&id).cloned() else { return Err(format!("{id} is unknown")) };
        let was = before.cases.get(&id);
        let own: Vec<&Entry> = entries.iter().filter(|entry| entry.subject == Some(id)).collect();
        // What a run asks people in a case of its own is neither escalated nor told to anybody else.
        if case.is_question() {
            return Ok(());
        }
        if id.kind == CaseKind::Action {
            return self.action_as_expected(id, &own);
        }
        self.escalated(cause, id, &case, was, &own, now)?;
        let stage = stages.get(&id).copied();
        self.told(before, id, &case, was, stage, &own, now)?;
        let stood_down = own.iter().any(|entry| {
            matches!(entry.fact, Fact::Acknowledged { .. } | Fact::Mitigated { .. } | Fact::Resolved { .. })
        });
        if stood_down {
            let mut pages =
                self.messages.range(super::cases::of_case(id)).filter(|(_, row)| row.is_page && row.under_way);
            if let Some((page, _)) = pages.next() {
                return Err(format!("3: {page} is still under way after the case was taken"));
            }
        }
        Ok(())
    }

    fn escalated(
        &mut self,
        cause: Cause<'_>,
        id: CaseId,
        case: &MCase,
        was: Option<&MCase>,
        own: &[&Entry],
        now: Timestamp,
    ) -> Result<(), String> {
        let Some(catalog) = self.catalog.clone() else { return Ok(()) };
        let has = |wanted: fn(&Fact) -> bool| own.iter().any(|entry| wanted(&entry.fact));
        let fresh =
            has(|fact| matches!(fact, Fact::CaseOpened { .. } | Fact::CaseReopened | Fact::AcknowledgementLapsed))
                || (has(|fact| matches!(fact, Fact::TeamSet { .. })) && case.phase == Phase::Open)
                || (has(|fact| matches!(fact, Fact::SymptomSet { root: None, .. }))
                    && case.phase == Phase::Open
                    && was.is_some_and(|was| was.pending.is_none()))
                || (has(|fact| matches!(fact, Fact::SeverityChanged { .. }))
                    && case.phase == Phase::Open
                    && was.is_some_and(|was| was.pending.is_none()))
                || (has(|fact| matches!(fact, Fact::CaseUnsilenced)) && case.phase == Phase::Open);
        let pending = was.and_then(|was| was.pending.clone()).filter(|_| was.is_some_and(|was| !was.parked));
        let due = pending.filter(|next| matches!(cause, Cause::Due) && next.due_at <= now && !fresh);
        let made_symptom =
            case.root.is_some() && was.is_some_and(|was| was.root.map(|root| root.0) != case.root.map(|root| root.0));
        let stepped = has(|fact| matches!(fact, Fact::EscalationStepped { .. }));
        if fresh && case.silenced.is_some() {
            return if stepped { Err(format!("silence: {id} is silenced, and escalates")) } else { Ok(()) };
        }
        if (fresh || made_symptom) && case.phase == Phase::Open && self.is_held(case, now) {
            return self.held_back(id, case, own);
        }
        let expected: Option<Steps> = if fresh {
            match escalation::begin(&catalog, case, now) {
                Begin::Steps(steps) => Some(steps),
                Begin::Inform => {
                    return self.informed(id, own);
                }
            }
        } else {
            due.map(|next| escalation::carry_out(&catalog, next, now))
        };
        let happened: Vec<_> = own
            .iter()
            .filter_map(|entry| match &entry.fact {
                Fact::EscalationStepped { step, people } => Some((step.clone(), people.clone())),
                _ => None,
            })
            .collect();
        let Some((steps, next)) = expected else {
            return if happened.is_empty() {
                Ok(())
            } else {
                Err(format!("2: {id} stepped without need: {happened:?}"))
            };
        };
        if happened != steps {
            return Err(format!("2: {id} should have stepped {steps:?}\nbut did {happened:?}"));
        }
        pages_of_steps(&steps, own, now).map_err(|problem| format!("2: {id} {problem}"))?;
        if case.phase == Phase::Open && case.pending.as_ref() != Some(&next) {
            return Err(format!("2: {id} should go on with {next:?}\nbut does with {:?}", case.pending));
        }
        Ok(())
    }

    fn informed(&mut self, id: CaseId, own: &[&Entry]) -> Result<(), String> {
        let said = own.iter().any(|entry| match &entry.fact {
            Fact::MessageQueued { purpose, .. } => matches!(purpose, Purpose::Informed { .. } | Purpose::Page),
            _ => false,
        });
        let case = self.cases.get_mut(&id).ok_or("unknown")?;
        case.said = said;
        if let (Some(pending), Phase::Open) = (&case.pending, case.phase) {
            return Err(format!("2: {id} is not paged for any more and still escalates: {pending:?}"));
        }
        if said { Ok(()) } else { Err(format!("2: {id} is below what is paged, and nobody was informed")) }
    }

    #[expect(clippy::too_many_arguments, reason = "what happened, and to what")]
    fn told(
        &self,
        before: &Self,
        id: CaseId,
        case: &MCase,
        was: Option<&MCase>,
        stage: Option<Stage>,
        own: &[&Entry],
        now: Timestamp,
    ) -> Result<(), String> {
        let Some(catalog) = &self.catalog else { return Ok(()) };
        let mut happened = Owed::default();
        for entry in own {
            match &entry.fact {
                Fact::MessageQueued {
                    recipient, purpose: Purpose::Told { stage: named, path, digest, .. }, ..
                } => {
                    if stage.is_some_and(|stage| *named != stage) {
                        return Err(format!("6: {id} tells {recipient} {named:?}, which it is not"));
                    }
                    // What a notice takes along that waited was decided under the catalog of then.
                    let of_then =
                        if digest.ways.is_empty() && digest.stages.is_empty() { &[][..] } else { &self.earlier };
                    for path in digest.ways.iter().map(|way| &way.path).chain([path]) {
                        explained(catalog, case, path)
                            .or_else(|problem| {
                                let was = of_then.iter().any(|catalog| explained(catalog, case, path).is_ok());
                                if was { Ok(()) } else { Err(problem) }
                            })
                            .map_err(|problem| format!("6: {id} tells {recipient}: {problem}"))?;
                    }
                    let Fact::MessageQueued { purpose, .. } = &entry.fact else { continue };
                    if happened.messages.iter().any(|(addressee, _)| addressee == recipient) {
                        return Err(format!("6: {id} tells {recipient} twice"));
                    }
                    happened.write(recipient, purpose);
                }
                Fact::NotTold { reason: NotTold::EveryContactFailed, .. } => {}
                Fact::NotTold { recipient, reason, .. } => {
                    *happened.not_told.entry((recipient.clone(), reason.clone())).or_default() += 1;
                }
                _ => {}
            }
        }
        let none = std::collections::BTreeSet::new();
        let told = was.map_or(&none, |was| &was.told);
        let root = case.root.and_then(|(root, _)| Some((root, self.cases.get(&root)?)));
        let unheard = before.unheard(id, case, now);
        let mut owed =
            stage.map(|stage| told::owed(catalog, case, told, stage, now, root, &unheard)).unwrap_or_default();
        self.settled(before, id, own, now, stage, root, &mut owed)?;
        if owed == happened {
            Ok(())
        } else {
            Err(format!("6: {id} at {stage:?} owes\n{owed:?}\nand did\n{happened:?}"))
        }
    }

    /// What follows from an attempt: an accepted page that was called off is marked, a duplicate is ignored.
    pub(super) fn answers_as_expected(&self, before: &Self, cause: Cause<'_>, entries: &[Entry]) -> Result<(), String> {
        let Cause::Command(command) = cause else { return Ok(()) };
        let What::Attempted { message: id, outcome, contact, .. } = &command.what else { return Ok(()) };
        let known = before.messages.get(id);
        let (under_way, withdrawn) = known.map_or((false, false), |row| (row.under_way, row.withdrawn));
        // What asks for something else than the case itself has not crossed what became of the case.
        let crosses = known.is_some_and(|row| row.is_page || !row.urgent);
        let accepted = entries.iter().find_map(|entry| match &entry.fact {
            Fact::MessageAccepted { crossed_acknowledgement, .. } => Some(*crossed_acknowledgement),
            _ => None,
        });
        let expected = match outcome {
            Outcome::Accepted { .. } if contact.is_some() && under_way => Some(false),
            Outcome::Accepted { .. } if contact.is_some() && withdrawn && crosses => Some(true),
            _ => None,
        };
        if accepted != expected {
            return Err(format!("3: {id} crossed the acknowledgement: {expected:?} expected, {accepted:?} said"));
        }
        if !under_way && !withdrawn && !entries.is_empty() {
            return Err(format!("4: an answer about {id}, which is done with, changed something"));
        }
        if matches!(outcome, Outcome::Failed { .. } | Outcome::Unknown { .. }) && under_way && entries.is_empty() {
            return Err(format!("4: {id} failed and nothing followed"));
        }
        Ok(())
    }
}

/// Each step that reached people queued one page to each of them, and says if it came late.
fn pages_of_steps(steps: &[Step], own: &[&Entry], now: Timestamp) -> Result<(), String> {
    let mut expected: Vec<(Recipient, Option<Duration>)> = Vec::new();
    for (step, people) in steps {
        let late = now.since(step.due_at);
        let late = (step.escalation.is_some() && late > Duration::from_seconds(1)).then_some(late);
        expected.extend(people.iter().map(|person| (Recipient::Person(person.clone()), late)));
    }
    let happened: Vec<_> = own
        .iter()
        .filter_map(|entry| match (&entry.fact, &entry.why) {
            (Fact::MessageQueued { recipient, purpose: Purpose::Page, .. }, Some(Why::Step { late_by, .. })) => {
                Some((recipient.clone(), *late_by))
            }
            (Fact::MessageQueued { recipient, purpose: Purpose::Page, .. }, Some(Why::Fallback { .. })) => {
                Some((recipient.clone(), None))
            }
            _ => None,
        })
        .collect();
    // A step whose escalation has left the catalog is carried out as a fallback page, which names no lateness.
    let same = expected.len() == happened.len()
        && expected.iter().zip(&happened).all(|(a, b)| {
            a.0 == b.0
                && (a.1 == b.1
                    || b.1.is_none() && own.iter().any(|entry| matches!(entry.why, Some(Why::Fallback { .. }))))
        });
    if same { Ok(()) } else { Err(format!("should have paged {expected:?}\nbut paged {happened:?}")) }
}

/// A path leads from the case's service along dependencies.
fn explained(catalog: &Catalog, case: &MCase, path: &[ServiceName]) -> Result<(), String> {
    if path.first() != case.service.as_ref() {
        return Err(format!("the path {path:?} does not begin with the broken service"));
    }
    let depends = |a: &ServiceName, b: &ServiceName| {
        let service = catalog.services.get(a);
        service.is_some_and(|service| service.depends_on.iter().any(|edge| edge.service == *b))
    };
    let joined = path.iter().zip(path.iter().skip(1)).all(|(a, b)| depends(b, a) || (path.len() == 2 && depends(a, b)));
    if joined { Ok(()) } else { Err(format!("the path {path:?} does not follow dependencies")) }
}
