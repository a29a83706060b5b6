//! Drills: what they play and expect, and how they went.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::drill::{self as core, Judgement};
use wheelhouse_core::record::{Entry, Fact};
use wheelhouse_core::time::Timestamp;

use super::schema::CaseIdText;
use super::time::seconds;
use super::{Party, Time};

/// A drill of the catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Drill {
    /// Its name.
    pub name: String,
    /// The team that keeps it.
    pub team: String,
    /// A short text for people.
    pub summary: Option<String>,
    /// How long it takes.
    pub length_seconds: f64,
    /// The services that its signals belong to.
    pub services: Vec<String>,
    /// The signals in order of their offsets.
    pub signals: Vec<Cue>,
    /// What is to follow, and what must not, in words.
    pub expect: Vec<String>,
    /// How it went when it was last held; null where it never was.
    pub last_held: Option<HeldDrill>,
    /// The run under way; null where the hub does not play it now.
    #[serde(default)]
    pub running: Option<u64>,
    /// Whether whoever asks may play it.
    #[serde(default)]
    pub may_run: bool,
}

/// One signal of a drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Cue {
    /// How long after the start it is sent.
    pub at_seconds: f64,
    /// What it says in one line.
    pub summary: String,
    /// What identifies it.
    pub labels: BTreeMap<String, String>,
    /// Whether it tells the end of what an earlier one began.
    pub resolved: bool,
}

/// How a drill went, as the record has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldDrill {
    /// The index in the record, from 0.
    pub seq: u64,
    /// Which drill.
    pub drill: String,
    /// When it began.
    pub started_at: Time,
    /// When it was judged.
    pub held_at: Time,
    /// Who held it.
    pub by: Party,
    /// How many expectations were met.
    pub met: u32,
    /// How many were not.
    pub missed: u32,
    /// The cases that it caused.
    #[schema(value_type = Vec<CaseIdText>)]
    pub cases: Vec<CaseId>,
}

/// Sends one signal of a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayCue {
    /// Which, from 0.
    pub index: usize,
}

/// A signal of a drill that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Played {
    /// When the hub took it in.
    pub at: Time,
}

/// Judges a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgeDrill {
    /// When it began: `at` of its first signal.
    pub started_at: Time,
    /// Whether it is over: its signals are ended, its cases closed for good, and it is written down.
    #[serde(default)]
    pub over: bool,
}

/// How a drill goes, or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DrillReport {
    /// Which.
    pub drill: String,
    /// When it began.
    pub started_at: Time,
    /// When it was judged.
    pub judged_at: Time,
    /// Whether everything expected is met.
    pub passed: bool,
    /// Every expectation and what was found of it.
    pub expectations: Vec<Expectation>,
    /// The cases that it caused.
    #[schema(value_type = Vec<CaseIdText>)]
    pub cases: Vec<CaseId>,
}

/// An expectation and what was found of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Expectation {
    /// What was expected, in words.
    pub expected: String,
    /// Whether it is met so far.
    pub met: bool,
    /// Whether it can no longer be met: its time is up, or what must not happen has happened.
    #[serde(default)]
    pub missed: bool,
    /// Whether it says that something must not happen, so that only the end tells.
    pub absence: bool,
    /// What was found, in words.
    pub found: String,
}

impl Drill {
    /// A drill as the API shows it.
    pub fn new(drill: &core::Drill, catalog: &Catalog, last_held: Option<HeldDrill>) -> Self {
        Self {
            name: drill.name.to_string(),
            team: drill.team.to_string(),
            summary: drill.summary.clone(),
            length_seconds: seconds(drill.length()),
            services: drill.services(catalog).iter().map(ToString::to_string).collect(),
            signals: drill.signals.iter().map(Cue::from).collect(),
            expect: drill.expect.iter().map(ToString::to_string).collect(),
            last_held,
            running: None,
            may_run: false,
        }
    }
}

impl From<&core::Cue> for Cue {
    fn from(cue: &core::Cue) -> Self {
        let summary = cue.annotations.get("summary").or_else(|| cue.labels.get("alertname"));
        Self {
            at_seconds: seconds(cue.at),
            summary: summary.unwrap_or("a signal without a name").to_owned(),
            labels: cue.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            resolved: cue.resolved,
        }
    }
}

impl HeldDrill {
    /// How a drill went, from its entry in the record; nothing where the entry is about something else.
    pub fn new(seq: u64, entry: &Entry) -> Option<Self> {
        let Fact::DrillHeld(held) = &entry.fact else { return None };
        Some(Self {
            seq,
            drill: held.drill.to_string(),
            started_at: held.started_at.into(),
            held_at: entry.at.into(),
            by: Party::from(&entry.actor),
            met: held.met,
            missed: held.missed,
            cases: held.cases.iter().copied().collect(),
        })
    }
}

impl Expectation {
    /// An expectation of a drill that began at `started_at`, as it stands at `now`.
    pub fn new(judgement: &Judgement, started_at: Timestamp, now: Timestamp) -> Self {
        Self {
            missed: judgement.is_missed(started_at, now),
            expected: judgement.expectation.to_string(),
            met: judgement.met,
            absence: judgement.expectation.what.is_absence(),
            found: judgement.found.to_string(),
        }
    }
}
