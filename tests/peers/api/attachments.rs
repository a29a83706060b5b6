//! Files attached to cases: what is taken, what is refused, and what a browser may do with them.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::{Answer, Client, sent};
use crate::support::hub::Hub;

const FILES: &str = "/api/v1/cases/INC-1/attachments";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
const SCRIPT: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";

fn hub() -> (Hub, Client) {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    let dana = hub.client("person", "dana");
    (hub, dana)
}

fn attach(client: &Client, query: &str, bytes: &[u8], headers: &[(&str, &str)]) -> Answer {
    let mut request = client.request(Method::POST, &format!("{FILES}{query}")).body(bytes.to_vec());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    sent(request).unwrap()
}

fn fetch(client: &Client, path: &str, headers: &[(&str, &str)]) -> (Answer, Vec<u8>) {
    let mut request = client.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().unwrap().to_vec();
    (Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }, bytes)
}

fn refused(answer: &Answer, status: u16, code: &str) -> String {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text);
    assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{}", answer.text);
    answer.json()["detail"].as_str().unwrap().to_owned()
}

#[test]
fn an_image_is_shown_and_says_what_it_is() {
    let (hub, dana) = hub();
    let said = "?name=graph.png&description=errors%20climb&text=see%20the%20cliff";
    let made = attach(&dana, said, PNG, &[("content-type", "image/png")]);
    assert_eq!((made.status, made.header("location")), (201, "/api/v1/cases/INC-1/attachments/1"), "{}", made.text);
    let line = made.json();
    let file = &line["attachment"];
    assert_eq!((&line["kind"], &line["text"]), (&json!("file_attached"), &json!("see the cliff")));
    assert_eq!(line["words"], "graph.png attached by dana");
    assert_eq!(
        (&file["name"], &file["description"], &file["size"]),
        (&json!("graph.png"), &json!("errors climb"), &json!(PNG.len()))
    );
    assert_eq!((&file["media_type"], &file["shown"]), (&json!("image/png"), &json!(true)));
    assert_eq!(dana.all(FILES), std::slice::from_ref(&line));
    assert!(dana.all("/api/v1/cases/INC-1/timeline").contains(&line));

    let hash = file["sha256"].as_str().unwrap();
    for place in ["1", hash] {
        let (shown, bytes) = fetch(&dana, &format!("{FILES}/{place}"), &[]);
        assert_eq!((shown.status, bytes.as_slice()), (200, PNG));
        assert_eq!(shown.header("content-type"), "image/png");
        assert_eq!(shown.header("content-disposition"), "inline; filename=\"graph.png\"; filename*=UTF-8''graph.png");
        assert_eq!(shown.header("x-content-type-options"), "nosniff");
        assert_eq!(shown.header("content-security-policy"), "sandbox; default-src 'none'; frame-ancestors 'none'");
        assert_eq!(shown.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(shown.header("cache-control"), "private, no-cache");
        let (again, nothing) = fetch(&dana, &format!("{FILES}/{place}"), &[("if-none-match", shown.header("etag"))]);
        assert_eq!((again.status, nothing.len(), again.header("etag")), (304, 0, format!("\"{hash}\"").as_str()));
    }
    let (saved, _) = fetch(&dana, &format!("{FILES}/1?download=true"), &[]);
    assert!(saved.header("content-disposition").starts_with("attachment; "));
    hub.verify_record();
}

#[test]
fn what_a_browser_might_run_is_a_download_without_a_type() {
    let (_hub, dana) = hub();
    let cases = [
        ("image/svg+xml", SCRIPT, "image/svg+xml"),
        ("text/html", b"<script>alert(1)</script>".as_slice(), "text/html"),
        ("image/png", b"<script>alert(1)</script>", "application/octet-stream"),
        ("image/webp", SCRIPT, "application/octet-stream"),
        ("application/x-www-form-urlencoded", b"plain", "application/octet-stream"),
        ("application/pdf", b"%PDF-1.7", "application/pdf"),
    ];
    for (number, (declared, bytes, kept)) in (1..).zip(cases) {
        let line = attach(&dana, "?name=x.svg", bytes, &[("content-type", declared)]).success();
        assert_eq!((&line["attachment"]["media_type"], &line["attachment"]["shown"]), (&json!(kept), &json!(false)));
        let (answer, there) = fetch(&dana, &format!("{FILES}/{number}"), &[]);
        assert_eq!(there, bytes);
        assert_eq!(answer.header("content-type"), "application/octet-stream", "{declared}");
        assert!(answer.header("content-disposition").starts_with("attachment; "), "{declared}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("content-security-policy").starts_with("sandbox; default-src 'none'"));
    }
    // An image stays one, whatever is claimed: browsers are told what its bytes say.
    let line = attach(&dana, "", PNG, &[("content-type", "text/html")]).success();
    assert_eq!(
        (&line["attachment"]["media_type"], &line["attachment"]["name"]),
        (&json!("image/png"), &json!("attachment"))
    );
    let wrong = attach(&dana, "", PNG, &[("content-type", "no media type")]);
    assert!(refused(&wrong, 422, "invalid").contains("such as image/png"));
}

#[test]
fn hostile_names_are_cleaned_and_travel_as_one_header() {
    let (_hub, dana) = hub();
    let name = |said: &str| {
        let line = attach(&dana, "", b"x", &[("content-disposition", said)]).success();
        let number = line["attachment"]["number"].as_u64().unwrap();
        let (answer, _) = fetch(&dana, &format!("{FILES}/{number}"), &[]);
        (line["attachment"]["name"].as_str().unwrap().to_owned(), answer.header("content-disposition").to_owned())
    };
    assert_eq!(name("attachment; filename=\"../../etc/passwd\"").0, "passwd");
    assert_eq!(name("attachment; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x%3D1.png").0, "aSet-Cookie_ x=1.png");
    assert_eq!(name("attachment; filename*=UTF-8''invoice%E2%80%AEgnp.exe").0, "invoicegnp.exe");
    let (shown, header) = name("attachment; filename*=UTF-8''%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E.svg");
    assert_eq!(shown, "___img src=x onerror=alert(1)_.svg");
    assert!(header.contains("filename*=UTF-8''___img%20src%3Dx%20onerror%3Dalert%281%29_.svg"), "{header}");
    let (shown, header) = name("attachment; filename*=UTF-8''%E3%82%B0%E3%83%A9%E3%83%95.png");
    assert_eq!(shown, "グラフ.png");
    assert_eq!(header, "attachment; filename=\"___.png\"; filename*=UTF-8''%E3%82%B0%E3%83%A9%E3%83%95.png");
    assert!(name(&format!("attachment; filename={}.png", "y".repeat(600))).0.len() <= 200);
    let wrong = attach(&dana, "", b"x", &[("content-disposition", "attachment; filename=\"open")]);
    assert!(refused(&wrong, 422, "invalid").contains("Content-Disposition"));
}

#[test]
fn too_much_and_nothing_are_refused_and_leave_nothing_behind() {
    let (hub, dana) = hub();
    let large = vec![b'x'; (5 << 20) + 1];
    assert!(refused(&attach(&dana, "", &large, &[]), 413, "too_large").contains("at most 5242880 bytes (5 MiB)"));
    let piecemeal = dana.request(Method::POST, FILES).body(reqwest::blocking::Body::new(std::io::Cursor::new(large)));
    refused(&sent(piecemeal).unwrap(), 413, "too_large");
    refused(&attach(&dana, "", b"", &[]), 422, "invalid");
    let words = "x".repeat(1_001);
    assert!(
        refused(&attach(&dana, &format!("?description={words}"), b"x", &[]), 422, "invalid").contains("description")
    );
    let words = "x".repeat(4_001);
    assert!(refused(&attach(&dana, &format!("?text={words}"), b"x", &[]), 422, "invalid").contains("note of its own"));
    refused(&attach(&dana, "?colour=red", b"x", &[]), 422, "invalid");
    assert_eq!(dana.all(FILES), Vec::<Value>::new());
    let largest = attach(&dana, "?name=largest.bin", &vec![b'x'; 5 << 20], &[]).success();
    assert_eq!(largest["attachment"]["size"], 5 << 20);
    for number in 2..=50 {
        attach(&dana, "", format!("{number}").as_bytes(), &[]).success();
    }
    let full = attach(&dana, "", b"one more", &[]);
    assert_eq!(refused(&full, 409, "full"), "INC-1 has 50 files attached, and cannot take more");
    hub.verify_record();
}

#[test]
fn what_is_asked_again_happens_once_and_many_at_a_time_all_happen() {
    let (hub, dana) = hub();
    let key = [("idempotency-key", "k-1")];
    let (first, again) = (attach(&dana, "?name=a.log", b"log", &key), attach(&dana, "?name=a.log", b"log", &key));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!((first.status, again.status, first.json()), (201, 201, again.json()));
    refused(&attach(&dana, "?name=a.log", b"another", &key), 422, "idempotency_key_reused");
    refused(&attach(&dana, "?name=b.log", b"log", &key), 422, "idempotency_key_reused");
    let many: Vec<_> = (0..12_u8)
        .map(|number| {
            let dana = dana.clone();
            std::thread::spawn(move || attach(&dana, "?name=many.bin", &vec![number; 2 << 20], &[]).success())
        })
        .collect();
    // People are answered meanwhile.
    let started = std::time::Instant::now();
    dana.post("/api/v1/cases/INC-1/notes", &json!({ "text": "on it" })).success();
    assert!(started.elapsed() < Duration::from_secs(10), "a note waited for the files");
    let mut numbers: Vec<u64> =
        many.into_iter().map(|one| one.join().unwrap()["attachment"]["number"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=13).collect::<Vec<_>>());
    hub.verify_record();
}

#[test]
fn whoever_may_not_write_or_read_the_case_gets_nothing() {
    let (hub, dana) = hub();
    attach(&dana, "?name=a.log", b"log", &[]).success();
    let path = format!("{FILES}/1");
    refused(&attach(&hub.nobody(), "", b"x", &[]), 401, "unauthenticated");
    refused(&fetch(&hub.nobody(), &path, &[]).0, 401, "unauthenticated");
    let source = hub.client("source", "prometheus");
    refused(&attach(&source, "", b"x", &[]), 403, "forbidden");
    refused(&fetch(&source, &path, &[]).0, 403, "forbidden");
    for absent in ["2", "0", "99999999999", "../1", &"0".repeat(64)] {
        refused(&fetch(&dana, &format!("{FILES}/{}", absent.replace('/', "%2F")), &[]).0, 404, "not_found");
    }
    refused(&fetch(&dana, "/api/v1/cases/INC-9/attachments/1", &[]).0, 404, "no_such_case");
}
