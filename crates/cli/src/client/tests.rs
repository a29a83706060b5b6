//! The client against a small real server: what is sent, what is tried again, what is said.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use serde_json::json;

use super::*;
use crate::output::Format;

/// What the server does with one connection.
enum Reply {
    /// Answers with this status line, these headers and this body.
    Answer(&'static str, &'static str, String),
    /// Reads the request and closes the connection without an answer.
    HangUp,
}

/// A server that gives each connection the next reply; ends after the last one and returns the
/// requests that it read.
fn serve(replies: Vec<Reply>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for reply in replies {
            let (mut stream, _) = listener.accept().unwrap();
            requests.push(request(&stream));
            if let Reply::Answer(status, headers, body) = reply {
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                )
                .unwrap();
            }
        }
        requests
    });
    (url, server)
}

fn request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        text.push_str(&lower);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    text + &String::from_utf8(body).unwrap()
}

fn global(url: &str, token: Option<&str>) -> Global {
    Global {
        url: url.to_owned(),
        token: token.map(str::to_owned),
        token_file: None,
        ca_file: None,
        output: Format::Table,
        no_colour: true,
    }
}

fn client(url: &str) -> Client {
    Client::new(&global(url, Some("wh_secret"))).unwrap()
}

fn ok(body: &Value) -> Reply {
    Reply::Answer("200 OK", "content-type: application/json\r\n", body.to_string())
}

fn problem(status: &'static str, headers: &'static str, body: &Value) -> Reply {
    Reply::Answer(status, headers, body.to_string())
}

/// The failure that one reply to a GET leads to.
fn failure(reply: Reply) -> Failure {
    let (url, server) = serve(vec![reply]);
    let failure = client(&url).get(&["cases", "INC-1"], &[]).unwrap_err();
    server.join().unwrap();
    failure
}

#[test]
fn a_request_carries_path_query_and_token() {
    let (url, server) = serve(vec![ok(&json!({"a": 1}))]);
    let client = client(&format!("{url}/behind/a/proxy/"));
    let answer = client.get(&["cases"], &[("text", "a b&c".to_owned())]).unwrap();
    assert_eq!(answer, json!({"a": 1}));
    let requests = server.join().unwrap();
    assert!(requests[0].starts_with("get /behind/a/proxy/api/v1/cases?text=a+b%26c http/1.1"), "{requests:?}");
    assert!(requests[0].contains("authorization: bearer wh_secret\r\n"), "{requests:?}");
    assert!(!requests[0].contains("idempotency-key"), "{requests:?}");
}

#[test]
fn a_lost_connection_is_tried_once_more_under_the_same_key() {
    let (url, server) = serve(vec![Reply::HangUp, ok(&json!({}))]);
    client(&url).post(&["cases", "INC-1", "notes"], &json!({"text": "x"})).unwrap();
    let requests = server.join().unwrap();
    let key = |request: &String| {
        let line = request.lines().find(|line| line.starts_with("idempotency-key: "));
        line.map(str::to_owned).unwrap_or_else(|| panic!("no key in {request}"))
    };
    assert_eq!(key(&requests[0]), key(&requests[1]));
    assert!(key(&requests[0]).len() > "idempotency-key: ".len() + 20);
    assert!(requests[1].ends_with(r#"{"text":"x"}"#), "{requests:?}");
}

#[test]
fn a_connection_lost_twice_says_that_it_may_have_happened() {
    let (url, server) = serve(vec![Reply::HangUp, Reply::HangUp]);
    let failure = client(&url).post(&["cases"], &json!({})).unwrap_err();
    assert_eq!(server.join().unwrap().len(), 2);
    assert_eq!(failure.exit, Exit::Unreachable);
    assert!(failure.message.contains("was lost"), "{failure:?}");
    assert!(failure.help[0].contains("may have happened"), "{failure:?}");
}

#[test]
fn what_must_happen_once_is_asked_once() {
    let (url, server) = serve(vec![Reply::HangUp]);
    assert!(client(&url).post_once(&["tokens"], &json!({})).is_err());
    let requests = server.join().unwrap();
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].contains("idempotency-key"), "{requests:?}");
}

#[test]
fn where_nobody_listens_it_is_said_how_to_start_a_hub() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let failure = client(&url).get(&["status"], &[]).unwrap_err();
    assert_eq!(failure.exit, Exit::Unreachable);
    assert!(failure.message.starts_with(&format!("no hub answers at {url}: ")), "{failure:?}");
    assert!(failure.message.to_lowercase().contains("connection refused"), "{failure:?}");
    assert!(failure.help[0].contains("wheelhouse serve --ops DIR"), "{failure:?}");
}

