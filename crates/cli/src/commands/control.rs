//! `control`: what helps to prove which control, and what the record shows of it.

use serde_json::Value;
use wheelhouse_wire::api::{Control, ControlClaim, ControlReport, Time};

use super::who::shown;
use super::{Answer, Context};
use crate::args::ControlCommand;
use crate::client::read;
use crate::failure::Failure;
use crate::moment::Moment;
use crate::output::{Cell, Look, Table, Tone, cell, exact, span, toned};

/// How many executions are listed of what one asks about.
const EXECUTIONS: usize = 10;

/// Runs a command about controls.
pub fn run(command: &ControlCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    let (control, at) = match command {
        ControlCommand::List { control, at } | ControlCommand::Export { control, at } => (control.as_deref(), at),
    };
    let value = asked(control, at.as_ref(), context)?;
    if matches!(command, ControlCommand::Export { .. }) || context.look.json() {
        return Ok(Answer::json(&value));
    }
    let report: ControlReport = read(value)?;
    let look = &context.look;
    let mut text = table(&report.controls, look);
    if control.is_some() {
        for claim in report.controls.iter().flat_map(|control| &control.claims) {
            text.push_str(&format!("\n{}\n", in_full(claim, look)));
        }
    }
    let answer = Answer::text(text);
    Ok(match (report.controls.is_empty(), control) {
        (true, None) => answer.note("nothing claims a control; a runbook does in its front matter: `controls: [NAME]`"),
        (true, Some(name)) => answer.note(format!("nothing claimed the control `{name}` then")),
        (false, None) => answer.note("`wheelhouse record prove ENTRY` proves the entries that each line rests on"),
        (false, Some(_)) => answer,
    })
}

fn asked(control: Option<&str>, at: Option<&Moment>, context: &Context<'_>) -> Result<Value, Failure> {
    let mut query: Vec<(&str, String)> = Vec::new();
    query.extend(control.map(|name| ("control", name.to_owned())));
    if let Some(at) = at {
        let at = at
            .resolve(context.look.now, &context.look.zone)
            .map_err(|error| Failure::cannot_run(format!("--at: {error}")))?;
        query.push(("at", Time(at).to_string()));
    }
    context.client()?.get(&["controls"], &query)
}

fn table(controls: &[Control], look: &Look) -> String {
    let mut table = Table::new(&["CONTROL", "CLAIMED BY", "VERSION", "STANDING", "LAST", "RUNS", "ENTRIES"]).whole(0);
    for control in controls {
        for (index, claim) in control.claims.iter().enumerate() {
            let version = claim.version.as_deref().map_or("-", |version| version.get(..12).unwrap_or(version));
            let judged = match claim.judgement.as_deref() {
                Some("quarantined") => toned(format!("{version}, quarantined"), Tone::Warning),
                Some("approved") => cell(format!("{version}, approved by {}", approver(claim))),
                _ => cell(version),
            };
            let last = claim.last.as_ref().map_or_else(|| "-".to_owned(), |last| exact(last.ended_at.0, &look.zone));
            table.row([
                if index == 0 { cell(&control.name) } else { cell("") },
                cell(format!("{} {}", claim.kind, claim.name)),
                judged,
                standing(claim),
                cell(last),
                cell(claim.completed.to_string()),
                cell(entries(claim)),
            ]);
        }
    }
    table.render(look)
}

/// The entries that a line rests on: what put the version into force, who judged it, its last execution.
fn entries(claim: &ControlClaim) -> String {
    let origin = claim.origin.as_ref().map(|origin| origin.entry);
    let last = claim.last.iter().flat_map(|last| last.entries);
    let all = origin.into_iter().chain(claim.judgement_entry).chain(last);
    all.map(|entry| entry.to_string()).collect::<Vec<_>>().join(" ")
}

fn approver(claim: &ControlClaim) -> &str {
    claim.approved_by.as_ref().and_then(|party| party.name.as_deref()).unwrap_or("somebody")
}

fn standing(claim: &ControlClaim) -> Cell {
    let within = span(claim.recent_seconds);
    match claim.standing.as_str() {
        "ran_recently" => toned(format!("ran within {within}"), Tone::Good),
        "ran" => toned(format!("ran, not within {within}"), Tone::Warning),
        _ => toned("exists, never ran", Tone::Warning),
    }
}

fn in_full(claim: &ControlClaim, look: &Look) -> String {
    let mut text = format!("{} {}: {} ({})\n", claim.kind, claim.name, claim.title, claim.path);
    if let Some(origin) = &claim.origin {
        let author = origin.author.as_deref().unwrap_or("nobody known");
        let signed = origin.signature.as_deref().map(|status| format!(", signature {status}")).unwrap_or_default();
        let since = exact(origin.at.0, &look.zone);
        text.push_str(&format!("  in force since {since} by {author}{signed} (entry {})\n", origin.entry));
    }
    for script in &claim.scripts {
        let short = script.hash.get(..12).unwrap_or(&script.hash);
        let last = script.last.map(|last| format!(", last {}", exact(last.0, &look.zone))).unwrap_or_default();
        text.push_str(&format!(
            "  script of step {} ({short}): carried out {} times{last}\n",
            script.step, script.times
        ));
    }
    let mut table = Table::new(&["RUN", "ENDED", "HOW", "BY", "VERSION", "STEPS", "ENTRIES"]).whole(0);
    for run in claim.executions.iter().take(EXECUTIONS) {
        let short = run.version.get(..12).unwrap_or(&run.version);
        let drill = if run.drill { " (drill)" } else { "" };
        table.row([
            cell(format!("{}{drill}", run.run)),
            cell(exact(run.ended_at.0, &look.zone)),
            cell(&run.how),
            cell(shown(&run.by)),
            if run.this_version == Some(false) { toned(short, Tone::Faint) } else { cell(short) },
            cell(format!("{} done, {} left out, {} in vain", run.done, run.skipped, run.failed)),
            cell(run.entries.map(|entry| entry.to_string()).join(" ")),
        ]);
    }
    if claim.executions.is_empty() { text } else { text + &table.render(look) }
}
