//! Runs whose steps machines carry out: prepared, agreed to, leased, judged, taken back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod erasing;
mod files;
mod halts;
#[path = "../kernel_support/mod.rs"]
mod kernel_support;
mod people;
mod races;
mod runners;
mod severity;
mod steps;
mod tried_out;
mod waits;
mod wanted;
mod wanting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kernel_support::{Kernel, at, catalog};
use proptest::prelude::*;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::catalog::{Catalog, Runner};
use wheelhouse_core::kernel::{
    AttemptReport, Command, HubWork, Offer, Prepared, Refusal, RunAction, RunRequest, RunWork, What,
};
use wheelhouse_core::name::{PersonName, RoleName, RunnerName};
use wheelhouse_core::record::{Actor, Fact, RunHappening};
use wheelhouse_core::run::{AttemptEnd, Course, Ending, Epoch, Pace, Run, RunId, Settling, WorkState};
use wheelhouse_core::runbook::{
    Approval, Attributes, Block, Does, FrontMatter, Retry, Runbook, RunbookHash, RunbookName, Schedule, Step, StepId,
    StepKind, Stretch,
};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::{Context, decide, next_due};

fn id(step: &str) -> StepId {
    StepId::new(step).unwrap()
}

fn person(name: &str) -> Actor {
    Actor::Person(PersonName::new(name).unwrap())
}

fn manual(name: &str) -> Step {
    let (kind, attributes) = (StepKind::Manual, Attributes::default());
    Step { id: id(name), phase: 0, kind, title: name.into(), stretch: Stretch::default(), attributes }
}

fn does(name: &str, does: Does, attributes: Attributes) -> Step {
    let block = Block { does, language: "sh".into(), interpreter: None, script: format!("{name}\n") };
    let kind = StepKind::Automated(block);
    Step { id: id(name), phase: 0, kind, title: name.into(), stretch: Stretch::default(), attributes }
}

fn machine(name: &str, attributes: Attributes) -> Step {
    does(name, Does::Process, attributes)
}

fn plain() -> Attributes {
    Attributes::default()
}

fn undone_by(step: &str) -> Attributes {
    Attributes { undo: Some(id(step)), ..plain() }
}

fn with_lock(lock: &str) -> Attributes {
    Attributes { lock: Some(lock.into()), ..plain() }
}

fn book(stem: &str, steps: Vec<Step>) -> Runbook {
    Runbook {
        name: RunbookName::parse(&format!("payments/{stem}")).unwrap(),
        title: stem.into(),
        path: format!("payments:runbooks/{stem}.md"),
        hash: RunbookHash::of(stem),
        text: "".into(),
        summary: String::new(),
        front: FrontMatter::default(),
        phases: Vec::new(),
        steps,
        findings: Vec::new(),
    }
}

fn kernel(books: Vec<Runbook>) -> Kernel {
    let mut catalog: Catalog = catalog(&[0, 600], 1);
    catalog.runbooks = books.into_iter().map(|book| (book.name.clone(), Arc::new(book))).collect();
    Kernel::of(catalog)
}

/// A wish for a run by itself, perhaps for a case.
fn wish(stem: &str, case: Option<CaseId>) -> RunRequest {
    RunRequest {
        runbook: RunbookName::parse(&format!("payments/{stem}")).unwrap(),
        version: None,
        case,
        drill: false,
        parameters: BTreeMap::new(),
        pace: Pace::ByItself,
        undo_on_failure: false,
        dry_run: false,
    }
}

/// A shell of a few lines around runs.
struct Hands {
    kernel: Kernel,
    now: i64,
}

impl Hands {
    fn of(steps: Vec<Step>) -> Self {
        Self::with(vec![book("book", steps)])
    }

    fn with(books: Vec<Runbook>) -> Self {
        Self { kernel: kernel(books), now: 1 }
    }

    fn now(&self) -> Timestamp {
        at(self.now)
    }

