//! The load: senders that send until they are told yes, and a person at work.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::client::{Client, sent as sent_by};

/// Numbers drawn from a seed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
pub struct Chance(u64);

impl Chance {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// A door for signals.
#[derive(Clone, Copy)]
pub enum Door {
    /// `POST /api/v2/alerts`, as Prometheus does.
    Alertmanager,
    /// A notification of an Alertmanager.
    Webhook,
    /// Batches of events.
    Events,
}

impl Door {
    const fn path(self) -> &'static str {
        match self {
            Self::Alertmanager => "/in/alertmanager/api/v2/alerts",
            Self::Webhook => "/in/webhook/alertmanager",
            Self::Events => "/in/events",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Alertmanager | Self::Webhook => "application/json",
            Self::Events => "application/cloudevents-batch+json",
        }
    }

    /// The body of a request with alerts of these services and ids.
    fn body(self, alerts: &[(&str, String)]) -> Value {
        let alert_of = |(service, id): &(&str, String)| alert(service, "Down", id);
        let event_of = |(service, id): &(&str, String)| {
            json!({
                "specversion": "1.0", "id": id, "source": "/load", "type": "probe.failed.opened",
                "data": { "service": service, "severity": "critical", "summary": "it fails", "labels": { "id": id } },
            })
        };
        match self {
            Self::Alertmanager => alerts.iter().map(alert_of).collect(),
            Self::Webhook => {
                let alerts: Value = alerts.iter().map(|one| firing(alert_of(one))).collect();
                json!({ "version": "4", "status": "firing", "truncatedAlerts": 0, "alerts": alerts })
            }
            Self::Events => alerts.iter().map(event_of).collect(),
        }
    }
}

/// An alert as a notification has it.
fn firing(mut alert: Value) -> Value {
    alert["status"] = "firing".into();
    alert
}

/// What the hub said yes to.
#[derive(Clone, Default)]
pub struct Accepted {
    /// Ids of alerts that were answered 200.
    pub alerts: BTreeSet<String>,
    /// Ids of alerts that were sent, whatever the answer.
    pub tried: BTreeSet<String>,
    /// Notes and updates, each with its case.
    pub texts: BTreeSet<(String, String)>,
    /// How often somebody was asked to help with a case.
    pub pages: BTreeMap<String, usize>,
    /// Titles of changes.
    pub changes: BTreeSet<String>,
    /// Comments of silences.
    pub silences: BTreeSet<String>,
    /// Cases that were acknowledged.
    pub acknowledged: BTreeSet<String>,
    /// How often a request broke off.
    pub broken_off: u64,
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (alerts, texts, pages) = (self.alerts.len(), self.texts.len(), self.pages.values().sum::<usize>());
        let (acknowledged, broken) = (self.acknowledged.len(), self.broken_off);
        let (changes, silences) = (self.changes.len(), self.silences.len());
        write!(
            f,
            "{alerts} alerts, {texts} texts, {pages} pages, {acknowledged} acknowledgements, {changes} changes, \
             {silences} silences; {broken} requests broke off"
        )
    }
}

/// Everybody who uses the hub while it crashes.
pub struct Load {
    seed: u64,
    stopping: AtomicBool,
    accepted: Mutex<Accepted>,
}

impl Load {
    pub fn new(seed: u64) -> Self {
        Self { seed, stopping: AtomicBool::new(false), accepted: Mutex::default() }
    }

