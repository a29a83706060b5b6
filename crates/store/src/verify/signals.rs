//! Signals: every row is digested again, and counted as the cases count.

use std::collections::BTreeMap;

use crate::sql::{self, Connection, Row};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::record::{Frontier, Hash, RowSalt, SignalColumns, end_leaf, texts_digest};
use wheelhouse_core::time::Timestamp;

use super::book::{Book, count};
use super::fold::Fold;
use super::report::Findings;
use crate::StoreError;
use crate::tables::rows::case_id;

/// Digests every signal's row again, as it was first heard and as it ended.
pub(super) fn check(
    connection: &Connection,
    book: &Book,
    fold: &mut Fold<'_>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut by_case = BTreeMap::new();
    appended(connection, book, &mut by_case, findings)?;
    ended(connection, book, findings)?;
    findings.same("the number of rows", "signals", fold.last_signal(), findings.so_far.signals);
    for (case, (joined, firing)) in by_case {
        let expected = fold.case(case, findings)?.map(|case| (case.members, case.firing));
        findings.same("the signals that joined", case, expected.map(|counts| counts.0), Some(joined));
        findings.same("the signals that fire", case, expected.map(|counts| counts.1), Some(firing));
    }
    Ok(())
}

/// Walks all rows in order of number, beside the commits that appended them.
fn appended(
    connection: &Connection,
    book: &Book,
    by_case: &mut BTreeMap<CaseId, (u64, u64)>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut select = connection.prepare(SignalRow::SQL)?;
    let mut rows = select.query(())?;
    for commit in &book.signals {
        let mut tree = Frontier::new();
        for _ in 0..commit.joined {
            let Some(row) = rows.next()? else { break };
            let place = format!("signal {}", findings.so_far.signals + 1);
            findings.so_far.signals += 1;
            let Some(row) = findings.readable("the row", &place, SignalRow::read(&row)) else { continue };
            if let Some((case, leaf)) = row.check(book, findings.so_far.signals, &place, findings) {
                tree.push(leaf);
                if let Some(case) = case {
                    let counts = by_case.entry(case).or_default();
                    counts.0 += 1;
                    counts.1 += u64::from(row.ended_at.is_none());
                }
            }
        }
        let place = format!("the signals that commit {} appended", commit.commit);
        findings.same("the digest", place, commit.digests.appended, root(&tree));
    }
    while rows.next()?.is_some() {
        findings.so_far.signals += 1;
    }
    Ok(())
}

/// Walks the ends in the order of the commits that brought them.
fn ended(connection: &Connection, book: &Book, findings: &mut Findings) -> Result<(), StoreError> {
    let mut select = connection.prepare(
        "SELECT ended_in, number, ended_at, expired FROM signals WHERE ended_in IS NOT NULL ORDER BY ended_in, number",
    )?;
    let mut rows = select.query(())?;
    let mut trees: BTreeMap<i64, Frontier> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let read = || -> sql::Result<_> {
            Ok((row.get(0)?, row.get::<i64>(1)?, row.get::<Option<i64>>(2)?, row.get::<i64>(3)?))
        };
        let Some((commit, number, at, expired)) = findings.readable("the end", "a signal", read()) else { continue };
        let at = Timestamp::from_micros(at.unwrap_or_default());
        let number = u64::try_from(number).unwrap_or_default();
        trees.entry(commit).or_default().push(end_leaf(number, at, expired == 1));
    }
    let commits = book.signals.iter().filter(|commit| commit.digests.ended.is_some());
    for commit in commits {
        let found = trees.remove(&commit.commit).as_ref().and_then(root);
        let place = format!("the signals that commit {} ended", commit.commit);
        findings.same("the digest", place, commit.digests.ended, found);
    }
    for (commit, tree) in trees {
        let place = format!("the signals that commit {commit} ended");
        findings.problem("the rows", place, "none", tree.size());
    }
    Ok(())
}

fn root(tree: &Frontier) -> Option<Hash> {
    (tree.size() > 0).then(|| tree.root())
}

