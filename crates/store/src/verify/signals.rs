//! Signals: what came in has the digest that the record names, and the tables count alike.

use rusqlite::{Connection, OptionalExtension};
use wheelhouse_core::record::{Fact, Hash, signals_root};

use super::fold::Fold;
use super::report::Findings;
use crate::StoreError;
use crate::journal;
use crate::sqlite::rows::{case_id, uint};

/// Digests a commit's journal again.
pub(super) fn check_journal(
    connection: &Connection,
    commit: i64,
    fact: &Fact,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let Fact::Signals { root, .. } = fact else { return Ok(()) };
    let place = format!("the journal of commit {commit}");
    let mut select = connection.prepare_cached("SELECT salt, frames FROM journal WHERE commit_seq = ?1")?;
    let row: Option<(Vec<u8>, Vec<u8>)> =
        select.query_row([commit], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let mut found: Option<Hash> = None;
    if let Some((salt, frames)) = row {
        let Some(salt) = findings.readable("the salt", &place, <[u8; 32]>::try_from(salt.as_slice())) else {
            return Ok(());
        };
        let Some(frames) = findings.readable("the frames", &place, journal::unpack(&frames)) else { return Ok(()) };
        findings.so_far.frames += frames.len() as u64;
        found = Some(signals_root(&salt, frames.iter().map(|frame| frame.raw.as_slice())));
    }
    findings.same("the digest", &place, *root, found);
    Ok(())
}

/// Counts the rows of signals, as a whole and for each case.
pub(super) fn check(connection: &Connection, fold: &mut Fold<'_>, findings: &mut Findings) -> Result<(), StoreError> {
    let (count, last): (i64, i64) =
        connection.query_row("SELECT count(*), coalesce(max(number), 0) FROM signals", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let (count, last) = (uint("signals", "count", count)?, uint("signals", "number", last)?);
    findings.same("the last number", "signals", fold.last_signal(), last);
    findings.same("the number of rows", "signals", fold.last_signal(), count);
    findings.so_far.signals = count;
    let mut select = connection
        .prepare("SELECT case_id, count(*), sum(ended_at IS NULL) FROM signals GROUP BY case_id ORDER BY case_id")?;
    let mut rows = select.query([])?;
    let mut total = 0;
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let counted = (uint("signals", "count", row.get(1)?)?, uint("signals", "count", row.get(2)?)?);
        total += counted.0;
        let Some(id) = findings.readable("the case", "a signal", case_id("signals", &id)) else { continue };
        let expected = fold.case(id, findings)?.map(|case| (case.members, case.firing));
        findings.same("the signals that joined and that fire", id, expected, Some(counted));
    }
    findings.same("the number of rows by case", "signals", fold.last_signal(), total);
    journals(connection, findings)
}

/// Every journal belongs to a commit whose entry names its digest.
fn journals(connection: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    let mut select = connection.prepare(
        "SELECT commit_seq FROM journal WHERE commit_seq NOT IN \
         (SELECT commit_seq FROM entries WHERE kind = 'signals') ORDER BY commit_seq",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let commit: i64 = row.get(0)?;
        findings.problem("the digest", format!("the journal of commit {commit}"), "an entry that names it", "none");
    }
    Ok(())
}
