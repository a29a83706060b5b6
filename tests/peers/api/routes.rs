//! The document lists every route, and every route does what the document says of it.

use reqwest::Method;
use serde_json::Value;

use crate::support::catalog::usual;
use crate::support::client::sent;
use crate::support::hub::Hub;

/// Doors of other protocols, pages for people and machines: not a part of the API's document.
const OUTSIDE: [(&str, &str); 18] = [
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/p/{token}"),
    ("POST", "/p/{token}"),
    ("GET", "/in/alertmanager/api/v2/alerts"),
    ("POST", "/in/alertmanager/api/v2/alerts"),
    ("GET", "/in/alertmanager/api/v2/alerts/groups"),
    ("GET", "/in/alertmanager/api/v2/silences"),
    ("GET", "/in/alertmanager/api/v2/receivers"),
    ("GET", "/in/alertmanager/api/v2/status"),
    ("POST", "/in/alertmanager/api/v2/silences"),
    ("GET", "/in/alertmanager/api/v2/silence/{id}"),
    ("DELETE", "/in/alertmanager/api/v2/silence/{id}"),
    ("POST", "/in/webhook/alertmanager"),
    ("POST", "/in/events"),
];

/// What people and programs were promised.
const PROMISED: &[(&str, &str)] = &[
    ("GET", "/api/v1/cases"),
    ("POST", "/api/v1/cases"),
    ("GET", "/api/v1/cases/counts"),
    ("GET", "/api/v1/cases/{id}"),
    ("GET", "/api/v1/cases/{id}/timeline"),
    ("GET", "/api/v1/cases/{id}/told"),
    ("GET", "/api/v1/cases/{id}/members"),
    ("POST", "/api/v1/cases/{id}/acknowledge"),
    ("POST", "/api/v1/cases/{id}/notes"),
    ("POST", "/api/v1/cases/{id}/severity"),
    ("POST", "/api/v1/cases/{id}/assign"),
    ("POST", "/api/v1/cases/{id}/roles"),
    ("POST", "/api/v1/cases/{id}/pages"),
    ("POST", "/api/v1/cases/{id}/updates"),
    ("POST", "/api/v1/cases/{id}/mitigate"),
    ("POST", "/api/v1/cases/{id}/resolve"),
    ("POST", "/api/v1/cases/{id}/reopen"),
    ("POST", "/api/v1/cases/{id}/links"),
    ("POST", "/api/v1/cases/{id}/unlink"),
    ("POST", "/api/v1/cases/{id}/key-events"),
    ("GET", "/api/v1/cases/{id}/attachments"),
    ("POST", "/api/v1/cases/{id}/attachments"),
    ("GET", "/api/v1/cases/{id}/attachments/{file}"),
    ("GET", "/api/v1/cases/{id}/affected"),
    ("GET", "/api/v1/cases/{id}/updates/preview"),
    ("GET", "/api/v1/doctor"),
    ("GET", "/api/v1/runbooks"),
    ("GET", "/api/v1/runbooks/{repository}/{name}"),
    ("GET", "/api/v1/runbooks/{repository}/{name}/diff"),
    ("GET", "/api/v1/runbooks/{repository}/{name}/versions"),
    ("GET", "/api/v1/runbooks/{repository}/{name}/versions/{hash}"),
    ("GET", "/api/v1/runs"),
    ("POST", "/api/v1/runs"),
    ("GET", "/api/v1/runs/{id}"),
    ("GET", "/api/v1/runs/{id}/timeline"),
    ("POST", "/api/v1/runs/{id}/steps/{step}"),
    ("POST", "/api/v1/runs/{id}/course"),
    ("GET", "/api/v1/runs/{id}/steps/{step}/input"),
    ("GET", "/api/v1/runs/{id}/steps/{step}/output"),
    ("POST", "/api/v1/runs/{id}/steps/{step}/attachments"),
    ("GET", "/api/v1/runs/{id}/attachments"),
    ("GET", "/api/v1/runs/{id}/attachments/{file}"),
    ("GET", "/api/v1/runners"),
    ("POST", "/api/v1/runner/leases"),
    ("POST", "/api/v1/runner/leases/{epoch}/beat"),
    ("POST", "/api/v1/runner/leases/{epoch}/output"),
    ("POST", "/api/v1/runner/leases/{epoch}/result"),
    ("GET", "/api/v1/oncall"),
    ("GET", "/api/v1/oncall/shifts"),
    ("GET", "/api/v1/services/{name}/findings"),
    ("GET", "/api/v1/services"),
    ("GET", "/api/v1/services/{name}"),
    ("GET", "/api/v1/teams"),
    ("GET", "/api/v1/people"),
    ("GET", "/api/v1/catalog/names"),
    ("GET", "/api/v1/silences"),
    ("POST", "/api/v1/silences"),
    ("GET", "/api/v1/silences/{id}"),
    ("DELETE", "/api/v1/silences/{id}"),
    ("GET", "/api/v1/changes"),
    ("POST", "/api/v1/changes"),
    ("GET", "/api/v1/tokens"),
    ("POST", "/api/v1/tokens"),
    ("DELETE", "/api/v1/tokens/{id}"),
    ("GET", "/api/v1/session"),
    ("POST", "/api/v1/session"),
    ("DELETE", "/api/v1/session"),
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/status"),
    ("GET", "/api/v1/record/entries"),
    ("GET", "/api/v1/record/checkpoint"),
    ("GET", "/api/v1/record/key"),
    ("GET", "/api/v1/record/key.json"),
    ("GET", "/api/v1/record/head"),
    ("GET", "/api/v1/record/entries/{seq}/proof"),
    ("POST", "/api/v1/record/verify"),
    ("GET", "/api/v1/catalog/history"),
    ("GET", "/api/v1/channels"),
    ("GET", "/api/v1/record/consistency"),
    ("GET", "/api/v1/record/entries/{seq}/tlog-proof"),
    ("GET", "/api/v1/record/holds"),
    ("GET", "/api/v1/repositories"),
    ("GET", "/api/v1/stats"),
    ("POST", "/api/v1/cases/{id}/missed"),
    ("POST", "/api/v1/catalog/diff"),
    ("POST", "/api/v1/channels/test"),
    ("POST", "/api/v1/record/erasures"),
    ("POST", "/api/v1/record/holds"),
    ("POST", "/api/v1/record/holds/lift"),
    ("GET", "/api/v1/drills"),
    ("GET", "/api/v1/drills/{name}"),
    ("POST", "/api/v1/drills/{name}/signals"),
    ("POST", "/api/v1/drills/{name}/judge"),
    ("POST", "/api/v1/drills/{name}/runs"),
    ("GET", "/api/v1/drill-runs"),
    ("GET", "/api/v1/drill-runs/{run}"),
    ("POST", "/api/v1/drill-runs/{run}/stop"),
    ("GET", "/api/v1/stream"),
    ("GET", "/api/v1/controls"),
    ("POST", "/api/v1/runbooks/{repository}/{name}/versions/{hash}/approve"),
    ("GET", "/api/v1/automations"),
    ("GET", "/api/v1/automations/{name}"),
    ("POST", "/api/v1/automations/{name}/test"),
    ("POST", "/api/v1/automations/{name}/pause"),
    ("POST", "/api/v1/automations/{name}/resume"),
    ("POST", "/api/v1/automations/{name}/questions/{number}/approve"),
    ("POST", "/api/v1/automations/{name}/questions/{number}/decline"),
];

