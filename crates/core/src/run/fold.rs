//! How a run follows from entries. No rule is evaluated here.

use alloc::collections::BTreeSet;

use super::{AttemptEnd, Awaited, Course, Run, RunEnd, RunStep, Settled, Work, WorkState};
use crate::attachment::Attachments;
use crate::record::{Actor, Entry, Fact, RunHappening};
use crate::runbook::StepId;

impl Run {
    /// The run that an entry starts; nothing where it starts none.
    pub fn started(entry: &Entry) -> Option<Self> {
        let Fact::Run(part) = &entry.fact else { return None };
        let RunHappening::Started { runbook, version, path, pace, undo_on_failure, dry_run, parent, steps } =
            &part.what
        else {
            return None;
        };
        let step =
            |planned: &super::PlannedStep| RunStep { planned: planned.clone(), work: None, attempts: 0, settled: None };
        Some(Self {
            id: part.run,
            runbook: runbook.clone(),
            version: version.clone(),
            path: path.clone(),
            case: entry.subject,
            drill: entry.drill,
            started_at: entry.at,
            by: entry.actor.clone(),
            pace: *pace,
            undo_on_failure: *undo_on_failure,
            dry_run: *dry_run,
            parent: parent.clone(),
            course: Course::Onward,
            locks: BTreeSet::new(),
            attachments: Attachments::default(),
            steps: steps.iter().map(step).collect(),
            ended: None,
        })
    }

    /// Follows an entry about it.
    pub fn apply(&mut self, entry: &Entry) {
        let Fact::Run(part) = &entry.fact else { return };
        match &part.what {
            RunHappening::Started { .. } => {}
            RunHappening::LockTaken { lock } => drop(self.locks.insert(lock.clone())),
            RunHappening::LockReleased { lock } => drop(self.locks.remove(lock)),
            RunHappening::Paused => {
                self.course = if self.course.is_undoing() { Course::UndoingPaused } else { Course::Paused };
            }
            RunHappening::Resumed => {
                self.course = if self.course.is_undoing() { Course::Undoing } else { Course::Onward };
            }
            RunHappening::UndoBegun => self.course = Course::Undoing,
            RunHappening::Stopping => self.course = Course::Stopping,
            RunHappening::Ended { how } => {
                self.ended = Some(RunEnd { at: entry.at, by: entry.actor.clone(), how: *how });
                self.locks.clear();
                self.steps.iter_mut().for_each(|step| step.work = None);
            }
            RunHappening::FileAttached { number, kib, .. } => {
                self.attachments = self.attachments.with(*number, *kib);
            }
            RunHappening::AttemptEnded { step, end, .. } => self.attempt_ended(step, *end, entry),
            RunHappening::LockWanted { step, .. } => self.stands(step, WorkState::Locked, entry),
            RunHappening::ApprovalAsked { step, until } => {
                self.stands(step, WorkState::Asking { until: *until }, entry);
            }
            RunHappening::WaitsUntil { step, until, .. } => {
                let event = Awaited::of_body(entry.body.as_ref());
                self.stands(step, WorkState::Waiting { until: *until, event }, entry);
            }
            RunHappening::Within { step, inner } => {
                self.carried_out(step);
                self.stands(step, WorkState::Within { run: *inner }, entry);
            }
            what => {
                if let Some(known) = what.step().and_then(|id| self.step_mut(id)) {
                    known.follow(what, entry);
                }
            }
        }
    }

    fn step_mut(&mut self, id: &StepId) -> Option<&mut RunStep> {
        self.steps.iter_mut().find(|step| step.planned.id == *id)
    }

    fn stands(&mut self, id: &StepId, state: WorkState, entry: &Entry) {
        if let Some(work) = self.step_mut(id).and_then(|step| step.work.as_mut()) {
            work.state = state;
            work.since = entry.at;
        }
    }

    fn carried_out(&mut self, id: &StepId) {
        if let Some(step) = self.step_mut(id) {
            step.attempts += 1;
        }
    }

    fn attempt_ended(&mut self, id: &StepId, end: AttemptEnd, entry: &Entry) {
        self.stands(id, WorkState::Unknown, entry);
        if let Some(work) = self.step_mut(id).and_then(|step| step.work.as_mut()) {
            if end == AttemptEnd::NotStarted {
                work.unstarted += 1;
                work.attempt = work.attempt.saturating_sub(1);
            } else {
                work.unstarted = 0;
            }
        }
    }
}

impl RunStep {
    fn follow(&mut self, what: &RunHappening, entry: &Entry) {
        match what {
            RunHappening::StepSettled { how, .. } => {
                self.settled = Some(Settled { how: *how, at: entry.at, by: entry.actor.clone() });
                self.work = None;
            }
            RunHappening::StepReopened { .. } => self.settled = None,
            RunHappening::TurnCame { .. } => self.work = Some(Work::begun(entry)),
            RunHappening::WorkDropped { .. } => self.work = None,
            _ => {
                if let Some(work) = &mut self.work
                    && work.follow(what, entry)
                {
                    self.attempts += 1;
                }
            }
        }
    }
}

impl Work {
    fn begun(entry: &Entry) -> Self {
        Self {
            asked_by: entry.actor.clone(),
            since: entry.at,
            state: WorkState::Turn,
            attempt: 0,
            unstarted: 0,
            item: 0,
            items: None,
            input: None,
            approved_by: alloc::vec::Vec::new(),
        }
    }

    /// Follows what happened; says whether an attempt began.
    fn follow(&mut self, what: &RunHappening, entry: &Entry) -> bool {
        match what {
            RunHappening::Prepared { input, items, .. } => {
                self.input = Some(input.clone());
                self.items = *items;
            }
            RunHappening::Approved { .. } => {
                if let Actor::Person(person) = &entry.actor {
                    self.approved_by.push(person.clone());
                }
            }
            RunHappening::StepReady { item, from, .. } => {
                if *item != self.item {
                    (self.item, self.attempt) = (*item, 0);
                }
                (self.state, self.since) = (WorkState::Ready { from: *from }, entry.at);
            }
            RunHappening::Leased { attempt, epoch, runner, until, .. } => {
                let (epoch, runner, until) = (*epoch, runner.clone(), *until);
                (self.state, self.since) = (WorkState::Leased { epoch, runner, until, cancel: false }, entry.at);
                self.attempt = *attempt;
                return true;
            }
            RunHappening::CancelAsked { .. } => {
                if let WorkState::Leased { cancel, .. } = &mut self.state {
                    *cancel = true;
                }
            }
            _ => {}
        }
        false
    }
}
