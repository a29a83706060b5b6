//! The door that speaks Alertmanager's API.

use wheelhouse_core::signal::Pairs;
use wheelhouse_core::time::Duration;
use wheelhouse_wire::alertmanager::{
    AlertsQuery, Matcher, Reply, check_content_type, parse, parse_silence, silence_of_uuid, uuid_of,
};

use crate::stage::{NOW, source};

/// `POST /api/v2/alerts`.
pub fn alerts(input: &[u8]) {
    let read = parse(input, &source(), NOW, Duration::from_minutes(5));
    let parsed = match read {
        Ok(parsed) => parsed,
        Err(reply) => return refused(&reply),
    };
    let mut end = 0;
    for (signal, range) in &parsed.signals {
        assert!(end <= range.start && range.start < range.end && range.end <= input.len(), "signals overlap");
        end = range.end;
        assert!(!signal.labels.is_empty(), "a signal without labels");
        assert_eq!(Pairs::from_packed(signal.labels.as_str()).as_ref(), Some(&signal.labels));
        let alone = [b"[", &input[range.clone()], b"]"].concat();
        let again = parse(&alone, &source(), NOW, Duration::from_minutes(5)).expect("one of many is read alone");
        assert_eq!(&again.signals[0].0, signal, "a signal depends on its neighbours");
    }
    let reply = parsed.reply();
    assert_eq!(reply.status == 200, parsed.errors.is_empty());
}

/// `POST /api/v2/silences`, and the names of silences.
pub fn silences(input: &[u8]) {
    match parse_silence(input).and_then(|posted| posted.into_request(NOW)) {
        Ok(request) => assert!(request.starts_at < request.ends_at && !request.matchers.is_empty()),
        Err(reply) => refused(&reply),
    }
    let text = String::from_utf8_lossy(input);
    if let Ok(Some(silence)) = silence_of_uuid(text.trim()) {
        assert_eq!(silence_of_uuid(&uuid_of(silence)), Ok(Some(silence)));
    }
}

/// Query strings, matchers and content types: a line each.
pub fn queries(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let labels: Pairs = [("alertname", "Down"), ("service", "ledger"), ("x", &*text)].into_iter().collect();
    for line in text.lines().take(20) {
        match AlertsQuery::parse(line) {
            Ok(query) => {
                let wanted = query.wants(&labels, "wheelhouse", false);
                assert_eq!(query.wants(&labels, "wheelhouse", false), wanted);
            }
            Err(reply) => refused(&reply),
        }
        match Matcher::parse(line) {
            Ok(matcher) => {
                let _ = (matcher.matches(&labels), matcher.equality());
            }
            Err(reply) => refused(&reply),
        }
        if let Err(reply) = check_content_type(Some(line), b"x") {
            refused(&reply);
        }
    }
}

fn refused(reply: &Reply) {
    assert!((400..500).contains(&reply.status), "a sender's mistake is answered {}", reply.status);
    assert!(!reply.body.is_empty() && reply.body.len() < 1 << 20, "an answer of {} bytes", reply.body.len());
}
