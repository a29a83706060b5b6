//! Whom and what an incident reaches, and who would hear an update before it is sent.

use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::hub::Hub;
use crate::support::mail::MailCatcher;
use crate::support::wait::SOON;

/// The ledger needs a database of the NOC; the portal of a team of its own needs the ledger.
fn catalog() -> String {
    let mut text = usual(&[]);
    text += "---\nkind: Team\nname: web\nmembers: [ines]\ncontacts: [{email: web@quay.example}]\nescalation: web\n\
             ---\nkind: Person\nname: ines\ncontacts: [{email: ines@quay.example}]\n\
             ---\nkind: Escalation\nname: web\nteam: web\nsteps: [{page: {person: ines}}]\n\
             ---\nkind: Audience\nname: press\ncontacts: [{email: press@quay.example}]\n\
             ---\nkind: Service\nname: database\nteam: noc\ntier: 1\n\
             ---\nkind: Service\nname: ledger\nteam: payments\ntier: 1\ndepends_on: [database]\n\
             ---\nkind: Service\nname: portal\nteam: web\ntier: 2\ndepends_on: [ledger]\nstakeholders: [finance]\n\
             ---\nkind: Service\nname: reports\nteam: web\ntier: 3\ndepends_on: [{service: ledger, strength: soft}]\n";
    text
}

fn by<'v>(items: &'v Value, field: &str, name: &str) -> &'v Value {
    let items = items.as_array().unwrap();
    let is_it = |item: &&Value| item[field] == name || item[field]["name"] == name;
    items.iter().find(is_it).unwrap_or_else(|| panic!("no {name} in {items:?}"))
}

#[test]
fn an_incident_is_drawn_with_everybody_who_heard_of_it_or_did_not() {
    let catcher = MailCatcher::start(&[]);
    let hub = Hub::with_catalog(&catalog(), Some(catcher.smtp));
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    let dana = hub.client("person", "dana");
    hub.wait_until_all_is_sent(SOON);
    let reached = dana.get("/api/v1/cases/INC-1/affected");
    let node = |name: &str| {
        let node = by(&reached["nodes"], "service", name);
        [&node["part"], &node["state"], &node["impact"]].map(|word| word.as_str().unwrap_or("-").to_owned())
    };
    assert_eq!(reached["nodes"][0]["service"], "ledger");
    assert_eq!(node("ledger"), ["own", "incident", "down"]);
    assert_eq!(node("portal"), ["affected", "affected", "down"]);
    assert_eq!(node("reports"), ["affected", "affected", "degraded"]);
    assert_eq!(node("database"), ["upstream", "fine", "-"]);
    let edges = reached["edges"].as_array().unwrap();
    assert!(edges.contains(&json!({ "from": "reports", "to": "ledger", "strength": "soft" })), "{edges:?}");
    assert_eq!((edges.len(), &reached["more"]), (3, &json!(0)));

    let heard = |name: &str| by(&reached["recipients"], "recipient", name);
    for told in ["web", "finance", "noc"] {
        assert_eq!((&heard(told)["state"], heard(told)["first_told_at"].is_string()), (&json!("told"), true), "{told}");
    }
    assert_eq!(heard("finance")["path"], json!(["ledger", "portal"]));
    assert_eq!(heard("finance")["notices"][0]["stage"], "opened");
    assert_eq!((&heard("noc")["impact"], &heard("web")["impact"]), (&json!("caller_down"), &json!("down")));
    let own = heard("payments");
    assert_eq!((&own["state"], &own["reason_not_told"]), (&json!("not_told"), &json!("owns_the_incident")));

    dana.post("/api/v1/cases/INC-1/missed", &json!({ "audience": "press", "note": "they called us" })).success();
    let after = dana.get("/api/v1/cases/INC-1/affected");
    assert_eq!(by(&after["recipients"], "recipient", "press")["state"], "missed");
    dana.post("/api/v1/cases/INC-1/resolve", &json!({})).success();
    let over = dana.get("/api/v1/cases/INC-1/affected");
    assert!(over["nodes"].as_array().unwrap().iter().all(|node| node["state"] == "fine"), "{over}");
}

#[test]
fn the_preview_names_exactly_those_whom_the_update_then_reaches() {
    let catcher = MailCatcher::start(&[]);
    let hub = Hub::with_catalog(&catalog(), Some(catcher.smtp));
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    let dana = hub.client("person", "dana");
    hub.wait_until_all_is_sent(SOON);
    let before = dana.look("/api/v1/cases/INC-1");
    let check = |preview: &Value| {
        let names = |items: &Value| -> Vec<String> {
            let mut names: Vec<String> = items
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["recipient"]["name"].as_str().unwrap().to_owned())
                .collect();
            names.sort();
            names
        };
        let old = dana.get("/api/v1/cases/INC-1/told")["items"].as_array().unwrap().len();
        let expected = names(&preview["recipients"]);
        dana.post("/api/v1/cases/INC-1/updates", &json!({ "text": "we found it" })).success();
        let told = dana.get("/api/v1/cases/INC-1/told");
        let new: Vec<Value> =
            told["items"].as_array().unwrap()[..].iter().filter(|one| one["stage"] == "update").cloned().collect();
        assert!(told["items"].as_array().unwrap().len() > old);
        hub.wait_until_all_is_sent(SOON);
        (expected, names(&json!(new)))
    };
    let preview = dana.get("/api/v1/cases/INC-1/updates/preview");
    let finance = by(&preview["recipients"], "recipient", "finance");
    assert_eq!((&finance["contacts"], &finance["ways"][0]["path"]), (&json!(["email"]), &json!(["ledger", "portal"])));
    assert_eq!(dana.look("/api/v1/cases/INC-1").text, before.text, "a look changes nothing");
    let (expected, told) = check(&preview);
    assert_eq!((&expected, expected.len()), (&told, 3));

    dana.post("/api/v1/cases/INC-1/resolve", &json!({})).success();
    hub.wait_until_all_is_sent(SOON);
    let late = dana.get("/api/v1/cases/INC-1/updates/preview");
    assert_eq!(late["recipients"].as_array().unwrap().len(), 3, "also when it is over: {late}");
    let ines = hub.client("person", "ines").look("/api/v1/cases/INC-1/updates/preview");
    assert_eq!(ines.status, 403, "whoever may not send it need not know");
}
