//! The fold: what follows from the entries, compared with the tables as it goes.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::Connection;
use wheelhouse_core::World;
use wheelhouse_core::access::TokenId;
use wheelhouse_core::case::{Case, CaseId, CaseKind};
use wheelhouse_core::name::AutomationName;
use wheelhouse_core::notify::{Message, MessageState};
use wheelhouse_core::record::{Entry, Fact};
use wheelhouse_core::run::RunId;
use wheelhouse_core::runbook::RunbookName;
use wheelhouse_core::silence::SilenceId;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::world::Changes;

use super::book::count;
use super::others;
use super::report::Findings;
use super::tables;
use crate::StoreError;
use crate::tables::rows::over_since;

/// How long a case stays in memory after its end. Longer than a hub keeps it, so that whatever a
/// hub could still apply can be applied here.
const KEEP: Duration = Duration::from_hours(48);
/// How many entries pass between two looks at what may leave memory.
const SWEEP: u64 = 5_000;

/// A world in the making from entries alone, with what left it compared and let go.
pub(super) struct Fold<'a> {
    connection: &'a Connection,
    world: World,
    /// Cases that left memory and whose row said something else, most likely because more follows.
    /// What is neither here nor in memory is as its row says.
    unlike: BTreeMap<CaseId, Case>,
    /// The commits that last wrote the rows of cases that are here or in memory.
    written: BTreeMap<CaseId, i64>,
    /// The places of all cases in the order of opening.
    orders: BTreeMap<CaseId, i64>,
    /// Rows of messages whose case is in memory.
    messages: BTreeMap<CaseId, BTreeMap<u32, MessageRow>>,
    silences: BTreeMap<SilenceId, i64>,
    /// The commits that wrote the runs under way.
    runs: BTreeMap<RunId, i64>,
    /// The commits that last wrote what is remembered of automations.
    automations: BTreeMap<AutomationName, i64>,
    /// The commits that last wrote the standings of runbooks.
    standings: BTreeMap<RunbookName, i64>,
    tokens: BTreeMap<TokenId, i64>,
    opened: BTreeMap<CaseKind, u64>,
    counts: Counts,
    catalog: Option<String>,
    catalogs: BTreeMap<String, i64>,
    /// Cases that the commit being folded opened, and those whose row it wrote.
    opening: BTreeSet<CaseId>,
    changed: BTreeSet<CaseId>,
}

/// A message's row as it should be.
pub(super) struct MessageRow {
    pub(super) message: Message,
    /// The commit that last wrote it.
    pub(super) commit: i64,
    /// The commit that handed it to a delivery worker not heard of since.
    pub(super) claimed_in: Option<i64>,
}

/// How many rows there must be.
#[derive(Default)]
struct Counts {
    entries: u64,
    messages: u64,
    not_told: u64,
    changes: u64,
    runs: u64,
}

