//! Lanes with reserved capacity: the hub's own work first, then people, then signals.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use wheelhouse_core::World;
use wheelhouse_core::kernel::Command;

use super::gathering::Gathering;
use crate::clock::{steady_now, wall_now};

use super::request::{Adoption, Answer, Fault, KeepReply, PersonCommand, SignalOutcome, SignalsRequest, Submission};

/// The most commands of the hub itself that wait.
const MOST_HUB: usize = 100_000;
/// The most commands of people, and looks at the world, that wait.
const MOST_PEOPLE: usize = 10_000;
/// The most requests with signals that wait.
const MOST_SIGNAL_REQUESTS: usize = 4_096;
/// The most bytes of waiting signals.
const MOST_SIGNAL_BYTES: usize = 64 << 20;
/// The most requests with signals that one batch takes, so that no batch keeps people waiting.
const SIGNAL_REQUESTS_A_BATCH: usize = 512;

/// The queue is full: the sender should try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// The way to the writer; cheap to clone.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

struct Shared {
    lanes: Mutex<Lanes>,
    wake: Condvar,
}

#[derive(Default)]
struct Lanes {
    hub: VecDeque<Submission>,
    people: VecDeque<Submission>,
    signals: VecDeque<SignalsRequest>,
    signal_bytes: usize,
    /// Since when something waits in the hub's own lane and in people's, where something does.
    since: [Option<Instant>; 2],
    stopping: bool,
    /// For how many requests with signals the writer sleeps; absent while it is awake, or has been woken.
    sleeps_for: Option<usize>,
}

/// What one batch takes, in the order in which it is handled.
#[derive(Default)]
pub(super) struct Drained {
    pub(super) submissions: Vec<Submission>,
    /// How many signals there are among them.
    pub(super) signals: usize,
    /// How long what waited longest in each lane did.
    pub(super) waited: [Option<Duration>; 3],
    pub(super) stopping: bool,
}

