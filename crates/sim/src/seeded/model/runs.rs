//! Runs of runbooks: pinned to a version, worked on by those who may, over once and exactly when they should be.

use std::collections::BTreeMap;

use wheelhouse_core::World;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::kernel::{Command, Refusal, RunAction, RunRequest, What};
use wheelhouse_core::name::{PersonName, RoleName};
use wheelhouse_core::record::{Actor, Entry, Fact, RunFact, RunHappening, Why};
use wheelhouse_core::run::{Ending, RunId, Settling};
use wheelhouse_core::runbook::{Runbook, RunbookHash, RunbookName, StepId};
use wheelhouse_core::time::Timestamp;

use super::{Cause, Model, oncall};

/// The most runs of one case that may be under way.
pub(super) const MOST_OF_A_CASE: usize = 20;

/// A run as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MRun {
    runbook: RunbookName,
    version: RunbookHash,
    case: Option<CaseId>,
    drill: bool,
    steps: Vec<MStep>,
    over: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct MStep {
    id: StepId,
    role: Option<RoleName>,
    /// Something else names it as what takes it back.
    beside_the_way: bool,
    settled: Option<Settling>,
}

impl MRun {
    fn of(runbook: &Runbook, case: Option<CaseId>, drill: bool) -> Self {
        let steps = runbook.steps.iter().map(|step| MStep {
            id: step.id.clone(),
            role: step.attributes.role.clone(),
            beside_the_way: takes_back(runbook, &step.id),
            settled: None,
        });
        let (steps, version) = (steps.collect(), runbook.hash.clone());
        Self { runbook: runbook.name.clone(), version, case, drill, steps, over: false }
    }

    fn step(&mut self, id: &StepId) -> Option<&mut MStep> {
        self.steps.iter_mut().find(|step| step.id == *id)
    }

    /// Whether there is a way and nothing on it is left to be done.
    fn is_done(&self) -> bool {
        let mut way = self.steps.iter().filter(|step| !step.beside_the_way).peekable();
        way.peek().is_some() && way.all(|step| step.settled.is_some())
    }
}

impl Model {
    /// Whether somebody holds one of these roles; anybody does where none is asked for.
    pub fn holds_any(&self, roles: &[RoleName], person: &PersonName, now: Timestamp) -> bool {
        roles.is_empty() || roles.iter().any(|role| self.holds(role, person, now))
    }

    /// A role is a team, a schedule, or what a team gives its members.
    fn holds(&self, role: &RoleName, person: &PersonName, now: Timestamp) -> bool {
        let Some(catalog) = &self.catalog else { return false };
        let of_team = catalog.teams.values().any(|team| {
            let gives = team.name.as_str() == role.as_str() || team.roles.iter().any(|given| given == role.as_str());
            gives && team.members.contains(person)
        });
        let mut named = catalog.schedules.values().filter(|schedule| schedule.name.as_str() == role.as_str());
        of_team || named.any(|schedule| oncall::on_call(schedule, now).as_ref() == Some(person))
    }

    /// Whether somebody must be let do what they ask for about runs; nothing where they ask for something else.
    pub(super) fn must_run(&self, command: &Command, now: Timestamp) -> Option<bool> {
        if self.machines.is_some() {
            return self.must_do(command, now);
        }
        let Actor::Person(person) = &command.actor else { return None };
        match &command.what {
            What::StartRun(request) => Some(self.may_start(request, person, now)),
            What::Run { run, action } => self.may_work(*run, action, person, now),
            _ => None,
        }
    }

    fn may_start(&self, request: &RunRequest, person: &PersonName, now: Timestamp) -> bool {
        let Some(runbook) = self.catalog.as_ref().and_then(|catalog| catalog.runbooks.get(&request.runbook)) else {
            return false;
        };
        let parameters = &runbook.front.parameters;
        let given = |name: &str| request.parameters.contains_key(name);
        let is_full = |case| {
            let under_way = self.runs.values().filter(|run| run.case == Some(case) && !run.over);
            under_way.count() >= MOST_OF_A_CASE
        };
        !runbook.steps.is_empty()
            && request.version.as_ref().is_none_or(|seen| *seen == runbook.hash)
            && self.holds_any(&runbook.front.roles.run, person, now)
            && parameters.iter().all(|parameter| !parameter.required || given(&parameter.name))
            && request.parameters.keys().all(|name| parameters.iter().any(|parameter| parameter.name == *name))
            && request.case.is_none_or(|case| self.cases.contains_key(&case) && !is_full(case))
    }