impl<'a> Fold<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            world: World::default(),
            unlike: BTreeMap::new(),
            written: BTreeMap::new(),
            orders: BTreeMap::new(),
            messages: BTreeMap::new(),
            silences: BTreeMap::new(),
            runs: BTreeMap::new(),
            automations: BTreeMap::new(),
            standings: BTreeMap::new(),
            tokens: BTreeMap::new(),
            opened: BTreeMap::new(),
            counts: Counts::default(),
            catalog: None,
            catalogs: BTreeMap::new(),
            opening: BTreeSet::new(),
            changed: BTreeSet::new(),
        }
    }

    /// Folds one entry of a commit.
    pub(super) fn entry(
        &mut self,
        entry: Entry,
        commit: i64,
        place: &str,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        self.counts.entries += 1;
        match (&entry.fact, entry.subject) {
            (Fact::CaseOpened { .. }, Some(id)) => {
                let last = self.opened.entry(id.kind).or_default();
                *last += 1;
                findings.same("the case's number", place, *last, id.number);
                self.opening.insert(id);
            }
            (Fact::CatalogAdopted { version, .. }, _) => {
                self.catalog = Some(version.clone());
                let first = *self.catalogs.entry(version.clone()).or_insert(commit);
                if first == commit {
                    tables::check_catalog(self.connection, version, commit, findings)?;
                }
            }
            (Fact::Signals { cases, .. }, _) => {
                for id in cases.keys() {
                    self.fetch(*id, place, findings)?;
                }
            }
            (_, Some(id)) => self.fetch(id, place, findings)?,
            (_, None) => {}
        }
        let changes = self.world.apply(&entry);
        self.note(&entry, changes, commit, findings)?;
        if self.counts.entries.is_multiple_of(SWEEP) {
            self.sweep(entry.at, findings)?;
        }
        Ok(())
    }

    /// Notes which rows an entry wrote.
    fn note(
        &mut self,
        entry: &Entry,
        changes: Changes,
        commit: i64,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        for case in changes.cases {
            self.written.insert(case, commit);
            self.changed.insert(case);
        }
        self.silences.extend(changes.silence.map(|silence| (silence, commit)));
        self.automations.extend(changes.automations.into_iter().map(|automation| (automation, commit)));
        self.standings.extend(changes.standing.map(|runbook| (runbook, commit)));
        self.tokens.extend(changes.tokens.into_iter().map(|token| (token, commit)));
        self.counts.messages += u64::from(matches!(entry.fact, Fact::MessageQueued { .. }));
        for message in changes.messages {
            let (case, number) = (message.id.case, message.id.number);
            self.messages.entry(case).or_default().insert(number, MessageRow { message, commit, claimed_in: None });
        }
        if let Fact::HandedOver { messages } = &entry.fact {
            for id in messages {
                let row = self.messages.get_mut(&id.case).and_then(|rows| rows.get_mut(&id.number));
                if let Some(row) = row.filter(|row| row.message.state == MessageState::Queued) {
                    row.claimed_in = Some(commit);
                }
            }
        }
        if let Some(row) = changes.change {
            self.counts.changes += 1;
            others::check_change(self.connection, &row, commit, findings)?;
        }
        if let Some(run) = changes.run {
            self.counts.runs += u64::from(!self.runs.contains_key(&run.id));
            if run.ended.is_some() {
                self.runs.remove(&run.id);
                others::check_run(self.connection, &run, commit, findings)?;
            } else {
                self.runs.insert(run.id, commit);
            }
        }
        if let Some(row) = changes.not_told {
            self.counts.not_told += 1;
            tables::check_not_told(self.connection, self.counts.not_told, &row, commit, findings)?;
        }
        Ok(())
    }

    /// Ends a commit: cases that it opened have their places, and those that it changed are told.
    pub(super) fn end_commit(&mut self) -> BTreeSet<CaseId> {
        for case in std::mem::take(&mut self.opening) {
            self.orders.insert(case, count(self.orders.len() as u64 + 1));
        }
        std::mem::take(&mut self.changed)
    }

    /// The last signal's number.
    pub(super) fn last_signal(&self) -> u64 {
        self.world.counters().last_signal.0
    }

    /// A case as it follows from the entries so far.
    pub(super) fn case(&mut self, id: CaseId, findings: &mut Findings) -> Result<Option<Case>, StoreError> {
        match self.world.case(id).or_else(|| self.unlike.get(&id)) {
            Some(case) => Ok(Some(case.clone())),
            None if self.was_opened(id) => {
                Ok(tables::case_of_row(self.connection, id, findings)?.map(|(case, _)| case))
            }
            None => Ok(None),
        }
    }

    /// Compares all that is left.
    pub(super) fn finish(mut self, findings: &mut Findings) -> Result<(), StoreError> {
        for case in self.world.cases().chain(self.unlike.values()) {
            self.check_case(case, findings)?;
        }
        for (id, messages) in std::mem::take(&mut self.messages) {
            self.check_messages(id, messages, findings)?;
        }
        let mut counters = self.world.counters();
        counters.catalog = self.catalog;
        tables::check_counters(self.connection, &counters, findings)?;
        for silence in self.world.silences().iter() {
            let written = self.silences.get(&silence.id).copied();
            others::check_silence(self.connection, silence, written, findings)?;
        }
        for run in self.world.runs() {
            let written = self.runs.get(&run.id).copied().unwrap_or_default();
            others::check_run(self.connection, run, written, findings)?;
        }
        for state in self.world.automations().values() {
            let written = self.automations.get(&state.name).copied();
            others::check_automation(self.connection, state, written, findings)?;
        }
        for standing in self.world.standings().values() {
            let written = self.standings.get(&standing.runbook).copied();
            others::check_standing(self.connection, standing, written, findings)?;
        }
        tables::check_repositories(self.connection, self.world.repositories(), findings)?;
        tables::check_tokens(self.connection, self.world.tokens(), &self.tokens, findings)?;
        let so_far = &mut findings.so_far;
        (so_far.cases, so_far.messages) = (self.opened.values().sum(), self.counts.messages);
        so_far.not_told = self.counts.not_told;
        let expected = [
            ("cases", self.opened.values().sum()),
            ("messages", self.counts.messages),
            ("not_told", self.counts.not_told),
            ("tokens", self.world.tokens().len() as u64),
            ("silences", self.world.silences().iter().count() as u64),
            ("changes", self.counts.changes),
            ("runs", self.counts.runs),
            ("automations", self.world.automations().len() as u64),
            ("runbook_standings", self.world.standings().len() as u64),
            ("catalogs", self.catalogs.len() as u64),
        ];
        for (table, expected) in expected {
            tables::check_count(self.connection, table, expected, findings)?;
        }
        Ok(())
    }

    /// Sees to it that a case is in memory before an entry about it is applied.
    fn fetch(&mut self, id: CaseId, place: &str, findings: &mut Findings) -> Result<(), StoreError> {
        if self.world.case(id).is_some() {
            return Ok(());
        }
        let known = match self.unlike.remove(&id) {
            Some(case) => Some((case, self.written.get(&id).copied().unwrap_or_default())),
            None if self.was_opened(id) => tables::case_of_row(self.connection, id, findings)?,
            None => None,
        };
        match known {
            Some((case, written)) => {
                self.written.insert(id, written);
                self.world.take_in(case, []);
            }
            None => findings.problem("the case", place, format!("{id}, which it is about"), "no such case so far"),
        }
        Ok(())
    }

    fn was_opened(&self, id: CaseId) -> bool {
        (1..=self.opened.get(&id.kind).copied().unwrap_or(0)).contains(&id.number)
    }

    /// Lets go of cases that are over for long, after comparing them and their messages.
    fn sweep(&mut self, now: Timestamp, findings: &mut Findings) -> Result<(), StoreError> {
        let over = |case: &&Case| over_since(case).is_some_and(|since| since + KEEP < now);
        let candidates: Vec<Case> = self.world.cases().filter(over).cloned().collect();
        self.world.evict(now, KEEP);
        for case in candidates {
            if self.world.case(case.id).is_some() {
                continue;
            }
            let mut unlike = Findings::default();
            self.check_case(&case, &mut unlike)?;
            if unlike.so_far.is_sound() {
                let messages = self.messages.remove(&case.id).unwrap_or_default();
                self.check_messages(case.id, messages, findings)?;
                self.written.remove(&case.id);
            } else {
                self.unlike.insert(case.id, case);
            }
        }
        Ok(())
    }

    fn check_case(&self, case: &Case, findings: &mut Findings) -> Result<(), StoreError> {
        let number = |of: Option<&i64>| of.copied().unwrap_or_default();
        let (order, written) = (number(self.orders.get(&case.id)), number(self.written.get(&case.id)));
        tables::check_case(self.connection, case, order, written, findings)
    }

    fn check_messages(
        &self,
        id: CaseId,
        messages: BTreeMap<u32, MessageRow>,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        debug_assert!(messages.values().all(|row| row.message.id.case == id));
        messages.values().try_for_each(|row| tables::check_message(self.connection, row, findings))
    }
}
