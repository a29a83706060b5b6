//! A lease is begun or taken back, whichever comes first, and never both: step by step, and at the same moment.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Barrier;

use wheelhouse_core::run::RunId;
use wheelhouse_core::runbook::StepId;

use super::*;

fn remote() -> Remote {
    Remote::new(Duration::from_secs(30))
}

fn dmz() -> RunnerName {
    RunnerName::new("dmz-1").unwrap()
}

fn lease(epoch: u64) -> Lease {
    Lease { run: RunId(1), step: StepId::new("one").unwrap(), epoch: Epoch(epoch) }
}

/// A lease of a runner that it was given just now, and what is held of it.
fn given(remote: &Remote, epoch: u64) -> Held {
    remote.give(lease(epoch), dmz());
    remote.held(Epoch(epoch), &dmz()).unwrap()
}

#[test]
fn what_was_begun_between_the_look_and_the_word_is_not_called_unheard_of() {
    let remote = remote();
    given(&remote, 7);
    given(&remote, 8);
    // The runner asks again and names neither; before the hub has said so, one of them begins after all.
    let unheard_of = remote.unheard_of(&dmz(), &[]);
    assert_eq!(unheard_of.len(), 2);
    assert!(remote.beat(Epoch(7), &dmz()).is_some());
    let taken: Vec<Epoch> = remote.taken_back(unheard_of).iter().map(|lease| lease.epoch).collect();
    assert_eq!(taken, [Epoch(8)]);
    // What was taken back nobody begins, writes to or ends; the other goes on.
    assert!(remote.beat(Epoch(8), &dmz()).is_none() && remote.held(Epoch(8), &dmz()).is_none());
    assert!(remote.beat(Epoch(7), &dmz()).is_some() && remote.held(Epoch(7), &dmz()).is_some());
}

#[test]
fn a_lease_that_is_given_up_as_it_begins_is_not_called_never_begun() {
    let remote = remote();
    // The hub looked at it when nothing of it had begun.
    let (held, other) = (given(&remote, 7), given(&remote, 8));
    assert!(!held.begun && !other.begun);
    assert!(remote.beat(Epoch(7), &dmz()).is_some());
    assert_eq!(remote.given_up(&held).end, AttemptEnd::Unknown);
    assert_eq!(remote.given_up(&other).end, AttemptEnd::NotStarted);
    assert!(remote.beat(Epoch(8), &dmz()).is_none());
    // What could not be told is told again in the same words.
    assert_eq!(remote.given_up(&held).end, AttemptEnd::Unknown);
    assert_eq!(remote.given_up(&other).end, AttemptEnd::NotStarted);
}

#[test]
fn what_an_earlier_hub_gave_counts_as_begun() {
    let remote = remote();
    remote.follow((Epoch(7), vec![(lease(7), dmz(), false)]), true);
    assert!(remote.unheard_of(&dmz(), &[]).is_empty());
    let held = remote.held(Epoch(7), &dmz()).unwrap();
    assert_eq!(remote.given_up(&held).end, AttemptEnd::Unknown);
    assert!(remote.beat(Epoch(7), &dmz()).is_some(), "it may go on until the hub has decided");
}

#[test]
fn at_the_same_moment_one_of_both_wins() {
    let remote = remote();
    let (mut begun, mut never) = (0, 0);
    for epoch in 1..=2_000 {
        let held = given(&remote, epoch);
        let start = Barrier::new(2);
        let (began, end) = std::thread::scope(|scope| {
            let beat = scope.spawn(|| {
                start.wait();
                remote.beat(Epoch(epoch), &dmz()).is_some()
            });
            start.wait();
            let end = remote.given_up(&held).end;
            (beat.join().unwrap(), end)
        });
        let told = if began { AttemptEnd::Unknown } else { AttemptEnd::NotStarted };
        assert_eq!(end, told, "lease {epoch}");
        *(if began { &mut begun } else { &mut never }) += 1;
    }
    println!("begun {begun} times, taken back {never} times");
}
