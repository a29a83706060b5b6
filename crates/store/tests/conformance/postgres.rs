//! What only PostgreSQL has: leases, several hubs, a server that goes away.

use std::time::Duration;

use wheelhouse_core::time::Timestamp;
use wheelhouse_store::{Address, Batch, Lease, Postgres, Readers, Store, StoreError, verify};

use crate::engine::{LEASE, lease, org};
use crate::rig::{KEEP, Rig, key, signature_holds};
use crate::server::shared;

fn leader(address: &Address, holder: &str, lasts: Duration) -> (Lease, u64) {
    let mut lease = lease(address, holder, lasts);
    lease.prepare().unwrap();
    let epoch = lease.take().unwrap().unwrap();
    (lease, epoch)
}

fn sound(address: &Address) {
    let readers = Readers::open_postgres(address.clone(), 1).unwrap();
    let found = verify(&readers, &key(), &signature_holds, None).unwrap();
    assert_eq!(found.problems.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn one_hub_leads_and_another_takes_over_when_its_time_is_up() {
    let server = shared();
    let address = Address::parse(&server.url(), &org()).unwrap();
    let (mut first, epoch) = leader(&address, "first", Duration::from_millis(1_500));
    let mut second = lease(&address, "second", Duration::from_millis(1_500));
    assert_eq!((epoch, second.take().unwrap()), (1, None));
    let seen = second.leader().unwrap().unwrap();
    assert_eq!((seen.epoch, seen.holder.as_str()), (1, "first"));
    assert!(seen.left.unwrap() <= Duration::from_millis(1_500));
    assert!(first.renew(epoch).unwrap());
    let mut rig = Rig::start(Postgres::open(address.clone(), epoch, LEASE).unwrap(), 1);
    rig.step().unwrap();
    std::thread::sleep(Duration::from_millis(1_600));
    // Its time is over, but nobody has taken over: it may still go on.
    rig.step().unwrap();
    assert_eq!(second.take().unwrap(), Some(2));
    assert!(!first.renew(epoch).unwrap(), "whoever was superseded does not come back");
    let (before, size) = (rig.commit, rig.tree.size());
    rig.random_signal();
    let (batch, _) = rig.batch();
    assert!(matches!(rig.store.commit(&batch).unwrap_err(), StoreError::Superseded { epoch: 1, found: 2 }));
    let mut other = Postgres::open(address.clone(), 2, LEASE).unwrap();
    let loaded = other.load(KEEP).unwrap();
    assert_eq!((loaded.commit, loaded.frontier.size()), (before, size));
    let mut rig = Rig::start(other, 2);
    rig.step().unwrap();
    second.give_up(2).unwrap();
    assert_eq!(first.take().unwrap(), Some(3), "what was given up is free at once");
    sound(&address);
}

#[test]
fn a_server_that_crashed_and_came_back_has_every_commit_that_was_answered() {
    let server = shared();
    let address = Address::parse(&server.url(), &org()).unwrap();
    let (mut lease, epoch) = leader(&address, "only", LEASE);
    let store = Postgres::open(address.clone(), epoch, LEASE).unwrap();
    let readers = store.readers(2).unwrap();
    let mut rig = Rig::start(store, 3);
    for _ in 0..10 {
        rig.step().unwrap();
    }
    let size = rig.tree.size();
    server.crash();
    rig.random_signal();
    let (batch, tree) = rig.batch();
    let refused = rig.store.commit(&batch).unwrap_err();
    assert!(!refused.is_about_the_batch(), "{refused}");
    assert!(readers.tree_size().is_err());
    server.start_again();
    assert_eq!(readers.tree_size().unwrap(), size, "readers connect again by themselves");
    assert!(lease.renew(epoch).unwrap());
    rig.store.commit(&batch).unwrap();
    assert_eq!(rig.store.load(KEEP).unwrap().frontier, tree);
    sound(&address);
}

#[test]
fn a_commit_whose_answer_is_lost_is_found_out_about_before_anybody_hears() {
    let server = shared();
    let address = Address::parse(&server.url(), &org()).unwrap();
    let (_lease, epoch) = leader(&address, "only", LEASE);
    let mut rig = Rig::start(Postgres::open(address.clone(), epoch, LEASE).unwrap(), 4);
    for _ in 0..5 {
        rig.step().unwrap();
    }
    // The server ends the connection within the commit, once before it is made.
    server.execute(
        "CREATE FUNCTION wheelhouse.cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON wheelhouse.commits DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION wheelhouse.cut()",
    );
    rig.random_signal();
    let (batch, tree) = rig.batch();
    let error = rig.store.commit(&batch).unwrap_err();
    assert!(matches!(error, StoreError::Database(_)), "{error}");
    server.execute("DROP TRIGGER cut ON wheelhouse.commits");
    rig.store.commit(&batch).unwrap();
    assert_eq!(rig.store.load(KEEP).unwrap().frontier, tree);
    sound(&address);
}

#[test]
fn organisations_share_tables_and_see_nothing_of_each_other() {
    let server = shared();
    let addresses: Vec<Address> = (0..2).map(|_| Address::parse(&server.url(), &org()).unwrap()).collect();
    let mut rigs: Vec<_> = addresses
        .iter()
        .map(|address| {
            let (_, epoch) = leader(address, "hub", LEASE);
            Rig::start(Postgres::open(address.clone(), epoch, LEASE).unwrap(), 5)
        })
        .collect();
    for step in 0..30 {
        rigs[step % 2].step().unwrap();
    }
    for (rig, address) in rigs.iter_mut().zip(&addresses) {
        let loaded = rig.store.load(KEEP).unwrap();
        assert_eq!((loaded.commit, loaded.frontier.size()), (rig.commit, rig.tree.size()));
        sound(address);
    }
}

#[test]
fn whoever_changes_rows_or_the_schema_is_found_out() {
    let server = shared();
    let name = org();
    let address = Address::parse(&server.url(), &name).unwrap();
    let (_, epoch) = leader(&address, "hub", LEASE);
    let mut rig = Rig::start(Postgres::open(address.clone(), epoch, LEASE).unwrap(), 6);
    for _ in 0..30 {
        rig.step().unwrap();
    }
    sound(&address);
    let readers = Readers::open_postgres(address, 1).unwrap();
    for (change, back) in [
        ("ALTER TABLE wheelhouse.cases ADD COLUMN note text", "ALTER TABLE wheelhouse.cases DROP COLUMN note"),
        ("ALTER INDEX wheelhouse.cases_by_team RENAME TO x", "ALTER INDEX wheelhouse.x RENAME TO cases_by_team"),
        (
            "UPDATE wheelhouse.cases SET title = title || 'x' WHERE opened_order = 1",
            "UPDATE wheelhouse.cases SET title = left(title, -1) WHERE opened_order = 1",
        ),
        (
            "UPDATE wheelhouse.entries SET at = at + 1 WHERE seq = 3",
            "UPDATE wheelhouse.entries SET at = at - 1 WHERE seq = 3",
        ),
    ] {
        server.execute(change);
        assert!(!verify(&readers, &key(), &signature_holds, None).unwrap().is_sound(), "not found: {change}");
        server.execute(back);
        assert!(verify(&readers, &key(), &signature_holds, None).unwrap().is_sound(), "still there: {change}");
    }
}

#[test]
fn a_text_with_any_character_comes_back_as_it_was() {
    let server = shared();
    let address = Address::parse(&server.url(), &org()).unwrap();
    let (_, epoch) = leader(&address, "hub", LEASE);
    let mut store = Postgres::open(address.clone(), epoch, LEASE).unwrap();
    let at = Timestamp::from_seconds(1_790_000_000);
    let content = "\0 and \u{F0000} and \u{F0000}0".to_owned();
    let files = vec![("a\0b".to_owned(), content)];
    let catalog = wheelhouse_store::StoredCatalog { version: "v1".into(), files };
    store.commit(&Batch { commit: 1, at, catalog: Some(catalog.clone()), ..Batch::default() }).unwrap();
    let readers = Readers::open_postgres(address, 1).unwrap();
    assert_eq!(readers.catalog("v1").unwrap(), Some(catalog));
}
