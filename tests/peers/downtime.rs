//! A hub that was down for half an hour does not announce recoveries.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::alerts::{alert, ending, instant};
use crate::support::catalog::catalog;
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::mail::MailCatcher;
use crate::support::wait::{SOON, pass, until_true};

/// The source's timeout.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How far the hub's clock is ahead after its restart.
const DOWN_MINUTES: u32 = 30;

#[test]
fn silence_counts_only_from_when_the_doors_are_open_again() {
    let catcher = MailCatcher::start(&[]);
    let text = catalog(&["told-again", "silent"], "{email: dana@quay.example}", "15s");
    let mut hub = Hub::with_catalog(&text, Some(catcher.smtp));
    let source = hub.client("source", "prometheus");
    let dana = hub.client("person", "dana");
    source.alert(&[ending(alert("told-again", "Down", "1"), 240), ending(alert("silent", "Down", "2"), 240)]);
    let (kept, silent) = (only_case(&dana, "told-again"), only_case(&dana, "silent"));
    hub.wait_until_all_is_sent(SOON);
    hub.kill();
    hub.restart_ahead(DOWN_MINUTES);
    let opened = Instant::now();

    // Its sender goes on as if nothing had been; its own clock is right, so its ends are future ones.
    let ahead = i64::from(DOWN_MINUTES) * 60;
    let tell_again = || source.alert(&[ending(alert("told-again", "Down", "1"), ahead + 20)]);
    while opened.elapsed() < TIMEOUT - Duration::from_secs(2) {
        tell_again();
        for case in [&kept, &silent] {
            assert_eq!(state(&dana, case), "open", "after {:?}", opened.elapsed());
        }
        assert!(!catcher.caught().iter().any(|mail| mail.subject().contains("resolved")), "a recovery was announced");
        pass(Duration::from_millis(500));
    }
    until_true("the silent one is taken to be over", SOON, || {
        tell_again();
        pass(Duration::from_millis(500));
        state(&dana, &silent) == "resolved"
    });

    let ready_since = instant(&dana.get("/api/v1/status")["ready_since"]);
    let resolved_at = instant(&dana.get(&format!("/api/v1/cases/{silent}"))["resolved_at"]);
    let waited = resolved_at.duration_since(ready_since).unsigned_abs();
    assert!(waited >= TIMEOUT, "resolved {waited:?} after the doors opened");
    assert!(waited < TIMEOUT + Duration::from_secs(10), "resolved only {waited:?} after the doors opened");
    let timeline = dana.all(&format!("/api/v1/cases/{silent}/timeline"));
    let end = timeline.iter().find(|entry| entry["kind"] == "resolved").unwrap();
    let why = end["why"].as_str().unwrap();
    assert!(why.contains("fell silent for 15") && why.contains("nobody saw it recover"), "{why}");
    let member = &dana.all(&format!("/api/v1/cases/{silent}/members"))[0];
    assert_eq!(member["status"], "expired");
    catcher.wait_for("finance@quay.example", &format!("{silent} resolved"));

    assert_eq!(state(&dana, &kept), "open", "whoever is told again goes on");
    assert!(!catcher.caught().iter().any(|mail| mail.subject().contains(&format!("{kept} resolved"))));
    hub.terminate();
    hub.wait_for_end();
    hub.verify_record();
}

fn only_case(reader: &Client, service: &str) -> String {
    let cases = reader.cases_of(service);
    assert_eq!(cases.len(), 1);
    cases[0]["id"].as_str().unwrap().to_owned()
}

fn state(reader: &Client, case: &str) -> Value {
    reader.get(&format!("/api/v1/cases/{case}"))["state"].clone()
}
