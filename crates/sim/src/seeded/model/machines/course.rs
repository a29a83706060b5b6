//! How a run turns: halted, on its way back, at its end. Locks.

use wheelhouse_core::kernel::{Command, RunAction, What};
use wheelhouse_core::record::{Actor, Entry, RunCause, RunFact, RunHappening, Why};
use wheelhouse_core::run::{AttemptEnd, Course, Ending, RunId, Settling};

use super::super::Cause;
use super::{MRun, Machines, Plan};

impl Machines {
    pub(super) fn lock_taken(&mut self, id: RunId, lock: &str) -> Result<(), String> {
        let mut holders = self.runs.values().filter(|run| run.locks.contains(lock));
        if let Some(holder) = holders.next() {
            return Err(format!("{} holds {lock}, and {id} takes it", holder.id));
        }
        self.runs.get_mut(&id).into_iter().for_each(|run| _ = run.locks.insert(lock.to_string()));
        Ok(())
    }

    pub(super) fn turned(&mut self, plan: Plan<'_>, entry: &Entry, part: &RunFact) -> Result<(), String> {
        let run = self.runs.get_mut(&part.run).ok_or("the run is unknown")?;
        let asked = asked(plan, part.run, &entry.actor);
        let by_hub = entry.actor == Actor::Hub;
        match &part.what {
            RunHappening::LockReleased { lock } if !run.locks.remove(lock) => return Err(format!("it held no {lock}")),
            RunHappening::Paused => {
                let fits = by_hub || matches!(asked, Some(RunAction::Pause { .. } | RunAction::Cancel { .. }));
                let failed = matches!(&entry.why, Some(Why::InRun { because: RunCause::StepFailed { .. } }));
                if run.tried_out && failed {
                    return Err("what is only tried out goes to its end".into());
                }
                if !fits || run.course.is_paused() || run.course == Course::Stopping {
                    return Err(format!("nobody asked to halt it, or it is {:?}", run.course));
                }
                run.course = if run.course.is_undoing() { Course::UndoingPaused } else { Course::Paused };
            }
            RunHappening::Resumed => {
                let fits = matches!(asked, Some(RunAction::Resume { .. } | RunAction::Execute { .. }));
                if !fits || !run.course.is_paused() {
                    return Err("only a person lets a run go on".into());
                }
                run.course = if run.course.is_undoing() { Course::Undoing } else { Course::Onward };
                run.failed = false;
                // Whoever lets it go on wants what was ended to be begun again.
                for step in &mut run.steps {
                    step.last.retain(|_, end| *end != Some(AttemptEnd::Cancelled));
                }
            }
            RunHappening::UndoBegun => {
                let by_rule = by_hub && run.goes_back && run.failed;
                if !(by_rule || matches!(asked, Some(RunAction::Undo { .. }))) || run.course.is_undoing() {
                    return Err("nobody asked for it to be taken back".into());
                }
                (run.course, run.failed) = (Course::Undoing, false);
                // What is ended on its account is begun anew by it.
                for step in &mut run.steps {
                    step.last.retain(|_, end| *end != Some(AttemptEnd::Cancelled));
                }
            }
            RunHappening::Stopping => {
                let outer = matches!(&entry.why, Some(Why::InRun { because: RunCause::OuterEnds { outer } })
                    if run.parent.as_ref().is_some_and(|(parent, _)| parent == outer));
                if !(outer || matches!(asked, Some(RunAction::Stop { .. }))) {
                    return Err("nobody asked for its end".into());
                }
                run.course = Course::Stopping;
            }
            RunHappening::Ended { how } => {
                run.may_end(*how, by_hub, matches!(asked, Some(RunAction::Stop { .. })))?;
                run.over = Some(*how);
                run.locks.clear();
                run.steps.iter_mut().for_each(|step| step.work = None);
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a person asked for in this very run.
pub(super) fn asked<'a>(plan: Plan<'a>, id: RunId, actor: &Actor) -> Option<&'a RunAction> {
    match plan.cause {
        Cause::Command(Command { what: What::Run { run, action }, actor: by, .. }) if *run == id && by == actor => {
            Some(action)
        }
        _ => None,
    }
}

impl MRun {
    /// Whether it may end so.
    fn may_end(&self, how: Ending, by_hub: bool, stopped: bool) -> Result<(), String> {
        if self.in_hands() {
            return Err("a machine is at one of its steps".into());
        }
        let fits = match how {
            Ending::Completed => {
                by_hub && self.is_done() && !self.course.is_undoing() && self.course != Course::Stopping
            }
            Ending::Stopped => stopped || (by_hub && self.course == Course::Stopping),
            Ending::Undone => by_hub && self.course == Course::Undoing,
        };
        if !fits {
            return Err(format!("its rule does not say so: it is {:?}", self.course));
        }
        let left = (how == Ending::Undone).then(|| self.to_take_back().next()).flatten();
        left.map_or(Ok(()), |step| Err(format!("{} was not taken back", step.id)))
    }

    /// Whether the hub may begin a step by itself now.
    pub(super) fn whose_turn(&self, index: usize) -> Result<(), String> {
        let Some(step) = self.steps.get(index) else { return Err("it has no such step".into()) };
        match self.course {
            Course::Undoing => {
                let next = self.to_take_back().next().and_then(|done| done.undo.as_ref());
                if self.in_hands() {
                    return Err("a machine is still at another step".into());
                }
                if next == Some(&step.id) { Ok(()) } else { Err(format!("{next:?} is to be begun next")) }
            }
            Course::Onward if self.by_itself => {
                if self.failed {
                    return Err("a run by itself goes past a step that failed".into());
                }
                let group = |index: usize| self.steps.get(index)?.rules.as_ref()?.parallel.clone();
                let way = self.steps.iter().enumerate().take(index).filter(|(_, step)| !step.beside_the_way);
                let mut open = way.filter(|(_, step)| step.settled.is_none());
                let own = group(index);
                // Whatever is open ahead of it is done at the same time.
                match open.find(|(other, _)| own.is_none() || group(*other) != own) {
                    Some((_, other)) => Err(format!("a run by itself goes past {}, which is open", other.id)),
                    None if step.beside_the_way => Err("it is no part of the way".into()),
                    None => Ok(()),
                }
            }
            course => Err(format!("nothing begins by itself in a run that is {course:?}")),
        }
    }

    /// A step failed: the run may not simply go on.
    pub(super) fn note_failure(&mut self, how: Settling) {
        let stands = self.by_itself && self.course == Course::Onward && !self.tried_out;
        self.failed |= how == Settling::Failed && stands;
    }
}
