//! What is live, read back.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{Connection, Optional, Transaction};
use wheelhouse_core::automation::AutomationState;
use wheelhouse_core::case::{Case, CaseId, MessageId};
use wheelhouse_core::change::{Change, MOST_KEPT};
use wheelhouse_core::notify::Message;
use wheelhouse_core::record::Frontier;
use wheelhouse_core::run::Run;
use wheelhouse_core::runbook::Standing;
use wheelhouse_core::silence::{ENDED_KEPT, Silence};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::world::{Counters, StoredSignal};

use super::rows::{damaged, from_json, signal, signal_columns, uint};
use crate::readers::record::node;
use crate::readers::{read_catalog, read_repositories, read_single, read_tokens};
use crate::{Loaded, StoreError};

pub(crate) const CASE: &str = "SELECT data FROM cases WHERE id = ?1";
pub(crate) const LIVE_CASES: &str = "SELECT id, data FROM cases WHERE over_since IS NULL \
     UNION ALL SELECT id, data FROM cases WHERE over_since >= ?1";
pub(crate) const MESSAGES_OF_CASE: &str =
    "SELECT data FROM messages WHERE case_id = ?1 AND state = 'queued' ORDER BY number";
pub(crate) const MESSAGES_UNDER_WAY: &str =
    "SELECT case_id, number, claimed_in, data FROM messages WHERE state = 'queued'";
pub(crate) const LIVE_SILENCES: &str = "SELECT id, data FROM silences WHERE ends_at >= ?1 OR id IN \
     (SELECT silence FROM signals WHERE ended_at IS NULL AND case_id IS NULL) ORDER BY id";
pub(crate) const RUNS_UNDER_WAY: &str = "SELECT id, data FROM runs WHERE ended_at IS NULL ORDER BY id";
pub(crate) const FIRING: &str =
    concat!("SELECT ", signal_columns!(), " FROM signals WHERE ended_at IS NULL ORDER BY number");

/// Reads the world as the last commit left it.
pub(crate) fn load(connection: &Connection, keep: Duration) -> Result<Loaded, StoreError> {
    let transaction = connection.snapshot()?;
    let last: Option<(i64, i64)> = transaction
        .query_row("SELECT commit_seq, at FROM commits ORDER BY commit_seq DESC LIMIT 1", (), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((commit, at)) = last else { return Ok(Loaded::default()) };
    let at = Timestamp::from_micros(at);
    let counters = read_single(&transaction, "counters")?.unwrap_or_default();
    let counters: Counters = from_json("singles", "counters", &counters)?;
    let catalog = match &counters.catalog {
        Some(version) => read_catalog(&transaction, version)?,
        None => None,
    };
    let (messages, claimed) = messages_under_way(&transaction)?;
    let (last_entry_at, frontier) = end_of_record(&transaction)?;
    Ok(Loaded {
        commit: uint("commits", "commit_seq", commit)?,
        at: Some(at),
        last_entry_at,
        counters,
        catalog,
        repositories: read_repositories(&transaction)?,
        cases: live_cases(&transaction, at - keep, &messages)?,
        messages,
        claimed,
        signals: firing_signals(&transaction)?,
        tokens: read_tokens(&transaction)?,
        silences: live_silences(&transaction, at)?,
        changes: last_changes(&transaction)?,
        runs: runs_under_way(&transaction)?,
        standings: standings(&transaction)?,
        automations: automations(&transaction)?,
        frontier,
        checkpoint: read_single(&transaction, "checkpoint")?,
    })
}

/// Reads one case and its messages under way.
pub(crate) fn case_with_messages(
    connection: &Connection,
    id: CaseId,
) -> Result<Option<(Case, Vec<Message>)>, StoreError> {
    let Some(case) = case(connection, id)? else { return Ok(None) };
    let mut select = connection.prepare_cached(MESSAGES_OF_CASE)?;
    let mut rows = select.query([id.to_string()])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(from_json("messages", id, &row.text(0)?)?);
    }
    Ok(Some((case, messages)))
}

/// Reads one case.
pub(crate) fn case(connection: &Connection, id: CaseId) -> Result<Option<Case>, StoreError> {
    let mut select = connection.prepare_cached(CASE)?;
    let data: Option<String> = select.query_row([id.to_string()], |row| row.get(0)).optional()?;
    data.map(|data| from_json("cases", id, &data)).transpose()
}

