//! Lists in pages.

use serde_json::Value;

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::hub::Hub;
use crate::support::wait::SOON;

/// How many cases there are.
const CASES: usize = 250;

#[test]
fn a_cursor_walks_through_all_cases_while_new_ones_open() {
    let services: Vec<String> = (0..=CASES).map(|number| format!("service-{number:03}")).collect();
    let names: Vec<&str> = services.iter().map(String::as_str).collect();
    let hub = Hub::with_catalog(&usual(&names), None);
    let source = hub.client("source", "prometheus");
    let alerts: Vec<Value> = names[..CASES].iter().map(|service| alert(service, "Down", "1")).collect();
    source.alert(&alerts);
    let dana = hub.client("person", "dana");

    let (mut seen, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let next = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = dana.get(&format!("/api/v1/cases?limit=17{next}"));
        seen.extend(page["items"].as_array().unwrap().iter().map(number));
        pages += 1;
        if pages == 3 {
            source.alert(&[alert(names[CASES], "Down", "1")]);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(pages, 15);
    let expected: Vec<u64> = (1..=CASES as u64).rev().collect();
    assert_eq!(seen, expected, "newest first, each once, and none that came later");
    assert_eq!(dana.all("/api/v1/cases?limit=100").len(), CASES + 1);
    assert_eq!(dana.all("/api/v1/cases?limit=100&state=resolved").len(), 0);
    assert_eq!(dana.all("/api/v1/cases?limit=7&service=service-040").len(), 1);
    assert_eq!(
        dana.all("/api/v1/cases?limit=100&team=payments&severity=sev1&kind=incident&drill=false").len(),
        CASES + 1
    );
    assert_eq!(dana.all("/api/v1/cases?limit=3&text=service-24").len(), 10);

    hub.wait_until_all_is_sent(SOON);
    let whole = dana.all("/api/v1/cases/INC-1/timeline");
    assert!(whole.len() > 4);
    assert_eq!(dana.all("/api/v1/cases/INC-1/timeline?limit=2"), whole);
    let entries = hub.admin().get("/api/v1/record/entries?limit=10");
    assert_eq!(entries["items"].as_array().unwrap().len(), 10);
}

fn number(case: &Value) -> u64 {
    case["id"].as_str().unwrap().strip_prefix("INC-").unwrap().parse().unwrap()
}
