//! Results never depend on where a batch was cut.

use wheelhouse_core::time::Timestamp;
use wheelhouse_core::{Context, advance, decide, needs};
use wheelhouse_wire::expression::CEL;

use super::catalogs::START;
use super::run::{Input, Played};
use crate::hub::{Fold, Hub, first_difference};
use crate::rng::Rng;

/// Plays what reached the kernel again with a commit after everything, and with others cut by
/// chance; says where the rows differ.
pub(super) fn same_rows(played: &Played, seed: u64) -> Result<(), String> {
    let mut rng = Rng::new(seed ^ 0xc075);
    let every = replay(&played.inputs, false, |_| true)?;
    let some = replay(&played.inputs, true, |index| index % 7 == 0 || rng.chance(20))?;
    for (name, other) in [("after every input", &every), ("by chance", &some)] {
        let (ours, theirs) = (&played.hub.tables, &other.tables);
        let difference = first_difference("case", &ours.cases, &theirs.cases)
            .or_else(|| first_difference("message", &ours.messages, &theirs.messages))
            .or_else(|| first_difference("token", &ours.tokens, &theirs.tokens))
            .or_else(|| first_difference("silence", &ours.silences, &theirs.silences))
            .or_else(|| first_difference("run", &ours.runs, &theirs.runs))
            .or_else(|| first_difference("automation", &ours.automations, &theirs.automations))
            .or_else(|| first_difference("standing", &ours.standings, &theirs.standings))
            .or_else(|| first_difference("repository", &ours.repositories, &theirs.repositories))
            .or_else(|| (ours.not_told != theirs.not_told).then(|| "the rows of who was not told".to_string()))
            .or_else(|| {
                let rows = |hub: &Hub| format!("{:?}", hub.tables.signals);
                (rows(&played.hub) != rows(other)).then(|| "the rows of signals".to_string())
            })
            .or_else(|| (ours.counters != theirs.counters).then(|| "the counters".to_string()));
        if let Some(difference) = difference {
            return Err(format!("7: with batches cut {name}: {difference}"));
        }
    }
    Ok(())
}

fn replay(inputs: &[(Timestamp, Input)], folds: bool, mut cut: impl FnMut(usize) -> bool) -> Result<Hub, String> {
    let (mut hub, mut fold, mut last) = (Hub::default(), Fold::default(), START);
    let commit = |hub: &mut Hub, fold: &mut Fold, now| {
        if hub.is_clean() {
            return Ok(());
        }
        hub.commit(now);
        if folds { fold.follow(hub) } else { Ok(()) }
    };
    for (index, (now, input)) in inputs.iter().enumerate() {
        let cx = Context::new(*now, &CEL);
        match input {
            Input::Due(limit) => {
                let plan = advance(&hub.world, *limit, &cx);
                hub.apply(plan.entries);
            }
            Input::Command(command) => {
                for id in needs(&hub.world, command).cases {
                    commit(&mut hub, &mut fold, *now)?;
                    if let Some((case, messages)) = hub.tables.load(id) {
                        hub.world.take_in(case, messages);
                    }
                }
                let plan = decide(&hub.world, command, &cx).map_err(|refusal| format!("7: now refused: {refusal}"))?;
                hub.apply(plan.entries);
            }
            Input::Restart => {
                commit(&mut hub, &mut fold, last)?;
                hub.restart(*now)?;
            }
        }
        last = *now;
        if cut(index) {
            commit(&mut hub, &mut fold, *now)?;
        }
    }
    commit(&mut hub, &mut fold, last)?;
    let difference = if folds { fold.difference(&hub.tables) } else { None };
    difference.map_or(Ok(hub), Err)
}
