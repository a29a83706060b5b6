//! Whole trees of processes, however they try to get away.

use std::time::Duration;

use wheelhouse_runner::step::Leftovers;
use wheelhouse_runner::{Cgroups, Clock, End, Exit, Outcome, SystemClock};

use crate::rig::{Rig, bash, own_sleep, pause, processes_with, script, signal, until, written};

/// Runs a step beside, cancels it once so many of its sleeps are there, and sees that all are gone.
fn all_are_ended(rig: Rig, text: &str, sleeps: usize) -> Outcome {
    let sleep = own_sleep();
    let begun = rig.begin(script(&text.replace("SLEEP", &format!("sleep {sleep}"))));
    begun.started();
    until("its processes are there", || processes_with(&format!("sleep {sleep}")).len() >= sleeps);
    begun.cancel.cancel();
    let (rig, outcome, _) = begun.end();
    assert_eq!(outcome.end, End::Cancelled);
    let proof = outcome.proof.clone().unwrap();
    assert!(proof.empty && proof.remaining.is_empty(), "{proof:?}");
    assert_eq!(processes_with(&sleep), Vec::<u32>::new());
    rig.nothing_is_left(&outcome);
    outcome
}

#[test]
fn sessions_of_their_own_double_forks_and_pipelines() {
    let hostile = "trap '' TERM\n\
        setsid bash -c 'trap \"\" TERM HUP; SLEEP; true' &\n\
        (setsid bash -c '(trap \"\" TERM; SLEEP; true) & disown; exit' &)\n\
        nohup env -i bash -c 'cd /; exec > /dev/null 2>&1 < /dev/null; SLEEP' &\n\
        SLEEP | cat | cat &\n\
        SLEEP";
    for rig in [Rig::new(), Rig::with_cgroups()] {
        let cgroups = rig.runner.cgroups != Cgroups::None;
        let outcome = all_are_ended(rig, hostile, 5);
        assert_eq!(outcome.proof.unwrap().cgroup, cgroups);
    }
}

#[test]
fn one_that_forks_again_whenever_its_parent_dies() {
    // Each generation waits for its parent to be gone, then makes the next one: a tree that moves.
    let relay = "cat > relay.sh <<'END'\n\
        trap '' TERM\n\
        n=$1; (( n > 400 )) && exit\n\
        (setsid bash relay.sh $((n + 1)) &)\n\
        SLEEP\n\
        END\n\
        for i in 1 2 3; do bash relay.sh 380 & done; SLEEP";
    assert!(all_are_ended(Rig::new(), relay, 10).proof.unwrap().killed > 3);
}

#[test]
fn leftovers_may_finish_what_they_are_at_then_they_are_ended() {
    let rig = Rig::new();
    let (outcome, heard) = rig.run(&script("echo to the log > >(sleep 0.3; cat)"));
    assert_eq!((outcome.end, heard.stdout()), (End::Succeeded, "to the log\n".to_owned()));
    let sleep = own_sleep();
    let begun = SystemClock.steady();
    // It holds the pipe open, which must not keep the step from being over.
    let (outcome, heard) = rig.run(&script(&format!("setsid sleep {sleep} & echo over")));
    assert_eq!((outcome.end.clone(), heard.stdout()), (End::Succeeded, "over\n".to_owned()));
    let proof = outcome.proof.unwrap();
    assert_eq!((proof.empty, proof.leftovers), (true, 1));
    assert!(processes_with(&sleep).is_empty());
    assert!(SystemClock.steady() - begun < Duration::from_secs(8));
}

#[test]
fn a_daemon_stays_where_the_step_says_so() {
    for rig in [Rig::new(), Rig::with_cgroups()] {
        let sleep = own_sleep();
        let step = bash(&format!("setsid sleep {sleep} > /dev/null 2>&1 < /dev/null & echo started"), |process| {
            process.leftovers = Leftovers::Leave;
        });
        let (outcome, heard) = rig.run(&step);
        assert_eq!(
            (&outcome.end, outcome.exit, heard.stdout().as_str()),
            (&End::Succeeded, Some(Exit::Code(0)), "started\n")
        );
        let proof = outcome.proof.unwrap();
        assert!(!proof.empty && proof.remaining.len() == 1, "{proof:?}");
        pause(Duration::from_millis(300));
        let there = processes_with(&sleep);
        assert_eq!(there, [proof.remaining[0].pid], "it goes on");
        let group = std::fs::read_to_string(format!("/proc/{}/cgroup", there[0])).unwrap();
        assert!(!group.contains("wheelhouse-step"), "{group}");
        signal(there[0], "KILL");
    }
}

#[test]
fn cancelled_it_takes_its_daemon_along() {
    let sleep = own_sleep();
    let rig = Rig::new();
    let ready = rig.folder.path().join("ready");
    let step = bash(&format!("setsid sleep {sleep} & echo yes > {}; wait", ready.display()), |process| {
        process.leftovers = Leftovers::Leave;
    });
    let begun = rig.begin(step);
    written(&ready);
    begun.cancel.cancel();
    let (_, outcome, _) = begun.end();
    assert_eq!((outcome.end, outcome.proof.unwrap().empty), (End::Cancelled, true));
    assert!(processes_with(&sleep).is_empty());
}

#[test]
fn orphans_are_buried_while_the_step_goes_on() {
    // A thousand children whose parents do not wait: they must not pile up as zombies.
    let text = "for i in $(seq 1000); do (true &) ; done; sleep 0.3\n\
        cat /proc/*/stat 2>/dev/null | awk -v guard=$PPID '$4 == guard && $3 == \"Z\"' | wc -l";
    let (outcome, heard) = Rig::new().run(&script(text));
    assert_eq!((outcome.end, heard.stdout()), (End::Succeeded, "0\n".to_owned()));
}
