//! Runbooks that machines carry out, with everything that a fence can say.

use wheelhouse_core::runbook::{
    Approval, Attributes, Block, Does, Each, FrontMatter, Retry, Roles, Runbook, RunbookHash, RunbookName, Step,
    StepId, StepKind, Stretch,
};
use wheelhouse_core::time::Duration;

use super::super::runbooks::step_id;
use super::{less, role};
use crate::rng::Rng;

/// How many names of runbooks there are.
pub const BOOKS: u64 = 4;
/// The most steps on the way from top to bottom.
const STEPS: u64 = 4;

/// The runbook number `number`, which team `t0` keeps.
pub fn name(number: u64) -> RunbookName {
    RunbookName::parse(&format!("t0/m{number}")).expect("a repository and a stem are a name")
}

/// The step that takes back the step number `number`.
fn undo_of(number: u64) -> StepId {
    StepId::new(&format!("back-{number}")).expect("letters and a digit are an id")
}

/// An edition of a runbook.
pub fn book(seed: u64, number: u64, edition: u64) -> Runbook {
    let mut rng = Rng::new(seed ^ 0x0b00_ac41 ^ number << 16 ^ edition << 24);
    let name = name(number);
    let text = format!("# {name}, edition {edition}\n");
    let mut steps = Vec::new();
    for at in 0..1 + rng.below(STEPS) {
        let mut step = step(&mut rng, at, number);
        let back = (step.block().is_some() && rng.chance(40)).then(|| back(&mut rng, at));
        step.attributes.undo = back.as_ref().map(|back| back.id.clone());
        steps.push(step);
        steps.extend(back);
    }
    let run = if rng.chance(15) { vec![role(&mut rng)] } else { Vec::new() };
    let approve = if rng.chance(30) { vec![role(&mut rng), role(&mut rng)] } else { Vec::new() };
    Runbook {
        title: format!("Runbook {number}"),
        path: format!("t0:runbooks/m{number}.md"),
        hash: RunbookHash::of(&text),
        text: text.into(),
        summary: String::new(),
        front: FrontMatter { roles: Roles { run, approve, ..Roles::default() }, ..FrontMatter::default() },
        phases: Vec::new(),
        steps,
        findings: Vec::new(),
        name,
    }
}

fn step(rng: &mut Rng, number: u64, book: u64) -> Step {
    let (does, script) = match rng.below(100) {
        0..=19 => return made(step_id(number), None, Attributes { role: some_role(rng), ..Attributes::default() }),
        20..=73 => (Does::Process, "process".to_string()),
        74..=80 => (Does::Wait, format!("wait {}", rng.below(1_200))),
        81..=91 => (Does::Case, on_case(rng)),
        // Mostly one that itself begins none of these.
        _ => (Does::Runbook, format!("run {}", if rng.chance(80) { book + 1 } else { rng.below(BOOKS) })),
    };
    let mut attributes = repeated(rng);
    attributes.role = some_role(rng);
    attributes.approve =
        rng.chance(22).then(|| Approval { count: 1 + less(rng, 2), role: rng.chance(60).then(|| role(rng)) });
    attributes.parallel = rng.chance(35).then(|| "g".into());
    attributes.each = (does == Does::Process && rng.chance(20)).then(|| Each { of: "items".into(), limit: 5 });
    made(step_id(number), Some((does, script)), attributes)
}

/// A step that takes another one back.
fn back(rng: &mut Rng, number: u64) -> Step {
    let does = rng.chance(85).then(|| (Does::Process, "process".to_string()));
    let attributes = if does.is_some() { repeated(rng) } else { Attributes::default() };
    made(undo_of(number), does, attributes)
}

/// What is said of being carried out again, and of what no other run may touch meanwhile.
fn repeated(rng: &mut Rng) -> Attributes {
    let pause = Duration::from_seconds(rng.between(0, 60));
    Attributes {
        timeout: rng.chance(70).then(|| Duration::from_seconds(rng.between(30, 600))),
        idempotent: rng.chance(35),
        retry: rng.chance(30).then(|| Retry { times: 1 + less(rng, 2), pause }),
        lock: rng.chance(30).then(|| format!("l{}", rng.below(2))),
        ..Attributes::default()
    }
}

fn some_role(rng: &mut Rng) -> Option<wheelhouse_core::name::RoleName> {
    rng.chance(12).then(|| role(rng))
}

/// What a step does to its case; some open another one, to which automations may listen.
fn on_case(rng: &mut Rng) -> String {
    let all = ["note", "update", "mitigate", "resolve", "severity", "open 0", "open 1", "open 2", "open 0"];
    rng.pick(&all).copied().unwrap_or("note").to_string()
}

/// A step as it is written down; of people where nothing says how a machine does it.
pub(super) fn made(id: StepId, does: Option<(Does, String)>, attributes: Attributes) -> Step {
    let kind = does.map_or(StepKind::Manual, |(does, script)| {
        StepKind::Automated(Block { does, language: "sh".into(), interpreter: None, script })
    });
    Step { title: id.to_string(), id, phase: 0, kind, stretch: Stretch::default(), attributes }
}
