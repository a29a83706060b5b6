//! No run is forgotten, and the world is what the model says.

use wheelhouse_core::World;
use wheelhouse_core::run::{Course, RunId, RunStep, WorkState};
use wheelhouse_core::time::Timestamp;

use super::super::Model;
use super::{MRun, MStep, Machines, Stage};

impl Machines {
    /// Every run under way has something due, a machine at it, or wants a person; and is over exactly when its rule
    /// says.
    pub(super) fn none_is_forgotten(&self) -> Result<(), String> {
        for run in self.runs.values().filter(|run| run.over.is_none()) {
            let id = run.id;
            let over = match run.course {
                Course::Onward | Course::Paused => run.is_done(),
                Course::Stopping => !run.in_hands(),
                Course::Undoing => {
                    run.steps.iter().all(|step| step.work.is_none()) && run.to_take_back().next().is_none()
                }
                Course::UndoingPaused => false,
            };
            if over {
                return Err(format!("{id} is {:?} and should be over", run.course));
            }
            if run.failed && run.by_itself && run.course == Course::Onward {
                return Err(format!("{id} goes on after a step failed"));
            }
            for step in &run.steps {
                self.is_waited_for(run, step).map_err(|problem| format!("{id} {}: {problem}", step.id))?;
            }
            // Whoever moves it by hand is wanted, and so is whoever it was halted for.
            if !run.course.is_paused() && (run.by_itself || run.course.is_undoing()) {
                run.moves()?;
            }
        }
        Ok(())
    }

    /// What a step waits for comes.
    fn is_waited_for(&self, run: &MRun, step: &MStep) -> Result<(), String> {
        let under_way = |id: RunId| self.runs.get(&id).is_some_and(|run| run.over.is_none());
        let Some(work) = &step.work else { return Ok(()) };
        match &work.stage {
            Stage::Within { run: inner } if !under_way(*inner) => Err(format!("{inner} is over, which it waits for")),
            Stage::Locked => {
                let lock = step.rules.as_ref().and_then(|rules| rules.lock.as_ref()).ok_or("it locks nothing")?;
                let mut holders = self.runs.values().filter(|other| other.locks.contains(lock));
                match holders.next() {
                    Some(holder) if holder.id != run.id => Ok(()),
                    holder => Err(format!("it waits for {lock}, which {:?} holds", holder.map(|run| run.id))),
                }
            }
            _ => Ok(()),
        }
    }

    /// Nothing is left that was due at `now`.
    fn at_rest(&self, now: Timestamp) -> Result<(), String> {
        for run in self.runs.values().filter(|run| run.over.is_none()) {
            let works = run.steps.iter().filter_map(|step| Some((step, step.work.as_ref()?)));
            for (step, work) in works {
                let due = match work.stage {
                    Stage::Asking { until } | Stage::Leased { until, .. } | Stage::Waiting { until, .. } => until,
                    _ => continue,
                };
                if due <= now {
                    return Err(format!("machines: {} {} was due at {due}", run.id, step.id));
                }
            }
        }
        Ok(())
    }

    fn agree(&self, world: &World) -> Result<(), String> {
        let ours: Vec<&MRun> = self.runs.values().filter(|run| run.over.is_none()).collect();
        if ours.len() != world.runs().len() || world.last_run().0 != self.runs.len() as u64 {
            return Err(format!("machines: {:?} should be under way", ours.iter().map(|run| run.id)));
        }
        for (ours, theirs) in ours.into_iter().zip(world.runs()) {
            let same = (ours.id, &ours.version, ours.case, ours.drill, ours.course)
                == (theirs.id, &theirs.version, theirs.case, theirs.drill, theirs.course)
                && ours.locks == theirs.locks
                && ours.steps.iter().zip(&theirs.steps).all(|(ours, theirs)| ours.is(theirs));
            if !same {
                return Err(format!("machines: the model's\n{ours:?}\nis not the world's\n{theirs:?}"));
            }
            let mut strangers = ours.locks.iter().filter(|lock| world.lock_holder(lock) != Some(ours.id));
            if let Some(lock) = strangers.next() {
                return Err(format!(
                    "machines: {} holds {lock}, and {:?} in the world",
                    ours.id,
                    world.lock_holder(lock)
                ));
            }
        }
        for (name, ours) in &self.automations {
            let theirs = world.automations().get(name);
            let same = theirs.is_some_and(|theirs| {
                let waits = |number: &u64| theirs.awaiting.contains_key(number);
                theirs.paused.is_some() == ours.paused
                    && (theirs.failures, theirs.open_since) == (ours.failures, ours.open_since)
                    && theirs.awaiting.keys().all(|number| ours.questions.contains_key(number))
                    && ours
                        .questions
                        .iter()
                        .all(|(number, one)| waits(number) || self.seen.is_some_and(|seen| one.until <= seen))
            });
            if !same {
                return Err(format!("machines: {name} is {ours:?}\nand in the world {theirs:?}"));
            }
        }
        Ok(())
    }
}

