//! Whom a step runs as. These tests run as root, and as somebody else.

use std::path::PathBuf;
use std::process::Command;

use wheelhouse_runner::End;
use wheelhouse_runner::step::User;

use crate::rig::{GUARD, Rig, bash, own_sleep, processes_with, script};

#[test]
fn root_runs_steps_as_somebody_else_who_has_only_the_own_folder() {
    crate::rig::needs_root();
    let nobody = User::named("nobody").unwrap();
    let rig = Rig::with_cgroups();
    let text = "id -u; id -g; id -G; cat /etc/shadow 2>/dev/null || echo no; ls $HOME/../.. 2>/dev/null || echo no\n\
        echo x > $HOME/x && echo y > $TMPDIR/y && echo z > z && stat -c '%u %a' $HOME/.. ; grep CapEff /proc/self/status; echo a=1 > $WH_OUTPUT";
    let (outcome, heard) = rig.run(&bash(text, |process| process.user = Some(nobody)));
    let uid = nobody.uid;
    let gid = nobody.gid;
    assert_eq!(outcome.end, End::Succeeded);
    let expected = format!("{uid}\n{gid}\n{gid}\nno\nno\n{uid} 700\nCapEff:\t0000000000000000\n");
    assert_eq!(heard.stdout(), expected, "{}", heard.stderr());
    assert_eq!(outcome.outputs["a"], "1");
}

#[test]
fn what_runs_as_somebody_else_is_ended_as_well() {
    crate::rig::needs_root();
    let sleep = own_sleep();
    let mut step = bash(
        &format!("trap '' TERM; setsid bash -c 'trap \"\" TERM; sleep {sleep}; true' & sleep {sleep}; sleep {sleep}"),
        |process| {
            process.user = Some(User::named("nobody").unwrap());
        },
    );
    (step.deadline_ms, step.grace_ms) = (500, 100);
    let (outcome, _) = Rig::new().run(&step);
    assert_eq!(outcome.end, End::TimedOut);
    assert!(outcome.proof.unwrap().empty && processes_with(&sleep).is_empty());
}

#[test]
fn who_is_not_root_runs_steps_as_oneself_only() {
    crate::rig::needs_root();
    let rig = Rig::new();
    let run = |step: &str| as_nobody(&rig, step);
    let step = script("id -u; setsid sleep 0.1 & wait; echo a=b > $WH_OUTPUT");
    let said = run(&serde_json::to_string(&step).unwrap());
    assert!(said.contains(r#""text":"65534\n""#) && said.contains(r#""end":{"is":"succeeded"}"#), "{said}");
    assert!(said.contains(r#""outputs":{"a":"b"}"#), "{said}");
    let step = bash("id -u", |process| process.user = Some(User { uid: 65_534, gid: 65_534 }));
    assert!(run(&serde_json::to_string(&step).unwrap()).contains(r#""text":"65534\n""#), "oneself may be named");
    let step = bash("id -u", |process| process.user = Some(User { uid: 0, gid: 0 }));
    let said = run(&serde_json::to_string(&step).unwrap());
    assert!(said.contains("not_started") && said.contains("only root may run steps as somebody else"), "{said}");
    assert_eq!(std::fs::read_dir(jobs_of_nobody(&rig)).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_ended_is_named_and_not_called_gone() {
    crate::rig::needs_root();
    use std::os::unix::fs::PermissionsExt;
    let rig = Rig::new();
    let sleep = own_sleep();
    // A program that becomes root, as sudo does; somebody else's runner may not end what it starts.
    let become_root = rig.folder.path().join("become-root");
    std::fs::copy("/usr/bin/setpriv", &become_root).unwrap();
    std::fs::set_permissions(&become_root, std::fs::Permissions::from_mode(0o4755)).unwrap();
    let text = format!("{} --reuid=0 --regid=0 --clear-groups sleep {sleep}", become_root.display());
    let mut step = bash(&text, |process| process.may_gain_privileges = true);
    (step.deadline_ms, step.grace_ms) = (1_000, 100);
    let said = as_nobody(&rig, &serde_json::to_string(&step).unwrap());
    let left = processes_with(&format!("sleep {sleep}"));
    assert_eq!(left.len(), 1, "{said}");
    crate::rig::signal(left[0], "KILL");
    assert!(said.contains(&format!("processes of the step cannot be ended: {} (sleep)", left[0])), "{said}");
    assert!(said.contains(r#""is":"unknown""#) && said.contains(r#""empty":false"#), "{said}");
    // Without leave to gain privileges it does not come to that.
    step = bash(&text, |_| {});
    let said = as_nobody(&rig, &serde_json::to_string(&step).unwrap());
    assert!(said.contains(r#""is":"failed""#) && said.contains(r#""empty":true"#), "{said}");
}

#[test]
fn a_user_that_is_not_there_is_said() {
    let error = User::named("nobody-of-that-name").unwrap_err().to_string();
    assert!(error.starts_with("no user of this machine is called `nobody-of-that-name`"), "{error}");
    assert_eq!(User::named("root").unwrap(), User { uid: 0, gid: 0 });
}

fn jobs_of_nobody(rig: &Rig) -> PathBuf {
    rig.folder.path().join("jobs-of-nobody")
}

/// Executes a step by a runner that is not root, and gives what it said.
fn as_nobody(rig: &Rig, step: &str) -> String {
    let (file, jobs) = (rig.folder.path().join("step.json"), jobs_of_nobody(rig));
    std::fs::write(&file, step).unwrap();
    // The program may lie where nobody else can go, so it is laid where they can.
    let guard = rig.folder.path().join("guard");
    std::fs::copy(GUARD, &guard).unwrap();
    std::fs::create_dir_all(&jobs).unwrap();
    std::os::unix::fs::chown(&jobs, Some(65_534), Some(65_534)).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(guard).arg(&file).arg("--jobs").arg(&jobs);
    let output = command.output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}
