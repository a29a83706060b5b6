//! Which rows an entry changed: what the store writes.

use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::access::TokenId;
use crate::affected::Impact;
use crate::case::CaseId;
use crate::change::Change;
use crate::name::{AutomationName, RepositoryName, ServiceName};
use crate::notify::{Message, NotTold, Recipient, Stage};
use crate::record::Actor;
use crate::run::Run;
use crate::runbook::RunbookName;
use crate::signal::{Signal, SignalNumber};
use crate::silence::SilenceId;
use crate::time::Timestamp;

/// What an entry changed. Rows that are still live are named, to be read from the world once per
/// commit; rows that left it are given.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Cases whose row changed.
    pub cases: Vec<CaseId>,
    /// Messages whose row changed, as they are now.
    pub messages: Vec<MessageRow>,
    /// Somebody who was not told.
    pub not_told: Option<NotToldRow>,
    /// A row to append to or to end in the signals' table.
    pub signal: Option<SignalRow>,
    /// Tokens whose row changed.
    pub tokens: Vec<TokenId>,
    /// A catalog was adopted.
    pub catalog: bool,
    /// Repositories whose row changed.
    pub repositories: Vec<RepositoryName>,
    /// A silence whose row changed.
    pub silence: Option<SilenceId>,
    /// A change that was told: a row to append.
    pub change: Option<Change>,
    /// A run of a runbook whose row changed, as it is now.
    pub run: Option<Run>,
    /// Automations of which something else is remembered now.
    pub automations: Vec<AutomationName>,
    /// A runbook whose standing changed.
    pub standing: Option<RunbookName>,
}

/// A message's row: the message, whether it is still under way or not.
pub type MessageRow = Message;

/// Somebody affected who was not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotToldRow {
    /// The case.
    pub case: CaseId,
    /// Who.
    pub recipient: Recipient,
    /// At which stage.
    pub stage: Stage,
    /// Why.
    pub reason: NotTold,
    /// What it would mean to them.
    pub impact: Impact,
    /// The services from the broken one on.
    pub path: Vec<ServiceName>,
    /// When it was decided.
    pub at: Timestamp,
    /// Who brought it about.
    pub actor: Actor,
}

/// A change to the table of signals.
#[derive(Clone, Debug)]
pub enum SignalRow {
    /// First seen: a row to append.
    Append {
        /// Its number.
        number: SignalNumber,
        /// Its case; absent while it is silenced.
        case: Option<CaseId>,
        /// The silence that holds it back.
        silence: Option<SilenceId>,
        /// When the hub first heard it.
        first_heard_at: Timestamp,
        /// When it expires unless told again.
        until: Option<Timestamp>,
        /// The signal.
        signal: Arc<Signal>,
    },
    /// It got a case when its silence ended, or another silence.
    Moved {
        /// Its number.
        number: SignalNumber,
        /// Its case.
        case: Option<CaseId>,
        /// The silence that holds it back.
        silence: Option<SilenceId>,
    },
    /// It ended.
    End {
        /// Its number.
        number: SignalNumber,
        /// When it ended, by its sender's word or by silence.
        ended_at: Timestamp,
        /// Whether its sender fell silent instead of saying so.
        expired: bool,
    },
}

/// A signal's row as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredSignal {
    /// Its number.
    pub number: SignalNumber,
    /// Its case; absent while it is silenced.
    pub case: Option<CaseId>,
    /// The silence that holds it back.
    pub silence: Option<SilenceId>,
    /// When the hub first heard it.
    pub first_heard_at: Timestamp,
    /// When it expires unless told again, as last written.
    pub until: Option<Timestamp>,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// Whether it ended by silence.
    pub expired: bool,
    /// The signal.
    pub signal: Signal,
}
