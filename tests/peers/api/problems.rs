//! Whatever is wrong with a request is said as RFC 9457 has it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::catalog::usual;
use crate::support::client::{Answer, sent};
use crate::support::hub::Hub;

#[test]
fn every_refusal_is_a_problem_that_says_what_to_do() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let dana = hub.client("person", "dana");
    let opened = dana.post("/api/v1/cases", &json!({ "title": "it is down", "service": "ledger" }));
    assert_eq!(opened.status, 201);
    let stranger = hub.nobody().with("wh_nobodys");
    let note = "/api/v1/cases/INC-1/notes";

    is_problem(&hub.nobody().look("/api/v1/cases"), 401, "unauthenticated", "no token was sent");
    let unknown = stranger.look("/api/v1/cases");
    is_problem(&unknown, 401, "unauthenticated", "does not know this token");
    assert_eq!(unknown.header("www-authenticate"), "Bearer");
    let refused = hub.admin().post("/api/v1/cases/INC-1/acknowledge", &json!({}));
    is_problem(&refused, 403, "forbidden", "token create");
    is_problem(&dana.look("/api/v1/record/entries"), 403, "forbidden", "auditors");
    is_problem(&dana.look("/api/v1/nothing"), 404, "not_found", "openapi.json");
    is_problem(&dana.look("/api/v1/cases/INC-99"), 404, "no_such_case", "INC-99");
    is_problem(&dana.look("/api/v1/cases/banana"), 404, "not_found", "banana");
    is_problem(&dana.look("/api/v1/services/banana"), 404, "not_found", "banana");
    for (method, path) in
        [(Method::PUT, "/api/v1/cases"), (Method::DELETE, "/api/v1/cases/INC-1"), (Method::POST, "/healthz")]
    {
        let answer = sent(dana.request(method, path)).unwrap();
        is_problem(&answer, 405, "method_not_allowed", "");
        assert_ne!(answer.header("allow"), "", "{path} says what it takes");
    }
    is_problem(&dana.post(note, &json!({ "text": "x".repeat(500_000) })), 413, "too_large", "at most 65536");
    // What the hub does not want to read, it throws away: the answer and the connection survive.
    is_problem(&dana.post(note, &json!({ "text": "x".repeat(4_000_000) })), 413, "too_large", "at most");
    is_problem(&stranger.post(note, &json!({ "text": "x".repeat(4_000_000) })), 401, "unauthenticated", "");
    is_problem(&dana.post(note, &json!({ "words": "x" })), 422, "invalid", "words");
    is_problem(&dana.post(note, &json!({ "text": 7 })), 422, "invalid", "string");
    is_problem(&dana.post(note, &json!({ "text": "x".repeat(30_000) })), 422, "invalid", "text");
    is_problem(
        &dana.post("/api/v1/cases", &json!({ "title": "x", "service": "banana" })),
        422,
        "not_in_catalog",
        "banana",
    );
    is_problem(&dana.look("/api/v1/cases?state=banana"), 422, "invalid", "state");
    is_problem(&dana.look("/api/v1/cases?banana=1"), 422, "invalid", "banana");
    is_problem(&dana.look("/api/v1/cases?limit=many"), 422, "invalid", "limit");
    is_problem(&dana.look("/api/v1/cases?limit=5000"), 422, "invalid", "limit");
    is_problem(&dana.look("/api/v1/oncall?at=yesterday"), 422, "invalid", "at");
    is_problem(&dana.look("/api/v1/stream?from=banana"), 422, "invalid", "from");
    let torn = dana.request(Method::POST, note).body("{\"text\": ");
    is_problem(&sent(torn).unwrap(), 400, "not_json", "not JSON");
    let auditor = hub.admin();
    is_problem(&auditor.look("/api/v1/record/entries/banana/proof"), 422, "invalid", "");
    is_problem(&auditor.look("/api/v1/record/entries/99999/proof"), 404, "not_found", "99999");

    let timeline = dana.all("/api/v1/cases/INC-1/timeline");
    assert!(!timeline.iter().any(|entry| entry["kind"] == "noted"), "a refusal changes nothing");
}

fn is_problem(answer: &Answer, status: u16, code: &str, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{status} {}", answer.text);
    let problem = answer.json();
    assert_eq!((&problem["status"], &problem["code"]), (&status.into(), &code.into()), "{problem}");
    assert_eq!(problem["type"], format!("urn:wheelhouse:problem:{code}"));
    let detail = problem["detail"].as_str().unwrap();
    assert!(!detail.is_empty() && detail.contains(words), "expected `{words}` in: {detail}");
    assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
    let errors = problem.get("errors").map_or(&[][..], |errors| errors.as_array().unwrap());
    assert!(errors.iter().all(|error| error["field"] != Value::Null && error["detail"] != Value::Null), "{problem}");
}
