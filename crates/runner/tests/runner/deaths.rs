//! Each of runner, keeper and guard may be killed at any time: nothing of the step is left.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use wheelhouse_runner::{Cgroups, Clock, End, Step, SystemClock, Witness, sweep};

use crate::rig::{GUARD, Rig, lives, own_sleep, pause, processes_with, script, signal, until};

/// A tree that would outlive everything, with a child in a session of its own and an orphan.
fn tree(sleep: &str) -> String {
    format!(
        "trap '' TERM; setsid bash -c 'trap \"\" TERM; sleep {sleep}; true' & (setsid sleep {sleep} &) ; sleep {sleep}; sleep {sleep}"
    )
}

/// Three sleeps, and nothing else that matters.
fn all_there(sleep: &str) {
    until("all processes are there", || processes_with(&format!("sleep {sleep}")).len() >= 4);
}

fn all_gone(sleep: &str) {
    until("all processes are gone", || processes_with(sleep).is_empty());
}

#[test]
fn the_guard_is_killed() {
    for (rig, name) in
        [(Rig::new(), "guard"), (Rig::with_cgroups(), "guard"), (Rig::new(), "keeper"), (Rig::with_cgroups(), "keeper")]
    {
        let sleep = own_sleep();
        let begun = rig.begin(script(&tree(&sleep)));
        let started = begun.started();
        all_there(&sleep);
        signal(if name == "guard" { started.guard } else { started.keeper }.unwrap(), "KILL");
        let (rig, outcome, _) = begun.end();
        let End::Unknown { why } = &outcome.end else { panic!("{name}: {outcome:?}") };
        assert!(why.contains(&format!("{name} was killed")), "{why}");
        let proof = outcome.proof.clone().unwrap();
        let by = if name == "guard" { Witness::Keeper } else { Witness::Guard };
        assert!(proof.empty && proof.by == by && proof.killed >= 2, "{name}: {proof:?}");
        assert_eq!(processes_with(&sleep), Vec::<u32>::new(), "{name}");
        if name == "guard" {
            rig.nothing_is_left(&outcome);
        }
        // Without its keeper nobody puts the folder away before the next start.
        sweep(&rig.runner.jobs).unwrap();
        rig.nothing_is_left(&outcome);
    }
}

#[test]
fn both_guards_are_killed_and_the_runner_ends_what_is_left() {
    for rig in [Rig::new(), Rig::with_cgroups()] {
        let cgroups = rig.runner.cgroups != Cgroups::None;
        let sleep = own_sleep();
        let begun = rig.begin(script(&tree(&sleep)));
        let started = begun.started();
        all_there(&sleep);
        // In one go, so that neither sees the other go.
        let pids = [started.keeper, started.guard].map(|pid| pid.unwrap().to_string());
        assert!(Command::new("kill").arg("-STOP").args(&pids).status().unwrap().success());
        assert!(Command::new("kill").arg("-KILL").args(&pids).status().unwrap().success());
        let (rig, outcome, _) = begun.end();
        assert!(matches!(&outcome.end, End::Unknown { why } if why.contains("were both killed")), "{outcome:?}");
        let proof = outcome.proof.clone().unwrap();
        assert!(proof.empty && proof.by == Witness::Runner && proof.cgroup == cgroups, "{proof:?}");
        all_gone(&sleep);
        sweep(&rig.runner.jobs).unwrap();
        rig.nothing_is_left(&outcome);
    }
}

/// A whole runner in a process of its own.
struct Whole {
    child: Child,
    guards: Vec<u32>,
}

fn whole(rig: &Rig, text: &str) -> Whole {
    whole_with(rig, &script(text))
}

fn whole_with(rig: &Rig, step: &Step) -> Whole {
    let file = rig.folder.path().join("step.json");
    std::fs::write(&file, serde_json::to_string(step).unwrap()).unwrap();
    let mut command = Command::new(GUARD);
    command.arg(&file).arg("--jobs").arg(&rig.runner.jobs).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let started: Value = serde_json::from_str(&line).unwrap();
    let pid = |role: &str| u32::try_from(started["started"][role].as_u64().unwrap()).unwrap();
    Whole { child, guards: vec![pid("guard"), pid("keeper")] }
}

