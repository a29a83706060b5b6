//! Automations: however often they are called for, they keep within what they may do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod kernel_support;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use kernel_support::{Kernel, at, catalog, signal};
use proptest::prelude::*;
use serde_json::{Value, json};
use wheelhouse_core::automation::{
    Approval, Automation, AutomationState, Automations, Breaker, Event, EventKind, Limits, MOST_TARGETS, Mode, domain,
};
use wheelhouse_core::case::CaseId;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{AutomationAction, Command, What};
use wheelhouse_core::name::{AutomationName, PersonName, RoleName, TeamName};
use wheelhouse_core::patterns::{Domain, Pattern};
use wheelhouse_core::record::{Actor, AutomationHappening, AutomationOutcome, Fact, Held};
use wheelhouse_core::runbook::{
    Attributes, FrontMatter, Runbook, RunbookHash, RunbookName, Step, StepId, StepKind, Stretch,
};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::{Context, decide};

const HOUR: Duration = Duration::from_hours(1);

fn name(text: &str) -> AutomationName {
    AutomationName::new(text).unwrap()
}

fn runbook() -> Runbook {
    let step = |id: &str| Step {
        id: StepId::new(id).unwrap(),
        phase: 0,
        kind: StepKind::Manual,
        title: format!("{id} it"),
        stretch: Stretch::default(),
        attributes: Attributes::default(),
    };
    Runbook {
        name: RunbookName::parse("payments/restart").unwrap(),
        title: "Restart".into(),
        path: "payments:runbooks/restart.md".into(),
        hash: RunbookHash::of("1. stop\n2. start\n"),
        text: "1. stop\n2. start\n".into(),
        summary: String::new(),
        front: FrontMatter { owners: vec![TeamName::new("payments").unwrap()], ..FrontMatter::default() },
        phases: Vec::new(),
        steps: vec![step("stop"), step("start")],
        findings: Vec::new(),
    }
}

fn automation(text: &str, when: Value) -> Automation {
    Automation {
        name: name(text),
        team: TeamName::new("payments").unwrap(),
        summary: None,
        mode: Mode::Live,
        when: Pattern::parse(&when).unwrap(),
        condition: None,
        runbook: RunbookName::parse("payments/restart").unwrap(),
        with: BTreeMap::new(),
        from: BTreeMap::new(),
        cooldown: Duration::ZERO,
        limits: Limits { target: 2, all: 4, within: HOUR },
        breaker: Breaker { failures: 3, rest: HOUR },
        chain: 3,
        windows: Vec::new(),
        time_zone: TimeZone::UTC,
        approval: None,
        controls: Vec::new(),
    }
}

fn with(automations: impl IntoIterator<Item = Automation>) -> Catalog {
    let mut catalog = catalog(&[0, 600], 1);
    let runbook = runbook();
    catalog.runbooks.insert(runbook.name.clone(), Arc::new(runbook));
    catalog.automations = automations.into_iter().collect();
    catalog.organization.automations_per_hour = 6;
    catalog
}

/// What came of every question to every automation: when, of which, about what, and the outcome.
fn outcomes(kernel: &Kernel) -> Vec<(Timestamp, String, String, AutomationOutcome)> {
    let told = kernel.entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Automation(part) => match &part.what {
            AutomationHappening::Considered { about, outcome } => {
                Some((entry.at, part.automation.to_string(), about.target.clone(), outcome.clone()))
            }
            _ => None,
        },
        _ => None,
    });
    told.collect()
}

