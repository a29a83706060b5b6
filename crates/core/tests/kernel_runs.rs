//! Runs of runbooks: pinned, worked on by those who may, complete when every step is settled.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel_support::{Kernel, at, catalog, signal};
use serde_json::{Value, json};
use wheelhouse_core::case::{CaseId, State};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{CaseAction, CatalogChange, Command, Refusal, RunAction, RunRequest, What};
use wheelhouse_core::name::{PersonName, RoleName};
use wheelhouse_core::record::{Actor, Fact, RunHappening, Why};
use wheelhouse_core::run::{Ending, MOST_OF_A_CASE, Pace, Run, RunId, Settling};
use wheelhouse_core::runbook::{
    Allowed, Attributes, Block, Does, FrontMatter, Parameter, ParameterKind, Roles, Runbook, RunbookHash, RunbookName,
    Step, StepId, StepKind, Stretch,
};
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::{Context, decide};

const TEXT: &str = "# Drain\n\n1. look\n2. drain\n3. fill\n";

fn name() -> RunbookName {
    RunbookName::parse("payments/drain").unwrap()
}

fn step(id: &str, attributes: Attributes, automated: bool) -> Step {
    let block = Block { does: Does::Process, language: "sh".into(), interpreter: None, script: "true\n".into() };
    let kind = if automated { StepKind::Automated(block) } else { StepKind::Manual };
    let (id, title) = (StepId::new(id).unwrap(), format!("{id} it"));
    Step { id, phase: 0, kind, title, stretch: Stretch::default(), attributes }
}

/// Looking and draining; filling takes the draining back, and is for `ledger` only.
fn runbook(text: &str) -> Runbook {
    let undone = Attributes { undo: Some(StepId::new("fill").unwrap()), ..Attributes::default() };
    let ledger = Attributes { role: Some(RoleName::new("ledger").unwrap()), ..Attributes::default() };
    let node = Parameter {
        name: "node".into(),
        kind: ParameterKind::String,
        title: None,
        description: None,
        default: None,
        required: true,
        allowed: Allowed { max_length: Some(8), ..Allowed::default() },
    };
    let hard = Parameter { name: "hard".into(), kind: ParameterKind::Boolean, required: false, ..node.clone() };
    let hard = Parameter { default: Some(json!(false)), allowed: Allowed::default(), ..hard };
    Runbook {
        name: name(),
        title: "Drain a node".into(),
        path: "payments:runbooks/drain.md".into(),
        hash: RunbookHash::of(text),
        text: text.into(),
        summary: String::new(),
        front: FrontMatter { parameters: vec![node, hard], ..FrontMatter::default() },
        phases: Vec::new(),
        steps: vec![
            step("look", Attributes::default(), false),
            step("drain", undone, true),
            step("fill", ledger, false),
        ],
        findings: Vec::new(),
    }
}

fn with(change: impl FnOnce(&mut Runbook)) -> Catalog {
    let mut catalog = catalog(&[0, 600], 1);
    let mut runbook = runbook(TEXT);
    change(&mut runbook);
    catalog.runbooks.insert(name(), Arc::new(runbook));
    catalog
}

fn kernel() -> Kernel {
    Kernel::of(with(|_| {}))
}

fn person(name: &str) -> Actor {
    Actor::Person(PersonName::new(name).unwrap())
}

fn request(case: Option<CaseId>) -> RunRequest {
    let parameters = BTreeMap::from([("node".to_owned(), json!("n1"))]);
    RunRequest {
        runbook: name(),
        version: None,
        case,
        drill: false,
        parameters,
        pace: Pace::ByHand,
        undo_on_failure: false,
        dry_run: false,
    }
}

fn start(request: RunRequest) -> What {
    What::StartRun(Box::new(request))
}

fn settle(step: &str, how: Settling, text: Option<&str>) -> What {
    let (step, text) = (StepId::new(step).unwrap(), text.map(String::from));
    What::Run { run: RunId(1), action: RunAction::Settle { step, how, text } }
}

fn reopen(step: &str) -> What {
    What::Run { run: RunId(1), action: RunAction::Reopen { step: StepId::new(step).unwrap(), text: None } }
}

fn refused(kernel: &Kernel, who: &str, now: Timestamp, what: What) -> Refusal {
    let command = Command { actor: person(who), policies: Vec::new(), judged_under: None, what };
    decide(&kernel.world, &command, &Context::at(now)).unwrap_err()
}

fn run(kernel: &Kernel) -> &Run {
    kernel.world.run(RunId(1)).unwrap()
}

