//! Runbooks: what becomes of Markdown, and that nothing executes unless it opts in.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use wheelhouse_core::catalog::Level;
use wheelhouse_core::runbook::{Difference, Does, Runbook, StepKind, differences};
use wheelhouse_core::time::Duration;
use wheelhouse_wire::runbook::{LARGEST_FILE, parse};

fn read(text: &str) -> Runbook {
    parse("payments:ops/runbooks/drain.md", text).0.unwrap()
}

/// Each step as `manual Look at the graph` or `automated drain`.
fn steps(text: &str) -> Vec<String> {
    let runbook = read(text);
    let words = |step: &wheelhouse_core::runbook::Step| match step.block() {
        Some(_) => format!("automated {}", step.id),
        None => format!("manual {}", step.title),
    };
    runbook.steps.iter().map(words).collect()
}

#[test]
fn items_that_are_ordered_or_have_a_box_are_steps_of_people() {
    let text = "# T\n\n- a bullet\n\n1. First,\n   on two lines.\n2. Second:\n   - [ ] with a box\n   - without\n\n- [x] done\n  1. inner\n";
    assert_eq!(steps(text), ["manual First, on two lines.", "manual Second:", "manual with a box", "manual done"]);
    assert_eq!(steps("> 1. in a quote\n"), ["manual in a quote"]);
    assert_eq!(steps("1. [Meaning](#meaning)\n2. [Impact](#impact)\n"), [""; 0]);
    assert_eq!(steps("1. See [Meaning](#meaning)\n"), ["manual See Meaning"]);
    assert_eq!(steps("plain text\n\n* a bullet\n"), [""; 0]);
}

#[test]
fn without_any_step_the_sections_that_call_for_action_are_steps() {
    let text =
        "# T\n\n## Meaning\n\nText.\n\n## Diagnosis\n\nLook.\n\n### Deep\n\n```sh\n$ ls\n```\n\n## Mitigation\n\n";
    assert_eq!(steps(text), ["manual Diagnosis", "manual Deep"]);
    assert_eq!(steps(&format!("{text}1. Act.\n")), ["manual Act."]);
}

#[test]
fn headings_are_phases_and_the_one_above_all_is_the_title() {
    let runbook = read("Ahead.\n\n# Disk full\n\n## Look\n\n1. a\n\n### Deep\n\n## Act `now`\n\n1. a\n");
    let paths: Vec<String> = runbook.phases.iter().map(|phase| phase.path.join(" > ")).collect();
    assert_eq!(paths, ["", "Look", "Look > Deep", "Act now"]);
    assert_eq!((runbook.title.as_str(), runbook.summary.as_str()), ("Disk full", "Ahead."));
    assert_eq!(runbook.steps.iter().map(|step| step.phase).collect::<Vec<_>>(), [1, 3]);
    assert_ne!(runbook.steps[0].id, runbook.steps[1].id, "the same words under another heading");

    let two = read("# One\n\n# Two\n");
    assert_eq!(two.phases.iter().map(|phase| phase.title()).collect::<Vec<_>>(), ["", "One", "Two"]);
    assert_eq!(two.title, "drain");
}

#[test]
fn a_fence_is_carried_out_only_if_it_opts_in_and_is_fit() {
    let automated = |fence: &str| read(fence).automated();
    for fence in [
        "```sh {step=a}\ntrue\n```\n",
        "~~~bash {wh.step=a}\ntrue\n~~~\n",
        "1. Do:\n\n   ```sh {\"step\":\"a\",\"name\":\"b\"}\n   true\n   ```\n",
        "```yaml {step=a kind=http}\nurl: http://localhost/\n```\n",
        "```tcl {step=a interpreter=tclsh}\nputs hi\n```\n",
    ] {
        assert_eq!(automated(fence), 1, "{fence}");
    }
    for fence in [
        "```sh\ntrue\n```\n",
        "```sh {name=a}\ntrue\n```\n",
        "```sh {\"name\":\"a\",\"background\":\"true\"}\ntrue\n```\n",
        "```sh step=a\ntrue\n```\n",
        "    ```sh {step=a}\n    true\n",
        "`{step=a} true`\n",
        "<pre>\n```sh {step=a}\n</pre>\n",
        "```sh {step=a}\n$ true\n```\n",
        "```sh {step=a}\nkubectl -n <namespace> get pods\n```\n",
        "```sh {step=a}\necho {{ .x }}\n```\n",
        "```sh {step=a}\ntrue\n",
        "```sh {step=a\ntrue\n```\n",
        "```sh {step=a colour=red}\ntrue\n```\n",
        "```sh {step=a timeout=never}\ntrue\n```\n",
        "```promql {step=a}\nup\n```\n",
        "```http {step=a kind=http}\nGET http://localhost/\n```\n",
        "```sh {step=a if=\"nothing.known\"}\ntrue\n```\n",
        "```sh {step=a output=item}\ntrue\n```\n",
        "```console {step=a}\ntrue\n```\n",
        "```sh {step=a}\n```\n",
    ] {
        assert_eq!(automated(fence), 0, "{fence}");
    }
}

