//! One batch, one transaction.

use crate::sql::{Connection, Optional, Param, ToParam, Transaction, params};
use wheelhouse_core::case::{Case, CaseId, MessageId};
use wheelhouse_core::notify::{Message, MessageState};
use wheelhouse_core::time::{Duration, Timestamp};

use super::erase;
use super::rows::{CaseColumns, actor_word, int, json, uint};
use crate::{Batch, KeptReply, PackedJournal, SealedEntry, StoreError, StoredCatalog};

/// How long an answer is kept for a repeated request.
pub(crate) const REPLIES_KEPT: Duration = Duration::from_hours(24);
/// How many answers that are too old are dropped at a commit that keeps new ones.
const REPLIES_DROPPED: i64 = 1_000;

/// Where the tables end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The last commit.
    commit: u64,
    /// The next entry.
    seq: u64,
    /// The next case in the order of opening.
    case: i64,
    /// The next row of those not told.
    not_told: i64,
}

impl Position {
    /// Reads where the tables end.
    pub(crate) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let one = |sql| connection.query_row(sql, (), |row| row.get::<i64>(0));
        Ok(Self {
            commit: uint("commits", "commit_seq", one("SELECT coalesce(max(commit_seq), 0) FROM commits")?)?,
            seq: uint("entries", "seq", one("SELECT coalesce(max(seq) + 1, 0) FROM entries")?)?,
            case: one("SELECT coalesce(max(opened_order) + 1, 1) FROM cases")?,
            not_told: one("SELECT coalesce(max(number) + 1, 1) FROM not_told")?,
        })
    }

    fn check(&self, batch: &Batch) -> Result<(), StoreError> {
        let follows = |what, found, expected| {
            if found == expected { Ok(()) } else { Err(StoreError::OutOfOrder { what, found, expected }) }
        };
        follows("the commit's sequence", batch.commit, self.commit + 1)?;
        for (entry, expected) in batch.entries.iter().zip(self.seq..) {
            follows("an entry's sequence", entry.sealed.seq, expected)?;
        }
        Ok(())
    }
}

/// Writes a batch in a transaction that is still to be committed, if `allowed` does not object; returns it with where the
/// tables end then.
pub(crate) fn write<'a>(
    connection: &'a Connection,
    batch: &Batch,
    position: Position,
    allowed: &dyn Fn(&Connection) -> Result<(), StoreError>,
) -> Result<(Transaction<'a>, Position), StoreError> {
    position.check(batch)?;
    let transaction = connection.begin()?;
    allowed(connection)?;
    let mut writer =
        Writer { transaction: &transaction, commit: int("the commit's sequence", batch.commit)?, position };
    writer.commit_row(batch)?;
    writer.entries(&batch.entries)?;
    writer.nodes(batch)?;
    writer.attachments(&batch.attachments)?;
    if let Some(journal) = &batch.journal {
        writer.journal(journal)?;
    }
    writer.cases(&batch.cases)?;
    writer.messages(&batch.messages)?;
    // After the messages: what a channel answered in this very batch goes as well.
    for erasure in &batch.erasures {
        erase::erase(&transaction, writer.commit, erasure)?;
    }
    writer.claims(&batch.claims)?;
    writer.not_told(batch)?;
    writer.silences(batch)?;
    writer.changes(batch)?;
    writer.runs(batch)?;
    writer.standings(&batch.standings)?;
    writer.automations(&batch.automations)?;
    writer.signals(batch)?;
    writer.tokens(batch)?;
    if let Some(catalog) = &batch.catalog {
        writer.catalog(catalog)?;
    }
    writer.replies(&batch.replies, batch.at)?;
    writer.single("counters", &json(&batch.counters))?;
    if let Some(repositories) = &batch.repositories {
        writer.single("repositories", &json(repositories))?;
    }
    if let Some(checkpoint) = &batch.checkpoint {
        writer.single("checkpoint", checkpoint)?;
    }
    let position = Position { commit: batch.commit, ..writer.position };
    Ok((transaction, position))
}

/// Whether a batch is what its commit wrote: it has the same last leaf, which its salts make unlike any other.
pub(crate) fn is_made(connection: &Connection, batch: &Batch) -> Result<bool, StoreError> {
    const COMMIT: &str = "SELECT at FROM commits WHERE commit_seq = ?1";
    const LEAF: &str = "SELECT leaf FROM entries WHERE seq = ?1";
    let commit = int("the commit's sequence", batch.commit)?;
    let at: Option<i64> = connection.query_row(COMMIT, [commit], |row| row.get(0)).optional()?;
    let Some(last) = batch.entries.last() else { return Ok(at == Some(batch.at.as_micros())) };
    let seq = int("an entry's sequence", last.sealed.seq)?;
    let leaf: Option<Vec<u8>> = connection.query_row(LEAF, [seq], |row| row.get(0)).optional()?;
    Ok(at.is_some() && leaf.as_deref() == Some(last.sealed.leaf.0.as_slice()))
}

