//! Deadlines and cancels: at any time, exactly, and for good.

use std::time::Duration;

use wheelhouse_runner::{Cancel, Clock, End, Exit, SystemClock};

use crate::rig::{Heard, Rig, bash, own_sleep, pause, processes_with, script};

#[test]
fn a_step_that_hangs_is_ended_at_its_deadline() {
    let rig = Rig::with_cgroups();
    let mut step = script("sleep 600");
    step.deadline_ms = 700;
    let (outcome, heard) = rig.run(&step);
    assert_eq!((outcome.end.clone(), outcome.exit), (End::TimedOut, Some(Exit::Signal(15))));
    let ran = outcome.ended_at_us - heard.started.unwrap().at_us;
    assert!((700_000..1_200_000).contains(&ran), "{ran} µs instead of 700,000");
}

#[test]
fn one_that_ignores_it_is_killed_after_its_grace() {
    let sleep = own_sleep();
    let mut step = script(&format!("trap '' TERM INT HUP; while :; do sleep {sleep}; done"));
    (step.deadline_ms, step.grace_ms) = (300, 500);
    let (outcome, _) = Rig::new().run(&step);
    assert_eq!((outcome.end.clone(), outcome.exit), (End::TimedOut, Some(Exit::Signal(9))));
    assert!((800_000..2_500_000).contains(&outcome.took_us), "{outcome:?}");
    assert!(outcome.proof.unwrap().killed >= 1);
    assert!(processes_with(&sleep).is_empty());
}

#[test]
fn one_that_cleans_up_has_the_time_for_it() {
    let step = script("trap 'echo cleaning; sleep 0.2; echo cleaned; exit 3' TERM; echo ready; sleep 600 & wait");
    let begun = Rig::new().begin(step);
    begun.started();
    pause(Duration::from_millis(300));
    begun.cancel.cancel();
    let (_, outcome, heard) = begun.end();
    assert_eq!((outcome.end, outcome.exit), (End::Cancelled, Some(Exit::Code(3))));
    assert_eq!(heard.stdout(), "ready\ncleaning\ncleaned\n");
}

#[test]
fn a_stopped_process_hears_it_too() {
    let mut step = script("kill -STOP $$; sleep 600");
    step.deadline_ms = 300;
    let (outcome, _) = Rig::new().run(&step);
    assert_eq!((outcome.end, outcome.exit), (End::TimedOut, Some(Exit::Signal(15))));
}

#[test]
fn a_cancel_counts_whenever_it_comes() {
    let cancel = Cancel::new().unwrap();
    cancel.cancel();
    let rig = Rig::new();
    let outcome = rig.runner.execute(&script("touch /tmp/should-not-be"), &mut Heard::default(), &cancel);
    assert_eq!((outcome.end, outcome.started_at_us), (End::Cancelled, None));
    // While it starts: at many moments between the first process and the first line of the step.
    for micros in (0..40_000).step_by(2_500) {
        let sleep = own_sleep();
        let begun = Rig::with_cgroups().begin(script(&format!("sleep {sleep}")));
        pause(Duration::from_micros(micros));
        begun.cancel.cancel();
        let (rig, outcome, _) = begun.end();
        assert_eq!(outcome.end, End::Cancelled, "after {micros} µs: {outcome:?}");
        assert!(processes_with(&sleep).is_empty(), "after {micros} µs");
        rig.nothing_is_left(&outcome);
    }
}

#[test]
fn a_cancel_after_the_end_changes_nothing() {
    let begun = Rig::new().begin(script("echo done"));
    begun.started();
    let cancel = begun.cancel.clone();
    let (_, outcome, _) = begun.end();
    cancel.cancel();
    assert_eq!(outcome.end, End::Succeeded);
}

#[test]
fn what_the_program_came_to_stands_if_only_its_children_are_late() {
    let sleep = own_sleep();
    let mut step = bash(&format!("sleep {sleep} & echo over; exit 0"), |_| {});
    step.deadline_ms = 500;
    let begun = SystemClock.steady();
    let (outcome, _) = Rig::new().run(&step);
    assert_eq!((outcome.end, outcome.exit), (End::Succeeded, Some(Exit::Code(0))));
    let proof = outcome.proof.unwrap();
    assert!(proof.empty && proof.leftovers == 1 && processes_with(&sleep).is_empty(), "{proof:?}");
    assert!(SystemClock.steady() - begun < Duration::from_secs(5));
}
