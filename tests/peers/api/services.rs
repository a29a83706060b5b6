//! Services as they stand, what `check` finds about them, and the calendar of shifts.

use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::hub::Hub;
use crate::support::wait::SOON;

/// Two people take daily turns in Berlin, and a holiday is covered by grace; the ledger is theirs.
fn catalog() -> String {
    usual(&["portal"])
        + "---\nkind: Person\nname: ines\ncontacts: [{email: ines@quay.example}]\n\
           ---\nkind: Schedule\nname: vault\nteam: payments\ntime_zone: Europe/Berlin\n\
           layers:\n\
           \x20 - {people: [dana, ines], start: 2026-01-01T09:00, every: 1d}\n\
           overrides:\n\
           \x20 - {person: grace, from: 2026-03-10T09:00, until: 2026-03-11T09:00}\n\
           ---\nkind: Escalation\nname: vault\nteam: payments\nsteps: [{page: {schedule: vault}}, {after: 5m, page: {person: dana}}]\n\
           ---\nkind: Service\nname: vault\nteam: payments\ntier: 2\nsummary: Where secrets lie\nescalation: vault\n\
           links: {Runbook for outages: \"https://git.quay.example/vault.md\", Board: \"https://git.quay.example/board\"}\n"
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn services_are_found_and_say_how_they_stand() {
    let hub = Hub::with_catalog(&catalog(), None);
    let dana = hub.client("person", "dana");
    hub.client("source", "prometheus").alert(&[alert("vault", "Down", "1")]);
    hub.wait_until_all_is_sent(SOON);
    let found = |query: &str| dana.get(&format!("/api/v1/services?{query}"));
    assert_eq!(names(&found("")), ["portal", "vault"]);
    assert_eq!(names(&found("q=secrets+PAYMENTS")), ["vault"]);
    assert_eq!((names(&found("tier=1")), names(&found("team=noc"))), (vec!["portal"], vec![]));
    assert_eq!((names(&found("open=true")), names(&found("open=false"))), (vec!["vault"], vec!["portal"]));
    let listed = &found("q=vault")["items"][0];
    assert_eq!((&listed["open"][0]["id"], listed["on_call"].as_array().unwrap().len()), (&json!("INC-1"), 1));

    let vault = dana.get("/api/v1/services/vault");
    assert_eq!(vault["on_call"], listed["on_call"]);
    let steps = vault["steps"].as_array().unwrap();
    assert_eq!((steps.len(), &steps[1]["after_seconds"], &steps[1]["people"]), (2, &json!(300.0), &json!(["dana"])));
    assert_eq!(steps[0]["targets"], json!([{ "kind": "schedule", "name": "vault" }]));
    let runbook = json!([{
        "title": "Runbook for outages", "url": "https://git.quay.example/vault.md", "signals": 0,
        "fit": "service_links", "reason": "the service links to it",
    }]);
    assert_eq!(vault["runbooks"], runbook);
    let findings = dana.get("/api/v1/services/vault/findings");
    let items = findings["items"].as_array().unwrap();
    let places = |one: &Value| one["path"].is_string() && one["line"].as_u64() > Some(0) && one["level"] == "warning";
    assert!(items.iter().all(places), "a catalog in force has no errors: {items:?}");
    assert_eq!(dana.look("/api/v1/services/banana/findings").status, 404);
}

#[test]
fn the_calendar_shows_what_is_in_force_and_who_comes_next() {
    let hub = Hub::with_catalog(&catalog(), None);
    let dana = hub.client("person", "dana");
    let window = "from=2026-03-09T00:00:00Z&until=2026-03-13T00:00:00Z";
    let calendar = dana.get(&format!("/api/v1/oncall/shifts?{window}&schedule=vault"));
    let vault = &calendar["schedules"][0];
    assert_eq!((&vault["time_zone"], &vault["services"]), (&json!("Europe/Berlin"), &json!(["vault"])));
    let shifts: Vec<[&str; 4]> = vault["shifts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| ["person", "from", "until", "named_by"].map(|field| one[field].as_str().unwrap()))
        .collect();
    assert_eq!(
        shifts,
        [
            ["dana", "2026-03-08T08:00:00Z", "2026-03-09T08:00:00Z", "rotation"],
            ["ines", "2026-03-09T08:00:00Z", "2026-03-10T08:00:00Z", "rotation"],
            ["grace", "2026-03-10T08:00:00Z", "2026-03-11T08:00:00Z", "override"],
            ["ines", "2026-03-11T08:00:00Z", "2026-03-12T08:00:00Z", "rotation"],
            ["dana", "2026-03-12T08:00:00Z", "2026-03-13T08:00:00Z", "rotation"],
        ]
    );
    let layers: Vec<Value> = vault["shifts"].as_array().unwrap().iter().map(|one| one["layer"].clone()).collect();
    assert_eq!(layers, [json!(1), json!(1), Value::Null, json!(1), json!(1)]);
    assert_eq!((&vault["gaps"], &vault["more"]), (&json!([]), &json!(false)));
    let theirs = dana.get(&format!("/api/v1/oncall/shifts?{window}&person=grace"));
    let schedules: Vec<&str> =
        theirs["schedules"].as_array().unwrap().iter().map(|one| one["schedule"].as_str().unwrap()).collect();
    assert_eq!(schedules, ["noc", "vault"]);
    for wrong in ["from=now", "until=2020-01-01T00:00:00Z", "from=2026-01-01T00:00:00Z&until=2026-12-01T00:00:00Z"] {
        assert_eq!(dana.look(&format!("/api/v1/oncall/shifts?{wrong}")).status, 422, "{wrong}");
    }

    let at = dana.get("/api/v1/oncall?at=2026-03-10T12:00:00Z");
    let vault = at["items"].as_array().unwrap().iter().find(|one| one["schedule"] == "vault").unwrap();
    assert_eq!((&vault["person"], &vault["next_person"]), (&json!("grace"), &json!("ines")));
    assert_eq!((&vault["next_from"], &vault["services"]), (&json!("2026-03-11T08:00:00Z"), &json!(["vault"])));
}
