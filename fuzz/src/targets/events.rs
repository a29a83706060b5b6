//! The doors for webhooks and events, and announced pushes.

use std::sync::OnceLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use wheelhouse_hub::delivery::Secret;
use wheelhouse_hub::repositories::announce::{Announcement, judge};
use wheelhouse_hub::repositories::{Location, Repositories, arrange};
use wheelhouse_wire::cloudevents::{Event, mode, parse_batch, parse_binary, parse_event, percent_decoded};
use wheelhouse_wire::webhook::{self, Signature};

use crate::stage::{NOW, source};

/// What no input may hold by chance: whoever does not know it announces nothing.
const SECRET: &str = "b1d4a2c79e6f4f0d";
/// The longest refusal.
const LONGEST_WORDS: usize = 4_096;

/// A notification of Alertmanager or Grafana.
pub fn webhook(input: &[u8]) {
    match webhook::parse(input) {
        Ok(read) => {
            let signals = read.signals(&source(), NOW);
            assert_eq!(signals.len(), read.len());
            for (signal, range) in signals {
                assert!(range.start < range.end && range.end <= input.len());
                assert!(!signal.labels.is_empty(), "a signal without labels");
            }
        }
        Err(bad) => assert!(bad.to_string().len() < LONGEST_WORDS, "{bad}"),
    }
    let text = String::from_utf8_lossy(input);
    let (signature, timestamp) = text.split_once('\n').unwrap_or((&text, ""));
    let _ = Signature::parse(signature, Some(timestamp), NOW);
}

/// An event whose attributes are headers: lines of `name: value`, an empty line, the body.
pub fn binary(input: &[u8]) {
    let (headers, body) = parts(input);
    let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let content_type = content_type.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
    let _ = mode(content_type.as_deref());
    let given = headers.iter().map(|(name, value)| (name.as_str(), *value));
    match parse_binary(given, content_type.as_deref(), body) {
        Ok(event) => meant(&event),
        Err(bad) => assert!(bad.to_string().len() < LONGEST_WORDS, "{bad}"),
    }
    for (_, value) in &headers {
        let decoded = percent_decoded(value).unwrap_or_default();
        assert!(decoded.len() <= value.len(), "decoding made it longer");
    }
}

/// One event, or several of them.
pub fn json(input: &[u8]) {
    match parse_event(input) {
        Ok(event) => meant(&event),
        Err(bad) => assert!(bad.to_string().len() < LONGEST_WORDS, "{bad}"),
    }
    match parse_batch(input) {
        Ok(batch) => {
            for (event, range) in batch {
                assert_eq!(parse_event(&input[range]).as_ref(), Ok(&event), "an event depends on its neighbours");
                meant(&event);
            }
        }
        Err(bad) => assert!(bad.to_string().len() < LONGEST_WORDS, "{bad}"),
    }
}

fn meant(event: &Event) {
    let (once, again) = (event.meaning(&source(), NOW), event.meaning(&source(), NOW));
    assert_eq!(format!("{once:?}"), format!("{again:?}"));
    if let Err(bad) = once {
        assert!(bad.to_string().len() < LONGEST_WORDS, "{bad}");
    }
}

/// A push that a forge announces: headers and body as above.
pub fn pushes(input: &[u8]) {
    static WATCHED: OnceLock<Repositories> = OnceLock::new();
    let watched = WATCHED.get_or_init(|| {
        let place = Location::parse("team=https://git.example/team.git#main").expect("the repository is there");
        let mut settings = arrange(vec![place]).expect("the repository is there");
        settings[0].webhook_secret = Some(Secret::new(SECRET.as_bytes()));
        Repositories::new(&settings)
    });
    let (headers, body) = parts(input);
    let known = headers.into_iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?))
    });
    let headers: HeaderMap = known.collect();
    let proven = headers.values().any(|value| value.as_bytes().windows(SECRET.len()).any(|w| w == SECRET.as_bytes()));
    let judged = judge(watched.find("team"), &headers, body);
    assert!(proven || judged == Announcement::Unproven, "{judged:?} without the secret");
    assert_eq!(judge(watched.find("nobody"), &headers, body), Announcement::Unproven);
}

/// Headers and body, as a request has them.
fn parts(input: &[u8]) -> (Vec<(String, &[u8])>, &[u8]) {
    let mut headers = Vec::new();
    let mut rest = input;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if line.is_empty() || headers.len() == 200 {
            break;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let name = String::from_utf8_lossy(&line[..colon]).into_owned();
        headers.push((name, line.get(colon + 1..).unwrap_or_default().trim_ascii()));
    }
    (headers, rest)
}