impl MRun {
    /// Something of a run that moves is on its way, or a person is wanted.
    fn moves(&self) -> Result<(), String> {
        if self.steps.iter().any(|step| step.work.is_some()) {
            return Ok(());
        }
        let next = match self.course {
            Course::Undoing => self.to_take_back().next().and_then(|done| self.step(done.undo.as_ref()?)),
            _ => self.way().find(|step| step.settled.is_none()),
        };
        match next {
            Some(step) if step.rules.is_none() => Ok(()),
            next => Err(format!("{} is {:?}, and nobody begins {:?}", self.id, self.course, next.map(|step| &step.id))),
        }
    }
}

impl MStep {
    /// Whether a step of the world stands as this one does.
    fn is(&self, theirs: &RunStep) -> bool {
        let stands = |stage: &Stage, state: &WorkState| match (stage, state) {
            (Stage::Turn, WorkState::Turn)
            | (Stage::Locked, WorkState::Locked)
            | (Stage::Unknown, WorkState::Unknown) => true,
            (Stage::Asking { until }, WorkState::Asking { until: other })
            | (Stage::Ready { from: until }, WorkState::Ready { from: other }) => until == other,
            (Stage::Leased { epoch, until }, WorkState::Leased { epoch: other, until: theirs, .. }) => {
                (epoch, until) == (other, theirs)
            }
            (Stage::Waiting { until, event }, WorkState::Waiting { until: other, event: theirs }) => {
                let ours = event.as_ref().map(|awaits| (awaits.pattern.clone(), awaits.of_case));
                until == other && ours == theirs.as_ref().map(|known| (known.pattern.to_string(), known.of_case))
            }
            (Stage::Within { run }, WorkState::Within { run: other }) => run == other,
            _ => false,
        };
        let works = match (&self.work, &theirs.work) {
            (None, None) => true,
            (Some(ours), Some(theirs)) => {
                let agreed = ours.agreed.iter().all(|person| theirs.approved_by.contains(person));
                stands(&ours.stage, &theirs.state)
                    && (ours.item, &ours.input) == (theirs.item, &theirs.input)
                    && ours.agreed.len() == theirs.approved_by.len()
                    && agreed
            }
            _ => false,
        };
        works && self.id == theirs.planned.id && self.settled == theirs.settled.as_ref().map(|settled| settled.how)
    }
}

impl Model {
    /// Compares runs and automations with the live world.
    pub(in crate::seeded::model) fn machines_agree(&self, world: &World) -> Result<(), String> {
        let Some(machines) = &self.machines else { return Ok(()) };
        if let Some(catalog) = self.catalog.as_ref().filter(|_| self.doors.is_some()) {
            machines.times_agree(catalog, |runbook| world.scheduled_next(runbook))?;
        }
        machines.agree(world)
    }

    /// Nothing is left in runs that was due.
    pub(in crate::seeded::model) fn machines_at_rest(&self, now: Timestamp) -> Result<(), String> {
        let Some(machines) = &self.machines else { return Ok(()) };
        if let Some(catalog) = self.catalog.as_ref().filter(|_| self.doors.is_some()) {
            machines.no_time_is_missed(catalog, now)?;
        }
        machines.at_rest(now)
    }
}
