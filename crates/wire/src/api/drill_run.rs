//! Drills that the hub plays.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::drill::{self as core, Judgement};
use wheelhouse_core::time::Timestamp;

use super::schema::CaseIdText;

use super::{Cue, Expectation, Party, Time};

/// A drill that the hub plays, or has played, in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DrillRunSummary {
    /// Its number.
    pub run: u64,
    /// Which drill.
    pub drill: String,
    /// `running`, `held`, `stopped`, or `interrupted` where the hub stopped or could not go on.
    pub state: String,
    /// When it began.
    pub started_at: Time,
    /// Who started it.
    pub by: Party,
    /// When it ended; null while it is played.
    pub ended_at: Option<Time>,
    /// Who ended it.
    pub ended_by: Option<Party>,
}

/// A drill that the hub plays, or has played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DrillRun {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: DrillRunSummary,
    /// When it will be over, if nobody stops it; null where the catalog has the drill no more.
    pub ends_at: Option<Time>,
    /// Its signals, in the order in which they are sent.
    pub signals: Vec<RunSignal>,
    /// What is expected, and what was found of it so far.
    pub expectations: Vec<Expectation>,
    /// Whether everything expected was met; null unless it was played to its end.
    pub passed: Option<bool>,
    /// The cases that it caused.
    #[schema(value_type = Vec<CaseIdText>)]
    pub cases: Vec<CaseId>,
}

/// A signal of a drill that is played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunSignal {
    /// What it is.
    #[serde(flatten)]
    pub cue: Cue,
    /// When it is due.
    pub due_at: Time,
    /// Whether that has come, while the drill was played.
    pub sent: bool,
}

impl From<&core::DrillRun> for DrillRunSummary {
    fn from(run: &core::DrillRun) -> Self {
        let ended = run.ended.as_ref();
        Self {
            run: run.run,
            drill: run.drill.to_string(),
            state: ended.map_or("running", |ended| ended.how.as_str()).to_owned(),
            started_at: run.started_at.into(),
            by: Party::from(&run.by),
            ended_at: ended.map(|ended| Time(ended.at)),
            ended_by: ended.map(|ended| Party::from(&ended.by)),
        }
    }
}

impl DrillRun {
    /// A run as it stands at `now`; `drill` is what the catalog has under its name.
    pub fn new(
        run: &core::DrillRun,
        drill: Option<&core::Drill>,
        judgements: &[Judgement],
        cases: Vec<CaseId>,
        now: Timestamp,
    ) -> Self {
        let until = run.ended.as_ref().map_or(now, |ended| ended.at);
        let signal = |cue: &core::Cue| {
            let due_at = run.started_at + cue.at;
            RunSignal { cue: Cue::from(cue), due_at: due_at.into(), sent: due_at <= until }
        };
        let was_held = run.ended.as_ref().is_some_and(|ended| ended.how == core::RunOutcome::Held);
        let all_met = judgements.iter().all(|judgement| judgement.met);
        Self {
            summary: DrillRunSummary::from(run),
            ends_at: drill.map(|drill| Time(run.started_at + drill.length())),
            signals: drill.map(|drill| drill.signals.iter().map(signal).collect()).unwrap_or_default(),
            expectations: judgements
                .iter()
                .map(|judgement| Expectation::new(judgement, run.started_at, until))
                .collect(),
            passed: (was_held && !judgements.is_empty()).then_some(all_met),
            cases,
        }
    }
}
