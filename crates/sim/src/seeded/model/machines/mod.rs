//! Runs that machines carry out, and what begins them: by the words of docs/runbooks.md and docs/automation.md.
//!
//! Nothing here foretells what the kernel does next: each entry is held against what may happen then, and after every
//! plan no run may be forgotten.

mod automations;
mod course;
mod events;
mod facts;
mod gates;
mod may;
mod rest;
mod schedules;
mod steps;
mod versions;
mod waits;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};

use wheelhouse_core::automation::Link;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{Command, RunWork, What};
use wheelhouse_core::name::{AutomationName, PersonName, RoleName};
use wheelhouse_core::record::{Actor, Entry, Fact};
use wheelhouse_core::run::{AttemptEnd, Course, Ending, Epoch, RunId, Settling};
use wheelhouse_core::runbook::{Does, Judgement, Runbook, RunbookHash, RunbookName, StepId};
use wheelhouse_core::time::{Duration, Timestamp};

use super::{Cause, Model};

/// What the model knows of machines at work.
#[derive(Clone, Debug, Default)]
pub(super) struct Machines {
    /// Runs, over or not.
    runs: BTreeMap<RunId, MRun>,
    last_epoch: Epoch,
    /// When something happened last.
    seen: Option<Timestamp>,
    automations: BTreeMap<AutomationName, automations::MAutomation>,
    /// What a case follows from that a run of an automation brought about.
    chains: BTreeMap<CaseId, Vec<Link>>,
    scheduled: schedules::From,
    versions: versions::Versions,
}

/// A run, and where each of its steps stands.
#[derive(Clone, Debug)]
struct MRun {
    id: RunId,
    runbook: RunbookName,
    version: RunbookHash,
    case: Option<CaseId>,
    drill: bool,
    by: Actor,
    by_itself: bool,
    goes_back: bool,
    /// It is only tried out: nothing is carried out but what knows that.
    tried_out: bool,
    parent: Option<(RunId, StepId)>,
    course: Course,
    steps: Vec<MStep>,
    locks: BTreeSet<String>,
    over: Option<Ending>,
    /// A step failed since somebody last let it go on.
    failed: bool,
    /// The automation that began it.
    automation: Option<AutomationName>,
    /// The automations from which it follows.
    chain: Vec<Link>,
}

#[derive(Clone, Debug)]
struct MStep {
    id: StepId,
    role: Option<RoleName>,
    rules: Option<Rules>,
    /// Something else names it as what takes it back.
    beside_the_way: bool,
    undo: Option<StepId>,
    settled: Option<Settling>,
    work: Option<MWork>,
    /// A machine has begun it, ever.
    begun: bool,
    /// It was taken back since it was last begun or done.
    taken_back: bool,
    /// How the last attempt ended, for each entry of its list; without an end as long as it is under way.
    last: BTreeMap<u32, Option<AttemptEnd>>,
}

/// How a machine carries out a step, as its fence says.
#[derive(Clone, Debug)]
struct Rules {
    does: Does,
    idempotent: bool,
    /// Its script knows runs that are only tried out.
    knows_trials: bool,
    retries: u32,
    pause: Duration,
    approval: Option<(usize, Vec<RoleName>)>,
    lock: Option<String>,
    parallel: Option<String>,
    timeout: Duration,
}

/// What a machine is at with a step.
#[derive(Clone, Debug)]
struct MWork {
    asked_by: Actor,
    stage: Stage,
    input: Option<RunbookHash>,
    items: u32,
    item: u32,
    agreed: BTreeSet<PersonName>,
    /// How often this entry was tried.
    tried: u32,
    /// Somebody asked to end it.
    cancelled: bool,
    /// How an attempt ended that this plan is about, and when.
    ended: Option<(AttemptEnd, Timestamp)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Turn,
    Asking { until: Timestamp },
    Locked,
    Ready { from: Timestamp },
    Leased { epoch: Epoch, until: Timestamp },
    Waiting { until: Timestamp, event: Option<waits::Awaits> },
    Within { run: RunId },
    Unknown,
}

/// What a plan is about.
#[derive(Clone, Copy)]
struct Plan<'a> {
    model: &'a Model,
    /// The catalog in force as the plan was made.
    catalog: &'a Catalog,
    cause: Cause<'a>,
    entries: &'a [Entry],
    now: Timestamp,
}

impl<'a> Plan<'a> {
    /// What the shell did for a step, if the plan is about that.
    fn work(self, run: RunId, step: &StepId) -> Option<&'a RunWork> {
        let Cause::Command(Command { what: What::RunWork(done), .. }) = self.cause else { return None };
        let (of, at) = match &**done {
            RunWork::Prepared { run, step, .. }
            | RunWork::Read { run, step, .. }
            | RunWork::Ended { run, step, .. } => (*run, step),
        };
        (of == run && at == step).then_some(done)
    }
}

impl Model {
    /// Follows what happened to machines and automations; says what may not be.
    pub(super) fn machines_as_expected(
        &mut self,
        before: &Self,
        cause: Cause<'_>,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<(), String> {
        let Some(mut machines) = self.machines.take() else { return Ok(()) };
        let mut followed = Ok(());
        if let (Cause::Command(Command { what: What::Adopt { change, .. }, .. }), Some(after)) = (cause, &self.catalog)
        {
            machines.retimed(before.catalog.as_deref(), after, now);
            followed = machines.judged(before, (after, change), entries, now);
        }
        if let Some(catalog) = &before.catalog {
            let plan = Plan { model: self, catalog, cause, entries, now };
            followed = followed.and_then(|()| machines.follow(before, plan));
        }
        self.machines = Some(machines);
        followed
    }
}

