//! What was committed survives a power cut; what was in flight is there as a whole or not at all.
//! `WHEELHOUSE_ROUNDS` says for how many disks; `make soak` asks for 200.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod rig;
#[path = "vfs/mod.rs"]
mod vfs;

use rig::{Rig, key, signature_holds};
use vfs::{FaultVfs, Random};
use wheelhouse_store::{Sqlite, verify};

const PATH: &str = "/wheelhouse.db";

fn rounds() -> u64 {
    std::env::var("WHEELHOUSE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

/// Works until the power fails; returns the last commit that returned.
fn work(fault: &FaultVfs, seed: u64, checked: &mut u64) -> u64 {
    let Ok(store) = Sqlite::open_on_vfs(PATH, fault.name()) else { return 0 };
    let mut rig = Rig::start(store, seed);
    if rig.commit > 0 {
        let readers = rig.store.readers(1).unwrap();
        let found = verify(&readers, &key(), &signature_holds, None).unwrap();
        assert_eq!(found.problems, [], "after a power cut, seed {seed}");
        *checked += 1;
    }
    loop {
        rig.now = rig.now + wheelhouse_core::time::Duration::from_seconds(40);
        rig.do_what_is_due();
        rig.random_signal_or_adoption();
        if rig.commit().is_err() {
            assert!(fault.is_off(), "only the power cut makes an error, seed {seed}");
            return rig.commit;
        }
    }
}

#[test]
fn commits_survive_power_cuts() {
    let (mut checked, disks) = (0, rounds());
    for seed in 0..disks {
        let fault = FaultVfs::register(&format!("store-crash-{seed}"), seed);
        let mut random = Random::new(seed ^ 0xc0ffee);
        let mut committed = 0;
        for cut in 0..6 {
            // Not before the database and its schema are there: making them is many changes.
            fault.cut_after(if cut == 0 { 260 } else { 20 } + random.below(160));
            let last = work(&fault, seed * 100 + cut, &mut checked);
            assert!(fault.is_off());
            fault.power_cut();
            committed = committed.max(last);
            let mut store = Sqlite::open_on_vfs(PATH, fault.name()).unwrap();
            let found = wheelhouse_store::Store::load(&mut store, rig::KEEP).unwrap().commit;
            assert!((committed..=committed + 1).contains(&found), "{found} of {committed}, seed {seed}, cut {cut}");
            committed = found;
        }
        assert!(fault.sectors_lost() > 0, "the power cuts took nothing");
    }
    assert!(checked > disks * 3, "only {checked} databases were looked at");
}

/// A full disk refuses whole commits, keeps what it had, and takes more once there is room.
#[test]
fn a_full_disk_refuses_whole_commits_and_recovers() {
    for seed in 0..rounds() {
        let fault = FaultVfs::register(&format!("store-full-{seed}"), seed);
        let mut random = Random::new(seed ^ 0xf011);
        let mut rig = Rig::start(Sqlite::open_on_vfs(PATH, fault.name()).unwrap(), seed);
        let mut refused = 0;
        for _ in 0..4 {
            fault.leave_room(random.below(60_000) as usize);
            let kept = loop {
                rig.now = rig.now + wheelhouse_core::time::Duration::from_seconds(40);
                rig.do_what_is_due();
                rig.random_signal_or_adoption();
                let before = rig.commit;
                if let Err(error) = rig.commit() {
                    assert!(format!("{error:?}").contains("full"), "{error:?}, seed {seed}");
                    refused += 1;
                    break before;
                }
            };
            fault.leave_room(usize::MAX);
            // As the hub does: the world is what the store has, and it goes on.
            let store = Sqlite::open_on_vfs(PATH, fault.name());
            drop(rig);
            rig = Rig::start(store.unwrap(), seed + 1);
            assert_eq!(rig.commit, kept, "seed {seed}");
            let readers = rig.store.readers(1).unwrap();
            let found = verify(&readers, &key(), &signature_holds, None).unwrap();
            assert_eq!(found.problems, [], "after a full disk, seed {seed}");
            rig.random_signal_or_adoption();
            rig.commit().unwrap();
        }
        assert_eq!(refused, 4);
    }
}

#[test]
fn a_power_cut_while_the_schema_is_made_leaves_a_database_that_opens() {
    for after in 1..200 {
        let fault = FaultVfs::register(&format!("store-schema-{after}"), after);
        fault.cut_after(after);
        let done = Sqlite::open_on_vfs(PATH, fault.name()).is_ok();
        fault.power_cut();
        let mut rig = Rig::start(Sqlite::open_on_vfs(PATH, fault.name()).unwrap(), after);
        rig.step().unwrap();
        if done && after > 1 {
            return;
        }
    }
    panic!("making the schema took more than 200 changes");
}

#[test]
fn every_commit_is_synced_once() {
    let fault = FaultVfs::register("store-syncs", 3);
    let mut rig = Rig::start(Sqlite::open_on_vfs(PATH, fault.name()).unwrap(), 3);
    rig.random_signal_or_adoption();
    rig.commit().unwrap();
    for _ in 0..50 {
        let before = fault.syncs();
        rig.random_signal_or_adoption();
        rig.commit().unwrap();
        assert_eq!(fault.syncs() - before, 1);
    }
}
