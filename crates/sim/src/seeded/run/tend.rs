//! What people do about machines and automations, by what there is at that time.

use std::collections::BTreeMap;

use wheelhouse_core::kernel::{Approval, AttemptReport, AutomationAction, Lease, RunAction, RunRequest, RunWork, What};
use wheelhouse_core::name::RoleName;
use wheelhouse_core::record::Actor;
use wheelhouse_core::run::{AttemptEnd, Epoch, Pace, Run, RunStep, Settling, Work, WorkState};
use wheelhouse_core::runbook::{RunbookHash, StepId};

use super::super::catalogs;
use super::super::machines::{self, Deed};
use super::{Shell, hands};

impl Shell {
    /// What somebody does about machines, and who; nothing where there is nothing to do it to.
    pub(super) fn about_machines(&self, deed: Deed) -> Option<(Actor, What)> {
        match deed {
            Deed::Start { who, fits, book, case, drill, by_itself, goes_back, tried_out } => {
                let runbook = machines::book(book);
                let known = self.hub.world.catalog()?.runbooks.get(&runbook);
                let asked = known.map_or(&[][..], |known| known.front.roles.run.as_slice());
                let request = RunRequest {
                    runbook,
                    version: None,
                    case: case.and_then(|number| self.choose(number)),
                    drill,
                    parameters: BTreeMap::new(),
                    pace: if by_itself { Pace::ByItself } else { Pace::ByHand },
                    undo_on_failure: goes_back,
                    dry_run: tried_out,
                };
                Some((Actor::Person(self.somebody(who, fits, asked)), What::StartRun(Box::new(request))))
            }
            Deed::Tend { who, fits, run, odds } => {
                let run = self.under_way(run)?;
                let (action, asked) = tended(run, odds)?;
                Some((self.for_run(who, fits, run, &action, &asked), What::Run { run: run.id, action }))
            }
            Deed::Meddle { who, fits, run, step, odds } => {
                let run = self.under_way(run)?;
                let step = run.steps.get(usize::try_from(step).ok()? % run.steps.len().max(1))?;
                let action = meddled(step, odds);
                let asked: Vec<RoleName> = step.planned.role.clone().into_iter().collect();
                Some((self.for_run(who, fits, run, &action, &asked), What::Run { run: run.id, action }))
            }
            Deed::Answer { who, fits, which, agrees } => self.answer(who, fits, which, agrees),
            Deed::Halt { who, which, resume } => {
                let action =
                    if resume { AutomationAction::Resume } else { AutomationAction::Pause { text: "enough".into() } };
                let who = Actor::Person(catalogs::person(who));
                Some((who, What::Automation { automation: machines::automation(which), action }))
            }
            Deed::ApproveVersion { who, fits, book, other } => self.approve(who, fits, book, other),
            Deed::Stale { which, odds } => self.stale(which, odds),
        }
    }

    /// A word for a version of a runbook that may not run: of the one that was chosen, or of any, if there is one.
    fn approve(&self, who: u64, fits: bool, book: u64, other: bool) -> Option<(Actor, What)> {
        let catalog = self.hub.world.catalog()?;
        let held = |number: &u64| self.model.is_held_back(&machines::book(*number % machines::BOOKS));
        let runbook = machines::book((book..book + machines::BOOKS).find(held).unwrap_or(book) % machines::BOOKS);
        let known = catalog.runbooks.get(&runbook)?;
        let version = if other { RunbookHash::of("another") } else { known.hash.clone() };
        let all = (0..catalogs::PEOPLE).map(|more| catalogs::person((who + more) % catalogs::PEOPLE));
        let mut fitting = all.filter(|person| fits && self.model.may_approve(&runbook, person, self.now));
        let person = fitting.next().unwrap_or_else(|| catalogs::person(who));
        let approval = Approval { runbook, version, text: Some("it is right".into()) };
        Some((Actor::Person(person), What::ApproveVersion(Box::new(approval))))
    }

    /// One of the runs under way, the last one first; a run that wants somebody more often than others.
    fn under_way(&self, number: u64) -> Option<&Run> {
        let runs: Vec<&Run> = self.hub.world.runs().filter(|run| run.runbook.stem().starts_with('m')).collect();
        let wanting: Vec<&Run> = runs.iter().copied().filter(|run| run.wants().next().is_some()).collect();
        let among = if number.is_multiple_of(2) && !wanting.is_empty() { wanting } else { runs };
        let back = usize::try_from(number / 2).ok()?.checked_rem(among.len())?;
        among.iter().rev().nth(back).copied()
    }

    /// Who does something in a run: whoever can agree where that is asked, else whoever holds a role that is asked for.
    fn for_run(&self, who: u64, fits: bool, run: &Run, action: &RunAction, asked: &[RoleName]) -> Actor {
        let step = match action {
            RunAction::Approve { step, .. } | RunAction::Decline { step, .. } => step,
            _ => return Actor::Person(self.somebody(who, fits, asked)),
        };
        let all = (0..catalogs::PEOPLE).map(|more| catalogs::person((who + more) % catalogs::PEOPLE));
        let mut fitting = all.filter(|person| fits && self.model.may_agree(run.id, step, person, self.now));
        fitting.next().map_or_else(|| Actor::Person(catalogs::person(who)), Actor::Person)
    }

