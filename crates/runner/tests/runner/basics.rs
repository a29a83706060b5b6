//! What a step is given, and what it hands on.

use serde_json::json;
use wheelhouse_runner::step::{ProcessStep, Program, Step, WorkFile};
use wheelhouse_runner::{End, Exit};

use crate::rig::{Rig, bash, script};

#[test]
fn a_script_runs_and_its_output_comes_by_stream_in_order() {
    let rig = Rig::with_cgroups();
    let (outcome, heard) = rig.run(&script("echo one; echo two >&2; echo three"));
    assert_eq!((&outcome.end, outcome.exit), (&End::Succeeded, Some(Exit::Code(0))));
    assert_eq!((heard.stdout(), heard.stderr()), ("one\nthree\n".to_owned(), "two\n".to_owned()));
    assert_eq!((outcome.output.stdout_bytes, outcome.output.stderr_bytes), (10, 4));
    assert_eq!(outcome.started_at_us, heard.started.map(|started| started.at_us));
    assert!(outcome.started_at_us.unwrap() <= outcome.ended_at_us && outcome.took_us > 0);
    let numbers: Vec<u64> = heard.live.iter().map(|chunk| chunk.seq).collect();
    assert_eq!(numbers, (0..outcome.output.chunks).collect::<Vec<_>>());
    assert!(heard.live.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us));
}

#[test]
fn the_exit_is_told_as_it_was() {
    let rig = Rig::new();
    let (outcome, _) = rig.run(&script("exit 7"));
    assert_eq!(outcome.end, End::Failed { why: "it ended with code 7".to_owned() });
    let (outcome, _) = rig.run(&script("kill -SEGV $$"));
    assert_eq!(outcome.exit, Some(Exit::Signal(11)));
    assert_eq!(outcome.end, End::Failed { why: "it was ended by signal 11 (SIGSEGV)".to_owned() });
}

