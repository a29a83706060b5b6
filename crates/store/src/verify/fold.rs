//! The fold: what follows from the entries, compared with the tables as it goes.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use wheelhouse_core::World;
use wheelhouse_core::case::{Case, CaseId, CaseKind};
use wheelhouse_core::notify::Message;
use wheelhouse_core::record::{Entry, Fact};
use wheelhouse_core::time::{Duration, Timestamp};

use super::report::Findings;
use super::tables;
use crate::StoreError;
use crate::sqlite::rows::over_since;

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
    /// Rows of messages whose case is in memory.
    messages: BTreeMap<CaseId, BTreeMap<u32, Message>>,
    opened: BTreeMap<CaseKind, u64>,
    counts: Counts,
    catalog: Option<String>,
    /// Cases with an erased text; their texts are not compared.
    erased: BTreeSet<CaseId>,
    erased_tokens: bool,
}

/// How many rows there must be.
#[derive(Default)]
struct Counts {
    entries: u64,
    messages: u64,
    not_told: u64,
}

impl<'a> Fold<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            world: World::default(),
            unlike: BTreeMap::new(),
            messages: BTreeMap::new(),
            opened: BTreeMap::new(),
            counts: Counts::default(),
            catalog: None,
            erased: BTreeSet::new(),
            erased_tokens: false,
        }
    }

    /// Folds one entry; `erased` says that it had a body once.
    pub(super) fn entry(
        &mut self,
        entry: Entry,
        erased: bool,
        place: &str,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        self.counts.entries += 1;
        match (&entry.fact, entry.subject) {
            (Fact::CaseOpened { .. }, Some(id)) => {
                let last = self.opened.entry(id.kind).or_default();
                *last += 1;
                findings.same("the case's number", place, *last, id.number);
            }
            (Fact::CatalogAdopted { version, .. }, _) => {
                self.catalog = Some(version.clone());
                tables::check_catalog(self.connection, version, findings)?;
            }
            (Fact::Signals { cases, .. }, _) => {
                for id in cases.keys() {
                    self.fetch(*id, place, findings)?;
                }
            }
            (_, Some(id)) => self.fetch(id, place, findings)?,
            (_, None) => {}
        }
        if erased {
            self.erased.extend(entry.subject);
            self.erased_tokens |= entry.subject.is_none();
        }
        let changes = self.world.apply(&entry);
        self.counts.messages += u64::from(matches!(entry.fact, Fact::MessageQueued { .. }));
        for message in changes.messages {
            self.messages.entry(message.id.case).or_default().insert(message.id.number, message);
        }
        if let Some(row) = changes.not_told {
            self.counts.not_told += 1;
            tables::check_not_told(self.connection, self.counts.not_told, &row, findings)?;
        }
        if self.counts.entries.is_multiple_of(SWEEP) {
            self.sweep(entry.at, findings)?;
        }
        Ok(())
    }

    /// The last signal's number.
    pub(super) fn last_signal(&self) -> u64 {
        self.world.counters().last_signal.0
    }

    /// A case as it follows from the entries so far.
    pub(super) fn case(&mut self, id: CaseId, findings: &mut Findings) -> Result<Option<Case>, StoreError> {
        match self.world.case(id).or_else(|| self.unlike.get(&id)) {
            Some(case) => Ok(Some(case.clone())),
            None if self.was_opened(id) => tables::case_of_row(self.connection, id, findings),
            None => Ok(None),
        }
    }

    /// Compares all that is left.
    pub(super) fn finish(mut self, findings: &mut Findings) -> Result<(), StoreError> {
        for case in self.world.cases().chain(self.unlike.values()) {
            tables::check_case(self.connection, case, self.erased.contains(&case.id), findings)?;
        }
        for (id, messages) in std::mem::take(&mut self.messages) {
            self.check_messages(id, messages, findings)?;
        }
        let mut counters = self.world.counters();
        counters.catalog = self.catalog;
        tables::check_counters(self.connection, &counters, findings)?;
        tables::check_tokens(self.connection, self.world.tokens(), self.erased_tokens, findings)?;
        let so_far = &mut findings.so_far;
        (so_far.cases, so_far.messages) = (self.opened.values().sum(), self.counts.messages);
        so_far.not_told = self.counts.not_told;
        let expected = [
            ("cases", self.opened.values().sum()),
            ("messages", self.counts.messages),
            ("not_told", self.counts.not_told),
            ("tokens", self.world.tokens().len() as u64),
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
            Some(case) => Some(case),
            None if self.was_opened(id) => tables::case_of_row(self.connection, id, findings)?,
            None => None,
        };
        match known {
            Some(case) => self.world.take_in(case, []),
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
            let messages = self.messages.remove(&case.id).unwrap_or_default();
            self.check_messages(case.id, messages, findings)?;
            let mut unlike = Findings::default();
            tables::check_case(self.connection, &case, self.erased.contains(&case.id), &mut unlike)?;
            if !unlike.so_far.is_sound() {
                self.unlike.insert(case.id, case);
            }
        }
        Ok(())
    }

    fn check_messages(
        &self,
        id: CaseId,
        messages: BTreeMap<u32, Message>,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let erased = self.erased.contains(&id);
        messages.values().try_for_each(|message| tables::check_message(self.connection, message, erased, findings))
    }
}
