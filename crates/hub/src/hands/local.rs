//! The runner inside the hub: it carries out steps on the hub's own machine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use wheelhouse_core::World;
use wheelhouse_core::kernel::{AttemptReport, Lease, Offer, RunWork, What, has_work};
use wheelhouse_core::name::{HUB_RUNNER, RunnerName};
use wheelhouse_core::run::{AttemptEnd, Epoch, Run, RunStep, WorkState};
use wheelhouse_runner::secret::{EnvironmentSecrets, FileSecrets};
use wheelhouse_runner::step::{Confinement, User};
use wheelhouse_runner::{Cancel, Runner, sweep};

use super::{Job, by_hub, is_leased, job, known, report};
use crate::clock::{wait, wall_now};
use crate::routes::App;
use crate::writer::Fault;

/// The longest pause between two looks for work.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The pause before something is told again that the hub was too busy for.
const AGAIN: Duration = Duration::from_millis(200);
/// How long steps may take to end when the hub stops.
const GRACE: Duration = Duration::from_secs(15);

/// How the hub carries out steps itself.
#[derive(Clone, Debug)]
pub struct StepSettings {
    /// How many at a time; it carries out none where 0.
    pub at_once: usize,
    /// The folder with their secrets, each in a file of its name; `WH_SECRET_NAME` of the hub's environment beside it.
    pub secrets: Option<PathBuf>,
    /// Whom their processes run as; the hub's own user where absent.
    pub user: Option<User>,
    /// Folders that their processes may write in beside their own.
    pub folders: Vec<PathBuf>,
    /// What their processes find in their environment beside what the runbook gives them, by name.
    pub environment: BTreeMap<String, String>,
    /// What can be reached from here, as `runner=` of a step wants it.
    pub labels: Vec<String>,
}

impl Default for StepSettings {
    fn default() -> Self {
        Self {
            at_once: 16,
            secrets: None,
            user: None,
            folders: Vec::new(),
            environment: BTreeMap::new(),
            labels: Vec::new(),
        }
    }
}

/// The steps that are being carried out here.
type Running = Arc<Mutex<BTreeMap<Epoch, (Lease, Cancel)>>>;

