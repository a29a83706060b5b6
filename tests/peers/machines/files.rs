//! Files on steps of runs that are for no case: what is taken, what is refused, and that they go with the run.

use reqwest::Method;
use serde_json::{Value, json};

use super::hub_of;
use crate::support::catalog::usual;
use crate::support::client::{Answer, Client, sent};
use crate::support::hub::Hub;
use crate::support::runs::start;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
const RUNBOOK: &str = "---\nowners: [payments]\n---\n# Look\n\n1. Look at the graphs.\n2. Tell the desk.\n";
const ROLES: &str = "---\n{kind: Team, name: data-protection, members: [grace], roles: [data-protection]}\n";

fn hub() -> (Hub, Client, String) {
    let (hub, _) = hub_of(&(usual(&["ledger"]) + ROLES), &[("look", RUNBOOK)]);
    let dana = hub.client("person", "dana");
    let run = start(&dana, "look", &json!({}));
    (hub, dana, run)
}

fn first_step(client: &Client, run: &str) -> String {
    client.get(&format!("/api/v1/runs/{run}"))["steps"][0]["id"].as_str().unwrap().to_owned()
}

fn attach(client: &Client, path: &str, bytes: &[u8], headers: &[(&str, &str)]) -> Answer {
    let mut request = client.request(Method::POST, path).body(bytes.to_vec());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    sent(request).unwrap()
}

fn refused(answer: &Answer, status: u16, code: &str) -> String {
    assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{}", answer.text);
    answer.json()["detail"].as_str().unwrap().to_owned()
}

#[test]
fn a_file_is_shown_at_its_step_and_served_as_safely_as_one_of_a_case() {
    let (hub, dana, run) = hub();
    let step = first_step(&dana, &run);
    let (files, place) =
        (format!("/api/v1/runs/{run}/attachments"), format!("/api/v1/runs/{run}/steps/{step}/attachments"));
    let said = format!("{place}?name=graph.png&description=errors%20climb&text=see%20the%20cliff");
    let key = [("content-type", "image/png"), ("idempotency-key", "k-1")];
    let made = attach(&dana, &said, PNG, &key);
    assert_eq!((made.status, made.header("location")), (201, format!("{files}/1").as_str()), "{}", made.text);
    let line = made.json();
    assert_eq!((&line["text"], &line["attachment"]["step"]), (&json!("see the cliff"), &json!(step)));
    assert_eq!(line["words"], format!("{run}: graph.png attached to \u{201c}Look at the graphs.\u{201d} by dana"));
    let again = attach(&dana, &said, PNG, &key);
    assert_eq!((again.status, again.header("idempotency-replayed"), again.json()), (201, "true", line.clone()));
    assert_eq!(dana.all(&files), std::slice::from_ref(&line));
    assert_eq!(dana.get(&format!("/api/v1/runs/{run}"))["steps"][0]["files"], json!([line["attachment"]]));
    assert!(dana.all(&format!("/api/v1/runs/{run}/timeline")).contains(&line));

    let html = attach(&dana, &format!("{place}?name=x.html"), b"<script>", &[("content-type", "text/html")]).success();
    assert_eq!((&html["attachment"]["number"], &html["attachment"]["shown"]), (&json!(2), &json!(false)));
    let look = |number: &str| sent(dana.request(Method::GET, &format!("{files}/{number}"))).unwrap();
    for (number, kind, how) in [("1", "image/png", "inline; "), ("2", "application/octet-stream", "attachment; ")] {
        let served = look(number);
        assert_eq!((served.status, served.header("content-type")), (200, kind));
        assert!(served.header("content-disposition").starts_with(how), "{}", served.header("content-disposition"));
        assert_eq!(served.header("x-content-type-options"), "nosniff");
        assert_eq!(served.header("content-security-policy"), "sandbox; default-src 'none'; frame-ancestors 'none'");
        assert_eq!(served.header("cross-origin-resource-policy"), "same-origin");
    }
    assert_eq!(look(line["attachment"]["sha256"].as_str().unwrap()).status, 200);
    for absent in ["3", "0", "x"] {
        let words = refused(&look(absent), 404, "not_found");
        assert!(words.contains(&format!("`wheelhouse run attachments {run}` lists them")), "{words}");
    }
    hub.verify_record();
}

#[test]
fn what_does_not_fit_is_refused_and_files_go_with_the_run() {
    let (hub, dana, run) = hub();
    let step = first_step(&dana, &run);
    let place = format!("/api/v1/runs/{run}/steps/{step}/attachments");
    refused(&attach(&dana, &place, &vec![b'x'; (5 << 20) + 1], &[]), 413, "too_large");
    refused(&attach(&dana, &place, b"", &[]), 422, "invalid");
    refused(&attach(&hub.nobody(), &place, b"x", &[]), 401, "unauthenticated");
    refused(&attach(&hub.client("source", "prometheus"), &place, b"x", &[]), 403, "forbidden");
    refused(&attach(&dana, &format!("/api/v1/runs/{run}/steps/nothing/attachments"), b"x", &[]), 422, "not_in_catalog");
    refused(&attach(&dana, &format!("/api/v1/runs/RUN-9/steps/{step}/attachments"), b"x", &[]), 404, "no_such_run");
    let files = format!("/api/v1/runs/{run}/attachments");
    assert_eq!(dana.all(&files), Vec::<Value>::new());

    // What belongs to a run for a case is kept with the case.
    let case = dana.post("/api/v1/cases", &json!({ "title": "odd", "service": "ledger" })).success();
    let of_case = start(&dana, "look", &json!({ "case": case["id"] }));
    let elsewhere = attach(&dana, &format!("/api/v1/runs/{of_case}/steps/{step}/attachments"), b"x", &[]);
    let words = refused(&elsewhere, 422, "invalid");
    assert!(words.contains("attach the file there"), "{words}");

    attach(&dana, &format!("{place}?name=a.log"), b"log", &[]).success();
    dana.post(&format!("/api/v1/runs/{run}/course"), &json!({ "to": "stop" })).success();
    refused(&attach(&dana, &place, b"late", &[]), 409, "run_over");
    assert_eq!(dana.look(&format!("{files}/1")).status, 200, "what is over keeps its files");
    let grace = hub.client("person", "grace");
    let erased = grace.post("/api/v1/record/erasures", &json!({ "run": run, "reason": "asked for" })).success();
    assert_eq!((&erased["files"], &erased["file_rewritten"]), (&json!(1), &json!(true)), "{erased}");
    assert_eq!((dana.look(&format!("{files}/1")).status, dana.all(&files)), (404, Vec::new()));
    assert_eq!(dana.get(&format!("/api/v1/runs/{run}"))["steps"][0]["files"], json!([]));
    hub.verify_record();
}
