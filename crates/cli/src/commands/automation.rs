//! `automation`: runbooks that begin by themselves, what came of them and why not.

use std::io::Read;
use std::path::Path;

use serde_json::Value;
use wheelhouse_wire::api::{AutomationDetail, AutomationEvent, AutomationSummary, AutomationTest, AutomationWord};

use super::who::shown;
use super::{Answer, Context};
use crate::args::AutomationCommand;
use crate::client::read;
use crate::failure::Failure;
use crate::output::{Cell, Look, Table, Tone, cell, exact, relative, span, toned};

/// The largest event that is tried, in bytes.
const LARGEST_EVENT: u64 = 1024 * 1024;

/// Runs a command about automations.
pub fn run(command: &AutomationCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        AutomationCommand::List => list(context),
        AutomationCommand::Show { name } => {
            let value = context.client()?.get(&["automations", name], &[])?;
            answer(value, context, in_full)
        }
        AutomationCommand::History { name } => {
            let value = context.client()?.get(&["automations", name], &[])?;
            answer(value, context, |detail, look| history(&detail.recent, look))
        }
        AutomationCommand::Pause { name, message } => {
            let word = AutomationWord { text: Some(message.clone()) };
            let value = context.client()?.post(&["automations", name, "pause"], &word)?;
            answer(value, context, |detail, _| format!("{} is halted\n", detail.summary.name))
        }
        AutomationCommand::Resume { name } => {
            let value = context.client()?.post(&["automations", name, "resume"], &AutomationWord::default())?;
            answer(value, context, |detail, _| format!("{} goes on\n", detail.summary.name))
        }
        AutomationCommand::Approve { name, number } => word(name, *number, "approve", None, context),
        AutomationCommand::Decline { name, number, message } => {
            word(name, *number, "decline", message.clone(), context)
        }
        AutomationCommand::Test { name, event } => {
            let value = context.client()?.post(&["automations", name, "test"], &read_event(event)?)?;
            if context.look.json() {
                return Ok(Answer::json(&value));
            }
            Ok(Answer::text(tested(&read(value)?, &context.look)))
        }
    }
}

fn list(context: &Context<'_>) -> Result<Answer, Failure> {
    let items = context.client()?.list(&["automations"], &[], usize::MAX)?.items;
    let look = &context.look;
    if look.json() {
        return Ok(Answer::json(&Value::Array(items)));
    }
    let automations: Vec<AutomationSummary> = read(Value::Array(items))?;
    if automations.is_empty() {
        return Ok(Answer::text("").note("the catalog has no automations; a document of `kind: Automation` is one"));
    }
    let mut table =
        Table::new(&["AUTOMATION", "MODE", "STATE", "RUNS", "STARTED", "WOULD HAVE", "HELD", "LAST"]).whole(0);
    for one in &automations {
        let last = one.last.as_ref().map(|last| format!("{}: {}", relative(last.at.0, look.now), last.text));
        table.row([
            cell(&one.name),
            cell(&one.mode),
            state(one),
            cell(&one.runbook),
            cell(one.totals.started.to_string()),
            cell(one.totals.would_have.to_string()),
            cell(one.totals.held.to_string()),
            cell(last.unwrap_or_else(|| "-".to_owned())),
        ]);
    }
    Ok(Answer::text(table.render(look)))
}

fn answer(
    value: Value,
    context: &Context<'_>,
    text: impl FnOnce(&AutomationDetail, &Look) -> String,
) -> Result<Answer, Failure> {
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let detail: AutomationDetail = read(value)?;
    Ok(Answer::text(text(&detail, &context.look)))
}

/// Answers a question: the one of a number, or the only one that waits.
fn word(
    name: &str,
    number: Option<u64>,
    what: &str,
    text: Option<String>,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let client = context.client()?;
    let number = match number {
        Some(number) => number,
        None => {
            let detail: AutomationDetail = read(client.get(&["automations", name], &[])?)?;
            let open: Vec<u64> = detail.questions.iter().filter(|one| !one.over).map(|one| one.number).collect();
            match open.as_slice() {
                [only] => *only,
                [] => return Err(Failure::cannot_run(format!("nothing of {name} waits for people"))),
                several => {
                    let numbers: Vec<String> = several.iter().map(ToString::to_string).collect();
                    return Err(Failure::cannot_run(format!("say which question: {}", numbers.join(", "))));
                }
            }
        }
    };
    let number = number.to_string();
    let path = ["automations", name, "questions", number.as_str(), what];
    let value = client.post(&path, &AutomationWord { text })?;
    answer(value, context, |detail, look| {
        let last = detail.recent.first().map(|last| last.text.clone()).unwrap_or_default();
        let waits = detail.questions.iter().find(|one| one.number.to_string() == number);
        let waits = waits.map(|one| format!("; {} of {} have agreed", one.approved.len(), one.needed));
        let _ = look;
        format!("{}: {last}{}\n", detail.summary.name, waits.unwrap_or_default())
    })
}