#[test]
fn attributes_mean_what_they_say() {
    let runbook = read(
        "1. Drain the node:\n\n   ```sh {step=drain timeout=5m role=payments approve=\"2 of noc\" undo=undrain \
         idempotent retry=\"3 every 10s\" output=a,b lock=nodes if=\"parameters.node != ''\" each=nodes limit=20 \
         parallel=one runner=zone=dmz secrets=token cwd=/srv}\n   ./drain.sh\n   ```\n\n\
         ```sh {step=undrain undo=none}\n./undrain.sh\n```\n",
    );
    assert_eq!(runbook.findings.iter().filter(|finding| finding.level == Level::Error).count(), 0, "{runbook:#?}");
    let step = &runbook.steps[0];
    let StepKind::Automated(block) = &step.kind else { panic!("{step:?}") };
    assert_eq!((block.does, block.program(), block.script.as_str()), (Does::Process, Some("sh"), "./drain.sh\n"));
    let said = &step.attributes;
    assert_eq!((step.title.as_str(), step.id.as_str()), ("Drain the node:", "drain"));
    assert_eq!(said.timeout, Some(Duration::from_minutes(5)));
    assert_eq!(said.approve.as_ref().map(|approve| approve.count), Some(2));
    assert_eq!(said.retry.map(|retry| (retry.times, retry.pause)), Some((3, Duration::from_seconds(10))));
    assert_eq!(said.each.as_ref().map(|each| (each.of.as_str(), each.limit)), Some(("nodes", 20)));
    assert_eq!(
        (said.outputs.as_slice(), said.runner.as_slice()),
        (["a".into(), "b".into()].as_slice(), ["zone=dmz".into()].as_slice())
    );
    assert_eq!(said.condition.as_deref(), Some("parameters.node != ''"));
    assert!(said.idempotent && runbook.only_undoes(&runbook.steps[1].id) && !runbook.only_undoes(&step.id));
}

#[test]
fn ids_stay_while_other_parts_change() {
    let text = "# T\n\n## Act\n\n1. Tell the team.\n2. Tell the team.\n\n```sh {step}\ntrue\n```\n";
    let before = read(text);
    let ids: Vec<&str> = before.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(ids[1], format!("{}-2", ids[0]));
    let after = read(
        &text
            .replace("# T\n", "# Other\n\nMore words.\n\n## New\n\n- [ ] new\n")
            .replace("Tell the team", "Tell  the\n   team"),
    );
    let kept: Vec<&str> = after.steps.iter().skip(1).map(|step| step.id.as_str()).collect();
    assert_eq!(ids, kept);
    assert!(!text.contains(ids[0]));
}

#[test]
fn versions_are_compared_in_words() {
    let before = "---\nowners: a\n---\n# T\n\n1. Tell the team.\n2. Go home.\n\n```sh {step=drain timeout=5m undo=none}\ntrue\n```\n";
    let words =
        |after: &str| differences(&read(before), &read(after)).iter().map(Difference::to_string).collect::<Vec<_>>();
    assert_eq!(words(before), [""; 0]);
    assert_eq!(words(&format!("{before}\nMore.\n")), ["only words changed, no step did"]);
    assert_eq!(
        words(&before.replace("timeout=5m", "timeout=10m").replace("true", "false").replace("owners: a", "owners: b")),
        ["changed: owners", "step changed: drain (script, timeout)"]
    );
    assert_eq!(words(&before.replace("Go home", "Stay here")), ["step changed: Stay here. (wording)"]);
    assert_eq!(words(&before.replace("2. Go home.\n", "")), ["manual step removed: Go home."]);
    assert_eq!(words(&format!("{before}\n```sh {{step=more undo=none}}\ntrue\n```\n")), ["automated step added: more"]);
}

