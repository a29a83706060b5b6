//! What half of the stories with machines have beside the rest: steps that wait for something to happen, functions,
//! scripts that know of runs that are only tried out, runbooks that only some may change, and times at which they begin
//! by themselves. Added by numbers of its own.

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use wheelhouse_core::automation::{Automation, Automations};
use wheelhouse_core::run::{Awaited, MadeEvent};
use wheelhouse_core::runbook::{Block, Does, Runbook, Schedule, Step, StepId, StepKind};
use wheelhouse_core::time::Duration;

use super::super::catalogs::{PEOPLE, written};
use super::super::script::{self, CATALOGS, Op};
use super::{BOOKS, Deed, books, role};
use crate::rng::Rng;

/// Automations that listen to what functions make.
const LISTENING: &str = "
{kind: Automation, name: done, team: t0, when: {kind: [event], type: [done]}, then: {runbook: any}}
---
{kind: Automation, name: looked, team: t0, when: {kind: [event], type: [looked, odd], data: {n: [1, 2]}}, then: {runbook: any}}
";

static POOL: LazyLock<Vec<Arc<Automation>>> =
    LazyLock::new(|| written(LISTENING).automations.iter().cloned().collect());

/// A runbook with all of it.
pub(super) fn enriched(mut book: Runbook, seed: u64, number: u64, edition: u64) -> Runbook {
    let mut rng = Rng::new(seed ^ 0x0a11_b00c ^ number << 16 ^ edition << 24);
    for step in &mut book.steps {
        enrich(&mut rng, step);
    }
    if rng.chance(45) {
        let step = waiting(&mut rng);
        let place = usize::try_from(rng.below(book.steps.len() as u64)).unwrap_or(0);
        book.steps.insert(place, step);
    }
    if rng.chance(45) {
        book.front.roles.edit = vec![role(&mut rng)];
    }
    if rng.chance(40) {
        let zone = rng.pick(&["", " UTC", " Europe/Vienna", " America/New_York"]).copied().unwrap_or_default();
        let days = if rng.chance(20) { "sat,sun " } else { "" };
        let text = format!("{days}{:02}:{:02}{zone}", (17 + rng.below(14)) % 24, rng.below(4) * 15);
        book.front.schedule = Schedule::parse(&text).ok();
    }
    book
}

fn enrich(rng: &mut Rng, step: &mut Step) {
    let StepKind::Automated(block) = &mut step.kind else { return };
    match block.does {
        Does::Process => {
            if rng.chance(30) {
                (block.does, block.script) = (Does::Function, "function".to_string());
            }
            step.attributes.dry_run = rng.chance(35);
        }
        Does::Wait if rng.chance(60) => block.script = awaits(rng),
        _ => {}
    }
}

fn waiting(rng: &mut Rng) -> Step {
    let block = Block { does: Does::Wait, language: "yaml".into(), interpreter: None, script: awaits(rng) };
    books::made(StepId::new("awaits").expect("letters are an id"), Some((block.does, block.script)), Default::default())
}

/// How the fence of a step is written that waits: which event, how long, and whether about the run's own case.
fn awaits(rng: &mut Rng) -> String {
    format!("await {} {} {}", rng.below(PATTERNS), rng.between(60, 5_400), u64::from(rng.chance(35)))
}

/// How many events there are that steps wait for.
const PATTERNS: u64 = 10;

/// What the fence of a step that waits says, behind its first word.
pub fn awaited(words: &str) -> Option<(Duration, Awaited)> {
    let mut numbers = words.split(' ').filter_map(|word| word.parse::<u64>().ok());
    let (which, seconds, of_case) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let awaited = Awaited::new(&pattern(which), of_case == 1).ok()?;
    Some((Duration::from_seconds(i64::try_from(seconds).ok()?), awaited))
}

/// The model reads these by itself: exact values of a few fields.
fn pattern(number: u64) -> Value {
    match number {
        0 => json!({"kind": ["case_opened"]}),
        1 => json!({"kind": ["acknowledged", "resolved"]}),
        2 => json!({"kind": ["signal_ended"], "service": {"name": ["v0"]}}),
        3 => json!({"kind": ["signal_fired", "signal_ended"], "service": {"name": ["v1", "v0"]}}),
        4 => json!({"kind": ["run_ended"], "run": {"how": ["completed", "stopped"]}}),
        5 => json!({"kind": ["event"], "type": ["done"]}),
        6 => json!({"kind": ["event"], "data": {"n": [1]}}),
        7 => json!({"case": {"severity": ["sev1", "sev2"]}}),
        8 => json!({"kind": ["severity_changed", "case_reopened"]}),
        _ => json!({"kind": ["event", "run_ended"]}),
    }
}

/// What a function answers with; now and then more than one may.
pub fn made(rng: &mut Rng) -> Vec<MadeEvent> {
    let many = if rng.chance(4) { 18 } else { rng.below(4) };
    let types = ["done", "looked", "odd"];
    let one = |rng: &mut Rng| MadeEvent::new(rng.pick(&types).copied().unwrap_or("odd"), json!({"n": rng.below(3)}));
    (0..many).filter_map(|_| one(rng).ok()).collect()
}

/// The automations of a catalog, of which some listen to functions.
pub(super) fn listening(automations: &Automations, rng: &mut Rng) -> Automations {
    let one = |one: &Arc<Automation>| match rng.pick(&POOL).filter(|_| rng.chance(30)) {
        Some(other) => Automation { when: other.when.clone(), ..(**one).clone() },
        None => (**one).clone(),
    };
    automations.iter().map(one).collect()
}

/// Puts people who try runbooks out, change them and approve what others changed into a story.
pub(super) fn weave(story: &mut Vec<script::Step>, seed: u64) {
    let mut rng = Rng::new(seed ^ 0x0a11_30f3);
    for _ in 0..6 + rng.below(4) {
        let place = usize::try_from(rng.below(story.len() as u64 + 1)).unwrap_or(0);
        let (who, fits) = (rng.below(PEOPLE), rng.chance(90));
        let what = match rng.below(12) {
            0..=2 => Op::Adopt(rng.below(CATALOGS)),
            3..=5 => Op::Machines(Deed::ApproveVersion { who, fits, book: rng.below(BOOKS), other: rng.chance(10) }),
            6..=7 => Op::Machines(Deed::Stale { which: rng.number(), odds: rng.below(8) }),
            _ => Op::Machines(Deed::Start {
                who,
                fits,
                book: rng.below(BOOKS),
                case: rng.chance(55).then(|| rng.number()),
                drill: rng.chance(15),
                by_itself: rng.chance(80),
                goes_back: rng.chance(30),
                tried_out: true,
            }),
        };
        let after = Duration::from_millis(rng.between(0, 120_000));
        story.insert(place, script::Step { after, cut: rng.chance(60), what });
    }
}