    fn may_work(&self, run: RunId, action: &RunAction, person: &PersonName, now: Timestamp) -> Option<bool> {
        let Some(run) = self.runs.get(&run).filter(|run| !run.over) else { return Some(false) };
        let known = |id: &StepId| run.steps.iter().find(|step| step.id == *id);
        let may = |step: &MStep| step.role.as_ref().is_none_or(|role| self.holds(role, person, now));
        let may = match action {
            RunAction::Settle { step, how, text } => {
                let said = *how != Settling::Skipped || text.is_some();
                known(step).is_some_and(|step| said && step.settled.is_none() && may(step))
            }
            RunAction::Reopen { step, .. } => known(step).is_some_and(|step| step.settled.is_some() && may(step)),
            RunAction::Stop { .. } => true,
            // What machines do is not played.
            _ => return None,
        };
        Some(may)
    }

    /// Whoever is refused hears the reason that holds, where only one does.
    pub(super) fn run_refused(&self, command: &Command, refusal: &Refusal) -> Result<(), String> {
        let What::Run { run, .. } = &command.what else { return Ok(()) };
        if self.machines.is_some() {
            return Ok(());
        }
        let right = match self.runs.get(run) {
            None => matches!(refusal, Refusal::NoSuchRun(_)),
            Some(known) if known.over => matches!(refusal, Refusal::RunOver(_)),
            Some(_) => !matches!(refusal, Refusal::NoSuchRun(_) | Refusal::RunOver(_)),
        };
        if right { Ok(()) } else { Err(format!("run: {run} is refused as what it is not: {refusal}")) }
    }

    /// What happened to runs is what was asked for, and what follows from that; follows it.
    pub(super) fn runs_as_expected(
        &mut self,
        before: &Self,
        cause: Cause<'_>,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<(), String> {
        if self.machines.is_some() {
            return Ok(());
        }
        let mut happened = entries.iter().filter_map(|entry| match &entry.fact {
            Fact::Run(part) => Some((entry, part)),
            _ => None,
        });
        let case = match cause {
            Cause::Command(Command { what: What::StartRun(request), actor, .. }) => {
                let first = happened.next().ok_or("run: it is not started")?;
                self.started(before, request, actor, first)?;
                request.case
            }
            Cause::Command(Command { what: What::Run { run, action }, actor, .. }) => {
                let first = happened.next().ok_or_else(|| format!("run: nothing happens in {run}"))?;
                let known = self.runs.get_mut(run).ok_or_else(|| format!("run: {run} is unknown"))?;
                worked(known, *run, action, actor, first)?;
                let ended = happened.next();
                let over = known.is_done() && !known.over;
                let is_so = ended.is_some_and(|(entry, part)| {
                    entry.actor == Actor::Hub
                        && entry.why == Some(Why::EveryStepSettled)
                        && *part == RunFact { run: *run, what: RunHappening::Ended { how: Ending::Completed } }
                        && (entry.subject, entry.drill) == (known.case, known.drill)
                });
                if ended.is_some() != is_so || over != is_so {
                    return Err(format!("run: {run} should be complete is {over}, and it was said: {ended:?}"));
                }
                known.over |= over;
                known.case
            }
            _ => None,
        };
        if let Some((entry, _)) = happened.next() {
            return Err(format!("run: nobody asked for {:?}", entry.fact));
        }
        case.map_or(Ok(()), |case| self.kept_acknowledged(before, case, now))
    }

    fn started(
        &mut self,
        before: &Self,
        request: &RunRequest,
        actor: &Actor,
        (entry, part): (&Entry, &RunFact),
    ) -> Result<(), String> {
        let runbook = self.catalog.as_ref().and_then(|catalog| catalog.runbooks.get(&request.runbook));
        let runbook = runbook.ok_or("run: of no runbook")?;
        let drill = request.case.and_then(|case| before.cases.get(&case)).map_or(request.drill, |case| case.drill);
        let expected = MRun::of(runbook, request.case, drill);
        let next = RunId(self.runs.keys().next_back().map_or(1, |last| last.0 + 1));
        let RunHappening::Started { runbook, version, steps, .. } = &part.what else {
            return Err(format!("run: {} is not started by {:?}", part.run, part.what));
        };
        let same_steps = steps.iter().map(|step| (&step.id, &step.role, step.only_undoes));
        let same = part.run == next
            && (entry.subject, entry.drill, &entry.actor) == (request.case, drill, actor)
            && (runbook, version) == (&expected.runbook, &expected.version)
            && same_steps.eq(expected.steps.iter().map(|step| (&step.id, &step.role, step.beside_the_way)));
        if !same {
            return Err(format!("run: {next} should be {expected:?}\nand is started as {entry:?}"));
        }
        self.runs.insert(next, expected);
        Ok(())
    }

