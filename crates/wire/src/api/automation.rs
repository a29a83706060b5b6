//! Automations: what they are, what came of them, why not.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use wheelhouse_core::automation::{self as core, Automation as Defined, AutomationState, Gate, Judgement, Mode};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::AutomationAction;
use wheelhouse_core::record::{AutomationHappening, AutomationOutcome};
use wheelhouse_core::time::Timestamp;

use super::time::seconds;
use super::{FieldError, Party, Time};

/// An automation, and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AutomationSummary {
    /// Its name.
    pub name: String,
    /// The team that answers for it.
    pub team: String,
    /// A short text for people.
    pub summary: Option<String>,
    /// Whether it acts: `live` or `shadow`.
    pub mode: String,
    /// Where it stands: `ready`, `paused`, or `resting` because its last runs went wrong.
    pub state: String,
    /// The runbook that it runs.
    pub runbook: String,
    /// How often each thing came of it.
    pub totals: AutomationTotals,
    /// How many questions of it wait for people.
    pub waiting: usize,
    /// The last thing that came of it.
    pub last: Option<AutomationEvent>,
}

/// An automation in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AutomationDetail {
    /// What lists show of it.
    #[serde(flatten)]
    pub summary: AutomationSummary,
    /// Its condition, in CEL.
    pub condition: Option<String>,
    /// How long it leaves a target alone.
    pub cooldown_seconds: f64,
    /// How often it may act: about one target, in all, within how long.
    pub limits: AutomationLimits,
    /// Until when it rests, if it does.
    pub rests_until: Option<Time>,
    /// Who halted it, if somebody did.
    pub paused_by: Option<Party>,
    /// Since when it is halted.
    pub paused_at: Option<Time>,
    /// What waits for people, oldest first.
    pub questions: Vec<AutomationQuestion>,
    /// What came of it lately, newest first.
    pub recent: Vec<AutomationEvent>,
    /// The controls that its executions help to prove.
    pub controls: Vec<String>,
}

/// How often an automation may act.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AutomationLimits {
    /// About one target.
    pub target: u32,
    /// In all.
    pub all: u32,
    /// Within how long.
    pub within_seconds: f64,
}

/// How often each thing came of an automation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AutomationTotals {
    /// Runs begun.
    pub started: u64,
    /// Runs that would have begun.
    pub would_have: u64,
    /// Held back, as far as that was written down.
    pub held: u64,
    /// Questions to people.
    pub asked: u64,
    /// Runs that went wrong.
    pub failed: u64,
}

/// Something that an automation asks people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AutomationQuestion {
    /// Its number.
    pub number: u64,
    /// What it is about: `service/ledger`.
    pub target: String,
    /// What had happened: `case_opened`.
    pub event: String,
    /// The case, if it is for one.
    pub case: Option<String>,
    /// The version of the runbook that is agreed to.
    pub version: String,
    /// The values that the run is given; null where they were erased.
    pub parameters: Option<Value>,
    /// How many services may be touched; null where that cannot be told.
    pub services: Option<u32>,
    /// The most critical tier among them.
    pub tier: Option<u8>,
    /// Since when it waits.
    pub at: Time,
    /// Until when people can agree.
    pub until: Time,
    /// Whether that time is over.
    pub over: bool,
    /// Who has agreed so far.
    pub approved: Vec<String>,
    /// How many must.
    pub needed: u32,
    /// Who may: a team, a schedule, or a role that teams give.
    pub role: Option<String>,
    /// Whose action was the event: they do not count.
    pub requester: Option<String>,
}

/// Something that came of an automation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AutomationEvent {
    /// When.
    pub at: Time,
    /// What: `started`, `would_have`, `held`, `awaits_approval`, `approved`, `began`, `declined`, `caused`, `run_over`,
    /// `paused` or `resumed`.
    pub what: String,
    /// The same in words.
    pub text: String,
    /// What held it back: `cooldown`, `limit` …
    pub held: Option<String>,
    /// What had happened: `case_opened`.
    pub event: Option<String>,
    /// What it was about: `service/ledger`.
    pub target: Option<String>,
    /// The case.
    pub case: Option<String>,
    /// The run.
    pub run: Option<String>,
    /// Whether it belonged to an exercise.
    pub drill: bool,
    /// Who did it.
    pub by: Party,
}

