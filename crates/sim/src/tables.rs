//! The tables as a store would keep them: rows that entries changed, written once a commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wheelhouse_core::World;
use wheelhouse_core::access::{Token, TokenId};
use wheelhouse_core::automation::AutomationState;
use wheelhouse_core::case::{Case, CaseId, MessageId};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::change::Change;
use wheelhouse_core::name::{AutomationName, RepositoryName};
use wheelhouse_core::notify::{Message, MessageState};
use wheelhouse_core::repository::Repository;
use wheelhouse_core::run::{Run, RunId};
use wheelhouse_core::runbook::{RunbookName, Standing};
use wheelhouse_core::signal::SignalNumber;
use wheelhouse_core::silence::{Silence, SilenceId};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::world::{Changes, Counters, NotToldRow, SignalRow, StoredSignal};

/// How long a case that is over stays in memory.
pub const KEEP: Duration = Duration::from_hours(24 * 8);

/// The rows as committed.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Cases by name.
    pub cases: BTreeMap<CaseId, Case>,
    /// Messages by name, under way or not.
    pub messages: BTreeMap<MessageId, Message>,
    /// Who was not told, in the order decided.
    pub not_told: Vec<NotToldRow>,
    /// Signals by number, firing or not.
    pub signals: BTreeMap<SignalNumber, StoredSignal>,
    /// Tokens by name.
    pub tokens: BTreeMap<TokenId, Token>,
    /// Silences by name.
    pub silences: BTreeMap<SilenceId, Silence>,
    /// Changes in the order told.
    pub changes: Vec<Change>,
    /// Runs of runbooks by name.
    pub runs: BTreeMap<RunId, Run>,
    /// What is remembered of automations, by name.
    pub automations: BTreeMap<AutomationName, AutomationState>,
    /// Where versions of runbooks stand, by runbook.
    pub standings: BTreeMap<RunbookName, Standing>,
    /// The repositories of the catalog, by name.
    pub repositories: BTreeMap<RepositoryName, Repository>,
    /// What is kept beside the rows.
    pub counters: Counters,
    /// The catalog in force.
    pub catalog: Option<Arc<Catalog>>,
}

/// The rows that a batch will write.
#[derive(Clone, Debug, Default)]
pub struct Pending {
    cases: BTreeSet<CaseId>,
    messages: BTreeMap<MessageId, Message>,
    not_told: Vec<NotToldRow>,
    signals: Vec<SignalRow>,
    tokens: BTreeSet<TokenId>,
    silences: BTreeSet<SilenceId>,
    changes: Vec<Change>,
    runs: BTreeMap<RunId, Run>,
    standings: BTreeSet<RunbookName>,
    repositories: BTreeSet<RepositoryName>,
    automations: BTreeSet<AutomationName>,
}

impl Pending {
    /// Notes what an entry changed.
    pub fn note(&mut self, changes: Changes) {
        self.cases.extend(changes.cases);
        self.messages.extend(changes.messages.into_iter().map(|row| (row.id, row)));
        self.not_told.extend(changes.not_told);
        self.signals.extend(changes.signal);
        self.tokens.extend(changes.tokens);
        self.silences.extend(changes.silence);
        self.changes.extend(changes.change);
        self.runs.extend(changes.run.map(|run| (run.id, run)));
        self.standings.extend(changes.standing);
        self.repositories.extend(changes.repositories);
        self.automations.extend(changes.automations);
    }
}

impl Tables {
    /// Writes a batch, reading live rows from the world once.
    pub fn write(&mut self, pending: Pending, world: &World) {
        let cases = pending.cases.into_iter().filter_map(|id| world.case(id));
        self.cases.extend(cases.map(|case| (case.id, case.clone())));
        self.messages.extend(pending.messages);
        self.not_told.extend(pending.not_told);
        for row in pending.signals {
            self.write_signal(row);
        }
        let tokens = pending.tokens.iter().filter_map(|id| world.tokens().get(id));
        self.tokens.extend(tokens.map(|token| (token.id, token.clone())));
        let silences = pending.silences.iter().filter_map(|id| world.silences().get(*id));
        self.silences.extend(silences.map(|silence| (silence.id, silence.clone())));
        self.changes.extend(pending.changes);
        self.runs.extend(pending.runs);
        let automations = pending.automations.iter().filter_map(|name| world.automations().get(name));
        self.automations.extend(automations.map(|state| (state.name.clone(), state.clone())));
        let standings = pending.standings.iter().filter_map(|name| world.standing(name));
        self.standings.extend(standings.map(|standing| (standing.runbook.clone(), standing.clone())));
        let repositories = pending.repositories.iter().filter_map(|name| world.repositories().get(name));
        self.repositories.extend(repositories.map(|one| (one.name.clone(), one.clone())));
        self.counters = world.counters();
        self.catalog = world.catalog().cloned();
    }

