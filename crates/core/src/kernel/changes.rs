//! Changes: taken in, and found again when trouble begins.

use alloc::string::{String, ToString};

use super::{Command, Draft, Plan, Refusal, people::not_in_catalog};
use crate::Context;
use crate::case::Moment;
use crate::change::{ChangeReport, LONGEST_TEXT, LONGEST_TITLE, LONGEST_WORD, key_digest, summary, upstream};
use crate::name::ServiceName;
use crate::record::{Body, Entry, Fact, FoundChange};
use crate::time::{Duration, Timestamp};
use crate::world::World;

/// How far a change may lie ahead of the hub's clock.
const AHEAD: Duration = Duration::from_minutes(10);

/// Takes a change in; one told again under the same key is the same.
pub(super) fn tell(world: &World, command: &Command, cx: &Context, report: &ChangeReport) -> Result<Plan, Refusal> {
    let catalog = world.catalog().ok_or(Refusal::NoCatalog)?;
    validate(report, cx)?;
    let key = report.key.as_deref().map(|key| key_digest(&command.actor, key));
    if let Some(known) = key.as_ref().and_then(|key| world.changes().told_under(key)) {
        return Ok(Plan { change: Some(known.number), ..Plan::default() });
    }
    let unknown = report.services.iter().find(|name| !catalog.services.contains_key(name.as_str()));
    if let Some(name) = unknown.filter(|_| report.must_be_known) {
        return Err(not_in_catalog("service", name, catalog.services.keys().map(ServiceName::as_str)));
    }
    let named =
        report.services.iter().find_map(|name| catalog.services.get(name.as_str()).map(|service| service.name.clone()));
    let change = world.next_change();
    let shown = named.as_ref().map(ServiceName::to_string).or_else(|| report.services.first().cloned());
    let texts = [
        ("service", shown.unwrap_or_default()),
        ("title", report.title.clone()),
        ("text", report.text.clone()),
        ("version", report.version.clone()),
        ("by", report.by.clone()),
        ("url", report.url.clone()),
    ];
    let body: Body = texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(k, v)| (k.to_string(), v)).collect();
    // Who tells a change without an instant, or with one ahead, means now.
    let at = if report.at < Timestamp::EPOCH { cx.now } else { report.at.min(cx.now) };
    let fact = Fact::ChangeTold { change, of: report.kind, service: named, at, key };
    let entry = Entry {
        policies: command.policies.clone(),
        drill: report.drill,
        body: Some(body),
        ..Entry::new(cx.now, command.actor.clone(), fact)
    };
    Ok(Plan { entries: alloc::vec![entry], change: Some(change), ..Plan::default() })
}

/// Names the last change before a case began, on its service or on what that depends on: of several
/// the one nearest in time, and of those at one instant the one nearest by path.
pub(super) fn note_change_before(draft: &mut Draft<'_>) {
    let Some(service) = draft.case.service.clone().filter(|_| !draft.world.changes().is_empty()) else {
        return;
    };
    let instants = &draft.case.instants;
    let began = instants.get(Moment::Detected).or_else(|| instants.get(Moment::Opened));
    let began = began.map_or(draft.cx.now, |instant| instant.at);
    let (changes, drill) = (draft.world.changes(), draft.case.drill);
    let reached = upstream(draft.catalog, &service);
    let found = reached.iter().filter_map(|(name, way)| Some((changes.last_before(name, began, drill)?, way)));
    let nearest = found
        .max_by_key(|(change, way)| (change.at, core::cmp::Reverse(way.path.len()), core::cmp::Reverse(change.number)));
    let Some((change, way)) = nearest else { return };
    let fact = Fact::ChangeFound(FoundChange {
        change: change.number,
        at: change.at,
        before: began.since(change.at),
        path: way.path.clone(),
        hard: way.hard,
    });
    let words = summary(change.kind, &change.named, &change.version, &change.by, &change.title);
    draft.note(fact, None, super::text_body("text", &words));
}

fn validate(report: &ChangeReport, cx: &Context) -> Result<(), Refusal> {
    let too_long = |field: &'static str, most: usize| {
        Err(Refusal::Invalid { field, expected: alloc::format!("one line of at most {most} bytes") })
    };
    if report.title.len() > LONGEST_TITLE || report.title.chars().any(char::is_control) {
        return too_long("title", LONGEST_TITLE);
    }
    if report.text.len() > LONGEST_TEXT {
        return Err(Refusal::Invalid { field: "text", expected: alloc::format!("at most {LONGEST_TEXT} bytes") });
    }
    let key = report.key.clone().unwrap_or_default();
    let words: [(&'static str, &String); 4] =
        [("version", &report.version), ("by", &report.by), ("url", &report.url), ("key", &key)];
    for (field, word) in words {
        if word.len() > LONGEST_WORD || word.chars().any(char::is_control) {
            return too_long(field, LONGEST_WORD);
        }
    }
    if report.services.iter().any(|name| name.len() > LONGEST_WORD || name.chars().any(char::is_control)) {
        return too_long("service", LONGEST_WORD);
    }
    if report.services.is_empty() && report.title.trim().is_empty() {
        return Err(Refusal::Invalid {
            field: "title",
            expected: "what was changed, or the service it was made to".into(),
        });
    }
    if report.at > cx.now + AHEAD {
        return Err(Refusal::Invalid { field: "at", expected: "an instant that is past".into() });
    }
    Ok(())
}
