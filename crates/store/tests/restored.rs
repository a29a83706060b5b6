//! A record that was restored goes on as another log, and verifying holds each part to its own checkpoints.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    reason = "tests, which use a part of the rig"
)]

mod rig;

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wheelhouse_core::case::{CaseId, MessageId};
use wheelhouse_core::kernel::{Outcome, What};
use wheelhouse_core::notify::ContactKind;
use wheelhouse_core::record::{
    Actor, Checkpoint, Entry, Fact, Frontier, Hash, Head, RecordRestored, VerifierKey, checkpoint, leaf_hash,
};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_store::{Batch, Readers, SealedEntry, Sqlite, Store, verify};

use rig::{Rig, key, signature, signature_holds, signed};

/// The log that the restored record goes on as.
const SECOND: &str = "rig.example.org/record/restored-20261123T221405Z";

/// No problem.
const NOTHING: &[(&str, String)] = &[];

fn signed_as(origin: &str, tree: &Frontier) -> String {
    let key = VerifierKey::new(origin, *key().public_key()).unwrap();
    let body = Checkpoint::new(origin, tree.size(), tree.root()).unwrap().body();
    checkpoint::assemble(&body, origin, key.key_hash(), &signature(body.as_bytes())).unwrap()
}

/// What is wrong with a record, each as what was checked and where.
fn wrong(path: &Path, against: Option<&str>) -> Vec<(&'static str, String)> {
    let readers = Readers::open(path, 1).unwrap();
    let found = verify(&readers, &key(), &signature_holds, against).unwrap();
    found.problems.into_iter().map(|problem| (problem.what, problem.place)).collect()
}

/// A copy of a rig's database that goes on as another log, after an entry that `change` may have spoilt; and the
/// heads of both logs where they meet.
fn restored(rig: &Rig<Sqlite>, from: &Path, change: impl FnOnce(&mut RecordRestored)) -> (PathBuf, Frontier, Frontier) {
    let folder = from.with_file_name("restored");
    let _absent = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("wheelhouse.db");
    Sqlite::copy(from, &path).unwrap();
    let head = Head { origin: key().name().to_owned(), size: rig.tree.size(), root: rig.tree.root() };
    let mut fact = RecordRestored { from: head, origin: SECOND.to_owned(), backup_at: rig.now, lost: None };
    change(&mut fact);
    let mut store = Sqlite::open(&path).unwrap();
    let loaded = store.load(Duration::ZERO).unwrap();
    let at = rig.now + Duration::from_seconds(60);
    let entry = Entry::new(at, Actor::Hub, Fact::RecordRestored(fact));
    let (mut tree, mut nodes) = (rig.tree.clone(), Vec::new());
    let sealed = entry.seal(tree.size(), [0; 32]);
    tree.push_noting(sealed.leaf, |node| nodes.push((node.level as u8, node.index, node.hash)));
    let batch = Batch {
        commit: loaded.commit + 1,
        at,
        entries: vec![SealedEntry::new(&entry, sealed)],
        nodes,
        checkpoint: Some(signed_as(SECOND, &tree)),
        counters: loaded.counters,
        ..Batch::default()
    };
    store.commit(&batch).unwrap();
    (path, rig.tree.clone(), tree)
}

fn rig_at(folder: &TempDir) -> (Rig<Sqlite>, PathBuf) {
    let path = folder.path().join("wheelhouse.db");
    let mut rig = Rig::start(Sqlite::open(&path).unwrap(), 3);
    for _ in 0..12 {
        rig.step().unwrap();
    }
    (rig, path)
}

#[test]
fn each_log_of_a_restored_record_is_held_to_its_own_checkpoints() {
    let folder = TempDir::new().unwrap();
    let (mut rig, path) = rig_at(&folder);
    let (copy, first, second) = restored(&rig, &path, |_| ());
    assert_eq!(wrong(&copy, None), NOTHING, "the key is named after the first log");
    assert_eq!(wrong(&copy, Some(&signed(&first))), NOTHING);
    assert_eq!(wrong(&copy, Some(&signed_as(SECOND, &second))), NOTHING);
    // The first log went on elsewhere: what came after the backup is lost.
    rig.step().unwrap();
    let lost = wrong(&copy, Some(&signed(&rig.tree)));
    assert!(lost.contains(&("the size", "the log rig.example.org/record before the restore".into())), "{lost:?}");
    // Another record's, and another restore's.
    for other in ["ring.example.org/record", "rig.example.org/record/restored-20261124T000000Z"] {
        let found = wrong(&copy, Some(&signed_as(other, &first)));
        assert!(found.contains(&("the origin", "the outside checkpoint".into())), "{found:?}");
    }
}

#[test]
fn a_restore_that_cites_another_head_is_found() {
    let folder = TempDir::new().unwrap();
    let (rig, path) = rig_at(&folder);
    let place = format!("entry {}", rig.tree.size());
    let found = |change: fn(&mut RecordRestored)| wrong(&restored(&rig, &path, change).0, None);
    assert_eq!(found(|fact| fact.from.size -= 1), [("the size that is cited", place.clone())]);
    assert_eq!(found(|fact| fact.from.root = Hash([9; 32])), [("the root that is cited", place)]);
    let other = found(|fact| fact.origin = "rig.example.org/record/restored-20261124T000000Z".into());
    assert!(other.contains(&("the origin", "the last checkpoint".into())), "{other:?}");
}

#[test]
fn a_copy_is_whole_and_has_nothing_of_what_comes_after_it() {
    let folder = TempDir::new().unwrap();
    let (mut rig, path) = rig_at(&folder);
    let (copy, size) = (folder.path().join("copy.db"), rig.tree.size());
    Sqlite::copy(&path, &copy).unwrap();
    rig.step().unwrap();
    let readers = Readers::open_immutable(&copy).unwrap();
    assert_eq!((readers.tree_size().unwrap(), readers.last_commit().unwrap()), (size, rig.commit - 1));
    assert_eq!(wrong(&copy, None), NOTHING);
    assert!(Sqlite::copy(&path, &copy).is_err(), "nothing is written over");
    assert!(Sqlite::copy(&folder.path().join("absent.db"), &folder.path().join("other.db")).is_err());
}

/// The texts of a case that is over, and a message of it under way: both end in one batch.
#[test]
fn what_a_channel_answers_in_the_batch_that_erases_goes_as_well() {
    let folder = TempDir::new().unwrap();
    let (mut rig, path) = rig_at(&folder);
    for _ in 0..400 {
        rig.step().unwrap();
        let over = rig.world.cases().filter(|case| case.state.is_resolved() && case.erased.is_none());
        for case in over.map(|case| case.id).collect::<Vec<_>>() {
            if erased_with_its_last_answer(&mut rig, case) {
                assert_eq!(wrong(&path, None), NOTHING);
                return;
            }
        }
    }
    panic!("no case was over while a message of it was under way");
}

fn erased_with_its_last_answer(rig: &mut Rig<Sqlite>, case: CaseId) -> bool {
    let all = rig.world.messages_due(Timestamp::MAX).filter(|message| message.id.case == case);
    let waiting: Vec<MessageId> = all.map(|message| message.id).collect();
    for message in &waiting {
        let outcome = Outcome::Accepted { answer: format!("taken, {}", leaf_hash(b"a word of the other side")) };
        let contact = Some(ContactKind::Email);
        rig.carry_out(Actor::Hub, What::Attempted { message: *message, contact, repeated: false, outcome }).unwrap();
        rig.claimed.remove(message);
    }
    let erased = !waiting.is_empty() && rig.erase(case).is_ok();
    rig.commit().unwrap();
    erased
}
