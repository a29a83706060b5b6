//! A stop answers what is under way.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::hub::Hub;
use crate::support::wait::{SOON, pass, until_true};

#[test]
fn a_request_that_was_under_way_is_answered_and_kept() {
    let mut hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let body = Value::Array(vec![alert("ledger", "Down", "1")]).to_string();
    let (begin, rest) = body.split_at(body.len() / 2);
    let mut request = TcpStream::connect(("127.0.0.1", hub.port())).unwrap();
    let head = format!(
        "POST /in/alertmanager/api/v2/alerts HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{begin}",
        source.token,
        body.len()
    );
    request.write_all(head.as_bytes()).unwrap();
    pass(Duration::from_millis(300));

    hub.terminate();
    until_true("nobody new is let in", SOON, || !hub.is_ready());
    request.write_all(rest.as_bytes()).unwrap();
    request.set_read_timeout(Some(SOON)).unwrap();
    let mut answer = String::new();
    request.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    hub.wait_for_end();

    hub.restart();
    let cases = dana.cases_of("ledger");
    assert_eq!((cases.len(), &cases[0]["members"]), (1, &1.into()));
    hub.verify_record();
}

#[test]
fn a_request_that_never_ends_does_not_hold_up_the_stop_for_long() {
    let mut hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let mut request = TcpStream::connect(("127.0.0.1", hub.port())).unwrap();
    let token = &hub.admin().token;
    let head = format!(
        "POST /api/v1/cases HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {token}\r\nContent-Length: 10\r\n\r\n"
    );
    request.write_all(head.as_bytes()).unwrap();
    pass(Duration::from_millis(300));
    hub.terminate();
    hub.wait_for_end();
}
