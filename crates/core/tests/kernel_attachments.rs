//! Attaching files: numbers, limits, and what the facts give away.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use std::sync::Arc;

use kernel_support::{Kernel, at, signal};
use wheelhouse_core::attachment::{
    Attachment, Attachments, Blob, Described, FileName, LARGEST, LONGEST_TEXT, MOST, MOST_KIB, MediaType, room,
};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::kernel::{CaseAction, Command, Plan, Refusal, What};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::record::{Actor, Attached, Erasable, Fact, FileAttached};
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::{Context, decide};

fn file(name: &str, bytes: usize) -> Attachment {
    Attachment {
        name: FileName::clean(name),
        media_type: MediaType::of(Some("text/plain"), b"").unwrap(),
        description: None,
        text: None,
        blob: Arc::new(Blob::new(vec![b'x'; bytes])),
    }
}

fn try_to(kernel: &Kernel, now: Timestamp, what: What) -> Result<Plan, Refusal> {
    let actor = Actor::Person(PersonName::new("dana").unwrap());
    decide(&kernel.world, &Command { actor, policies: Vec::new(), judged_under: None, what }, &Context::at(now))
}

fn try_attach(kernel: &Kernel, case: CaseId, attachment: Attachment) -> Result<Plan, Refusal> {
    let action = CaseAction::Attach(Arc::new(attachment));
    try_to(kernel, at(10), What::Case { case, revision: None, action })
}

fn attach(kernel: &mut Kernel, case: CaseId, attachment: Attachment) {
    kernel.act(at(10), "dana", case, CaseAction::Attach(Arc::new(attachment)));
}

fn opened() -> (Kernel, CaseId) {
    let mut kernel = Kernel::new();
    let case = kernel.tell(at(0), signal(1, 0, false, true, at(0))).unwrap();
    (kernel, case)
}

#[test]
fn the_facts_have_number_and_room_and_the_body_has_what_it_could_be_known_by() {
    let (mut kernel, case) = opened();
    attach(&mut kernel, case, file("first.log", 10));
    let before = kernel.world.case(case).unwrap().revision;
    let described =
        Attachment { description: Some("a graph".into()), text: Some("look".into()), ..file("b.txt", 1_025) };
    let plan = try_attach(&kernel, case, described.clone()).unwrap();
    let [entry] = &plan.entries[..] else { panic!("{:?}", plan.entries) };
    assert_eq!(entry.fact, Fact::FileAttached(FileAttached { number: 2, kib: 2 }));
    let said = Described::of(entry.body.as_ref().unwrap()).unwrap();
    assert_eq!((said.name.as_str(), said.size, said.sha256), ("b.txt", 1_025, described.blob.sha256()));
    assert!(matches!(&entry.attached, Attached::File(blob) if **blob == *described.blob));
    // The canonical bytes commit to the body by its salted digest alone.
    let canonical = String::from_utf8(entry.seal(9, [3; 32]).canonical).unwrap();
    assert!(!canonical.contains("b.txt") && !canonical.contains("1025"), "{canonical}");
    assert!(!canonical.contains(&described.blob.sha256().to_string()), "{canonical}");
    attach(&mut kernel, case, described);
    let case = kernel.world.case(case).unwrap();
    assert_eq!(case.attachments, Attachments { last: 2, kept: 2, kib: 3 });
    assert_eq!(case.revision, before, "a file overwrites nothing that others edit");
    assert!(!case.involved.contains(&PersonName::new("ines").unwrap()));
}

#[test]
fn a_file_is_a_sign_of_work() {
    let (mut kernel, case) = opened();
    kernel.act(at(1), "dana", case, CaseAction::Acknowledge);
    let before = kernel.world.case(case).unwrap().acknowledgement_lapses_at;
    attach(&mut kernel, case, file("a.log", 1));
    assert!(kernel.world.case(case).unwrap().acknowledgement_lapses_at > before);
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let (kernel, case) = opened();
    let refused = |attachment| match try_attach(&kernel, case, attachment) {
        Err(Refusal::Invalid { field, expected }) => (field, expected),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(file("a", 0)), ("file", "one that is not empty".into()));
    assert_eq!(refused(file("a", LARGEST + 1)), ("file", "at most 5 MiB, and it has 5242881 bytes".into()));
    let described = |text: &str| Attachment { description: Some(text.into()), ..file("a", 1) };
    for text in ["", " ", "two\nlines", &"x".repeat(1_001)] {
        assert_eq!(refused(described(text)).0, "description");
    }
    let noted = |text: String| Attachment { text: Some(text), ..file("a", 1) };
    assert_eq!(refused(noted(String::new())).0, "text");
    assert_eq!(refused(noted("x".repeat(LONGEST_TEXT + 1))).0, "text");
    assert!(try_attach(&kernel, case, noted("two\nlines".into())).is_ok());
    assert!(try_attach(&kernel, case, file("a", LARGEST)).is_ok());
}

#[test]
fn a_case_has_its_fill_of_files_and_of_bytes() {
    let (mut kernel, case) = opened();
    for number in 0..MOST {
        attach(&mut kernel, case, file(&format!("{number}.log"), 1));
    }
    let refusal = try_attach(&kernel, case, file("more", 1)).unwrap_err();
    assert_eq!(refusal.to_string(), "INC-1 has 50 files attached, and cannot take more");

    let (mut kernel, case) = opened();
    let whole = (MOST_KIB / room(LARGEST)) as u32;
    for number in 1..whole {
        attach(&mut kernel, case, file(&format!("{number}.bin"), LARGEST));
    }
    attach(&mut kernel, case, file("almost.bin", LARGEST - 3_000));
    let refusal = try_attach(&kernel, case, file("more", 3_000)).unwrap_err().to_string();
    assert!(refusal.contains("at most 2 KiB, which is what INC-1 has left of 100 MiB"), "{refusal}");
    assert!(try_attach(&kernel, case, file("fits", 2_048)).is_ok());
}

#[test]
fn erased_files_make_room_and_are_counted_and_their_numbers_are_not_used_again() {
    let (mut kernel, case) = opened();
    attach(&mut kernel, case, file("a.log", 9_000));
    attach(&mut kernel, case, file("b.log", 9_000));
    kernel.act(at(11), "dana", case, CaseAction::Resolve { at: None, text: None });
    kernel.tell(at(12), signal(1, 0, false, false, at(12)));
    let waiting: Vec<_> = kernel.world.messages_of(case).map(|message| message.id).collect();
    for message in waiting {
        let outcome = wheelhouse_core::kernel::Outcome::Accepted { answer: "250 Ok".into() };
        let contact = Some(wheelhouse_core::notify::ContactKind::Email);
        kernel.command(at(13), Actor::Hub, What::Attempted { message, contact, repeated: false, outcome });
    }
    let found = Arc::new(Erasable { members: 1, ..Erasable::default() });
    let what = What::Erase { case, reason: "asked for".into(), found };
    let plan = try_to(&kernel, at(20), what.clone()).unwrap();
    assert!(matches!(&plan.entries[0].fact, Fact::Erased(erased) if erased.files == 2), "{plan:?}");
    kernel.command(at(20), Actor::Person(PersonName::new("dana").unwrap()), what);
    assert_eq!(kernel.world.case(case).unwrap().attachments, Attachments { last: 2, kept: 0, kib: 0 });
    attach(&mut kernel, case, file("c.log", 1));
    assert_eq!(kernel.world.case(case).unwrap().attachments, Attachments { last: 3, kept: 1, kib: 1 });
}
