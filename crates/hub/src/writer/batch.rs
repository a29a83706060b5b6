//! One batch in the making: what was decided and applied, until it is committed or discarded.

use std::collections::{BTreeMap, BTreeSet};

use wheelhouse_core::World;
use wheelhouse_core::access::TokenId;
use wheelhouse_core::case::{CaseId, MessageId};
use wheelhouse_core::change::Change;
use wheelhouse_core::name::AutomationName;
use wheelhouse_core::notify::Message;
use wheelhouse_core::record::{Entry, Fact};
use wheelhouse_core::run::{Run, RunId};
use wheelhouse_core::runbook::RunbookName;
use wheelhouse_core::silence::SilenceId;
use wheelhouse_core::world::{Changes, NotToldRow, SignalRow};
use wheelhouse_store::{Frame, KeptReply, StoredCatalog};

/// What a batch has decided and applied so far.
#[derive(Default)]
pub(super) struct Staged {
    pub(super) entries: Vec<Entry>,
    pub(super) cases: BTreeSet<CaseId>,
    pub(super) messages: BTreeMap<MessageId, Message>,
    pub(super) not_told: Vec<NotToldRow>,
    pub(super) signals: Vec<SignalRow>,
    pub(super) tokens: BTreeSet<TokenId>,
    pub(super) silences: BTreeSet<SilenceId>,
    pub(super) changes: Vec<Change>,
    pub(super) runs: BTreeMap<RunId, Run>,
    /// Whether anything happened in a run.
    pub(super) runs_moved: bool,
    pub(super) automations: BTreeSet<AutomationName>,
    pub(super) standings: BTreeSet<RunbookName>,
    pub(super) catalog: Option<StoredCatalog>,
    pub(super) repositories_changed: bool,
    pub(super) frames: Vec<Frame>,
    pub(super) replies: Vec<KeptReply>,
    pub(super) published_changed: bool,
    /// Messages whose outcome this batch takes in.
    pub(super) reported: Vec<MessageId>,
}

impl Staged {
    /// Applies the entries of a plan to the world and notes which rows they changed.
    pub(super) fn apply(&mut self, world: &mut World, entries: Vec<Entry>) {
        self.entries.reserve(entries.len());
        for entry in entries {
            let changes = world.apply(&entry);
            self.note(changes);
            if matches!(entry.fact, Fact::DoorsReady) {
                self.published_changed = true;
            }
            self.entries.push(entry);
        }
    }

    /// Whether there is anything to commit.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.frames.is_empty()
    }

    fn note(&mut self, changes: Changes) {
        self.cases.extend(changes.cases);
        self.messages.extend(changes.messages.into_iter().map(|message| (message.id, message)));
        self.not_told.extend(changes.not_told);
        self.signals.extend(changes.signal);
        self.published_changed |= !changes.tokens.is_empty() || changes.catalog || !changes.repositories.is_empty();
        self.published_changed |= changes.standing.is_some();
        self.standings.extend(changes.standing);
        self.published_changed |= !changes.automations.is_empty();
        self.automations.extend(changes.automations);
        self.tokens.extend(changes.tokens);
        self.silences.extend(changes.silence);
        self.changes.extend(changes.change);
        self.runs_moved |= changes.run.is_some();
        self.runs.extend(changes.run.map(|run| (run.id, run)));
        self.repositories_changed |= !changes.repositories.is_empty();
    }
}

/// Decides what is due, item by item, until nothing is; `limit` bounds one round.
pub(super) const DUE_A_ROUND: usize = 256;
