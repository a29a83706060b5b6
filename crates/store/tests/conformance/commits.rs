//! What goes in comes out, and what does not follow is refused.

use wheelhouse_core::case::{CaseId, CaseKind};
use wheelhouse_core::record::{
    Canonical, Frontier, consistency_proof, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion,
};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_store::{Batch, KeptReply, Store, StoreError};

use super::Tested;
use crate::engine::Engine as _;
#[allow(unused_imports, reason = "SQLite's store has the method by itself")]
use crate::rig::erasing::Committed as _;
use crate::rig::{KEEP, Rig};

const ONE: usize = 1;

fn incident(number: u64) -> CaseId {
    CaseId { kind: CaseKind::Incident, number }
}

fn rig(steps: usize) -> Rig<Tested> {
    let mut rig = Rig::start(Tested::fresh(), 11);
    for _ in 0..steps {
        rig.step().unwrap();
    }
    rig
}

#[test]
fn an_empty_store_has_nothing() {
    let mut store = Tested::fresh();
    let loaded = store.load(KEEP).unwrap();
    assert_eq!((loaded.commit, loaded.at, loaded.last_entry_at), (0, None, None));
    assert_eq!(loaded.frontier, Frontier::new());
    assert!(store.load_case(incident(1)).unwrap().is_none());
    let readers = store.readers(ONE).unwrap();
    assert_eq!((readers.tree_size().unwrap(), readers.checkpoint().unwrap()), (0, None));
    assert!(readers.changes_since(0, 10).unwrap().is_empty());
}

#[test]
fn a_commit_that_does_not_follow_is_refused_and_nothing_of_it_written() {
    let mut rig = rig(5);
    let (size, commit) = (rig.tree.size(), rig.commit);
    for wrong in [commit, commit + 2] {
        let error = rig.store.commit(&Batch { commit: wrong, ..Batch::default() }).unwrap_err();
        assert!(
            matches!(error, StoreError::OutOfOrder { found, expected, .. } if (found, expected) == (wrong, commit + 1))
        );
    }
    rig.random_signal();
    let (mut batch, _) = rig.batch();
    batch.entries[0].sealed.seq += 1;
    assert!(matches!(rig.store.commit(&batch).unwrap_err(), StoreError::OutOfOrder { .. }));
    let loaded = rig.store.load(KEEP).unwrap();
    assert_eq!((loaded.commit, loaded.frontier.size()), (commit, size));
}

#[test]
fn a_batch_that_fails_half_way_leaves_no_trace_and_the_next_one_goes_through() {
    let mut rig = rig(5);
    let before = rig.store.load(KEEP).unwrap();
    rig.random_signal();
    let (good, tree) = rig.batch();
    let mut bad = good.clone();
    let ended = wheelhouse_core::world::SignalRow::End {
        number: wheelhouse_core::signal::SignalNumber(1_000_000),
        ended_at: rig.now,
        expired: false,
    };
    bad.signals.push(ended);
    let error = rig.store.commit(&bad).unwrap_err();
    assert!(error.is_about_the_batch(), "{error}");
    let after = rig.store.load(KEEP).unwrap();
    assert_eq!((after.commit, &after.frontier, &after.cases), (before.commit, &before.frontier, &before.cases));
    rig.store.commit(&good).unwrap();
    assert_eq!(rig.store.load(KEEP).unwrap().frontier, tree);
}

