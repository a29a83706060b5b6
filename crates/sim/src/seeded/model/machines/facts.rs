//! What happens in a run: which part of the model follows it.

use wheelhouse_core::kernel::{Command, What};
use wheelhouse_core::record::{Actor, Entry, RunCause, RunFact, RunHappening, Why};
use wheelhouse_core::run::{Course, Pace};

use super::super::Cause;
use super::super::runs::takes_back;
use super::{MRun, MStep, Machines, Plan, Rules};

impl Machines {
    pub(super) fn in_run(&mut self, plan: Plan<'_>, entry: &Entry, part: &RunFact) -> Result<(), String> {
        if let RunHappening::Started { .. } = part.what {
            return self.started(plan, entry, part);
        }
        let known = self.runs.get(&part.run).ok_or("the run is unknown")?;
        if known.over.is_some() {
            return Err(format!("{} is over", part.run));
        }
        if (entry.subject, entry.drill) != (known.case, known.drill) {
            return Err(format!("{} is for {:?}, for exercise {}", part.run, known.case, known.drill));
        }
        let asks = matches!(part.what, RunHappening::ApprovalAsked { .. } | RunHappening::LockWanted { .. });
        if known.tried_out && (asks || matches!(part.what, RunHappening::LockTaken { .. })) {
            return Err(format!("{} is only tried out, and asks people or locks something", part.run));
        }
        match &part.what {
            RunHappening::LockTaken { lock } => self.lock_taken(part.run, lock),
            RunHappening::LockReleased { .. }
            | RunHappening::Paused
            | RunHappening::Resumed
            | RunHappening::UndoBegun
            | RunHappening::Stopping
            | RunHappening::Ended { .. } => self.turned(plan, entry, part),
            _ => self.at_step(plan, entry, part),
        }
    }

    /// A run is of the version in force, and of those who asked for it.
    fn started(&mut self, plan: Plan<'_>, entry: &Entry, part: &RunFact) -> Result<(), String> {
        let RunHappening::Started { runbook, version, pace, undo_on_failure, dry_run, parent, steps, .. } = &part.what
        else {
            return Err("it starts nothing".into());
        };
        let last = self.runs.keys().next_back().map_or(0, |run| run.0);
        if part.run.0 != last + 1 {
            return Err(format!("{} follows RUN-{last}", part.run));
        }
        let book = plan.catalog.runbooks.get(runbook).filter(|book| book.hash == *version);
        let book = book.ok_or_else(|| format!("{runbook} has no version {version} in force"))?;
        if self.is_held_back(book) {
            return Err(format!("version {version} of {runbook} may not run"));
        }
        let made = book.steps.iter().map(|step| MStep {
            id: step.id.clone(),
            role: step.attributes.role.clone(),
            rules: Rules::of(book, step),
            beside_the_way: takes_back(book, &step.id),
            undo: step.attributes.undo.clone().filter(|_| step.block().is_some()),
            settled: None,
            work: None,
            begun: false,
            taken_back: false,
            last: Default::default(),
        });
        let made: Vec<MStep> = made.collect();
        let same = steps.iter().map(|step| (&step.id, step.only_undoes));
        if !same.eq(made.iter().map(|step| (&step.id, step.beside_the_way))) {
            return Err(format!("{runbook} has other steps"));
        }
        let by_itself = *pace == Pace::ByItself;
        let mut run = MRun {
            id: part.run,
            runbook: runbook.clone(),
            version: version.clone(),
            case: entry.subject,
            drill: entry.drill,
            by: entry.actor.clone(),
            by_itself,
            goes_back: *undo_on_failure,
            tried_out: *dry_run,
            parent: parent.as_ref().map(|parent| (parent.run, parent.step.clone())),
            course: Course::Onward,
            steps: made,
            locks: Default::default(),
            over: None,
            failed: false,
            automation: None,
            chain: Vec::new(),
        };
        self.asked_for(plan, entry, &mut run)?;
        self.runs.insert(part.run, run);
        Ok(())
    }

    /// Somebody asked for the run: a person, another run, or an automation.
    fn asked_for(&self, plan: Plan<'_>, entry: &Entry, run: &mut MRun) -> Result<(), String> {
        match (&plan.cause, &entry.why) {
            (Cause::Command(Command { what: What::StartRun(request), actor, .. }), None) => {
                let drill = request.case.and_then(|case| plan.model.cases.get(&case)).map(|case| case.drill);
                let same = (&request.runbook, request.case) == (&run.runbook, run.case)
                    && drill.unwrap_or(request.drill) == run.drill
                    && (request.pace == Pace::ByItself, request.undo_on_failure, request.dry_run)
                        == (run.by_itself, run.goes_back, run.tried_out)
                    && *actor == run.by;
                if same { Ok(()) } else { Err(format!("{request:?} is not what was asked for")) }
            }
            (_, Some(Why::Automation { automation, .. })) => {
                let word = self.automations.get(automation).and_then(|known| known.begins.get(&run.id));
                let chain = word.ok_or_else(|| format!("no word of {automation} says why it begins"))?;
                (run.chain, run.automation) = (chain.clone(), Some(automation.clone()));
                if run.by == Actor::Hub && run.by_itself { Ok(()) } else { Err("it should move by itself".into()) }
            }
            (_, Some(Why::InRun { because: RunCause::TimeCame })) => self.begins_by_clock(plan, run),
            (_, Some(_)) if run.parent.is_some() => {
                let (outer, step) = run.parent.clone().ok_or("it is a step of nothing")?;
                let known = self.runs.get(&outer).filter(|outer| outer.over.is_none());
                let outer = known.filter(|outer| outer.step(&step).is_some()).ok_or("it is a step of no run")?;
                run.chain.clone_from(&outer.chain);
                let same = (outer.case, outer.drill, outer.tried_out) == (run.case, run.drill, run.tried_out);
                let same = same && run.by_itself;
                if same { Ok(()) } else { Err(format!("it is a step of {}, and unlike it", outer.id)) }
            }
            (_, why) => Err(format!("nobody asked for it: {why:?}")),
        }
    }
}