    fn try_it(&mut self, actor: Actor, what: What) -> Result<(), Refusal> {
        self.kernel.until(self.now());
        let command = Command { actor: actor.clone(), policies: Vec::new(), judged_under: None, what: what.clone() };
        decide(&self.kernel.world, &command, &context(self.now()))?;
        self.kernel.command(self.now(), actor, what);
        Ok(())
    }

    fn start(&mut self, stem: &str, pace: Pace, undo_on_failure: bool) -> RunId {
        let request = RunRequest { pace, undo_on_failure, ..wish(stem, None) };
        self.try_it(person("dana"), What::StartRun(Box::new(request))).unwrap();
        self.kernel.world.last_run()
    }

    fn act(&mut self, who: &str, run: u64, action: RunAction) -> Result<(), Refusal> {
        self.try_it(person(who), What::Run { run: RunId(run), action })
    }

    fn work(&mut self, work: RunWork) -> Result<(), Refusal> {
        self.try_it(Actor::Hub, What::RunWork(Box::new(work)))
    }

    /// Finds out about every step whose turn it is.
    fn prepare(&mut self) {
        loop {
            let turns: Vec<_> =
                self.kernel.world.turns().map(|(run, step)| (run.id, step.planned.id.clone())).collect();
            if turns.is_empty() {
                return;
            }
            for (run, step) in turns {
                let prepared =
                    Ok(Prepared { applies: true, input: RunbookHash::of(step.as_str()), items: None, untold: None });
                self.work(RunWork::Prepared { run, step, prepared }).unwrap();
            }
        }
    }

    /// What a runner is given.
    fn lease(&mut self, labels: &[&str], room: usize) -> Vec<(RunId, StepId, Epoch)> {
        self.kernel.until(self.now());
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        let offer = Offer { runner: RunnerName::new("near").unwrap(), own_labels: Some(labels), room };
        let what = What::Lease(offer);
        let command = Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what: what.clone() };
        let plan = decide(&self.kernel.world, &command, &context(self.now())).unwrap();
        self.kernel.command(self.now(), Actor::Hub, what);
        plan.leases.into_iter().map(|lease| (lease.run, lease.step, lease.epoch)).collect()
    }

    fn ended(&mut self, (run, step, epoch): (RunId, StepId, Epoch), end: AttemptEnd) -> Result<(), Refusal> {
        self.work(RunWork::Ended { run, step, epoch, report: AttemptReport::of(end, "so it went") })
    }

    /// Carries out the one step that may be.
    fn carry_out(&mut self, end: AttemptEnd) -> StepId {
        self.prepare();
        let leases = self.lease(&[], 1);
        assert_eq!(leases.len(), 1, "nothing may be carried out");
        let step = leases[0].1.clone();
        self.ended(leases[0].clone(), end).unwrap();
        step
    }

    fn run(&self, run: u64) -> Option<&Run> {
        self.kernel.world.run(RunId(run))
    }

    fn state(&self, run: u64, step: &str) -> Option<WorkState> {
        self.run(run)?.step(&id(step))?.work.as_ref().map(|work| work.state.clone())
    }

    fn settled(&self, run: u64, step: &str) -> Option<Settling> {
        self.run(run)?.step(&id(step))?.settled.as_ref().map(|settled| settled.how)
    }

    fn ending(&self, run: u64) -> Option<Ending> {
        self.kernel.entries.iter().find_map(|entry| match &entry.fact {
            Fact::Run(part) if part.run == RunId(run) => match &part.what {
                RunHappening::Ended { how } => Some(*how),
                _ => None,
            },
            _ => None,
        })
    }
}

fn context(now: Timestamp) -> Context {
    Context::at(now)
}

fn two_of_payments() -> Attributes {
    let approve = Some(Approval { count: 2, role: Some(RoleName::new("payments").unwrap()) });
    Attributes { approve, ..plain() }
}
