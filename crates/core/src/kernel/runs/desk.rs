//! A plan about runs in the making: each fact is folded into a working copy of its run, so that what is decided later
//! in the plan sees what was decided before.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::Context;
use crate::attachment::Attachment;
use crate::catalog::Catalog;
use crate::kernel::{Command, Plan};
use crate::record::{Actor, Attached, Body, Entry, Fact, RunCause, RunFact, RunHappening, Why};
use crate::run::{Run, RunId, RunStep, WorkState};
use crate::runbook::StepId;
use crate::world::World;

/// A plan in the making about runs.
pub(in crate::kernel) struct Desk<'a> {
    pub(super) world: &'a World,
    pub(super) catalog: &'a Catalog,
    pub(super) cx: &'a Context,
    actor: Actor,
    policies: Vec<String>,
    /// Working copies of the runs that the plan is about.
    runs: BTreeMap<RunId, Run>,
    /// The last run that there is, with those that the plan starts.
    last: RunId,
    entries: Vec<Entry>,
}

impl<'a> Desk<'a> {
    /// Begins a plan of the hub's own.
    pub(in crate::kernel) fn by_hub(world: &'a World, catalog: &'a Catalog, cx: &'a Context) -> Self {
        let (actor, policies, last) = (Actor::Hub, Vec::new(), world.last_run());
        Self { world, catalog, cx, actor, policies, runs: BTreeMap::new(), last, entries: Vec::new() }
    }

    /// The same behind other runs that are started at the same moment.
    pub(in crate::kernel) fn behind(self, last: RunId) -> Self {
        Self { last: self.last.max(last), ..self }
    }

    /// The same behind entries of the plan that were made already.
    pub(super) fn after(mut self, entries: &[Entry]) -> Self {
        for entry in entries {
            let Fact::Run(part) = &entry.fact else { continue };
            let known = self.run(part.run).cloned().map(|mut run| {
                run.apply(entry);
                run
            });
            if let Some(run) = known.or_else(|| Run::started(entry)) {
                self.last = self.last.max(run.id);
                self.runs.insert(run.id, run);
            }
        }
        self
    }

    /// Begins a plan on somebody's behalf.
    pub(super) fn for_command(world: &'a World, catalog: &'a Catalog, cx: &'a Context, command: &Command) -> Self {
        let (actor, policies) = (command.actor.clone(), command.policies.clone());
        Self { actor, policies, ..Self::by_hub(world, catalog, cx) }
    }