fn most_within(starts: &[Timestamp]) -> usize {
    starts.iter().map(|end| starts.iter().filter(|at| **at <= *end && **at + HOUR > *end).count()).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_limit_is_ever_exceeded(events in prop::collection::vec((0_i64..1_800, 0_u8..3, any::<bool>()), 1..60)) {
        let fired = json!({"kind": ["signal_fired", "signal_ended"]});
        let mut kernel = Kernel::of(with([automation("first", fired.clone()), automation("second", fired)]));
        let mut now = 0;
        for (index, (ahead, service, ends)) in events.into_iter().enumerate() {
            now += ahead;
            let alert = u8::try_from(index).unwrap();
            kernel.tell(at(now), signal(alert, service, false, true, at(now)));
            if ends {
                kernel.tell(at(now), signal(alert, service, false, false, at(now)));
            }
        }
        let started: Vec<_> = outcomes(&kernel)
            .into_iter()
            .filter(|(.., outcome)| matches!(outcome, AutomationOutcome::Started { .. }))
            .collect();
        prop_assert!(!started.is_empty());
        for wanted in ["first", "second"] {
            let own: Vec<_> = started.iter().filter(|(_, name, ..)| name == wanted).collect();
            prop_assert!(most_within(&own.iter().map(|(at, ..)| *at).collect::<Vec<_>>()) <= 4);
            for target in ["service/service-0", "service/service-1", "service/service-2"] {
                let about: Vec<_> = own.iter().filter(|(_, _, about, _)| about == target).map(|(at, ..)| *at).collect();
                prop_assert!(most_within(&about) <= 2);
            }
        }
        prop_assert!(most_within(&started.iter().map(|(at, ..)| *at).collect::<Vec<_>>()) <= 6);
    }

    #[test]
    fn a_cooldown_is_kept(events in prop::collection::vec((0_i64..900, 0_u8..3), 1..40)) {
        let calm = Automation {
            cooldown: Duration::from_minutes(20),
            limits: Limits { target: 200, all: 200, within: HOUR },
            ..automation("calm", json!({"kind": ["signal_fired"]}))
        };
        let mut catalog = with([calm]);
        catalog.organization.automations_per_hour = 200;
        let mut kernel = Kernel::of(catalog);
        let (mut now, mut last) = (0, BTreeMap::<String, Timestamp>::new());
        for (index, (ahead, service)) in events.into_iter().enumerate() {
            now += ahead;
            kernel.tell(at(now), signal(u8::try_from(index).unwrap(), service, false, true, at(now)));
        }
        for (at, _, target, outcome) in outcomes(&kernel) {
            if matches!(outcome, AutomationOutcome::Started { .. }) {
                let before = last.insert(target, at);
                prop_assert!(before.is_none_or(|before| before + Duration::from_minutes(20) <= at));
            }
        }
    }
}

#[test]
fn a_storm_leaves_one_line_an_hour_and_target() {
    let never = Automation {
        windows: vec![wheelhouse_core::automation::Window {
            days: [wheelhouse_core::automation::Day::Sunday].into(),
            from: jiff::civil::time(3, 0, 0, 0),
            until: jiff::civil::time(4, 0, 0, 0),
        }],
        ..automation("never", json!({"kind": ["signal_fired"]}))
    };
    let mut kernel = Kernel::of(with([never]));
    for alert in 0..200 {
        kernel.tell(at(i64::from(alert)), signal(alert, alert % 2, false, true, at(i64::from(alert))));
    }
    let told = outcomes(&kernel);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|(.., outcome)| matches!(outcome, AutomationOutcome::Held { why: Held::Window { .. } })));
    kernel.tell(at(3_700), signal(201, 0, false, true, at(3_700)));
    assert_eq!(outcomes(&kernel).len(), 3);
}

#[test]
fn what_is_not_asked_costs_nothing_and_says_nothing() {
    let mut kernel = Kernel::of(with([]));
    kernel.tell(at(1), signal(1, 0, false, true, at(1)));
    assert!(kernel.world.automations().is_empty());
    let others = Automation { ..automation("others", json!({"kind": ["run_ended"]})) };
    let automations: Automations = [others].into_iter().collect();
    assert!(automations.listens_to(EventKind::RunEnded));
    assert!(EventKind::ALL.into_iter().filter(|kind| automations.listens_to(*kind)).count() == 1);
    assert_eq!(automations.iter().len(), 1);
}

#[test]
fn what_is_remembered_stays_small() {
    let mut state = AutomationState::new(name("busy"));
    let mut kernel = Kernel::of(with([automation("busy", json!({"kind": ["signal_fired"]}))]));
    kernel.tell(at(1), signal(1, 0, false, true, at(1)));
    let entry = kernel.entries.iter().find(|entry| matches!(entry.fact, Fact::Automation(_))).unwrap().clone();
    for number in 0..5_000_i64 {
        let mut entry = entry.clone();
        entry.at = at(1 + number * 86_400);
        let Fact::Automation(part) = &mut entry.fact else { panic!() };
        let AutomationHappening::Considered { about, .. } = &mut part.what else { panic!() };
        about.target = format!("service/s{number}");
        state.apply(&entry);
    }
    assert!(state.targets.len() <= MOST_TARGETS && state.starts.len() <= 400 && state.recent.len() <= 50);
    assert!(state.runs.len() <= 500);
}

