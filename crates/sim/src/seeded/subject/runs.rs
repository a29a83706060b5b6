//! Faults of runs, of machines at work, and of automations.

use std::collections::BTreeMap;
use std::sync::Arc;

use wheelhouse_core::automation::{Automation, Automations, Mode};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{AutomationAction, Command, Plan, Refusal, RunAction, RunWork, What};
use wheelhouse_core::record::{Actor, AutomationHappening, Entry, Fact, RunCause, RunFact, RunHappening, Why};
use wheelhouse_core::run::{AttemptEnd, Ending, Run, RunId, WorkState};
use wheelhouse_core::runbook::RunbookHash;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::{Context, World, decide};

use super::Subject;
use crate::seeded::catalogs::{PEOPLE, person};
use crate::seeded::fault::Fault;

impl Subject {
    /// What the kernel hears instead of what was said.
    pub(super) fn spoil_command(self, world: &World, command: &mut Command) {
        match (&mut command.what, self.fault) {
            (What::Adopt { catalog, .. }, Some(fault)) => {
                if let Some(other) = with_other_gates(catalog, fault) {
                    *catalog = Arc::new(other);
                }
            }
            (What::RunWork(done), Some(Fault::CarryOutTwice)) => {
                if let RunWork::Ended { report, .. } = &mut **done
                    && report.end == AttemptEnd::Unknown
                {
                    report.end = AttemptEnd::NotStarted;
                }
            }
            (What::RunWork(done), Some(Fault::TakeStale)) => {
                if let RunWork::Ended { run, step, epoch, .. } = &mut **done
                    && let Some(WorkState::Leased { epoch: current, runner, .. }) = state(world, *run, step)
                {
                    (*epoch, command.actor) = (current, Actor::Runner(runner));
                }
            }
            _ => {}
        }
    }

    /// What the kernel does where it should have refused.
    pub(super) fn despite(
        self,
        world: &World,
        command: &Command,
        cx: &Context,
        refusal: Refusal,
    ) -> Result<Plan, Refusal> {
        let agrees = matches!(
            &command.what,
            What::Run { action: RunAction::Approve { .. }, .. }
                | What::Automation { action: AutomationAction::Approve { .. }, .. }
        );
        if self.fault != Some(Fault::AgreeWithOneself) || !agrees {
            return Err(refusal);
        }
        let somebody = |number| Command { actor: Actor::Person(person(number)), ..command.clone() };
        (0..PEOPLE).find_map(|number| decide(world, &somebody(number), cx).ok()).ok_or(refusal)
    }

    pub(super) fn spoil_runs(self, plan: &mut Plan, now: Timestamp) {
        let entries = &mut plan.entries;
        let happens = |entry: &Entry| match &entry.fact {
            Fact::Run(part) => Some(part.what.clone()),
            _ => None,
        };
        match self.fault {
            Some(Fault::KeepRunning) => {
                let ends = RunHappening::Ended { how: Ending::Completed };
                entries.retain(|entry| happens(entry).as_ref() != Some(&ends));
            }
            Some(Fault::ForgetStep) => {
                entries.retain(|entry| !matches!(happens(entry), Some(RunHappening::StepSettled { .. })));
            }
            Some(Fault::UnpinRun) => {
                for entry in entries {
                    if let Fact::Run(RunFact { what: RunHappening::Started { version, .. }, .. }) = &mut entry.fact {
                        *version = RunbookHash::of("");
                    }
                }
            }
            _ => self.spoil_machines(plan, now),
        }
    }

    fn spoil_machines(self, plan: &mut Plan, now: Timestamp) {
        let entries = &mut plan.entries;
        let about = |entry: &Entry, fits: fn(&RunHappening) -> bool| match &entry.fact {
            Fact::Run(part) => fits(&part.what),
            _ => false,
        };
        match self.fault {
            Some(Fault::BeginWithFewer) => entries.iter_mut().for_each(|entry| {
                if let Fact::Run(RunFact { what: RunHappening::Started { steps, .. }, .. }) = &mut entry.fact {
                    let automated = steps.iter_mut().filter_map(|step| step.automated.as_mut());
                    automated.filter_map(|how| how.approval.as_mut()).for_each(|approval| approval.count = 1);
                }
            }),
            Some(Fault::ShareLock) => entries.iter_mut().for_each(share_lock),
            Some(Fault::PassFailed) => entries.retain(|entry| {
                let failed = matches!(&entry.why, Some(Why::InRun { because: RunCause::StepFailed { .. } }));
                !(failed && about(entry, |what| matches!(what, RunHappening::Paused)))
            }),
            Some(Fault::ForgetWayBack) => entries.iter_mut().for_each(|entry| {
                let back = matches!(&entry.why, Some(Why::InRun { because: RunCause::TakesBack { .. } }));
                if let (true, Fact::Run(part)) = (back, &mut entry.fact) {
                    part.what = RunHappening::Ended { how: Ending::Undone };
                }
            }),
            Some(Fault::LeaseForever) => entries.iter_mut().for_each(|entry| {
                if let Fact::Run(RunFact { what: RunHappening::Leased { until, .. }, .. }) = &mut entry.fact {
                    *until = now + Duration::from_hours(24 * 365);
                }
            }),
            Some(Fault::ForgetRunOver) => entries.retain(|entry| {
                !matches!(&entry.fact, Fact::Automation(fact) if matches!(fact.what, AutomationHappening::RunOver { .. }))
            }),
            _ => {}
        }
    }
}

/// Forgets what machines are at with the first run that has something.
pub(super) fn lose_work(runs: &mut BTreeMap<RunId, Run>) {
    let at_work = |run: &&mut Run| run.ended.is_none() && run.steps.iter().any(|step| step.work.is_some());
    let lost = runs.values_mut().find(at_work);
    lost.into_iter().flat_map(|run| &mut run.steps).for_each(|step| step.work = None);
}

fn state(world: &World, run: RunId, step: &wheelhouse_core::runbook::StepId) -> Option<WorkState> {
    world.run(run)?.step(step)?.work.as_ref().map(|work| work.state.clone())
}

/// What waits for a lock has it at once.
fn share_lock(entry: &mut Entry) {
    if let Fact::Run(part) = &mut entry.fact
        && let RunHappening::LockWanted { lock, .. } = &part.what
    {
        part.what = RunHappening::LockTaken { lock: lock.clone() };
    }
}

/// The catalog with automations that some gate does not hold back.
fn with_other_gates(catalog: &Catalog, fault: Fault) -> Option<Catalog> {
    let change = |one: &mut Automation| match fault {
        Fault::ActInShadow => one.mode = Mode::Live,
        Fault::ForgetCooldown => one.cooldown = Duration::ZERO,
        Fault::ForgetLimits => (one.limits.target, one.limits.all) = (200, 200),
        Fault::GoRound => one.chain = 1_000,
        Fault::KeepFailing => one.breaker.failures = 1_000,
        _ => {}
    };
    let gates = [Fault::ActInShadow, Fault::ForgetCooldown, Fault::ForgetLimits, Fault::GoRound, Fault::KeepFailing];
    let changed = |one: &Arc<Automation>| {
        let mut one = (**one).clone();
        change(&mut one);
        one
    };
    let automations: Automations = catalog.automations.iter().map(changed).collect();
    gates.contains(&fault).then(|| Catalog { automations, ..catalog.clone() })
}