    /// Asks everybody to finish what they have begun.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    pub fn accepted(&self) -> Accepted {
        self.accepted.lock().unwrap().clone()
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Sends distinct alerts, 1 to 64 a request, each request until it is answered; some are told again.
    pub fn send_alerts(&self, thread: u64, door: Door, source: &Client, services: &[&str]) {
        let mut chance = Chance::new(self.seed ^ (thread << 32));
        let mut sent = 0_u64;
        while !self.is_stopping() {
            let mut alerts = Vec::new();
            for _ in 0..1 << chance.below(7) {
                sent += 1;
                let service = services[usize::try_from(chance.below(services.len() as u64)).unwrap()];
                alerts.push((service, format!("{thread}-{sent}")));
            }
            let ids: Vec<String> = alerts.iter().map(|(_, id)| id.clone()).collect();
            self.accepted.lock().unwrap().tried.extend(ids.iter().cloned());
            let body = door.body(&alerts).to_string();
            let post = || {
                let request = source.request(reqwest::Method::POST, door.path());
                sent_by(request.header("content-type", door.media_type()).body(body.clone()))
            };
            self.insist(post);
            self.accepted.lock().unwrap().alerts.extend(ids);
            if chance.below(5) == 0 {
                self.insist(post);
            }
            sleep(Duration::from_millis(40 + chance.below(80)));
        }
    }

    /// Writes, asks for help and acknowledges, each command under one key until it is answered.
    pub fn work_on_cases(&self, person: &Client) {
        let mut chance = Chance::new(self.seed ^ 0x9e0);
        let mut number = 0_u64;
        while !self.is_stopping() {
            sleep(Duration::from_millis(20 + chance.below(60)));
            if chance.below(8) == 0 {
                number += 1;
                self.tell_of_a_change(person, number);
            }
            if chance.below(12) == 0 {
                number += 1;
                self.silence_nobody(person, number);
            }
            let request = person.request(reqwest::Method::GET, "/api/v1/cases");
            let Ok(answer) = sent_by(request) else { continue };
            let page = answer.success();
            let Some(cases) = page["items"].as_array().filter(|cases| !cases.is_empty()) else { continue };
            let case = &cases[usize::try_from(chance.below(cases.len() as u64)).unwrap()];
            let id = case["id"].as_str().unwrap();
            number += 1;
            let (key, text) = (format!("key-{number}"), format!("words {number}"));
            let words = json!({ "text": text });
            let (door, body) = match chance.below(10) {
                0 if case["state"] == "open" => ("acknowledge", json!({})),
                1 => ("pages", json!({ "target": { "kind": "person", "name": "grace" } })),
                2 | 3 => ("updates", words),
                _ => ("notes", words),
            };
            let path = format!("/api/v1/cases/{id}/{door}");
            self.insist(|| person.try_post(&path, &body, &[("Idempotency-Key", &key)]));
            let mut accepted = self.accepted.lock().unwrap();
            match door {
                "acknowledge" => drop(accepted.acknowledged.insert(id.to_owned())),
                "pages" => *accepted.pages.entry(id.to_owned()).or_default() += 1,
                _ => drop(accepted.texts.insert((id.to_owned(), text))),
            }
        }
    }

    /// Tells of a change under a key of its own.
    fn tell_of_a_change(&self, person: &Client, number: u64) {
        let title = format!("change {number}");
        let body = json!({ "service": "ledger", "title": title, "key": format!("key-{number}") });
        self.insist(|| person.try_post("/api/v1/changes", &body, &[]));
        self.accepted.lock().unwrap().changes.insert(title);
    }

    /// Makes a silence that covers nothing.
    fn silence_nobody(&self, person: &Client, number: u64) {
        let comment = format!("silence {number}");
        let nobody = format!("nobody-{number}");
        let matchers = json!([{ "name": "service", "value": "ledger" }, { "name": "alertname", "value": nobody }]);
        let body = json!({ "matchers": matchers, "duration_seconds": 36_000, "comment": comment });
        self.insist(|| person.try_post("/api/v1/silences", &body, &[]));
        self.accepted.lock().unwrap().silences.insert(comment);
    }

    /// Sends the same request until the hub says yes; it may only be gone or starting.
    fn insist(&self, send: impl Fn() -> Result<crate::support::client::Answer, reqwest::Error>) {
        loop {
            match send() {
                Ok(answer) if (200..300).contains(&answer.status) => return,
                Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text),
                Err(_) => self.accepted.lock().unwrap().broken_off += 1,
            }
            sleep(Duration::from_millis(20));
        }
    }
}
