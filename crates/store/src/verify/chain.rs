//! The chain: entries, their leaves and bodies, the tree over them.

use std::collections::BTreeSet;

use crate::sql::{self, Connection, Row};
use wheelhouse_core::record::{Body, Canonical, ENTRY_VERSION, Frontier, body_digest, leaf_hash};

use super::attachments::Attachments;
use super::book::{Book, count};
use super::fold::Fold;
use super::heads::Heads;
use super::lineage::Restores;
use super::report::Findings;
use super::tables;
use crate::StoreError;
use crate::readers::record::node;
use crate::tables::rows::actor_word;

/// What an entry's row has.
struct EntryRow {
    seq: i64,
    commit: i64,
    at: i64,
    actor: String,
    kind: String,
    subject: Option<String>,
    drill: i64,
    run: Option<i64>,
    canonical: Vec<u8>,
    leaf: Vec<u8>,
    salt: Option<Vec<u8>>,
    body: Option<Vec<u8>>,
}

impl EntryRow {
    const SQL: &str = "SELECT seq, commit_seq, at, actor, kind, subject, drill, canonical, leaf, salt, body, run \
                       FROM entries ORDER BY seq";

    fn read(row: &Row<'_>) -> sql::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            commit: row.get(1)?,
            at: row.get(2)?,
            actor: row.get(3)?,
            kind: row.get(4)?,
            subject: row.get(5)?,
            drill: row.get(6)?,
            canonical: row.get(7)?,
            leaf: row.get(8)?,
            salt: row.get(9)?,
            body: row.get(10)?,
            run: row.get(11)?,
        })
    }
}

/// Walks every entry once: checks it, grows the tree, and folds it.
pub(super) fn check(
    connection: &Connection,
    heads: &Heads,
    (book, attachments): (&mut Book, &mut Attachments),
    fold: &mut Fold<'_>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut tree = Frontier::new();
    heads.check_at(&tree, findings);
    let (mut nodes, mut restores) = (0, Restores::default());
    let mut select = connection.prepare(EntryRow::SQL)?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let (seq, place) = (tree.size(), format!("entry {}", tree.size()));
        let Some(row) = findings.readable("the row", &place, EntryRow::read(&row)) else { continue };
        findings.same("the sequence", &place, count(seq), row.seq);
        let before = (row.kind == "record_restored").then(|| tree.clone());
        nodes += check_tree(connection, &mut tree, &row, &place, findings)?;
        heads.check_at(&tree, findings);
        findings.so_far.entries += 1;
        let Some(canonical) = findings.readable("the form", &place, Canonical::parse(&row.canonical)) else { continue };
        check_entry(&row, &canonical, seq, &place, findings);
        if let Some(before) = before {
            restores.entry(&canonical, &before, &place, findings);
        }
        if book.ends_before(row.commit) {
            let changed = fold.end_commit();
            book.end_commit(connection, seq, &changed, findings)?;
        }
        book.entry(row.commit, seq, &canonical);
        let body = check_body(&row, &canonical, book.body_is_erased(seq, &canonical), &place, findings);
        attachments.entry(row.commit, &canonical, body.as_ref(), &place, findings);
        fold.entry(canonical.into_entry(body), row.commit, &place, findings)?;
    }
    let changed: BTreeSet<_> = fold.end_commit();
    book.end_commit(connection, tree.size(), &changed, findings)?;
    tables::check_count(connection, "commits", findings.so_far.commits, findings)?;
    tables::check_count(connection, "nodes", nodes, findings)?;
    let journals = findings.so_far.journals;
    tables::check_count(connection, "journal", journals, findings)?;
    restores.finish(heads.own(), findings);
    heads.check_sizes(tree.size(), findings);
    Ok(())
}

/// The entry's own form, and its row beside it.
fn check_entry(row: &EntryRow, canonical: &Canonical, seq: u64, place: &str, findings: &mut Findings) {
    let again = serde_json::to_vec(canonical).unwrap_or_default();
    if again != row.canonical {
        let shown = |bytes| String::from_utf8_lossy(bytes).into_owned();
        findings.problem("the canonical form", place, shown(&again), shown(&row.canonical));
    }
    findings.same("the version", place, ENTRY_VERSION, canonical.v);
    findings.same("the sequence in the canonical form", place, seq, canonical.seq);
    findings.same("the instant in the row", place, canonical.at.as_micros(), row.at);
    findings.same("the actor in the row", place, &actor_word(&canonical.actor), &row.actor);
    findings.same("the kind in the row", place, canonical.fact.kind(), &row.kind);
    findings.same("the subject in the row", place, canonical.subject.map(|case| case.to_string()), row.subject.clone());
    findings.same("the drill flag in the row", place, i64::from(canonical.drill), row.drill);
    findings.same("the run in the row", place, canonical.fact.run().map(|run| count(run.0)), row.run);
}

/// The leaf, and the nodes of the tree that it completes; says how many of them have a row.
fn check_tree(
    connection: &Connection,
    tree: &mut Frontier,
    row: &EntryRow,
    place: &str,
    findings: &mut Findings,
) -> Result<u64, StoreError> {
    let leaf = leaf_hash(&row.canonical);
    findings.same("the leaf", place, leaf.0.as_slice(), row.leaf.as_slice());
    let mut completed = Vec::new();
    tree.push_noting(leaf, |node| completed.push(node));
    let mut rows = 0;
    for complete in completed.into_iter().filter(|node| node.level > 0) {
        rows += 1;
        let place = format!("tree node {}/{}", complete.level, complete.index);
        let read = node(connection, complete.level, complete.index);
        if let Some(stored) = findings.readable("the hash", &place, read) {
            findings.same("the hash", &place, Some(complete.hash), stored);
        }
    }
    Ok(rows)
}

/// The body's digest; returns the body if it is kept and right.
fn check_body(
    row: &EntryRow,
    canonical: &Canonical,
    erased: bool,
    place: &str,
    findings: &mut Findings,
) -> Option<Body> {
    let Some(digest) = canonical.body else {
        findings.same("the body", place, None, row.body.as_deref());
        findings.same("the salt", place, None, row.salt.as_deref());
        return None;
    };
    if erased {
        findings.so_far.erased += 1;
        findings.same("the erased body", place, None, row.body.as_deref());
        findings.same("the erased salt", place, None, row.salt.as_deref());
        return None;
    }
    let (Some(bytes), Some(salt)) = (&row.body, &row.salt) else {
        findings.problem("the body", place, "one, because no entry says that it was erased", "none");
        return None;
    };
    findings.so_far.bodies += 1;
    let salt = findings.readable("the salt", place, <[u8; 32]>::try_from(salt.as_slice()))?;
    findings.same("the digest of the body", place, digest, body_digest(&salt, bytes));
    findings.readable("the body", place, serde_json::from_slice(bytes))
}