/// Carries out steps on this machine until the hub stops.
pub(crate) async fn carry_out_here(
    app: App,
    jobs: PathBuf,
    settings: StepSettings,
    mut stopped: watch::Receiver<bool>,
) {
    if settings.at_once == 0 {
        return;
    }
    clear_up(&app, &jobs).await;
    let runner = Arc::new(runner(jobs, &settings));
    let places = Arc::new(Semaphore::new(settings.at_once));
    let running: Running = Arc::default();
    let mut published = app.0.published.clone();
    loop {
        let seen = published.borrow_and_update().runs_moved;
        cancel_asked(&app, &running).await;
        let pause = take(&app, &runner, &settings, &places, &running).await;
        tokio::select! {
            biased;
            _stopping = stopped.wait_for(|stopping| *stopping) => break,
            moved = published.wait_for(|published| published.runs_moved != seen) => {
                if moved.is_err() {
                    break;
                }
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
    for (_, cancel) in running.lock().unwrap_or_else(PoisonError::into_inner).values() {
        cancel.cancel();
    }
    let all = u32::try_from(settings.at_once).unwrap_or(u32::MAX);
    let _ended = tokio::time::timeout(GRACE, places.acquire_many(all)).await;
}

/// Takes as many steps as there is room for; says when to look again.
async fn take(
    app: &App,
    runner: &Arc<Runner>,
    settings: &StepSettings,
    places: &Arc<Semaphore>,
    running: &Running,
) -> Duration {
    let room = places.available_permits();
    let now = wall_now();
    let offer = Offer { runner: name(), own_labels: Some(settings.labels.clone()), room };
    let asked = offer.clone();
    let look = move |world: &World| (has_work(world, now, &asked), world.next_ready(now));
    let Ok((is_ready, next)) = app.0.writer.read(look).await else { return AGAIN };
    let pause = next.map_or(LONGEST_PAUSE, |at| wait(now, at).min(LONGEST_PAUSE));
    if room == 0 || !is_ready {
        return pause;
    }
    let leases = match app.0.writer.hub(by_hub(What::Lease(offer))).await {
        Ok(answer) => answer.leases,
        Err(fault) => {
            tracing::warn!(%fault, "no steps could be taken");
            return AGAIN;
        }
    };
    for lease in leases {
        let Ok(place) = places.clone().try_acquire_owned() else { break };
        let (app, runner, running, settings) = (app.clone(), runner.clone(), running.clone(), settings.clone());
        tokio::spawn(async move {
            carry_out(&app, &runner, &settings, &running, lease).await;
            drop(place);
        });
    }
    pause
}

/// Carries out one step, and says how it went.
async fn carry_out(app: &App, runner: &Arc<Runner>, settings: &StepSettings, running: &Running, lease: Lease) {
    let said = match known(app, lease.run).await {
        Some(Ok(known)) => job(&known, lease.clone()),
        Some(Err(why)) => Err(why),
        None => Err("the run could not be looked at".into()),
    };
    let told = match (said, Cancel::new()) {
        (Ok(job), Ok(cancel)) => execute(app, runner, settings, (running, cancel), job).await,
        (Err(why), _) => AttemptReport::of(AttemptEnd::NotStarted, why),
        (_, Err(error)) => AttemptReport::of(AttemptEnd::NotStarted, format!("the hub has no file left: {error}")),
    };
    tell(app, lease, told).await;
}

async fn execute(
    app: &App,
    runner: &Arc<Runner>,
    settings: &StepSettings,
    (running, cancel): (&Running, Cancel),
    mut job: Job,
) -> AttemptReport {
    if let Some(process) = job.step.action.process_mut() {
        process.user = settings.user;
        process.confinement = Some(Confinement { read: Vec::new(), write: settings.folders.clone(), required: false });
    }
    let epoch = job.lease.epoch;
    running.lock().unwrap_or_else(PoisonError::into_inner).insert(epoch, (job.lease.clone(), cancel.clone()));
    let (runner, outputs) = (runner.clone(), app.0.hands.outputs.clone());
    let done = tokio::task::spawn_blocking(move || {
        let mut writing = outputs.begin(epoch);
        let outcome = runner.execute(&job.step, &mut writing, &cancel);
        let said = outcome.output.stdout_bytes + outcome.output.stderr_bytes;
        let (output, head) = writing.digest(said, outcome.output.gap.map_or(0, |gap| gap.dropped_bytes));
        report(&outcome, output, &head, &job.judgement)
    });
    let told = done.await;
    running.lock().unwrap_or_else(PoisonError::into_inner).remove(&epoch);
    told.unwrap_or_else(|_| AttemptReport::of(AttemptEnd::Unknown, "the hub stumbled while the step ran"))
}

/// Tells the kernel how an attempt went, until it hears.
async fn tell(app: &App, lease: Lease, told: AttemptReport) {
    let (Lease { run, step, epoch }, end) = (lease, told.end);
    let work = RunWork::Ended { run, step, epoch, report: told };
    loop {
        match app.0.writer.hub(by_hub(What::RunWork(Box::new(work.clone())))).await {
            Ok(_) => return app.0.hands.remote.ended(&name(), end),
            Err(Fault::Refused(refusal)) => return tracing::warn!(%run, %refusal, "how an attempt went came too late"),
            // The next start says that nobody knows.
            Err(Fault::Stopping) => return,
            Err(fault) => {
                tracing::warn!(%run, %fault, "how an attempt went could not be told; it is told again");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Ends the steps that were asked to end, and those whose lease is not in force any more.
async fn cancel_asked(app: &App, running: &Running) {
    let leases: Vec<Lease> = {
        let running = running.lock().unwrap_or_else(PoisonError::into_inner);
        running.values().map(|(lease, _)| lease.clone()).collect()
    };
    if leases.is_empty() {
        return;
    }
    let look = move |world: &World| {
        let over = |lease: &Lease| {
            let run = world.run(lease.run);
            run.and_then(|run| is_leased(run, &lease.step, lease.epoch.0)).unwrap_or(true)
        };
        leases.iter().filter(|lease| over(lease)).map(|lease| lease.epoch).collect::<Vec<Epoch>>()
    };
    let Ok(over) = app.0.writer.read(look).await else { return };
    let running = running.lock().unwrap_or_else(PoisonError::into_inner);
    for epoch in over {
        if let Some((_, cancel)) = running.get(&epoch) {
            cancel.cancel();
        }
    }
}

/// After a start: ends what an earlier hub left running, and says of its steps that nobody knows what became of them.
async fn clear_up(app: &App, jobs: &std::path::Path) {
    let folder = jobs.to_owned();
    let swept = tokio::task::spawn_blocking(move || sweep(&folder)).await;
    let words = match swept {
        Ok(Ok(swept)) if swept.is_empty() => "the hub stopped while it ran; nothing of it was left".to_owned(),
        Ok(Ok(swept)) => {
            let left: usize = swept.iter().map(|one| one.proof.remaining.len()).sum();
            let ended: u32 = swept.iter().map(|one| one.proof.killed).sum();
            tracing::warn!(ended, left, "processes of steps that an earlier hub had begun were ended");
            if left == 0 {
                "the hub stopped while it ran; what was left of it was ended".to_owned()
            } else {
                format!("the hub stopped while it ran; {left} processes could not be ended")
            }
        }
        Ok(Err(error)) => {
            format!("the hub stopped while it ran, and what was left of it cannot be looked for: {error}")
        }
        Err(_) => "the hub stopped while it ran, and stumbled when it looked for what was left of it".to_owned(),
    };
    let here = name();
    let look = move |world: &World| world.runs().flat_map(|run| leased_to(run, &here)).collect::<Vec<Lease>>();
    let Ok(leases) = app.0.writer.read(look).await else { return };
    for lease in leases {
        tell(app, lease, AttemptReport::of(AttemptEnd::Unknown, words.clone())).await;
    }
}

fn leased_to(run: &Run, runner: &RunnerName) -> Vec<Lease> {
    let lease = |step: &RunStep| match &step.work.as_ref()?.state {
        WorkState::Leased { epoch, runner: known, .. } if known == runner => {
            Some(Lease { run: run.id, step: step.planned.id.clone(), epoch: *epoch })
        }
        _ => None,
    };
    run.steps.iter().filter_map(lease).collect()
}

fn runner(jobs: PathBuf, settings: &StepSettings) -> Runner {
    let mut runner = Runner::new(jobs);
    runner.base.extend(settings.environment.clone());
    runner.sources.push(Box::new(EnvironmentSecrets::from(std::env::vars())));
    if let Some(folder) = &settings.secrets {
        runner.sources.push(Box::new(FileSecrets::in_folder(folder)));
    }
    runner
}

fn name() -> RunnerName {
    #[expect(clippy::expect_used, reason = "a constant")]
    RunnerName::new(HUB_RUNNER).expect("the name is one")
}
