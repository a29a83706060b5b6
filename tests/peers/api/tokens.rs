//! Tokens open what is theirs, for as long as they are valid.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::alerts::{alert, in_seconds};
use crate::support::catalog::usual;
use crate::support::client::{Client, sent};
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
fn the_last_token_that_makes_others_cannot_be_revoked() {
    let text = usual(&["ledger"]).replace("members: [grace]\n", "members: [grace]\nroles: [administrator]\n");
    let mut hub = Hub::with_catalog(&text, None);
    let revoke =
        |by: &Client, token: &str| sent(by.request(Method::DELETE, &format!("/api/v1/tokens/{token}"))).unwrap();
    let refused = |by: &Client, token: &str| {
        let answer = revoke(by, token);
        assert_eq!((answer.status, &answer.json()["code"]), (409, &"last_maker".into()), "{}", answer.text);
        assert!(answer.json()["detail"].as_str().unwrap().contains("token create --person"), "{}", answer.text);
        assert_eq!(by.look("/api/v1/me").status, 200, "a refusal changes nothing");
    };
    let first = hub.admin().clone();
    let of_first = first.all("/api/v1/tokens")[0]["id"].as_str().unwrap().to_owned();
    // Neither a source nor somebody without the role makes tokens for others, so the first one must stay.
    let (_source, (_dana, of_dana)) = (hub.client("source", "prometheus"), hub.token_of("person", "dana"));
    refused(&first, &of_first);
    let (grace, of_grace) = hub.token_of("person", "grace");
    assert_eq!(revoke(&grace, &of_first).success()["state"], "revoked");
    assert_eq!(first.look("/api/v1/me").status, 401);
    refused(&grace, &of_grace);
    hub.kill();
    hub.restart();
    refused(&grace, &of_grace);
    let second = grace.post("/api/v1/tokens", &json!({ "owner": { "kind": "person", "name": "grace" } })).success();
    let (of_second, second) = (second["token"]["id"].as_str().unwrap(), grace.with(second["secret"].as_str().unwrap()));
    revoke(&second, &of_grace).success();
    refused(&second, of_second);
    assert_eq!(revoke(&second, &of_dana).success()["state"], "revoked", "whoever makes none may go");
    hub.verify_record();
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
