//! The writer's loop.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration as StdDuration;

use tokio::sync::watch;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{Command, Plan, Refusal};
use wheelhouse_core::notify::{Lane, Message};
use wheelhouse_core::record::Frontier;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::{Context, World, next_due};
use wheelhouse_store::{KeptReply, Loaded, Store};

use super::dispatch::{Dispatcher, InFlight};
use super::gathering::Gathering;
use super::lanes::Handle;
use super::publish::{Published, TokenTable};
use super::request::Submission;
use super::seal::Signer;
use crate::authority::Authority;
use crate::clock::{self, Clock};
use crate::metrics::Metrics;

/// The longest time the writer sleeps when nothing is due.
const LONGEST_SLEEP: StdDuration = StdDuration::from_secs(1);
/// How many batches pass between two looks for cases that can leave memory.
const EVICT_EVERY: u64 = 1_024;

/// The kernel's decision, replaceable so that tests can make it stumble.
pub type Decide = fn(&World, &Command, &Context) -> Result<Plan, Refusal>;
/// The kernel's look at what is due, replaceable so that tests can make it stumble.
pub type Advance = fn(&World, usize, &Context) -> Plan;

/// What the writer is made with.
pub struct Settings {
    /// Where state is durable.
    pub store: Box<dyn Store + Send>,
    /// What the store held at the start.
    pub loaded: Loaded,
    /// The catalog in force at the start: the one the store held, compiled; absent at the first start.
    pub catalog: Option<Arc<Catalog>>,
    /// The catalog to answer handlers with before the first adoption commits.
    pub initial: (Arc<Catalog>, Arc<Authority>),
    /// Who signs checkpoints.
    pub signer: Arc<Signer>,
    /// Who carries messages out; made with the way back to the writer.
    pub dispatcher: Box<dyn FnOnce(Handle) -> Box<dyn Dispatcher> + Send>,
    /// Where the writer counts.
    pub metrics: Arc<Metrics>,
    /// The kernel's decision.
    pub decide: Decide,
    /// The kernel's look at what is due.
    pub advance: Advance,
}

/// The one task that owns the world of an organisation.
pub struct Writer {
    pub(super) store: Box<dyn Store + Send>,
    pub(super) world: World,
    pub(super) clock: Clock,
    pub(super) signer: Arc<Signer>,
    pub(super) tree: Frontier,
    pub(super) commit: u64,
    pub(super) in_flight: InFlight,
    pub(super) dispatcher: Box<dyn Dispatcher>,
    pub(super) published: watch::Sender<Arc<Published>>,
    pub(super) recent_replies: HashMap<(String, String), KeptReply>,
    pub(super) authority: Arc<Authority>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) decide: Decide,
    pub(super) advance: Advance,
    /// Set when the world was loaded again: what was heard of signals since their start is forgotten.
    pub(super) silence_starts_afresh: bool,
    /// Set when the expiry of signals made the kernel stumble: it rests until the next start.
    pub(super) expiry_rests: bool,
    pub(super) handle: Handle,
    pub(super) gathering: Gathering,
    batches: u64,
}

