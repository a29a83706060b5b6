//! Attached files: kept once, found by number and hash, gone with the last case that names them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod rig;

use std::path::Path;
use std::sync::Arc;

use rig::{Rig, key, signature_holds};
use rusqlite::Connection;
use tempfile::TempDir;
use wheelhouse_core::attachment::{Attachment, Blob, Described, FileName, Home, MediaType};
use wheelhouse_core::case::{CaseId, MessageId};
use wheelhouse_core::kernel::{CaseAction, Outcome, Report, RunAction, What};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::notify::ContactKind;
use wheelhouse_core::record::{Actor, Body, Hash, HoldScope};
use wheelhouse_core::time::Duration;
use wheelhouse_store::{Readers, Sqlite, Verification, WhichAttachment, verify};

const CANARY: &str = "the canary in the mine ";

fn dana() -> Actor {
    Actor::Person(PersonName::new("dana").unwrap())
}

fn file(name: &str, content: &str) -> Arc<Attachment> {
    let bytes = content.as_bytes().to_vec();
    Arc::new(Attachment {
        name: FileName::clean(name),
        media_type: MediaType::of(Some("text/plain"), &bytes).unwrap(),
        description: None,
        text: None,
        blob: Arc::new(Blob::new(bytes)),
    })
}

/// A case that a person reported.
fn report(rig: &mut Rig<Sqlite>, title: &str) -> CaseId {
    let report = Report { title: title.into(), text: None, service: None, severity: None, drill: false };
    rig.carry_out(dana(), What::Report(Box::new(report))).unwrap().case.unwrap()
}

fn act(rig: &mut Rig<Sqlite>, case: CaseId, action: CaseAction) {
    rig.carry_out(dana(), What::Case { case, revision: None, action }).unwrap();
}

fn attach(rig: &mut Rig<Sqlite>, case: CaseId, attachment: &Arc<Attachment>) {
    act(rig, case, CaseAction::Attach(attachment.clone()));
}

/// Resolves a case, ends the runs that automations began for it, and has every message about it accepted.
fn end(rig: &mut Rig<Sqlite>, case: CaseId) {
    act(rig, case, CaseAction::Resolve { at: None, text: None });
    for run in rig.world.runs_of(case).map(|run| run.id).collect::<Vec<_>>() {
        rig.carry_out(dana(), What::Run { run, action: RunAction::Stop { text: None } }).unwrap();
    }
    loop {
        let waiting: Vec<MessageId> = rig.world.messages_of(case).map(|message| message.id).collect();
        if waiting.is_empty() {
            return;
        }
        for message in waiting {
            let outcome = Outcome::Accepted { answer: "250 Ok".into() };
            let contact = Some(ContactKind::Email);
            rig.carry_out(Actor::Hub, What::Attempted { message, contact, repeated: false, outcome }).unwrap();
        }
    }
}

fn verified(readers: &Readers) -> Verification {
    verify(readers, &key(), &signature_holds, None).unwrap()
}

fn names(readers: &Readers, case: CaseId) -> Vec<String> {
    let body = |bytes: Option<Vec<u8>>| serde_json::from_slice::<Body>(&bytes.unwrap()).unwrap();
    let entries = readers.attachments(Home::Case(case)).unwrap();
    entries.into_iter().map(|entry| Described::of(&body(entry.body)).unwrap().name).collect()
}

