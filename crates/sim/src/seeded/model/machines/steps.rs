//! What may happen to a step, and when.

use wheelhouse_core::kernel::{CaseAction, HubWork, RunAction, RunWork};
use wheelhouse_core::record::{Actor, Entry, RunFact, RunHappening};
use wheelhouse_core::run::{AttemptEnd, Course, Epoch, RunId, Settling};
use wheelhouse_core::runbook::{Does, StepId};
use wheelhouse_core::time::{Duration, Timestamp};

use super::super::Model;
use super::course::asked;
use super::{MRun, MStep, MWork, Machines, Plan, Rules, Stage};

/// How much longer than a step may take a silent runner is waited for, at most.
const PATIENCE: Duration = Duration::from_minutes(5);
/// The most attempts in a row of which nothing began.
const UNSTARTED: u32 = 6;

impl Machines {
    pub(super) fn at_step(&mut self, plan: Plan<'_>, entry: &Entry, part: &RunFact) -> Result<(), String> {
        let id = part.what.step().ok_or("it is about no step")?;
        let newest = self.last_epoch;
        let holder = |lock: &str| self.runs.values().find(|run| run.locks.contains(lock)).map(|run| run.id);
        let run = self.runs.get(&part.run).ok_or("the run is unknown")?;
        let index = run.steps.iter().position(|step| step.id == *id).ok_or("it has no such step")?;
        match &part.what {
            RunHappening::StepSettled { how, .. } => self.may_settle(plan, entry, (part.run, id), *how)?,
            RunHappening::TurnCame { .. } => match asked(plan, part.run, &entry.actor) {
                Some(RunAction::Execute { step }) if step == id => {}
                _ if entry.actor == Actor::Hub => run.whose_turn(index)?,
                _ => return Err("nobody asked for it".into()),
            },
            RunHappening::LockWanted { lock, .. } if holder(lock).is_none_or(|other| other == part.run) => {
                return Err(format!("it waits for {lock}, which {:?} holds", holder(lock)));
            }
            RunHappening::Approved { input, .. } => {
                let Actor::Person(person) = &entry.actor else { return Err("only people agree".into()) };
                let step = run.step(id).ok_or("it has no such step")?;
                if !plan.model.agrees_to(run, step, person, plan.now) || step.input() != Some(input) {
                    return Err(format!("{person} may not agree to it"));
                }
            }
            RunHappening::Leased { epoch, until, .. } => {
                if *epoch <= newest {
                    return Err(format!("lease {epoch} follows {newest}"));
                }
                self.last_epoch = *epoch;
                may_begin(run, index, *until, plan.now)?;
            }
            RunHappening::AttemptEnded { epoch, end, .. } => {
                let step = run.step(id).ok_or("it has no such step")?;
                truly_ended(plan, entry, (part.run, step), *epoch, *end)?;
            }
            RunHappening::StepReady { item, from, .. } => may_be_ready(run, index, *item, *from)?,
            RunHappening::WaitsUntil { .. } | RunHappening::Within { .. } => goes_on(run)?,
            _ => {}
        }
        let waits = match &part.what {
            RunHappening::WaitsUntil { until, for_event, .. } => {
                let stage = self.begins_to_wait(plan, (part.run, id), *until)?;
                if matches!(stage, Stage::Waiting { event: Some(_), .. }) != *for_event {
                    return Err(format!("it waits for an event is {for_event}"));
                }
                Some(stage)
            }
            _ => None,
        };
        let run = self.runs.get_mut(&part.run).ok_or("the run is unknown")?;
        run.follow(index, entry, &part.what)?;
        let work = run.steps.get_mut(index).and_then(|step| step.work.as_mut());
        if let (Some(stage), Some(work)) = (waits, work) {
            work.stage = stage;
        }
        Ok(())
    }

    /// Whether a step leaves the severity of its case as a person set it: nobody began the run.
    fn leaves_to_a_person(&self, model: &Model, run: &MRun, action: &CaseAction) -> bool {
        let set = run.case.and_then(|case| model.cases.get(&case)).is_some_and(|case| case.set_by_person);
        let mut first = run;
        while let Some(outer) = first.parent.as_ref().and_then(|(outer, _)| self.runs.get(outer)) {
            first = outer;
        }
        matches!(action, CaseAction::SetSeverity(_)) && set && !matches!(first.by, Actor::Person(_))
    }

