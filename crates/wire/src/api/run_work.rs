//! What machines are at in runs of runbooks.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use wheelhouse_core::name::PersonName;
use wheelhouse_core::record::{Body, RunHappening};
use wheelhouse_core::run::{Automated, RunId, Work, WorkState};
use wheelhouse_core::time::Timestamp;

use super::{Party, Time};

/// How a machine carries out a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepHow {
    /// `process`, `function`, `http`, `sql`, `wait`, `case`, `notify` or `runbook`.
    pub does: String,
    /// The SHA-256 of its script.
    pub script: String,
    /// How long an attempt may take.
    pub timeout_seconds: i64,
    /// Whether doing it twice does no more than doing it once.
    pub idempotent: bool,
    /// Whether its script knows runs that are only tried out.
    pub dry_run: bool,
    /// How many attempts there are at most.
    pub attempts: u32,
    /// How many people must agree before.
    pub approvals: u32,
    /// Which of these roles they hold.
    pub approving_roles: Vec<String>,
    /// The step that takes it back.
    pub undo: Option<String>,
    /// What only one run may hold at a time.
    pub lock: Option<String>,
    /// The labels that its runner must have.
    pub runner: Vec<String>,
}

/// What a machine is at with a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepWork {
    /// `turn`, `asking`, `locked`, `ready`, `leased`, `waiting`, `within` or `unknown`.
    pub state: String,
    /// Since when.
    pub since: Time,
    /// Who wanted it.
    pub asked_by: Party,
    /// Which attempt it is, from 1; 0 before the first.
    pub attempt: u32,
    /// Which entry of its list it is at, from 0.
    pub item: u32,
    /// How many entries its list has.
    pub items: Option<u32>,
    /// The digest of what it is carried out with.
    pub input: Option<String>,
    /// Until when people can agree, its runner must be heard of, or it waits; from when on it may begin.
    pub until: Option<Time>,
    /// Who has it.
    pub runner: Option<String>,
    /// By what its lease is known.
    pub epoch: Option<u64>,
    /// Whether it was asked to end.
    pub cancelling: bool,
    /// The run that it is.
    pub inner: Option<String>,
    /// The event that it waits for, as a pattern.
    pub awaits: Option<String>,
    /// Whether that event must be about the run's own case.
    pub awaits_of_case: bool,
    /// The run that holds the lock that it waits for.
    pub held_by: Option<String>,
    /// Who agreed so far.
    pub approved_by: Vec<String>,
    /// Who else could agree.
    pub can_approve: Vec<String>,
}

/// An attempt at a step that ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepAttempt {
    /// By what its lease was known.
    pub epoch: u64,
    /// When it ended.
    pub at: Time,
    /// `succeeded`, `unexpected`, `failed`, `timed_out`, `cancelled`, `not_started` or `unknown`.
    pub end: String,
    /// The exit status, or the status of the answer.
    pub exit: Option<i32>,
    /// Whether everything that it started was seen to be gone.
    pub gone: Option<bool>,
    /// What there is to say about it.
    pub text: Option<String>,
    /// How many bytes it said.
    pub output_bytes: u64,
    /// How many of them were not kept.
    pub lost_bytes: u64,
    /// The SHA-256 of what was kept of it.
    pub output_digest: Option<String>,
    /// What it handed to later steps.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub outputs: Map<String, Value>,
}

impl From<&Automated> for StepHow {
    fn from(how: &Automated) -> Self {
        let approval = how.approval.as_ref();
        Self {
            does: how.does.as_str().to_owned(),
            script: how.script.to_string(),
            timeout_seconds: how.timeout.as_seconds(),
            idempotent: how.idempotent,
            dry_run: how.dry_run,
            attempts: 1 + how.retry.map_or(0, |retry| retry.times),
            approvals: approval.map_or(0, |approval| approval.count),
            approving_roles: approval.iter().flat_map(|approval| &approval.roles).map(ToString::to_string).collect(),
            undo: how.undo.as_ref().map(ToString::to_string),
            lock: how.lock.clone(),
            runner: how.runner.clone(),
        }
    }
}

impl StepWork {
    /// What a machine is at, who could still agree to it, and which run holds the lock of its step.
    pub fn new(work: &Work, can_approve: Vec<PersonName>, holder: Option<RunId>) -> Self {
        let names = |people: &[PersonName]| people.iter().map(ToString::to_string).collect();
        let mut view = Self {
            state: work.state.as_str().to_owned(),
            since: work.since.into(),
            asked_by: (&work.asked_by).into(),
            attempt: work.attempt,
            item: work.item,
            items: work.items,
            input: work.input.as_ref().map(ToString::to_string),
            until: None,
            runner: None,
            epoch: None,
            cancelling: false,
            inner: None,
            awaits: None,
            awaits_of_case: false,
            held_by: None,
            approved_by: names(&work.approved_by),
            can_approve: Vec::new(),
        };
        match &work.state {
            WorkState::Asking { until } => {
                view.until = Some((*until).into());
                view.can_approve = names(&can_approve);
            }
            WorkState::Ready { from: until } => view.until = Some((*until).into()),
            WorkState::Waiting { until, event } => {
                view.until = Some((*until).into());
                view.awaits = event.as_ref().map(|event| event.pattern.to_string());
                view.awaits_of_case = event.as_ref().is_some_and(|event| event.of_case);
            }
            WorkState::Leased { epoch, runner, until, cancel } => {
                view.until = Some((*until).into());
                (view.runner, view.epoch, view.cancelling) = (Some(runner.to_string()), Some(epoch.0), *cancel);
            }
            WorkState::Within { run } => view.inner = Some(run.to_string()),
            WorkState::Locked => view.held_by = holder.map(|run| run.to_string()),
            WorkState::Turn | WorkState::Unknown => {}
        }
        view
    }
}

impl StepAttempt {
    /// The attempt that an entry says ended; nothing where it says something else.
    pub fn of(at: Timestamp, what: &RunHappening, body: &Body) -> Option<Self> {
        let RunHappening::AttemptEnded { epoch, end, exit, gone, output, .. } = what else { return None };
        let outputs = body.get("outputs").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        Some(Self {
            epoch: epoch.0,
            at: at.into(),
            end: end.as_str().to_owned(),
            exit: *exit,
            gone: *gone,
            text: body.get("text").cloned(),
            output_bytes: output.as_ref().map_or(0, |output| output.bytes),
            lost_bytes: output.as_ref().map_or(0, |output| output.lost),
            output_digest: output.as_ref().map(|output| output.hash.to_string()),
            outputs,
        })
    }
}
