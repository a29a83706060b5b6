//! The chain: entries, their leaves and bodies, the tree over them, its signed heads.

use rusqlite::{Connection, OptionalExtension, Row};
use wheelhouse_core::record::{
    Body, Canonical, Checkpoint, ENTRY_VERSION, Frontier, Hash, SignatureLine, VerifierKey, body_digest, checkpoint,
    leaf_hash,
};

use super::fold::Fold;
use super::report::Findings;
use super::signals;
use crate::StoreError;
use crate::readers::read_single;
use crate::readers::record::node;
use crate::sqlite::rows::actor_word;

/// The heads that the record must agree with.
pub(super) struct Heads {
    /// The last checkpoint of the hub's own.
    own: Option<Checkpoint>,
    /// A checkpoint kept elsewhere.
    outside: Option<Checkpoint>,
}

impl Heads {
    /// Reads the heads and checks their signatures.
    pub(super) fn read(
        connection: &Connection,
        key: &VerifierKey,
        signature_holds: &dyn Fn(&[u8], &[u8]) -> bool,
        against: Option<&str>,
        findings: &mut Findings,
    ) -> Result<Self, StoreError> {
        let own = read_single(connection, "checkpoint")?;
        let mut head = |note: &str, place| {
            let (head, signatures) = findings.readable("the form", place, checkpoint::parse(note.as_bytes()))?;
            let ours = |line: &&SignatureLine| line.name() == key.name() && line.key_hash() == key.key_hash();
            let body = head.body();
            let mut signed = signatures.iter().filter(ours);
            if !signed.any(|line| signature_holds(body.as_bytes(), line.signature())) {
                findings.problem("the signature", place, format!("a valid one by {key}"), "none");
            }
            Some(head)
        };
        let own = own.and_then(|note| head(&note, "the last checkpoint"));
        let outside = against.and_then(|note| head(note, "the outside checkpoint"));
        if let (Some(own), Some(outside)) = (&own, &outside) {
            findings.same("the origin", "the outside checkpoint", own.origin(), outside.origin());
        }
        Ok(Self { own, outside })
    }

    /// Checks the heads that stand at the tree's present size.
    fn check_at(&self, tree: &Frontier, findings: &mut Findings) {
        let heads = [(&self.own, "the last checkpoint"), (&self.outside, "the outside checkpoint")];
        for (head, place) in heads {
            if let Some(head) = head.as_ref().filter(|head| head.size() == tree.size()) {
                findings.same("the root", place, head.root(), tree.root());
            }
        }
    }

    /// Checks the heads' sizes against that of the whole tree.
    fn check_sizes(&self, size: u64, findings: &mut Findings) {
        match &self.own {
            Some(own) => findings.same("the size", "the last checkpoint", size, own.size()),
            None if size > 0 => {
                findings.problem("the checkpoint", "the record", format!("one of {size} entries"), "none");
            }
            None => {}
        }
        if let Some(outside) = self.outside.as_ref().filter(|outside| outside.size() > size) {
            findings.problem("the size", "the record", format!("at least {} entries", outside.size()), size);
        }
    }
}

/// What an entry's row has.
struct EntryRow {
    seq: i64,
    commit: i64,
    at: i64,
    actor: String,
    kind: String,
    subject: Option<String>,
    drill: bool,
    canonical: Vec<u8>,
    leaf: Vec<u8>,
    salt: Vec<u8>,
    body: Option<Vec<u8>>,
}

impl EntryRow {
    const SQL: &str = "SELECT seq, commit_seq, at, actor, kind, subject, drill, canonical, leaf, salt, body \
                       FROM entries ORDER BY seq";

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
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
        })
    }
}

/// Walks every entry once: checks it, grows the tree, and folds it.
pub(super) fn check(
    connection: &Connection,
    heads: &Heads,
    fold: &mut Fold<'_>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut tree = Frontier::new();
    heads.check_at(&tree, findings);
    let mut commits = Commits::new(connection);
    let mut select = connection.prepare(EntryRow::SQL)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let place = format!("entry {}", tree.size());
        let Some(row) = findings.readable("the row", &place, EntryRow::read(row)) else { continue };
        findings.same("the sequence", &place, count(tree.size()), row.seq);
        commits.entry(row.commit, tree.size(), findings)?;
        check_tree(connection, &mut tree, &row, &place, findings)?;
        heads.check_at(&tree, findings);
        findings.so_far.entries += 1;
        let Some(canonical) = findings.readable("the form", &place, Canonical::parse(&row.canonical)) else { continue };
        check_entry(&row, &canonical, tree.size() - 1, &place, findings);
        let body = check_body(&row, canonical.body, &place, findings);
        signals::check_journal(connection, row.commit, &canonical.fact, findings)?;
        let erased = canonical.body.is_some() && row.body.is_none();
        fold.entry(canonical.into_entry(body), erased, &place, findings)?;
    }
    commits.finish(tree.size(), findings)?;
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
    findings.same("the drill flag in the row", place, canonical.drill, row.drill);
}