fn in_full(detail: &AutomationDetail, look: &Look) -> String {
    let summary = &detail.summary;
    let mut facts = Table::new(&["", ""]);
    let mut add = |label: &str, value: String| facts.row([toned(label, Tone::Faint), cell(value)]);
    add("automation", summary.name.clone());
    add("team", summary.team.clone());
    add("summary", summary.summary.clone().unwrap_or_default());
    add("mode", summary.mode.clone());
    add("runs", summary.runbook.clone());
    add("if", detail.condition.clone().unwrap_or_else(|| "always".to_owned()));
    let cooldown = if detail.cooldown_seconds > 0.0 { span(detail.cooldown_seconds) } else { "none".to_owned() };
    add("cooldown", cooldown);
    let limits = &detail.limits;
    let within = span(limits.within_seconds);
    add("limits", format!("{} about a target, {} in all, within {within}", limits.target, limits.all));
    add("state", state_words(detail, look));
    let mut text = facts.render(look);
    for question in detail.questions.iter().filter(|question| !question.over) {
        let agreed = format!("{} of {}", question.approved.len(), question.needed);
        let role = question.role.as_deref().unwrap_or("nobody");
        let blast = match (question.services, question.tier) {
            (Some(services), Some(tier)) => format!("touches {services} services, up to tier {tier}"),
            _ => "nobody knows what it touches".to_owned(),
        };
        text.push_str(&format!(
            "\nQuestion {}: run {} about {} until {}? {agreed} of {role} agreed; {blast}\n",
            question.number,
            summary.runbook,
            question.target,
            exact(question.until.0, &look.zone)
        ));
    }
    format!("{text}\n{}", history(&detail.recent, look))
}

fn state_words(detail: &AutomationDetail, look: &Look) -> String {
    match (&detail.paused_by, &detail.rests_until) {
        (Some(by), _) => {
            let when = detail.paused_at.map(|at| relative(at.0, look.now)).unwrap_or_default();
            format!("halted by {} {when}", shown(by))
        }
        (None, Some(until)) => format!("rests until {}", exact(until.0, &look.zone)),
        (None, None) => "ready".to_owned(),
    }
}

fn history(events: &[AutomationEvent], look: &Look) -> String {
    if events.is_empty() {
        return "Nothing came of it yet.\n".to_owned();
    }
    let mut table = Table::new(&["WHEN", "ABOUT", "CASE", "WHAT"]);
    for event in events {
        let tone = match event.what.as_str() {
            "started" | "began" => Tone::Good,
            "held" | "awaits_approval" => Tone::Warning,
            _ => Tone::Plain,
        };
        let drill = if event.drill { " (drill)" } else { "" };
        let by = if event.by.name.is_some() { format!(" by {}", shown(&event.by)) } else { String::new() };
        table.row([
            cell(relative(event.at.0, look.now)),
            cell(event.target.as_deref().unwrap_or("-")),
            cell(event.case.as_deref().unwrap_or("-")),
            toned(format!("{}{by}{drill}", event.text), tone),
        ]);
    }
    table.render(look)
}

fn tested(test: &AutomationTest, look: &Look) -> String {
    let mut table = Table::new(&["GATE", "ANSWER", "WHY"]);
    for gate in &test.gates {
        let says = if gate.passes { toned("passes", Tone::Good) } else { toned("holds", Tone::Warning) };
        table.row([cell(&gate.gate), says, cell(gate.text.as_deref().unwrap_or_default())]);
    }
    let mut text = format!("{}: {}\n", test.name, test.outcome);
    if !test.matches {
        return text;
    }
    text.push_str(&format!("\n{}", table.render(look)));
    text.push_str(&format!("\nparameters: {}\n", test.parameters));
    let blast = test.blast.as_deref().unwrap_or("nobody knows what");
    let asks = if test.asks { "people are asked" } else { "nobody is asked" };
    text.push_str(&format!("touches: {blast}; {asks}\n"));
    text
}

fn state(one: &AutomationSummary) -> Cell {
    let waiting = if one.waiting > 0 { format!(", {} waiting", one.waiting) } else { String::new() };
    let tone = match one.state.as_str() {
        "ready" if one.waiting == 0 => Tone::Good,
        "ready" => Tone::Warning,
        _ => Tone::Alarm,
    };
    toned(format!("{}{waiting}", one.state), tone)
}

fn read_event(path: &Path) -> Result<Value, Failure> {
    let named = path.display();
    let cannot = |error: String| Failure::cannot_run(format!("{named}: {error}"));
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().take(LARGEST_EVENT).read_to_string(&mut text)
    } else {
        let file = std::fs::File::open(path).map_err(|error| cannot(error.to_string()))?;
        file.take(LARGEST_EVENT).read_to_string(&mut text)
    };
    read.map_err(|error| cannot(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| cannot(format!("expected an event as JSON: {error}")))
}
