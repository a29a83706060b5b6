//! Several hubs on one PostgreSQL: whatever happens to them or to the database, somebody leads again, and what was said to be
//! taken in is there.

mod group;
#[path = "../../../crates/store/tests/conformance/server.rs"]
mod server;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::crashes::rounds;
use crate::support::hub::{Hub, run};
use crate::support::wait::{SOON, until, until_true};
use group::Group;
use server::shared;

/// How many rounds of faults are usual; each is of another kind.
const ROUNDS: u64 = 6;
const DOOR: &str = "/in/alertmanager/api/v2/alerts";

/// What senders were told yes to.
#[derive(Default)]
struct Sent {
    next: AtomicU64,
    stopping: AtomicBool,
    accepted: Mutex<BTreeSet<String>>,
    notes: Mutex<BTreeSet<String>>,
}

impl Sent {
    /// Sends alerts through one hub after the other until told to stop.
    fn send(&self, sources: &[Client], first: usize) {
        for source in sources.iter().cycle().skip(first) {
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            let id = format!("a-{}", self.next.fetch_add(1, Ordering::SeqCst));
            let body = Value::Array(vec![alert("ledger", "Down", &id)]);
            if source.try_post(DOOR, &body, &[]).is_ok_and(|answer| answer.status == 200) {
                self.accepted.lock().unwrap().insert(id);
            }
            sleep(Duration::from_millis(15));
        }
    }

    /// Notes on a case through one hub after the other, each with a key, so that a note that may have been taken in is sent
    /// again.
    fn note(&self, people: &[Client], case: &str) {
        for (number, person) in people.iter().cycle().enumerate() {
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            let (text, key) = (format!("note {number}"), format!("note-{number}"));
            let path = format!("/api/v1/cases/{case}/notes");
            let note = || person.try_post(&path, &json!({ "text": text }), &[("Idempotency-Key", key.as_str())]);
            until("a note is taken in", SOON, || note().is_ok_and(|answer| answer.status < 300).then_some(()));
            self.notes.lock().unwrap().insert(text);
            sleep(Duration::from_millis(60));
        }
    }
}

/// What happens to the hub that leads, or to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disaster {
    /// It is killed, and starts again.
    Killed,
    /// It is stopped until another leads, and then goes on as if nothing had been.
    Stopped,
    /// It is asked to end, and starts again.
    Ended,
    /// The database crashes, and starts again.
    DatabaseCrashed,
    /// The database is away for longer than a lease lasts.
    DatabaseAway,
    /// All connections of the database are cut.
    CutOff,
}

const DISASTERS: [Disaster; 6] = [
    Disaster::Killed,
    Disaster::Stopped,
    Disaster::Ended,
    Disaster::DatabaseCrashed,
    Disaster::CutOff,
    Disaster::DatabaseAway,
];

fn strike(group: &mut Group, disaster: Disaster) {
    let leader = group.leader();
    match disaster {
        Disaster::Killed => {
            group.kill(leader);
            group.start_again(leader);
        }
        Disaster::Stopped => {
            group.signal(leader, "STOP");
            until_true("another hub leads", SOON, || group.leads_besides(leader));
            group.signal(leader, "CONT");
        }
        Disaster::Ended => {
            group.end(leader);
            group.start_again(leader);
        }
        Disaster::DatabaseCrashed => {
            group.server.crash();
            sleep(Duration::from_millis(300));
            group.server.start_again();
        }
        Disaster::DatabaseAway => {
            group.server.crash();
            sleep(Duration::from_secs(5));
            group.server.start_again();
        }
        Disaster::CutOff => group
            .server
            .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wheelhouse'"),
    }
}

/// How long nobody answers yes, from now on.
fn unavailable(source: &Client, sent: &Sent) -> Duration {
    let begun = Instant::now();
    until("an alert is taken in again", SOON, || {
        let id = format!("a-{}", sent.next.fetch_add(1, Ordering::SeqCst));
        let body = Value::Array(vec![alert("ledger", "Down", &id)]);
        let answer = source.try_post(DOOR, &body, &[]);
        answer.is_ok_and(|answer| answer.status == 200).then(|| sent.accepted.lock().unwrap().insert(id))
    });
    begun.elapsed()
}

