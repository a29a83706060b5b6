//! Channels of the catalog, destinations that fail, and what may be called, through the whole program.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::{catalog, usual};
use crate::support::hub::{Hub, run};
use crate::support::mail::MailCatcher;
use crate::support::server::Server;
use crate::support::wait::{SOON, until, until_true};

/// What nothing may show but the calls that need it.
const CANARY: &str = "canary-51b7e0";
/// How long a destination may rest and be tried again.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_secret_is_in_the_calls_that_need_it_and_in_nothing_else() {
    let server = Server::start();
    let base = format!("http://127.0.0.1:{}", server.port);
    // dana's first two contacts refuse and say back all they were told; the third one takes it.
    let contacts = "{channel: chat}, {channel: sms, to: \"+49 170 1\"}, {channel: push, to: dana}";
    let text = format!(
        "{}---\nkind: Channel\nname: chat\nteam: noc\ntype: slack\nurl: {{secret: chat-url}}\n\
         ---\nkind: Channel\nname: sms\nteam: noc\ntype: http\nurl: \"{base}/refuse?key={{{{secret:token}}}}\"\n\
         headers: {{Authorization: \"Bearer {{{{secret:token}}}}\"}}\nbody: '{{\"to\": \"{{{{to}}}}\", \"key\": \"{{{{secret:token}}}}\"}}'\n\
         ---\nkind: Channel\nname: push\nteam: payments\ntype: ntfy\nurl: {base}/\ntoken: {{secret: token}}\n",
        catalog(&["ledger"], contacts, "5m")
    );
    let url = format!("{base}/refuse/services/{CANARY}");
    let hub = Hub::with_secrets(&text, &[("chat-url", &url), ("token", CANARY)], None);
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    let page = until("dana is paged by the third contact", SOON, || {
        let told = hub.admin().all("/api/v1/cases/INC-1/told");
        told.into_iter().find(|told| told["recipient"]["name"] == "dana" && told["state"] == "accepted")
    });
    assert_eq!((&page["contact_kind"], &page["attempts"]), (&"channel".into(), &3.into()));
    let calls = server.requests();
    let to_all: Vec<&str> = calls.iter().map(|call| call.line.as_str()).collect();
    assert!(to_all.iter().any(|line| line.contains("/refuse/services/")), "{to_all:?}");
    let push = calls.iter().find(|call| call.line.starts_with("POST / ")).unwrap();
    assert_eq!(push.headers["authorization"], format!("Bearer {CANARY}"));
    let body: Value = serde_json::from_slice(&push.body).unwrap();
    assert_eq!((&body["topic"], &body["priority"]), (&"dana".into(), &5.into()));
    assert!(body["click"].as_str().unwrap().contains("/p/"), "the link takes the case: {body}");

    let dana = hub.client("person", "dana");
    let report = dana.post("/api/v1/channels/test", &json!({"person": "dana"})).success();
    let accepted: Vec<bool> =
        report["contacts"].as_array().unwrap().iter().map(|one| one["accepted"].as_bool().unwrap()).collect();
    assert_eq!(accepted, [false, false, true], "{report}");
    assert!(report["contacts"][0]["answer"].as_str().unwrap().starts_with("403"), "{report}");

    let mut shown = vec![hub.said(), report.to_string()];
    for path in [
        "/api/v1/channels",
        "/api/v1/cases/INC-1",
        "/api/v1/cases/INC-1/told",
        "/api/v1/cases/INC-1/timeline",
        "/api/v1/record/entries",
        "/api/v1/status",
        "/metrics",
        "/api/v1/catalog/names",
    ] {
        shown.push(hub.admin().look(path).text);
    }
    for (number, shown) in shown.iter().enumerate() {
        assert!(!shown.contains(CANARY) && !shown.contains("51b7e0"), "{number}: {shown}");
    }
    assert!(hub.admin().look("/api/v1/record/entries").text.contains("contact_tested"), "the test is in the record");
    hub.verify_record();
    let found = holding(&hub.folder().join("data"));
    assert!(found.is_empty(), "the secret lies in {found:?}");
}

