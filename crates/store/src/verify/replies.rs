//! Answers kept for repeated requests: each has the digest that an entry names, and is gone only
//! when its day is over or its case was erased.

use std::collections::BTreeSet;

use crate::sql::{Connection, Row};
use wheelhouse_core::record::{AnswerColumns, Hash, KeptAnswer, RowSalt};
use wheelhouse_core::time::Timestamp;

use super::book::Book;
use super::report::Findings;
use crate::StoreError;
use crate::tables::rows::case_id;
use crate::tables::write::REPLIES_KEPT;

/// Digests every kept answer again.
pub(super) fn check(connection: &Connection, book: &Book, findings: &mut Findings) -> Result<(), StoreError> {
    let mut select = connection.prepare(
        "SELECT principal, request_key, request, status, body, at, commit_seq, case_id, salt FROM replies \
         ORDER BY principal, request_key",
    )?;
    let mut rows = select.query(())?;
    let mut seen = BTreeSet::new();
    while let Some(row) = rows.next()? {
        findings.so_far.answers += 1;
        let place = format!("kept answer {}", findings.so_far.answers);
        let Some((answer, case, commit)) = findings.readable("the row", &place, read(&row)) else { continue };
        let known = book.answers.get(&answer.digest).filter(|_| seen.insert(answer.digest));
        let Some(known) = known else {
            findings.problem("the digest", &place, "one that an entry names", answer.digest);
            continue;
        };
        findings.same("the commit", &place, known.commit, commit);
        findings.same("the case", &place, known.case.map(|case| case.to_string()), case);
        if answer.case.is_some_and(|case| book.answers_are_erased(case, commit)) {
            findings.problem("the row", &place, "none, because it was erased", "one");
        }
    }
    for (digest, kept) in book.answers.iter().filter(|(digest, _)| !seen.contains(digest)) {
        let erased = kept.case.is_some_and(|case| book.answers_are_erased(case, kept.commit));
        if !erased && kept.at >= book.last_at - REPLIES_KEPT {
            findings.problem("the row", format!("the kept answer {digest}"), "one, for a day", "none");
        }
    }
    Ok(())
}

/// The answer with its digest; the case and the commit as the row says them.
fn read(row: &Row<'_>) -> Result<(KeptAnswer, Option<String>, i64), StoreError> {
    let (principal, key, body): (String, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(4)?);
    let request: [u8; 32] = row.get(2)?;
    let salt: RowSalt = row.get(8)?;
    let case: Option<String> = row.get(7)?;
    let columns = AnswerColumns {
        principal: &principal,
        key: &key,
        request: Hash(request),
        status: row.get(3)?,
        body: &body,
        at: Timestamp::from_micros(row.get(5)?),
    };
    let digest = columns.digest(&salt);
    let id = case.as_deref().map(|case| case_id("replies", case)).transpose()?;
    Ok((KeptAnswer { case: id, digest }, case, row.get(6)?))
}
