//! What there is to be erased of a case.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{Connection, Optional, params};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::record::{Canonical, Erasable, ErasableRun, Fact};
use wheelhouse_core::run::RunId;

use super::{Readers, bound};
use crate::StoreError;
use crate::tables::erase::KEPT_BODIES;
use crate::tables::load;
use crate::tables::rows::{damaged, uint};

const BODIES: &str = "SELECT count(*) FROM entries WHERE subject = ?1 AND body IS NOT NULL \
     AND kind NOT IN (?2, ?3, ?4, ?5, ?6)";
const BODIES_OF_RUN: &str = "SELECT count(*) FROM entries WHERE run = ?1 AND body IS NOT NULL \
     AND kind NOT IN (?2, ?3, ?4, ?5, ?6)";
const FILES_OF_RUN: &str = "SELECT count(*) FROM attachments WHERE run = ?1";
const ERASED_RUNS: &str = "SELECT run FROM entries WHERE kind = 'run_erased' \
     UNION SELECT id FROM runs WHERE case_id IN (SELECT subject FROM entries WHERE kind = 'erased')";
const ANSWERS: &str = "SELECT count(*) FROM replies WHERE case_id = ?1";
const HEARD: &str = "SELECT commit_seq FROM entries WHERE seq >= (SELECT min(seq) FROM entries WHERE subject = ?1) \
     AND kind = 'signals' AND instr(canonical, ?2) > 0";
const HELD_BACK: &str = "SELECT number FROM signals WHERE case_id = ?1 AND silence IS NOT NULL";
const PLACED: &str = "SELECT commit_seq, canonical FROM entries WHERE kind = 'signals_placed' ORDER BY seq";
const OF_COMMIT: &str = "SELECT entries.canonical FROM commits JOIN entries ON entries.seq >= commits.first_entry \
     AND entries.seq < commits.first_entry + commits.entries \
     WHERE commits.commit_seq = ?1 AND entries.kind = 'signals'";

impl Readers {
    /// What there is to be erased of a case, or nothing where there is no such case. Walks the record from
    /// the case's first entry on.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub fn erasable(&self, id: CaseId) -> Result<Option<Erasable>, StoreError> {
        let connection = self.connection()?;
        // One transaction, so that all of it is of one instant.
        let transaction = connection.snapshot()?;
        let Some(case) = load::case(&transaction, id)? else { return Ok(None) };
        let name = id.to_string();
        let [one, two, three, four, five] = KEPT_BODIES;
        let kept = params![name, one, two, three, four, five];
        let bodies: i64 = transaction.query_row(BODIES, kept, |row| row.get(0))?;
        let answers: i64 = transaction.query_row(ANSWERS, [&name], |row| row.get(0))?;
        let mut journals = heard(&transaction, &name)?;
        journals.extend(held_back(&transaction, &name)?);
        let mut kept = transaction.prepare_cached("SELECT 1 FROM journal WHERE commit_seq = ?1")?;
        let (mut there, mut others) = (Vec::new(), BTreeSet::new());
        for commit in journals {
            if kept.exists([commit])? {
                there.push(uint("journal", "commit_seq", commit)?);
                others.extend(cases_of(&transaction, commit)?);
            }
        }
        others.remove(&id);
        let sharing = others.into_iter().map(|other| Ok((other, service_of(&transaction, other)?)));
        let sharing = sharing.collect::<Result<_, StoreError>>()?;
        let (bodies, answers) = (uint("entries", "count", bodies)?, uint("replies", "count", answers)?);
        let (members, firing) = (case.members, case.firing);
        Ok(Some(Erasable { members, firing, bodies, journals: there, answers, sharing }))
    }

    /// What there is to be erased of a run, or nothing where there is no such run.
    ///
    /// # Errors
    /// See [`erasable`](Self::erasable).
    pub fn erasable_run(&self, id: RunId) -> Result<Option<ErasableRun>, StoreError> {
        let Some(run) = self.run(id)? else { return Ok(None) };
        let [one, two, three, four, five] = KEPT_BODIES;
        let number = bound(id.0);
        let kept = params![number, one, two, three, four, five];
        let bodies: i64 = self.connection()?.query_row(BODIES_OF_RUN, kept, |row| row.get(0))?;
        let files: i64 = self.connection()?.query_row(FILES_OF_RUN, [bound(id.0)], |row| row.get(0))?;
        let (bodies, files) = (uint("entries", "count", bodies)?, uint("attachments", "count", files)?);
        Ok(Some(ErasableRun { run: id, runbook: run.runbook, case: run.case, drill: run.drill, bodies, files }))
    }

    /// The runs whose texts were erased: those of which the record says so, and those for cases of which it does.
    ///
    /// # Errors
    /// See [`erasable`](Self::erasable).
    pub fn erased_runs(&self) -> Result<Vec<RunId>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(ERASED_RUNS)?;
        let runs = select.query_map((), |row| row.get::<i64>(0))?;
        runs.into_iter().map(|run| Ok(RunId(uint("entries", "run", run)?))).collect()
    }
}

/// The commits in which signals of the case were heard.
fn heard(connection: &Connection, name: &str) -> Result<BTreeSet<i64>, StoreError> {
    let mut select = connection.prepare_cached(HEARD)?;
    let commits = select.query_map(params![name, format!("\"{name}\":").into_bytes()], |row| row.get(0))?;
    Ok(commits.into_iter().collect())
}

/// The commits in which signals were first heard that a silence held back before they joined the case.
fn held_back(connection: &Connection, name: &str) -> Result<BTreeSet<i64>, StoreError> {
    let mut select = connection.prepare_cached(HELD_BACK)?;
    let mut numbers: BTreeSet<u64> = BTreeSet::new();
    let mut rows = select.query([name])?;
    while let Some(row) = rows.next()? {
        numbers.insert(uint("signals", "number", row.get(0)?)?);
    }
    let mut first: BTreeMap<u64, i64> = BTreeMap::new();
    if numbers.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut select = connection.prepare_cached(PLACED)?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let commit: i64 = row.get(0)?;
        let Fact::SignalsPlaced { runs } = fact(row.blob(1)?)? else {
            continue;
        };
        for run in runs {
            for number in numbers.range(run.first.0..=run.last.0.max(run.first.0)) {
                first.entry(*number).or_insert(commit);
            }
        }
    }
    Ok(first.into_values().collect())
}

/// The cases of which a commit heard signals.
fn cases_of(connection: &Connection, commit: i64) -> Result<BTreeSet<CaseId>, StoreError> {
    let mut select = connection.prepare_cached(OF_COMMIT)?;
    let mut rows = select.query([commit])?;
    let mut cases = BTreeSet::new();
    while let Some(row) = rows.next()? {
        if let Fact::Signals { cases: heard, .. } = fact(row.blob(0)?)? {
            cases.extend(heard.into_keys());
        }
    }
    Ok(cases)
}

fn service_of(connection: &Connection, case: CaseId) -> Result<Option<ServiceName>, StoreError> {
    let mut select = connection.prepare_cached("SELECT service FROM cases WHERE id = ?1")?;
    let service: Option<Option<String>> = select.query_row([case.to_string()], |row| row.get(0)).optional()?;
    let bad = |_| damaged("cases", case, "its service has no name");
    service.flatten().map(|service| ServiceName::new(&service).map_err(bad)).transpose()
}

fn fact(canonical: &[u8]) -> Result<Fact, StoreError> {
    let read = Canonical::parse(canonical).map_err(|error| damaged("entries", "of signals", error))?;
    Ok(read.fact)
}
