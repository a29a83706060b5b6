//! Crashes under load through every door: whatever the hub said yes to is there afterwards, once.
//!
//! `WHEELHOUSE_ROUNDS` says how often the hub is killed; `make soak` asks for 200.

mod load;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::catalog::catalog;
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::mail::{Mail, MailCatcher};
use crate::support::wait::{SOON, pass};
use load::{Accepted, Chance, Door, Load};

/// How often the hub is killed where nobody says.
const KILLS: u64 = 20;
/// What the moments, sizes and orders are drawn from; `WHEELHOUSE_SEED` replaces it.
const SEED: u64 = 0x5eed_0f1f;
/// The services that fail.
const SERVICES: [&str; 6] = ["ledger", "portal", "forms", "identity", "payouts", "licences"];

#[test]
fn whatever_was_accepted_survives_crashes() {
    let (seed, kills) = (number("WHEELHOUSE_SEED").unwrap_or(SEED), number("WHEELHOUSE_ROUNDS").unwrap_or(KILLS));
    eprintln!("WHEELHOUSE_SEED={seed} WHEELHOUSE_ROUNDS={kills}");
    let catcher = MailCatcher::start(&[]);
    // No signal falls silent meanwhile, however long it takes.
    let mut hub = Hub::with_catalog(&catalog(&SERVICES, "{email: dana@quay.example}", "12h"), Some(catcher.smtp));
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let load = Arc::new(Load::new(seed));
    let doors = [Door::Alertmanager, Door::Alertmanager, Door::Webhook, Door::Events];
    let mut threads: Vec<_> = (1..)
        .zip(doors)
        .map(|(number, door)| {
            let (load, source) = (load.clone(), source.clone());
            thread::spawn(move || load.send_alerts(number, door, &source, &SERVICES))
        })
        .collect();
    let (people, person) = (load.clone(), dana.clone());
    threads.push(thread::spawn(move || people.work_on_cases(&person)));

    let mut chance = Chance::new(seed);
    for kill in 0..kills {
        // Most crashes hit a hub at work, some one that is starting.
        if kill % 7 != 3 {
            hub.wait_until_ready();
            pass(Duration::from_millis(chance.below(500)));
        } else {
            pass(Duration::from_millis(chance.below(60)));
        }
        hub.kill();
        hub.spawn();
    }
    hub.wait_until_ready();
    pass(Duration::from_millis(300));
    load.stop();
    for thread in threads {
        thread.join().unwrap();
    }
    hub.wait_until_all_is_sent(SOON);

    let accepted = load.accepted();
    assert!(accepted.alerts.len() > 300 && accepted.texts.len() > 10, "there was load: {accepted}");
    let told = accepted.changes.len() + accepted.silences.len();
    assert!(told > 0, "there were changes and silences: {accepted}");
    eprintln!("{accepted}");
    let cases = dana.all("/api/v1/cases");
    let services: BTreeSet<&str> = cases.iter().map(|case| case["service"].as_str().unwrap()).collect();
    assert_eq!((cases.len(), services.len()), (SERVICES.len(), SERVICES.len()), "one incident for each service");
    every_alert_is_a_member_once(&dana, &cases, &accepted);
    every_command_took_effect_once(&dana, &cases, &accepted);
    every_change_and_silence_is_there(&dana, &accepted);
    every_message_was_sent_and_repeats_say_so(&dana, &cases, &catcher.caught());
    hub.terminate();
    hub.wait_for_end();
    hub.verify_record();
}

fn every_alert_is_a_member_once(reader: &Client, cases: &[Value], accepted: &Accepted) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases {
        let members = reader.all(&format!("/api/v1/cases/{}/members?limit=1000", name(case)));
        assert_eq!(case["members"], members.len(), "{}", name(case));
        assert_eq!(case["firing"], members.len(), "{}", name(case));
        for member in members {
            assert_eq!(member["labels"]["service"], case["service"]);
            *seen.entry(member["labels"]["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    let lost: Vec<_> = accepted.alerts.iter().filter(|id| !seen.contains_key(*id)).collect();
    assert!(lost.is_empty(), "{} accepted alerts are lost, such as {:?}", lost.len(), lost.first());
    let twice: Vec<_> = seen.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{} alerts are members twice, such as {:?}", twice.len(), twice.first());
    let invented = seen.keys().filter(|id| !accepted.alerts.contains(*id) && !accepted.tried.contains(*id)).count();
    assert_eq!(invented, 0, "alerts that nobody sent");
}

fn every_command_took_effect_once(reader: &Client, cases: &[Value], accepted: &Accepted) {
    let mut texts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for case in cases {
        let timeline = reader.all(&format!("/api/v1/cases/{}/timeline?limit=1000", name(case)));
        let of_kind = |kind: &'static str| timeline.iter().filter(move |entry| entry["kind"] == kind);
        assert_eq!(of_kind("case_opened").count(), 1, "{}", name(case));
        let acknowledged = accepted.acknowledged.contains(name(case));
        assert_eq!(of_kind("acknowledged").count(), usize::from(acknowledged), "{}", name(case));
        for entry in of_kind("noted").chain(of_kind("updated")) {
            let text = entry["text"].as_str().unwrap().to_owned();
            *texts.entry((name(case).to_owned(), text)).or_default() += 1;
        }
        let asked = of_kind("message_queued").filter(|entry| entry["why_data"]["why"] == "asked").count();
        assert_eq!(asked, accepted.pages.get(name(case)).copied().unwrap_or(0), "{}", name(case));
    }
    for text in &accepted.texts {
        assert_eq!(texts.get(text), Some(&1), "{text:?}");
    }
    assert_eq!(texts.len(), accepted.texts.len(), "texts that nobody was told are there: {texts:?}");
}

fn every_change_and_silence_is_there(reader: &Client, accepted: &Accepted) {
    let changes = reader.all("/api/v1/changes?limit=1000");
    for title in &accepted.changes {
        let told = changes.iter().filter(|change| change["title"] == *title).count();
        assert_eq!(told, 1, "{title}");
    }
    let silences = reader.all("/api/v1/silences?limit=1000");
    for comment in &accepted.silences {
        assert!(silences.iter().any(|silence| silence["comment"] == *comment), "{comment} is lost");
    }
}

fn every_message_was_sent_and_repeats_say_so(reader: &Client, cases: &[Value], mails: &[Mail]) {
    for case in cases {
        let told = reader.all(&format!("/api/v1/cases/{}/told", name(case)));
        assert!(told.iter().any(|told| told["purpose"] == "page"), "{} paged nobody", name(case));
        for told in told.iter().filter(|told| !told["message"].is_null()) {
            let message = told["message"].as_str().unwrap();
            let sent: Vec<&Mail> = mails.iter().filter(|mail| mail.message() == message).collect();
            let is_done = told["state"] == "accepted" && !sent.is_empty();
            assert!(is_done || told["state"] == "withdrawn", "{told}");
            assert!(sent.iter().filter(|mail| !mail.is_repeat()).count() <= 1, "{message} was repeated without a word");
            let ids: BTreeSet<&str> = sent.iter().map(|mail| mail.header("message-id")).collect();
            assert!(ids.len() <= 1, "{message} went out as {ids:?}");
        }
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn name(case: &Value) -> &str {
    case["id"].as_str().unwrap()
}
