//! The gates between an event and a run. All of them are asked, so that each can say why not.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use super::event::Event;
use super::memory::Memory;
use super::model::Automation;
use super::state::{AutomationState, Link};
use super::{Blast, MOST_AWAITING, MOST_TARGETS, blast, is_open, opens_after};
use crate::catalog::Catalog;
use crate::expression::Conditions;
use crate::record::Held;
use crate::runbook::{Runbook, owners};
use crate::time::{Duration, Timestamp};

/// What is asked of an automation.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The catalog in force.
    pub catalog: &'a Catalog,
    /// What answers expressions.
    pub conditions: &'static dyn Conditions,
    /// The present instant.
    pub now: Timestamp,
    /// The automation.
    pub automation: &'a Automation,
    /// What happened.
    pub event: &'a Event,
    /// What is remembered of all automations.
    pub memory: &'a Memory<'a>,
    /// What the event follows from.
    pub chain: &'a [Link],
}

/// A gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GateName {
    /// The condition of the automation.
    Condition,
    /// A person's word that it is to stand still.
    Paused,
    /// Its windows.
    Window,
    /// The guard against going round in circles.
    Loop,
    /// Its breaker.
    Breaker,
    /// How long it leaves a target alone.
    Cooldown,
    /// How often it may act, about a target, in all, and with all others.
    Limits,
    /// What waits for people, and what can be remembered.
    Room,
    /// The values that the run is given.
    Parameters,
    /// Whether its team may run the runbook.
    Role,
}

impl GateName {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Paused => "paused",
            Self::Window => "window",
            Self::Loop => "loop",
            Self::Breaker => "breaker",
            Self::Cooldown => "cooldown",
            Self::Limits => "limits",
            Self::Room => "room",
            Self::Parameters => "parameters",
            Self::Role => "role",
        }
    }
}

/// What a gate answers.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Which.
    pub name: GateName,
    /// What holds the automation back here; nothing where it may pass.
    pub held: Option<Held>,
    /// What there is to say beside that; it may cite the event.
    pub says: Option<String>,
}

/// What all gates answer.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Whether the condition says that the event is none of the automation's business.
    pub is_not_about: bool,
    /// The answers, in the order in which they count.
    pub gates: Vec<Gate>,
    /// The values that the run is given, as far as they can be told.
    pub parameters: BTreeMap<String, Value>,
    /// What may be touched; absent where that cannot be told.
    pub blast: Option<Blast>,
    /// Whether people must agree first.
    pub needs_approval: bool,
}

impl Judgement {
    /// The first gate that holds the automation back.
    pub fn holds(&self) -> Option<(&Gate, &Held)> {
        self.gates.iter().find_map(|gate| Some((gate, gate.held.as_ref()?)))
    }
}

/// Asks all gates of an automation whose pattern matches.
pub fn judge(asked: &Asked<'_>) -> Judgement {
    let Asked { catalog, automation, event, .. } = *asked;
    let state = asked.memory.get(&automation.name);
    let variables = event.variables();
    let condition = automation.condition.as_deref().map_or(Ok(true), |text| asked.conditions.holds(text, &variables));
    let is_not_about = condition == Ok(false);
    let given = parameters(automation, &variables, asked.conditions);
    let extent = blast(catalog, event.service.as_ref());
    let gate = |name, held: Option<Held>| Gate { name, held, says: None };
    let told = |name, held: Held, outcome: Option<String>| Gate {
        name,
        held: outcome.is_some().then_some(held),
        says: outcome,
    };
    let gates = Vec::from([
        told(GateName::Condition, Held::Condition, condition.err()),
        gate(GateName::Paused, state.and_then(|state| state.paused.as_ref()).map(|_| Held::Paused)),
        gate(GateName::Window, window(asked)),
        gate(GateName::Loop, goes_round(asked)),
        gate(GateName::Breaker, state.and_then(|state| breaker(asked, state))),
        gate(GateName::Cooldown, state.and_then(|state| cooldown(asked, state))),
        gate(GateName::Limits, limits(asked, state)),
        gate(GateName::Room, state.and_then(|state| room(asked, state))),
        told(GateName::Parameters, Held::Condition, given.as_ref().err().cloned()),
        told(GateName::Role, Held::Refused, role(asked)),
    ]);
    Judgement {
        is_not_about,
        gates,
        parameters: given.unwrap_or_default(),
        blast: extent,
        needs_approval: automation.approval.as_ref().is_some_and(|approval| approval.is_needed(extent)),
    }
}

/// What keeps an automation from beginning anything more about a target in earnest: that it leaves the target alone, or
/// that a limit is used up.
pub fn used_up(
    catalog: &Catalog,
    automation: &Automation,
    memory: &Memory<'_>,
    target: &str,
    now: Timestamp,
) -> Option<Held> {
    let (state, key) = (memory.get(&automation.name), AutomationState::key(false, target));
    let cools = state.and_then(|state| cools(automation, state, &key, now));
    cools.or_else(|| limited(catalog, (automation, state), memory, &key, now))
}

/// The values that a run is given, or why one of them cannot be told.
pub fn parameters(
    automation: &Automation,
    variables: &Value,
    conditions: &dyn Conditions,
) -> Result<BTreeMap<String, Value>, String> {
    let mut values = automation.with.clone();
    for (name, expression) in &automation.from {
        let value = conditions.value(expression, variables).map_err(|error| format!("`{name}`: {error}"))?;
        values.insert(name.clone(), value);
    }
    Ok(values)
}