    /// The hub settles a step by what is known of it; a person as they say.
    fn may_settle(
        &self,
        plan: Plan<'_>,
        entry: &Entry,
        (id, step): (RunId, &StepId),
        how: Settling,
    ) -> Result<(), String> {
        let run = self.runs.get(&id).ok_or("the run is unknown")?;
        let known = run.step(step).ok_or("it has no such step")?;
        if known.settled.is_some() {
            return Err("it is settled already".into());
        }
        if let Some(RunAction::Settle { step: said, how: as_said, .. }) = asked(plan, id, &entry.actor) {
            let held = known.work.as_ref().is_some_and(MWork::is_in_hands);
            return if said == step && *as_said == how && !held { Ok(()) } else { Err("nobody said so".into()) };
        }
        let work = known.work.as_ref().filter(|_| entry.actor == Actor::Hub).ok_or("nobody was at it")?;
        let rules = known.rules.as_ref().ok_or("it is for people")?;
        let ended = work.ended.map(|(end, _)| end);
        let inner = match work.stage {
            Stage::Within { run } => self.runs.get(&run).filter(|inner| inner.over.is_some()),
            _ => None,
        };
        let fits = match (how, plan.work(id, step)) {
            (Settling::Skipped, Some(RunWork::Prepared { prepared: Ok(prepared), .. })) => {
                let left_out = !rules.knows_trials && rules.does != Does::Runbook || prepared.untold.is_some();
                !prepared.applies || prepared.items == Some(0) || (run.tried_out && left_out)
            }
            (Settling::Failed, Some(RunWork::Prepared { prepared, .. })) => prepared.is_err(),
            (Settling::Failed, Some(RunWork::Read { .. })) if ended.is_none() => true,
            (Settling::Skipped, Some(RunWork::Read { work: HubWork::Case(action), .. })) => {
                goes_on(run).is_ok() && self.leaves_to_a_person(plan.model, run, action)
            }
            (Settling::Done, Some(RunWork::Read { work: HubWork::Case(action), .. })) => {
                goes_on(run).is_ok() && !self.leaves_to_a_person(plan.model, run, action)
            }
            (Settling::Done, Some(RunWork::Read { work: HubWork::Open(_), .. })) => goes_on(run).is_ok(),
            (Settling::Done, _) if ended == Some(AttemptEnd::Succeeded) => work.item + 1 >= work.items,
            (Settling::Failed, _) if ended.is_some_and(knowably_in_vain) => {
                work.cancelled || work.tried > rules.retries || ended == Some(AttemptEnd::NotStarted)
            }
            (Settling::Done, _) if inner.is_none() => match &work.stage {
                Stage::Waiting { until, event: None } => *until <= plan.now,
                Stage::Waiting { until, event: Some(awaits) } => self.comes(plan, run, (*until, awaits)),
                _ => false,
            },
            (Settling::Failed, _) if inner.is_none() => {
                matches!(work.stage, Stage::Waiting { until, event: Some(_) } if until <= plan.now)
            }
            (Settling::Done, _) => inner.is_some_and(MRun::went_well),
            (Settling::Failed, _) => inner.is_some_and(|inner| !inner.went_well()),
            (Settling::Skipped, _) => false,
        };
        if fits { Ok(()) } else { Err(format!("nothing says that: it is {:?}, ended {ended:?}", work.stage)) }
    }
}

/// What a runner said, of the lease in force; or nothing was heard of it in its time.
fn truly_ended(
    plan: Plan<'_>,
    entry: &Entry,
    (run, step): (RunId, &MStep),
    epoch: Epoch,
    end: AttemptEnd,
) -> Result<(), String> {
    let stage = step.work.as_ref().map(|work| &work.stage);
    let Some(Stage::Leased { epoch: current, until }) = stage else { return Err("nobody has it".into()) };
    if *current != epoch {
        return Err(format!("the lease in force is {current}"));
    }
    let said = match plan.work(run, &step.id) {
        Some(RunWork::Ended { report, .. }) => matches!(entry.actor, Actor::Runner(_)) && report.end == end,
        _ => *until <= plan.now && end == AttemptEnd::Unknown,
    };
    if said { Ok(()) } else { Err("nobody said so".into()) }
}

