//! Hostile templates, rules, looks and answers: each is set aside loudly, and stops nobody.

use wheelhouse_core::kernel::CaseAction;
use wheelhouse_core::notify::{MessageState, Recipient};
use wheelhouse_core::record::leaf_hash;
use wheelhouse_core::signal::{Group, route};
use wheelhouse_hub::writer::{Fault, KeepReply};

use super::case;
use super::rig::{POISON, Rig, alert};

/// Writing the messages of one case makes the hub stumble: they count as failed, the fallback hears
/// of it, and the messages of others go.
#[tokio::test]
async fn a_poisonous_template_fails_its_own_messages_and_stops_no_other() {
    let rig = Rig::start().await;
    rig.signals(vec![alert(POISON, "a"), alert("ledger", "b")]).await.unwrap();
    rig.until(|world| {
        let of = |message: &wheelhouse_core::notify::Message| matches!(message.state, MessageState::Queued);
        !world.messages_of(case(1)).any(of)
    })
    .await;
    let sent = rig.dispatched();
    assert!(sent.iter().all(|sent| sent.case.id != case(1)), "a message that nobody can write was sent");
    assert!(sent.iter().any(|sent| sent.case.id == case(2)), "the messages of another case did not go");
    rig.act(case(1), CaseAction::Acknowledge).await.unwrap();
    assert_eq!(rig.signals(vec![alert("portal", "c")]).await.unwrap().accepted, 1);
}

/// Asking whether messages of one case may go makes the hub stumble: they wait, others go.
#[tokio::test]
async fn a_poisonous_destination_keeps_its_own_messages_waiting() {
    let rig = Rig::start().await;
    rig.poison_admission(case(1));
    rig.signals(vec![alert("ledger", "a"), alert("portal", "b")]).await.unwrap();
    rig.until_dispatched(1).await;
    assert!(rig.dispatched().iter().all(|sent| sent.case.id == case(2)));
    assert!(rig.waiting().iter().all(|message| message.case == case(1)) && !rig.waiting().is_empty());
    rig.act(case(1), CaseAction::Acknowledge).await.unwrap();
}

/// A rule that stumbles over a signal loses neither it nor those told beside it.
#[tokio::test]
async fn a_poisonous_rule_loses_no_signal() {
    let mut rig = Rig::start().await;
    rig.route = |catalog, signal| {
        assert!(signal.labels.get("instance") != Some("poison"), "a pattern that nobody thought of");
        route(catalog, signal)
    };
    let taken = rig.signals(vec![alert("ledger", "a"), alert("ledger", "poison"), alert("ledger", "b")]).await.unwrap();
    assert_eq!((taken.accepted, taken.quarantined), (3, 0));
    let cases =
        rig.writer.read(|world| world.cases().map(|case| (case.group.clone(), case.clone())).collect::<Vec<_>>());
    let cases = cases.await.unwrap();
    let of = |wanted: fn(&Group) -> bool| cases.iter().find(|(group, _)| wanted(group)).map(|(_, case)| case);
    assert_eq!(of(|group| matches!(group, Group::Service(_))).unwrap().members, 2);
    let unrouted = of(|group| matches!(group, Group::Unmatched { .. })).expect("the signal has a case");
    assert_eq!((unrouted.members, unrouted.team.as_str()), (1, "noc"));
    let loud = of(|group| matches!(group, Group::Hub(_))).expect("it is said loudly");
    assert!(loud.title.contains("set an input aside"), "{}", loud.title);
    let grace = |recipient: &Recipient| matches!(recipient, Recipient::Person(name) if name.as_str() == "grace");
    assert!(rig.dispatched().iter().any(|sent| grace(&sent.message.recipient)), "the fallback is paged");
}

/// Whoever stumbles over what they see in the world gets no answer; the hub goes on.
#[tokio::test]
async fn a_look_that_stumbles_stops_nobody() {
    let rig = Rig::start().await;
    let looked = rig.writer.read(|_| -> u64 { panic!("a case that nobody thought of") }).await;
    assert!(matches!(looked, Err(Fault::Stopping)), "{looked:?}");
    assert_eq!(rig.signals(vec![alert("ledger", "a")]).await.unwrap().accepted, 1);
}

/// The writer itself stumbles in the middle of a batch: nothing of it is there, and it goes on.
#[tokio::test]
async fn a_batch_over_which_the_writer_stumbles_changes_nothing() {
    let rig = Rig::start().await;
    rig.signals(vec![alert("ledger", "a")]).await.unwrap();
    let keep = KeepReply {
        principal: "tok-1".into(),
        key: "k".into(),
        request: leaf_hash(b"k"),
        render: |_| panic!("an answer that nobody thought of"),
    };
    let stumbled = rig.act_keeping(case(1), CaseAction::Note("poison".into()), keep).await;
    assert!(matches!(stumbled, Err(Fault::Stopping)), "{stumbled:?}");
    rig.until(|world| world.cases().any(|case| case.title.contains("set an input aside"))).await;
    rig.act(case(1), CaseAction::Acknowledge).await.unwrap();
    let notes = rig.readers().timeline(case(1), None, 1_000).unwrap().items;
    let poisoned = notes.iter().any(|entry| String::from_utf8_lossy(&entry.canonical).contains("noted"));
    assert!(!poisoned, "what the writer stumbled over is in the record");
}
