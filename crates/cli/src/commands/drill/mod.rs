//! `drill`: playing outages on purpose, and how they went.

mod report;
mod run;

use serde_json::Value;
use wheelhouse_wire::api::Drill;

use super::who::shown;
use super::{Answer, Context};
use crate::args::DrillCommand;
use crate::client::read;
use crate::failure::Failure;
use crate::output::{Look, Table, Tone, cell, relative, span, toned};

/// Lists, shows or runs drills.
pub fn run(command: &DrillCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        DrillCommand::List => list(context),
        DrillCommand::Show { name } => show(name, context),
        DrillCommand::Run { name } => run::run(name, context),
    }
}

fn list(context: &Context<'_>) -> Result<Answer, Failure> {
    let items = context.client()?.list(&["drills"], &[], usize::MAX)?.items;
    if context.look.json() {
        return Ok(Answer::json(&Value::Array(items)));
    }
    let drills: Vec<Drill> = read(Value::Array(items))?;
    if drills.is_empty() {
        return Ok(Answer::text("").note("the catalog has no drills; a document of `kind: Drill` is one"));
    }
    Ok(Answer::text(table(&drills, &context.look)))
}

fn table(drills: &[Drill], look: &Look) -> String {
    let mut table = Table::new(&["DRILL", "TEAM", "TAKES", "LAST HELD", "HOW IT WENT", "SUMMARY"]);
    for drill in drills {
        let (when, how) = match &drill.last_held {
            None => (toned("never", Tone::Warning), cell("")),
            Some(held) => {
                let how = match held.missed {
                    0 => toned(format!("all {} met", held.met), Tone::Good),
                    missed => toned(format!("{missed} of {} missed", held.met + missed), Tone::Alarm),
                };
                (cell(relative(held.held_at.0, look.now)), how)
            }
        };
        let takes = cell(span(drill.length_seconds));
        let summary = cell(drill.summary.as_deref().unwrap_or_default());
        table.row([cell(&drill.name), cell(&drill.team), takes, when, how, summary]);
    }
    table.render(look)
}

fn show(name: &str, context: &Context<'_>) -> Result<Answer, Failure> {
    let value = context.client()?.get(&["drills", name], &[])?;
    let look = &context.look;
    if look.json() {
        return Ok(Answer::json(&value));
    }
    let drill: Drill = read(value)?;
    let mut facts = Table::new(&["", ""]);
    let mut add = |label: &str, value: String| facts.row([toned(label, Tone::Faint), cell(value)]);
    add("drill", drill.name.clone());
    add("team", drill.team.clone());
    add("summary", drill.summary.clone().unwrap_or_default());
    add("services", drill.services.join(", "));
    add("takes", span(drill.length_seconds));
    if let Some(held) = &drill.last_held {
        let (met, missed) = (held.met, held.missed);
        add("last held", format!("{} by {}", relative(held.held_at.0, look.now), shown(&held.by)));
        add("how it went", format!("{met} met, {missed} missed; record entry {}", held.seq));
    }
    let mut signals = Table::new(&["AT", "SIGNAL", "LABELS"]).right(0);
    for cue in &drill.signals {
        let labels: Vec<String> = cue.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let ends = if cue.resolved { "ends: " } else { "" };
        signals.row([
            cell(format!("+{}", span(cue.at_seconds))),
            cell(format!("{ends}{}", cue.summary)),
            cell(labels.join(" ")),
        ]);
    }
    let expect: String = drill.expect.iter().map(|line| format!("  {line}\n")).collect();
    Ok(Answer::text(format!("{}\n{}\nExpects that\n{expect}", facts.render(look), signals.render(look))))
}