/// A step may be given to a runner: it is its time, those agreed who must, it has its lock, and it is not done twice.
fn may_begin(run: &MRun, index: usize, until: Timestamp, now: Timestamp) -> Result<(), String> {
    let step = run.steps.get(index).ok_or("it has no such step")?;
    let (Some(rules), Some(work)) = (&step.rules, &step.work) else { return Err("no machine is to begin it".into()) };
    if !matches!(work.stage, Stage::Ready { from } if from <= now) {
        return Err(format!("it is begun while it is {:?}", work.stage));
    }
    goes_on(run)?;
    is_cleared(run, rules, work)?;
    if until > now + rules.timeout + PATIENCE {
        return Err(format!("a silent runner is waited for until {until}"));
    }
    match step.last.get(&work.item) {
        None => Ok(()),
        Some(Some(end)) if knowably_in_vain(*end) => Ok(()),
        Some(Some(AttemptEnd::Unknown)) if rules.idempotent => Ok(()),
        Some(end) => Err(format!("entry {} is carried out twice: its last attempt ended {end:?}", work.item)),
    }
}

/// Nothing begins in a run that is halted or about to end.
fn goes_on(run: &MRun) -> Result<(), String> {
    let halted = run.course.is_paused() || run.course == Course::Stopping;
    if halted { Err(format!("it is begun in a run that is {:?}", run.course)) } else { Ok(()) }
}

/// Those agreed who must, and nobody else can touch what it locks.
fn is_cleared(run: &MRun, rules: &Rules, work: &MWork) -> Result<(), String> {
    if run.tried_out {
        let knows = rules.knows_trials || rules.does == Does::Runbook;
        return if knows { Ok(()) } else { Err("it is carried out in a run that is only tried out".into()) };
    }
    let wanted = rules.approval.as_ref().map_or(0, |(count, _)| *count);
    if work.agreed.len() < wanted {
        return Err(format!("it wants {wanted} people to agree, and {:?} did", work.agreed));
    }
    match &rules.lock {
        Some(lock) if !run.locks.contains(lock) => Err(format!("it does not hold {lock}")),
        _ => Ok(()),
    }
}

/// A step may wait for a runner: anew, after an attempt that may be followed by another, or for its next entry.
fn may_be_ready(run: &MRun, index: usize, item: u32, from: Timestamp) -> Result<(), String> {
    let step = run.steps.get(index).ok_or("it has no such step")?;
    let (Some(rules), Some(work)) = (&step.rules, &step.work) else { return Err("no machine is at it".into()) };
    is_cleared(run, rules, work)?;
    if work.input.is_none() {
        return Err("nobody knows what it is carried out with".into());
    }
    let Some((end, at)) = work.ended else {
        return if item == work.item { Ok(()) } else { Err("it skips an entry".into()) };
    };
    if work.cancelled {
        return Err("it goes on though somebody ended it".into());
    }
    let paused = if end == AttemptEnd::Succeeded { Duration::ZERO } else { rules.pause };
    let fits = match end {
        AttemptEnd::Succeeded => item == work.item + 1 && item < work.items,
        AttemptEnd::NotStarted => item == work.item && work.tried < UNSTARTED + rules.retries,
        AttemptEnd::Failed | AttemptEnd::Unexpected | AttemptEnd::TimedOut => {
            item == work.item && work.tried <= rules.retries && from >= at + paused
        }
        AttemptEnd::Unknown | AttemptEnd::Cancelled => item == work.item && rules.idempotent,
    };
    if fits { Ok(()) } else { Err(format!("entry {item} from {from} after {end:?}, tried {} times", work.tried)) }
}

/// It is known that the attempt came to nothing.
fn knowably_in_vain(end: AttemptEnd) -> bool {
    matches!(end, AttemptEnd::Failed | AttemptEnd::Unexpected | AttemptEnd::TimedOut | AttemptEnd::NotStarted)
}

