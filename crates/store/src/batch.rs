//! What one commit writes.

use std::sync::Arc;

use wheelhouse_core::access::Token;
use wheelhouse_core::attachment::{Blob, Home};
use wheelhouse_core::automation::AutomationState;
use wheelhouse_core::case::{Case, CaseId, MessageId};
use wheelhouse_core::change::Change;
use wheelhouse_core::name::SourceName;
use wheelhouse_core::notify::Message;
use wheelhouse_core::record::{
    Actor, AnswerColumns, Attached, Entry, Fact, Hash, KeptAnswer, RowSalt, RunHappening, Sealed, journal_digest,
};
use wheelhouse_core::repository::Repository;
use wheelhouse_core::run::{Run, RunId};
use wheelhouse_core::runbook::Standing;
use wheelhouse_core::signal::Adapter;
use wheelhouse_core::silence::Silence;
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::world::{Counters, NotToldRow, SignalRow};

use crate::{StoreError, journal};

/// Everything that one commit writes, in one transaction.
///
/// Rows are given as they are after the commit; a row that changed several times is given once,
/// except `not_told` and `signals`, which are given in the order in which they came about.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The commit's sequence, from 1, each one more than the last.
    pub commit: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// The entries, in the order of their sequence, which goes on from the commit before.
    pub entries: Vec<SealedEntry>,
    /// The nodes that became complete, as `(level, index, hash)`; those of level 0 are the entries'
    /// own leaves and are not written again.
    pub nodes: Vec<(u8, u64, Hash)>,
    /// The signed checkpoint at the new size; the last one stays where absent.
    pub checkpoint: Option<String>,
    /// What came from outside.
    pub journal: Option<PackedJournal>,
    /// Cases that changed.
    pub cases: Vec<Case>,
    /// Messages that changed. A row ends the claim on its message.
    pub messages: Vec<Message>,
    /// Those affected who were not told, in the order of their entries.
    pub not_told: Vec<NotToldRow>,
    /// Signals that were first seen or ended, in order.
    pub signals: Vec<SignalRow>,
    /// The salts of the signals first seen, one each, in order.
    pub signal_salts: Vec<RowSalt>,
    /// Tokens that changed.
    pub tokens: Vec<Token>,
    /// Silences that changed.
    pub silences: Vec<Silence>,
    /// Changes that were told, in order.
    pub changes: Vec<Change>,
    /// Runs of runbooks that changed.
    pub runs: Vec<Run>,
    /// What is remembered of automations, where that changed.
    pub automations: Vec<AutomationState>,
    /// Runbooks whose standing changed.
    pub standings: Vec<Standing>,
    /// The counters after the commit.
    pub counters: Counters,
    /// All repositories of the catalog, where one of them changed.
    pub repositories: Option<Vec<Repository>>,
    /// A catalog that was adopted.
    pub catalog: Option<StoredCatalog>,
    /// Messages handed to a delivery worker, queued by this commit or an earlier one; those no
    /// longer under way after this commit are passed over.
    pub claims: Vec<MessageId>,
    /// Answers kept for repeated requests.
    pub replies: Vec<KeptReply>,
    /// Files that were attached.
    pub attachments: Vec<NewAttachment>,
    /// Cases and runs whose texts are erased, each with the sequence of the entry that says so.
    pub erasures: Vec<NewErasure>,
}

/// A file that was attached to a case or a run.
#[derive(Clone, Debug)]
pub struct NewAttachment {
    /// The sequence of the entry that says so.
    pub seq: u64,
    /// What it hangs on.
    pub home: Home,
    /// Its number there.
    pub number: u32,
    /// Its bytes.
    pub blob: Arc<Blob>,
}