#[test]
fn nothing_of_the_runners_environment_reaches_a_step() {
    // The process of this test has CARGO variables, and so has the guard's parent.
    assert!(std::env::vars().any(|(name, _)| name.starts_with("CARGO")));
    let step = bash("env -0 | tr '\\0' '\\n' | cut -d= -f1 | sort", |process| {
        process.environment.insert("SERVICE".to_owned(), "ledger".to_owned());
    });
    let (_, heard) = Rig::new().run(&step);
    let names = heard.stdout();
    let expected = ["HOME", "LANG", "PATH", "PWD", "SERVICE", "SHLVL", "TMPDIR", "WH_OUTPUT", "WH_STEP_ATTEMPT"];
    let expected = [expected.as_slice(), &["WH_STEP_RUN", "WH_STEP_TOKEN", "_"]].concat();
    assert_eq!(names.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn no_descriptor_of_the_runner_reaches_a_step() {
    // One that is inherited by every child, as shells and service managers leave them.
    let mut child = std::process::Command::new("bash");
    let step =
        serde_json::to_string(&script("cd /proc/self/fd; for fd in *; do readlink $fd; done | grep -c leaked; true"));
    let rig = Rig::new();
    let leaked = rig.folder.path().join("leaked");
    let file = rig.folder.path().join("step.json");
    std::fs::write(&file, step.unwrap()).unwrap();
    let line = format!(
        "exec 77>{}; exec {} {} --jobs {}",
        leaked.display(),
        crate::rig::GUARD,
        file.display(),
        rig.runner.jobs.display()
    );
    let output = child.args(["-c", &line]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(leaked.exists() && said.contains(r#""text":"0\n""#), "{said}");
}

#[test]
fn parameters_are_never_read_as_code() {
    let hostile = "$(touch hacked); `touch hacked` \"; touch hacked; '\n#";
    let step = bash("printf %s \"$NAME\"; ls", |process| {
        process.environment.insert("NAME".to_owned(), hostile.to_owned());
    });
    let (outcome, heard) = Rig::new().run(&step);
    assert_eq!((outcome.end, heard.stdout()), (End::Succeeded, hostile.to_owned()));
}

#[test]
fn a_script_is_in_a_file_and_not_on_the_command_line() {
    let (_, heard) = Rig::new().run(&script("tr '\\0' ' ' < /proc/$$/cmdline # confidential remark"));
    assert!(
        heard.stdout().starts_with("bash -u /") && heard.stdout().trim_end().ends_with("/script"),
        "{}",
        heard.stdout()
    );
    assert!(!heard.stdout().contains("confidential"));
}

#[test]
fn standard_input_arguments_and_files_arrive() {
    let mut process =
        ProcessStep::script(&["bash"], "cat; echo \"$@\"; ./bin/tool; cat data/list.txt; stat -c %a data/list.txt");
    process.stdin = "größer als eine Pipe\n".repeat(20_000);
    process.args = vec!["a b".to_owned(), "*".to_owned()];
    process.files = vec![
        WorkFile { path: "bin/tool".to_owned(), text: "#!/bin/sh\necho tool runs\n".to_owned(), executable: true },
        WorkFile { path: "data/list.txt".to_owned(), text: "listed\n".to_owned(), executable: false },
    ];
    let mut step = Step::process("t", process.clone(), 20_000);
    step.output.tail_bytes = 1 << 20;
    let (outcome, heard) = Rig::new().run(&step);
    assert_eq!(outcome.end, End::Succeeded);
    assert_eq!(heard.stdout(), process.stdin + "a b *\ntool runs\nlisted\n600\n");
}

#[test]
fn an_input_that_nobody_reads_does_no_harm() {
    let step = bash("exec 0<&-; echo done", |process| process.stdin = "x".repeat(1 << 20));
    let (outcome, heard) = Rig::new().run(&step);
    assert_eq!((outcome.end, heard.stdout()), (End::Succeeded, "done\n".to_owned()));
    let (_, heard) = Rig::new().run(&script("cat; echo end of input"));
    assert_eq!(heard.stdout(), "end of input\n");
}

#[test]
fn the_token_is_the_same_for_every_attempt() {
    let rig = Rig::new();
    let mut step = script("echo $WH_STEP_TOKEN $WH_STEP_ATTEMPT");
    let (_, first) = rig.run(&step);
    step.attempt = 2;
    let (_, second) = rig.run(&step);
    assert_eq!((first.stdout(), second.stdout()), ("case-1:step-2 1\n".to_owned(), "case-1:step-2 2\n".to_owned()));
}

#[test]
fn outputs_are_handed_on_and_wrong_ones_refused() {
    let rig = Rig::new();
    let (outcome, _) = rig.run(&script("echo host=db-1 >> $WH_OUTPUT; echo 'count=3' >> $WH_OUTPUT"));
    assert_eq!(json!(outcome.outputs), json!({"host": "db-1", "count": "3"}));
    let (outcome, _) = rig.run(&script("echo '{\"count\": 3}' > $WH_OUTPUT.new; mv $WH_OUTPUT.new $WH_OUTPUT; exit 1"));
    assert_eq!(json!(outcome.outputs), json!({"count": 3}), "also when it fails");
    for (text, why) in [
        ("printf 'a=\\377' > $WH_OUTPUT", "byte 2 is no UTF-8"),
        ("head -c 300000 /dev/zero > $WH_OUTPUT", "it is larger than 256 KiB"),
        ("ln -sf /etc/passwd $WH_OUTPUT", "it cannot be opened"),
        ("rm $WH_OUTPUT; mkfifo $WH_OUTPUT", "it is no plain file of the step's own user"),
        ("rm $WH_OUTPUT; echo a=1 > $HOME/x; ln $HOME/x $WH_OUTPUT", "it is no plain file"),
        ("echo nonsense > $WH_OUTPUT", "line 1 of the outputs is no `key=value`"),
    ] {
        let (outcome, _) = rig.run(&script(text));
        let refused = outcome.outputs_refused.unwrap_or_default();
        assert!(refused.contains(why), "{text}: {refused}");
        assert_eq!((outcome.end, outcome.outputs.len()), (End::Succeeded, 0), "{text}");
    }
    let (outcome, _) = rig.run(&script("rm $WH_OUTPUT"));
    assert_eq!((outcome.outputs.len(), outcome.outputs_refused), (0, None));
}

#[test]
fn large_outputs_arrive_whole() {
    // More than a socket holds at once, once it is written as JSON.
    let text =
        "for i in $(seq 100); do printf 'k%s=%s\\n' $i $(head -c 2500 /dev/zero | tr '\\0' '\\\\'); done > $WH_OUTPUT";
    let (outcome, _) = Rig::new().run(&script(text));
    assert_eq!((&outcome.end, outcome.outputs.len()), (&End::Succeeded, 100), "{:?}", outcome.outputs_refused);
    assert!(outcome.outputs.values().all(|value| value.as_str().unwrap().len() == 2500));
}

#[test]
fn a_step_and_an_outcome_are_plain_data() {
    let step = bash("true", |process| process.limits.memory_bytes = Some(1 << 30));
    let text = serde_json::to_string(&step).unwrap();
    assert_eq!(serde_json::from_str::<Step>(&text).unwrap(), step);
    let short = r#"{"token": "t", "deadline_ms": 1000, "action": {"kind": "process", "program": {"kind": "executable", "path": "true"}}}"#;
    let read: Step = serde_json::from_str(short).unwrap();
    let process = ProcessStep::of(Program::Executable { path: "true".to_owned() });
    assert_eq!(read, Step::process("t", process, 1000));
    let (outcome, _) = Rig::new().run(&read);
    let text = serde_json::to_string(&outcome).unwrap();
    assert_eq!(serde_json::from_str::<wheelhouse_runner::Outcome>(&text).unwrap(), outcome);
}