#[test]
fn timelines_members_and_commits_come_in_pages_without_gap_or_repeat() {
    let rig = rig(80);
    let readers = rig.store.readers(ONE).unwrap();
    let size = readers.tree_size().unwrap();
    let all = readers.entries(0, 1_000).unwrap();
    assert_eq!((all.len() as u64, size), (size.min(1_000), rig.tree.size()));
    assert_eq!(readers.entries(size, 10).unwrap(), []);
    let mut most = 0;
    for number in 1..=rig.world.counters().last_case[&CaseKind::Incident] {
        let expected: Vec<u64> = all
            .iter()
            .filter(|entry| Canonical::parse(&entry.canonical).unwrap().subject == Some(incident(number)))
            .map(|entry| entry.seq)
            .collect();
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = readers.timeline(incident(number), cursor, 3).unwrap();
            found.extend(page.items.iter().map(|entry| entry.seq));
            assert!(page.items.len() <= 3);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        found.retain(|seq| *seq < 1_000);
        assert_eq!(found, expected);
        let (mut members, mut cursor) = (Vec::new(), None);
        loop {
            let page = readers.members(incident(number), cursor, 2).unwrap();
            members.extend(page.items.iter().map(|signal| signal.number.0));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert!(members.is_sorted_by(|a, b| a < b));
        let case = readers.case(incident(number)).unwrap().unwrap();
        assert_eq!((members.len() as u64, case.id), (case.members, incident(number)));
        most = most.max(members.len());
    }
    assert!(most > 4, "no case has several pages of members");
    let commits = readers.changes_since(0, 1_000).unwrap();
    assert_eq!(commits.last().unwrap().entries.end, size);
    assert!(commits.windows(2).all(|pair| pair[0].entries.end == pair[1].entries.start));
    assert!(commits.iter().any(|commit| commit.cases.contains(&incident(1))));
    let rest = readers.changes_since(70, 4).unwrap();
    assert_eq!(rest.iter().map(|commit| commit.commit).collect::<Vec<_>>(), [71, 72, 73, 74]);
}

#[test]
fn proofs_are_made_from_stored_nodes() {
    let rig = rig(40);
    let readers = rig.store.readers(ONE).unwrap();
    let (size, root) = (rig.tree.size(), rig.tree.root());
    for entry in readers.entries(0, 1_000).unwrap() {
        let proof = inclusion_proof(entry.seq, size, &readers).unwrap();
        verify_inclusion(entry.seq, size, leaf_hash(&entry.canonical), &proof, root).unwrap();
        let old = Frontier::from_nodes(entry.seq, &readers).unwrap().root();
        let proof = consistency_proof(entry.seq, size, &readers).unwrap();
        verify_consistency(entry.seq, size, &proof, old, root).unwrap();
    }
}

#[test]
fn a_journal_comes_back_as_it_went_in() {
    let mut rig = rig(3);
    for _ in 0..3 {
        rig.random_signal();
    }
    let (batch, _) = rig.batch();
    rig.store.commit(&batch).unwrap();
    let readers = rig.store.readers(ONE).unwrap();
    let read = readers.journal(batch.commit).unwrap().unwrap();
    assert_eq!(read.frames.len(), 3);
    assert_eq!(Some(read.pack().unwrap()), batch.journal);
    assert_eq!(readers.journal(batch.commit + 1).unwrap(), None);
}

#[test]
fn answers_are_kept_for_a_day() {
    let mut store = Tested::fresh();
    let reply = |key: &str, at| KeptReply {
        principal: "person:dana".into(),
        key: key.into(),
        request: leaf_hash(b"request"),
        status: 201,
        body: b"{}".to_vec(),
        at,
        case: None,
        salt: [1; 16],
    };
    let start = Timestamp::from_seconds(1_790_000_000);
    let day = Duration::from_hours(24);
    for (commit, at) in [(1, start), (2, start + day), (3, start + day + Duration::from_micros(1))] {
        let replies = vec![reply(&format!("key-{commit}"), at)];
        store.commit(&Batch { commit, at, replies, ..Batch::default() }).unwrap();
        let readers = store.readers(ONE).unwrap();
        assert_eq!(readers.reply("person:dana", "key-1").unwrap().is_some(), commit < 3);
    }
    let readers = store.readers(ONE).unwrap();
    assert_eq!(readers.reply("person:dana", "key-2").unwrap(), Some(reply("key-2", start + day)));
    assert_eq!(readers.reply("person:pavel", "key-2").unwrap(), None);
}
