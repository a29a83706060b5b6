//! Values to rows and back.

use serde::de::DeserializeOwned;
use wheelhouse_core::case::{Case, CaseId, State, Urgency};
use wheelhouse_core::name::SourceName;
use wheelhouse_core::record::{Actor, Hash};
use wheelhouse_core::signal::{Adapter, Pairs, Signal, SignalNumber, Status};
use wheelhouse_core::silence::SilenceId;
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::world::StoredSignal;

use crate::sql::{self, Column, Row};
use crate::{StoreError, StoredEntry};

/// A number as the database holds it.
pub(crate) fn int(what: &'static str, number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::TooLarge { what, found: number })
}

/// A number as the database held it.
pub(crate) fn uint(table: &'static str, column: &str, number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| damaged(table, column, format!("{number} is below zero")))
}

/// Says that a row cannot be read.
pub(crate) fn damaged(table: &'static str, row: impl ToString, reason: impl ToString) -> StoreError {
    StoreError::Damaged { table, row: row.to_string(), reason: reason.to_string() }
}

/// A value as JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("the kernel's values hold only what JSON can hold")
}

/// A value from JSON.
pub(crate) fn from_json<T: DeserializeOwned>(
    table: &'static str,
    row: impl ToString,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| damaged(table, row, error))
}

/// A hash as it is kept.
pub(crate) fn hash(table: &'static str, row: impl ToString, bytes: &[u8]) -> Result<Hash, StoreError> {
    Ok(Hash(bytes_32(table, row, bytes)?))
}

/// Thirty-two bytes as they are kept.
pub(crate) fn bytes_32(table: &'static str, row: impl ToString, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| damaged(table, row, format!("{} bytes where 32 are expected", bytes.len())))
}

/// A case's name as it is kept.
pub(crate) fn case_id(table: &'static str, text: &str) -> Result<CaseId, StoreError> {
    CaseId::parse(text).ok_or_else(|| damaged(table, text, "not the name of a case"))
}

/// An actor in one word: `person:dana`, `source:prometheus`, `runner:dmz`, `bootstrap`, `hub`.
pub(crate) fn actor_word(actor: &Actor) -> String {
    match actor {
        Actor::Person(name) => format!("person:{name}"),
        Actor::Source(name) => format!("source:{name}"),
        Actor::Runner(name) => format!("runner:{name}"),
        Actor::Bootstrap => "bootstrap".into(),
        Actor::Hub => "hub".into(),
    }
}

/// What a case is found by, beside its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaseColumns {
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) severity: String,
    pub(crate) service: Option<String>,
    pub(crate) team: String,
    pub(crate) drill: i64,
    pub(crate) title: String,
    pub(crate) opened_at: i64,
    pub(crate) over_since: Option<i64>,
}

impl CaseColumns {
    /// What a case is found by.
    pub(crate) fn of(case: &Case) -> Self {
        Self {
            kind: case.id.kind.as_str().into(),
            state: case.state.as_str().into(),
            severity: case.severity.as_str().into(),
            service: case.service.as_ref().map(|service| service.as_str().into()),
            team: case.team.as_str().into(),
            drill: i64::from(case.drill),
            title: case.title.clone(),
            opened_at: case.instants.opened.as_ref().map_or(0, |opened| opened.at.as_micros()),
            over_since: over_since(case).map(Timestamp::as_micros),
        }
    }

    /// Reads them from `kind` on.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> sql::Result<Self> {
        Ok(Self {
            kind: row.get(first)?,
            state: row.get(first + 1)?,
            severity: row.get(first + 2)?,
            service: row.get(first + 3)?,
            team: row.get(first + 4)?,
            drill: row.get(first + 5)?,
            title: row.get(first + 6)?,
            opened_at: row.get(first + 7)?,
            over_since: row.get(first + 8)?,
        })
    }
}

/// Since when a case need not be in memory, as far as its own row tells: the same as
/// [`World::evict`](wheelhouse_core::World::evict).
pub(crate) fn over_since(case: &Case) -> Option<Timestamp> {
    match case.state {
        State::Resolved { at, .. } if case.recheck_at.is_none() && case.firing == 0 => {
            Some(at.max(case.resolved_entry_at.unwrap_or(Timestamp::EPOCH)))
        }
        _ => None,
    }
}

/// The columns that [`signal`] reads.
macro_rules! signal_columns {
    () => {
        "number, case_id, source, adapter, drill, labels, annotations, url, urgency, \
         started_at, first_heard_at, until, ended_at, expired, silence"
    };
}
pub(crate) use signal_columns;

/// A signal's row.
pub(crate) fn signal(row: &Row<'_>) -> Result<StoredSignal, StoreError> {
    let number = uint("signals", "number", row.get(0)?)?;
    let bad = |what: &str| damaged("signals", number, format!("bad {what}"));
    let text = |column: usize| row.text(column);
    let instant = |column: usize| row.get::<Option<i64>>(column).map(|at| at.map(Timestamp::from_micros));
    let (until, ended_at) = (instant(11)?, instant(12)?);
    let silence = row.get::<Option<i64>>(14)?.map(|id| uint("signals", "silence", id).map(SilenceId)).transpose()?;
    // What was held back once and has a case now is held back no more.
    let unplaced = row.column(1)? == Column::Null;
    Ok(StoredSignal {
        number: SignalNumber(number),
        case: row.text_or_null(1)?.map(|id| case_id("signals", &id)).transpose()?,
        silence: silence.filter(|_| unplaced),
        first_heard_at: Timestamp::from_micros(row.get(10)?),
        until,
        ended_at,
        expired: row.get(13)?,
        signal: Signal {
            source: SourceName::new(&text(2)?).map_err(|_| bad("source"))?,
            adapter: adapter(&text(3)?).ok_or_else(|| bad("adapter"))?,
            drill: row.get(4)?,
            labels: Pairs::from_packed(&text(5)?).ok_or_else(|| bad("labels"))?,
            annotations: Pairs::from_packed(&text(6)?).ok_or_else(|| bad("annotations"))?,
            url: text(7)?.as_ref().into(),
            urgency: urgency(&text(8)?).ok_or_else(|| bad("urgency"))?,
            started_at: Timestamp::from_micros(row.get(9)?),
            status: ended_at.map_or(Status::Firing { until }, |at| Status::Resolved { at }),
        },
    })
}

/// Reads an adapter's word.
pub(crate) fn adapter(word: &str) -> Option<Adapter> {
    Adapter::ALL.into_iter().find(|adapter| adapter.as_str() == word)
}

fn urgency(word: &str) -> Option<Urgency> {
    let all = [Urgency::Critical, Urgency::Error, Urgency::Warning, Urgency::Info];
    all.into_iter().find(|urgency| urgency.as_str() == word)
}

/// The columns that [`entry`] reads.
macro_rules! entry_columns {
    () => {
        "seq, commit_seq, canonical, body, salt, leaf"
    };
}
pub(crate) use entry_columns;

/// An entry's row.
pub(crate) fn entry(row: &Row<'_>) -> Result<StoredEntry, StoreError> {
    let seq = uint("entries", "seq", row.get(0)?)?;
    Ok(StoredEntry {
        seq,
        commit: uint("entries", "commit_seq", row.get(1)?)?,
        canonical: row.get(2)?,
        body: row.get(3)?,
        salt: row.get::<Option<Vec<u8>>>(4)?.map(|salt| bytes_32("entries", seq, &salt)).transpose()?,
        leaf: hash("entries", seq, row.blob(5)?)?,
    })
}