/// The files below a folder that hold the canary.
fn holding(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path));
        } else if fs::read(&path).unwrap().windows(CANARY.len()).any(|window| window == CANARY.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn notices_wait_for_a_server_that_fails_and_say_why_and_pages_take_another_way() {
    let services = ["ledger", "portal", "forms", "search"];
    let server = Server::start();
    let contacts = format!("{{email: dana@quay.example}}, {{webhook: \"http://127.0.0.1:{}/page\"}}", server.port);
    let mut catcher = MailCatcher::start(&[]);
    let hub = Hub::with_catalog(&catalog(&services, &contacts, "5m"), Some(catcher.smtp));
    catcher.kill();
    let source = hub.client("source", "prometheus");
    for service in services {
        source.alert(&[alert(service, "Down", service)]);
    }
    let admin = hub.admin();
    let waiting = until("a notice waits for the mail server", SOON, || {
        let told = (1..=4).flat_map(|number| admin.all(&format!("/api/v1/cases/INC-{number}/told")));
        told.into_iter().find(|told| told["purpose"] == "told" && !told["waits"].is_null())
    });
    let because = waiting["waits"]["because"].as_str().unwrap();
    assert!(because.starts_with("127.0.0.1:") && because.contains("times in a row"), "{because}");
    let channels = admin.all("/api/v1/channels");
    let relay = channels.iter().find(|channel| channel["kind"] == "mail").unwrap();
    assert!(relay["waiting"].as_u64() >= Some(1) && relay["failures"].as_u64() >= Some(5), "{relay}");
    assert!(admin.look("/metrics").text.contains("wheelhouse_channels_failing 1"));
    until_true("every page is taken by the webhook", SOON, || {
        let pages = (1..=4).flat_map(|number| admin.all(&format!("/api/v1/cases/INC-{number}/told")));
        pages
            .filter(|told| {
                told["purpose"] == "page" && told["contact_kind"] == "webhook" && told["state"] == "accepted"
            })
            .count()
            == 4
    });
    let token = &hub.client("person", "grace").token;
    let listed = run(&["--url", &format!("http://127.0.0.1:{}", hub.port()), "--token", token, "channel", "list"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("fails (") || listed.contains("being tried"), "{listed}");

    let catcher = catcher.restart(&[]);
    hub.wait_until_all_is_sent(LONG);
    let mails = catcher.caught();
    let notices = mails.iter().filter(|mail| mail.is_to("finance@quay.example")).count();
    assert_eq!(notices, services.len(), "each notice came, once");
    assert!(!mails.iter().any(|mail| mail.is_repeat()), "what was refused is no repeat");
    assert!(admin.look("/metrics").text.contains("wheelhouse_channels_failing 0"));
    hub.verify_record();
}

#[test]
fn a_test_reaches_whom_it_names_says_what_it_is_and_is_for_those_who_may() {
    let catcher = MailCatcher::start(&["--refuse-rcpt", "finance@quay.example"]);
    let hub = Hub::with_catalog(&usual(&["ledger"]), Some(catcher.smtp));
    let url = format!("http://127.0.0.1:{}", hub.port());
    let dana = hub.client("person", "dana");
    let done = run(&["--url", &url, "--token", &dana.token, "channel", "test", "--person", "dana"]);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.contains("accepted") && said.contains("250"), "{said}");
    let mail =
        until("the test arrives", SOON, || catcher.caught().into_iter().find(|mail| mail.is_to("dana@quay.example")));
    assert!(mail.text.contains("THIS IS A TEST"), "{}", mail.text);

    let refused = dana.post("/api/v1/channels/test", &json!({"audience": "finance"}));
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert_eq!(dana.post("/api/v1/channels/test", &json!({"team": "payments"})).status, 200);
    let grace = hub.client("person", "grace");
    let report = grace.post("/api/v1/channels/test", &json!({"audience": "finance"})).success();
    assert_eq!(report["contacts"][0]["accepted"], false, "{report}");
    for (body, words) in [
        (json!({}), "exactly one of"),
        (json!({"person": "dana", "team": "payments"}), "exactly one of"),
        (json!({"person": "dnaa"}), "did you mean `dana`?"),
        (json!({"person": "dana", "to": "x"}), "`to` belongs to `channel`"),
        (json!({"channel": "sms"}), "the catalog has no channel `sms`"),
    ] {
        let answer = grace.post("/api/v1/channels/test", &body);
        assert!(answer.status == 422 && answer.text.contains(words), "{body}: {}", answer.text);
    }
    let entries = hub.admin().all("/api/v1/record/entries");
    let tests: Vec<&Value> = entries.iter().filter(|entry| entry["kind"] == "contact_tested").collect();
    assert_eq!(tests.len(), 3, "{tests:?}");
    hub.verify_record();
}

#[test]
fn what_lies_inside_is_not_called() {
    let contacts = "{webhook: \"http://169.254.169.254/latest/meta-data\"}, {webhook: \"http://10.0.0.1/\"}, {email: dana@quay.example}";
    let catcher = MailCatcher::start(&[]);
    let hub = Hub::with_catalog(&catalog(&["ledger"], contacts, "5m"), Some(catcher.smtp));
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    catcher.wait_for("dana@quay.example", "INC-1");
    let timeline = hub.admin().all("/api/v1/cases/INC-1/timeline");
    let refusals: Vec<&str> = timeline
        .iter()
        .filter(|entry| entry["kind"] == "message_failed")
        .filter_map(|entry| entry["text"].as_str())
        .collect();
    assert_eq!(refusals.len(), 2, "{refusals:?}");
    assert!(
        refusals[0].contains("a cloud's own service") && refusals[1].contains("in a private network"),
        "{refusals:?}"
    );
    assert!(refusals.iter().all(|refusal| refusal.contains("--allow-outgoing")), "{refusals:?}");
}
