//! What is different between two versions of a runbook, in words.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::attributes::Attributes;
use super::model::{Runbook, Step, StepKind};

/// One difference between two versions of a runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Difference {
    /// A step is new.
    StepAdded {
        /// What people call it.
        step: String,
        /// Whether a machine carries it out.
        automated: bool,
    },
    /// A step is gone.
    StepRemoved {
        /// What people called it.
        step: String,
        /// Whether a machine carried it out.
        automated: bool,
    },
    /// A step is another.
    StepChanged {
        /// What people call it.
        step: String,
        /// What of it: `script`, `timeout`, `wording` …
        of: Vec<String>,
    },
    /// The same steps come in another order.
    StepsReordered,
    /// The front matter says something else.
    FrontMatter {
        /// What about: `owners`, `parameter node`, `who may run it` …
        of: String,
    },
    /// It is called something else.
    Title {
        /// The title before.
        from: String,
        /// The title now.
        to: String,
    },
    /// The text is another, and nothing of the above.
    Wording,
}

/// Everything that is different between two versions, front matter first, then steps in order of the newer
/// version. Empty only where the files are the same.
pub fn differences(before: &Runbook, after: &Runbook) -> Vec<Difference> {
    let mut all = front(before, after);
    let removed = missing(before, after);
    let mut added = missing(after, before);
    let mut unpaired: Vec<&Step> = Vec::new();
    for step in removed {
        // A person's step is known by its words: one that went and one that came under the same heading are one
        // that was put in other words.
        let heading = before.phase_of(step).map(|phase| &phase.path);
        let pair = added.iter().position(|new| {
            step.block().is_none() && new.block().is_none() && after.phase_of(new).map(|phase| &phase.path) == heading
        });
        match pair {
            Some(at) => {
                let new = added.remove(at);
                all.push(Difference::StepChanged { step: called(new), of: [String::from("wording")].into() });
            }
            None => unpaired.push(step),
        }
    }
    for step in unpaired {
        all.push(Difference::StepRemoved { step: called(step), automated: step.block().is_some() });
    }
    for step in added {
        all.push(Difference::StepAdded { step: called(step), automated: step.block().is_some() });
    }
    let kept = after.steps.iter().filter_map(|step| before.step(&step.id).map(|old| (old, step)));
    for (old, step) in kept.clone() {
        let of = changed(old, step);
        if !of.is_empty() {
            all.push(Difference::StepChanged { step: called(step), of });
        }
    }
    let places: Vec<u32> = kept.map(|(old, _)| old.stretch.start).collect();
    if !places.is_sorted() {
        all.push(Difference::StepsReordered);
    }
    if all.is_empty() && before.hash != after.hash {
        all.push(Difference::Wording);
    }
    all
}

/// The steps of one version that the other does not have.
fn missing<'r>(one: &'r Runbook, other: &Runbook) -> Vec<&'r Step> {
    let known: BTreeSet<_> = other.steps.iter().map(|step| &step.id).collect();
    one.steps.iter().filter(|step| !known.contains(&step.id)).collect()
}

fn called(step: &Step) -> String {
    match step.block() {
        Some(_) => step.id.to_string(),
        None => step.title.clone(),
    }
}

fn changed(old: &Step, new: &Step) -> Vec<String> {
    let mut of: Vec<&str> = Vec::new();
    match (&old.kind, &new.kind) {
        (StepKind::Automated(old), StepKind::Automated(new)) => {
            of.extend((old.script != new.script).then_some("script"));
            of.extend((old.does != new.does).then_some("kind"));
            of.extend((old.program() != new.program()).then_some("interpreter"));
        }
        (StepKind::Manual, StepKind::Manual) => {}
        _ => of.push("who does it"),
    }
    attributes(&old.attributes, &new.attributes, &mut of);
    of.into_iter().map(String::from).collect()
}

fn attributes(old: &Attributes, new: &Attributes, of: &mut Vec<&str>) {
    let all = [
        (old.timeout != new.timeout, "timeout"),
        (old.role != new.role, "role"),
        (old.approve != new.approve, "approval"),
        (old.undo != new.undo, "undo"),
        (old.idempotent != new.idempotent, "idempotent"),
        (old.retry != new.retry, "retry"),
        (old.outputs != new.outputs, "outputs"),
        (old.lock != new.lock, "lock"),
        (old.expect != new.expect, "expect"),
        (old.condition != new.condition, "condition"),
        (old.each != new.each, "loop"),
        (old.parallel != new.parallel, "parallel group"),
        (old.runner != new.runner, "runner"),
        (old.secrets != new.secrets, "secrets"),
        (old.cwd != new.cwd, "folder"),
    ];
    of.extend(all.into_iter().filter(|(differs, _)| *differs).map(|(_, word)| word));
}

fn front(before: &Runbook, after: &Runbook) -> Vec<Difference> {
    let mut all = Vec::new();
    if before.title != after.title {
        all.push(Difference::Title { from: before.title.clone(), to: after.title.clone() });
    }
    let (old, new) = (&before.front, &after.front);
    let whole = [
        (old.owners != new.owners, "owners"),
        (old.services != new.services, "services"),
        (old.triggers != new.triggers, "triggers"),
        (old.roles.edit != new.roles.edit, "who may change it"),
        (old.roles.run != new.roles.run, "who may run it"),
        (old.roles.approve != new.roles.approve, "who may approve"),
        (old.controls != new.controls, "controls"),
        (old.drill_every != new.drill_every, "how often it is exercised"),
        (old.schedule != new.schedule, "when it is run by itself"),
    ];
    let named = whole.into_iter().filter(|(differs, _)| *differs).map(|(_, word)| word.to_string());
    all.extend(named.map(|of| Difference::FrontMatter { of }));
    let names: BTreeSet<&str> = old.parameters.iter().chain(&new.parameters).map(|one| one.name.as_str()).collect();
    for name in names {
        let find = |front: &[super::Parameter]| front.iter().find(|one| one.name == name).cloned();
        if find(&old.parameters) != find(&new.parameters) {
            all.push(Difference::FrontMatter { of: format!("parameter {name}") });
        }
    }
    all
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = |automated: &bool| if *automated { "automated" } else { "manual" };
        match self {
            Self::StepAdded { step, automated } => write!(f, "{} step added: {step}", kind(automated)),
            Self::StepRemoved { step, automated } => write!(f, "{} step removed: {step}", kind(automated)),
            Self::StepChanged { step, of } => write!(f, "step changed: {step} ({})", of.join(", ")),
            Self::StepsReordered => f.write_str("the steps come in another order"),
            Self::FrontMatter { of } => write!(f, "changed: {of}"),
            Self::Title { from, to } => write!(f, "called `{to}` instead of `{from}`"),
            Self::Wording => f.write_str("only words changed, no step did"),
        }
    }
}
