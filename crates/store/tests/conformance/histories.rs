//! The world, the tables and the record are three views of one history: random histories, cut into
//! random commits, with cases leaving memory and hubs starting again in between.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wheelhouse_core::World;
use wheelhouse_core::case::{Case, CaseId};
use wheelhouse_core::name::SourceName;
use wheelhouse_core::signal::{Pairs, Signal};
use wheelhouse_store::{Store, verify};

use super::Tested;
use crate::engine::Engine as _;
#[allow(unused_imports, reason = "SQLite's store has the method by itself")]
use crate::rig::erasing::Committed as _;
use crate::rig::{KEEP, Rig, key, signature_holds};

/// Firing signals by what identifies them; what a repeat brought anew only memory knows.
fn signals(world: &World) -> BTreeMap<u64, (Option<CaseId>, SourceName, bool, Pairs)> {
    let identity = |signal: &Signal| (signal.source.clone(), signal.drill, signal.labels.clone());
    let all = world.signals().after(Default::default());
    all.map(|(number, active)| {
        let (source, drill, labels) = identity(&active.signal);
        (number.0, (active.case, source, drill, labels))
    })
    .collect()
}

fn cases(world: &World) -> BTreeMap<CaseId, Case> {
    world.cases().map(|case| (case.id, case.clone())).collect()
}

/// Compares the world in memory with the one that the store would start with.
fn compare(rig: &mut Rig<Tested>) -> World {
    rig.world.evict(rig.now, KEEP);
    let loaded = rig.store.load(KEEP).unwrap();
    let again = rig.world_of(&loaded);
    assert_eq!(cases(&again), cases(&rig.world));
    for case in rig.world.cases() {
        let messages = |world: &World| world.messages_of(case.id).cloned().collect::<Vec<_>>();
        assert_eq!(messages(&again), messages(&rig.world));
        // What was over before the time to reopen is no longer looked at, whichever it is.
        let counts = |case: &&Case| !case.state.is_resolved() || case.resolved_entry_at >= Some(rig.now - KEEP);
        let of_group = |world: &World| world.case_of_group(case.drill, &case.group).filter(counts).map(|case| case.id);
        assert_eq!(of_group(&again), of_group(&rig.world), "the case of {:?}", case.group);
    }
    assert_eq!(again.messages_waiting(), rig.world.messages_waiting());
    assert_eq!(signals(&again), signals(&rig.world));
    assert_eq!(again.tokens(), rig.world.tokens());
    assert_eq!(again.counters(), rig.world.counters());
    assert_eq!((loaded.commit, loaded.at), (rig.commit, Some(rig.now)));
    assert_eq!(loaded.frontier, rig.tree);
    let under_way = |id: &_| rig.world.message(*id).is_some();
    let claimed: Vec<_> = rig.claimed.iter().copied().filter(under_way).collect();
    assert_eq!(loaded.claimed.into_iter().collect::<Vec<_>>(), claimed);
    again
}

fn assert_sound(rig: &Rig<Tested>) {
    let readers = rig.store.readers(1).unwrap();
    let found = verify(&readers, &key(), &signature_holds, None).unwrap();
    let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!((found.entries, found.commits), (rig.tree.size(), rig.commit));
}

fn history(seed: u64, steps: usize) -> Rig<Tested> {
    let mut rig = Rig::start(Tested::fresh(), seed);
    for _ in 0..steps {
        rig.step().unwrap();
        if rig.random.one_in(8) {
            rig.erase_something();
        }
        if rig.random.one_in(6) {
            let again = compare(&mut rig);
            if rig.random.one_in(2) {
                rig.world = again;
            }
        }
    }
    compare(&mut rig);
    assert_sound(&rig);
    rig
}

proptest! {
    #![proptest_config(ProptestConfig { cases: Tested::HISTORIES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_is_the_same_in_memory_in_tables_and_in_the_record(seed in any::<u64>(), steps in 1usize..50) {
        let _kept = Tested::keep();
        let _rig = history(seed, steps);
    }
}

#[test]
fn a_long_history_with_days_of_closed_cases_folds_to_its_tables() {
    let (steps, entries) = Tested::LONG;
    let rig = history(7, steps);
    assert!(rig.tree.size() > entries, "only {} entries: cases hardly leave memory", rig.tree.size());
}

/// A person resolved one case of a service while it still fired, and opened an older one again before the
/// first was looked at again: both were open for the same thing.
#[test]
fn a_case_is_not_opened_again_beside_one_that_is_looked_at_again() {
    let rig = history(6_949_054_995_193_081_653, 17);
    assert_sound(&rig);
}