#[test]
fn the_runner_is_killed() {
    let rig = Rig::new();
    let sleep = own_sleep();
    let mut whole = whole(&rig, &tree(&sleep));
    all_there(&sleep);
    whole.child.kill().unwrap();
    whole.child.wait().unwrap();
    all_gone(&sleep);
    until("guard and keeper are gone", || whole.guards.iter().all(|&pid| !lives(pid)));
    let left: Vec<_> = std::fs::read_dir(&rig.runner.jobs).unwrap().collect();
    assert!(left.is_empty(), "the keeper has put everything away: {left:?}");
}

#[test]
fn the_runner_stands_still_and_the_guard_keeps_the_time() {
    let rig = Rig::new();
    let sleep = own_sleep();
    let mut step = script(&tree(&sleep));
    (step.deadline_ms, step.grace_ms) = (1_500, 100);
    let mut whole = whole_with(&rig, &step);
    all_there(&sleep);
    signal(whole.child.id(), "STOP");
    let stopped = SystemClock.steady();
    all_gone(&sleep);
    let took = SystemClock.steady() - stopped;
    assert!(took > Duration::from_secs(1) && took < Duration::from_secs(8), "{took:?}");
    signal(whole.child.id(), "CONT");
    assert_eq!(whole.child.wait().unwrap().code(), Some(1), "it goes on, and says that the step has not succeeded");
    until("everything is put away", || std::fs::read_dir(&rig.runner.jobs).unwrap().count() == 0);
}

#[test]
fn the_runner_is_killed_at_any_moment_of_a_start() {
    for micros in (0..60_000).step_by(4_000) {
        let rig = Rig::new();
        let sleep = own_sleep();
        let file = rig.folder.path().join("step.json");
        std::fs::write(&file, serde_json::to_string(&script(&format!("sleep {sleep}"))).unwrap()).unwrap();
        let mut child = Command::new(GUARD);
        let child = child.arg(&file).arg("--jobs").arg(&rig.runner.jobs).stdout(Stdio::null());
        let mut child = child.spawn().unwrap();
        pause(Duration::from_micros(micros));
        child.kill().unwrap();
        child.wait().unwrap();
        // Whoever was still on the way sees that the runner is gone, and goes.
        let jobs = rig.runner.jobs.display().to_string();
        until("keeper and guard are gone", || processes_with(&jobs).is_empty());
        assert!(processes_with(&sleep).is_empty(), "after {micros} µs");
        let left = std::fs::read_dir(&rig.runner.jobs).map_or(0, Iterator::count);
        assert_eq!(left, 0, "after {micros} µs");
    }
}

#[test]
fn all_are_killed_and_the_next_start_sweeps() {
    let rig = Rig::new();
    let sleep = own_sleep();
    let mut whole = whole(&rig, &tree(&sleep));
    all_there(&sleep);
    // While they live, a sweep of another runner leaves them alone.
    assert_eq!(sweep(&rig.runner.jobs).unwrap(), []);
    let all: Vec<String> = whole.guards.iter().copied().chain([whole.child.id()]).map(|pid| pid.to_string()).collect();
    assert!(Command::new("kill").arg("-STOP").args(&all).status().unwrap().success());
    assert!(Command::new("kill").arg("-KILL").args(&all).status().unwrap().success());
    whole.child.wait().unwrap();
    until("guard and keeper are gone", || whole.guards.iter().all(|&pid| !lives(pid)));
    assert!(!processes_with(&sleep).is_empty(), "orphans are left");
    let swept = sweep(&rig.runner.jobs).unwrap();
    assert!(swept.len() == 1 && swept[0].proof.empty && swept[0].proof.killed >= 2, "{swept:?}");
    all_gone(&sleep);
    assert_eq!(std::fs::read_dir(&rig.runner.jobs).unwrap().count(), 0);
    assert_eq!(sweep(&rig.runner.jobs).unwrap(), [], "nothing is left for a second one");
    assert_eq!(sweep(&rig.folder.path().join("never-made")).unwrap(), []);
}

#[test]
fn a_guard_that_is_told_to_end_ends_the_step() {
    let sleep = own_sleep();
    let begun = Rig::new().begin(script(&tree(&sleep)));
    let started = begun.started();
    all_there(&sleep);
    // As a service manager does to everything in a unit.
    signal(started.keeper.unwrap(), "TERM");
    pause(Duration::from_millis(100));
    assert!(lives(started.keeper.unwrap()));
    signal(started.guard.unwrap(), "TERM");
    let (_, outcome, _) = begun.end();
    assert!(
        matches!(&outcome.end, End::Unknown { why } if why.contains("told the step's guard to end")),
        "{outcome:?}"
    );
    assert!(outcome.proof.unwrap().empty);
    all_gone(&sleep);
}
