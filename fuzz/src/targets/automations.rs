//! Automations and runners of the catalog, and the expressions that automations and steps ask.

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use wheelhouse_core::automation::{Asked, Event, Memory, PATHS, judge};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::expression::Conditions;
use wheelhouse_wire::catalog::{Mode, compile_files};
use wheelhouse_wire::expression::{CEL, LONGEST_VALUE, check};

use crate::stage::{BASE, NOW};

/// A runbook that automations may start.
const RESTART: &str = "---\nowners: [payments]\nparameters:\n  node: {pattern: \"^[a-z0-9-]+$\", default: n1}\n---\n\
                       # Restart\n\n```sh {step=one timeout=1m undo=none}\necho \"$WH_NODE\"\n```\n";
/// The longest error that an expression may give, in bytes: it may cite what an event says.
const LONGEST_ERROR: usize = 4_096;

/// An expression, and in the lines below it the values over which it is asked: those of an event where there are none.
pub fn expressions(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (expression, values) = text.split_once('\n').unwrap_or((&text, ""));
    let values = match serde_json::from_str::<Value>(values) {
        Ok(values @ Value::Object(_)) => values,
        _ => event("case_opened").variables(),
    };
    let checked = check(expression, &PATHS);
    let (holds, worth) = (CEL.holds(expression, &values), CEL.value(expression, &values));
    assert_eq!(holds, CEL.holds(expression, &values), "another answer to the same question");
    assert_eq!(worth, CEL.value(expression, &values), "another value of the same expression");
    if let Err(wrong) = &checked {
        assert!(wrong.at <= expression.len() && expression.is_char_boundary(wrong.at), "{wrong:?} lies nowhere");
    }
    let errors = [checked.err().map(|wrong| wrong.message), holds.clone().err(), worth.clone().err()];
    for error in errors.into_iter().flatten() {
        assert!(!error.is_empty() && error.len() <= LONGEST_ERROR, "an error of {} bytes", error.len());
    }
    if let Ok(worth) = worth {
        assert!(worth.to_string().len() <= LONGEST_VALUE, "a value that is too long was kept");
        assert!(holds.is_err() || holds == Ok(worth == json!(true)), "it holds and is worth {worth}");
    }
}

/// Documents beside an organisation with a runbook: what compiles answers events, and says why.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input).into_owned();
    let (catalog, report) = compiled(Some(text));
    assert_eq!(catalog.is_none(), report.has_errors(), "a catalog beside errors, or neither");
    for finding in &report.findings {
        assert!(finding.place.is_none_or(|place| report.files.position(place).is_some()), "{finding:?} lies nowhere");
    }
    assert!(!report.render_text(false).contains('\u{1b}'), "an escape sequence got through");
    let Some(catalog) = catalog else { return };
    for runner in catalog.runners.values() {
        assert!(runner.labels.iter().all(|label| !label.is_empty()), "a label without a name");
    }
    let states = wheelhouse_core::automation::States::default();
    for kind in ["case_opened", "signal_fired", "run_ended", "resolved"] {
        let event = event(kind);
        for automation in catalog.automations.matching(&event) {
            let memory = Memory::new(&states);
            let asked = Asked {
                catalog: &catalog,
                conditions: &CEL,
                now: NOW,
                automation: &automation,
                event: &event,
                memory: &memory,
                chain: &[],
            };
            let judged = format!("{:?}", judge(&asked));
            assert_eq!(judged, format!("{:?}", judge(&asked)), "another answer to the same event");
        }
    }
}

fn compiled(text: Option<String>) -> (Option<Catalog>, wheelhouse_wire::catalog::Report) {
    let mut files = vec![
        ("base.yaml".to_owned(), BASE.to_owned()),
        ("payments/runbooks/restart.md".to_owned(), RESTART.to_owned()),
    ];
    files.extend(text.map(|text| ("ops/automations.yaml".to_owned(), text)));
    compile_files(files, Mode::Whole, Some(NOW))
}

/// Something that happened to the ledger.
fn event(kind: &str) -> Event {
    static CATALOG: OnceLock<Arc<Catalog>> = OnceLock::new();
    let catalog = CATALOG.get_or_init(|| {
        let (catalog, report) = compiled(None);
        Arc::new(catalog.unwrap_or_else(|| panic!("{}", report.render_text(false))))
    });
    let told = json!({
        "kind": kind, "drill": false, "target": "service/ledger",
        "signal": { "source": "prometheus", "adapter": "alertmanager", "status": "firing", "severity": "critical",
            "summary": "ledger is down", "service": "ledger", "drill": false,
            "labels": { "alertname": "Down", "instance": "n1" }, "annotations": { "summary": "ledger is down" } },
        "case": { "id": "INC-17", "kind": "incident", "severity": "sev2", "state": "open", "team": "payments",
            "service": "ledger" },
        "run": { "id": "RUN-4", "runbook": "payments/restart", "how": "completed", "failed": 0, "skipped": 1 },
        "service": { "name": "ledger" },
    });
    Event::read(told, catalog).expect("the event is of the form")
}
