//! The load: senders that send until they are told yes, and a person at work.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::client::Client;

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
    /// Cases that were acknowledged.
    pub acknowledged: BTreeSet<String>,
    /// How often a request broke off.
    pub broken_off: u64,
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (alerts, texts, pages) = (self.alerts.len(), self.texts.len(), self.pages.values().sum::<usize>());
        let (acknowledged, broken) = (self.acknowledged.len(), self.broken_off);
        write!(
            f,
            "{alerts} alerts, {texts} texts, {pages} pages, {acknowledged} acknowledgements; {broken} requests broke off"
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
    pub fn send_alerts(&self, thread: u64, source: &Client, services: &[&str]) {
        let mut chance = Chance::new(self.seed ^ (thread << 32));
        let mut sent = 0_u64;
        while !self.is_stopping() {
            let count = 1 << chance.below(7);
            let mut alerts = Vec::new();
            for _ in 0..count {
                let service = services[usize::try_from(chance.below(services.len() as u64)).unwrap()];
                sent += 1;
                alerts.push(alert(service, "Down", &format!("{thread}-{sent}")));
            }
            let ids: Vec<String> =
                alerts.iter().map(|alert| alert["labels"]["id"].as_str().unwrap().to_owned()).collect();
            self.accepted.lock().unwrap().tried.extend(ids.iter().cloned());
            let body = Value::Array(alerts);
            self.insist(|| source.try_post("/in/alertmanager/api/v2/alerts", &body, &[]));
            self.accepted.lock().unwrap().alerts.extend(ids);
            if chance.below(5) == 0 {
                self.insist(|| source.try_post("/in/alertmanager/api/v2/alerts", &body, &[]));
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
            let request = person.request(reqwest::Method::GET, "/api/v1/cases");
            let Ok(answer) = crate::support::client::sent(request) else { continue };
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