/// A signal's row, to the letter.
struct SignalRow {
    number: i64,
    case: Option<String>,
    silence: Option<i64>,
    source: String,
    adapter: String,
    drill: i64,
    texts: [String; 3],
    urgency: String,
    started_at: i64,
    first_heard_at: i64,
    until: Option<i64>,
    ended_at: Option<i64>,
    expired: i64,
    ended_in: Option<i64>,
    salt: Option<Vec<u8>>,
    digest: Option<Vec<u8>>,
}

impl SignalRow {
    const SQL: &str = "SELECT number, case_id, source, adapter, drill, labels, annotations, url, urgency, \
         started_at, first_heard_at, until, ended_at, expired, ended_in, salt, texts, silence FROM signals ORDER BY number";

    fn read(row: &Row<'_>) -> sql::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            case: row.get(1)?,
            source: row.get(2)?,
            adapter: row.get(3)?,
            drill: row.get(4)?,
            texts: [row.get(5)?, row.get(6)?, row.get(7)?],
            urgency: row.get(8)?,
            started_at: row.get(9)?,
            first_heard_at: row.get(10)?,
            until: row.get(11)?,
            ended_at: row.get(12)?,
            expired: row.get(13)?,
            ended_in: row.get(14)?,
            salt: row.get(15)?,
            digest: row.get(16)?,
            silence: row.get(17)?,
        })
    }

    /// Checks what no digest says, and gives the case and the leaf of the row.
    fn check(&self, book: &Book, number: u64, place: &str, findings: &mut Findings) -> Option<(Option<CaseId>, Hash)> {
        findings.same("the number", place, count(number), self.number);
        for (what, flag) in [("the drill flag", self.drill), ("the mark of silence", self.expired)] {
            if !(0..=1).contains(&flag) {
                findings.problem(what, place, "0 or 1", flag);
            }
        }
        let ended = self.ended_at.is_some();
        if ended != self.ended_in.is_some() || (self.expired == 1 && !ended) {
            findings.problem("the end", place, "an instant with its commit, or neither", "one without the other");
        }
        let case = self.case.as_deref().map(|case| case_id("signals", case)).transpose();
        let case = findings.readable("the case", place, case)?;
        findings.same("the case as it is written", place, case.map(|case| case.to_string()), self.case.clone());
        let placed = book.places.get(&number);
        if let Some(placed) = placed {
            findings.same("the case", place, placed.case.map(|case| case.to_string()), self.case.clone());
        }
        let silence = placed.and_then(|placed| placed.silence).map(|silence| count(silence.0));
        findings.same("the silence", place, silence, self.silence);
        let erased = case.is_some_and(|case| book.texts_are_erased(case, number));
        let texts = self.texts(erased, place, findings)?;
        let columns = SignalColumns {
            number,
            // Of one that a silence held back at first the case was not known.
            case: case.filter(|_| placed.is_none()),
            source: &self.source,
            adapter: &self.adapter,
            drill: self.drill == 1,
            urgency: &self.urgency,
            started_at: Timestamp::from_micros(self.started_at),
            first_heard_at: Timestamp::from_micros(self.first_heard_at),
            until: self.until.map(Timestamp::from_micros),
        };
        Some((case, columns.leaf(texts)))
    }

    /// The digest of the texts: of those that are there, or the one that was left of them.
    fn texts(&self, erased: bool, place: &str, findings: &mut Findings) -> Option<Hash> {
        let [labels, annotations, url] = &self.texts;
        if !erased {
            findings.same("the digest of erased texts", place, None, self.digest.as_deref());
            let salt = self.salt.as_deref().unwrap_or_default();
            let salt = findings.readable("the salt", place, RowSalt::try_from(salt))?;
            return Some(texts_digest(&salt, [labels, annotations, url]));
        }
        findings.so_far.erased_signals += 1;
        findings.same("the erased salt", place, None, self.salt.as_deref());
        findings.same("the erased texts", place, "", &format!("{labels}{annotations}{url}"));
        let digest = self.digest.as_deref().unwrap_or_default();
        findings.readable("the digest of erased texts", place, <[u8; 32]>::try_from(digest)).map(Hash)
    }
}
