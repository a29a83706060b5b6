//! Lists of cases: whose, when, in which order; as a table; and how many there are.

use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::{Client, sent};
use crate::support::hub::Hub;
use crate::support::mail::MailCatcher;
use crate::support::wait::SOON;

fn ids(reader: &Client, query: &str) -> Vec<String> {
    let cases = reader.all(&format!("/api/v1/cases?limit=2&{query}"));
    cases.iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect()
}

/// Three incidents: of the ledger, the portal (less severe) and the vault, which grace has taken. Mail arrives, so
/// that nobody is paged in dana's place.
fn hub() -> (Hub, Client, MailCatcher) {
    let catcher = MailCatcher::start(&[]);
    let hub = Hub::with_catalog(&usual(&["ledger", "portal", "vault"]), Some(catcher.smtp));
    let source = hub.client("source", "prometheus");
    for service in ["ledger", "portal", "vault"] {
        source.alert(&[alert(service, "Down", "1")]);
    }
    hub.wait_until_all_is_sent(SOON);
    let grace = hub.client("person", "grace");
    grace.post("/api/v1/cases/INC-2/severity", &json!({ "severity": "sev3" })).success();
    grace.post("/api/v1/cases/INC-3/acknowledge", &json!({})).success();
    hub.wait_until_all_is_sent(SOON);
    (hub, grace, catcher)
}

#[test]
fn cases_are_listed_by_part_by_time_and_in_every_order() {
    let (hub, grace, _catcher) = hub();
    let dana = hub.client("person", "dana");
    assert_eq!(ids(&grace, "mine=true&kind=incident"), ["INC-3", "INC-2"], "those that she handled");
    assert_eq!(ids(&dana, "mine=true&kind=incident"), ids(&grace, "person=dana&kind=incident"), "paged for all");
    assert_eq!(ids(&dana, "sort=oldest&kind=incident"), ["INC-1", "INC-2", "INC-3"]);
    assert_eq!(ids(&dana, "sort=severity&kind=incident"), ["INC-3", "INC-1", "INC-2"]);
    assert_eq!(ids(&dana, "sort=severity&state=open&kind=incident"), ["INC-1", "INC-2"]);
    let second = dana.get("/api/v1/cases/INC-2")["opened_at"].as_str().unwrap().to_owned();
    assert_eq!(ids(&dana, &format!("kind=incident&opened_from={second}")), ["INC-3", "INC-2"]);
    assert_eq!(ids(&dana, &format!("kind=incident&opened_until={second}")), ["INC-1"]);
    assert_eq!(ids(&dana, "opened_from=2100-01-01T00:00:00Z"), Vec::<String>::new());
    for wrong in ["sort=banana", "opened_from=now", "mine=true&person=dana"] {
        assert_eq!(dana.look(&format!("/api/v1/cases?{wrong}")).status, 422, "{wrong}");
    }
    assert_eq!(hub.admin().look("/api/v1/cases?mine=true").status, 422, "the first token is nobody's");

    let counts = dana.get("/api/v1/cases/counts");
    let incidents: u64 = counts["open"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["kind"] == "incident")
        .map(|one| one["count"].as_u64().unwrap())
        .sum();
    assert_eq!((incidents, &counts["unacknowledged"]), (3, &json!(2)), "{counts}");
    assert_eq!((&counts["services"], &counts["services_with_incidents"]), (&json!(3), &json!(3)));
    assert_eq!((&counts["last_over"], counts["mine"].as_u64() >= Some(3)), (&Value::Null, true), "{counts}");
    grace.post("/api/v1/cases/INC-3/resolve", &json!({})).success();
    let after = dana.get("/api/v1/cases/counts");
    assert_eq!((&after["last_over"], after["last_over_at"].is_string()), (&json!("INC-3"), true), "{after}");
}

#[test]
fn a_table_has_every_case_and_no_formula() {
    let (hub, grace, _catcher) = hub();
    grace.post("/api/v1/cases", &json!({ "title": "=1+1, \"quoted\"" })).success();
    let table = |query: &str| {
        let request = grace.request(reqwest::Method::GET, &format!("/api/v1/cases?{query}"));
        sent(request.header("Accept", "text/csv")).unwrap()
    };
    let all = table("kind=incident&sort=oldest&limit=1");
    assert!(all.header("content-type").starts_with("text/csv"), "{}", all.header("content-type"));
    assert!(all.header("content-disposition").contains("cases.csv"));
    let lines: Vec<&str> = all.text.split("\r\n").collect();
    assert!(lines[0].starts_with("id,kind,title,state,severity,"), "{}", lines[0]);
    assert_eq!(lines.len(), 1 + 4 + 1, "a line each, whatever the limit: {}", all.text);
    assert!(lines[1].starts_with("INC-1,incident,"), "{}", lines[1]);
    assert!(lines[4].contains(",\"'=1+1, \"\"quoted\"\"\","), "{}", lines[4]);
    assert_eq!(table("sort=banana").status, 422);
    drop(hub);
}