fn window(asked: &Asked<'_>) -> Option<Held> {
    let Automation { windows, time_zone, .. } = asked.automation;
    let is_shut = !is_open(windows, time_zone, asked.now);
    is_shut.then(|| Held::Window { until: opens_after(windows, time_zone, asked.now) })
}

/// It follows from itself about the same target, or from as many others as it may.
fn goes_round(asked: &Asked<'_>) -> Option<Held> {
    let own = |link: &Link| link.automation == asked.automation.name && link.target == asked.event.target;
    let depth = u32::try_from(asked.chain.len()).unwrap_or(u32::MAX).saturating_add(1);
    (asked.chain.iter().any(own) || depth > asked.automation.chain).then_some(Held::Loop { depth })
}

fn breaker(asked: &Asked<'_>, state: &AutomationState) -> Option<Held> {
    let until = state.open_since? + asked.automation.breaker.rest;
    (asked.now < until).then_some(Held::Breaker { until })
}

fn cooldown(asked: &Asked<'_>, state: &AutomationState) -> Option<Held> {
    cools(asked.automation, state, &AutomationState::key(asked.event.drill, &asked.event.target), asked.now)
}

fn cools(automation: &Automation, state: &AutomationState, key: &str, now: Timestamp) -> Option<Held> {
    let until = state.targets.get(key)?.started_at? + automation.cooldown;
    (now < until).then_some(Held::Cooldown { until })
}

fn limits(asked: &Asked<'_>, state: Option<&AutomationState>) -> Option<Held> {
    let key = AutomationState::key(asked.event.drill, &asked.event.target);
    limited(asked.catalog, (asked.automation, state), asked.memory, &key, asked.now)
}

fn limited(
    catalog: &Catalog,
    (automation, state): (&Automation, Option<&AutomationState>),
    memory: &Memory<'_>,
    key: &str,
    now: Timestamp,
) -> Option<Held> {
    let limits = automation.limits;
    let is_drill = |target: &str| target.starts_with("drill:");
    let own = || state.into_iter().flat_map(|state| &state.starts);
    let about = own().filter(|start| start.target == key).map(|start| start.at);
    if let Some(until) = until(about, limits.target, limits.within, now) {
        return Some(Held::TargetLimit { until });
    }
    let in_all = own().filter(|start| is_drill(&start.target) == is_drill(key)).map(|start| start.at);
    if let Some(until) = until(in_all, limits.all, limits.within, now) {
        return Some(Held::Limit { until });
    }
    // What only would have begun takes nobody's place.
    let live = memory.iter().flat_map(|state| &state.starts).filter(|start| start.live).map(|start| start.at);
    let hour = Duration::from_hours(1);
    until(live, catalog.organization.automations_per_hour, hour, now).map(|until| Held::OrganizationLimit { until })
}

/// Until when a limit is used up, if it is: at most `most` starts within any stretch of time.
fn until(starts: impl Iterator<Item = Timestamp>, most: u32, within: Duration, now: Timestamp) -> Option<Timestamp> {
    let mut lately: Vec<Timestamp> = starts.filter(|at| *at + within > now).collect();
    lately.sort_unstable();
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let first = lately.len().checked_sub(most)?;
    Some(lately.get(first).map_or(now + within, |at| *at + within))
}

fn room(asked: &Asked<'_>, state: &AutomationState) -> Option<Held> {
    let waits = || state.awaiting.iter().filter(|(_, awaiting)| awaiting.until > asked.now);
    if let Some((number, _)) = waits().find(|(_, awaiting)| awaiting.about.target == asked.event.target) {
        return Some(Held::AwaitsAlready { number: *number });
    }
    let is_known = state.targets.contains_key(&AutomationState::key(asked.event.drill, &asked.event.target));
    let is_full = waits().count() >= MOST_AWAITING || (!is_known && state.targets.len() >= MOST_TARGETS);
    is_full.then_some(Held::TooMuchUnderWay)
}

/// Why the automation's team may not run the runbook, if so: it acts on the authority of its team.
fn role(asked: &Asked<'_>) -> Option<String> {
    let automation = asked.automation;
    let Some(runbook) = asked.catalog.runbooks.get(&automation.runbook) else {
        return Some(format!("the catalog has no runbook {}", automation.runbook));
    };
    if may_run(asked.catalog, runbook, automation) {
        return None;
    }
    let roles: Vec<String> = runbook.front.roles.run.iter().map(ToString::to_string).collect();
    let wanted = if roles.is_empty() { "those who keep it".to_string() } else { roles.join(", ") };
    Some(format!("team {} may not run {}; {wanted} may", automation.team, automation.runbook))
}

fn may_run(catalog: &Catalog, runbook: &Runbook, automation: &Automation) -> bool {
    let roles = &runbook.front.roles.run;
    if roles.is_empty() {
        return owners(catalog, runbook).contains(&automation.team);
    }
    let given = catalog.teams.get(&automation.team).map(|team| team.roles.as_slice()).unwrap_or_default();
    roles.iter().any(|role| role.as_str() == automation.team.as_str() || given.iter().any(|one| one == role.as_str()))
}