impl NewAttachment {
    /// What the entry of the sequence `seq` attaches, if it attaches something.
    pub fn of(seq: u64, entry: &Entry) -> Option<Self> {
        match (&entry.fact, &entry.attached, entry.subject) {
            (Fact::FileAttached(file), Attached::File(blob), Some(case)) => {
                Some(Self { seq, home: Home::Case(case), number: file.number, blob: Arc::clone(blob) })
            }
            (Fact::Run(part), Attached::File(blob), _) => match part.what {
                RunHappening::FileAttached { number, .. } => {
                    Some(Self { seq, home: Home::Run(part.run), number, blob: Arc::clone(blob) })
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// What texts are erased of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasureOf {
    /// A case, with the runs for it.
    Case(CaseId),
    /// A run that was for no case.
    Run(RunId),
}

/// A case or a run whose texts are erased: all that was written before this batch, and what this batch wrote
/// in entries before the one that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewErasure {
    /// The case, or the run.
    pub of: ErasureOf,
    /// The sequence of the entry that says so.
    pub seq: u64,
    /// The commits whose journal goes.
    pub journals: Vec<u64>,
}

impl NewErasure {
    /// What the entry of the sequence `seq` erases, if it erases something.
    pub fn of(seq: u64, entry: &Entry) -> Option<Self> {
        match (&entry.fact, &entry.attached, entry.subject) {
            (_, Attached::Erasure(found), Some(case)) => {
                Some(Self { of: ErasureOf::Case(case), seq, journals: found.journals.clone() })
            }
            (Fact::RunErased(erased), ..) => Some(Self { of: ErasureOf::Run(erased.run), seq, journals: Vec::new() }),
            _ => None,
        }
    }
}

/// An entry with its place in the record and what its table is searched by.
#[derive(Clone, Debug)]
pub struct SealedEntry {
    /// The entry as the record keeps it.
    pub sealed: Sealed,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What happened, in the word of the record: `case_opened`, `noted`, …
    pub kind: &'static str,
    /// The case it is about.
    pub subject: Option<CaseId>,
    /// Whether it belongs to an exercise.
    pub drill: bool,
    /// The run of a runbook in which it happened.
    pub run: Option<RunId>,
}

impl SealedEntry {
    /// Puts a sealed entry beside what its table is searched by.
    pub fn new(entry: &Entry, sealed: Sealed) -> Self {
        Self {
            sealed,
            at: entry.at,
            actor: entry.actor.clone(),
            kind: entry.fact.kind(),
            subject: entry.subject,
            drill: entry.drill,
            run: entry.fact.run(),
        }
    }
}

/// The raw bytes that one commit took in, with the salt of their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The salt of the digests in the `signals` entry; secret, and erased with the bytes.
    pub salt: [u8; 32],
    /// What came in, in the order in which it was digested.
    pub frames: Vec<Frame>,
}

impl Journal {
    /// Packs the frames as they are stored.
    ///
    /// # Errors
    /// Only when compression itself fails.
    pub fn pack(&self) -> Result<PackedJournal, StoreError> {
        Ok(PackedJournal { salt: self.salt, frames: journal::pack(&self.frames)? })
    }
}

/// A journal as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedJournal {
    /// The salt of the digests.
    pub salt: [u8; 32],
    /// The frames, compressed.
    pub frames: Vec<u8>,
}

impl PackedJournal {
    /// The frames again, or what is wrong with the stored bytes.
    ///
    /// # Errors
    /// Says what is wrong with them, in one line.
    pub fn unpack(&self) -> Result<Vec<Frame>, String> {
        journal::unpack(&self.frames)
    }

    /// What the record keeps of the bytes as they are stored.
    pub fn digest(&self) -> Hash {
        journal_digest(&self.salt, &self.frames)
    }
}

/// One request's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Who sent it.
    pub source: SourceName,
    /// Through which door.
    pub adapter: Adapter,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The bytes as they came.
    pub raw: Vec<u8>,
}

/// The sources of a catalog: enough to compile it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCatalog {
    /// Its version.
    pub version: String,
    /// Paths and texts, in order of path.
    pub files: Vec<(String, String)>,
}

/// An answer that is given again when the same request comes again (`Idempotency-Key`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptReply {
    /// Who asked.
    pub principal: String,
    /// The key they gave.
    pub key: String,
    /// The digest of the request: the same key with another request is an error of the caller.
    pub request: Hash,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub body: Vec<u8>,
    /// When it was given.
    pub at: Timestamp,
    /// The case it is about, if it is about one.
    pub case: Option<CaseId>,
    /// The salt of its digest.
    pub salt: RowSalt,
}

impl KeptReply {
    /// What the record keeps of it.
    pub fn kept(&self) -> KeptAnswer {
        let columns = AnswerColumns {
            principal: &self.principal,
            key: &self.key,
            request: self.request,
            status: self.status,
            body: &self.body,
            at: self.at,
        };
        KeptAnswer { case: self.case, digest: columns.digest(&self.salt) }
    }
}
