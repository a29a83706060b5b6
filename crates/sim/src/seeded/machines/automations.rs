//! Automations: a few that listen to something, with gates as chance sets them.

use std::sync::{Arc, LazyLock};

use wheelhouse_core::automation::{Above, Approval, Automation, Automations, Breaker, Limits, Mode as Acts};
use wheelhouse_core::name::AutomationName;
use wheelhouse_core::time::Duration;

use super::super::catalogs::{team, written};
use super::{BOOKS, book, less, role};
use crate::rng::Rng;

/// How many names of automations there are.
pub const AUTOMATIONS: u64 = 4;

/// What they may listen to. The model reads these patterns by itself: exact values of a few fields.
const LISTENING: &str = "
{kind: Automation, name: opened, team: t0, when: {kind: [case_opened]}, then: {runbook: any}}
---
{kind: Automation, name: opened-real, team: t0, when: {kind: [case_opened, case_reopened], drill: [false]}, then: {runbook: any}}
---
{kind: Automation, name: opened-v0, team: t0, when: {kind: [case_opened], service: {name: [v0]}}, then: {runbook: any}}
---
{kind: Automation, name: worse, team: t0, when: {kind: [severity_changed, acknowledged]}, then: {runbook: any}}
---
{kind: Automation, name: over, team: t0, when: {kind: [resolved, run_ended]}, then: {runbook: any}}
---
{kind: Automation, name: ended, team: t0, when: {kind: [run_ended], run: {how: [completed, undone]}}, then: {runbook: any}}
---
{kind: Automation, name: fired, team: t0, when: {kind: [signal_fired, signal_ended], service: {name: [v1]}}, then: {runbook: any}}
---
{kind: Automation, name: anything, team: t0, when: {drill: [false], case: {severity: [sev1, sev2]}}, then: {runbook: any}}
";

static POOL: LazyLock<Vec<Arc<Automation>>> =
    LazyLock::new(|| written(LISTENING).automations.iter().cloned().collect());

/// The automation number `number`.
pub fn name(number: u64) -> AutomationName {
    AutomationName::new(&format!("x{number}")).expect("a letter and a digit are a name")
}

/// The automations of a catalog.
pub fn all(rng: &mut Rng) -> Automations {
    let mut made = Vec::new();
    for number in 0..AUTOMATIONS {
        if rng.chance(85)
            && let Some(listens) = rng.pick(&POOL).cloned()
        {
            made.push(one(rng, number, &listens));
        }
    }
    made.into_iter().collect()
}

fn one(rng: &mut Rng, number: u64, listens: &Automation) -> Automation {
    let minutes = |rng: &mut Rng, most| Duration::from_minutes(rng.between(1, most));
    let above = Above {
        services: rng.chance(70).then(|| 1 + less(rng, 3)),
        tier: rng.chance(40).then(|| u8::try_from(1 + rng.below(4)).unwrap_or(1)),
    };
    let approval = Approval {
        above: rng.chance(50).then_some(above),
        role: role(rng),
        count: 1 + less(rng, 2),
        within: minutes(rng, 60),
    };
    Automation {
        name: name(number),
        // Another team than the one that keeps the runbooks has no right to them.
        team: team(if rng.chance(90) { 0 } else { 1 }),
        mode: if rng.chance(75) { Acts::Live } else { Acts::Shadow },
        runbook: book(rng.below(BOOKS)),
        cooldown: if rng.chance(30) { Duration::ZERO } else { minutes(rng, 40) },
        limits: Limits { target: 1 + less(rng, 3), all: 1 + less(rng, 6), within: minutes(rng, 120) },
        breaker: Breaker { failures: 1 + less(rng, 3), rest: minutes(rng, 90) },
        chain: 1 + less(rng, 3),
        approval: rng.chance(35).then_some(approval),
        ..listens.clone()
    }
}
