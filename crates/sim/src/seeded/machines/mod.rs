//! The stories in which machines carry out runbooks, people agree to it, and automations begin it.
//!
//! They are added to what the seed gives anyway, by numbers of their own: every other story stays as it is.

mod automations;
mod books;
mod more;
mod weave;

use std::sync::Arc;

use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::name::RoleName;

pub use automations::{AUTOMATIONS, name as automation};
pub use books::{BOOKS, name as book};
pub use more::{awaited, made};
pub use weave::Deed;

use super::script::Step;
use crate::rng::Rng;

/// Whether machines carry out runbooks in the story of a seed: one story in four, and none of those that once broke
/// a promise without them.
pub const fn are_in(seed: u64) -> bool {
    matches!(seed % 16, 0 | 4 | 6 | 12)
}

/// Whether such a story has all of it: every other one, and none of those that once broke a promise with less.
pub const fn are_all_in(seed: u64) -> bool {
    are_in(seed) && matches!(seed / 16 % 4, 1 | 2)
}

/// Puts people who work with machines into a story.
pub fn weave(story: &mut Vec<Step>, seed: u64) {
    weave::weave(story, seed);
    if are_all_in(seed) {
        more::weave(story, seed);
    }
}

/// The catalog number `version` of a story, with what machines and automations need where the story has them.
pub fn with(mut catalog: Catalog, seed: u64, version: u64) -> Catalog {
    if !are_in(seed) {
        return catalog;
    }
    let mut rng = Rng::new(seed ^ 0x03ac_41e5 ^ version << 32);
    for team in catalog.teams.values_mut().filter(|_| rng.chance(50)) {
        team.roles = vec!["deputy".into()];
    }
    catalog.organization.automations_per_hour = if rng.chance(25) { 1 + less(&mut rng, 4) } else { 60 };
    for number in 0..BOOKS {
        // Some stay as they were in the catalog before; some are gone.
        let edition = if rng.chance(50) { 0 } else { version };
        if number == 0 || rng.chance(90) {
            let one = books::book(seed, number, edition);
            let one = if are_all_in(seed) { more::enriched(one, seed, number, edition) } else { one };
            catalog.runbooks.insert(book(number), Arc::new(one));
        }
    }
    catalog.automations = automations::all(&mut rng);
    if are_all_in(seed) {
        catalog.automations = more::listening(&catalog.automations, &mut rng);
    }
    catalog
}

/// A team, a schedule, what teams give their members, or what nobody holds.
fn role(rng: &mut Rng) -> RoleName {
    let all = ["t0", "t1", "t2", "s0", "deputy", "deputy", "deputy", "nobody"];
    RoleName::new(rng.pick(&all).copied().unwrap_or("t0")).expect("letters are a name")
}

/// A number below another, as counts have it.
fn less(rng: &mut Rng, than: u64) -> u32 {
    u32::try_from(rng.below(than)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::run;
    use super::super::script::Script;
    use super::super::subject::Subject;
    use super::are_in;

    /// What the record of some story says of each thing that can happen. A promise that no story touches is kept by
    /// nobody.
    const TURNS: [&str; 59] = [
        r#""what":"turn_came""#,
        r#""what":"prepared""#,
        r#""what":"approval_asked""#,
        r#""what":"lock_wanted""#,
        r#""what":"lock_taken""#,
        r#""what":"lock_released""#,
        r#""what":"leased""#,
        r#""what":"cancel_asked""#,
        r#""what":"waits_until""#,
        r#""what":"within""#,
        r#""what":"work_dropped""#,
        r#""what":"resumed""#,
        r#""what":"undo_begun""#,
        r#""what":"stopping""#,
        r#""how":"completed""#,
        r#""how":"stopped""#,
        r#""how":"undone""#,
        r#""end":"succeeded""#,
        r#""end":"unexpected""#,
        r#""end":"failed""#,
        r#""end":"timed_out""#,
        r#""end":"cancelled""#,
        r#""end":"not_started""#,
        r#""end":"unknown""#,
        r#""cause":"takes_back""#,
        r#""cause":"does_not_apply""#,
        r#""cause":"nothing_in_list""#,
        r#""cause":"next_of_list""#,
        r#""cause":"tried_again""#,
        r#""cause":"every_attempt_failed""#,
        r#""cause":"must_be_said""#,
        r#""cause":"open_again""#,
        r#""cause":"agreed""#,
        r#""cause":"nobody_agreed""#,
        r#""cause":"lock_free""#,
        r#""cause":"inner_ended""#,
        r#""outcome":"started""#,
        r#""outcome":"would_have""#,
        r#""outcome":"awaits_approval""#,
        r#""what":"began""#,
        r#""what":"declined""#,
        r#""what":"caused""#,
        r#""because":"paused""#,
        r#""because":"breaker""#,
        r#""because":"cooldown""#,
        r#""because":"loop""#,
        r#""because":"target_limit""#,
        r#""because":"organization_limit""#,
        r#""what":"event_made""#,
        r#""for_event":true"#,
        r#""cause":"happened""#,
        r#""cause":"did_not_happen""#,
        r#""cause":"dry_run""#,
        r#""cause":"cannot_be_told""#,
        r#""judged":"quarantined""#,
        r#""judged":"approved""#,
        r#""judged":"trusted""#,
        r#""judged":"gone""#,
        r#""kind":"run_scheduled""#,
    ];

    #[test]
    fn stories_with_machines_have_every_turn_of_a_run_and_of_an_automation() -> Result<(), String> {
        let mut missing: Vec<&str> = TURNS.to_vec();
        for seed in (0..400).filter(|seed| are_in(*seed)) {
            let played = run::run(&Script::new(seed, super::super::STEPS), Subject::default())
                .map_err(|problem| format!("seed {seed}: {problem}"))?;
            for (canonical, _) in &played.hub.record {
                let text = String::from_utf8_lossy(canonical);
                missing.retain(|turn| !text.contains(turn));
            }
            if missing.is_empty() {
                return Ok(());
            }
        }
        Err(format!("no story has: {missing:?}"))
    }
}
