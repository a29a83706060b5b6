//! The hub's hands: what the kernel decided that runs of runbooks need, found out and done.
//!
//! The kernel says which steps' turn has come, which may be carried out, and judges how attempts went. Here the pinned
//! version is read, conditions are asked, steps are handed to runners or done by the hub itself, and what they say is
//! kept. Nothing is remembered here that matters: after a crash, everything follows from the world again.

mod calls;
mod erased;
mod function;
mod given;
mod job;
mod local;
mod outputs;
mod pinned;
mod ready;
mod rehearse;
mod remote;
mod report;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use wheelhouse_core::World;
use wheelhouse_core::kernel::{Command, RunWork, What};
use wheelhouse_core::record::Actor;
use wheelhouse_core::run::RunId;
use wheelhouse_core::runbook::StepId;

pub(crate) use calls::{finish, forget_unheard_of, heard_before, stale, take, take_output};
pub(crate) use erased::{erase_again, leases};
pub(crate) use given::input_of;
pub(crate) use job::{Job, job, judgement};
pub use local::StepSettings;
pub(crate) use local::carry_out_here;
pub(crate) use outputs::Outputs;
pub(crate) use pinned::{Kept, pinned};
pub(crate) use ready::{about, is_leased, known};
pub(crate) use remote::{Remote, look_after, take_over};
pub(crate) use report::{ASKABLE, report};

use crate::clock::{wait, wall_now};
use crate::routes::App;
use crate::writer::Published;

/// The most steps that are found out about at a time.
const MOST_AT_ONCE: usize = 64;
/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The pause after the hub was too busy.
const BUSY_PAUSE: Duration = Duration::from_millis(200);

/// What the hub's hands have beside the world.
pub(crate) struct Hands {
    /// What steps say, and said.
    pub outputs: Arc<Outputs>,
    /// What the hub's own runner reaches; absent where it carries out none.
    pub own_labels: Option<Vec<String>>,
    /// What is known of runners elsewhere.
    pub remote: Arc<Remote>,
    /// Versions that runs are pinned to, as far as they were needed lately.
    pub kept: Kept,
    /// Steps that are being found out about.
    under_way: Mutex<BTreeSet<(RunId, StepId)>>,
}

impl Hands {
    /// The hands of a hub that keeps its data in a folder; runners elsewhere may be silent for so long.
    pub(crate) fn new(data: &Path, silence: Duration, own: &StepSettings) -> Self {
        Self {
            outputs: Arc::new(Outputs::new(data.join("outputs"))),
            own_labels: (own.at_once > 0).then(|| own.labels.clone()),
            remote: Arc::new(Remote::new(silence)),
            kept: Kept::default(),
            under_way: Mutex::default(),
        }
    }
}

/// What there is to do for a step.
enum Todo {
    /// Its turn came: what is it carried out with?
    Prepare,
    /// The hub itself carries it out.
    CarryOut,
}

/// Does what runs need of the hub, until it stops.
pub(crate) async fn keep_going(app: App, mut stopped: watch::Receiver<bool>) {
    let mut published = app.0.published.clone();
    loop {
        let seen = published.borrow_and_update().runs_moved;
        let pause = match look(&app).await {
            Some(pause) => pause,
            None => BUSY_PAUSE,
        };
        tokio::select! {
            biased;
            _stopping = stopped.wait_for(|stopping| *stopping) => return,
            moved = published.wait_for(|published: &Arc<Published>| published.runs_moved != seen) => {
                if moved.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Looks at what is to be done, and begins it; says when to look again, or nothing where the hub was too busy.
async fn look(app: &App) -> Option<Duration> {
    let now = wall_now();
    let found = app.0.writer.read(move |world: &World| {
        let turns = world.turns().map(|(run, step)| (run.id, step.planned.id.clone(), Todo::Prepare));
        let own =
            world.ready(now).filter(|(_, step)| step.planned.automated.as_ref().is_some_and(|how| !how.wants_runner()));
        let own = own.map(|(run, step)| (run.id, step.planned.id.clone(), Todo::CarryOut));
        let todo: Vec<_> = turns.chain(own).take(MOST_AT_ONCE).collect();
        (todo, world.next_ready(now))
    });
    let (todo, next) = found.await.ok()?;
    let full = todo.len() == MOST_AT_ONCE;
    let mut at_work = tokio::task::JoinSet::new();
    for (run, step, todo) in todo {
        let key = (run, step.clone());
        let is_new =
            app.0.hands.under_way.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key.clone());
        if is_new {
            let app = app.clone();
            at_work.spawn(async move {
                do_it(&app, run, step, todo).await;
                app.0.hands.under_way.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&key);
            });
        }
    }
    let began = !at_work.is_empty();
    while at_work.join_next().await.is_some() {}
    if full && began {
        return Some(Duration::ZERO);
    }
    Some(next.map_or(LONGEST_PAUSE, |at| wait(now, at).min(LONGEST_PAUSE)))
}

/// Finds out, or carries out, and tells the writer. What cannot be told now is found again at the next look.
async fn do_it(app: &App, run: RunId, step: StepId, todo: Todo) {
    let work = match todo {
        Todo::Prepare => {
            let prepared = ready::prepare(app, run, &step).await;
            let Some(prepared) = prepared else { return };
            RunWork::Prepared { run, step, prepared }
        }
        Todo::CarryOut => {
            let Some(work) = ready::read_own(app, run, &step).await else { return };
            RunWork::Read { run, step, work }
        }
    };
    if let Err(fault) = app.0.writer.hub(by_hub(What::RunWork(Box::new(work)))).await {
        tracing::warn!(%run, %fault, "what a step needs could not be told; it is looked at again");
        tokio::time::sleep(BUSY_PAUSE).await;
    }
}

/// A command of the hub itself.
pub(crate) const fn by_hub(what: What) -> Command {
    Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what }
}