impl Handle {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared { lanes: Mutex::default(), wake: Condvar::new() }))
    }

    /// Submits a command of the hub itself and does not wait.
    pub fn tell(&self, command: Command) -> Result<(), Busy> {
        self.push(Submission::Hub(command, None))
    }

    /// Submits a command of the hub itself and waits until it is durable.
    pub async fn hub(&self, command: Command) -> Result<Answer, Fault> {
        let (reply, answer) = oneshot::channel();
        self.push(Submission::Hub(command, Some(reply))).map_err(|Busy| Fault::Busy)?;
        answer.await.unwrap_or(Err(Fault::Stopping))
    }

    /// Puts a catalog into force and waits until that is durable.
    pub async fn adopt(&self, make: impl FnOnce(super::Reply<Answer>) -> Adoption) -> Result<Answer, Fault> {
        let (reply, answer) = oneshot::channel();
        self.push(Submission::Adopt(Box::new(make(reply)))).map_err(|Busy| Fault::Busy)?;
        answer.await.unwrap_or(Err(Fault::Stopping))
    }

    /// Submits a person's command and waits until it is durable.
    pub async fn person(&self, command: Command, keep: Option<KeepReply>) -> Result<Answer, Fault> {
        let (reply, answer) = oneshot::channel();
        let command = Submission::Person(Box::new(PersonCommand { command, keep, reply }));
        self.push(command).map_err(|Busy| Fault::Busy)?;
        answer.await.unwrap_or(Err(Fault::Stopping))
    }

    /// Submits the signals of one request and waits until they are durable.
    pub async fn signals(
        &self,
        make: impl FnOnce(super::Reply<SignalOutcome>) -> SignalsRequest,
    ) -> Result<SignalOutcome, Fault> {
        let (reply, answer) = oneshot::channel();
        let request = make(reply);
        {
            let bytes = request.bytes();
            let mut lanes = self.lock();
            if lanes.stopping {
                return Err(Fault::Stopping);
            }
            let full = lanes.signals.len() >= MOST_SIGNAL_REQUESTS || lanes.signal_bytes + bytes > MOST_SIGNAL_BYTES;
            if full && !lanes.signals.is_empty() {
                return Err(Fault::Busy);
            }
            lanes.signal_bytes += bytes;
            lanes.signals.push_back(request);
            self.wake(&mut lanes);
        }
        answer.await.unwrap_or(Err(Fault::Stopping))
    }

    /// Looks at the world as committed, between two batches.
    pub async fn read<T: Send + 'static>(&self, look: impl FnOnce(&World) -> T + Send + 'static) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        let look = Box::new(move |world: &World| drop(reply.send(look(world))));
        self.push(Submission::Read(look)).map_err(|Busy| Fault::Busy)?;
        answer.await.map_err(|_| Fault::Stopping)
    }

    /// Asks the writer to finish what waits and to stop.
    pub fn stop(&self) {
        self.lock().stopping = true;
        self.0.wake.notify_all();
    }

    /// How many submissions wait: the hub's own, people's, requests with signals.
    pub fn waiting(&self) -> [usize; 3] {
        let lanes = self.lock();
        [lanes.hub.len(), lanes.people.len(), lanes.signals.len()]
    }

    pub(super) fn push(&self, submission: Submission) -> Result<(), Busy> {
        {
            let mut lanes = self.lock();
            let Lanes { hub, people, since: [hub_since, people_since], .. } = &mut *lanes;
            let (lane, most, since) = match &submission {
                Submission::Hub(..) | Submission::Adopt(_) => (hub, MOST_HUB, hub_since),
                _ => (people, MOST_PEOPLE, people_since),
            };
            if lane.len() >= most {
                return Err(Busy);
            }
            lane.push_back(submission);
            since.get_or_insert_with(steady_now);
            self.wake(&mut lanes);
        }
        Ok(())
    }

    /// Takes what has arrived, waiting up to `patience` for the first of it.
    pub(super) fn drain(&self, patience: Duration, gathering: &mut Gathering) -> Drained {
        let mut lanes = self.lock();
        let (wanted, window) = gathering.plan(lanes.signals.len());
        lanes = self.sleep(lanes, wanted, window.min(patience));
        if lanes.is_empty() {
            lanes = self.sleep(lanes, 1, patience);
        }
        let waited = lanes.waited();
        let mut submissions: Vec<Submission> = lanes.hub.drain(..).collect();
        submissions.extend(lanes.people.drain(..));
        let (mut requests, mut signals) = (0, 0);
        let most = gathering.most_signals();
        while requests < SIGNAL_REQUESTS_A_BATCH && signals < most {
            let Some(request) = lanes.signals.pop_front() else { break };
            requests += 1;
            signals += request.signals.len();
            lanes.signal_bytes = lanes.signal_bytes.saturating_sub(request.bytes());
            submissions.push(Submission::Signals(request));
        }
        gathering.took(requests);
        Drained { submissions, signals, waited, stopping: lanes.stopping }
    }

    /// Sleeps until there is something to do, at most so long.
    fn sleep<'a>(&self, mut lanes: MutexGuard<'a, Lanes>, wanted: usize, most: Duration) -> MutexGuard<'a, Lanes> {
        if most.is_zero() || lanes.is_enough(wanted) {
            return lanes;
        }
        lanes.sleeps_for = Some(wanted);
        let woken = self.0.wake.wait_timeout_while(lanes, most, |lanes| !lanes.is_enough(wanted));
        lanes = woken.unwrap_or_else(PoisonError::into_inner).0;
        lanes.sleeps_for = None;
        lanes
    }

    /// Wakes the writer if it sleeps and there is enough for it.
    fn wake(&self, lanes: &mut Lanes) {
        if lanes.sleeps_for.is_some_and(|wanted| lanes.is_enough(wanted)) {
            lanes.sleeps_for = None;
            self.0.wake.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    /// How long what waits longest in each lane did so far; the first two lanes begin to wait anew.
    fn waited(&mut self) -> [Option<Duration>; 3] {
        let [hub, people] =
            std::mem::take(&mut self.since).map(|since| since.map(|since| steady_now().duration_since(since)));
        let micros = |first: &SignalsRequest| wall_now().since(first.received_at).as_micros();
        let signals =
            self.signals.front().map(|first| Duration::from_micros(u64::try_from(micros(first)).unwrap_or(0)));
        [hub, people, signals]
    }

    fn is_empty(&self) -> bool {
        self.hub.is_empty() && self.people.is_empty() && self.signals.is_empty()
    }

    /// Whether the writer has something to do: so many requests with signals, or anything else.
    fn is_enough(&self, wanted: usize) -> bool {
        self.stopping || !self.hub.is_empty() || !self.people.is_empty() || self.signals.len() >= wanted
    }
}

impl SignalsRequest {
    fn bytes(&self) -> usize {
        let changes: usize = self.changes.iter().map(|told| told.raw.len()).sum();
        changes + self.signals.iter().map(|told| told.raw.len()).sum::<usize>()
    }
}
