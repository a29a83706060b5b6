//! `case told`: who was told, when and by which path, and who was not and why.

use serde_json::Value;
use wheelhouse_core::case::CaseId;
use wheelhouse_wire::api::{Told, ToldState};

use super::super::who::shown;
use super::super::{Answer, Context};
use super::segment;
use crate::client::read;
use crate::failure::Failure;
use crate::output::{Cell, Look, Table, Tone, brief, cell, span, toned};

/// Shows each message of a case, and everybody affected who got none.
pub fn run(id: CaseId, context: &Context<'_>) -> Result<Answer, Failure> {
    let items = context.client()?.list(&["cases", &segment(id), "told"], &[], usize::MAX)?.items;
    if context.look.json() {
        return Ok(Answer::json(&Value::Array(items)));
    }
    let told: Vec<Told> = read(Value::Array(items))?;
    if told.is_empty() {
        return Ok(Answer::text("").note(format!("nobody is told of {id} so far, and nobody affected is left out")));
    }
    Ok(Answer::text(table(&told, &context.look)))
}

fn table(told: &[Told], look: &Look) -> String {
    let headings = ["RECIPIENT", "FOR", "STAGE", "PATH", "STATE", "QUEUED", "ACCEPTED", "LAG", "WHY NOT"];
    let mut table = Table::new(&headings).right(7).whole(5).whole(6).whole(7);
    for one in told {
        let accepted = one.accepted_at.map(|at| brief(at.0, look.now, &look.zone));
        table.row([
            cell(shown(&one.recipient)),
            cell(one.on_behalf_of.as_ref().map(shown).unwrap_or_default()),
            cell(stage(one)),
            cell(path(one)),
            state(one),
            cell(brief(one.queued_at.0, look.now, &look.zone)),
            cell(accepted.unwrap_or_default()),
            cell(one.lag_seconds.map(span).unwrap_or_default()),
            cell(why_not(one)),
        ]);
    }
    table.render(look)
}

/// `page`, `opened`, `severity changed`, `informed: opened`.
fn stage(told: &Told) -> String {
    let stages = told.earlier_stages.iter().map(String::as_str).chain(told.stage.as_deref());
    let stages: Vec<String> = stages.map(|stage| stage.replace('_', " ")).collect();
    let stage = (!stages.is_empty()).then(|| stages.join(" + "));
    match (told.purpose.as_str(), stage) {
        ("told", Some(stage)) => stage,
        (purpose, Some(stage)) => format!("{purpose}: {stage}"),
        (purpose, None) => purpose.to_owned(),
    }
}

/// `ledger → payments-api, and 3 more ways`.
fn path(told: &Told) -> String {
    let more = told.ways.len() + usize::try_from(told.more_ways).unwrap_or(usize::MAX);
    let path = told.path.join(" → ");
    match more {
        0 => path,
        1 => format!("{path}, and another way"),
        more => format!("{path}, and {more} more ways"),
    }
}

fn state(told: &Told) -> Cell {
    let (word, tone) = match told.state {
        ToldState::Queued => ("queued", Tone::Warning),
        ToldState::Accepted => ("accepted", Tone::Good),
        ToldState::GivenUp => ("given up", Tone::Alarm),
        ToldState::Withdrawn => ("withdrawn", Tone::Faint),
        ToldState::NotTold => ("not told", Tone::Faint),
    };
    let mut word = word.to_owned();
    if told.repeated {
        word.push_str(", repeated");
    }
    if told.crossed_acknowledgement {
        word.push_str(", crossed the acknowledgement");
    }
    toned(word, tone)
}

/// Why there was no message, or why it did not arrive.
fn why_not(told: &Told) -> String {
    let tries = |answer: &str| format!("{answer} (tried {}×)", told.attempts);
    match told.state {
        ToldState::NotTold => match told.words.split_once("; not told: ") {
            Some((_, reason)) => reason.to_owned(),
            None => told.reason_not_told.as_deref().unwrap_or_default().replace('_', " "),
        },
        ToldState::GivenUp => tries(told.answer.as_deref().unwrap_or("every contact failed")),
        ToldState::Queued if told.waits.is_some() => {
            told.waits.as_ref().map(|waits| format!("waits: {}", waits.because)).unwrap_or_default()
        }
        ToldState::Queued if told.attempts > 0 => tries(told.answer.as_deref().unwrap_or("it will be tried again")),
        ToldState::Withdrawn => told.withdrawn_because.clone().unwrap_or_else(|| "no longer wanted".to_owned()),
        ToldState::Queued | ToldState::Accepted => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use jiff::tz::TimeZone;
    use serde_json::json;
    use wheelhouse_core::time::Timestamp;

    use super::*;
    use crate::output::Format;

    fn message(change: &Value) -> Value {
        let mut message = json!({
            "message": "INC-1/m1", "recipient": {"kind": "person", "name": "dana"}, "on_behalf_of": null,
            "purpose": "page", "stage": null, "impact": null, "path": [], "words": "asked to take the case",
            "state": "accepted", "queued_at": "2026-11-23T02:10:00Z", "accepted_at": "2026-11-23T02:10:00.120Z",
            "failed_at": null, "withdrawn_at": null, "lag_seconds": 0.12, "contact_kind": "email", "attempts": 1,
            "answer": null, "repeated": false, "crossed_acknowledgement": false, "reason_not_told": null,
        });
        for (name, value) in change.as_object().unwrap() {
            message.as_object_mut().unwrap().insert(name.clone(), value.clone());
        }
        message
    }

    #[test]
    fn each_recipient_has_a_path_a_state_and_a_reason() {
        let now = Timestamp::from_jiff("2026-11-23T02:14:00Z".parse().unwrap());
        let look = Look { format: Format::Table, colour: false, width: None, now, zone: TimeZone::UTC };
        let told: Vec<Told> = serde_json::from_value(Value::Array(vec![
            message(&json!({})),
            message(&json!({"recipient": {"kind": "audience", "name": "press"}, "purpose": "told",
                "stage": "severity_changed", "path": ["ledger", "payments-api", "checkout"], "state": "not_told",
                "words": "down; not told: tells from sev1 on", "accepted_at": null, "lag_seconds": null})),
            message(&json!({"recipient": {"kind": "person", "name": "mira"},
                "on_behalf_of": {"kind": "audience", "name": "finance"}, "purpose": "told", "stage": "opened",
                "path": ["ledger"], "state": "given_up", "accepted_at": null, "lag_seconds": null, "attempts": 3,
                "answer": "550 no such user"})),
        ]))
        .unwrap();
        assert_eq!(
            table(&told, &look),
            "\
RECIPIENT       FOR               STAGE             PATH                              STATE     QUEUED    ACCEPTED     LAG  WHY NOT
dana                              page                                                accepted  02:10:00  02:10:00  120 ms
audience press                    severity changed  ledger → payments-api → checkout  not told  02:10:00                    tells from sev1 on
mira            audience finance  opened            ledger                            given up  02:10:00                    550 no such user (tried 3×)
"
        );
    }
}