/// The leaf, and the nodes of the tree that it completes.
fn check_tree(
    connection: &Connection,
    tree: &mut Frontier,
    row: &EntryRow,
    place: &str,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let leaf = leaf_hash(&row.canonical);
    findings.same("the leaf", place, leaf.0.as_slice(), row.leaf.as_slice());
    let mut completed = Vec::new();
    tree.push_noting(leaf, |node| completed.push(node));
    for complete in completed.into_iter().filter(|node| node.level > 0) {
        let place = format!("tree node {}/{}", complete.level, complete.index);
        let read = node(connection, complete.level, complete.index);
        if let Some(stored) = findings.readable("the hash", &place, read) {
            findings.same("the hash", &place, Some(complete.hash), stored);
        }
    }
    Ok(())
}

/// The body's digest; returns the body if it is kept and right.
fn check_body(row: &EntryRow, digest: Option<Hash>, place: &str, findings: &mut Findings) -> Option<Body> {
    match (digest, &row.body) {
        (None, None) => None,
        (None, Some(_)) => {
            findings.problem("the body", place, "none", "one that the entry does not know of");
            None
        }
        (Some(_), None) => {
            findings.so_far.erased += 1;
            None
        }
        (Some(digest), Some(bytes)) => {
            findings.so_far.bodies += 1;
            let salt = findings.readable("the salt", place, <[u8; 32]>::try_from(row.salt.as_slice()))?;
            findings.same("the digest of the body", place, digest, body_digest(&salt, bytes));
            findings.readable("the body", place, serde_json::from_slice(bytes))
        }
    }
}

/// Commits, each with the entries that its row says.
struct Commits<'a> {
    connection: &'a Connection,
    current: Option<(i64, u64)>,
    with_entries: i64,
}

impl<'a> Commits<'a> {
    fn new(connection: &'a Connection) -> Self {
        Self { connection, current: None, with_entries: 0 }
    }

    /// Notes that the entry at `seq` belongs to `commit`.
    fn entry(&mut self, commit: i64, seq: u64, findings: &mut Findings) -> Result<(), StoreError> {
        match self.current {
            Some((current, _)) if current == commit => Ok(()),
            before => {
                self.check(before, seq, findings)?;
                if before.is_some_and(|(before, _)| before > commit) {
                    findings.problem("the commit", format!("entry {seq}"), "one after the last entry's", commit);
                }
                self.current = Some((commit, seq));
                self.with_entries += 1;
                Ok(())
            }
        }
    }

    /// Checks that a commit's row says that its entries end before `end`.
    fn check(&self, commit: Option<(i64, u64)>, end: u64, findings: &mut Findings) -> Result<(), StoreError> {
        let Some((commit, first)) = commit else { return Ok(()) };
        let mut select =
            self.connection.prepare_cached("SELECT first_entry, entries FROM commits WHERE commit_seq = ?1")?;
        let row: Option<(i64, i64)> = select.query_row([commit], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let expected = (count(first), count(end - first));
        findings.same("the entries", format!("commit {commit}"), Some(expected), row);
        Ok(())
    }

    fn finish(self, size: u64, findings: &mut Findings) -> Result<(), StoreError> {
        self.check(self.current, size, findings)?;
        let (rows, last, with_entries): (i64, i64, i64) = self.connection.query_row(
            "SELECT count(*), coalesce(max(commit_seq), 0), coalesce(sum(entries > 0), 0) FROM commits",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        findings.same("the number of rows", "commits", last, rows);
        findings.same("the number of commits with entries", "commits", self.with_entries, with_entries);
        findings.so_far.commits = u64::try_from(rows).unwrap_or(0);
        Ok(())
    }
}

/// A number as the database would hold it.
fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
