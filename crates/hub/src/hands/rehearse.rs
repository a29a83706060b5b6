//! Runs that are only tried out: what of a step cannot be told, and whether it could be understood.

use std::collections::BTreeMap;

use wheelhouse_core::runbook::{Does, Step, StepId};
use wheelhouse_wire::runbook::task;

use super::given::{StepInput, text, variable};
use super::ready::Known;

/// What of a step cannot be told because an earlier step handed on nothing, having only been tried out; nothing where
/// all of it can, or the run is in earnest.
pub(super) fn untold(known: &Known, step: &Step) -> Option<String> {
    if !known.run.dry_run {
        return None;
    }
    let missing = missing(known, step);
    let wanted: Vec<String> = missing
        .iter()
        .filter(|(name, _)| asks_for(step, name))
        .map(|(name, by)| format!("`{name}`, which step {by} would hand on"))
        .collect();
    (!wanted.is_empty()).then(|| format!("it depends on {}", wanted.join(", ")))
}

/// Reads what a step says that is no script, as it would be carried out.
///
/// # Errors
/// For people: what is wrong with it.
pub(super) fn read(known: &Known, step: &Step, input: &StepInput) -> Result<(), String> {
    let Some(block) = step.block().filter(|block| known.run.dry_run && !block.does.is_script()) else { return Ok(()) };
    let first = input.items.as_ref().and_then(|items| items.first());
    let values = |name: &str| match (name, first) {
        ("WH_ITEM", Some(item)) => Some(text(item)),
        ("WH_ITEM_INDEX", Some(_)) => Some("0".to_owned()),
        _ => input.environment.get(name).cloned(),
    };
    task(block, &input.secrets, known.run.drill, &values).map(|_| ())
}

/// What earlier steps would hand on and did not, and which step that is.
fn missing<'k>(known: &'k Known, step: &Step) -> BTreeMap<&'k str, &'k StepId> {
    let earlier = known.runbook.steps.iter().take_while(|earlier| earlier.id != step.id);
    let named = earlier.flat_map(|earlier| earlier.attributes.outputs.iter().map(|name| (name.as_str(), &earlier.id)));
    named.filter(|(name, _)| known.given.value(name).is_none()).collect()
}

/// Whether a step asks for a value of a name: in its list, its condition, or what it says.
fn asks_for(step: &Step, name: &str) -> bool {
    let attributes = &step.attributes;
    let listed = attributes.each.as_ref().is_some_and(|each| each.of == name);
    let asked = attributes.condition.as_deref().is_some_and(|condition| has_word(condition, name));
    let script = step.block().map_or("", |block| block.script.as_str());
    // A function may read it from its document.
    let of_document = step.block().is_some_and(|block| block.does == Does::Function) && has_word(script, name);
    listed || asked || of_document || has_word(script, &variable(name))
}

fn has_word(text: &str, word: &str) -> bool {
    let is_border = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + word.len()..).unwrap_or_default());
        is_border(before.chars().next_back()) && is_border(after.chars().next())
    })
}
