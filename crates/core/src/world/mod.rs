//! The world: everything that is live, and the only way in which it changes.

mod apply;
mod apply_others;
mod apply_signals;
mod automations;
mod changes;
mod drill_runs;
mod due;
mod repositories;
mod runs;
mod schedules;
pub(crate) mod shifts;
mod standings;
mod trouble;
mod waits;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

pub(crate) use apply_others::silence_of;
pub use changes::{Changes, MessageRow, NotToldRow, SignalRow, StoredSignal};
pub use due::{CaseTimer, DEFAULT_TIMEOUT, DueReason, next_due};
pub use shifts::HeldShift;

use crate::access::{Token, TokenId};
use crate::case::{Case, CaseId, CaseKind, MessageId};
use crate::catalog::Catalog;
use crate::change::RecentChanges;
use crate::name::{AutomationName, ServiceName};
use crate::name::{RepositoryName, ScheduleName, SourceName};
use crate::notify::Message;
use crate::record::{Hold, HoldScope};
use crate::repository::Repository;
use crate::run::{Epoch, RunId};
use crate::runbook::{RunbookName, Standing};
use crate::signal::{ActiveSignals, Group, SignalNumber};
use crate::silence::{SilenceId, Silences};
use crate::time::Timestamp;

/// Everything that is live in one organisation: open cases, firing signals, messages under way,
/// tokens, the catalog. A resolved case stays for as long as a signal may reopen it.
#[derive(Clone, Debug, Default)]
pub struct World {
    catalog: Option<Arc<Catalog>>,
    adoptions: u64,
    ready_since: Option<Timestamp>,
    /// A world taken from rows must hear of its doors again before silence counts.
    doors_are_ready: bool,
    last_case: BTreeMap<CaseKind, u64>,
    last_signal: SignalNumber,
    last_token: TokenId,
    cases: BTreeMap<CaseId, Case>,
    groups: BTreeMap<(bool, Group), CaseId>,
    /// Cases that are not over, by what they are about and what they follow from.
    trouble: trouble::Trouble,
    timers: BTreeSet<(Timestamp, CaseTimer, CaseId)>,
    signals: ActiveSignals,
    messages: BTreeMap<MessageId, Message>,
    /// Pages withdrawn from live cases: a channel may have had one already, and answer yet.
    withdrawn: BTreeMap<MessageId, Message>,
    queue: BTreeSet<(Timestamp, MessageId)>,
    tokens: BTreeMap<TokenId, Token>,
    repositories: BTreeMap<RepositoryName, Repository>,
    held_shifts: BTreeMap<ScheduleName, HeldShift>,
    silences: Silences,
    last_silence: SilenceId,
    changes: RecentChanges,
    last_change: u64,
    holds: BTreeMap<HoldScope, Hold>,
    /// Runs of drills by number.
    drill_runs: BTreeMap<u64, crate::drill::DrillRun>,
    /// Runs of runbooks that are under way.
    runs: runs::Runs,
    /// Steps of theirs that wait for events.
    waits: waits::Waits,
    /// When the time of runbooks came last that are run by themselves; of one that never came, when it came into force.
    scheduled: BTreeMap<RunbookName, Timestamp>,
    /// When their time comes next; nothing before the doors are ready.
    schedules_due: BTreeSet<(Timestamp, RunbookName)>,
    /// What is remembered of automations.
    automations: crate::automation::States,
    /// When the time of their questions is over.
    questions_due: BTreeSet<(Timestamp, AutomationName, u64)>,
    /// Where versions of runbooks stand that ever changed.
    standings: BTreeMap<RunbookName, Standing>,
}

impl World {
    /// The catalog in force; absent before the first adoption.
    pub fn catalog(&self) -> Option<&Arc<Catalog>> {
        self.catalog.as_ref()
    }

    /// How many catalogs were adopted so far: what a command was judged under is compared with it.
    pub fn adoptions(&self) -> u64 {
        self.adoptions
    }

    /// Since when the doors have been ready.
    pub fn ready_since(&self) -> Option<Timestamp> {
        self.ready_since
    }

