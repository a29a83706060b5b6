//! Members: the signals of a case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::Urgency;
use wheelhouse_core::signal::{Adapter, Pairs, Status};
use wheelhouse_core::world::StoredSignal;

use super::Time;
use super::schema::{AdapterWord, UrgencyWord};

/// One signal of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// Its number in the order in which signals were first seen.
    pub number: u64,
    /// Where it stands.
    pub status: MemberStatus,
    /// What a person reads first.
    pub summary: String,
    /// Who told it.
    pub source: String,
    /// How it came in.
    #[schema(value_type = AdapterWord)]
    pub adapter: Adapter,
    /// How bad its sender says it is.
    #[schema(value_type = UrgencyWord)]
    pub urgency: Urgency,
    /// What identifies it.
    pub labels: BTreeMap<String, String>,
    /// What explains it.
    pub annotations: BTreeMap<String, String>,
    /// Where its sender explains it.
    pub url: Option<String>,
    /// Whether it was made for exercise.
    pub drill: bool,
    /// When it started, by its sender's word.
    pub started_at: Time,
    /// When the hub first heard it.
    pub first_heard_at: Time,
    /// When it expires unless told again; null where it has ended or has no end.
    pub until: Option<Time>,
    /// When it ended.
    pub ended_at: Option<Time>,
}

/// Where a signal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatus {
    /// It holds.
    Firing,
    /// Its sender said that it ended.
    Resolved,
    /// Its sender fell silent.
    Expired,
}

impl From<&StoredSignal> for Member {
    fn from(stored: &StoredSignal) -> Self {
        let signal = &stored.signal;
        let told_end = match signal.status {
            Status::Resolved { at } => Some(at),
            Status::Firing { .. } => None,
        };
        let ended_at = stored.ended_at.or(told_end);
        let status = match ended_at {
            None => MemberStatus::Firing,
            Some(_) if stored.expired => MemberStatus::Expired,
            Some(_) => MemberStatus::Resolved,
        };
        Self {
            number: stored.number.0,
            status,
            summary: signal.summary().to_owned(),
            source: signal.source.to_string(),
            adapter: signal.adapter,
            urgency: signal.urgency,
            labels: map(&signal.labels),
            annotations: map(&signal.annotations),
            url: (!signal.url.is_empty()).then(|| signal.url.to_string()),
            drill: signal.drill,
            started_at: signal.started_at.into(),
            first_heard_at: stored.first_heard_at.into(),
            until: if ended_at.is_none() { stored.until.map(Time) } else { None },
            ended_at: ended_at.map(Time),
        }
    }
}

fn map(pairs: &Pairs) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