#[test]
fn the_document_lists_every_route_that_answers() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let document = hub.nobody().get("/api/v1/openapi.json");
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let paths = document["paths"].as_object().unwrap();
    let listed: Vec<(String, String)> = paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())))
        .collect();
    let mut promised: Vec<_> =
        PROMISED.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
    let mut sorted = listed.clone();
    promised.sort();
    sorted.sort();
    assert_eq!(sorted, promised);

    let outside = OUTSIDE.map(|(method, path)| (method.to_owned(), path.to_owned()));
    let known: Vec<_> = listed.iter().chain(&outside).collect();
    for path in known.iter().map(|(_, path)| path) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let is_known = known.iter().any(|(m, p)| m == method && p == path);
            let url = path
                .replace("{id}", "INC-1")
                .replace("{name}", "ledger")
                .replace("{seq}", "0")
                .replace("{epoch}", "1")
                .replace("{number}", "1")
                .replace("{file}", "1");
            let request =
                hub.nobody().request(Method::from_bytes(method.as_bytes()).unwrap(), &url.replace("{token}", "x"));
            let status = sent(request).unwrap().status;
            let signs = path == "/api/v1/session" && method != "GET";
            let needs_token = path.starts_with("/api/v1/") && path != "/api/v1/openapi.json" && !signs;
            match (is_known, needs_token) {
                (true, true) => assert_eq!(status, 401, "{method} {path} without a token"),
                (true, false) => assert_ne!(status, 405, "{method} {path}"),
                (false, _) => assert_eq!(status, 405, "{method} {path} is not in the document"),
            }
        }
    }
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let document = hub.nobody().get("/api/v1/openapi.json");
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let named =
                operation["parameters"].as_array().map_or(0, |all| all.iter().filter(|p| p["in"] == "path").count());
            assert_eq!(named, path.matches('{').count(), "{method} {path} describes its path");
            assert!(operation["responses"].as_object().is_some_and(|all| !all.is_empty()), "{method} {path}");
        }
    }
}

fn collect<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| collect(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, into)),
        _ => {}
    }
}