#[test]
fn texts_of_an_erased_case_go_from_what_waits_for_people() {
    let asks = Automation {
        with: BTreeMap::from([("node".into(), json!("dana's laptop"))]),
        approval: Some(Approval {
            above: None,
            role: RoleName::new("payments").unwrap(),
            count: 1,
            within: Duration::from_hours(24),
        }),
        ..automation("asks", json!({"kind": ["case_opened"]}))
    };
    let mut catalog = with([asks]);
    let mut runbook = runbook();
    runbook.front.parameters = vec![wheelhouse_core::runbook::Parameter {
        name: "node".into(),
        kind: wheelhouse_core::runbook::ParameterKind::String,
        title: None,
        description: None,
        default: None,
        required: true,
        allowed: wheelhouse_core::runbook::Allowed::default(),
    }];
    catalog.runbooks.insert(runbook.name.clone(), Arc::new(runbook));
    let mut kernel = Kernel::of(catalog);
    kernel.tell(at(1), signal(1, 0, false, true, at(1)));
    let mut state = kernel.world.automations().get(&name("asks")).unwrap().clone();
    let waits = |state: &AutomationState| state.awaiting.values().next().unwrap().parameters.clone();
    assert_eq!(waits(&state).unwrap()["node"], json!("dana's laptop"));
    assert!(state.erase(CaseId::parse("INC-1").unwrap()));
    assert_eq!(waits(&state), None);
    assert!(!state.erase(CaseId::parse("INC-1").unwrap()));
}

#[test]
fn a_machine_agrees_to_nothing() {
    let asks = Automation {
        approval: Some(Approval { above: None, role: RoleName::new("payments").unwrap(), count: 1, within: HOUR }),
        ..automation("asks", json!({"kind": ["case_opened"]}))
    };
    let mut kernel = Kernel::of(with([asks]));
    kernel.tell(at(1), signal(1, 0, false, true, at(1)));
    let approve = |actor| {
        let what = What::Automation { automation: name("asks"), action: AutomationAction::Approve { number: 1 } };
        let command = Command { actor, policies: Vec::new(), judged_under: None, what };
        decide(&kernel.world, &command, &Context::at(at(60))).map(|plan| plan.entries.len())
    };
    assert!(approve(Actor::Hub).is_err() && approve(Actor::Bootstrap).is_err());
    assert!(approve(Actor::Person(PersonName::new("ines").unwrap())).is_ok());
    assert!(approve(Actor::Person(PersonName::new("stranger").unwrap())).is_err());
}

#[test]
fn every_value_of_an_event_lies_in_the_domain_of_its_path() {
    let anything = automation("all", json!({"kind": [{"exists": true}]}));
    let mut kernel = Kernel::of(with([anything]));
    kernel.tell(at(1), signal(1, 0, false, true, at(1)));
    let (catalog, case) = (kernel.world.catalog().unwrap(), kernel.world.cases().next().unwrap());
    let told = signal(1, 0, false, true, at(1));
    for kind in [EventKind::SignalFired, EventKind::CaseOpened, EventKind::Acknowledged] {
        let signal = (kind != EventKind::Acknowledged).then_some(&told);
        let event = Event::of(kind, catalog, false, Some(case), signal, None);
        let mut paths = Vec::new();
        leaves(&event.json, String::new(), &mut paths);
        for (path, value) in paths {
            let fits = match domain(kind, &path) {
                Domain::Words { words, .. } => value.as_str().is_some_and(|text| words.contains(&text)),
                Domain::Text { .. } => value.is_string(),
                Domain::Bool => value.is_boolean(),
                Domain::Any => true,
                Domain::Nothing => false,
            };
            assert!(fits, "{}: {path} is {value}", kind.as_str());
        }
    }
}

fn leaves(value: &Value, path: String, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, path, into);
            }
        }
        leaf => into.push((path, leaf.clone())),
    }
}