#[test]
fn a_problem_is_told_in_its_own_words() {
    let body = json!({"type": "urn:wheelhouse:problem:no_such_case", "title": "Not Found", "status": 404,
        "detail": "there is no case INC-1", "code": "no_such_case"});
    assert_eq!(failure(problem("404 Not Found", "", &body)).render(false), "error: there is no case INC-1\n");
    let body = json!({"type": "urn:wheelhouse:problem:invalid", "title": "Unprocessable Content", "status": 422,
        "detail": "`a`: expected x; `b`: expected y", "code": "invalid",
        "errors": [{"field": "a", "detail": "expected x"}, {"field": "b", "detail": "expected y"}]});
    let failure = failure(problem("422 Unprocessable Content", "", &body));
    assert_eq!(failure.exit, Exit::Refused);
    assert_eq!(failure.details, ["`a`: expected x", "`b`: expected y"]);
}

#[test]
fn who_may_not_learns_how_to() {
    let body = |status: u16, code: &str| json!({"type": format!("urn:wheelhouse:problem:{code}"), "title": "", "status": status, "detail": "no", "code": code});
    let unknown = failure(problem("401 Unauthorized", "", &body(401, "unauthenticated")));
    assert_eq!(unknown.exit, Exit::NotAuthorised);
    assert!(unknown.help[0].contains("--url names the hub that issued it"), "{unknown:?}");

    let (url, server) = serve(vec![problem("401 Unauthorized", "", &body(401, "unauthenticated"))]);
    let nameless = Client::new(&global(&url, None)).unwrap().get(&["status"], &[]).unwrap_err();
    assert!(!server.join().unwrap()[0].contains("authorization"));
    assert!(nameless.help[1].contains("wheelhouse token create --person NAME"), "{nameless:?}");

    let forbidden = failure(problem("403 Forbidden", "", &body(403, "forbidden")));
    assert_eq!(forbidden.exit, Exit::NotAuthorised);

    let busy = failure(problem("503 Service Unavailable", "retry-after: 7\r\n", &body(503, "busy")));
    assert_eq!((busy.exit, busy.help[0].as_str()), (Exit::Unreachable, "try again in 7 s"));
}

#[test]
fn what_is_no_hub_is_called_so() {
    let stranger = failure(Reply::Answer("404 Not Found", "", "<html>nginx</html>".to_owned()));
    assert_eq!(stranger.exit, Exit::Unreachable);
    assert!(stranger.message.ends_with("answered 404 Not Found, and not as a hub does"), "{stranger:?}");
    assert_eq!(stranger.details, ["it says: <html>nginx</html>"]);
    let garbage = failure(Reply::Answer("200 OK", "", "hello".to_owned()));
    assert!(garbage.message.contains("not as a hub does"), "{garbage:?}");
    let moved =
        failure(Reply::Answer("301 Moved Permanently", "location: https://elsewhere.example/\r\n", String::new()));
    assert!(moved.message.ends_with("redirects to https://elsewhere.example/"), "{moved:?}");
}

#[test]
fn lists_follow_their_cursors_as_far_as_asked() {
    let page = |items: Value, next: Value| ok(&json!({"items": items, "next_cursor": next}));
    let pages = || vec![page(json!([1, 2]), json!("c2")), page(json!([3, 4]), json!(null))];
    let (url, server) = serve(pages());
    let all = client(&url).list(&["cases"], &[], 10).unwrap();
    assert_eq!(all, Listed { items: vec![json!(1), json!(2), json!(3), json!(4)], more: false });
    assert!(server.join().unwrap()[1].contains("cursor=c2"));
    let (url, server) = serve(pages());
    let some = client(&url).list(&["cases"], &[], 3).unwrap();
    assert_eq!(some, Listed { items: vec![json!(1), json!(2), json!(3)], more: true });
    server.join().unwrap();
}

#[test]
fn addresses_and_tokens_that_cannot_be_are_refused_before_anything_is_sent() {
    for url in ["127.0.0.1:8480", "hub", "ftp://hub", "http://", "http://hub/?a=b", "http://user:geheim@hub"] {
        let failure = Client::new(&global(url, None)).map(drop).unwrap_err();
        assert_eq!(failure.exit, Exit::CannotRun, "{url}");
        assert!(!failure.render(false).contains("geheim"), "{failure:?}");
    }
    let failure = Client::new(&global("http://hub", Some("wh_a b\nc"))).map(drop).unwrap_err();
    assert!(failure.message.contains("no token"), "{failure:?}");
    assert!(!failure.render(false).contains("wh_a"), "a secret is not repeated: {failure:?}");
}

#[test]
fn a_token_in_a_file_goes_before_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "wh_file\n").unwrap();
    let token = token(&Global { token_file: Some(file), ..global("http://hub", Some("wh_other")) }).unwrap();
    assert_eq!(token.unwrap().to_str().unwrap(), "Bearer wh_file");
}
