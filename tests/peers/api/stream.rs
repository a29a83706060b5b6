//! The live stream: nothing is missed over crashes of the hub, all who listen hear it, and who asks for
//! too much starts over.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::alerts::{alert, in_seconds};
use crate::support::catalog::usual;
use crate::support::client::sent;
use crate::support::events::{Event, Events};
use crate::support::hub::Hub;

const SERVICES: [&str; 5] = ["ledger", "portal", "forms", "identity", "payouts"];

#[test]
fn a_reader_that_resumes_misses_nothing_over_a_crash() {
    let mut hub = Hub::with_catalog(&usual(&SERVICES), None);
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    let stream = Events::connect(&dana, hub.port(), None);
    source.alert(&[alert("ledger", "Down", "1")]);
    let first = wait_for(&stream, "INC-1");
    assert_eq!((first.name.as_str(), &first.data["event"]), ("changed", &"changed".into()));
    assert_eq!(first.data["commit"], first.id);
    let shown = &first.data["cases"][0];
    assert_eq!((&shown["id"], &shown["state"], &shown["service"]), (&"INC-1".into(), &"open".into(), &"ledger".into()));

    // What happens while nobody reads, before and after a crash.
    drop(stream);
    source.alert(&[alert("portal", "Down", "2")]);
    dana.post("/api/v1/cases/INC-1/notes", &json!({ "text": "looking" })).success();
    hub.kill();
    hub.restart();
    source.alert(&[alert("forms", "Down", "3")]);
    let resumed = Events::connect(&dana, hub.port(), Some(first.id));
    let mut changed = BTreeSet::new();
    let mut last = first.id;
    while !["INC-1", "INC-2", "INC-3"].iter().all(|case| changed.contains(*case)) {
        let event = resumed.next();
        assert_eq!(event.name, "changed", "nothing needs to be loaded again");
        assert!(event.id > last, "events are in order");
        last = event.id;
        changed.extend(event.cases());
    }

    // Live again, and once more resumed over a crash while connected.
    source.alert(&[alert("identity", "Down", "4")]);
    let fourth = wait_for(&resumed, "INC-4");
    hub.kill();
    assert!(resumed.ends());
    hub.restart();
    let resumed = Events::connect(&dana, hub.port(), Some(fourth.id));
    source.alert(&[alert("payouts", "Down", "5")]);
    wait_for(&resumed, "INC-5");
}

#[test]
fn a_reader_that_knows_a_future_that_never_was_starts_over() {
    let hub = Hub::with_catalog(&usual(&SERVICES), None);
    let dana = hub.client("person", "dana");
    let stream = Events::connect(&dana, hub.port(), Some(1_000_000_000));
    let reset = stream.next();
    assert_eq!(reset.name, "reset");
    assert_eq!(reset.data["commit"], reset.id);
    assert!(reset.id < 1_000);
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    assert!(wait_for(&stream, "INC-1").id > reset.id, "the stream goes on from there");
}

#[test]
fn all_who_listen_hear_all_of_it_however_late_they_come() {
    let hub = Hub::with_catalog(&usual(&SERVICES), None);
    let (source, dana) = (hub.client("source", "prometheus"), hub.client("person", "dana"));
    source.alert(&[alert("ledger", "Down", "0")]);
    let first = wait_for(&Events::connect(&dana, hub.port(), Some(0)), "INC-1").id;
    let mut readers: Vec<Events> = Vec::new();
    for number in 1..=20 {
        // Some begin where they are, some with what they missed, all while things happen.
        readers.push(Events::connect(&dana, hub.port(), (number % 2 == 0).then_some(first)));
        let alerts: Vec<_> = (0..5).map(|one| alert("ledger", "Down", &format!("{number}-{one}"))).collect();
        alerts.chunks(1).for_each(|one| source.alert(one));
    }
    for reader in &readers {
        let mut last = 0;
        loop {
            let event = reader.next();
            assert_eq!(event.name, "changed", "nobody has to start over");
            assert!(event.id > last, "{} after {last}", event.id);
            last = event.id;
            if event.data["cases"][0]["firing"] == 101 {
                break;
            }
        }
    }
}

#[test]
fn a_stream_ends_when_the_hub_stops() {
    let mut hub = Hub::with_catalog(&usual(&SERVICES), None);
    let dana = hub.client("person", "dana");
    let stream = Events::connect(&dana, hub.port(), None);
    let asked = std::time::Instant::now();
    hub.terminate();
    assert!(stream.ends());
    hub.wait_for_end();
    assert!(asked.elapsed() < Duration::from_secs(5), "a reader does not hold up the stop");
}

#[test]
fn a_stream_ends_with_its_token_and_shows_nothing_of_later() {
    let hub = Hub::with_catalog(&usual(&SERVICES), None);
    let source = hub.client("source", "prometheus");
    let brief = json!({ "owner": { "kind": "person", "name": "dana" }, "expires_at": in_seconds(3) });
    let brief = hub.admin().post("/api/v1/tokens", &brief).success();
    let brief = hub.admin().with(brief["secret"].as_str().unwrap());
    let ((dana, own), grace) = (hub.token_of("person", "dana"), hub.client("person", "grace"));
    let [until_expiry, of_dana, of_grace] =
        [&brief, &dana, &grace].map(|reader| Events::connect(reader, hub.port(), None));
    let revoked = sent(hub.admin().request(Method::DELETE, &format!("/api/v1/tokens/{own}")));
    assert_eq!(revoked.unwrap().success()["state"], "revoked");
    let rest = of_dana.until_it_ends();
    assert!(rest.iter().all(|event| event.cases().is_empty()), "{rest:?}");

    // It ends by itself, though nothing happens in the hub.
    let rest = until_expiry.until_it_ends();
    assert!(rest.iter().all(|event| event.cases().is_empty()), "{rest:?}");
    assert_eq!(brief.look("/api/v1/me").status, 401);
    source.alert(&[alert("ledger", "Down", "1")]);
    wait_for(&of_grace, "INC-1");
}

/// The first event that shows a case.
fn wait_for(stream: &Events, case: &str) -> Event {
    loop {
        let event = stream.next();
        assert_eq!(event.name, "changed");
        if event.cases().iter().any(|id| id == case) {
            return event;
        }
    }
}