pub(super) struct Writer<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) commit: i64,
    position: Position,
}

impl Writer<'_> {
    fn commit_row(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut ids: Vec<CaseId> = batch.cases.iter().map(|case| case.id).collect();
        ids.sort_unstable();
        let ids: Vec<String> = ids.iter().map(CaseId::to_string).collect();
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO commits (commit_seq, at, first_entry, entries, cases) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let first = int("an entry's sequence", self.position.seq)?;
        let count = int("the number of entries", batch.entries.len() as u64)?;
        insert.execute(params![self.commit, batch.at.as_micros(), first, count, ids.join(" ")])?;
        Ok(())
    }

    fn entries(&mut self, entries: &[SealedEntry]) -> Result<(), StoreError> {
        let words: Vec<(String, Option<String>)> = entries
            .iter()
            .map(|entry| (actor_word(&entry.actor), entry.subject.map(|case| case.to_string())))
            .collect();
        let mut rows = Vec::with_capacity(entries.len());
        for (SealedEntry { sealed, at, kind, drill, run, .. }, (actor, subject)) in entries.iter().zip(&words) {
            rows.push([
                Param::Int(int("an entry's sequence", sealed.seq)?),
                Param::Int(self.commit),
                Param::Int(at.as_micros()),
                actor.param(),
                Param::Text(kind),
                subject.param(),
                Param::Int((*drill).into()),
                sealed.canonical.param(),
                sealed.leaf.0.param(),
                sealed.body.as_ref().map_or(Param::Null, |_| sealed.salt.param()),
                sealed.body.param(),
                run.map_or(Ok(Param::Null), |run| int("a run's number", run.0).map(Param::Int))?,
            ]);
            self.position.seq = sealed.seq + 1;
        }
        self.transaction.append(
            "INSERT INTO entries (seq, commit_seq, at, actor, kind, subject, drill, canonical, leaf, salt, body, run) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            &rows,
        )?;
        Ok(())
    }

    fn nodes(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(batch.nodes.len());
        for (level, place, hash) in batch.nodes.iter().filter(|(level, _, _)| *level > 0) {
            rows.push([level.param(), Param::Int(int("a node's place", *place)?), hash.0.param()]);
        }
        Ok(self.transaction.append("INSERT INTO nodes (level, place, hash) VALUES (?1, ?2, ?3)", &rows)?)
    }

    fn journal(&mut self, journal: &PackedJournal) -> Result<(), StoreError> {
        let mut insert =
            self.transaction.prepare_cached("INSERT INTO journal (commit_seq, salt, frames) VALUES (?1, ?2, ?3)")?;
        insert.execute(params![self.commit, journal.salt, journal.frames])?;
        Ok(())
    }

    fn cases(&mut self, cases: &[Case]) -> Result<(), StoreError> {
        // A statement that names a column of an index writes that index anew, changed or not. Mostly
        // signals have joined, and what a case is found by is as it was.
        let mut rewrite = self.transaction.prepare_cached(
            "UPDATE cases SET commit_seq = ?2, data = ?11 WHERE id = ?1 AND kind = ?3 AND state = ?4 AND severity = ?5 \
             AND service IS ?6 AND team = ?7 AND drill = ?8 AND title = ?9 AND over_since IS ?10",
        )?;
        let mut update = self.transaction.prepare_cached(
            "UPDATE cases SET commit_seq = ?2, kind = ?3, state = ?4, severity = ?5, service = ?6, team = ?7, \
             drill = ?8, title = ?9, over_since = ?10, data = ?11 WHERE id = ?1",
        )?;
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO cases (id, commit_seq, kind, state, severity, service, team, drill, title, over_since, data, \
             opened_order, opened_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?;
        for case in cases {
            let (id, data, columns) = (case.id.to_string(), json(case), CaseColumns::of(case));
            let CaseColumns { kind, state, severity, service, team, drill, title, opened_at, over_since } = columns;
            let row = params![id, self.commit, kind, state, severity, service, team, drill, title, over_since, data];
            if rewrite.execute(row)? == 0 && update.execute(row)? == 0 {
                let order = self.position.case;
                insert.execute(params![
                    id,
                    self.commit,
                    kind,
                    state,
                    severity,
                    service,
                    team,
                    drill,
                    title,
                    over_since,
                    data,
                    order,
                    opened_at
                ])?;
                self.position.case += 1;
            }
        }
        Ok(())
    }

    fn messages(&mut self, messages: &[Message]) -> Result<(), StoreError> {
        let mut upsert = self.transaction.prepare_cached(
            "INSERT INTO messages (case_id, number, commit_seq, state, data) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (case_id, number) DO UPDATE SET commit_seq = excluded.commit_seq, state = excluded.state, \
             claimed_in = NULL, data = excluded.data",
        )?;
        for message in messages {
            let MessageId { case, number } = message.id;
            upsert.execute(params![
                case.to_string(),
                number,
                self.commit,
                message_state(message.state),
                json(message)
            ])?;
        }
        Ok(())
    }

    fn claims(&mut self, claims: &[MessageId]) -> Result<(), StoreError> {
        let mut claim = self.transaction.prepare_cached(
            "UPDATE messages SET claimed_in = ?3 WHERE case_id = ?1 AND number = ?2 AND state = 'queued'",
        )?;
        for id in claims {
            // A message that this very commit also ended is not there to be claimed any more.
            claim.execute(params![id.case.to_string(), id.number, self.commit])?;
        }
        Ok(())
    }

    fn not_told(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut insert = self
            .transaction
            .prepare_cached("INSERT INTO not_told (number, case_id, commit_seq, data) VALUES (?1, ?2, ?3, ?4)")?;
        for row in &batch.not_told {
            insert.execute(params![self.position.not_told, row.case.to_string(), self.commit, json(row)])?;
            self.position.not_told += 1;
        }
        Ok(())
    }

    fn tokens(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut upsert = self.transaction.prepare_cached(
            "INSERT INTO tokens (id, commit_seq, data) VALUES (?1, ?2, ?3) \
             ON CONFLICT (id) DO UPDATE SET commit_seq = excluded.commit_seq, data = excluded.data",
        )?;
        for token in &batch.tokens {
            upsert.execute(params![int("a token's number", token.id.0)?, self.commit, json(token)])?;
        }
        Ok(())
    }

    /// Keeps a catalog's sources; those of a version that is known are kept already.
    fn catalog(&mut self, catalog: &StoredCatalog) -> Result<(), StoreError> {
        let known = self
            .transaction
            .prepare_cached("SELECT 1 FROM catalogs WHERE version = ?1")?
            .query_row([&catalog.version], |_| Ok(()))
            .optional()?;
        if known.is_some() {
            return Ok(());
        }
        self.transaction
            .prepare_cached("INSERT INTO catalogs (version, commit_seq) VALUES (?1, ?2)")?
            .execute(params![catalog.version, self.commit])?;
        let files: Vec<[&str; 3]> =
            catalog.files.iter().map(|(path, content)| [catalog.version.as_str(), path, content]).collect();
        let insert = "INSERT INTO catalog_files (version, path, content) VALUES (?1, ?2, ?3)";
        self.transaction.append(insert, &files)?;
        Ok(())
    }

    fn replies(&mut self, replies: &[KeptReply], at: Timestamp) -> Result<(), StoreError> {
        if replies.is_empty() {
            return Ok(());
        }
        let mut upsert = self.transaction.prepare_cached(
            "INSERT INTO replies (principal, request_key, request, status, body, at, commit_seq, case_id, salt) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
             ON CONFLICT (principal, request_key) DO UPDATE SET request = excluded.request, \
             status = excluded.status, body = excluded.body, at = excluded.at, commit_seq = excluded.commit_seq, \
             case_id = excluded.case_id, salt = excluded.salt",
        )?;
        for KeptReply { principal, key, request, status, body, at, case, salt } in replies {
            let case = case.map(|case| case.to_string());
            upsert.execute(params![
                principal,
                key,
                request.0,
                status,
                body,
                at.as_micros(),
                self.commit,
                case,
                salt
            ])?;
        }
        let mut old: Vec<(String, String)> = Vec::new();
        let mut find = self
            .transaction
            .prepare_cached("SELECT principal, request_key FROM replies WHERE at < ?1 ORDER BY at LIMIT ?2")?;
        let mut rows = find.query(params![(at - REPLIES_KEPT).as_micros(), REPLIES_DROPPED])?;
        while let Some(row) = rows.next()? {
            old.push((row.get(0)?, row.get(1)?));
        }
        let mut delete =
            self.transaction.prepare_cached("DELETE FROM replies WHERE principal = ?1 AND request_key = ?2")?;
        for (principal, key) in old {
            delete.execute([principal, key])?;
        }
        Ok(())
    }

    fn single(&mut self, name: &str, data: &str) -> Result<(), StoreError> {
        let mut upsert = self.transaction.prepare_cached(
            "INSERT INTO singles (name, data) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET data = excluded.data",
        )?;
        upsert.execute([name, data])?;
        Ok(())
    }
}

/// The word for where a message stands.
pub(crate) fn message_state(state: MessageState) -> &'static str {
    match state {
        MessageState::Queued => "queued",
        MessageState::Accepted => "accepted",
        MessageState::GivenUp => "given_up",
        MessageState::Withdrawn => "withdrawn",
    }
}