impl Machines {
    fn follow(&mut self, before: &Model, plan: Plan<'_>) -> Result<(), String> {
        self.seen = Some(plan.now);
        for entry in plan.entries {
            let followed = match &entry.fact {
                Fact::Run(part) => self.in_run(plan, entry, part),
                Fact::Automation(fact) => self.about_automation(plan, entry, fact),
                Fact::RunScheduled(fact) => self.time_came(plan, entry, fact),
                Fact::RunbookVersion(fact) if matches!(fact.judgement, Judgement::Approved { .. }) => {
                    self.approved(plan, entry, fact)
                }
                Fact::CaseOpened { .. } => {
                    self.brought_about(plan, entry);
                    Ok(())
                }
                _ => Ok(()),
            };
            followed.map_err(|problem| format!("machines: {problem}\nin {:?} by {}", entry.fact, entry.actor))?;
        }
        let whole = self.noted(plan).and_then(|()| self.none_is_forgotten());
        let whole = whole.and_then(|()| self.none_slept_through(plan)).and_then(|()| self.made_as_answered(plan));
        let whole = whole.and_then(|()| self.leaves_its_case(plan)).and_then(|()| self.told_as_wanted(before, plan));
        let whole = whole.map_err(|problem| format!("machines: {problem}"));
        for run in self.runs.values_mut() {
            run.steps.iter_mut().filter_map(|step| step.work.as_mut()).for_each(MWork::is_over);
        }
        whole
    }

    /// What is only tried out does not count as work on its case.
    fn leaves_its_case(&self, plan: Plan<'_>) -> Result<(), String> {
        let id = match plan.cause {
            Cause::Command(Command { what: What::Run { run, .. }, .. }) => Some(*run),
            Cause::Command(Command { what: What::StartRun(_), .. }) => self.runs.keys().next_back().copied(),
            _ => None,
        };
        let tried_out = id.and_then(|id| self.runs.get(&id)).is_some_and(|run| run.tried_out);
        let keeps = |entry: &Entry| matches!(entry.fact, Fact::AcknowledgementExtended { .. });
        let at_the_case = tried_out && plan.entries.iter().any(keeps);
        if at_the_case { Err(format!("{id:?} is only tried out, and keeps its case acknowledged")) } else { Ok(()) }
    }

    /// A case that is opened within a run follows from what the run follows from.
    fn brought_about(&mut self, plan: Plan<'_>, entry: &Entry) {
        let chain = self.within(plan);
        let asks = |case: &CaseId| plan.model.cases.get(case).is_some_and(super::MCase::is_question);
        if let Some(case) = entry.subject.filter(|case| !chain.is_empty() && !asks(case)) {
            self.chains.insert(case, chain);
        }
    }

    /// What follows from a plan in a run follows from what the run follows from.
    fn within(&self, plan: Plan<'_>) -> Vec<Link> {
        let run = match plan.cause {
            Cause::Command(Command { what: What::RunWork(done), .. }) => Some(done.run()),
            Cause::Command(Command { what: What::Run { run, .. }, .. }) => Some(*run),
            _ => None,
        };
        run.and_then(|run| self.runs.get(&run)).map(|run| run.chain.clone()).unwrap_or_default()
    }
}

impl MRun {
    fn step(&self, id: &StepId) -> Option<&MStep> {
        self.steps.iter().find(|step| step.id == *id)
    }

    fn way(&self) -> impl DoubleEndedIterator<Item = &MStep> {
        self.steps.iter().filter(|step| !step.beside_the_way)
    }

    fn in_hands(&self) -> bool {
        let held = |work: &MWork| matches!(work.stage, Stage::Leased { .. } | Stage::Within { .. });
        self.steps.iter().any(|step| step.work.as_ref().is_some_and(held))
    }

    /// Every step from top to bottom is settled, and nothing is at work.
    fn is_done(&self) -> bool {
        self.way().all(|step| step.settled.is_some()) && self.steps.iter().all(|step| step.work.is_none())
    }

    /// The steps that are still to be taken back, the last one first.
    fn to_take_back(&self) -> impl Iterator<Item = &MStep> {
        let happened = |step: &&MStep| step.settled == Some(Settling::Done) || step.begun;
        self.way().rev().filter(|step| step.undo.is_some() && !step.taken_back).filter(happened)
    }

    /// Whether it came to its end with every step done or left out.
    fn went_well(&self) -> bool {
        self.over == Some(Ending::Completed) && self.way().all(|step| step.settled != Some(Settling::Failed))
    }
}

impl Rules {
    fn of(runbook: &Runbook, step: &wheelhouse_core::runbook::Step) -> Option<Self> {
        let (block, said) = (step.block()?, &step.attributes);
        let front = &runbook.front.roles.approve;
        let keepers = || RoleName::new(runbook.name.repository().as_str()).into_iter().collect();
        let roles = |named: &Option<RoleName>| match named {
            Some(role) => vec![role.clone()],
            None if front.is_empty() => keepers(),
            None => front.clone(),
        };
        Some(Self {
            does: block.does,
            idempotent: said.idempotent,
            knows_trials: said.dry_run,
            retries: said.retry.map_or(0, |retry| retry.times),
            pause: said.retry.map_or(Duration::ZERO, |retry| retry.pause),
            approval: said.approve.as_ref().map(|one| (usize::try_from(one.count).unwrap_or(0), roles(&one.role))),
            lock: said.lock.clone(),
            parallel: said.parallel.clone(),
            timeout: said.timeout.unwrap_or(Duration::from_minutes(10)),
        })
    }
}