/// Cases that must be in memory, in the order in which a world takes them in: of several cases of
/// one group the one that counts comes first, which is the one not over, or else over last.
fn live_cases(transaction: &Transaction<'_>, since: Timestamp, messages: &[Message]) -> Result<Vec<Case>, StoreError> {
    let mut cases: BTreeMap<CaseId, Case> = BTreeMap::new();
    let mut select = transaction.prepare(LIVE_CASES)?;
    let mut rows = select.query([since.as_micros()])?;
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let found: Case = from_json("cases", id, &row.text(1)?)?;
        cases.insert(found.id, found);
    }
    for id in messages.iter().map(|message| message.id.case) {
        if let Entry::Vacant(place) = cases.entry(id) {
            place.insert(case(transaction, id)?.ok_or_else(|| damaged("messages", id, "its case is not there"))?);
        }
    }
    let mut cases: Vec<Case> = cases.into_values().collect();
    cases.sort_by_key(|case| (case.state.is_resolved(), Reverse(case.resolved_entry_at), Reverse(case.id)));
    Ok(cases)
}

fn messages_under_way(transaction: &Transaction<'_>) -> Result<(Vec<Message>, BTreeSet<MessageId>), StoreError> {
    let mut select = transaction.prepare(MESSAGES_UNDER_WAY)?;
    let mut rows = select.query(())?;
    let (mut messages, mut claimed) = (Vec::new(), BTreeSet::new());
    while let Some(row) = rows.next()? {
        let (case, number): (String, u32) = (row.get(0)?, row.get(1)?);
        let text = row.text(3)?;
        let message: Message = from_json("messages", format!("{case}/m{number}"), &text)?;
        if row.get::<Option<i64>>(2)?.is_some() {
            claimed.insert(message.id);
        }
        messages.push(message);
    }
    messages.sort_by_key(|message| message.id);
    Ok((messages, claimed))
}

fn firing_signals(transaction: &Transaction<'_>) -> Result<Vec<StoredSignal>, StoreError> {
    let mut select = transaction.prepare(FIRING)?;
    let mut rows = select.query(())?;
    let mut signals = Vec::new();
    while let Some(row) = rows.next()? {
        signals.push(signal(&row)?);
    }
    Ok(signals)
}

/// Silences that must be in memory, in order of name.
fn live_silences(transaction: &Transaction<'_>, at: Timestamp) -> Result<Vec<Silence>, StoreError> {
    let mut select = transaction.prepare(LIVE_SILENCES)?;
    let mut rows = select.query([(at - ENDED_KEPT).as_micros()])?;
    let mut silences = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        silences.push(from_json("silences", id, &row.text(1)?)?);
    }
    Ok(silences)
}

/// Runs that are not over, in order of name.
fn runs_under_way(transaction: &Transaction<'_>) -> Result<Vec<Run>, StoreError> {
    let mut select = transaction.prepare(RUNS_UNDER_WAY)?;
    let mut rows = select.query(())?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        runs.push(from_json("runs", id, &row.text(1)?)?);
    }
    Ok(runs)
}

/// What is remembered of automations, in order of name.
fn automations(transaction: &Transaction<'_>) -> Result<Vec<AutomationState>, StoreError> {
    let mut select = transaction.prepare("SELECT name, data FROM automations ORDER BY name")?;
    let mut rows = select.query(())?;
    let mut states = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let text = row.text(1)?;
        states.push(from_json("automations", name, &text)?);
    }
    Ok(states)
}

/// Where versions of runbooks stand, in order of name.
fn standings(transaction: &Transaction<'_>) -> Result<Vec<Standing>, StoreError> {
    let mut select = transaction.prepare("SELECT runbook, data FROM runbook_standings ORDER BY runbook")?;
    let mut rows = select.query(())?;
    let mut standings = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let text = row.text(1)?;
        standings.push(from_json("runbook_standings", name, &text)?);
    }
    Ok(standings)
}

/// The changes that must be in memory, in the order told.
fn last_changes(transaction: &Transaction<'_>) -> Result<Vec<Change>, StoreError> {
    let mut select = transaction.prepare("SELECT number, data FROM changes ORDER BY number DESC LIMIT ?1")?;
    let mut rows = select.query([i64::try_from(MOST_KEPT).unwrap_or(i64::MAX)])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        changes.push(from_json("changes", number, &row.text(1)?)?);
    }
    changes.reverse();
    Ok(changes)
}

/// When the last entry was made, and the right edge of the tree.
fn end_of_record(transaction: &Transaction<'_>) -> Result<(Option<Timestamp>, Frontier), StoreError> {
    let last: Option<(i64, i64)> = transaction
        .query_row("SELECT seq, at FROM entries ORDER BY seq DESC LIMIT 1", (), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((seq, at)) = last else { return Ok((None, Frontier::new())) };
    let size = uint("entries", "seq", seq)? + 1;
    let nodes = |level, place| node(transaction, level, place).ok().flatten();
    let frontier = Frontier::from_nodes(size, &nodes)
        .ok_or_else(|| damaged("nodes", format!("of {size} entries"), "a node of the tree's right edge is missing"))?;
    Ok((Some(Timestamp::from_micros(at)), frontier))
}
