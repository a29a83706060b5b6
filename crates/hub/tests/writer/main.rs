//! The writer under trouble: poison, failing commits, floods, crashes with messages under way.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod batches;
mod poison;
mod rig;
mod storms;

use rig::{Gate, Rig, StoreFault, alert, person};
use wheelhouse_core::case::{CaseId, State};
use wheelhouse_core::kernel::{CaseAction, Outcome, What};
use wheelhouse_core::notify::{ContactKind, Lane};
use wheelhouse_core::signal::Status;
use wheelhouse_core::time::Duration;
use wheelhouse_hub::writer::Fault;

fn case(number: u64) -> CaseId {
    CaseId::parse(&format!("INC-{number}")).unwrap()
}

#[tokio::test]
async fn what_was_answered_is_there_for_the_next_start() {
    let rig = Rig::start().await;
    let taken = rig.signals(vec![alert("ledger", "a"), alert("ledger", "b"), alert("portal", "c")]).await.unwrap();
    assert_eq!(taken.accepted, 3);
    // The second hub knows only what the store has.
    let rig = rig.crash().await;
    let (cases, firing) = rig.writer.read(|world| (world.cases().count(), world.signals().len())).await.unwrap();
    assert_eq!((cases, firing), (2, 3));
}

#[tokio::test]
async fn one_poisonous_signal_is_set_aside_loudly_and_stops_nobody() {
    let rig = Rig::with_decide(|world, command, cx| {
        if let What::Signal { signal, .. } = &command.what {
            assert!(signal.labels.get("instance") != Some("poison"), "a pattern that nobody thought of");
        }
        wheelhouse_core::decide(world, command, cx)
    })
    .await;
    let taken = rig.signals(vec![alert("ledger", "a"), alert("ledger", "poison"), alert("ledger", "b")]).await.unwrap();
    assert_eq!((taken.accepted, taken.quarantined), (2, 1));
    let titles =
        rig.writer.read(|world| world.cases().map(|case| case.title.clone()).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert!(titles.iter().any(|title| title.contains("set an input aside")), "{titles:?}");
    // The fallback is paged for it, and the hub goes on.
    assert!(rig.dispatched().iter().any(|sent| sent.case.title.contains("set an input aside")));
    assert_eq!(rig.signals(vec![alert("portal", "c")]).await.unwrap().accepted, 1);
}

#[tokio::test]
async fn a_poisonous_command_is_answered_and_the_next_one_works() {
    let rig = Rig::with_decide(|world, command, cx| {
        if let What::Case { action: CaseAction::Note(text), .. } = &command.what {
            assert!(text != "poison", "a note that nobody thought of");
        }
        wheelhouse_core::decide(world, command, cx)
    })
    .await;
    rig.signals(vec![alert("ledger", "a")]).await.unwrap();
    let poison = rig.act(case(1), CaseAction::Note("poison".into())).await;
    assert!(matches!(poison, Err(Fault::Quarantined)), "{poison:?}");
    rig.act(case(1), CaseAction::Note("fine".into())).await.unwrap();
}

#[tokio::test]
async fn a_poisonous_timer_is_parked_and_the_fallback_paged() {
    let rig = Rig::with_advance(|world, limit, cx| {
        let due = world.first_due(cx.now);
        assert!(due.is_none(), "a timer that nobody thought of");
        wheelhouse_core::advance(world, limit, cx)
    })
    .await;
    // The escalation's second step comes due after a second.
    rig.signals(vec![alert("ledger", "a")]).await.unwrap();
    rig.until(|world| world.case(case(1)).is_some_and(|case| case.escalation.as_ref().is_some_and(|next| next.parked)))
        .await;
    let paged: Vec<String> = rig.dispatched().iter().map(|sent| sent.message.recipient.to_string()).collect();
    assert!(paged.contains(&"grace".to_owned()), "the fallback was not paged: {paged:?}");
    rig.act(case(1), CaseAction::Acknowledge).await.unwrap();
}

#[tokio::test]
async fn a_commit_that_fails_changes_nothing_and_says_so() {
    let rig = Rig::start().await;
    rig.signals(vec![alert("ledger", "a")]).await.unwrap();
    rig.break_store(StoreFault::NextCommit);
    let refused = rig.act(case(1), CaseAction::Acknowledge).await;
    assert!(matches!(refused, Err(Fault::Store(_))), "{refused:?}");
    let open = rig.writer.read(|world| matches!(world.case(case(1)).unwrap().state, State::Open)).await.unwrap();
    assert!(open, "the world kept what was not durable");
    rig.act(case(1), CaseAction::Acknowledge).await.unwrap();
}

#[tokio::test]
async fn a_batch_that_cannot_be_stored_is_bisected_down_to_the_culprit() {
    let rig = Rig::start().await;
    rig.signals(vec![alert("ledger", "a")]).await.unwrap();
    rig.break_store(StoreFault::Notes("bomb"));
    let notes = ["one", "two", "bomb", "three", "four"];
    let results =
        futures_util::future::join_all(notes.iter().map(|text| rig.act(case(1), CaseAction::Note((*text).into()))))
            .await;
    for (text, result) in notes.iter().zip(&results) {
        assert_eq!(result.is_ok(), *text != "bomb", "{text}: {result:?}");
    }
    rig.until(|world| world.cases().any(|case| case.title.contains("set an input aside"))).await;
}

#[tokio::test]
async fn a_flood_of_signals_does_not_keep_an_acknowledgement_waiting() {
    let rig = Rig::start().await;
    rig.signals(vec![alert("ledger", "first")]).await.unwrap();
    let flood: Vec<_> = (0..2_000)
        .map(|request| rig.signals((0..16).map(|n| alert("portal", &format!("{request}-{n}"))).collect()))
        .collect();
    let acknowledged = async {
        tokio::task::yield_now().await;
        rig.act(case(1), CaseAction::Acknowledge).await.unwrap().commit
    };
    let (flooded, acknowledged) = tokio::join!(futures_util::future::join_all(flood), acknowledged);
    let accepted: u64 = flooded.into_iter().map(|taken| taken.unwrap().accepted).sum();
    assert_eq!(accepted, 32_000);
    let last = rig.published.borrow().commit;
    assert!(acknowledged < last, "the acknowledgement came in commit {acknowledged} of {last}");
}

#[tokio::test]
async fn messages_wait_for_a_free_place_and_a_doubtful_one_is_marked_after_a_crash() {
    let rig = Rig::start().await;
    rig.free(0);
    rig.signals(vec![alert("ledger", "a")]).await.unwrap();
    assert_eq!(rig.dispatched().len(), 0, "nothing is claimed without a free place");
    rig.free(1);
    rig.until_dispatched(1).await;
    assert!(!rig.dispatched()[0].repeated);
    let sent = rig.dispatched()[0].message.id;
    // The hub dies between sending and hearing the answer.
    let rig = rig.crash().await;
    rig.until_dispatched(1).await;
    let again = rig.dispatched().into_iter().find(|dispatch| dispatch.message.id == sent).unwrap();
    assert!(again.repeated, "a message that may have been sent is marked");
    let outcome = Outcome::Accepted { answer: "250 ok".into() };
    rig.hub(What::Attempted { message: sent, contact: Some(ContactKind::Email), repeated: true, outcome })
        .await
        .unwrap();
    assert!(rig.writer.read(move |world| world.message(sent).is_none()).await.unwrap());
}

/// Nothing happens meanwhile: the writer itself looks again when the gate said that it would open.
#[tokio::test]
async fn what_waits_for_its_destination_goes_when_the_gate_opens() {
    let rig = Rig::start().await;
    let opens_at = person::now() + Duration::from_millis(400);
    rig.gate(Gate::ClosedUntil(opens_at));
    rig.signals(vec![alert("ledger", "a")]).await.unwrap();
    let waits =
        rig.writer.read(|world| world.messages_due(person::now()).map(|message| message.id).collect()).await.unwrap();
    assert_eq!((rig.dispatched().len(), rig.waiting()), (0, waits), "nothing goes, and it is known what waits");
    rig.until_dispatched(1).await;
    assert!(person::now() >= opens_at && rig.waiting().is_empty());
}

#[tokio::test]
async fn a_narrow_destination_is_not_handed_more_than_it_can_take() {
    let rig = Rig::start().await;
    rig.gate(Gate::Narrow(2));
    rig.signals((0..5).map(|n| alert("ledger", &n.to_string())).chain([alert("portal", "a")]).collect()).await.unwrap();
    rig.until_dispatched(2).await;
    let page = rig.dispatched()[0].message.id;
    rig.signals(vec![alert("nowhere", "b"), alert("elsewhere", "c")]).await.unwrap();
    let by_lane = |lane| rig.dispatched().iter().filter(|sent| sent.message.purpose.lane() == lane).count();
    assert!(by_lane(Lane::Page) <= 2 && by_lane(Lane::Notice) <= 2, "never more than it can take");
    let before = rig.dispatched().len();
    assert_eq!(rig.passed(), before, "what there is no room for costs nothing of the destination's rate");
    let outcome = Outcome::Accepted { answer: "250 ok".into() };
    rig.hub(What::Attempted { message: page, contact: Some(ContactKind::Email), repeated: false, outcome })
        .await
        .unwrap();
    rig.until_dispatched(before + 1).await;
}

#[tokio::test]
async fn the_same_idempotency_key_acts_once_even_side_by_side() {
    let rig = Rig::start().await;
    rig.signals(vec![alert("ledger", "a")]).await.unwrap();
    let twice = (0..2).map(|_| rig.act_once(case(1), CaseAction::Note("once".into()), "key-1"));
    let results = futures_util::future::join_all(twice).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert!(results.iter().any(|result| matches!(result, Err(Fault::Repeated(_)))), "{results:?}");
}

#[tokio::test]
async fn silence_during_a_downtime_is_no_recovery() {
    let rig = Rig::start().await;
    let mut short = alert("ledger", "a");
    let until = person::now() + Duration::from_millis(300);
    short.status = Status::Firing { until: Some(until) };
    rig.signals(vec![short]).await.unwrap();
    let rig = rig.crash().await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let firing = rig.writer.read(|world| world.signals().len()).await.unwrap();
    assert_eq!(firing, 1, "the end that was announced passed while the hub was down; its source has its whole timeout");
}
