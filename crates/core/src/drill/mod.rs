//! Drills: outages played on purpose, and whether the organisation met them as it expects of itself.

mod judge;
mod run;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use judge::{Found, Judgement, Seen, judge};
pub use run::{DrillRun, MOST_RUNNING, Next, RUNS_KEPT, RunEnd, RunOutcome, is_settled, next};

use crate::catalog::{Catalog, Target};
use crate::name::{DrillName, ServiceName, SourceName, TeamName};
use crate::notify::Recipient;
use crate::signal::{Adapter, Pairs, Signal, Status};
use crate::time::{Duration, Timestamp};

/// The label by which a signal names the drill that it belongs to.
pub const LABEL: &str = "drill";
/// The source of a drill's signals where the drill names none; no catalog may define one of this name.
pub const DRILLS: &str = "drills";
/// How long after its last signal a drill ends, unless it expects something later.
pub const AFTER_THE_LAST: Duration = Duration::from_seconds(30);
/// How long the signals of a drill hold beyond its end where nobody ends them.
const HOLD_ON: Duration = Duration::from_minutes(10);

/// An outage to be played: signals at offsets, and what is to follow from them.
#[derive(Clone, Debug)]
pub struct Drill {
    /// Its name.
    pub name: DrillName,
    /// The team that keeps it.
    pub team: TeamName,
    /// A short text for people.
    pub summary: Option<String>,
    /// Whose signals they look like, for rules that ask for the source; `drills` where absent.
    pub source: Option<SourceName>,
    /// The signals in order of their offsets.
    pub signals: Vec<Cue>,
    /// What is to follow.
    pub expect: Vec<Expectation>,
}

/// One signal of a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// How long after the start it is sent.
    pub at: Duration,
    /// What identifies it.
    pub labels: Pairs,
    /// What explains it.
    pub annotations: Pairs,
    /// Whether it tells the end of what an earlier one with the same labels began.
    pub resolved: bool,
}

/// Something that is to follow, or must not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// What.
    #[serde(flatten)]
    pub what: Expected,
    /// Only what incidents of this service cause counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<ServiceName>,
    /// How long after the start it has to have happened; until the drill's end where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
}

/// What is to follow, or must not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// An incident of the service opens.
    Opened(ServiceName),
    /// No incident of the service opens.
    NotOpened(ServiceName),
    /// A page reaches the person, whoever is on call, or somebody of the team.
    Paged(Target),
    /// No page goes to the person, to whoever is on call, nor to anybody of the team.
    NotPaged(Target),
    /// A notice reaches the team or audience, or somebody on its behalf.
    Told(Recipient),
    /// No notice goes to the team or audience, nor to anybody on its behalf.
    NotTold(Recipient),
    /// Every incident of the service is over, and there was one.
    Resolved(ServiceName),
}

impl Expected {
    /// Whether it says that something must not happen.
    pub const fn is_absence(&self) -> bool {
        matches!(self, Self::NotOpened(_) | Self::NotPaged(_) | Self::NotTold(_))
    }
}

impl Drill {
    /// How long after its start it is over.
    pub fn length(&self) -> Duration {
        let last = self.signals.iter().map(|cue| cue.at).max().unwrap_or(Duration::ZERO) + AFTER_THE_LAST;
        self.expect.iter().filter_map(|expectation| expectation.within).fold(last, Duration::max)
    }

    /// The source of its signals.
    pub fn source(&self) -> SourceName {
        self.source.clone().unwrap_or_else(|| SourceName::new(DRILLS).expect("`drills` is a name"))
    }

    /// One of its signals as it is told at `now`, marked as belonging to this drill; with `resolved`, as
    /// its end is told. Nothing where there is no such signal.
    pub fn signal(&self, index: usize, resolved: bool, now: Timestamp) -> Option<Signal> {
        let cue = self.signals.get(index)?;
        let holds = Duration::from_micros(self.length().as_micros() - cue.at.as_micros()) + HOLD_ON;
        let pairs = cue.labels.iter().filter(|(name, _)| *name != LABEL);
        let labels: BTreeMap<&str, &str> = pairs.chain([(LABEL, self.name.as_str())]).collect();
        let labels: Pairs = labels.into_iter().collect();
        let urgency = crate::case::Urgency::from_word(labels.get("severity").unwrap_or_default());
        Some(Signal {
            source: self.source(),
            adapter: Adapter::Drill,
            drill: true,
            urgency,
            labels,
            annotations: cue.annotations.clone(),
            url: "".into(),
            started_at: now,
            status: if resolved || cue.resolved {
                Status::Resolved { at: now }
            } else {
                Status::Firing { until: Some(now + holds) }
            },
        })
    }

    /// The services that its signals belong to under `catalog`.
    pub fn services(&self, catalog: &Catalog) -> BTreeSet<ServiceName> {
        let signals = (0..self.signals.len()).filter_map(|index| self.signal(index, false, Timestamp::EPOCH));
        let routed = signals.map(|signal| crate::signal::route(catalog, &signal).verdict);
        routed
            .filter_map(|verdict| match verdict {
                crate::signal::Verdict::Incident { service, .. } => service,
                crate::signal::Verdict::Drop { .. } => None,
            })
            .collect()
    }
}
