//! Statistics: how long things took, who was told, and what cannot be told.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::Severity;
use wheelhouse_core::insight::{By, Figures, Key, Measure, SMALLEST_SAMPLE, Spread, Statistics, Telling};

use super::Time;
use super::schema::SeverityWord;
use super::time::seconds;

/// Statistics over the real incidents that were opened in a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// From when on.
    pub since: Time,
    /// Until when; that instant is not part of it.
    pub until: Time,
    /// What the incidents are told apart by: `service`, `team`, `severity`, `month`.
    pub by: Vec<String>,
    /// How quantiles are found: `nearest_rank`, the smallest value that at least so many per cent of all do
    /// not exceed; nothing is interpolated.
    pub quantile: String,
    /// From so many values on there are quantiles; below, the values themselves.
    pub smallest_sample: usize,
    /// How many incidents were opened for exercise; they are counted nowhere else.
    pub drills: u64,
    /// The groups that have an incident.
    pub groups: Vec<StatsGroup>,
}

/// The figures of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatsGroup {
    /// The service; null where they are not told apart by it, or no service is known.
    pub service: Option<String>,
    /// The team; null where they are not told apart by it.
    pub team: Option<String>,
    /// The severity; null where they are not told apart by it.
    #[schema(value_type = Option<SeverityWord>)]
    pub severity: Option<Severity>,
    /// The month in which they were opened, in UTC, `2026-11`; null where they are not told apart by it.
    pub month: Option<String>,
    /// How many incidents were measured.
    pub cases: u64,
    /// How many further incidents another one had brought about; they are not measured.
    pub symptoms: u64,
    /// How long things took.
    pub measures: Vec<StatsMeasure>,
    /// How telling went.
    pub told: StatsTold,
}

/// How long one thing took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatsMeasure {
    /// `detect` (the trouble began to the case was opened), and from then on `acknowledge`, `tell` (a channel
    /// accepted a notice for everybody affected), `mitigate` and `resolve`.
    pub measure: String,
    /// How many incidents tell it.
    pub count: usize,
    /// The 50th percentile; null where there are too few values.
    pub median_seconds: Option<f64>,
    /// The 90th percentile; null where there are too few values.
    pub p90_seconds: Option<f64>,
    /// All values, shortest first, where there are too few for quantiles; else null.
    pub values_seconds: Option<Vec<f64>>,
    /// How many incidents cannot tell it, and why.
    pub left_out: Vec<StatsLeftOut>,
}

/// Incidents that cannot tell how long something took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatsLeftOut {
    /// Why, for programs: `still_open`, `reported_by_hand`, `no_instant`, `before_opened`, `flapping`,
    /// `fell_silent`, `nobody_affected` or `not_all_told`.
    pub reason: String,
    /// The same in words, as they stand after a number.
    pub words: String,
    /// How many.
    pub cases: u64,
}

/// How telling went: each recipient counts once for every incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatsTold {
    /// A channel accepted a notice for them while it still mattered.
    pub told: u64,
    /// A channel accepted a notice for them when the harm had already stopped.
    pub late: u64,
    /// They were missed, by a person's word.
    pub missed: u64,
    /// The hub knew that they must be told and could not reach them.
    pub unreached: u64,
    /// A notice for them is under way; not part of `count`.
    pub under_way: u64,
    /// Of how many it is known whether they were told: told, late, missed and unreached together.
    pub count: u64,
    /// The share of them that was told, 0 to 1; null where there are none.
    pub rate: Option<f64>,
    /// Why they were missed.
    pub reasons: Vec<StatsMissed>,
}

/// Why recipients were missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatsMissed {
    /// Why, for programs.
    pub reason: String,
    /// How many.
    pub count: u64,
}

impl Stats {
    /// The statistics of a period.
    pub fn new(since: Time, until: Time, by: By, statistics: &Statistics) -> Self {
        let words = [(by.month, "month"), (by.severity, "severity"), (by.team, "team"), (by.service, "service")];
        Self {
            since,
            until,
            by: words.iter().filter(|(wanted, _)| *wanted).map(|(_, word)| (*word).to_owned()).collect(),
            quantile: "nearest_rank".to_owned(),
            smallest_sample: SMALLEST_SAMPLE,
            drills: statistics.drills(),
            groups: statistics.groups().map(|(key, figures)| StatsGroup::new(key, figures)).collect(),
        }
    }
}

impl StatsGroup {
    fn new(key: &Key, figures: &Figures) -> Self {
        Self {
            service: key.service.as_ref().and_then(|service| service.as_ref().map(ToString::to_string)),
            team: key.team.as_ref().map(ToString::to_string),
            severity: key.severity,
            month: key.month.map(|month| month.to_string()),
            cases: figures.cases,
            symptoms: figures.symptoms,
            measures: Measure::ALL.into_iter().map(|what| StatsMeasure::new(what, figures)).collect(),
            told: StatsTold::from(&figures.telling),
        }
    }
}

impl StatsMeasure {
    fn new(what: Measure, figures: &Figures) -> Self {
        let spread = figures.spread(what);
        let (median_seconds, p90_seconds, values_seconds) = match &spread {
            Spread::Quantiles { median, p90, .. } => (Some(seconds(*median)), Some(seconds(*p90)), None),
            Spread::Values(values) => (None, None, Some(values.iter().copied().map(seconds).collect())),
        };
        let left_out = figures.left_out(what).map(|(why, cases)| StatsLeftOut {
            reason: why.code().to_owned(),
            words: why.words().to_owned(),
            cases,
        });
        Self {
            measure: what.as_str().to_owned(),
            count: spread.count(),
            median_seconds,
            p90_seconds,
            values_seconds,
            left_out: left_out.collect(),
        }
    }
}

impl From<&Telling> for StatsTold {
    fn from(telling: &Telling) -> Self {
        let reasons = telling.reasons.iter();
        Self {
            told: telling.told,
            late: telling.late,
            missed: telling.missed,
            unreached: telling.unreached,
            under_way: telling.under_way,
            count: telling.count(),
            rate: rate(telling.told, telling.count()),
            reasons: reasons
                .map(|(reason, count)| StatsMissed { reason: (*reason).to_owned(), count: *count })
                .collect(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of people are exact far beyond any organisation")]
fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
