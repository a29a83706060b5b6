//! Tokens open what is theirs, for as long as they are valid.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::alerts::{alert, in_seconds};
use crate::support::catalog::usual;
use crate::support::client::sent;
use crate::support::hub::Hub;
use crate::support::wait::{SOON, until_true};

#[test]
fn the_first_start_token_makes_others_and_does_not_act_for_people() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let admin = hub.admin();
    admin.alert(&[alert("ledger", "Down", "1")]);
    let me = admin.get("/api/v1/me");
    assert_eq!(me["actor"]["kind"], "bootstrap");
    let acts: [(&str, Value); 6] = [
        ("acknowledge", json!({})),
        ("notes", json!({ "text": "x" })),
        ("severity", json!({ "severity": "sev4" })),
        ("assign", json!({ "person": "dana" })),
        ("mitigate", json!({})),
        ("resolve", json!({})),
    ];
    let before = admin.get("/api/v1/cases/INC-1");
    for (act, body) in acts {
        let refused = admin.post(&format!("/api/v1/cases/INC-1/{act}"), &body);
        assert_eq!(refused.status, 403, "{act}: {}", refused.text);
        assert!(refused.json()["detail"].as_str().unwrap().contains("token create --person"), "{}", refused.text);
    }
    let after = admin.get("/api/v1/cases/INC-1");
    assert_eq!(
        (&after["state"], &after["severity"], &after["owner"]),
        (&before["state"], &before["severity"], &before["owner"])
    );
    let another = admin.post("/api/v1/tokens", &json!({ "owner": { "kind": "bootstrap" } }));
    assert!(matches!(another.status, 403 | 422), "{}", another.text);
    let dana = hub.client("person", "dana");
    dana.post("/api/v1/cases/INC-1/acknowledge", &json!({})).success();
}

#[test]
fn a_revoked_token_is_refused_at_once_and_after_a_crash() {
    let mut hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let (dana, source) = (hub.client("person", "dana"), hub.client("source", "prometheus"));
    source.alert(&[alert("ledger", "Down", "1")]);
    let tokens = hub.admin().all("/api/v1/tokens");
    let id_of =
        |kind: &str| tokens.iter().find(|token| token["owner"]["kind"] == kind).unwrap()["id"].as_str().unwrap();
    for (kind, client) in [("person", &dana), ("source", &source)] {
        let revoked = sent(hub.admin().request(Method::DELETE, &format!("/api/v1/tokens/{}", id_of(kind)))).unwrap();
        assert_eq!(revoked.success()["state"], "revoked");
        assert_eq!(client.look("/api/v1/me").status, 401);
    }
    let alerts = json!([alert("ledger", "Slow", "2")]);
    assert_eq!(source.post("/in/alertmanager/api/v2/alerts", &alerts).status, 401);
    assert_eq!(dana.post("/api/v1/cases/INC-1/acknowledge", &json!({})).status, 401);
    hub.kill();
    hub.restart();
    assert_eq!(dana.look("/api/v1/me").status, 401);
    assert_eq!(source.post("/in/alertmanager/api/v2/alerts", &alerts).status, 401);
    let case = hub.admin().get("/api/v1/cases/INC-1");
    assert_eq!((&case["state"], &case["members"]), (&"open".into(), &1.into()));
}

#[test]
fn tokens_end_and_open_only_what_is_theirs() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let request = json!({ "owner": { "kind": "person", "name": "dana" }, "expires_at": in_seconds(2) });
    let issued = hub.admin().post("/api/v1/tokens", &request).success();
    let brief = hub.admin().with(issued["secret"].as_str().unwrap());
    assert_eq!(brief.get("/api/v1/me")["actor"]["name"], "dana");
    until_true("the token ends", SOON, || brief.look("/api/v1/me").status == 401);

    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    assert_eq!(source.look("/api/v1/cases").status, 403, "a source sends, and reads nothing");
    assert_eq!(dana.post("/in/alertmanager/api/v2/alerts", &json!([alert("ledger", "Down", "1")])).status, 403);
    let for_grace = json!({ "owner": { "kind": "person", "name": "grace" } });
    assert_eq!(dana.post("/api/v1/tokens", &for_grace).status, 403);
    let own = json!({ "owner": { "kind": "person", "name": "dana" } });
    assert_eq!(dana.post("/api/v1/tokens", &own).status, 201);
    let secrets = hub.admin().look("/api/v1/tokens").text;
    assert!(!secrets.contains(&dana.token) && !secrets.contains("wh_"), "secrets are shown once");
    let unknown = json!({ "owner": { "kind": "person", "name": "banana" } });
    assert_eq!(hub.admin().post("/api/v1/tokens", &unknown).status, 422);
}