impl MRun {
    /// Follows what may happen to a step.
    fn follow(&mut self, index: usize, entry: &Entry, what: &RunHappening) -> Result<(), String> {
        let now = entry.at;
        if let RunHappening::StepSettled { how, .. } = what {
            self.note_failure(*how);
            let id = self.steps.get(index).map(|step| step.id.clone());
            for step in self.steps.iter_mut().filter(|step| step.undo == id && id.is_some()) {
                step.taken_back = true;
            }
        }
        if let RunHappening::StepReopened { step } = what {
            let done = self.steps.iter_mut().filter(|done| done.undo.as_ref() == Some(step));
            done.for_each(|done| done.taken_back = false);
        }
        let halted = self.course.is_paused();
        let Some(step) = self.steps.get_mut(index) else { return Ok(()) };
        match what {
            RunHappening::StepSettled { how, .. } => {
                (step.settled, step.work) = (Some(*how), None);
                step.taken_back &= *how != Settling::Done;
            }
            RunHappening::StepReopened { .. } => {
                step.settled = None;
                step.last.clear();
            }
            RunHappening::TurnCame { .. } => {
                if step.settled.is_some() || step.work.as_ref().is_some_and(|work| work.stage != Stage::Unknown) {
                    return Err("it is settled, or a machine is at it".into());
                }
                if entry.actor != Actor::Hub {
                    step.last.clear();
                }
                step.work = Some(MWork::begun(entry.actor.clone()));
            }
            RunHappening::WorkDropped { .. } => {
                let held = step.work.as_ref().is_none_or(|work| matches!(work.stage, Stage::Leased { .. }));
                if held {
                    return Err("it is dropped while somebody has it".into());
                }
                step.work = None;
            }
            RunHappening::Leased { epoch, until, .. } => {
                (step.begun, step.taken_back) = (true, false);
                if let Some(work) = &mut step.work {
                    step.last.insert(work.item, None);
                    work.stage = Stage::Leased { epoch: *epoch, until: *until };
                }
            }
            RunHappening::AttemptEnded { end, .. } => {
                if let Some(work) = &mut step.work {
                    // What was ended while somebody lets the run go on is begun anew.
                    if *end == AttemptEnd::Cancelled && !halted {
                        step.last.remove(&work.item);
                    } else {
                        step.last.insert(work.item, Some(*end));
                    }
                    (work.stage, work.ended) = (Stage::Unknown, Some((*end, now)));
                    work.tried += u32::from(*end != AttemptEnd::NotStarted);
                }
            }
            RunHappening::Within { inner, .. } => {
                step.begun = true;
                step.work.iter_mut().for_each(|work| work.stage = Stage::Within { run: *inner });
            }
            _ => return step.work.as_mut().ok_or("no machine is at it")?.follow(what, entry, step.rules.as_ref()),
        }
        Ok(())
    }
}

impl MStep {
    pub(super) fn input(&self) -> Option<&wheelhouse_core::runbook::RunbookHash> {
        self.work.as_ref()?.input.as_ref()
    }
}

impl MWork {
    fn begun(asked_by: Actor) -> Self {
        let (input, ended) = (None, None);
        let agreed = std::collections::BTreeSet::new();
        Self { asked_by, stage: Stage::Turn, input, items: 1, item: 0, agreed, tried: 0, cancelled: false, ended }
    }

    /// The plan is over that it was about.
    pub(super) const fn is_over(&mut self) {
        self.ended = None;
        if let Stage::Waiting { event: Some(awaits), .. } = &mut self.stage {
            awaits.is_new = false;
        }
    }

    pub(super) const fn is_in_hands(&self) -> bool {
        matches!(self.stage, Stage::Leased { .. } | Stage::Within { .. })
    }

    fn follow(&mut self, what: &RunHappening, entry: &Entry, rules: Option<&Rules>) -> Result<(), String> {
        let from = |stage: &Stage, fits: bool| if fits { Ok(()) } else { Err(format!("it is {stage:?}")) };
        match what {
            RunHappening::Prepared { input, items, .. } => {
                from(&self.stage, self.stage == Stage::Turn && self.input.is_none())?;
                (self.input, self.items) = (Some(input.clone()), items.unwrap_or(1));
            }
            RunHappening::ApprovalAsked { until, .. } => {
                let wanted = rules.is_some_and(|rules| rules.approval.is_some());
                from(&self.stage, self.stage == Stage::Turn && wanted && *until > entry.at)?;
                self.stage = Stage::Asking { until: *until };
            }
            RunHappening::Approved { .. } => {
                if let Actor::Person(person) = &entry.actor {
                    self.agreed.insert(person.clone());
                }
            }
            RunHappening::LockWanted { lock, .. } => {
                let own = rules.and_then(|rules| rules.lock.as_ref()) == Some(lock);
                from(&self.stage, own && matches!(self.stage, Stage::Turn | Stage::Asking { .. } | Stage::Locked))?;
                self.stage = Stage::Locked;
            }
            RunHappening::StepReady { item, from, .. } => {
                if *item != self.item {
                    (self.item, self.tried) = (*item, 0);
                }
                self.stage = Stage::Ready { from: *from };
            }
            RunHappening::CancelAsked { .. } => {
                from(&self.stage, matches!(self.stage, Stage::Leased { .. }))?;
                self.cancelled = true;
            }
            RunHappening::WaitsUntil { until, .. } => {
                let waits = rules.is_some_and(|rules| rules.does == Does::Wait);
                from(&self.stage, waits && matches!(self.stage, Stage::Ready { from } if from <= entry.at))?;
                self.stage = Stage::Waiting { until: *until, event: None };
            }
            _ => {}
        }
        Ok(())
    }
}
