//! Erasing what people wrote in a case or a run, so that its bytes are not in the file any more.
//!
//! The rows change in the transaction of the entry that says so. Both engines leave old bytes in free places of their
//! files, so these are swept afterwards, each engine in its own way. Until that is done, `rewrite_due` stands among the
//! singles, so that a crash in between does not leave it undone.

use crate::sql::{Connection, ToParam, Transaction, params};
use wheelhouse_core::notify::Message;
use wheelhouse_core::record::texts_digest;

use super::rows::{from_json, int, json};
use crate::{ErasureOf, NewErasure, StoreError};

/// The name of the single that says that the file is to be rewritten.
pub(crate) const REWRITE_DUE: &str = "rewrite_due";
/// The kinds of entries whose bodies are not about the case or the run: they say why something was erased, kept
/// or refused, and stay.
pub(crate) const KEPT_BODIES: [&str; 5] = ["erased", "run_erased", "hold_set", "hold_lifted", "repository_refused"];

/// Erases what was written of a case or a run before the batch, and in its entries before the erasing one.
pub(crate) fn erase(transaction: &Transaction<'_>, commit: i64, erasure: &NewErasure) -> Result<(), StoreError> {
    match erasure.of {
        ErasureOf::Case(case) => of_case(transaction, &case.to_string(), erasure.seq)?,
        ErasureOf::Run(run) => {
            let number = int("a run's number", run.0)?;
            bodies(transaction, "run = ?1", &number, erasure.seq)?;
            files(transaction, "run = ?1", &number, erasure.seq)?;
        }
    }
    let mut delete = transaction.prepare_cached("DELETE FROM journal WHERE commit_seq = ?1")?;
    for journal in &erasure.journals {
        delete.execute([int("a commit's sequence", *journal)?])?;
    }
    transaction.execute(
        "INSERT INTO singles (name, data) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET data = excluded.data",
        params![REWRITE_DUE, commit.to_string()],
    )?;
    Ok(())
}

fn of_case(transaction: &Transaction<'_>, case: &str, seq: u64) -> Result<(), StoreError> {
    bodies(transaction, "subject = ?1", &case, seq)?;
    files(transaction, "case_id = ?1", &case, seq)?;
    signals(transaction, case)?;
    messages(transaction, case)?;
    transaction.execute("DELETE FROM replies WHERE case_id = ?1", [case])?;
    Ok(())
}

/// Forgets the bodies of the entries before `seq` that a condition is about.
fn bodies(transaction: &Transaction<'_>, condition: &str, about: &dyn ToParam, seq: u64) -> Result<(), StoreError> {
    let [one, two, three, four, five] = KEPT_BODIES;
    transaction.execute(
        &format!(
            "UPDATE entries SET body = NULL, salt = NULL WHERE {condition} AND seq < ?2 AND body IS NOT NULL \
             AND kind NOT IN (?3, ?4, ?5, ?6, ?7)"
        ),
        params![about, int("an entry's sequence", seq)?, one, two, three, four, five],
    )?;
    Ok(())
}

/// Forgets files on what a condition is about that were attached before the erasing entry, and their bytes where
/// nothing else has them.
fn files(transaction: &Transaction<'_>, condition: &str, about: &dyn ToParam, seq: u64) -> Result<(), StoreError> {
    let seq = int("an entry's sequence", seq)?;
    let before = params![about, seq];
    let mut select =
        transaction.prepare_cached(&format!("SELECT sha256 FROM attachments WHERE {condition} AND entry < ?2"))?;
    let blobs: Vec<[u8; 32]> = select.query_map(before, |row| row.get(0))?;
    transaction.execute(&format!("DELETE FROM attachments WHERE {condition} AND entry < ?2"), before)?;
    let mut delete = transaction.prepare_cached(
        "DELETE FROM blobs WHERE sha256 = ?1 AND NOT EXISTS (SELECT 1 FROM attachments WHERE sha256 = ?1)",
    )?;
    for sha256 in blobs {
        delete.execute([sha256])?;
    }
    Ok(())
}

/// Leaves of a signal's texts their digest.
fn signals(transaction: &Transaction<'_>, case: &str) -> Result<(), StoreError> {
    let mut select = transaction.prepare_cached(
        "SELECT number, salt, labels, annotations, url FROM signals WHERE case_id = ?1 AND texts IS NULL",
    )?;
    let mut update = transaction.prepare_cached(
        "UPDATE signals SET labels = '', annotations = '', url = '', salt = NULL, texts = ?2 WHERE number = ?1",
    )?;
    let mut rows = select.query([case])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (labels, annotations, url): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(4)?);
        found.push((row.get::<i64>(0)?, texts_digest(&row.get(1)?, [&labels, &annotations, &url])));
    }
    for (number, digest) in found {
        update.execute(params![number, digest.0])?;
    }
    Ok(())
}

/// Forgets what channels answered.
fn messages(transaction: &Transaction<'_>, case: &str) -> Result<(), StoreError> {
    let mut select = transaction.prepare_cached("SELECT number, data FROM messages WHERE case_id = ?1")?;
    let mut update = transaction.prepare_cached("UPDATE messages SET data = ?3 WHERE case_id = ?1 AND number = ?2")?;
    let rows: Vec<(i64, String)> = select.query_map([case], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (number, data) in rows {
        let mut message: Message = from_json("messages", format!("{case}/m{number}"), &data)?;
        if message.answer.take().is_some() {
            update.execute(params![case, number, json(&message)])?;
        }
    }
    Ok(())
}

/// Whether what was erased still lies about.
pub(crate) fn is_due(connection: &Connection) -> Result<bool, StoreError> {
    let mut select = connection.prepare_cached("SELECT count(*) FROM singles WHERE name = ?1")?;
    Ok(select.query_row([REWRITE_DUE], |row| row.get::<i64>(0))? > 0)
}

/// Notes that nothing of what was erased lies about any more.
pub(crate) fn is_done(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("DELETE FROM singles WHERE name = ?1", [REWRITE_DUE])?;
    Ok(())
}
