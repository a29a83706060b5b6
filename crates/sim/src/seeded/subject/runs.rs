//! Faults of runs, of machines at work, and of automations.

use std::collections::BTreeMap;
use std::sync::Arc;

use wheelhouse_core::automation::{Automation, Automations, EventKind, Mode};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{AutomationAction, Command, Plan, Refusal, RunAction, RunWork, What};
use wheelhouse_core::notify::Purpose;
use wheelhouse_core::record::{
    About, Actor, AutomationFact, AutomationHappening, Entry, Fact, RunCause, RunFact, RunHappening, VersionFact, Why,
};
use wheelhouse_core::run::{AttemptEnd, Ending, Run, RunId, Settling, WorkState};
use wheelhouse_core::runbook::{Judgement, RunbookHash, Standing, Trust};
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

    /// The world as the kernel takes it to be, if not as it is: what is held back is not.
    pub(super) fn seen(self, world: &World, now: Timestamp) -> Option<World> {
        let halted = world.automations().values().filter(|state| state.paused.is_some());
        let doubted = world.standings().values().filter(|standing| standing.quarantine().is_some());
        let let_go: Vec<Fact> = match self.fault {
            Some(Fault::GoOnHalted) => {
                let what = || AutomationHappening::Resumed;
                halted
                    .map(|state| AutomationFact { automation: state.name.clone(), what: what() })
                    .map(Fact::Automation)
                    .collect()
            }
            Some(Fault::RunDoubted) => {
                let judgement = || Judgement::Trusted { how: Trust::Unattributed, by: Vec::new() };
                let fact = |standing: &Standing| VersionFact {
                    runbook: standing.runbook.clone(),
                    version: standing.version.clone(),
                    judgement: judgement(),
                };
                doubted.map(fact).map(Fact::RunbookVersion).collect()
            }
            _ => return None,
        };
        let mut seen = world.clone();
        let_go.into_iter().for_each(|fact| _ = seen.apply(&Entry::new(now, Actor::Hub, fact)));
        Some(seen)
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
            Some(Fault::WakeTooEarly) => wake_too_early(entries),
            Some(Fault::CarryOutTrial) => entries.iter_mut().for_each(carry_out_trial),
            Some(Fault::ForgetWanted) => forget_wanted(entries),
            Some(Fault::KeepAsking) => entries.retain(|entry| {
                !matches!((&entry.fact, &entry.why), (Fact::MessageWithdrawn { .. }, Some(Why::NotWanted)))
            }),
            Some(Fault::BeginTwice) => begin_twice(entries),
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

/// A step that begins to wait is done at once.
fn wake_too_early(entries: &mut Vec<Entry>) {
    let begins = entries.iter().find_map(|entry| match &entry.fact {
        Fact::Run(RunFact { run, what: RunHappening::WaitsUntil { step, for_event: true, .. } }) => {
            Some((entry.clone(), *run, step.clone()))
        }
        _ => None,
    });
    let Some((entry, run, step)) = begins else { return };
    let about = About { event: EventKind::Resolved, target: String::new(), signal: None, run: None };
    let what = RunHappening::StepSettled { step, how: Settling::Done };
    let why = Some(Why::InRun { because: RunCause::Happened { about } });
    entries.push(Entry { fact: Fact::Run(RunFact { run, what }), why, body: None, ..entry });
}

/// Every script is taken for one that knows runs that are only tried out.
fn carry_out_trial(entry: &mut Entry) {
    if let Fact::Run(RunFact { what: RunHappening::Started { dry_run: true, steps, .. }, .. }) = &mut entry.fact {
        let automated = steps.iter_mut().filter_map(|step| step.automated.as_mut());
        automated.filter(|how| how.wants_runner()).for_each(|how| how.dry_run = true);
    }
}

/// Drops the last message of a plan by which somebody is asked, unless another one of its case follows.
fn forget_wanted(entries: &mut Vec<Entry>) {
    let is_last = |at: usize, entry: &Entry| match &entry.fact {
        Fact::MessageQueued { message, purpose: Purpose::Wanted { .. }, .. } => {
            let later = entries.iter().skip(at + 1);
            !later.into_iter().any(
                |other| matches!(&other.fact, Fact::MessageQueued { message: other, .. } if other.case == message.case),
            )
        }
        _ => false,
    };
    if let Some(at) = entries.iter().enumerate().position(|(at, entry)| is_last(at, entry)) {
        entries.remove(at);
    }
}

/// What the clock begins is begun once more.
fn begin_twice(entries: &mut Vec<Entry>) {
    let by_clock = |entry: &&Entry| {
        let started = matches!(&entry.fact, Fact::Run(part) if matches!(part.what, RunHappening::Started { .. }));
        started && matches!(&entry.why, Some(Why::InRun { because: RunCause::TimeCame }))
    };
    let begun = entries.iter().rev().find(by_clock).cloned();
    entries.extend(begun.map(|mut again| {
        if let Fact::Run(part) = &mut again.fact {
            part.run.0 += 1;
        }
        again
    }));
}

/// Whether somebody lets go what is held back, or may hold it back: that is seen as it is.
pub(super) const fn is_about_what_is_held(command: &Command) -> bool {
    match &command.what {
        What::ApproveVersion(_) | What::Adopt { .. } => true,
        What::Automation { action, .. } => matches!(action, AutomationAction::Pause { .. } | AutomationAction::Resume),
        _ => false,
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