#[test]
fn whatever_happens_to_hubs_and_database_what_was_taken_in_is_there() {
    let mut group = Group::start(3);
    let (sources, people) = (group.clients("source", "prometheus"), group.clients("person", "dana"));
    sources[1].alert(&[alert("ledger", "Down", "first")]);
    let case = until("a case", SOON, || people[2].cases_of("ledger").first().map(|case| case["id"].clone()));
    let case = case.as_str().unwrap().to_owned();
    let sent = Sent::default();
    let mut times: Vec<(Disaster, Duration)> = Vec::new();
    scope(|threads| {
        for first in 0..2 {
            let (sent, sources) = (&sent, &sources);
            threads.spawn(move || sent.send(sources, first));
        }
        threads.spawn(|| sent.note(&people, &case));
        for (_, disaster) in (0..rounds(ROUNDS)).zip(DISASTERS.iter().cycle()) {
            sleep(Duration::from_millis(700));
            let other = (group.leader() + 1) % 3;
            strike(&mut group, *disaster);
            times.push((*disaster, unavailable(&sources[other], &sent)));
        }
        sleep(Duration::from_millis(500));
        sent.stopping.store(true, Ordering::SeqCst);
    });
    let accepted = sent.accepted.lock().unwrap().clone();
    let there: BTreeSet<String> = people[0]
        .all(&format!("/api/v1/cases/{case}/members?limit=1000"))
        .iter()
        .filter_map(|signal| signal["labels"]["id"].as_str().map(str::to_owned))
        .collect();
    let lost: Vec<&String> = accepted.difference(&there).collect();
    assert!(accepted.len() > 50 && lost.is_empty(), "of {} taken in, these are lost: {lost:?}", accepted.len());
    let notes: Vec<String> = people[1]
        .all(&format!("/api/v1/cases/{case}/timeline?limit=1000"))
        .iter()
        .filter_map(|entry| entry["text"].as_str().map(str::to_owned))
        .filter(|text| text.starts_with("note "))
        .collect();
    let kept: BTreeSet<String> = notes.iter().cloned().collect();
    assert_eq!(kept.len(), notes.len(), "a note is there twice");
    let said = sent.notes.lock().unwrap().clone();
    assert!(said.is_subset(&kept), "notes are lost: {:?}", said.difference(&kept));
    let verified = group.admin().post("/api/v1/record/verify", &json!({})).success();
    assert_eq!(verified["problems"], json!([]), "{verified}");
    for (disaster, time) in &times {
        println!("{disaster:?}: {} ms until an alert was taken in again", time.as_millis());
    }
    let told = people[2].all(&format!("/api/v1/cases/{case}/told"));
    assert!(told.iter().any(|told| told["purpose"] == "page"), "nobody was paged: {told:?}");
}

#[test]
fn a_hub_that_is_asked_to_end_hands_over_without_a_request_that_fails() {
    let mut group = Group::start(2);
    let people = group.clients("person", "dana");
    for _ in 0..rounds(2) {
        let leader = group.leader();
        let other = 1 - leader;
        let over = AtomicBool::new(false);
        let (mut answers, mut slowest) = (0_u32, Duration::ZERO);
        scope(|threads| {
            let (over, person) = (&over, &people[other]);
            let asking = threads.spawn(move || {
                let (mut answers, mut slowest) = (0_u32, Duration::ZERO);
                while !over.load(Ordering::SeqCst) {
                    let begun = Instant::now();
                    person.get("/api/v1/status");
                    slowest = slowest.max(begun.elapsed());
                    answers += 1;
                }
                (answers, slowest)
            });
            sleep(Duration::from_millis(300));
            group.end(leader);
            until_true("the other hub leads", SOON, || group.leads(other));
            sleep(Duration::from_millis(300));
            over.store(true, Ordering::SeqCst);
            (answers, slowest) = asking.join().unwrap();
        });
        println!("{answers} requests were answered, the slowest after {} ms", slowest.as_millis());
        group.start_again(leader);
        group.wait(leader);
    }
}

#[test]
fn a_hub_that_stands_by_ends_in_time_and_takes_no_key_but_the_records() {
    let mut group = Group::start(2);
    let person = group.clients("person", "dana").remove(1);
    let streaming = person.request(reqwest::Method::GET, "/api/v1/stream").send().unwrap();
    assert_eq!(streaming.status(), 200);
    group.end(1);
    drop(streaming);
    let foreign = "00".repeat(32);
    std::fs::write(group.data(1).join("record.key"), foreign).unwrap();
    let said = group.said_at_its_end(1);
    assert!(said.contains("signed with another key"), "{said}");
    std::fs::remove_file(group.data(1).join("record.key")).unwrap();
    let said = group.said_at_its_end(1);
    assert!(said.contains("record.key is missing"), "{said}");
    assert!(group.leads(0), "whoever leads goes on");
}

#[test]
fn data_moves_from_a_file_to_postgresql_with_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut hub = Hub::with_catalog(&usual(&["ledger"]), None);
    let source = hub.client("source", "prometheus");
    for number in 0..40 {
        source.alert(&[alert("ledger", "Down", &format!("with a \u{0} in it, {number}"))]);
    }
    let kept = folder.path().join("kept.txt");
    std::fs::write(&kept, hub.admin().look("/api/v1/record/checkpoint").text).unwrap();
    hub.terminate();
    hub.wait_for_end();
    let server = shared();
    let from = hub.folder().join("data");
    let moved = run(&["migrate", "--from", from.to_str().unwrap(), "--to", &server.url(), "--org", "moved"]);
    assert!(moved.status.success(), "{}", String::from_utf8_lossy(&moved.stderr));
    assert!(String::from_utf8_lossy(&moved.stdout).contains("under the same checkpoint"));
    let again = run(&["migrate", "--from", from.to_str().unwrap(), "--to", &server.url(), "--org", "moved"]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && said.contains("has data of this organisation already"), "{said}");
    let group = Group::on(&server, "moved", &from, hub.folder(), hub.admin());
    let members = group.admin().all("/api/v1/cases/INC-1/members?limit=1000");
    assert_eq!(members.len(), 40);
    assert!(members[0]["labels"]["id"].as_str().unwrap().contains("with a \u{0} in it"));
    let verified = group.admin().post("/api/v1/record/verify", &json!({})).success();
    assert_eq!(verified["problems"], json!([]), "{verified}");
    let against = std::fs::read_to_string(&kept).unwrap();
    let (old, now) = (against.lines().nth(1).unwrap(), group.admin().look("/api/v1/record/checkpoint").text);
    assert!(now.lines().nth(1).unwrap().parse::<u64>().unwrap() > old.parse::<u64>().unwrap(), "the log goes on");
}
