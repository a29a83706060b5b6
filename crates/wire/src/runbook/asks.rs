//! What a step asks and says beside its script, held against what there will be when it is carried out.

use wheelhouse_core::runbook::{Attributes, Block, Does};

use super::task::task;
use super::wait;
use crate::expression;

/// What a condition can ask.
const CONDITION: [&str; 5] = ["parameters", "outputs", "steps", "drill", "case"];
/// What an expectation can ask.
const EXPECTATION: [&str; 7] = ["parameters", "outputs", "steps", "drill", "case", "exit", "said"];

/// What is wrong with the condition, with the expectation, and with a text that is no script: the attribute, and why.
pub(super) fn wrong(block: &Block, attributes: &Attributes) -> Vec<(&'static str, String)> {
    let asked = [("if", &attributes.condition, &CONDITION[..]), ("expect", &attributes.expect, &EXPECTATION[..])];
    let mut wrong: Vec<(&str, String)> = Vec::new();
    for (key, expression, known) in asked {
        let Some(expression) = expression else { continue };
        if let Err(why) = expression::check(expression, known) {
            wrong.push((key, why.to_string()));
        }
    }
    if attributes.dry_run && !block.does.is_script() {
        wrong.push(("dry_run", "only a script can know that a run is tried out".into()));
    }
    // Any value will do to see whether the text can be understood.
    let values = |name: &str| name.starts_with("WH_").then(|| "1".to_owned());
    let read = match block.does {
        Does::Wait => wait::check(&block.script),
        _ => task(block, &attributes.secrets, false, &values).map(|_| ()),
    };
    if let Err(why) = read {
        wrong.push(("kind", why));
    }
    wrong
}