    /// Work on a run of a case is work on the case: its acknowledgement holds from here anew.
    fn kept_acknowledged(&self, before: &Self, id: CaseId, now: Timestamp) -> Result<(), String> {
        let (Some(was), Some(is), Some(catalog)) = (before.cases.get(&id), self.cases.get(&id), &self.catalog) else {
            return Err(format!("run: {id} is unknown"));
        };
        let of_service = is.service.as_ref().and_then(|name| catalog.services.get(name)?.escalation.as_ref());
        let name = of_service.or_else(|| catalog.teams.get(&is.team)?.escalation.as_ref());
        let escalation = name.and_then(|name| catalog.escalations.get(name));
        let timeout =
            escalation.map_or(catalog.organization.acknowledgement_timeout, |one| one.acknowledgement_timeout);
        let expected = (was.phase, was.lapses_at.map(|_| now + timeout));
        if (is.phase, is.lapses_at) == expected {
            Ok(())
        } else {
            Err(format!("run: work on {id} should leave it {expected:?}, and it is {:?}", (is.phase, is.lapses_at)))
        }
    }

    /// Compares the runs under way with the world's.
    pub(super) fn runs_agree(&self, world: &World) -> Result<(), String> {
        if self.machines.is_some() {
            return self.machines_agree(world);
        }
        let ours: BTreeMap<RunId, &MRun> =
            self.runs.iter().filter(|(_, run)| !run.over).map(|(id, run)| (*id, run)).collect();
        if ours.len() != world.runs().len() || world.last_run().0 != self.runs.len() as u64 {
            return Err(format!("run: {:?} should be under way of {}", ours.keys(), self.runs.len()));
        }
        for theirs in world.runs() {
            let same = ours.get(&theirs.id).is_some_and(|ours| {
                let settled =
                    theirs.steps.iter().map(|step| (&step.planned.id, step.settled.as_ref().map(|one| one.how)));
                (&ours.version, ours.case, ours.drill) == (&theirs.version, theirs.case, theirs.drill)
                    && settled.eq(ours.steps.iter().map(|step| (&step.id, step.settled)))
            });
            if !same {
                return Err(format!("run: {:?} is in the world as {theirs:?}", ours.get(&theirs.id)));
            }
        }
        Ok(())
    }
}

/// Whether another step names one as what takes it back.
pub(super) fn takes_back(runbook: &Runbook, id: &StepId) -> bool {
    runbook.steps.iter().any(|other| other.attributes.undo.as_ref() == Some(id))
}

/// Follows what a person did in a run.
fn worked(
    run: &mut MRun,
    id: RunId,
    action: &RunAction,
    actor: &Actor,
    (entry, part): (&Entry, &RunFact),
) -> Result<(), String> {
    let what = match action {
        RunAction::Settle { step, how, .. } => RunHappening::StepSettled { step: step.clone(), how: *how },
        RunAction::Reopen { step, .. } => RunHappening::StepReopened { step: step.clone() },
        RunAction::Stop { .. } => RunHappening::Ended { how: Ending::Stopped },
        _ => return Err(format!("run: nobody asked for {action:?}")),
    };
    let same = *part == RunFact { run: id, what }
        && entry.actor == *actor
        && (entry.subject, entry.drill) == (run.case, run.drill);
    if !same {
        return Err(format!("run: {action:?} in {id} is not {entry:?}"));
    }
    match action {
        RunAction::Settle { step, how, .. } => run.step(step).into_iter().for_each(|step| step.settled = Some(*how)),
        RunAction::Reopen { step, .. } => run.step(step).into_iter().for_each(|step| step.settled = None),
        _ => run.over = true,
    }
    Ok(())
}
