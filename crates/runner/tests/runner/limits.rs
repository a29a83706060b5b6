//! What a step may use of the machine.

use wheelhouse_runner::step::{Confinement, User};
use wheelhouse_runner::{Confined, End, Exit};

use crate::rig::{Rig, bash, own_sleep, processes_with, script};

/// A fork bomb that would become two thousand processes and no more, so that a broken limit does no harm.
fn bomb(sleep: &str) -> String {
    format!(
        "cat > bomb.sh <<'END'\n\
         (( $1 == 0 )) && exec sleep {sleep}\n\
         bash bomb.sh $(($1 - 1)) & bash bomb.sh $(($1 - 1)) & wait\n\
         END\n\
         bash bomb.sh 10; exit 0"
    )
}

#[test]
fn a_fork_bomb_is_ended() {
    for mut rig in [Rig::new(), Rig::with_cgroups()] {
        let sleep = own_sleep();
        let mut step = bash(&bomb(&sleep), |process| process.limits.processes = 60);
        step.deadline_ms = 60_000;
        let (outcome, _) = rig.run(&step);
        assert_eq!(
            outcome.end,
            End::Failed { why: "it became more processes than it may; all of them were ended".to_owned() }
        );
        let proof = outcome.proof.unwrap();
        assert!(proof.empty && proof.killed > 60, "{proof:?}");
        assert!(processes_with(&sleep).is_empty());
        rig.runner.own_secrets.clear();
    }
}

#[test]
fn a_user_of_its_own_cannot_even_fork_that_often() {
    crate::rig::needs_root();
    let sleep = own_sleep();
    let mut step = bash(&bomb(&sleep), |process| {
        process.limits.processes = 40;
        // A number that nobody has.
        process.user = Some(User { uid: 61_234, gid: 61_234 });
    });
    (step.deadline_ms, step.grace_ms) = (1_500, 0);
    let (outcome, heard) = Rig::new().run(&step);
    assert!(heard.stderr().contains("Resource temporarily unavailable"), "{} {outcome:?}", heard.stderr());
    assert!(outcome.proof.unwrap().empty && processes_with(&sleep).is_empty());
}

#[test]
fn memory_files_and_descriptors_are_bounded() {
    let rig = Rig::new();
    let step = bash("python3 -c 'x = bytearray(300 << 20); print(len(x))'", |process| {
        process.environment.insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
        process.limits.memory_bytes = Some(200 << 20);
    });
    let (outcome, heard) = rig.run(&step);
    assert_eq!(outcome.exit, Some(Exit::Code(1)));
    assert!(heard.stderr().contains("MemoryError") && heard.stdout().is_empty(), "{}", heard.stderr());
    let step = bash("exec head -c 1000000 /dev/zero > big", |process| process.limits.file_bytes = Some(100_000));
    let (outcome, _) = rig.run(&step);
    assert_eq!(
        outcome.end,
        End::Failed { why: "it was ended by signal 25 (SIGXFSZ): it wrote a larger file than it may".to_owned() }
    );
    let step = bash("ulimit -n; ulimit -c; ulimit -Hn", |process| process.limits.open_files = 64);
    let (_, heard) = rig.run(&step);
    assert_eq!(heard.stdout(), "64\n0\n64\n");
}

#[test]
fn a_step_is_held_to_its_folders() {
    let rig = Rig::new();
    let (open, closed) = (rig.folder.path().join("open"), rig.folder.path().join("closed"));
    for folder in [&open, &closed] {
        std::fs::create_dir(folder).unwrap();
        std::fs::write(folder.join("file"), "something\n").unwrap();
    }
    let text = "echo x > $OPEN/new && echo wrote; cat $CLOSED/file || echo refused; echo y > $CLOSED/file || echo refused\n\
        cat /etc/hostname > /dev/null && echo 'read'; (echo z > /etc/nothing-of-mine) 2>&1 | grep -c denied; echo home > $HOME/x && echo own\n\
        setsid bash -c 'cat $CLOSED/file || echo its children too'";
    let step = bash(text, |process| {
        process.environment.insert("OPEN".to_owned(), open.display().to_string());
        process.environment.insert("CLOSED".to_owned(), closed.display().to_string());
        process.confinement = Some(Confinement { write: vec![open.clone()], required: true, ..Confinement::default() });
    });
    let (outcome, heard) = rig.run(&step);
    assert_eq!((outcome.end, outcome.confined), (End::Succeeded, Some(Confined::Fully)), "{}", heard.stderr());
    assert_eq!(heard.stdout(), "wrote\nrefused\nrefused\nread\n1\nown\nits children too\n");
    assert_eq!(std::fs::read_to_string(closed.join("file")).unwrap(), "something\n");
    let step = bash("true", |process| {
        process.confinement = Some(Confinement { read: vec!["/not/there".into()], ..Confinement::default() })
    });
    let (outcome, _) = rig.run(&step);
    assert!(
        matches!(&outcome.end, End::NotStarted { why } if why.starts_with("the folder /not/there of its confinement")),
        "{outcome:?}"
    );
}

#[test]
fn privileges_are_not_gained_unless_the_step_may() {
    let rig = Rig::new();
    let (_, heard) = rig.run(&script("grep NoNewPrivs /proc/self/status"));
    assert_eq!(heard.stdout(), "NoNewPrivs:\t1\n");
    let (_, heard) = rig.run(&bash("grep NoNewPrivs /proc/self/status", |process| process.may_gain_privileges = true));
    assert_eq!(heard.stdout(), "NoNewPrivs:\t0\n");
}
