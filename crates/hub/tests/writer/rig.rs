//! A writer on a real store in memory, with a dispatcher that remembers and a store that can fail.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use tokio::sync::watch;
use wheelhouse_core::World;
use wheelhouse_core::case::{Case, CaseId, MessageId};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{CaseAction, CatalogChange, Command, What};
use wheelhouse_core::name::{PersonName, SourceName};
use wheelhouse_core::notify::Message;
use wheelhouse_core::record::{Actor, leaf_hash};
use wheelhouse_core::signal::{Adapter, Signal, Status, route};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_hub::authority::Authority;
use wheelhouse_hub::metrics::Metrics;
use wheelhouse_hub::writer::{
    Admission, Adoption, Advance, Answer, Decide, Dispatch, Dispatcher, Fault, Handle, KeepReply, Published, Route,
    Settings, SignalOutcome, SignalsRequest, Signer, Told, start,
};
use wheelhouse_store::{Batch, Loaded, Sqlite, Store, StoreError, StoredCatalog};
use wheelhouse_wire::catalog::{Mode, compile_files};

pub mod person {
    //! The wall clock of the tests.
    pub use wheelhouse_hub::clock::wall_now as now;
}

const CATALOG: &str = "
kind: Organization
name: small
default_team: noc
fallback: {person: grace}
---
{kind: Team, name: noc, members: [grace], contacts: [{email: noc@small.example}]}
---
{kind: Person, name: grace, contacts: [{email: grace@small.example}]}
---
{kind: Person, name: dana, contacts: [{email: dana@small.example}]}
---
{kind: Team, name: payments, members: [dana], escalation: payments}
---
kind: Escalation
name: payments
team: payments
steps:
  - page: {person: dana}
  - {after: 1s, page: {person: dana}}
---
{kind: Service, name: ledger, team: payments, tier: 1}
---
{kind: Service, name: portal, team: payments}
---
{kind: Service, name: hostile, team: payments}
---
{kind: Service, name: archive, team: noc}
---
{kind: Service, name: library, team: noc}
---
{kind: Source, name: prometheus, team: noc, timeout: 10s}
";

/// The service whose messages nobody can write.
pub const POISON: &str = "hostile";

/// How the store fails.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum StoreFault {
    /// The next commit fails, as if the disk were full.
    NextCommit,
    /// Commits with a note of this text cannot be stored.
    Notes(&'static str),
}

struct Breakable {
    inner: Sqlite,
    fault: Arc<Mutex<Option<StoreFault>>>,
}

impl Store for Breakable {
    fn load(&mut self, keep: Duration) -> Result<Loaded, StoreError> {
        self.inner.load(keep)
    }

    fn load_case(&mut self, id: CaseId) -> Result<Option<(Case, Vec<Message>)>, StoreError> {
        self.inner.load_case(id)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut fault = self.fault.lock().unwrap();
        match *fault {
            Some(StoreFault::NextCommit) => {
                *fault = None;
                Err(StoreError::Compression(std::io::Error::other("no space left on device")))
            }
            Some(StoreFault::Notes(text))
                if batch.entries.iter().any(|entry| holds(entry.sealed.body.as_deref(), text)) =>
            {
                Err(StoreError::TooLarge { what: "a note", found: u64::MAX })
            }
            _ => self.inner.commit(batch),
        }
    }
}

fn holds(body: Option<&[u8]>, text: &str) -> bool {
    body.is_some_and(|body| String::from_utf8_lossy(body).contains(&format!("\"text\":\"{text}\"")))
}

#[derive(Clone, Default)]
struct Remembering {
    sent: Arc<Mutex<Vec<Dispatch>>>,
    free: Arc<AtomicUsize>,
    /// How many messages passed the gate.
    passed: Arc<AtomicUsize>,
    gate: Arc<Mutex<Gate>>,
    waiting: Arc<Mutex<BTreeSet<MessageId>>>,
    poison: Arc<Mutex<Option<CaseId>>>,
}

/// What stands in front of the one destination that there is.
#[derive(Clone, Copy, Debug, Default)]
pub enum Gate {
    /// Nothing.
    #[default]
    Open,
    /// It is closed until then.
    ClosedUntil(Timestamp),
    /// So many may be under way.
    Narrow(usize),
}

impl Dispatcher for Remembering {
    fn free_pages(&self) -> usize {
        self.free.load(Ordering::SeqCst)
    }

