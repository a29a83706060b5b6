//! `check`, `init` and `schema` as somebody's CI runs them: the real program, its output and its exit code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const GOOD: &str = "kind: Service\nname: payments-api\nteam: payments\nsummary: Takes payments.\ntier: 1\n";
const TEAM: &str = "\
kind: Team
name: payments
members: [dana]
contacts: [{email: payments@harbor.example}]
---
kind: Person
name: dana
contacts: [{email: dana@harbor.example}]
";
const ORGANIZATION: &str = "kind: Organization\nname: harbor\ndefault_team: payments\nfallback: {team: payments}\n";
const NAMES: &str = r#"{"version": "v", "organization": "harbor", "names": {"Team": ["payments"]}}"#;

/// A folder with files, at a path without hidden parts.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::Builder::new().prefix("wheelhouse-cli-").tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wheelhouse"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("WHEELHOUSE_URL")
        .env_remove("WHEELHOUSE_TOKEN")
        .env("TZ", "UTC")
        .output()
        .unwrap()
}

fn exit(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_another_team_defines_is_a_warning_alone_and_fine_with_its_names() {
    let folder = folder(&[("ops/service.yaml", GOOD), ("catalog.json", NAMES)]);
    let alone = run(folder.path(), &["check", "ops"]);
    assert_eq!(exit(&alone), 0, "{}", err(&alone));
    assert!(out(&alone).contains("team `payments` is not defined here"), "{}", out(&alone));
    assert!(out(&alone).ends_with("1 service: no errors, 1 warning\n"), "{}", out(&alone));

    assert_eq!(exit(&run(folder.path(), &["check", "ops", "--strict"])), 1);

    let with = run(folder.path(), &["check", "ops", "--with", "catalog.json", "--strict"]);
    assert_eq!((exit(&with), out(&with).as_str()), (0, "1 service: no errors, no warnings\n"));
}

#[test]
fn errors_fail_and_say_where() {
    let folder = folder(&[("ops/service.yaml", &GOOD.replace("tier", "teir"))]);
    let output = run(folder.path(), &["check", "ops"]);
    assert_eq!(exit(&output), 1);
    let text = out(&output);
    assert!(text.contains("ops/service.yaml:5:1") && text.contains("did you mean `tier`?"), "{text}");

    let unknown = run(folder.path(), &["check", "ops", "--format", "json"]);
    assert_eq!(exit(&unknown), 1);
    let report: Value = serde_json::from_str(&out(&unknown)).unwrap();
    assert_eq!(report["errors"], 1);
    assert_eq!(report["findings"][1]["code"], "unknown-field");

    let github = run(folder.path(), &["check", "ops", "--format", "github"]);
    assert!(out(&github).starts_with("::"), "{}", out(&github));
    let sarif = run(folder.path(), &["check", "ops", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&out(&sarif)).unwrap();
    assert_eq!(log["version"], "2.1.0");
}

#[test]
fn an_organisation_is_checked_as_a_whole() {
    let folder = folder(&[("org.yaml", ORGANIZATION), ("team.yaml", TEAM), ("service.yaml", GOOD)]);
    let output = run(folder.path(), &["check", "."]);
    assert_eq!(exit(&output), 0, "{}{}", out(&output), err(&output));

    fs::remove_file(folder.path().join("team.yaml")).unwrap();
    let output = run(folder.path(), &["check", "."]);
    assert_eq!(exit(&output), 1);
    assert!(out(&output).contains("team `payments` does not exist"), "{}", out(&output));
}

#[test]
fn the_organisations_own_repository_is_a_part_where_it_is_called_so() {
    let folder = folder(&[("ops/org.yaml", ORGANIZATION), ("catalog.json", NAMES)]);
    assert_eq!(exit(&run(folder.path(), &["check", "ops"])), 1);
    let part = run(folder.path(), &["check", "ops", "--part"]);
    assert_eq!(exit(&part), 0, "{}", out(&part));
    assert!(out(&part).contains("team `payments` is not defined here"), "{}", out(&part));
    let with = run(folder.path(), &["check", "ops", "--with", "catalog.json", "--strict"]);
    assert_eq!(exit(&with), 0, "{}", out(&with));
}

#[test]
fn policies_are_checked_with_the_organisation() {
    let folder = folder(&[
        ("org.yaml", ORGANIZATION),
        ("team.yaml", TEAM),
        ("more.cedar", "permit (principal, action == Action::\"fly\", resource);\n"),
    ]);
    let output = run(folder.path(), &["check", "."]);
    assert_eq!(exit(&output), 1, "{}{}", out(&output), err(&output));
    assert!(out(&output).contains("more.cedar"), "{}", out(&output));
    let json = run(folder.path(), &["check", ".", "--format", "json"]);
    let report: Value = serde_json::from_str(&out(&json)).unwrap();
    assert!(report["errors"].as_u64().unwrap() >= 1, "{report}");

    let alone = run(folder.path(), &["check", "team.yaml", "more.cedar"]);
    assert_eq!(exit(&alone), 1, "one repository's policies are checked by themselves: {}", out(&alone));
    assert!(out(&alone).contains("more.cedar"), "{}", out(&alone));
}

#[test]
fn what_cannot_be_checked_ends_otherwise_than_what_is_wrong() {
    let folder = folder(&[("notes.txt", "hello"), ("ops/service.yaml", GOOD)]);
    let nothing = run(folder.path(), &["check", "notes.txt"]);
    assert_eq!(exit(&nothing), 2);
    assert!(err(&nothing).contains("there is nothing to check in notes.txt"), "{}", err(&nothing));
    assert_eq!(exit(&run(folder.path(), &["check", "missing"])), 2);
    assert_eq!(exit(&run(folder.path(), &["check", "ops", "--with", "missing.json"])), 2);
    assert_eq!(exit(&run(folder.path(), &["check", "ops", "--with", "http://127.0.0.1:1"])), 4);
    assert_eq!(exit(&run(folder.path(), &["check"])), 2);
    assert_eq!(exit(&run(folder.path(), &["fly"])), 2);
}

#[test]
fn a_first_folder_passes_its_own_check_and_is_never_overwritten() {
    let folder = folder(&[]);
    let init = ["init", ".", "--service", "hello", "--team", "greeters"];
    let first = run(folder.path(), &init);
    assert_eq!(exit(&first), 0, "{}", err(&first));
    assert!(out(&first).contains("wheelhouse check"), "{}", out(&first));
    let path = folder.path().join("ops/service.yaml");
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 5);
    assert_eq!(exit(&run(folder.path(), &["check", "ops"])), 0);

    fs::write(&path, "mine").unwrap();
    let again = run(folder.path(), &init);
    assert_eq!(exit(&again), 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");

    let bad = run(folder.path(), &["init", "elsewhere", "--service", "Not A Name", "--team", "t"]);
    assert_eq!(exit(&bad), 2);
    assert!(!folder.path().join("elsewhere").exists(), "bad input changes nothing");
}

#[test]
fn schemas_are_json_schemas() {
    let folder = folder(&[]);
    let all: Value = serde_json::from_str(&out(&run(folder.path(), &["schema"]))).unwrap();
    assert!(all["oneOf"].as_array().unwrap().len() > 5, "{all}");
    let one: Value = serde_json::from_str(&out(&run(folder.path(), &["schema", "Service"]))).unwrap();
    assert_eq!(one["properties"]["kind"]["const"], "Service");
}

#[test]
fn the_program_tells_its_version_and_completes_itself() {
    let folder = folder(&[]);
    let version = run(folder.path(), &["version"]);
    assert_eq!(out(&version), format!("wheelhouse {}\n", env!("CARGO_PKG_VERSION")));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = out(&run(folder.path(), &["completions", shell]));
        assert!(script.contains("wheelhouse") && script.contains("oncall"), "{shell}");
    }
}

#[test]
fn without_a_hub_commands_say_how_to_start_one() {
    let folder = folder(&[]);
    let output = run(folder.path(), &["--url", "http://127.0.0.1:1", "case", "list"]);
    assert_eq!(exit(&output), 4);
    assert!(err(&output).contains("wheelhouse serve --ops DIR"), "{}", err(&output));
}

const ON_CALL: &str = "\
kind: Schedule
name: payments
team: payments
time_zone: UTC
rotation: {people: [dana, emil], start: 2020-01-06T09:00, every: 520w}
---
{kind: Person, name: emil, contacts: [{email: emil@harbor.example}]}
";

#[test]
fn a_change_is_said_in_words_and_a_shift_in_progress_loudly() {
    let edited = ON_CALL.replace("[dana, emil]", "[emil, dana]");
    let other = ON_CALL.replace(
        "every: 520w}",
        "every: 520w}\noverrides: [{person: emil, from: 2020-01-06T09:00, until: 2100-01-01T00:00}]",
    );
    let folder = folder(&[
        ("before/org.yaml", ORGANIZATION),
        ("before/team.yaml", TEAM),
        ("before/on-call.yaml", ON_CALL),
        ("after/org.yaml", ORGANIZATION),
        ("after/team.yaml", TEAM),
        ("after/on-call.yaml", &other),
        ("after/service.yaml", GOOD),
        ("broken/service.yaml", GOOD),
        ("edited/org.yaml", ORGANIZATION),
        ("edited/team.yaml", TEAM),
        ("edited/on-call.yaml", &edited),
    ]);
    let kept = run(folder.path(), &["catalog", "diff", "before", "edited"]);
    assert!(out(&kept).contains("emil instead of dana\n"), "from the hand-off on: {}", out(&kept));
    assert_eq!(err(&kept), "", "an edited rotation moves nobody before the hand-off");

    let changed = run(folder.path(), &["catalog", "diff", "before", "after"]);
    assert_eq!(exit(&changed), 0, "{}", err(&changed));
    let text = out(&changed);
    assert!(text.starts_with("Who is on call, in the coming 30 days\n  schedule payments: "), "{text}");
    assert!(text.contains("emil instead of dana (from now on: the shift in progress changes hands)"), "{text}");
    assert!(text.ends_with("  service payments-api is new, and belongs to payments\n"), "{text}");
    assert!(err(&changed).contains("warning: dana, on call now in schedule payments"), "{}", err(&changed));

    let json = run(folder.path(), &["catalog", "diff", "before", "after", "--json"]);
    let value: Value = serde_json::from_str(&out(&json)).unwrap();
    assert_eq!(value["moves_shift_in_progress"], true);
    assert_eq!(value["changes"][0]["becomes"], "emil");

    let same = run(folder.path(), &["catalog", "diff", "before", "before"]);
    assert!(out(&same).contains("means nothing in operation"), "{}", out(&same));

    let broken = run(folder.path(), &["catalog", "diff", "before", "broken"]);
    assert_eq!(exit(&broken), 1);
    assert!(err(&broken).contains("broken is no catalog that could be used"), "{}", err(&broken));
    assert_eq!(exit(&run(folder.path(), &["catalog", "diff", "before"])), 2);
    let nowhere = run(folder.path(), &["--url", "http://127.0.0.1:1", "catalog", "diff", "--hub", "after"]);
    assert_eq!(exit(&nowhere), 4);
}

#[test]
fn a_runbook_is_read_as_the_hub_would_and_nothing_runs_unless_it_says_so() {
    let text = "# Drain\n\n## Act\n\n1. Tell the team.\n\n```sh {step=drain timeout=5m undo=none}\ntouch ran\n```\n\n```sh\ntouch ran\n```\n";
    let wrong = "```sh {step=drain}\nkubectl -n <namespace> get pods\n```\n";
    let folder =
        folder(&[("drain.md", text), ("wrong.md", wrong), ("ops/runbooks/wrong.md", wrong), ("ops/a.yaml", GOOD)]);
    let read = run(folder.path(), &["runbook", "parse", "drain.md", "--output", "json"]);
    assert_eq!(exit(&read), 0, "{}", err(&read));
    let value: Value = serde_json::from_str(&out(&read)).unwrap();
    let kinds: Vec<_> = value["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["manual", "automated"]);
    assert_eq!(value["phases"][1]["path"][0], "Act");
    assert_eq!(value["findings"][0]["code"], "missing-owner");
    assert!(!folder.path().join("ran").exists());
    let wrong = run(folder.path(), &["runbook", "parse", "wrong.md"]);
    assert_eq!(exit(&wrong), 1, "{}", out(&wrong));
    assert!(out(&wrong).contains("`<namespace>` is to be filled in by hand"), "{}", out(&wrong));
    let checked = run(folder.path(), &["check", "ops"]);
    assert_eq!(exit(&checked), 1, "{}", out(&checked));
    assert!(out(&checked).contains("ops/runbooks/wrong.md:2:12"), "{}", out(&checked));
    let missing = run(folder.path(), &["runbook", "parse", "nothing.md"]);
    assert!(exit(&missing) > 1 && err(&missing).contains("nothing.md"), "{}", err(&missing));
}

#[test]
fn a_comparison_says_which_runbooks_are_others_whatever_the_folders_are_called() {
    let more = "# Drain\n\n1. Look.\n2. Act.\n";
    let folder = folder(&[
        ("before/org.yaml", ORGANIZATION),
        ("before/team.yaml", TEAM),
        ("before/runbooks/drain.md", "# Drain\n\n1. Look.\n"),
        ("after/org.yaml", ORGANIZATION),
        ("after/team.yaml", TEAM),
        ("after/runbooks/drain.md", more),
    ]);
    let changed = run(folder.path(), &["catalog", "diff", "before", "after"]);
    assert_eq!(out(&changed), "Runbooks\n  runbook folders/drain: manual step added: Act.\n", "{}", err(&changed));
}
