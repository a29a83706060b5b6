//! Automations of a catalog: what they come out as, and what is said about those that cannot work.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;

use serde_json::json;
use wheelhouse_core::automation::{Event, EventKind, Memory, Mode, States, judge};
use wheelhouse_core::catalog::{Catalog, Code};
use wheelhouse_core::name::AutomationName;
use wheelhouse_core::record::Held;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::catalog::{Mode as Extent, Report, compile_files};
use wheelhouse_wire::expression::CEL;

const RUNBOOK: &str = "---
parameters:
  node: {pattern: \"^[a-z0-9-]+$\"}
  wait: {type: integer, default: 60, maximum: 600}
---
# Restart

1. Stop it.
2. Start it.
";

const GOOD: &str = "kind: Automation
name: restart
team: payments
mode: live
when:
  kind: [signal_fired]
  service: {tier: [{numeric: [\">\", 0]}]}
if: signal.labels.job == \"payments\"
then: {runbook: restart, with: {wait: 5}, from: {node: signal.labels.instance}}
cooldown: 30m
windows: {days: [mon], from: \"08:00\", until: \"18:00\"}
approval: {above: {services: 1, tier: 2}, role: payments}
";

fn compile(automation: &str) -> (Option<Catalog>, Report) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalog/base.yaml");
    let files = vec![
        ("base.yaml".to_owned(), fs::read_to_string(base).unwrap()),
        ("payments/ops/runbooks/restart.md".to_owned(), RUNBOOK.to_owned()),
        ("payments/ops/automations.yaml".to_owned(), automation.to_owned()),
    ];
    compile_files(files, Extent::Whole, None)
}

#[test]
fn a_good_one_comes_out_as_it_was_meant() {
    let (catalog, report) = compile(GOOD);
    assert_eq!(report.render_text(false), "");
    let catalog = catalog.unwrap();
    let automation = catalog.automations.get(&AutomationName::new("restart").unwrap()).unwrap();
    assert_eq!((automation.mode, automation.cooldown), (Mode::Live, Duration::from_minutes(30)));
    assert_eq!(automation.runbook.to_string(), "payments/restart");
    assert_eq!((automation.limits.target, automation.limits.all), (3, 10));
    assert_eq!((automation.breaker.failures, automation.chain), (3, 3));
    assert_eq!(automation.approval.as_ref().unwrap().count, 1);
    assert!(catalog.automations.listens_to(EventKind::SignalFired));
    assert!(!catalog.automations.listens_to(EventKind::CaseOpened));
    assert_eq!(catalog.organization.automations_per_hour, 60);
}

#[test]
fn an_event_as_people_write_it_passes_the_gates_one_by_one() {
    let (catalog, _) = compile(GOOD);
    let catalog = catalog.unwrap();
    let told = json!({"kind": "signal_fired", "signal": {"service": "payments-api", "labels": {"job": "payments", "instance": "n1"}}});
    let event = Event::read(told, &catalog).unwrap();
    assert_eq!((event.target.as_str(), event.drill), ("service/payments-api", false));
    assert_eq!(event.json["service"]["team"], json!("payments"));
    let matching = catalog.automations.matching(&event);
    assert_eq!(matching.len(), 1);
    let states = States::new();
    let memory = Memory::new(&states);
    // A Monday: at three in the night, and at noon.
    for (now, held) in [(1_795_399_800_i64, true), (1_795_435_200, false)] {
        let asked = wheelhouse_core::automation::Asked {
            catalog: &catalog,
            conditions: &CEL,
            now: Timestamp::from_seconds(now),
            automation: &matching[0],
            event: &event,
            memory: &memory,
            chain: &[],
        };
        let judgement = judge(&asked);
        assert_eq!(judgement.holds().is_some_and(|(_, held)| matches!(held, Held::Window { .. })), held);
        assert_eq!(judgement.parameters["node"], json!("n1"));
        assert_eq!(judgement.parameters["wait"], json!(5));
    }
    for (wrong, words) in [
        (json!({}), "expected an object with a `kind`"),
        (json!({"kind": "case_opend"}), "is no kind of event"),
        (json!({"kind": "resolved", "case": {"service": "No Name"}}), "is not a name"),
        (json!([]), "expected an object"),
    ] {
        assert!(Event::read(wrong, &catalog).unwrap_err().contains(words));
    }
}

#[test]
fn what_cannot_work_is_said_with_its_place() {
    for (from, to, code, words) in [
        ("runbook: restart", "runbook: restrat", Code::Unresolved, "did you mean `restart`?"),
        ("wait: 5", "wiat: 5", Code::Unresolved, "did you mean `wait`?"),
        ("wait: 5", "wait: 6000", Code::BadValue, "`wait` does not take this value"),
        (", from: {node: signal.labels.instance}", "", Code::MissingField, "needs `node`"),
        ("with: {wait: 5}", "with: {wait: 5, node: n1}", Code::Repeated, "`node` is given twice"),
        ("cooldown: 30m\n", "", Code::MissingCooldown, "acts and names no `cooldown`"),
        ("[signal_fired]", "[signal_fierd]", Code::ImpossiblePattern, "can never do anything"),
        ("kind: [signal_fired]", "lables: [x]", Code::ImpossiblePattern, "no event has such a `lables`"),
        ("signal.labels.job ==", "signl.labels.job ==", Code::BadExpression, "did you mean `signal`?"),
        ("signal.labels.instance", "now()", Code::BadExpression, "there is no function `now`"),
        ("services: 1, tier: 2", "services: 1, tier: 9", Code::OutOfRange, "expected 1 to 4"),
        ("team: payments\nmode", "mode", Code::MissingField, "team"),
        ("role: payments", "role: paymnets", Code::NobodyHolds, "nobody holds the role"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let (_, report) = compile(&GOOD.replace(from, to));
        let text = report.render_text(false);
        let found = report.findings.iter().find(|finding| finding.code == code);
        assert!(found.is_some_and(|finding| finding.place.is_some()), "{from} -> {to}:\n{text}");
        assert!(text.contains(words), "{from} -> {to}:\n{text}");
    }
}
