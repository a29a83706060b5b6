//! Attached files: kept once, found by number and hash, gone with the last case that names them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod rig;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rig::{Rig, key, signature_holds};
use rusqlite::Connection;
use tempfile::TempDir;
use wheelhouse_core::attachment::{Attachment, Blob, Described, FileName, Home, MediaType};
use wheelhouse_core::case::{CaseId, MessageId};
use wheelhouse_core::kernel::{CaseAction, Outcome, Report, RunAction, RunRequest, What};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::notify::ContactKind;
use wheelhouse_core::record::{Actor, Body, Hash, HoldScope};
use wheelhouse_core::run::{Pace, RunId};
use wheelhouse_core::runbook::{RunbookName, StepId};
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

/// A run for no case.
fn start_run(rig: &mut Rig<Sqlite>) -> RunId {
    let request = RunRequest {
        runbook: RunbookName::parse("payments/drain").unwrap(),
        version: None,
        case: None,
        drill: false,
        parameters: BTreeMap::new(),
        pace: Pace::ByHand,
        undo_on_failure: false,
        dry_run: false,
    };
    rig.carry_out(dana(), What::StartRun(Box::new(request))).unwrap();
    rig.world.last_run()
}

fn work(rig: &mut Rig<Sqlite>, run: RunId, action: RunAction) {
    rig.carry_out(dana(), What::Run { run, action }).unwrap();
}

fn attach_to(rig: &mut Rig<Sqlite>, run: RunId, step: &str, attachment: &Arc<Attachment>) {
    let (step, attachment) = (StepId::new(step).unwrap(), attachment.clone());
    work(rig, run, RunAction::Attach { step, attachment });
}

/// A case and two runs for none; the first run has a file of its own and one that the case has too.
fn a_case_and_two_runs(path: &Path) -> (Rig<Sqlite>, CaseId, [RunId; 2], [Hash; 2]) {
    let mut rig = Rig::start(Sqlite::open(path).unwrap(), 7);
    rig.adopt(0);
    let (case, runs) = (report(&mut rig, "one"), [start_run(&mut rig), start_run(&mut rig)]);
    let (own, shared) = (file("own.log", &CANARY.repeat(9_000)), file("both.log", &"of both ".repeat(2_000)));
    attach(&mut rig, case, &shared);
    attach_to(&mut rig, runs[0], "look", &own);
    attach_to(&mut rig, runs[0], "drain", &shared);
    rig.commit().unwrap();
    attach_to(&mut rig, runs[1], "look", &file("third.log", &"of the third ".repeat(700)));
    rig.commit().unwrap();
    (rig, case, runs, [own.blob.sha256(), shared.blob.sha256()])
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
    names_on(readers, Home::Case(case))
}

