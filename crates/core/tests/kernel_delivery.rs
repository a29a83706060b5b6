//! What follows from attempts whose outcome nobody knows, and from channels that fail.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use kernel_support::{Kernel, START, at, catalog, signal};
use wheelhouse_core::case::MessageId;
use wheelhouse_core::catalog::{Catalog, Contact};
use wheelhouse_core::kernel::{Command, Outcome, What};
use wheelhouse_core::name::PersonName;
use wheelhouse_core::notify::{ContactKind, MessageState, Recipient, takes_another_way};
use wheelhouse_core::record::{Actor, ContactTest, Fact, Why};
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::{Context, decide};

/// A catalog in which dana has two contacts.
fn two_contacts() -> Catalog {
    let mut catalog = catalog(&[0, 600], 1);
    let dana = catalog.people.get_mut(&PersonName::new("dana").unwrap()).unwrap();
    dana.contacts.push(Contact::Webhook("https://hooks.example.org/dana".into()));
    catalog
}

/// A kernel in which dana was paged for an incident.
fn paged(catalog: Catalog) -> (Kernel, MessageId) {
    let mut kernel = Kernel::of(catalog);
    kernel.tell(at(1), signal(0, 0, false, true, at(1)));
    let dana = Recipient::Person(PersonName::new("dana").unwrap());
    let page = kernel.world.messages_due(at(1)).find(|message| message.recipient == dana).unwrap().id;
    (kernel, page)
}

fn report(kernel: &mut Kernel, now: Timestamp, message: MessageId, outcome: Outcome) {
    let what = What::Attempted { message, contact: Some(ContactKind::Email), repeated: false, outcome };
    let command = Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what };
    for entry in decide(&kernel.world, &command, &Context::at(now)).unwrap().entries {
        kernel.world.apply(&entry);
        kernel.entries.push(entry);
    }
}

fn unknown() -> Outcome {
    Outcome::Unknown { answer: "it may arrive twice".into() }
}

fn held(until: Timestamp) -> Outcome {
    Outcome::Held { answer: "mail.example.org:25 failed 5 times in a row".into(), until }
}

#[test]
fn a_message_that_may_have_been_taken_is_sent_again_and_marked() {
    let (mut kernel, page) = paged(catalog(&[0, 600], 1));
    assert!(!kernel.world.message(page).unwrap().repeated);
    report(&mut kernel, at(2), page, unknown());
    let message = kernel.world.message(page).unwrap();
    assert!(message.repeated && message.state == MessageState::Queued, "the next attempt says that it is a repeat");
    assert_eq!((message.attempts, message.contact), (1, 0));
    let entry = kernel.entries.last().unwrap();
    assert!(matches!(entry.fact, Fact::MessageFailed { unknown: true, tried: true, retry: Some(_), .. }));
    assert_eq!(entry.why, Some(Why::PerhapsTaken { at: message.due_at }));
    assert!(entry.why.as_ref().unwrap().to_string().contains("marked as a repeat"));
}

#[test]
fn a_failure_in_words_is_no_repeat() {
    let (mut kernel, page) = paged(catalog(&[0, 600], 1));
    report(&mut kernel, at(2), page, Outcome::Failed { answer: "451 later".into(), permanent: false });
    assert!(!kernel.world.message(page).unwrap().repeated);
}

#[test]
fn nobody_knowing_for_ever_is_given_up_loudly() {
    let (mut kernel, page) = paged(catalog(&[0, 600], 1));
    for attempt in 0..4 {
        report(&mut kernel, at(10 + attempt * 60), page, unknown());
    }
    assert!(kernel.world.message(page).is_none());
    let given_up = kernel.entries.iter().any(|entry| {
        matches!(&entry.fact, Fact::MessageFailed { message, retry: None, unknown: true, .. } if *message == page)
    });
    assert!(given_up);
    let fallback = kernel.entries.iter().any(|entry| matches!(entry.why, Some(Why::Fallback { .. })));
    assert!(fallback, "a page that perhaps reached nobody goes to the fallback");
}

#[test]
fn a_page_does_not_wait_for_a_channel_that_fails_where_there_is_another() {
    let (mut kernel, page) = paged(two_contacts());
    let catalog = kernel.world.catalog().unwrap().clone();
    assert!(takes_another_way(kernel.world.message(page).unwrap(), &catalog));
    report(&mut kernel, at(2), page, held(at(300)));
    let message = kernel.world.message(page).unwrap();
    assert_eq!((message.contact, message.due_at), (1, at(2)), "the next contact, at once");
    assert_eq!((message.attempts, message.attempts_with_contact), (0, 0), "nothing was tried");
    let entry = kernel.entries.last().unwrap();
    assert!(matches!(entry.fact, Fact::MessageFailed { tried: false, unknown: false, .. }));
    assert_eq!(entry.why, Some(Why::ChannelFails { until: at(300) }));
    assert!(!takes_another_way(kernel.world.message(page).unwrap(), &catalog), "there is no third");
    let entries = kernel.entries.len();
    report(&mut kernel, at(3), page, held(at(300)));
    assert_eq!(kernel.entries.len(), entries, "waiting for the last one is nothing to write down");
}

#[test]
fn what_waits_for_the_only_contact_changes_nothing() {
    let (mut kernel, page) = paged(catalog(&[0, 600], 1));
    let before = kernel.world.message(page).unwrap().clone();
    report(&mut kernel, at(2), page, held(at(300)));
    assert_eq!(kernel.world.message(page), Some(&before));
}

#[test]
fn a_late_report_about_a_message_that_is_done_with_changes_nothing() {
    let (mut kernel, page) = paged(two_contacts());
    report(&mut kernel, at(2), page, Outcome::Accepted { answer: "250 ok".into() });
    let entries = kernel.entries.len();
    for outcome in [unknown(), held(at(300))] {
        report(&mut kernel, at(3), page, outcome);
    }
    assert_eq!(kernel.entries.len(), entries);
}

#[test]
fn a_test_is_written_down_and_nothing_else() {
    let mut kernel = Kernel::of(two_contacts());
    let before = kernel.entries.len();
    let recipient = Some(Recipient::Person(PersonName::new("dana").unwrap()));
    let outcome = Outcome::Failed { answer: "550 no such user\r\n".into(), permanent: true };
    let what = What::Tested { recipient: recipient.clone(), contact: ContactKind::Email, channel: None, outcome };
    let actor = Actor::Person(PersonName::new("nadia").unwrap());
    let command = Command { actor, policies: vec!["teams-try-their-contacts".into()], judged_under: None, what };
    for entry in decide(&kernel.world, &command, &Context::at(START)).unwrap().entries {
        kernel.world.apply(&entry);
        kernel.entries.push(entry);
    }
    let entry = kernel.entries.last().unwrap();
    assert_eq!(kernel.entries.len(), before + 1);
    assert_eq!(
        entry.fact,
        Fact::ContactTested(ContactTest { recipient, contact: ContactKind::Email, channel: None, accepted: false })
    );
    assert_eq!(entry.policies, ["teams-try-their-contacts"]);
    assert!(entry.body.as_ref().unwrap()["answer"].contains("550 no such user"));
}