    /// An answer to one of the questions that wait for people, or to one that does not.
    fn answer(&self, who: u64, fits: bool, which: u64, agrees: bool) -> Option<(Actor, What)> {
        let open = self.hub.world.automations().values();
        let asked: Vec<_> = open.flat_map(|state| state.awaiting.keys().map(|number| (&state.name, *number))).collect();
        let chosen =
            usize::try_from(which).unwrap_or(0).checked_rem(asked.len()).and_then(|one| asked.get(one).copied());
        let (automation, number) = chosen?;
        let number = if which.is_multiple_of(11) { number + 1 } else { number };
        let role = self.hub.world.catalog()?.automations.get(automation)?.approval.as_ref()?.role.clone();
        let all = (0..catalogs::PEOPLE).map(|more| catalogs::person((who + more) % catalogs::PEOPLE));
        let mut fitting = all.filter(|person| fits && self.model.may_answer(automation, number, person, self.now));
        let person = fitting.next().unwrap_or_else(|| self.somebody(who, fits, &[role]));
        let action = match agrees {
            true => AutomationAction::Approve { number },
            false => AutomationAction::Decline { number, text: None },
        };
        Some((Actor::Person(person), What::Automation { automation: automation.clone(), action }))
    }

    /// A report under a lease that is over, was never given, or is of another runner.
    fn stale(&self, which: u64, odds: u64) -> Option<(Actor, What)> {
        let given: Vec<&Lease> = self.hands.given.iter().collect();
        let held = given.iter().copied().filter(|lease| self.hub.world.lease(lease.epoch).is_some());
        // In some stories mostly about a step that a runner has at that time.
        let held: Vec<&Lease> = held.filter(|_| machines::are_all_in(self.seed) && odds > 2).collect();
        let given = if held.is_empty() { given } else { held };
        let back = usize::try_from(which).unwrap_or(0).checked_rem(given.len())?;
        let Lease { run, step, epoch } = (*given.get(back)?).clone();
        let epoch = match odds {
            0..=3 => epoch,
            4..=5 => Epoch(epoch.0.saturating_sub(1)),
            _ => Epoch(epoch.0 + 1),
        };
        let other = wheelhouse_core::name::RunnerName::new("elsewhere").ok()?;
        // By the right one only where the lease is over: what is in force is ended by its own runner alone.
        let in_force = self.hub.world.lease(epoch).is_some();
        let by = if in_force { other } else { hands::runner() };
        let report = AttemptReport::of(AttemptEnd::Succeeded, "late");
        Some((Actor::Runner(by), What::RunWork(Box::new(RunWork::Ended { run, step, epoch, report }))))
    }
}

fn settle(step: &StepId, how: Settling) -> RunAction {
    RunAction::Settle { step: step.clone(), how, text: Some("as it was".into()) }
}

/// What a run wants next, done one way or another, with the roles that are asked for it.
fn tended(run: &Run, odds: u64) -> Option<(RunAction, Vec<RoleName>)> {
    let stands = |fits: fn(&WorkState) -> bool| {
        run.steps.iter().find(|step| step.work.as_ref().is_some_and(|work| fits(&work.state)))
    };
    let of = |step: &RunStep| step.planned.role.clone().into_iter().collect();
    if let Some(step) = stands(|state| matches!(state, WorkState::Asking { .. })) {
        return Some((agreed(step, odds)?, of(step)));
    }
    if let Some(step) = stands(|state| *state == WorkState::Unknown) {
        let id = &step.planned.id;
        let action = match odds {
            0..=7 => settle(id, Settling::Done),
            8..=10 => settle(id, Settling::Failed),
            11..=12 => settle(id, Settling::Skipped),
            _ => RunAction::Execute { step: id.clone() },
        };
        return Some((action, of(step)));
    }
    let failed = run.steps.iter().find(|step| step.settled.as_ref().is_some_and(|one| one.how == Settling::Failed));
    if run.course.is_paused() {
        let text = None;
        let action = match (odds, failed) {
            (0..=6, Some(step)) => return Some((RunAction::Execute { step: step.planned.id.clone() }, of(step))),
            (0..=12, _) => RunAction::Resume { text },
            (13..=17, _) => RunAction::Undo { text },
            _ => RunAction::Stop { text },
        };
        return Some((action, Vec::new()));
    }
    let next = match run.course.is_undoing() {
        true => run.to_take_back().map(|(_, back)| back).find(|back| back.settled.is_none()),
        false => run.steps.iter().find(|step| !step.planned.only_undoes && step.settled.is_none()),
    };
    let step = next.filter(|step| step.work.is_none())?;
    let (id, manual) = (&step.planned.id, step.planned.automated.is_none());
    let action = match odds {
        _ if !manual && odds < 17 => RunAction::Execute { step: id.clone() },
        0..=15 => settle(id, Settling::Done),
        16..=17 => settle(id, Settling::Failed),
        _ => settle(id, Settling::Skipped),
    };
    Some((action, of(step)))
}

fn agreed(step: &RunStep, odds: u64) -> Option<RunAction> {
    let id = step.planned.id.clone();
    let Some(Work { input: Some(input), .. }) = &step.work else { return None };
    Some(match odds {
        0..=15 => RunAction::Approve { step: id, input: input.clone() },
        16..=17 => RunAction::Approve { step: id, input: RunbookHash::of("something else") },
        _ => RunAction::Decline { step: id, text: "not now".into() },
    })
}

/// Anything that a person can do about a step, or a run.
fn meddled(step: &RunStep, odds: u64) -> RunAction {
    let (id, text) = (step.planned.id.clone(), Some("so it be".to_string()));
    match odds {
        0..=2 => RunAction::Cancel { step: id, text },
        3..=4 => RunAction::Reopen { step: id, text },
        5..=7 => RunAction::Execute { step: id },
        8..=9 => settle(&id, Settling::Done),
        10 => settle(&id, Settling::Failed),
        11 => settle(&id, Settling::Skipped),
        12..=13 => RunAction::Pause { text },
        14 => RunAction::Resume { text },
        15..=17 => RunAction::Undo { text },
        18 => RunAction::Stop { text },
        _ => agreed(step, 0).unwrap_or(RunAction::Stop { text }),
    }
}