    /// A live case.
    pub fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.get(&id)
    }

    /// All live cases in order of name.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }

    /// The live case of a group, kept apart for drill and real.
    pub fn case_of_group(&self, drill: bool, group: &Group) -> Option<&Case> {
        self.groups.get(&(drill, group.clone())).and_then(|id| self.cases.get(id))
    }

    /// The cases about what a source tells that matches no service, as far as they are not over.
    pub(crate) fn open_unmatched(&self, drill: bool, source: &SourceName) -> impl Iterator<Item = &Case> {
        let first = Group::Unmatched { source: source.clone(), alert: String::new() };
        let is_of = move |group: &Group| matches!(group, Group::Unmatched { source: one, .. } if one == source);
        let cases =
            self.groups.range((drill, first)..).take_while(move |((one, group), _)| *one == drill && is_of(group));
        cases.filter_map(|(_, id)| self.cases.get(id)).filter(|case| !case.state.is_resolved())
    }

    /// The signals that are firing.
    pub fn signals(&self) -> &ActiveSignals {
        &self.signals
    }

    /// A message under way.
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(&id)
    }

    /// A page of a live case that was withdrawn before any channel had accepted it.
    pub(crate) fn withdrawn_page(&self, id: MessageId) -> Option<&Message> {
        self.withdrawn.get(&id)
    }

    /// The messages of a case that are under way.
    pub fn messages_of(&self, case: CaseId) -> impl Iterator<Item = &Message> {
        let all = MessageId { case, number: 0 }..=MessageId { case, number: u32::MAX };
        self.messages.range(all).map(|(_, message)| message)
    }

    /// How many messages wait for an attempt.
    pub fn messages_waiting(&self) -> usize {
        self.messages.len()
    }

    /// How many messages are to be sent at `now` or soon: without those that were put off until others had their time
    /// to answer.
    pub fn messages_to_send(&self, now: Timestamp) -> usize {
        self.messages.values().filter(|message| !message.is_put_off(now)).count()
    }

    /// The messages that may be sent at `now`, pages before notices, then by the instant they came due.
    pub fn messages_due(&self, now: Timestamp) -> impl Iterator<Item = &Message> {
        let due = move || {
            self.queue.iter().take_while(move |(due_at, _)| *due_at <= now).filter_map(|(_, id)| self.messages.get(id))
        };
        let pages = due().filter(|message| message.purpose.lane() == crate::notify::Lane::Page);
        pages.chain(due().filter(|message| message.purpose.lane() == crate::notify::Lane::Notice))
    }

    /// When the next waiting message comes due.
    pub fn next_message_at(&self, after: Timestamp) -> Option<Timestamp> {
        self.queue.iter().map(|(due_at, _)| *due_at).find(|due_at| *due_at > after)
    }

    /// The repositories of the catalog by name.
    pub fn repositories(&self) -> &BTreeMap<RepositoryName, Repository> {
        &self.repositories
    }

    /// Shifts that go on although the rotation names somebody else, by schedule.
    pub(crate) fn held_shifts(&self) -> &BTreeMap<ScheduleName, HeldShift> {
        &self.held_shifts
    }

    /// All tokens by name.
    pub fn tokens(&self) -> &BTreeMap<TokenId, Token> {
        &self.tokens
    }

    /// The legal holds that stand, in order of what they cover.
    pub fn holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds.values()
    }

    /// A hold that covers a case about `service`, if one does.
    pub fn hold_of(&self, case: CaseId, service: Option<&ServiceName>) -> Option<&Hold> {
        self.holds().find(|hold| hold.scope.covers(case, service))
    }

    /// The silences that are not over, and those over lately.
    pub fn silences(&self) -> &Silences {
        &self.silences
    }

    /// The changes told last.
    pub fn changes(&self) -> &RecentChanges {
        &self.changes
    }

    /// The name that the next silence gets.
    pub(crate) fn next_silence(&self) -> SilenceId {
        SilenceId(self.last_silence.0 + 1)
    }

    /// The number that the next change gets.
    pub(crate) fn next_change(&self) -> u64 {
        self.last_change + 1
    }

    /// The number that the next case of a kind gets.
    pub(crate) fn next_case(&self, kind: CaseKind) -> CaseId {
        CaseId { kind, number: self.last_case.get(&kind).copied().unwrap_or(0) + 1 }
    }

    /// The number that the next signal first seen gets.
    pub(crate) fn next_signal(&self) -> SignalNumber {
        SignalNumber(self.last_signal.0 + 1)
    }

    /// The name that the next token gets.
    pub(crate) fn next_token(&self) -> TokenId {
        TokenId(self.last_token.0 + 1)
    }
}

/// The counters of a world and what else is one value: what the store keeps beside the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counters {
    /// The last case number by kind.
    pub last_case: BTreeMap<CaseKind, u64>,
    /// The last signal number.
    pub last_signal: SignalNumber,
    /// The last token.
    pub last_token: TokenId,
    /// The last silence.
    pub last_silence: SilenceId,
    /// The last change's number.
    pub last_change: u64,
    /// How many catalogs were adopted.
    pub adoptions: u64,
    /// The version of the catalog in force.
    pub catalog: Option<String>,
    /// Since when the doors have been ready.
    pub ready_since: Option<Timestamp>,
    /// Shifts that go on although the rotation names somebody else.
    #[serde(default, skip_serializing_if = "alloc::vec::Vec::is_empty")]
    pub held_shifts: alloc::vec::Vec<HeldShift>,
    /// The legal holds that stand, in order of what they cover.
    pub holds: Vec<Hold>,
    /// Runs of drills: those under way, and the last that are over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drill_runs: Vec<crate::drill::DrillRun>,
    /// The last run of a runbook.
    pub last_run: RunId,
    /// The last lease of a step of a run.
    #[serde(default)]
    pub last_epoch: Epoch,
    /// When the time of runbooks came last that are run by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scheduled: Vec<(RunbookName, Timestamp)>,
}
