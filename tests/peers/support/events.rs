//! The live stream as a browser reads it.

use std::io::{BufRead, BufReader};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::client::Client;
use super::wait::SOON;

/// A connection to the stream; it ends with the hub or with the test.
pub struct Events {
    events: Receiver<Event>,
}

/// An event (WHATWG HTML, server-sent events).
#[derive(Clone, Debug)]
pub struct Event {
    pub id: u64,
    pub name: String,
    pub data: Value,
}

impl Events {
    /// Connects, from the event after `last` on.
    pub fn connect(hub: &Client, port: u16, last: Option<u64>) -> Self {
        let endless = reqwest::blocking::Client::builder().no_proxy().timeout(None).build().unwrap();
        let mut request = endless.get(format!("http://127.0.0.1:{port}/api/v1/stream")).bearer_auth(&hub.token);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last.to_string());
        }
        let response = request.send().unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (sender, events) = channel();
        thread::spawn(move || {
            let mut fields: Vec<(String, String)> = Vec::new();
            for line in BufReader::new(response).lines().map_while(Result::ok) {
                if let Some((name, value)) = line.split_once(": ") {
                    fields.push((name.to_owned(), value.to_owned()));
                } else if let Some(event) = Event::of(&std::mem::take(&mut fields))
                    && sender.send(event).is_err()
                {
                    return;
                }
            }
        });
        Self { events }
    }

    /// The next event.
    pub fn next(&self) -> Event {
        self.events.recv_timeout(SOON).expect("an event arrives")
    }

    /// What still comes until the stream ends, which must be soon.
    pub fn until_it_ends(&self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            match self.events.recv_timeout(SOON) {
                Ok(event) => events.push(event),
                Err(RecvTimeoutError::Disconnected) => return events,
                Err(RecvTimeoutError::Timeout) => panic!("the stream goes on after {events:?}"),
            }
        }
    }

    /// Whether the stream ends.
    pub fn ends(&self) -> bool {
        loop {
            match self.events.recv_timeout(Duration::from_secs(10)) {
                Ok(_) => {}
                Err(error) => return error == RecvTimeoutError::Disconnected,
            }
        }
    }
}

impl Event {
    /// An event from its lines; nothing where they are a comment.
    fn of(fields: &[(String, String)]) -> Option<Self> {
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let name = field("event")?.to_owned();
        let id = field("id").unwrap().parse().unwrap();
        Some(Self { id, name, data: serde_json::from_str(field("data").unwrap()).unwrap() })
    }

    /// The names of the cases that it says have changed.
    pub fn cases(&self) -> Vec<String> {
        let cases = self.data["cases"].as_array().map_or(&[][..], Vec::as_slice);
        cases.iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect()
    }
}
