//! `silence`: holding back what is known.

use serde_json::Value;
use wheelhouse_core::silence::SilenceId;
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::api::{MatcherView, SetSilence, SilencePreview, SilenceView, Time};

use super::who::shown;
use super::{Answer, Context};
use crate::args::{SilenceAdd, SilenceCommand, Written};
use crate::client::{Client, read};
use crate::failure::Failure;
use crate::moment::Moment;
use crate::output::{Look, Table, Tone, cell, clean, exact, relative, toned};

/// Makes, previews, lists or ends silences.
pub fn run(command: &SilenceCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        SilenceCommand::Add(options) => add(options, context),
        SilenceCommand::Preview(options) => preview(&options.matchers, options.drill, context),
        SilenceCommand::List { all } => list(*all, context),
        SilenceCommand::Expire { ids } => expire(ids, context),
    }
}

fn add(options: &SilenceAdd, context: &Context<'_>) -> Result<Answer, Failure> {
    let look = &context.look;
    let at = |moment: &Moment| moment.resolve(look.now, &look.zone).map_err(Failure::cannot_run);
    let starts_at = options.from.as_ref().map(at).transpose()?;
    let until = options.until.as_ref().map(at).transpose()?;
    let client = context.client()?;
    // Whoever only changes the end of a silence leaves its start as it is, which changes it in place.
    let known = match options.change {
        Some(id) => Some(read::<SilenceView>(client.get(&["silences", &id.to_string()], &[])?)?),
        None => None,
    };
    let running = known.filter(|known| known.state == "active").map(|known| known.starts_at.0);
    // A length counts from the start that was asked for, also where that is past: nothing is silenced by surprise.
    let ends_at = until.unwrap_or(starts_at.unwrap_or(look.now) + options.length.0);
    let starts_at = starts_at.or(running);
    let request = SetSilence {
        id: options.change,
        matchers: matchers(&options.matchers),
        starts_at: starts_at.map(Time),
        ends_at: Some(Time(ends_at)),
        duration_seconds: None,
        comment: options.comment.clone(),
        drill: options.drill,
    };
    let value = client.post(&["silences"], &request)?;
    if look.json() {
        return Ok(Answer::json(&value));
    }
    let silence: SilenceView = read(value)?;
    let words = format!(
        "{} silences {} until {}\n",
        silence.id,
        written(&silence.matchers),
        exact(silence.ends_at.0, &look.zone)
    );
    let answer = Answer::text(clean_line(&words));
    Ok(match covered(&options.matchers, options.drill, context) {
        Some(words) => answer.note(words),
        None => answer,
    })
}

/// What a silence that was just made covers now, so that a misspelt one shows; nothing where the hub does not say.
fn covered(wanted: &[Written], drill: bool, context: &Context<'_>) -> Option<String> {
    let value = context.client().and_then(|client| dry_run(&client, wanted, drill)).ok()?;
    Some(match read::<SilencePreview>(value).ok()?.signals {
        0 => "it covers nothing that fires now".to_owned(),
        1 => "it covers 1 signal that fires now".to_owned(),
        count => format!("it covers {count} signals that fire now"),
    })
}

fn dry_run(client: &Client, wanted: &[Written], drill: bool) -> Result<Value, Failure> {
    let request =
        SetSilence { matchers: matchers(wanted), duration_seconds: Some(3_600), drill, ..SetSilence::default() };
    client.post_query(&["silences"], &[("dry_run", "true".to_owned())], &request)
}

fn preview(wanted: &[Written], drill: bool, context: &Context<'_>) -> Result<Answer, Failure> {
    let value = dry_run(&context.client()?, wanted, drill)?;
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let found: SilencePreview = read(value)?;
    let look = &context.look;
    let mut table = Table::new(&["CASE", "SINCE", "SIGNAL", "LABELS"]);
    for signal in &found.shown {
        table.row([
            cell(signal.case.map_or_else(|| "held back".to_owned(), |case| case.to_string())),
            cell(relative(signal.started_at.0, look.now)),
            cell(&signal.summary),
            cell(&signal.labels),
        ]);
    }
    let count = match found.signals {
        0 => "it would cover nothing that fires now\n".to_owned(),
        1 => "it would cover 1 signal that fires now:\n".to_owned(),
        count => format!("it would cover {count} signals that fire now:\n"),
    };
    let more = found.signals.saturating_sub(found.shown.len() as u64);
    let more = if more > 0 { format!("and {more} more\n") } else { String::new() };
    let rows = if found.shown.is_empty() { String::new() } else { table.render(look) };
    let answer = Answer::text(format!("{count}{rows}{more}"));
    let words = "you may not make it: ask the service's team or an operator";
    Ok(if found.allowed { answer } else { answer.note(words) })
}

fn list(all: bool, context: &Context<'_>) -> Result<Answer, Failure> {
    let states = if all { "active,pending,expired" } else { "active,pending" };
    let items = context.client()?.list(&["silences"], &[("state", states.to_owned())], usize::MAX)?.items;
    if context.look.json() {
        return Ok(Answer::json(&Value::Array(items)));
    }
    let silences: Vec<SilenceView> = read(Value::Array(items))?;
    let answer = Answer::text(table(&silences, &context.look));
    Ok(match (silences.is_empty(), all) {
        (true, true) => answer.note("there are no silences"),
        (true, false) => answer.note("nothing is silenced; --all shows silences that are over as well"),
        (false, _) => answer,
    })
}

fn expire(ids: &[SilenceId], context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let (mut values, mut text) = (Vec::new(), String::new());
    for id in ids {
        values.push(client.delete(&["silences", &id.to_string()])?);
        text += &format!("{id} is over\n");
    }
    Ok(if context.look.json() { Answer::json(&Value::Array(values)) } else { Answer::text(text) })
}

fn table(silences: &[SilenceView], look: &Look) -> String {
    let mut table = Table::new(&["SILENCE", "STATE", "COVERS", "HOLDS BACK", "ENDS", "BY", "FOR"]);
    for silence in silences {
        let tone = match silence.state.as_str() {
            "active" => Tone::Warning,
            _ => Tone::Faint,
        };
        let when = |at: Timestamp| relative(at, look.now);
        let ends = match silence.state.as_str() {
            "pending" => format!("starts {}", when(silence.starts_at.0)),
            _ => when(silence.ends_at.0),
        };
        let drill = if silence.drill { " (drill)" } else { "" };
        table.row([
            cell(silence.id.to_string()),
            toned(format!("{}{drill}", silence.state), tone),
            cell(written(&silence.matchers)),
            cell(holds(silence)),
            cell(ends),
            cell(shown(&silence.author)),
            cell(&silence.comment),
        ]);
    }
    table.render(look)
}

/// `3 signals`, `1 case`: what would page if it were not there.
fn holds(silence: &SilenceView) -> String {
    let count = |count: u64, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {one}s")),
    };
    let parts: Vec<String> =
        [count(silence.holds_back, "signal"), count(silence.cases, "case")].into_iter().flatten().collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

fn matchers(wanted: &[Written]) -> Vec<MatcherView> {
    wanted.iter().map(|matcher| matcher.0.clone()).collect()
}

fn written(matchers: &[MatcherView]) -> String {
    matchers.iter().map(MatcherView::to_string).collect::<Vec<_>>().join(", ")
}

fn clean_line(words: &str) -> String {
    format!("{}\n", clean(words.trim_end()))
}
