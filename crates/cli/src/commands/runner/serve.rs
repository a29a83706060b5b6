//! A runner from its start to its end.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use wheelhouse_runner::protocol::{Ask, LONGEST_WAIT_MS};
use wheelhouse_runner::secret::{AgeFiles, EnvironmentSecrets, FileSecrets, Secret};
use wheelhouse_runner::step::{Confinement, User};
use wheelhouse_runner::{Cancel, Runner, sweep};

use super::hub::{Hub, Trouble};
use super::ledger::Ledger;
use super::work::{Works, carry_out, lock, tell_of_earlier};
use crate::args::{Global, LogFormat, RunnerOptions};
use crate::commands::serve::log;
use crate::failure::Failure;

/// How long steps may go on when the runner is asked to stop.
const GRACE: Duration = Duration::from_secs(15);
/// How long it then tries to say what became of them; the next start says the rest.
const TELLING: Duration = Duration::from_secs(20);
/// The first pause before the hub is asked again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// The pause after an answer without steps.
const EMPTY_PAUSE: Duration = Duration::from_millis(50);

/// Carries out steps until it is told to stop by SIGINT or SIGTERM.
///
/// # Errors
/// When an option cannot be used, or the hub does not know the token.
pub(super) fn serve(options: &RunnerOptions, global: &Global) -> Result<(), Failure> {
    log(options.log_format.unwrap_or(LogFormat::Text))?;
    let works = Arc::new(prepare(options, global)?);
    let failed = |error: std::io::Error| Failure::cannot_run(format!("the runner cannot run here: {error}"));
    // What an earlier runner left is ended before anything else begins.
    let words = clear_up(&options.folder.join("jobs"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let served = runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        for open in works.ledger.open() {
            tokio::spawn(tell_of_earlier(works.clone(), open, words.clone()));
        }
        let at_once = usize::try_from(options.at_once).unwrap_or(1);
        let places = Arc::new(Semaphore::new(at_once));
        tokio::select! {
            denied = take(&works, &places) => return denied,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stop(&works, &places, options.at_once).await;
        Ok(())
    });
    runtime.shutdown_background();
    served
}

/// Takes steps as long as there is room; returns only if the hub never let it.
async fn take(works: &Arc<Works>, places: &Arc<Semaphore>) -> Result<(), Failure> {
    let (mut pause, mut was_let, mut is_away) = (FIRST_PAUSE, false, false);
    tracing::info!(hub = works.hub.address(), "the runner asks for steps");
    loop {
        // There is room as soon as a place can be had.
        let Ok(place) = places.clone().acquire_owned().await else { return Ok(()) };
        drop(place);
        let room = u32::try_from(places.available_permits()).unwrap_or(u32::MAX);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        // The first answer says whether the hub lets it; it is not waited for.
        let wait_ms = if was_let { LONGEST_WAIT_MS } else { 0 };
        let ask = Ask { room, wait_ms, holds: works.holds(), version };
        match works.hub.leases(&ask).await {
            Ok(given) => {
                if !was_let || is_away {
                    tracing::info!(hub = works.hub.address(), "the hub answers");
                }
                (was_let, is_away, pause) = (true, false, FIRST_PAUSE);
                if given.jobs.is_empty() {
                    tokio::time::sleep(EMPTY_PAUSE).await;
                }
                let beat = Duration::from_millis(given.beat_ms.clamp(50, LONGEST_WAIT_MS));
                for job in given.jobs {
                    let Ok(place) = places.clone().try_acquire_owned() else { break };
                    let Ok(cancel) = Cancel::new() else {
                        tracing::error!("the runner has no file left, so it cannot take a step");
                        break;
                    };
                    lock(&works.held).insert(job.epoch, cancel.clone());
                    let works = works.clone();
                    tokio::spawn(async move {
                        carry_out(works, (job, cancel), beat).await;
                        drop(place);
                    });
                }
                continue;
            }
            Err(Trouble::Denied(why) | Trouble::Refused(why)) if !was_let => {
                return Err(Failure::cannot_run(format!("the hub at {} says no: {why}", works.hub.address()))
                    .help("`wheelhouse token create --runner NAME` makes the token of a runner that the catalog has"));
            }
            Err(Trouble::Away(why)) => {
                if !is_away {
                    tracing::warn!(hub = works.hub.address(), why, "the hub cannot be reached; it is asked again");
                }
                is_away = true;
            }
            Err(Trouble::Denied(why) | Trouble::Refused(why)) => {
                tracing::error!(hub = works.hub.address(), why, "the hub gives no steps; it is asked again");
                is_away = true;
            }
            Err(Trouble::Stale | Trouble::MissingOutput) => {}
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Takes nothing new, lets steps end, ends them, and says what became of them.
async fn stop(works: &Works, places: &Semaphore, at_once: u32) {
    let left = works.holds().len();
    tracing::info!(left, "stopping: nothing new is taken; what runs has {} s", GRACE.as_secs());
    if tokio::time::timeout(GRACE, places.acquire_many(at_once)).await.is_ok() {
        return;
    }
    tracing::warn!(left = works.holds().len(), "what still runs is ended");
    works.cancel_all();
    if tokio::time::timeout(TELLING, places.acquire_many(at_once)).await.is_err() {
        tracing::warn!("the hub has not heard what became of some steps; the next start tells it");
    }
}

fn prepare(options: &RunnerOptions, global: &Global) -> Result<Works, Failure> {
    let hub = Hub::new(global)?;
    for folder in options.write.iter().chain(&options.read).chain(&options.secrets) {
        if !folder.is_dir() {
            return Err(Failure::cannot_run(format!("{}: expected a folder", folder.display())));
        }
    }
    let user = |name: &String| User::named(name).map_err(|error| Failure::cannot_run(format!("--user: {error}")));
    let user = options.user.as_ref().map(user).transpose()?;
    let ledger = Ledger::take_up(&options.folder).map_err(|why| {
        Failure::cannot_run(format!("--folder: {why}")).help("give each runner a folder of its own: --folder DIR")
    })?;
    let mut runner = Runner::new(options.folder.join("jobs"));
    for name in &options.allow_env {
        if name.starts_with("WH_") || name.starts_with("WHEELHOUSE_") {
            return Err(Failure::cannot_run(format!("--allow-env: `{name}` is the runner's own")));
        }
        let value = std::env::var(name).map_err(|_| {
            Failure::cannot_run(format!("--allow-env: the runner's environment has no text `{name}`"))
                .help("set it where the runner is started, or leave the option out")
        })?;
        runner.base.insert(name.clone(), value);
    }
    runner.sources.push(Box::new(EnvironmentSecrets::from(std::env::vars())));
    if let Some(folder) = &options.secrets {
        runner.sources.push(Box::new(FileSecrets::in_folder(folder)));
        if let Some(identity) = &options.age_identity {
            let failed = |error| Failure::cannot_run(format!("--age-identity: {error}"));
            runner.sources.push(Box::new(AgeFiles::in_folder(folder, identity).map_err(failed)?));
        }
    }
    runner.own_secrets.extend(hub.secret().map(|secret| ("runner-token".to_owned(), Secret::new(secret))));
    let confinement = Confinement { read: options.read.clone(), write: options.write.clone(), required: false };
    Ok(Works { hub, runner, user, confinement, ledger, held: Mutex::new(BTreeMap::new()) })
}

/// Ends what an earlier runner left; says what there is to say of its steps.
fn clear_up(jobs: &Path) -> Result<String, Failure> {
    let swept = sweep(jobs)
        .map_err(|error| Failure::cannot_run(format!("what an earlier runner left cannot be looked for: {error}")))?;
    let left: usize = swept.iter().map(|one| one.proof.remaining.len()).sum();
    if !swept.is_empty() {
        let ended: u32 = swept.iter().map(|one| one.proof.killed).sum();
        tracing::warn!(ended, left, "processes of steps that an earlier runner had begun were ended");
    }
    Ok(match (swept.is_empty(), left) {
        (true, _) => "the runner stopped while it ran; nothing of it was left".to_owned(),
        (false, 0) => "the runner stopped while it ran; what was left of it was ended".to_owned(),
        (false, left) => format!("the runner stopped while it ran; {left} processes could not be ended"),
    })
}