fn names_on(readers: &Readers, home: Home) -> Vec<String> {
    let body = |bytes: Option<Vec<u8>>| serde_json::from_slice::<Body>(&bytes.unwrap()).unwrap();
    let entries = readers.attachments(home).unwrap();
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
fn a_file_of_a_run_is_found_there_only_and_goes_when_the_run_is_erased() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wheelhouse.db");
    let (mut rig, case, [one, two], [own, shared]) = a_case_and_two_runs(&path);
    let readers = rig.store.readers(1).unwrap();
    assert_eq!(names_on(&readers, Home::Run(one)), ["own.log", "both.log"]);
    assert_eq!(
        (names_on(&readers, Home::Run(two)), names(&readers, case)),
        (vec!["third.log".into()], vec!["both.log".into()])
    );
    let entry = |home, which| readers.attachment(home, which).unwrap().map(|entry| entry.seq);
    let of_one = entry(Home::Run(one), WhichAttachment::Number(2));
    assert!(of_one.is_some() && of_one == entry(Home::Run(one), WhichAttachment::Hash(shared)));
    assert_ne!(of_one, entry(Home::Case(case), WhichAttachment::Hash(shared)));
    assert_eq!(entry(Home::Run(two), WhichAttachment::Hash(own)), None);
    let found = verified(&readers);
    assert_eq!((found.problems, found.files), (vec![], 3));

    assert!(on_disk(&path, CANARY));
    work(&mut rig, one, RunAction::Stop { text: None });
    rig.commit().unwrap();
    let erasable = readers.erasable_run(one).unwrap().unwrap();
    assert_eq!(erasable.files, 2);
    let what = What::EraseRun { found: Arc::new(erasable), reason: "asked for by the person".into() };
    rig.carry_out(dana(), what).unwrap();
    rig.commit().unwrap();
    assert_eq!(names_on(&readers, Home::Run(one)), Vec::<String>::new());
    assert_eq!((readers.blob(own).unwrap(), readers.blob(shared).unwrap().is_some()), (None, true), "the case has it");
    assert!(!on_disk(&path, CANARY) && !on_disk(&path, "own.log"));
    assert_eq!(readers.erasable_run(one).unwrap().unwrap().files, 0);
    assert_eq!(names_on(&readers, Home::Run(two)), ["third.log"]);
    let found = verified(&readers);
    assert_eq!((found.problems, found.files, found.erased_files), (vec![], 2, 2));
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
        "INSERT INTO attachments SELECT seq, commit_seq, 'INC-1', NULL, 9, (SELECT sha256 FROM blobs LIMIT 1) FROM entries \
         WHERE kind = 'file_attached' AND subject = 'INC-1' LIMIT 1",
    ];
    are_found(&path, &changes);
}

#[test]
fn whoever_changes_a_file_of_a_run_behind_the_hubs_back_is_found_out() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wheelhouse.db");
    let (mut rig, case, [one, two], _) = a_case_and_two_runs(&path);
    work(&mut rig, one, RunAction::Stop { text: None });
    rig.commit().unwrap();
    let found = rig.store.readers(1).unwrap().erasable_run(one).unwrap().unwrap();
    let reason = "asked for by the person".to_owned();
    rig.carry_out(dana(), What::EraseRun { found: Arc::new(found), reason }).unwrap();
    rig.commit().unwrap();
    drop(rig);
    let (erased, other) = (one.0, two.0);
    let changes = [
        "UPDATE blobs SET bytes = CAST(replace(CAST(bytes AS TEXT), 'the third', 'the fifth') AS BLOB)".to_owned(),
        format!("UPDATE attachments SET number = 7 WHERE run = {other}"),
        format!("UPDATE attachments SET run = {erased} WHERE run = {other}"),
        format!("UPDATE attachments SET run = NULL, case_id = '{case}', number = 9 WHERE run = {other}"),
        format!("UPDATE attachments SET run = {other}, case_id = NULL, number = 9 WHERE case_id = '{case}'"),
        format!("UPDATE attachments SET case_id = '{case}', number = 9 WHERE run = {other}"),
        format!("DELETE FROM attachments WHERE run = {other}"),
        // A file of an erased run that comes back.
        format!(
            "INSERT INTO attachments (entry, commit_seq, run, number, sha256) \
             SELECT seq, commit_seq, {erased}, 1, (SELECT sha256 FROM blobs LIMIT 1) FROM entries \
             WHERE run = {erased} AND instr(CAST(canonical AS TEXT), 'file_attached') > 0 LIMIT 1"
        ),
    ];
    are_found(&path, &changes.each_ref().map(String::as_str));
}

/// Makes each change in a copy, and sees to it that it is found.
fn are_found(path: &Path, changes: &[&str]) {
    for change in changes {
        let copy = path.with_file_name("copy.db");
        std::fs::copy(path, &copy).unwrap();
        let connection = Connection::open(&copy).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
        assert!(connection.execute(change, []).unwrap() > 0, "{change}");
        drop(connection);
        let found = verified(&Readers::open(&copy, 1).unwrap());
        assert!(!found.is_sound(), "not found: {change}");
        std::fs::remove_file(&copy).unwrap();
    }
}