    /// Who the plan is for.
    pub(super) const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// A run as the plan leaves it; absent where there is none under way and the plan ended none.
    pub(super) fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.get(&id).or_else(|| self.world.run(id))
    }

    /// A step of a run as the plan leaves it.
    pub(super) fn step(&self, id: RunId, step: &StepId) -> Option<&RunStep> {
        self.run(id)?.step(step)
    }

    /// How many runs are under way as the plan leaves it.
    pub(super) fn under_way(&self) -> usize {
        let started = self.runs.keys().filter(|id| **id > self.world.last_run()).count();
        self.world.runs().len() + started
    }

    /// The name that the next run gets.
    pub(super) const fn next_run(&self) -> RunId {
        RunId(self.last.0 + 1)
    }

    /// Which run holds a lock as the plan leaves it.
    pub(super) fn lock_holder(&self, lock: &str) -> Option<RunId> {
        let holds = |run: &&Run| run.locks.contains(lock);
        let of_plan = self.runs.values().find(holds).map(|run| run.id);
        let of_world = || self.world.lock_holder(lock).filter(|id| !self.runs.contains_key(id));
        of_plan.or_else(of_world)
    }

    /// The step that has waited longest for a lock, as the plan leaves it.
    pub(super) fn first_waiting_for(&self, lock: &str) -> Option<(RunId, StepId)> {
        let waits = |step: &RunStep| step.work.as_ref().is_some_and(|work| work.state == WorkState::Locked);
        let mut all = self.world.waiting_for(lock).map(|(run, step)| (run.id, step.planned.id.clone()));
        let known = all.find(|(run, step)| self.step(*run, step).is_some_and(waits));
        known.or_else(|| {
            let of_lock = |step: &&RunStep| {
                waits(step) && step.planned.automated.as_ref().is_some_and(|how| how.lock.as_deref() == Some(lock))
            };
            let new = self.runs.values().find_map(|run| Some((run.id, run.steps.iter().find(of_lock)?)));
            new.map(|(run, step)| (run, step.planned.id.clone()))
        })
    }

    /// Adds what the actor does.
    pub(super) fn act(&mut self, run: RunId, what: RunHappening, text: Option<&str>) {
        let body = self.body(run, &what, text);
        let (actor, policies) = (self.actor.clone(), self.policies.clone());
        self.push(run, what, None, body, (actor, policies));
    }

    /// Adds a file that the actor attaches to a step, with its number and the room that it takes.
    pub(super) fn attach(&mut self, run: RunId, step: &StepId, (number, kib): (u32, u64), file: &Attachment) {
        let what = RunHappening::FileAttached { step: step.clone(), number, kib };
        let mut body = self.body(run, &what, None).unwrap_or_default();
        body.extend(file.body());
        let (actor, policies) = (self.actor.clone(), self.policies.clone());
        self.push(run, what, None, Some(body), (actor, policies));
        if let Some(entry) = self.entries.last_mut() {
            entry.attached = Attached::File(Arc::clone(&file.blob));
        }
    }

    /// Adds what a runner does, as its command says it; else what the hub notes.
    pub(super) fn tell(&mut self, run: RunId, what: RunHappening, more: Body, by: Option<&Command>) {
        let mut body = self.body(run, &what, None).unwrap_or_default();
        body.extend(more);
        let (actor, policies) = by.map_or((Actor::Hub, Vec::new()), |by| (by.actor.clone(), by.policies.clone()));
        self.push(run, what, None, Some(body).filter(|body| !body.is_empty()), (actor, policies));
    }

    /// Adds what the hub does in consequence.
    pub(super) fn follow(&mut self, run: RunId, what: RunHappening, because: RunCause) {
        self.follow_saying(run, what, because, None);
    }

    /// Adds what the hub does in consequence, with what there is to say about it.
    pub(super) fn follow_saying(&mut self, run: RunId, what: RunHappening, because: RunCause, text: Option<&str>) {
        let body = self.body(run, &what, text);
        self.push(run, what, Some(Why::InRun { because }), body, (Actor::Hub, Vec::new()));
    }

    /// Adds what the hub notes, with its own reason and texts.
    pub(super) fn note(&mut self, run: RunId, what: RunHappening, why: Option<Why>, more: Body) {
        let mut body = self.body(run, &what, None).unwrap_or_default();
        body.extend(more);
        self.push(run, what, why, Some(body).filter(|body| !body.is_empty()), (Actor::Hub, Vec::new()));
    }

    /// Starts a run: the entry is of whoever the plan is for, unless the hub has a reason of its own.
    pub(super) fn open(&mut self, entry: Entry) {
        let actor = if entry.why.is_some() { Actor::Hub } else { self.actor.clone() };
        let policies = if entry.why.is_some() { Vec::new() } else { self.policies.clone() };
        let entry = Entry { actor, policies, ..entry };
        if let Some(run) = Run::started(&entry) {
            self.last = self.last.max(run.id);
            self.runs.insert(run.id, run);
        }
        self.entries.push(entry);
    }

    /// Adds an entry that is about no run by itself.
    pub(super) fn beside(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// The finished plan about a run.
    pub(in crate::kernel) fn finish(self, run: Option<RunId>) -> Plan {
        Plan { entries: self.entries, run, ..Plan::default() }
    }

    fn push(
        &mut self,
        id: RunId,
        what: RunHappening,
        why: Option<Why>,
        body: Option<Body>,
        (actor, policies): (Actor, Vec<String>),
    ) {
        let Some(run) = self.run(id) else { return };
        let (subject, drill, mut run) = (run.case, run.drill, run.clone());
        let entry = Entry::new(self.cx.now, actor, Fact::Run(RunFact { run: id, what }));
        let entry = Entry { policies, subject, drill, why, body, ..entry };
        run.apply(&entry);
        self.runs.insert(id, run);
        self.entries.push(entry);
    }

    /// The texts of an entry about a run: what its step is called, as far as its version is in force, and what was
    /// said.
    fn body(&self, run: RunId, what: &RunHappening, text: Option<&str>) -> Option<Body> {
        let title = || {
            let (run, step) = (self.run(run)?, what.step()?);
            let runbook = self.catalog.runbooks.get(&run.runbook).filter(|runbook| runbook.hash == run.version)?;
            runbook.step(step).map(|step| step.title.clone())
        };
        let texts = [("title", title()), ("text", text.map(String::from))];
        let body: Body = texts.into_iter().filter_map(|(field, text)| Some((field.to_string(), text?))).collect();
        Some(body).filter(|body| !body.is_empty())
    }
}