    fn free_notices(&self) -> usize {
        self.free.load(Ordering::SeqCst)
    }

    fn dispatch(&self, dispatch: Dispatch) {
        let poison = dispatch.case.service.as_ref().is_some_and(|service| service.as_str() == POISON);
        assert!(!poison, "a text that nobody thought of");
        self.sent.lock().unwrap().push(dispatch);
    }

    fn admit(&self, message: &Message, _: &Catalog, now: Timestamp) -> Admission {
        if self.poison.lock().unwrap().is_some_and(|case| message.id.case == case) {
            panic!("a destination that nobody thought of");
        }
        match *self.gate.lock().unwrap() {
            Gate::ClosedUntil(until) if now < until => Admission::Waits { until },
            Gate::Narrow(most) => Admission::Go { destination: "one".into(), most },
            Gate::Open | Gate::ClosedUntil(_) => Admission::Go { destination: "one".into(), most: usize::MAX },
        }
    }

    fn passes(&self, _: &str, _: Timestamp) {
        self.passed.fetch_add(1, Ordering::SeqCst);
    }

    fn keep_waiting(&self, waiting: &BTreeSet<MessageId>, _: bool) {
        self.waiting.lock().unwrap().clone_from(waiting);
    }
}

/// A running writer.
pub struct Rig {
    pub writer: Handle,
    pub published: watch::Receiver<Arc<Published>>,
    folder: Arc<tempfile::TempDir>,
    fault: Arc<Mutex<Option<StoreFault>>>,
    remembering: Remembering,
    /// How signals are routed.
    pub route: Route,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Rig {
    pub async fn start() -> Self {
        Self::new(Arc::new(tempfile::tempdir().unwrap()), wheelhouse_core::decide, wheelhouse_core::advance).await
    }

    pub async fn with_decide(decide: Decide) -> Self {
        Self::new(Arc::new(tempfile::tempdir().unwrap()), decide, wheelhouse_core::advance).await
    }

    pub async fn with_advance(advance: Advance) -> Self {
        Self::new(Arc::new(tempfile::tempdir().unwrap()), wheelhouse_core::decide, advance).await
    }

    /// Ends the writer without a word and starts another on the same folder.
    pub async fn crash(mut self) -> Self {
        self.writer.stop();
        let thread = self.thread.take().unwrap();
        tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap();
        Self::new(self.folder.clone(), wheelhouse_core::decide, wheelhouse_core::advance).await
    }

    async fn new(folder: Arc<tempfile::TempDir>, decide: Decide, advance: Advance) -> Self {
        let files = vec![("small.yaml".to_owned(), CATALOG.to_owned())];
        let (catalog, report) = compile_files(files.clone(), Mode::Whole, None);
        let catalog: Arc<Catalog> = Arc::new(catalog.unwrap_or_else(|| panic!("{}", report.render_text(false))));
        let authority = Arc::new(Authority::new(catalog.clone(), &[]).unwrap());
        let path: PathBuf = folder.path().join("wheelhouse.db");
        let mut inner = Sqlite::open(&path).unwrap();
        let loaded = inner.load(Duration::from_hours(1)).unwrap();
        let is_new = loaded.counters.catalog.is_none();
        let fault = Arc::new(Mutex::new(None));
        let remembering = Remembering { free: Arc::new(AtomicUsize::new(100)), ..Remembering::default() };
        let dispatcher = remembering.clone();
        let settings = Settings {
            store: Box::new(Breakable { inner, fault: fault.clone() }),
            loaded,
            catalog: (!is_new).then(|| catalog.clone()),
            initial: (catalog.clone(), authority.clone()),
            signer: Arc::new(Signer::new("small.example/record", &[7; 32]).unwrap()),
            dispatcher: Box::new(move |_| Box::new(dispatcher)),
            metrics: Arc::new(Metrics::new()),
            decide,
            advance,
        };
        let (writer, published, thread) = start(settings).unwrap();
        if is_new {
            let stored = StoredCatalog { version: catalog.version.clone(), files };
            let command = by_hub(What::Adopt { catalog, time_zones: "test".into(), change: CatalogChange::default() });
            writer.adopt(|reply| Adoption { command, stored, authority, reply }).await.unwrap();
        }
        writer.hub(by_hub(What::DoorsReady)).await.unwrap();
        Self { writer, published, folder, fault, remembering, route, thread: Some(thread) }
    }

    pub async fn signals(&self, signals: Vec<Signal>) -> Result<SignalOutcome, Fault> {
        let published = self.published.borrow().clone();
        let told = signals
            .into_iter()
            .map(|signal| {
                let raw = Bytes::from(signal.labels.to_string());
                Told::routed(self.route, &published.catalog, Arc::new(signal), raw)
            })
            .collect();
        let make = |reply| SignalsRequest {
            source: SourceName::new("prometheus").unwrap(),
            adapter: Adapter::Alertmanager,
            received_at: person::now(),
            judged_under: published.adoptions,
            signals: told,
            changes: Vec::new(),
            reply,
        };
        self.writer.signals(make).await
    }

    pub async fn act(&self, case: CaseId, action: CaseAction) -> Result<Answer, Fault> {
        self.writer.person(by_dana(case, action), None).await
    }

    pub async fn act_once(&self, case: CaseId, action: CaseAction, key: &str) -> Result<Answer, Fault> {
        let keep = KeepReply {
            principal: "tok-1".into(),
            key: key.into(),
            request: leaf_hash(key.as_bytes()),
            render: |_| (200, b"{}".to_vec()),
        };
        self.act_keeping(case, action, keep).await
    }

    pub async fn act_keeping(&self, case: CaseId, action: CaseAction, keep: KeepReply) -> Result<Answer, Fault> {
        self.writer.person(by_dana(case, action), Some(keep)).await
    }

    pub async fn hub(&self, what: What) -> Result<Answer, Fault> {
        self.writer.hub(by_hub(what)).await
    }

    /// Reads what is committed, as the API does.
    pub fn readers(&self) -> wheelhouse_store::Readers {
        wheelhouse_store::Readers::open(self.folder.path().join("wheelhouse.db"), 1).unwrap()
    }

    pub fn break_store(&self, fault: StoreFault) {
        *self.fault.lock().unwrap() = Some(fault);
    }

    /// Makes the hub stumble whenever it asks whether messages of this case may go.
    pub fn poison_admission(&self, case: CaseId) {
        *self.remembering.poison.lock().unwrap() = Some(case);
    }

    pub fn gate(&self, gate: Gate) {
        *self.remembering.gate.lock().unwrap() = gate;
    }

    /// How many messages passed the gate.
    pub fn passed(&self) -> usize {
        self.remembering.passed.load(Ordering::SeqCst)
    }

    /// What waited for its destination when the writer last looked.
    pub fn waiting(&self) -> BTreeSet<MessageId> {
        self.remembering.waiting.lock().unwrap().clone()
    }

    pub fn free(&self, places: usize) {
        self.remembering.free.store(places, Ordering::SeqCst);
    }

    pub fn dispatched(&self) -> Vec<Dispatch> {
        self.remembering.sent.lock().unwrap().clone()
    }

    /// Waits until the world is so.
    pub async fn until(&self, holds: impl Fn(&World) -> bool + Send + Sync + Clone + 'static) {
        for _ in 0..500 {
            let holds = holds.clone();
            if self.writer.read(move |world| holds(world)).await.unwrap() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the world did not become so within ten seconds");
    }

    pub async fn until_dispatched(&self, count: usize) {
        for _ in 0..500 {
            if self.dispatched().len() >= count {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("only {} messages were dispatched within ten seconds", self.dispatched().len());
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.writer.stop();
    }
}

fn by_hub(what: What) -> Command {
    Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what }
}

fn by_dana(case: CaseId, action: CaseAction) -> Command {
    let actor = Actor::Person(PersonName::new("dana").unwrap());
    Command { actor, policies: Vec::new(), judged_under: None, what: What::Case { case, revision: None, action } }
}

/// A critical alert of a service.
pub fn alert(service: &str, instance: &str) -> Signal {
    let labels = [("alertname", "Down"), ("instance", instance), ("service", service)];
    Signal {
        source: SourceName::new("prometheus").unwrap(),
        adapter: Adapter::Alertmanager,
        drill: false,
        labels: labels.into_iter().collect(),
        annotations: [("summary", "does not answer")].into_iter().collect(),
        url: "".into(),
        urgency: wheelhouse_core::case::Urgency::Critical,
        started_at: person::now(),
        status: Status::Firing { until: None },
    }
}
