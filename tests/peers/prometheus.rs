//! A real Prometheus makes an incident of the example organisation, while the hub crashes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::mail::{Mail, MailCatcher, SilentServer};
use crate::support::program::{harbor, repository};
use crate::support::prometheus::Prometheus;
use crate::support::server::Server;
use crate::support::wait::{SOON, pass, until, until_true};

/// Who depends on the ledger, directly or not, in the catalog of the example organisation.
const AFFECTED: [&str; 14] = [
    "audience citizens-advice",
    "audience ferry-operators",
    "audience finance-leadership",
    "audience press-office",
    "team benefits",
    "team building",
    "team civil-registry",
    "team licences",
    "team mobility",
    "team platform",
    "team port-calls",
    "team portal",
    "team taxes",
    "team waste",
];

#[test]
fn an_alert_becomes_an_incident_that_survives_crashes_and_ends_with_the_alert() {
    let catcher = MailCatcher::start(&[]);
    let mut hub = Hub::start(&harbor(), Some(catcher.smtp));
    let reader = hub.client("person", "dana");
    let (ledger, payments_api) = (Server::start(), Server::start());
    let (ledger_port, payments_port) = (ledger.port, payments_api.port);
    let rules = repository().join("examples/harbor/payments/prometheus/payments.rules.yaml");
    let prometheus = Prometheus::start(&hub, &rules, &[("ledger", ledger_port), ("payments-api", payments_port)]);
    prometheus.wait_until_up(2);

    drop(ledger);
    let case = until("an incident of the ledger", SOON, || reader.cases_of("ledger").into_iter().next());
    let id = case["id"].as_str().unwrap().to_owned();
    assert_eq!((&case["state"], &case["severity"]), (&"open".into(), &"sev1".into()));
    hub.wait_until_all_is_sent(SOON);
    let on_call = on_call(&reader, "payments");
    let page = catcher.wait_for(&format!("{on_call}@harbor.example.org"), &id);
    assert!(page.text.contains("/p/"), "the page has a link that acknowledges: {}", page.text);
    assert_eq!(told(&reader, &id, "opened"), BTreeSet::from(AFFECTED.map(str::to_owned)));
    let members = members(&reader, &id);
    assert_eq!(members.len(), 1);
    let mails = unmarked(&catcher.caught());

    hub.kill();
    drop(payments_api);
    pass(Duration::from_secs(4));
    hub.restart();
    let second =
        until("an incident that began without the hub", SOON, || reader.cases_of("payments-api").into_iter().next());
    assert_eq!(second["state"], "open");
    hub.wait_until_all_is_sent(SOON);
    hub.kill();
    hub.restart();
    until_true("Prometheus tells the alert again", SOON, || repeated_since_restart(&reader, &id));

    assert_eq!(reader.cases_of("ledger").len(), 1, "the same incident");
    assert_eq!(self::members(&reader, &id), members, "the same members");
    for (message, count) in &mails {
        assert_eq!(unmarked(&catcher.caught()).get(message), Some(count), "{message} was sent again without need");
    }
    assert!(unmarked(&catcher.caught()).values().all(|count| *count == 1), "no message was sent twice");

    let _ledger = Server::on_port(ledger_port);
    until_true("the incident is over", SOON, || reader.get(&format!("/api/v1/cases/{id}"))["state"] == "resolved");
    hub.wait_until_all_is_sent(SOON);
    assert_eq!(told(&reader, &id, "resolved"), told(&reader, &id, "opened"), "whoever was told hears the end");
    catcher.wait_for("finance-leads@harbor.example.org", &format!("{id} resolved"));
    assert_eq!(reader.get(&format!("/api/v1/cases/{}", second["id"].as_str().unwrap()))["state"], "open");
    hub.terminate();
    hub.wait_for_end();
    hub.verify_record();
}

#[test]
fn a_page_that_was_under_way_at_the_crash_is_sent_again_and_says_so() {
    let relay = SilentServer::start();
    let mut hub = Hub::with_catalog(&usual(&["ledger"]), Some(relay.port));
    hub.client("source", "prometheus").alert(&[alert("ledger", "LedgerDown", "1")]);
    let pages = || relay.taken().into_iter().filter(|mail| mail.is_to("dana@quay.example")).collect::<Vec<_>>();
    until_true("the relay has the page", SOON, || pages().len() == 1);
    hub.kill();
    relay.speak();
    hub.restart();
    hub.wait_until_all_is_sent(SOON);

    let pages = pages();
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[0].header("message-id"), pages[1].header("message-id"));
    assert_eq!((pages[0].is_repeat(), pages[1].is_repeat()), (false, true));
    let reader = hub.client("person", "dana");
    let told = reader.all("/api/v1/cases/INC-1/told");
    let page = told.iter().find(|told| told["purpose"] == "page").unwrap();
    assert_eq!((&page["state"], &page["repeated"]), (&"accepted".into(), &true.into()));

    hub.kill();
    let sent = relay.taken().len();
    hub.restart();
    pass(Duration::from_secs(2));
    assert_eq!(relay.taken().len(), sent, "what was answered is not sent again");
}

fn on_call(reader: &Client, schedule: &str) -> String {
    let shifts = reader.all("/api/v1/oncall");
    let shift = shifts.iter().find(|shift| shift["schedule"] == schedule).unwrap();
    shift["person"].as_str().unwrap().to_owned()
}

/// Who was told at a stage, and a channel took it: `team benefits`.
fn told(reader: &Client, case: &str, stage: &str) -> BTreeSet<String> {
    let told = reader.all(&format!("/api/v1/cases/{case}/told"));
    let told =
        told.iter().filter(|told| told["purpose"] == "told" && told["stage"] == stage && told["state"] == "accepted");
    told.map(|told| {
        // A person may stand for a group that has no address.
        let party = if told["on_behalf_of"].is_null() { &told["recipient"] } else { &told["on_behalf_of"] };
        format!("{} {}", party["kind"].as_str().unwrap(), party["name"].as_str().unwrap())
    })
    .collect()
}

/// The signals of a case: number and labels.
fn members(reader: &Client, case: &str) -> Vec<(Value, Value)> {
    let members = reader.all(&format!("/api/v1/cases/{case}/members"));
    members.into_iter().map(|member| (member["number"].clone(), member["labels"].clone())).collect()
}

/// Whether the case heard its signal again after the doors last opened.
fn repeated_since_restart(reader: &Client, case: &str) -> bool {
    let ready_since = reader.get("/api/v1/status")["ready_since"].as_str().map(str::to_owned);
    let alerts = reader.get("/in/alertmanager/api/v2/alerts?filter=job%3D%22ledger%22");
    let heard = alerts[0]["updatedAt"].as_str().map(str::to_owned);
    assert!(reader.get(&format!("/api/v1/cases/{case}"))["state"] == "open");
    let instant = |text: Option<String>| text.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    instant(heard) > instant(ready_since)
}

/// How often each message arrived without being marked as a repeat.
fn unmarked(mails: &[Mail]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for mail in mails.iter().filter(|mail| !mail.is_repeat()) {
        *counts.entry(mail.header("message-id").to_owned()).or_default() += 1;
    }
    counts
}
