//! Runbooks of a seeded catalog, and the stories in which people follow them.
//!
//! They are added to what the seed gives anyway, by numbers of their own: every other story stays as it is.

use std::sync::Arc;

use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::name::RoleName;
use wheelhouse_core::runbook::{
    Allowed, Attributes, FrontMatter, Parameter, ParameterKind, Roles, Runbook, RunbookHash, RunbookName, Step, StepId,
    StepKind, Stretch,
};
use wheelhouse_core::time::Duration;

use super::catalogs::PEOPLE;
use super::script::{self, Op};
use crate::rng::Rng;

/// How many names of runbooks there are; a catalog may lack some of them.
const RUNBOOKS: u64 = 3;
/// The most steps of a runbook.
const STEPS: u64 = 4;

/// Whether people follow runbooks in the story of a seed: one story in four.
pub fn are_in(seed: u64) -> bool {
    seed % 4 == 1
}

/// The runbook number `number`.
pub fn name(number: u64) -> RunbookName {
    RunbookName::parse(&format!("ops/b{number}")).expect("a repository and a stem are a name")
}

/// The step number `number` of any runbook; one more than there are is a step that no runbook has.
pub fn step_id(number: u64) -> StepId {
    StepId::new(&format!("step-{number}")).expect("letters and a digit are an id")
}

/// The catalog number `version` of a story, with runbooks where people follow them.
pub fn with(mut catalog: Catalog, seed: u64, version: u64) -> Catalog {
    if !are_in(seed) {
        return catalog;
    }
    let mut rng = Rng::new(seed ^ 0x0b00_c5a0 ^ version << 32);
    for one in catalog.teams.values_mut().filter(|_| rng.chance(30)) {
        one.roles = vec!["deputy".into()];
    }
    for number in 0..RUNBOOKS {
        if number > 0 && rng.chance(40) {
            continue;
        }
        // Some stay as they were in the catalog before.
        let edition = if rng.chance(30) { 0 } else { version };
        catalog.runbooks.insert(name(number), Arc::new(runbook(seed, number, edition)));
    }
    catalog
}

fn runbook(seed: u64, number: u64, edition: u64) -> Runbook {
    let mut rng = Rng::new(seed ^ 0x0b00_c0de ^ number << 16 ^ edition << 24);
    let name = name(number);
    let text = format!("# {name}, edition {edition}\n");
    let many = 1 + rng.below(STEPS);
    let mut steps: Vec<Step> = (0..many).map(|number| step(&mut rng, number)).collect();
    // The last one takes the first one back.
    if many > 1
        && rng.chance(30)
        && let Some(first) = steps.first_mut()
    {
        first.attributes.undo = Some(step_id(many - 1));
    }
    let roles = if rng.chance(35) { 1 + rng.below(2) } else { 0 };
    let run = (0..roles).map(|_| role(&mut rng)).collect();
    let node = Parameter {
        name: "node".into(),
        kind: ParameterKind::String,
        title: None,
        description: None,
        default: None,
        required: rng.chance(50),
        allowed: Allowed::default(),
    };
    let parameters = if rng.chance(40) { vec![node] } else { Vec::new() };
    Runbook {
        title: format!("Runbook {number}"),
        path: format!("ops:runbooks/b{number}.md"),
        hash: RunbookHash::of(&text),
        text: text.into(),
        summary: String::new(),
        front: FrontMatter { parameters, roles: Roles { run, ..Roles::default() }, ..FrontMatter::default() },
        phases: Vec::new(),
        // An edition may have none left.
        steps: if rng.chance(5) { Vec::new() } else { steps },
        findings: Vec::new(),
        name,
    }
}

fn step(rng: &mut Rng, number: u64) -> Step {
    let role = rng.chance(35).then(|| role(rng));
    Step {
        id: step_id(number),
        phase: 0,
        kind: StepKind::Manual,
        title: format!("do {number}"),
        stretch: Stretch::default(),
        attributes: Attributes { role, ..Attributes::default() },
    }
}

/// A team, a schedule, what teams give their members, or what nobody holds.
fn role(rng: &mut Rng) -> RoleName {
    let all = ["t0", "t1", "t2", "s0", "s1", "deputy", "deputy", "nobody"];
    RoleName::new(rng.pick(&all).copied().unwrap_or("t0")).expect("letters are a name")
}

/// What a person does in a run.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Settles a step as one of three things, perhaps without a word.
    Settle { how: u64, says: bool },
    /// Opens it again.
    Reopen,
    /// Ends the run.
    Stop,
}