#[test]
fn front_matter_counts_only_at_the_very_beginning() {
    let runbook = read("---\nid: other\ntitle: Named\ntags: [a]\ndrill_every: 90d\n---\n# Heading\n");
    assert_eq!((runbook.name.to_string().as_str(), runbook.title.as_str()), ("payments/other", "Named"));
    assert_eq!(runbook.front.drill_every, Some(Duration::from_hours(90 * 24)));
    assert_eq!(runbook.front.other["tags"], serde_json::json!(["a"]));
    for text in [
        "\n---\nid: other\n---\n",
        "---\nJust a text between rules.\n---\n",
        "---\nid: other\n",
        "\u{feff}---\nid: other\n---\n",
    ] {
        let (runbook, report) = parse("payments:ops/runbooks/drain.md", text);
        assert_eq!(runbook.unwrap().name.to_string(), "payments/drain", "{text}");
        assert!(!report.has_errors(), "{text}");
    }
}

#[test]
fn parameters_keep_their_order() {
    let runbook = read(
        "---\nparameters:\n  zone: {enum: [a, b]}\n  all: {type: boolean, default: false}\n  nodes: {type: array}\n---\n",
    );
    let names: Vec<_> = runbook.front.parameters.iter().map(|one| (one.name.as_str(), one.required)).collect();
    assert_eq!(names, [("zone", true), ("all", false), ("nodes", true)]);
    assert_eq!(runbook.findings, []);
}

#[test]
fn what_is_too_large_is_said_and_not_read() {
    let (runbook, report) = parse("runbooks/x.md", &"x".repeat(LARGEST_FILE + 1));
    assert!(runbook.is_none() && report.has_errors());
    let (_, report) = parse("runbooks/x.md", &"1. x\n".repeat(600));
    assert!(report.render_text(false).contains("more than 500 steps"), "{}", report.render_text(false));
}

/// The public collection of prometheus-operator, where it lies beside the repository.
fn collection() -> Option<PathBuf> {
    let folder = std::env::var_os("WHEELHOUSE_RUNBOOKS").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/runbooks/prometheus-operator");
    Some(folder.unwrap_or_else(beside)).filter(|folder| folder.is_dir())
}

fn markdown(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            markdown(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
}

#[test]
fn a_public_collection_parses_and_nothing_in_it_executes() {
    let Some(folder) = collection() else {
        println!("not there: set WHEELHOUSE_RUNBOOKS to a checkout of prometheus-operator/runbooks");
        return;
    };
    let mut files = Vec::new();
    markdown(&folder, &mut files);
    assert!(files.len() > 100, "{}", files.len());
    let (mut with_steps, mut names) = (0, BTreeSet::new());
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let (runbook, report) = parse(path.to_str().unwrap(), &text);
        let runbook = runbook.unwrap();
        assert!(!report.has_errors(), "{}", report.render_text(false));
        assert_eq!(runbook.automated(), 0, "{}", path.display());
        assert!(!runbook.title.is_empty() && runbook.steps.iter().all(|step| !step.title.is_empty()), "{runbook:?}");
        assert!(names.insert(runbook.name.clone()), "{}", runbook.name);
        let calls = ["# Mitigation", "# Diagnosis", "\n1. "].iter().any(|words| text.contains(words));
        assert!(!calls || !runbook.steps.is_empty(), "{}", path.display());
        with_steps += usize::from(!runbook.steps.is_empty());
    }
    assert!(with_steps > 90, "{with_steps}");
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "# ",
        "## ",
        "- [ ] ",
        "1. ",
        "   ",
        "\n",
        "\n\n",
        "```",
        "~~~",
        "sh ",
        "{step=a ",
        "timeout=5m",
        "}",
        "> ",
        "---\n",
        "id: x\n",
        "parameters:\n",
        "  a: {",
        "{{ .x }}",
        "<x>",
        "$ ls",
        "ü",
        "\u{0}",
        "\r\n",
        "| a | b |\n",
        "[x](y.md)",
        "undo=a",
        "{\"step\":\"a\"}",
        "\t",
        "* ",
        "text",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_a_runbook(text in pieces()) {
        let (runbook, _) = parse("payments:ops/runbooks/x.md", &text);
        let runbook = runbook.unwrap();
        let ids: BTreeSet<_> = runbook.steps.iter().map(|step| &step.id).collect();
        prop_assert_eq!(ids.len(), runbook.steps.len());
        for step in &runbook.steps {
            let (start, end) = (step.stretch.start as usize, step.stretch.end as usize);
            prop_assert!(text.get(start..end).is_some(), "{step:?}");
            prop_assert!((step.phase as usize) < runbook.phases.len());
            if let Some(block) = step.block() {
                prop_assert!(text[start..end].contains("step"));
                prop_assert!(!block.script.contains("{{ .x }}") && !block.script.contains("<x>"));
            }
        }
    }
}
