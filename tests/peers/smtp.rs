//! Pages find their way past mailboxes, servers and contacts that do not take them.

use std::time::Duration;

use serde_json::Value;

use crate::support::alerts::alert;
use crate::support::catalog::{catalog, usual};
use crate::support::hub::Hub;
use crate::support::mail::MailCatcher;
use crate::support::server::Server;
use crate::support::wait::{SOON, pass, until, until_true};

/// The longest that a page waits for its fourth attempt: about 26 s and a quarter more (docs of retry).
const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_refused_page_goes_to_the_next_contact_at_once() {
    let catcher = MailCatcher::start(&["--refuse-rcpt", "old@quay.example"]);
    let sink = Server::start();
    let contacts = format!("{{email: old@quay.example}}, {{webhook: \"http://127.0.0.1:{}/page\"}}", sink.port);
    let hub = Hub::with_catalog(&catalog(&["ledger"], &contacts, "5m"), Some(catcher.smtp));
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    let call = until("the page arrives at the webhook", SOON, || sink.requests().into_iter().next());
    let page: Value = serde_json::from_slice(&call.body).unwrap();
    hub.wait_until_all_is_sent(SOON);

    let told = page_of(&hub, "dana");
    assert_eq!(call.headers["idempotency-key"], told["message"].as_str().unwrap());
    assert!(call.headers["wheelhouse-signature"].starts_with("t="), "{:?}", call.headers);
    assert!(page.to_string().contains("INC-1"), "{page}");
    let expected = ("accepted", "webhook", 2);
    let found =
        (told["state"].as_str().unwrap(), told["contact_kind"].as_str().unwrap(), told["attempts"].as_u64().unwrap());
    assert_eq!(found, expected);
    assert_eq!(sink.requests().len(), 1, "one page, once");
    let timeline = hub.admin().all("/api/v1/cases/INC-1/timeline");
    let refusal = timeline.iter().find(|entry| entry["kind"] == "message_failed").unwrap();
    assert!(refusal["text"].as_str().unwrap().contains("550"), "{refusal}");
}

#[test]
fn a_page_that_nobody_takes_goes_to_the_fallback() {
    let catcher = MailCatcher::start(&["--refuse-rcpt", "old@quay.example", "--refuse-rcpt", "older@quay.example"]);
    let contacts = "{email: old@quay.example}, {email: older@quay.example}";
    let hub = Hub::with_catalog(&catalog(&["ledger"], contacts, "5m"), Some(catcher.smtp));
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    let page = catcher.wait_for("grace@quay.example", "INC-1");
    assert!(page.text.contains("/p/"), "the fallback can acknowledge: {}", page.text);
    hub.wait_until_all_is_sent(SOON);

    let lost = page_of(&hub, "dana");
    assert_eq!((&lost["state"], &lost["attempts"]), (&"given_up".into(), &2.into()));
    let fallback = page_of(&hub, "grace");
    assert_eq!(fallback["state"], "accepted");
    let why = fallback["why"].as_str().unwrap();
    assert!(why.contains("fallback") && why.contains("nobody else could be reached"), "{why}");
}

#[test]
fn a_deferred_page_is_tried_again_until_it_is_taken() {
    let catcher = MailCatcher::start(&["--defer-rcpt", "dana@quay.example"]);
    let hub = Hub::with_catalog(&usual(&["ledger"]), Some(catcher.smtp));
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    until_true("the page is deferred twice", SOON, || page_of(&hub, "dana")["attempts"].as_u64() >= Some(2));
    assert_eq!(page_of(&hub, "dana")["state"], "queued");
    assert!(!catcher.caught().iter().any(|mail| mail.is_to("dana@quay.example")));

    let catcher = catcher.restart(&[]);
    until_true("the page is taken", LONG, || page_of(&hub, "dana")["state"] == "accepted");
    let pages: Vec<_> = catcher.caught().into_iter().filter(|mail| mail.is_to("dana@quay.example")).collect();
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].message(), page_of(&hub, "dana")["message"].as_str().unwrap());
    assert!(!pages[0].is_repeat(), "an attempt that was answered is no repeat");
}

#[test]
fn what_a_mail_server_missed_is_delivered_when_it_is_back() {
    let services = ["ledger", "portal", "forms"];
    let mut catcher = MailCatcher::start(&[]);
    let hub = Hub::with_catalog(&usual(&services), Some(catcher.smtp));
    catcher.kill();
    let source = hub.client("source", "prometheus");
    for service in services {
        source.alert(&[alert(service, "Down", service)]);
    }
    until_true("every message was tried in vain, or waits because the server fails", SOON, || {
        let told = told(&hub, &services);
        let tried = |told: &Value| told["attempts"].as_u64() >= Some(1) || !told["waits"].is_null();
        !told.is_empty() && told.iter().all(tried)
    });
    pass(Duration::from_secs(1));
    let catcher = catcher.restart(&[]);
    hub.wait_until_all_is_sent(LONG);

    let told = told(&hub, &services);
    let messages: Vec<&str> = told.iter().map(|told| told["message"].as_str().unwrap()).collect();
    assert_eq!(messages.len(), 6, "a page and a notice for each: {messages:?}");
    let mails = catcher.caught();
    for (told, message) in told.iter().zip(&messages) {
        assert_eq!(told["state"], "accepted", "{told}");
        assert_eq!(mails.iter().filter(|mail| mail.message() == *message).count(), 1, "{message}");
    }
}

/// The page to a person in the first case.
fn page_of(hub: &Hub, person: &str) -> Value {
    let told = told_in(hub, "INC-1");
    let page = told.iter().find(|told| told["purpose"] == "page" && told["recipient"]["name"] == person);
    page.unwrap_or_else(|| panic!("{person} was not paged: {told:#?}")).clone()
}

/// The messages of the first cases, one for each service.
fn told(hub: &Hub, services: &[&str]) -> Vec<Value> {
    let cases = (1..=services.len()).map(|number| format!("INC-{number}"));
    cases.flat_map(|case| told_in(hub, &case)).filter(|told| !told["message"].is_null()).collect()
}

fn told_in(hub: &Hub, case: &str) -> Vec<Value> {
    hub.admin().all(&format!("/api/v1/cases/{case}/told"))
}