/// Puts people who follow runbooks into a story.
pub fn weave(story: &mut Vec<script::Step>, seed: u64) {
    let mut rng = Rng::new(seed ^ 0x0b00_30f3);
    for _ in 0..3 + rng.below(4) {
        let place = usize::try_from(rng.below(story.len() as u64 + 1)).unwrap_or(0);
        // Most runs have something else happen between their steps.
        let (one, gap) =
            if rng.chance(6) { (crowd(&mut rng), 1) } else { (one_run(&mut rng), 1 + usize::from(rng.chance(50))) };
        for (index, step) in one.into_iter().enumerate() {
            story.insert((place + index * gap).min(story.len()), step);
        }
    }
}

/// A run from its start until most of its steps are settled, with some confusion.
fn one_run(rng: &mut Rng) -> Vec<script::Step> {
    let mut steps = vec![later(rng, start)];
    for step in 0..STEPS {
        let how = if rng.chance(60) { 0 } else { rng.below(3) };
        let work = Work::Settle { how, says: rng.chance(80) };
        steps.push(later(rng, |rng| does(rng, step, work)));
        if rng.chance(30) {
            steps.push(later(rng, anything));
        }
    }
    steps
}

/// More runs of one case than there may be.
fn crowd(rng: &mut Rng) -> Vec<script::Step> {
    let case = Some(rng.number());
    let start = |_: &mut Rng| Op::Start { who: 0, fits: true, runbook: 0, case, drill: false, seen: 0, odd: false };
    (0..22).map(|_| script::Step { after: Duration::ZERO, ..later(rng, start) }).collect()
}

fn later(rng: &mut Rng, what: impl FnOnce(&mut Rng) -> Op) -> script::Step {
    let after = Duration::from_millis(rng.between(0, 90_000));
    script::Step { after, cut: rng.chance(60), what: what(rng) }
}

fn start(rng: &mut Rng) -> Op {
    Op::Start {
        who: rng.below(PEOPLE),
        fits: rng.chance(70),
        runbook: rng.below(RUNBOOKS + 1),
        case: rng.chance(60).then(|| rng.number()),
        drill: rng.chance(20),
        seen: rng.below(10),
        odd: rng.chance(8),
    }
}

fn does(rng: &mut Rng, step: u64, work: Work) -> Op {
    // Mostly the run that was started last; sometimes one that is over or never was.
    let run = if rng.chance(75) { 0 } else { rng.below(8) };
    Op::Work { who: rng.below(PEOPLE), fits: rng.chance(75), run, step, work }
}

fn anything(rng: &mut Rng) -> Op {
    let step = rng.below(STEPS + 1);
    let work = match rng.below(10) {
        0..=3 => Work::Settle { how: rng.below(3), says: rng.chance(60) },
        4..=8 => Work::Reopen,
        _ => Work::Stop,
    };
    does(rng, step, work)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wheelhouse_core::case::CaseId;

    use super::super::run;
    use super::super::script::Script;
    use super::super::subject::Subject;
    use super::are_in;
    use crate::hub::Hub;

    /// A promise that no story touches is kept by nobody.
    #[test]
    fn stories_with_runbooks_have_every_end_and_every_turn_of_a_run() -> Result<(), String> {
        let mut missing = BTreeSet::from([
            "under way",
            "completed",
            "stopped",
            "for a case",
            "by itself",
            "for exercise",
            "in earnest",
            "done",
            "skipped",
            "failed",
            "opened again",
            "as many as there may be",
        ]);
        for seed in (0..400).filter(|seed| are_in(*seed)) {
            let played = run::run(&Script::new(seed, super::super::STEPS), Subject::default())
                .map_err(|problem| format!("seed {seed}: {problem}"))?;
            let seen = turns(&played.hub);
            missing.retain(|one| !seen.contains(one));
            if missing.is_empty() {
                return Ok(());
            }
        }
        Err(format!("no story has: {missing:?}"))
    }

    fn turns(hub: &Hub) -> BTreeSet<&'static str> {
        let mut seen = BTreeSet::new();
        for one in hub.tables.runs.values() {
            seen.insert(one.ended.as_ref().map_or("under way", |end| end.how.as_str()));
            seen.insert(if one.case.is_some() { "for a case" } else { "by itself" });
            seen.insert(if one.drill { "for exercise" } else { "in earnest" });
            let settled = one.steps.iter().filter_map(|step| step.settled.as_ref());
            seen.extend(settled.map(|settled| settled.how.as_str()));
        }
        let reopens = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("step_reopened");
        if hub.record.iter().any(|(canonical, _)| reopens(canonical)) {
            seen.insert("opened again");
        }
        let mut cases: Vec<CaseId> = hub.tables.runs.values().filter_map(|one| one.case).collect();
        cases.sort();
        if cases.chunk_by(|a, b| a == b).any(|of_one| of_one.len() >= 20) {
            seen.insert("as many as there may be");
        }
        seen
    }
}
