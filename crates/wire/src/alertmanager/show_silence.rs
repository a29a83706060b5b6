//! What `GET /silences` and `GET /silence/{id}` show, in Alertmanager's JSON and order.

use std::cmp::Reverse;
use std::fmt::Write as _;

use wheelhouse_core::record::Actor;
use wheelhouse_core::silence::{Silence, SilenceId, SilenceState};

use super::go::push_json;
use super::time::written;
use super::uuid::uuid_of;
use super::{Matcher, Reply};

/// The answer to `GET /silences`: active ones first, the soonest end first.
pub fn silences<'a>(all: impl IntoIterator<Item = &'a Silence>, filters: &[Matcher]) -> Reply {
    let wanted = |silence: &&Silence| {
        filters.iter().all(|filter| silence.matchers.iter().any(|matcher| filter.is_written_like(matcher)))
    };
    let mut shown: Vec<&Silence> = all.into_iter().filter(wanted).collect();
    shown.sort_by_key(|silence| match silence.state {
        SilenceState::Expired => (silence.state, i64::MAX, Reverse(silence.ends_at), silence.id),
        SilenceState::Active => (silence.state, silence.ends_at.as_micros(), Reverse(silence.ends_at), silence.id),
        SilenceState::Pending => (silence.state, silence.starts_at.as_micros(), Reverse(silence.ends_at), silence.id),
    });
    let mut json = String::from("[");
    for (index, silence) in shown.into_iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        push_silence(&mut json, silence);
    }
    json.push_str("]\n");
    Reply::json(json)
}

/// The answer to `GET /silence/{id}`.
pub fn silence(silence: &Silence) -> Reply {
    let mut json = String::new();
    push_silence(&mut json, silence);
    json.push('\n');
    Reply::json(json)
}

/// The answer to `POST /silences`.
pub fn silence_made(silence: SilenceId) -> Reply {
    Reply::json(format!("{{\"silenceID\":\"{}\"}}\n", uuid_of(silence)))
}

fn push_silence(json: &mut String, silence: &Silence) {
    let _ = write!(json, "{{\"id\":\"{}\",\"status\":{{\"state\":\"", uuid_of(silence.id));
    let _ =
        write!(json, "{}\"}},\"updatedAt\":\"{}\",\"comment\":", silence.state.as_str(), written(silence.updated_at));
    push_json(json, &silence.comment, true);
    json.push_str(",\"createdBy\":");
    let author = match &silence.author {
        Actor::Person(name) => name.to_string(),
        other => other.to_string(),
    };
    push_json(json, &author, true);
    let _ = write!(json, ",\"endsAt\":\"{}\",\"matchers\":[", written(silence.ends_at));
    for (index, matcher) in silence.matchers.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        let _ = write!(json, "{{\"isEqual\":{},\"isRegex\":{},\"name\":", !matcher.is_negated(), matcher.is_regex());
        push_json(json, matcher.name(), true);
        json.push_str(",\"value\":");
        push_json(json, matcher.value(), true);
        json.push('}');
    }
    let _ = write!(json, "],\"startsAt\":\"{}\"}}", written(silence.starts_at));
}