/// What was recorded about runs, oldest first.
fn recorded(kernel: &Kernel) -> Vec<(&Actor, &RunHappening)> {
    let facts = kernel.entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Run(part) => Some((&entry.actor, &part.what)),
        _ => None,
    });
    facts.collect()
}

#[test]
fn a_run_is_complete_once_every_step_on_its_way_is_settled() {
    let mut kernel = kernel();
    kernel.command(at(1), person("dana"), start(request(None)));
    assert_eq!((run(&kernel).version.clone(), run(&kernel).steps.len()), (RunbookHash::of(TEXT), 3));
    assert!(run(&kernel).steps[0].planned.automated.is_none() && run(&kernel).steps[1].planned.automated.is_some());
    kernel.command(at(2), person("dana"), settle("look", Settling::Done, None));
    let progress = run(&kernel).progress();
    assert_eq!((progress.steps, progress.settled), (2, 1), "what only takes back is no part of the way");
    kernel.command(at(3), person("nadia"), settle("drain", Settling::Failed, Some("it hangs")));
    assert!(kernel.world.run(RunId(1)).is_none() && kernel.world.runs().len() == 0, "it has left the world");
    let last = kernel.entries.last().unwrap();
    assert_eq!((&last.actor, &last.why), (&Actor::Hub, &Some(Why::EveryStepSettled)));
    assert!(matches!(recorded(&kernel)[3].1, RunHappening::Ended { how: Ending::Completed }));
    let said = &kernel.entries[kernel.entries.len() - 2];
    assert_eq!(said.body.as_ref().unwrap()["text"], "it hangs");
    assert_eq!(said.body.as_ref().unwrap()["title"], "drain it");
    assert_eq!(refused(&kernel, "dana", at(4), settle("look", Settling::Done, None)), Refusal::RunOver(RunId(1)));
    let unknown = What::Run { run: RunId(7), action: RunAction::Stop { text: None } };
    assert_eq!(refused(&kernel, "dana", at(4), unknown), Refusal::NoSuchRun(RunId(7)));
    kernel.command(at(5), person("dana"), start(request(None)));
    assert!(kernel.world.run(RunId(2)).is_some(), "a name is given once");
}

#[test]
fn a_step_is_settled_once_and_can_be_opened_again() {
    let mut kernel = kernel();
    kernel.command(at(1), person("dana"), start(request(None)));
    assert!(matches!(refused(&kernel, "dana", at(2), reopen("look")), Refusal::Invalid { field: "step", .. }));
    let skipped = |text| settle("look", Settling::Skipped, text);
    assert!(matches!(refused(&kernel, "dana", at(2), skipped(None)), Refusal::Invalid { field: "text", .. }));
    assert!(matches!(refused(&kernel, "dana", at(2), skipped(Some("  "))), Refusal::Invalid { field: "text", .. }));
    kernel.command(at(2), person("dana"), skipped(Some("the node is gone")));
    let again = refused(&kernel, "nadia", at(3), settle("look", Settling::Done, None));
    let expected = Refusal::StepSettled {
        step: StepId::new("look").unwrap(),
        how: Settling::Skipped,
        by: person("dana"),
        at: at(2),
    };
    assert_eq!(again, expected);
    kernel.command(at(4), person("nadia"), reopen("look"));
    assert!(run(&kernel).steps[0].settled.is_none());
    let unknown = refused(&kernel, "dana", at(5), settle("lock", Settling::Done, None));
    let Refusal::NotInCatalog { kind: "step", nearest: Some(nearest), .. } = unknown else { panic!("{unknown:?}") };
    assert_eq!(nearest, "look");
}