/// Starts the writer on a thread of its own. It runs until [`Handle::stop`].
pub fn start(settings: Settings) -> std::io::Result<(Handle, watch::Receiver<Arc<Published>>, JoinHandle<()>)> {
    let handle = Handle::new();
    let dispatcher = (settings.dispatcher)(handle.clone());
    let in_flight = InFlight::after_start(settings.loaded.claimed.iter().copied());
    let (commit, tree) = (settings.loaded.commit, settings.loaded.frontier.clone());
    let last = settings.loaded.last_entry_at.unwrap_or(Timestamp::EPOCH);
    let world = settings.loaded.world(settings.catalog);
    let (catalog, authority) = settings.initial;
    let published = Published {
        commit,
        at: last,
        catalog: world.catalog().cloned().unwrap_or(catalog),
        adoptions: world.adoptions(),
        authority: authority.clone(),
        tokens: Arc::new(TokenTable::of(&world)),
        repositories: Arc::new(world.repositories().clone()),
        standings: Arc::new(world.standings().clone()),
        standings_changed: 0,
        automations: Arc::new(world.automations().clone()),
        runs_moved: 0,
        ready_since: None,
    };
    let (sender, receiver) = watch::channel(Arc::new(published));
    let mut writer = Writer {
        store: settings.store,
        world,
        clock: Clock::after(last),
        signer: settings.signer,
        tree,
        commit,
        in_flight,
        dispatcher,
        published: sender,
        recent_replies: HashMap::new(),
        authority,
        metrics: settings.metrics,
        decide: settings.decide,
        advance: settings.advance,
        silence_starts_afresh: false,
        expiry_rests: false,
        handle: handle.clone(),
        gathering: Gathering::default(),
        batches: 0,
    };
    let thread = std::thread::Builder::new().name("writer".into()).spawn(move || writer.run())?;
    Ok((handle, receiver, thread))
}

impl Writer {
    fn run(&mut self) {
        loop {
            let patience = self.patience();
            let drained = self.handle.drain(patience, &mut self.gathering);
            let stopping = drained.stopping && drained.submissions.is_empty();
            self.metrics.stages.taken(drained.waited);
            let started = clock::steady_now();
            self.handle_batch(drained.submissions);
            self.gathering.handled(drained.signals, clock::steady_now().duration_since(started));
            self.batches += 1;
            if self.batches.is_multiple_of(EVICT_EVERY) {
                self.evict();
            }
            if stopping {
                tracing::info!(commit = self.commit, "the writer has stopped");
                return;
            }
        }
    }

    /// How long there is nothing to do unless something arrives.
    fn patience(&mut self) -> StdDuration {
        let now = self.clock.look().now;
        let due = if self.expiry_rests { None } else { next_due(&self.world).map(|(at, _)| at) };
        let room = [(Lane::Page, self.dispatcher.free_pages()), (Lane::Notice, self.dispatcher.free_notices())];
        let has_room = |lane| room.iter().any(|(free, places)| *free == lane && *places > 0);
        let sendable = |message: &Message| has_room(message.purpose.lane()) && !self.in_flight.holds(message.id, now);
        let quiet_until = self.in_flight.quiet_until(&*self.dispatcher);
        let waiting = quiet_until.is_none_or(|until| until <= now)
            && room.iter().any(|(_, places)| *places > 0)
            && self.world.messages_due(now).any(sendable);
        if waiting || due.is_some_and(|at| at <= now) {
            return StdDuration::ZERO;
        }
        let to_send = || self.world.next_message_at(now).into_iter().chain(self.in_flight.held_until(now)).min();
        let next = [due, quiet_until.or_else(to_send)].into_iter().flatten().min();
        next.map_or(LONGEST_SLEEP, |at| clock::wait(now, at).min(LONGEST_SLEEP))
    }

    fn evict(&mut self) {
        let (now, keep) = (self.clock.look().now, self.keep());
        self.world.evict(now, keep);
        self.world.evict_silences(now);
    }

    /// How long a resolved case stays in memory, where a signal may reopen it.
    pub(super) fn keep(&self) -> Duration {
        self.published.borrow().catalog.organization.reopen_within
    }

    /// Handles what was drained; what fails is answered or handled again without its culprit.
    fn handle_batch(&mut self, submissions: Vec<Submission>) {
        let (mut queue, mut stumbles) = (vec![submissions], 0);
        while let Some(batch) = queue.pop() {
            match catch_unwind(AssertUnwindSafe(|| self.try_batch(batch))) {
                Ok(Ok(())) => stumbles = 0,
                Ok(Err(failed)) => queue.extend(failed.into_iter().rev()),
                Err(panic) => {
                    stumbles += 1;
                    let loudly = self.stumbled(&*panic);
                    // To say so is the next batch; if that stumbles too, the log has to do.
                    if stumbles == 1 {
                        queue.push(vec![loudly]);
                    }
                }
            }
        }
    }
}