/// What gates would answer about an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AutomationTest {
    /// The automation.
    pub name: String,
    /// Whether its pattern matches.
    pub matches: bool,
    /// Whether its condition says that the event is none of its business.
    pub is_not_about: bool,
    /// What would come of it, in words.
    pub outcome: String,
    /// The gates, in the order in which they count.
    pub gates: Vec<GateAnswer>,
    /// The values that the run would be given.
    pub parameters: Value,
    /// What may be touched, in words; null where that cannot be told.
    pub blast: Option<String>,
    /// Whether people would be asked.
    pub asks: bool,
}

/// What one gate answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GateAnswer {
    /// Which.
    pub gate: String,
    /// Whether it lets the automation pass.
    pub passes: bool,
    /// What holds it back, in words.
    pub text: Option<String>,
}

/// What a person does about a question of an automation, or about the automation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationWord {
    /// Why: needed to halt one.
    #[serde(default)]
    pub text: Option<String>,
}

impl AutomationWord {
    /// The action that halts an automation.
    pub fn pause(self) -> Result<AutomationAction, FieldError> {
        let text = self.text.filter(|text| !text.trim().is_empty());
        let text = text.ok_or_else(|| FieldError::new("text", "expected why it is halted"))?;
        Ok(AutomationAction::Pause { text })
    }
}

impl AutomationSummary {
    /// An automation as lists show it.
    pub fn new(automation: &Defined, state: Option<&AutomationState>, now: Timestamp) -> Self {
        let rests = state.is_some_and(|state| rests_until(automation, state).is_some_and(|until| until > now));
        let word = match state {
            Some(state) if state.paused.is_some() => "paused",
            Some(_) if rests => "resting",
            _ => "ready",
        };
        let totals = state.map(|state| state.totals).unwrap_or_default();
        let open = |state: &AutomationState| state.awaiting.values().filter(|one| one.until > now).count();
        Self {
            name: automation.name.to_string(),
            team: automation.team.to_string(),
            summary: automation.summary.clone(),
            mode: automation.mode.as_str().into(),
            state: word.into(),
            runbook: automation.runbook.to_string(),
            totals: AutomationTotals {
                started: totals.started,
                would_have: totals.would_have,
                held: totals.held,
                asked: totals.asked,
                failed: totals.failed,
            },
            waiting: state.map_or(0, open),
            last: state.and_then(|state| state.recent.back()).map(AutomationEvent::from),
        }
    }
}

impl AutomationDetail {
    /// An automation in full.
    pub fn new(automation: &Defined, state: Option<&AutomationState>, now: Timestamp) -> Self {
        let approval = automation.approval.as_ref();
        let question = |(number, one): (&u64, &core::Awaiting)| AutomationQuestion {
            number: *number,
            target: one.about.target.clone(),
            event: one.about.event.as_str().into(),
            case: one.case.map(|case| case.to_string()),
            version: one.version.to_string(),
            parameters: one.parameters.as_ref().and_then(|values| serde_json::to_value(values).ok()),
            services: one.blast.map(|blast| blast.services),
            tier: one.blast.map(|blast| blast.tier),
            at: Time(one.at),
            until: Time(one.until),
            over: one.until <= now,
            approved: one.approved.iter().map(ToString::to_string).collect(),
            needed: approval.map_or(1, |approval| approval.count),
            role: approval.map(|approval| approval.role.to_string()),
            requester: one.requester.as_ref().map(ToString::to_string),
        };
        let paused = state.and_then(|state| state.paused.as_ref());
        let limits = automation.limits;
        Self {
            summary: AutomationSummary::new(automation, state, now),
            condition: automation.condition.clone(),
            cooldown_seconds: seconds(automation.cooldown),
            limits: AutomationLimits { target: limits.target, all: limits.all, within_seconds: seconds(limits.within) },
            rests_until: state.and_then(|state| rests_until(automation, state)).filter(|until| *until > now).map(Time),
            paused_by: paused.map(|paused| Party::from(&paused.by)),
            paused_at: paused.map(|paused| Time(paused.at)),
            questions: state.into_iter().flat_map(|state| &state.awaiting).map(question).collect(),
            recent: state.into_iter().flat_map(|state| state.recent.iter().rev()).map(AutomationEvent::from).collect(),
            controls: automation.controls.clone(),
        }
    }
}