/// Whether the database's files hold some text.
fn on_disk(path: &Path, text: &str) -> bool {
    let log = path.with_file_name("wheelhouse.db-wal");
    [path, &log].iter().any(|file| {
        let bytes = std::fs::read(file).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

/// Two cases; the first has a file of its own and one that the second has too.
fn two_cases(path: &Path) -> (Rig<Sqlite>, [CaseId; 2], [Hash; 2]) {
    let mut rig = Rig::start(Sqlite::open(path).unwrap(), 5);
    rig.adopt(0);
    let cases = [report(&mut rig, "one"), report(&mut rig, "two")];
    let (own, shared) = (file("own.log", &CANARY.repeat(9_000)), file("../both.log", &"of both ".repeat(2_000)));
    attach(&mut rig, cases[0], &own);
    rig.commit().unwrap();
    attach(&mut rig, cases[0], &shared);
    attach(&mut rig, cases[1], &file("other name.log", &"of both ".repeat(2_000)));
    rig.commit().unwrap();
    (rig, cases, [own.blob.sha256(), shared.blob.sha256()])
}

#[test]
fn a_file_is_found_by_number_and_hash_and_only_in_its_case() {
    let folder = TempDir::new().unwrap();
    let (rig, [one, two], [own, shared]) = two_cases(&folder.path().join("wheelhouse.db"));
    let readers = rig.store.readers(1).unwrap();
    assert_eq!(
        (names(&readers, one), names(&readers, two)),
        (vec!["own.log".to_owned(), "both.log".to_owned()], vec!["other name.log".to_owned()])
    );
    assert_eq!(readers.blob(own).unwrap().unwrap(), CANARY.repeat(9_000).into_bytes());
    let entry = |case, which| readers.attachment(Home::Case(case), which).unwrap().map(|entry| entry.seq);
    assert_eq!(entry(one, WhichAttachment::Number(2)), entry(one, WhichAttachment::Hash(shared)));
    assert!(entry(one, WhichAttachment::Number(2)).is_some());
    assert_ne!(entry(one, WhichAttachment::Hash(shared)), entry(two, WhichAttachment::Hash(shared)));
    assert_eq!(entry(two, WhichAttachment::Hash(own)), None);
    assert_eq!(entry(two, WhichAttachment::Number(2)), None);
    let found = verified(&readers);
    assert_eq!((found.problems, found.files), (vec![], 2));
}

#[test]
fn bytes_go_with_the_last_case_that_has_them_and_are_then_nowhere() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wheelhouse.db");
    let (mut rig, [one, two], [own, shared]) = two_cases(&path);
    assert!(on_disk(&path, CANARY));
    end(&mut rig, one);
    end(&mut rig, two);
    rig.commit().unwrap();
    let readers = rig.store.readers(1).unwrap();

    rig.erase(one).unwrap();
    // Attached again in the same commit, after what is erased: it stays.
    attach(&mut rig, one, &file("later.log", "written afterwards"));
    rig.commit().unwrap();
    assert_eq!((names(&readers, one), names(&readers, two)), (vec!["later.log".into()], vec!["other name.log".into()]));
    assert_eq!(readers.blob(own).unwrap(), None);
    assert!(readers.blob(shared).unwrap().is_some());
    assert!(!on_disk(&path, CANARY) && !on_disk(&path, "own.log"));
    assert_eq!(rig.world.case(one).unwrap().attachments.last, 3, "numbers are not used again");
    let found = verified(&readers);
    assert_eq!((found.problems, found.files, found.erased_files), (vec![], 2, 2));

    rig.erase(two).unwrap();
    rig.commit().unwrap();
    assert_eq!(readers.blob(shared).unwrap(), None);
    assert_eq!(verified(&readers).problems, []);
    assert!(!on_disk(&path, "of both"));
}

#[test]
fn a_hold_keeps_files_and_a_shared_file_outlives_an_erasure_for_a_held_case() {
    let folder = TempDir::new().unwrap();
    let (mut rig, [one, two], [own, shared]) = two_cases(&folder.path().join("wheelhouse.db"));
    end(&mut rig, one);
    end(&mut rig, two);
    let hold = What::SetHold { hold: HoldScope::Case(two), reason: "a claim".into() };
    rig.carry_out(dana(), hold).unwrap();
    rig.commit().unwrap();
    assert!(rig.erase(two).is_err());
    rig.erase(one).unwrap();
    rig.commit().unwrap();
    let readers = rig.store.readers(1).unwrap();
    assert_eq!((readers.blob(own).unwrap(), readers.blob(shared).unwrap().is_some()), (None, true));
    assert_eq!(verified(&readers).problems, []);
}

#[test]
fn whoever_changes_a_file_behind_the_hubs_back_is_found_out() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wheelhouse.db");
    let (mut rig, [one, _], _) = two_cases(&path);
    end(&mut rig, one);
    rig.commit().unwrap();
    rig.erase(one).unwrap();
    rig.now = rig.now + Duration::from_seconds(1);
    let third = report(&mut rig, "three");
    attach(&mut rig, third, &file("third.log", &"of the third ".repeat(700)));
    rig.commit().unwrap();
    drop(rig);
    let changes = [
        "UPDATE blobs SET bytes = CAST(replace(CAST(bytes AS TEXT), 'of both of', 'of nobody ') AS BLOB)",
        "UPDATE blobs SET bytes = bytes || x'00' WHERE length(bytes) > 10000",
        "UPDATE attachments SET sha256 = (SELECT sha256 FROM attachments ORDER BY entry LIMIT 1)",
        "UPDATE attachments SET number = 7 WHERE number = 1",
        "UPDATE attachments SET case_id = 'INC-1' WHERE case_id = 'INC-3'",
        "DELETE FROM attachments WHERE case_id = 'INC-3'",
        "DELETE FROM blobs",
        "INSERT INTO blobs (sha256, bytes) VALUES (zeroblob(32), x'00')",
        // A file of an erased case that comes back.
        "INSERT INTO attachments SELECT seq, commit_seq, 'INC-1', 9, (SELECT sha256 FROM blobs LIMIT 1) FROM entries \
         WHERE kind = 'file_attached' AND subject = 'INC-1' LIMIT 1",
    ];
    for change in changes {
        let copy = folder.path().join("copy.db");
        std::fs::copy(&path, &copy).unwrap();
        let connection = Connection::open(&copy).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        assert!(connection.execute(change, []).unwrap() > 0, "{change}");
        drop(connection);
        let found = verified(&Readers::open(&copy, 1).unwrap());
        assert!(!found.is_sound(), "not found: {change}");
        std::fs::remove_file(&copy).unwrap();
    }
}