    /// The world again from the rows, as after a start at `now`; every row passes through its JSON.
    ///
    /// Says which row cannot be read back.
    pub fn world(&self, now: Timestamp) -> Result<World, String> {
        let tokens = self.tokens.values().map(through_json).collect::<Result<Vec<Token>, _>>()?;
        let mut world = World::restore(through_json(&self.counters)?, self.catalog.clone(), tokens);
        let silences = self.silences.values().map(through_json).collect::<Result<Vec<Silence>, _>>()?;
        let changes = self.changes.iter().map(through_json).collect::<Result<Vec<Change>, _>>()?;
        world.take_in_others(silences, changes);
        let under_way = self.runs.values().filter(|run| run.ended.is_none());
        world.take_in_runs(under_way.map(through_json).collect::<Result<Vec<Run>, _>>()?);
        let automations = self.automations.values().map(through_json).collect::<Result<Vec<AutomationState>, _>>()?;
        world.take_in_automations(automations);
        world.take_in_standings(self.standings.values().map(through_json).collect::<Result<Vec<Standing>, _>>()?);
        for repository in self.repositories.values().map(through_json) {
            world.take_in_repository(repository?);
        }
        for case in self.cases.values().filter(|case| self.is_live(case, now)) {
            let under_way = self.under_way(case.id).map(through_json);
            world.take_in(through_json(case)?, under_way.collect::<Result<Vec<Message>, _>>()?);
        }
        for row in self.signals.values().filter(|row| row.ended_at.is_none()) {
            let (number, heard_at) = (row.number, row.first_heard_at);
            world.take_in_signal(number, (row.case, row.silence), heard_at, row.until, row.signal.clone());
        }
        Ok(world)
    }

    /// A case's row and its messages under way, to be taken in again.
    pub fn load(&self, id: CaseId) -> Option<(Case, Vec<Message>)> {
        let case = self.cases.get(&id)?.clone();
        Some((case, self.under_way(id).cloned().collect()))
    }

    /// The messages of a case that are under way.
    pub fn under_way(&self, case: CaseId) -> impl Iterator<Item = &Message> {
        let all = MessageId { case, number: 0 }..=MessageId { case, number: u32::MAX };
        let rows = self.messages.range(all).map(|(_, row)| row);
        rows.filter(|row| row.state == MessageState::Queued)
    }

    /// Whether a start takes a case into memory.
    fn is_live(&self, case: &Case, now: Timestamp) -> bool {
        let over_since = case.resolved_entry_at.filter(|_| case.state.is_resolved());
        over_since.is_none_or(|at| at + KEEP >= now)
            || case.recheck_at.is_some()
            || case.firing > 0
            || self.under_way(case.id).next().is_some()
    }

    fn write_signal(&mut self, row: SignalRow) {
        match row {
            SignalRow::Append { number, case, silence, first_heard_at, until, signal } => {
                let row = StoredSignal {
                    number,
                    case,
                    silence,
                    first_heard_at,
                    until,
                    ended_at: None,
                    expired: false,
                    signal: Arc::unwrap_or_clone(signal),
                };
                self.signals.insert(number, row);
            }
            SignalRow::Moved { number, case, silence } => {
                if let Some(row) = self.signals.get_mut(&number) {
                    (row.case, row.silence) = (case, silence);
                }
            }
            SignalRow::End { number, ended_at, expired } => {
                if let Some(row) = self.signals.get_mut(&number) {
                    (row.ended_at, row.expired) = (Some(ended_at), expired);
                }
            }
        }
    }
}

fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(row: &T) -> Result<T, String> {
    let text = serde_json::to_string(row).map_err(|error| format!("a row cannot be written: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("a row cannot be read back: {error}\n{text}"))
}