impl AutomationTest {
    /// What came of asking an automation about an event; no judgement where its pattern does not match.
    pub fn new(automation: &Defined, drill: bool, judgement: Option<&Judgement>) -> Self {
        let outcome = match judgement {
            None => "its pattern does not match".to_owned(),
            Some(judgement) if judgement.is_not_about => "its condition says no: nothing is written down".to_owned(),
            Some(judgement) => match judgement.holds() {
                Some((_, held)) => format!("held back: {held}"),
                None => passed(automation, drill, judgement).to_owned(),
            },
        };
        let gates = judgement.into_iter().flat_map(|judgement| &judgement.gates).map(GateAnswer::from).collect();
        Self {
            name: automation.name.to_string(),
            matches: judgement.is_some(),
            is_not_about: judgement.is_some_and(|judgement| judgement.is_not_about),
            outcome,
            gates,
            parameters: judgement.and_then(|one| serde_json::to_value(&one.parameters).ok()).unwrap_or_default(),
            blast: judgement.and_then(|one| one.blast).map(|blast| blast.to_string()),
            asks: judgement.is_some_and(|judgement| judgement.needs_approval),
        }
    }
}

fn passed(automation: &Defined, drill: bool, judgement: &Judgement) -> &'static str {
    match (automation.mode == Mode::Live && !drill, judgement.needs_approval) {
        (true, true) => "asks people to agree",
        (true, false) => "starts a run, if the rules of runs let it",
        (false, true) => "would have asked people, and then run",
        (false, false) => "would have run",
    }
}

fn rests_until(automation: &Defined, state: &AutomationState) -> Option<Timestamp> {
    state.open_since.map(|since| since + automation.breaker.rest)
}

impl From<&Gate> for GateAnswer {
    fn from(gate: &Gate) -> Self {
        let words = gate.held.as_ref().map(ToString::to_string);
        Self {
            gate: gate.name.as_str().into(),
            passes: gate.held.is_none(),
            text: match (&gate.says, words) {
                (Some(says), Some(words)) => Some(format!("{words}: {says}")),
                (None, words) => words,
                (Some(_), None) => None,
            },
        }
    }
}

impl From<&core::Recent> for AutomationEvent {
    fn from(recent: &core::Recent) -> Self {
        let (mut held, mut event, mut target, mut run) = (None, None, None, None);
        let what = match &recent.what {
            AutomationHappening::Considered { about, outcome } => {
                event = Some(about.event.as_str().to_owned());
                target = Some(about.target.clone());
                match outcome {
                    AutomationOutcome::Started { run: started, .. } => {
                        run = Some(started.to_string());
                        "started"
                    }
                    AutomationOutcome::WouldHave { .. } => "would_have",
                    AutomationOutcome::Held { why } => {
                        held = Some(why.word().to_owned());
                        "held"
                    }
                    AutomationOutcome::AwaitsApproval { .. } => "awaits_approval",
                }
            }
            AutomationHappening::Approved { .. } => "approved",
            AutomationHappening::Began { run: began, .. } => {
                run = Some(began.to_string());
                "began"
            }
            AutomationHappening::Declined { .. } => "declined",
            AutomationHappening::Expired { .. } => "expired",
            AutomationHappening::Caused { run: cause, .. } => {
                run = Some(cause.to_string());
                "caused"
            }
            AutomationHappening::RunOver { run: over, .. } => {
                run = Some(over.to_string());
                "run_over"
            }
            AutomationHappening::Paused => "paused",
            AutomationHappening::Resumed => "resumed",
        };
        Self {
            at: Time(recent.at),
            what: what.into(),
            text: recent.what.to_string(),
            held,
            event,
            target,
            case: recent.case.map(|case| case.to_string()),
            run,
            drill: recent.drill,
            by: Party::from(&recent.by),
        }
    }
}

/// All automations of a catalog as lists show them.
pub fn automations(catalog: &Catalog, states: &core::States, now: Timestamp) -> Vec<AutomationSummary> {
    let all = catalog.automations.iter();
    all.map(|automation| AutomationSummary::new(automation, states.get(&automation.name), now)).collect()
}