#[test]
fn a_run_of_a_case_is_on_its_timeline_and_keeps_the_acknowledgement() {
    let mut kernel = kernel();
    let case = kernel.tell(at(0), signal(1, 0, true, true, at(0))).unwrap();
    kernel.act(at(10), "dana", case, CaseAction::Acknowledge);
    let lapses = |kernel: &Kernel| kernel.world.case(case).unwrap().acknowledgement_lapses_at.unwrap();
    let before = lapses(&kernel);
    kernel.command(at(60), person("dana"), start(request(Some(case))));
    assert!(lapses(&kernel) > before, "work on a run is work on its case");
    let entry = kernel.entries.iter().find(|entry| matches!(entry.fact, Fact::Run(_))).unwrap();
    assert_eq!((entry.subject, entry.drill), (Some(case), true), "the run of a drill's case is a drill's");
    assert!(run(&kernel).drill && run(&kernel).case == Some(case));
    assert_eq!(entry.body.as_ref().unwrap()["parameters"], r#"{"hard":false,"node":"n1"}"#);
    kernel.act(at(70), "dana", case, CaseAction::Resolve { at: None, text: None });
    kernel.command(at(80), person("nadia"), settle("look", Settling::Done, None));
    assert!(matches!(kernel.world.case(case).unwrap().state, State::Resolved { .. }), "and opens nothing again");
    assert!(kernel.world.case(case).unwrap().involved.contains("nadia"));
    for _ in 1..MOST_OF_A_CASE {
        kernel.command(at(90), person("dana"), start(request(Some(case))));
    }
    let full = Refusal::Full { case, what: "runs under way", most: MOST_OF_A_CASE };
    assert_eq!(refused(&kernel, "dana", at(91), start(request(Some(case)))), full);
    let none = CaseId { kind: case.kind, number: 99 };
    assert_eq!(refused(&kernel, "dana", at(91), start(request(Some(none)))), Refusal::NoSuchCase(none));
}

#[test]
fn a_role_is_held_or_the_step_is_not_theirs() {
    let mut kernel = kernel();
    kernel.command(at(1), person("dana"), start(request(None)));
    let ledger = Refusal::LacksRole { roles: vec![RoleName::new("ledger").unwrap()] };
    assert_eq!(refused(&kernel, "dana", at(2), settle("fill", Settling::Done, None)), ledger);
    let mut only = with(|runbook| {
        runbook.front.roles = Roles { run: vec![RoleName::new("payments").unwrap()], ..Roles::default() };
    });
    only.teams.get_mut("payments").unwrap().members.retain(|member| member.as_str() != "ines");
    let kernel = Kernel::of(only);
    let payments = Refusal::LacksRole { roles: vec![RoleName::new("payments").unwrap()] };
    assert_eq!(refused(&kernel, "ines", at(1), start(request(None))), payments);
    let command =
        Command { actor: person("dana"), policies: Vec::new(), judged_under: None, what: start(request(None)) };
    assert!(decide(&kernel.world, &command, &Context::at(at(1))).is_ok());
}

#[test]
fn a_later_version_changes_nothing_in_a_run_and_is_not_started_by_who_saw_another() {
    let mut kernel = kernel();
    kernel.command(at(1), person("dana"), start(request(None)));
    let later = with(|runbook| {
        *runbook = self::runbook("# Drain\n\n1. look closely\n");
        runbook.steps.truncate(1);
    });
    let change = CatalogChange::default();
    kernel.command(at(2), Actor::Hub, What::Adopt { catalog: Arc::new(later), time_zones: "bundled".into(), change });
    kernel.command(at(3), person("dana"), settle("drain", Settling::Done, None));
    assert_eq!(run(&kernel).version, RunbookHash::of(TEXT));
    let seen = RunRequest { version: Some(RunbookHash::of(TEXT)), ..request(None) };
    assert!(matches!(refused(&kernel, "dana", at(4), start(seen)), Refusal::RunbookChanged { .. }));
}

#[test]
fn parameters_are_what_the_runbook_says() {
    let kernel = kernel();
    let given = |pairs: &[(&str, Value)]| {
        let parameters = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        start(RunRequest { parameters, ..request(None) })
    };
    let wrong = |pairs: &[(&str, Value)]| refused(&kernel, "dana", at(1), given(pairs)).to_string();
    assert_eq!(wrong(&[]), "`parameters`: expected a value for `node`");
    assert!(wrong(&[("node", json!("n1")), ("nod", json!(1))]).contains("did you mean `node`?"));
    assert!(wrong(&[("node", json!(7))]).starts_with("`parameters`: expected `node` as a text"));
    assert!(wrong(&[("node", json!("far too long"))]).contains("`node`"));
    assert!(wrong(&[("node", json!("n1")), ("hard", json!("yes"))]).contains("true or false"));
    let without = Kernel::of(with(|runbook| runbook.steps.clear()));
    assert!(matches!(
        refused(&without, "dana", at(1), start(request(None))),
        Refusal::Invalid { field: "runbook", .. }
    ));
    let unknown = RunRequest { runbook: RunbookName::parse("payments/drian").unwrap(), ..request(None) };
    assert!(refused(&kernel, "dana", at(1), start(unknown)).to_string().contains("did you mean `payments/drain`?"));
}

#[test]
fn who_stops_a_run_ends_it_with_steps_open() {
    let mut kernel = kernel();
    kernel.command(at(1), person("dana"), start(request(None)));
    let stop = What::Run { run: RunId(1), action: RunAction::Stop { text: Some("not needed".into()) } };
    kernel.command(at(2), person("dana"), stop);
    assert_eq!(kernel.world.runs().len(), 0);
    assert!(matches!(recorded(&kernel)[1], (Actor::Person(_), RunHappening::Ended { how: Ending::Stopped })));
}
