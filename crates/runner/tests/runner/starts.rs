//! Steps that do not start, and why: nothing of them ran, so they may be tried again.

use wheelhouse_runner::step::{ProcessStep, Program, Step, WorkFile};
use wheelhouse_runner::{Cancel, End, Outcome};

use crate::rig::{Heard, Rig, bash, script};

fn why(outcome: &Outcome) -> &str {
    match &outcome.end {
        End::NotStarted { why } => why,
        other => panic!("it should not have started: {other:?}"),
    }
}

fn executable(path: &str) -> Step {
    Step::process("t", ProcessStep::of(Program::Executable { path: path.to_owned() }), 5_000)
}

#[test]
fn what_is_missing_is_named() {
    let rig = Rig::new();
    let (outcome, heard) = rig.run(&bash("true", |process| process.cwd = Some("/nowhere/at/all".into())));
    assert!(why(&outcome).starts_with("its folder /nowhere/at/all cannot be entered: No such file"), "{outcome:?}");
    assert!(heard.started.is_none() && outcome.started_at_us.is_none() && outcome.exit.is_none());
    let (outcome, _) = rig.run(&Step::process("t", ProcessStep::script(&["bosh"], "true"), 5_000));
    assert!(why(&outcome).starts_with("no program `bosh` in PATH (/usr/local/sbin:"), "{outcome:?}");
    let (outcome, _) = rig.run(&executable("/usr/bin/no-such-program"));
    assert!(why(&outcome).starts_with("the program /usr/bin/no-such-program is not there"), "{outcome:?}");
    let (outcome, _) = rig.run(&Step::process("t", ProcessStep::script(&[], "#!/usr/bin/no-such-thing -x\n"), 5_000));
    assert!(why(&outcome).contains("wants the interpreter /usr/bin/no-such-thing, which is not there"), "{outcome:?}");
    let (outcome, _) = rig.run(&executable("/usr"));
    assert_eq!(why(&outcome), "/usr is a folder, not a program");
}

#[test]
fn what_cannot_be_executed_is_said() {
    let rig = Rig::new();
    let mut process = ProcessStep::of(Program::Executable { path: "./tool".to_owned() });
    process.files = vec![WorkFile { path: "tool".to_owned(), text: "#!/bin/sh\n".to_owned(), executable: false }];
    let (outcome, _) = rig.run(&Step::process("t", process.clone(), 5_000));
    assert!(why(&outcome).starts_with("./tool is not executable\n  = help: `chmod +x` it"), "{outcome:?}");
    process.files[0] = WorkFile { path: "tool".to_owned(), text: "no program at all".to_owned(), executable: true };
    let (outcome, _) = rig.run(&Step::process("t", process, 5_000));
    assert!(why(&outcome).contains("neither a program of this machine nor a script"), "{outcome:?}");
}

#[test]
fn a_step_that_is_wrong_is_refused_before_anything_is_made() {
    let rig = Rig::new();
    for (step, expected) in [
        (Step { token: "a b".to_owned(), ..script("true") }, "token: `a b` will not do"),
        (Step { deadline_ms: 0, ..script("true") }, "deadline_ms: 0 ms"),
        (
            bash("x", |p| drop(p.environment.insert("A=B".to_owned(), String::new()))),
            "environment.A=B: it cannot have this name",
        ),
        (bash("x", |p| drop(p.environment.insert("WH_OUTPUT".to_owned(), String::new()))), "environment.WH_OUTPUT"),
        (
            bash("x", |p| drop(p.environment.insert("A".to_owned(), "\0".to_owned()))),
            "environment.A: its value holds a zero byte",
        ),
        (bash("x", |p| p.args = vec!["x".repeat(200_000)]), "args: too many or too long"),
        (
            bash("x", |p| p.files = vec![WorkFile { path: "../x".to_owned(), text: String::new(), executable: false }]),
            "files[0].path: `../x`",
        ),
        (bash("x", |p| p.stdin = "x".repeat(9 << 20)), "action: 9437185 bytes in all"),
        (Step::process("t", ProcessStep::script(&[], "echo hi"), 1_000), "program.interpreter: nothing says"),
    ] {
        let (outcome, _) = rig.run(&step);
        assert!(why(&outcome).starts_with(expected), "{expected}: {outcome:?}");
    }
    assert!(!rig.runner.jobs.exists(), "nothing was made");
}

#[test]
fn a_secret_that_nobody_has_is_named_and_nothing_runs() {
    let step = crate::rig::with_secret(script("true"), "db-password", "PW", Default::default());
    let (outcome, _) = Rig::new().run(&step);
    assert!(why(&outcome).starts_with("no source of this runner has the secret `db-password`"), "{outcome:?}");
    let short = Rig::new().knowing(&[("db-password", b"abc")]);
    assert!(why(&short.run(&step).0).starts_with("the secret `db-password` is shorter than 6 bytes"));
}

#[test]
fn a_folder_for_jobs_that_cannot_be_written_is_said() {
    let mut rig = Rig::new();
    rig.runner.jobs = "/proc/nowhere".into();
    let outcome = rig.runner.execute(&script("true"), &mut Heard::default(), &Cancel::new().unwrap());
    assert!(why(&outcome).starts_with("the runner's folder for jobs /proc/nowhere cannot be made"), "{outcome:?}");
}

#[test]
fn a_guard_that_cannot_be_started_is_said() {
    let mut rig = Rig::new();
    rig.runner.guard.0 = "/usr/bin/no-such-guard".into();
    let (outcome, _) = rig.run(&script("true"));
    assert!(why(&outcome).starts_with("the runner cannot start processes: No such file"), "{outcome:?}");
}
