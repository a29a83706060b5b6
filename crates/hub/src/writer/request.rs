//! What handlers submit, and what they get back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::body::Bytes;
use tokio::sync::oneshot;
use wheelhouse_core::World;
use wheelhouse_core::access::TokenId;
use wheelhouse_core::case::Case;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::change::ChangeReport;
use wheelhouse_core::kernel::{Command, Lease, Refusal};
use wheelhouse_core::name::SourceName;
use wheelhouse_core::record::{Hash, Why};
use wheelhouse_core::run::Run;
use wheelhouse_core::signal::{Adapter, Routing, Signal, route_without_rules};
use wheelhouse_core::silence::Silence;
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::{KeptReply, StoredCatalog};

use super::fault::words;
use crate::authority::Authority;

/// Something for the writer.
pub enum Submission {
    /// A command of the hub itself: a delivery result, an adoption, the doors.
    Hub(Command, Option<Reply<Answer>>),
    /// Puts a catalog into force.
    Adopt(Box<Adoption>),
    /// A person's command.
    Person(Box<PersonCommand>),
    /// The signals of one request.
    Signals(SignalsRequest),
    /// Looks at the world as committed.
    Read(Box<dyn FnOnce(&World) + Send>),
}

/// A catalog to put into force, with what goes with it.
pub struct Adoption {
    /// The command.
    pub command: Command,
    /// The files it was made from, to be kept.
    pub stored: StoredCatalog,
    /// Who may do what under it.
    pub authority: Arc<Authority>,
    /// Where the answer goes.
    pub reply: Reply<Answer>,
}

/// A person's command with its answer's way back.
pub struct PersonCommand {
    /// The command.
    pub command: Command,
    /// Under which idempotency key its reply is kept, if the person gave one.
    pub keep: Option<KeepReply>,
    /// Where the answer goes.
    pub reply: Reply<Answer>,
}

/// The reply of a request that carried an idempotency key, kept in the same transaction.
#[derive(Clone)]
pub struct KeepReply {
    /// Whose key it is.
    pub principal: String,
    /// The key.
    pub key: String,
    /// The digest of the request, so that the same key with another request is refused.
    pub request: Hash,
    /// Makes the reply's status and body from the answer.
    pub render: fn(&Answer) -> (u16, Vec<u8>),
}

/// The signals of one request.
pub struct SignalsRequest {
    /// Who told them.
    pub source: SourceName,
    /// How they came in.
    pub adapter: Adapter,
    /// When they came in.
    pub received_at: Timestamp,
    /// The adoption count under which they were routed.
    pub judged_under: u64,
    /// The signals.
    pub signals: Vec<Told>,
    /// The changes.
    pub changes: Vec<ToldChange>,
    /// Where the answer goes.
    pub reply: Reply<SignalOutcome>,
}

/// One signal as it was told.
pub struct Told {
    /// The signal.
    pub signal: Arc<Signal>,
    /// Where it belongs.
    pub routing: Routing,
    /// Its bytes as they came.
    pub raw: Bytes,
    /// What the rules stumbled over, if they did: it is then routed without them.
    pub stumbled: Option<Box<str>>,
}

/// How a signal is routed, replaceable so that tests can make it stumble.
pub type Route = fn(&Catalog, &Signal) -> Routing;

impl Told {
    /// Routes a signal under a catalog. One over which the rules stumble is not lost for it, nor are
    /// those beside it.
    pub fn routed(route: Route, catalog: &Catalog, signal: Arc<Signal>, raw: Bytes) -> Self {
        match catch_unwind(AssertUnwindSafe(|| route(catalog, &signal))) {
            Ok(routing) => Self { signal, routing, raw, stumbled: None },
            Err(panic) => {
                let routing = route_without_rules(catalog, &signal);
                Self { signal, routing, raw, stumbled: Some(words(&*panic).into()) }
            }
        }
    }
}

/// One change as it was told.
pub struct ToldChange {
    /// The change.
    pub change: Arc<ChangeReport>,
    /// Its bytes as they came.
    pub raw: Bytes,
}

/// What became of the signals of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignalOutcome {
    /// How many were taken in durably.
    pub accepted: u64,
    /// How many made the hub stumble and were set aside, with their case opened.
    pub quarantined: u64,
}

/// What came of a command.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The commit that made it durable.
    pub commit: u64,
    /// The case as committed.
    pub case: Option<Case>,
    /// The token it is about.
    pub token: Option<TokenId>,
    /// The silence as committed.
    pub silence: Option<Silence>,
    /// The number of the change that was told.
    pub change: Option<u64>,
    /// The run of a runbook as committed.
    pub run: Option<Run>,
    /// The steps that a runner was given.
    pub leases: Vec<Lease>,
    /// Why the hub decided as it did.
    pub why: Vec<Why>,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// The command is refused; nothing changed.
    #[error("{0}")]
    Refused(Refusal),
    /// The hub is full; try again later.
    #[error("the hub is busy; try again in a moment")]
    Busy,
    /// The hub could not make it durable.
    #[error("the hub could not store it: {0}")]
    Store(String),
    /// The command made the hub stumble; it was set aside.
    #[error("the hub stumbled over this request and set it aside; a case for the default team says so")]
    Quarantined,
    /// The same request was made before under the same idempotency key; this was its reply.
    #[error("this request was made before")]
    Repeated(Box<KeptReply>),
    /// The hub is stopping.
    #[error("the hub is stopping")]
    Stopping,
}

/// The way back to whoever submitted.
pub type Reply<T> = oneshot::Sender<Result<T, Fault>>;
