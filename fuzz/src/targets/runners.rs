//! What runners elsewhere say to the hub, and what functions answer.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wheelhouse_runner::function::{LARGEST_EVENT, MOST_EVENTS, answer};
use wheelhouse_runner::protocol::{Ask, Beat, Ended, Given, Heard, Piece, Said, Standing, Taken};
use wheelhouse_wire::api::decode_at_most;

/// The largest body of a call, in bytes.
const LARGEST: usize = 1 << 20;

/// Each body is tried as every kind of call, as the hub reads them, and as every answer, as a runner does.
pub fn calls(input: &[u8]) {
    call::<Ask>(input);
    call::<Beat>(input);
    call::<Ended>(input);
    if let Some(said) = call::<Said>(input) {
        let kept = said.pieces.iter().filter(|piece| piece.is_kept()).count();
        let live = said.pieces.iter().filter(|piece| matches!(piece, Piece::Live(_))).count();
        assert_eq!(kept + live, said.pieces.len());
    }
    heard::<Given>(input);
    heard::<Standing>(input);
    heard::<Taken>(input);
    heard::<Heard>(input);
}

/// What the hub takes, it can write down and read again; what it refuses, it refuses in words.
fn call<T: DeserializeOwned + Serialize>(input: &[u8]) -> Option<T> {
    match decode_at_most::<T>(input, LARGEST) {
        Ok(call) => {
            same(&call);
            Some(call)
        }
        Err(problem) => {
            let text = serde_json::to_string(&problem).expect("a problem can be written");
            assert!(text.len() < 1 << 16, "a problem of {} bytes", text.len());
            None
        }
    }
}

fn heard<T: DeserializeOwned + Serialize>(input: &[u8]) {
    if let Ok(answer) = serde_json::from_slice::<T>(input) {
        same(&answer);
    }
}

fn same<T: DeserializeOwned + Serialize>(told: &T) {
    let text = serde_json::to_string(told).expect("what was read can be written");
    let again: T = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(text, serde_json::to_string(&again).expect("what was read can be written"), "it changes on the way");
}

/// What a function says on standard output.
pub fn answers(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match answer(&text) {
        Ok((outputs, events)) => {
            assert!(outputs.len() <= 128, "{} outputs", outputs.len());
            assert!(outputs.keys().all(|name| !name.is_empty()), "an output without a name");
            assert!(events.len() <= MOST_EVENTS, "{} events", events.len());
            for event in events {
                assert!((1..=64).contains(&event.kind.len()) && event.kind.is_ascii(), "{}", event.kind);
                assert!(event.data.to_string().len() <= LARGEST_EVENT, "an event that is too large");
            }
        }
        Err(why) => assert!(!why.is_empty() && why.len() < 4_096, "an error of {} bytes", why.len()),
    }
}
