//! What a situation room shows of a case beside the case itself: clocks, who was paged, what to read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::{self, Case, Moment};
use wheelhouse_core::insight::{CannotTell, Measure, measure};
use wheelhouse_core::notify::{Message, Purpose};

use super::Time;
use super::time::seconds;

/// A length of time by which a case is measured: it runs, it has stopped, or it cannot be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClockView {
    /// `detect`, `page`, `tell`, `acknowledge`, `mitigate` or `resolve`.
    pub name: String,
    /// How long it took; null where it runs or cannot be told.
    pub seconds: Option<f64>,
    /// Since when it runs; null where it does not.
    pub running_since: Option<Time>,
    /// Why it cannot be told: a word as statistics have it; null where it can, or runs.
    pub cannot_tell: Option<String>,
    /// The same for people.
    pub words: Option<String>,
}

/// A page that went out last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PagedView {
    /// When it was decided.
    pub at: Time,
    /// Who was paged then.
    pub people: Vec<String>,
}

/// A runbook that fits a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunbookView {
    /// What it is about.
    pub title: String,
    /// Where it lies: an http or https address; empty for one of the catalog that nothing links to.
    pub url: String,
    /// How many of the first signals of the case call for it; 0 where only the service does.
    pub signals: u64,
    /// Its name in the catalog; absent where it lies elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why it fits, as a stable word: `linked`, `triggered`, `called`, `service_links`, `about_service` or `same_team`.
    pub fit: String,
    /// Why it fits, in words.
    pub reason: String,
}

/// The clocks of a case, in the order in which they stop.
pub(super) fn clocks(case: &Case, messages: &[Message]) -> Vec<ClockView> {
    let opened = case.instants.get(Moment::Opened).map(|instant| instant.at);
    let page = messages.iter().filter(|message| matches!(message.purpose, Purpose::Page));
    let paged = page.filter_map(|message| message.accepted_at).min();
    let page = match (opened, paged) {
        (Some(opened), Some(at)) => Ok(at.since(opened)),
        _ if case.paged.is_some() && case.state.wants_acknowledgement() => Err(CannotTell::StillOpen),
        _ => Err(CannotTell::NoInstant),
    };
    let clock = |name: &str, measured: Result<wheelhouse_core::time::Duration, CannotTell>| {
        let runs = measured == Err(CannotTell::StillOpen);
        let why = measured.err().filter(|_| !runs);
        ClockView {
            name: name.to_owned(),
            seconds: measured.ok().map(seconds),
            running_since: opened.filter(|_| runs).map(Time),
            cannot_tell: why.map(|why| why.code().to_owned()),
            words: why.map(|why| why.words().to_owned()),
        }
    };
    let measured = |what: Measure| clock(what.as_str(), measure(case, what));
    Vec::from([
        measured(Measure::Detect),
        clock("page", page),
        measured(Measure::Tell),
        measured(Measure::Acknowledge),
        measured(Measure::Mitigate),
        measured(Measure::Resolve),
    ])
}

impl From<&case::Paged> for PagedView {
    fn from(paged: &case::Paged) -> Self {
        Self { at: paged.at.into(), people: paged.people.iter().map(ToString::to_string).collect() }
    }
}

impl From<&case::Runbook> for RunbookView {
    fn from(runbook: &case::Runbook) -> Self {
        Self {
            title: runbook.title.clone(),
            url: runbook.url.clone(),
            signals: u64::try_from(runbook.signals).unwrap_or(u64::MAX),
            name: runbook.name.as_ref().map(ToString::to_string),
            fit: runbook.fit.as_str().to_owned(),
            reason: runbook.reason(),
        }
    }
}
