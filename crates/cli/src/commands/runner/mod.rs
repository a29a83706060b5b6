//! `runner`: carrying out steps near the systems that they touch, and seeing who does.

mod hub;
mod ledger;
mod outbox;
mod serve;
mod work;

use wheelhouse_wire::api::{Page, RunnerView};

use super::{Answer, Context};
use crate::args::{RunnerCommand, RunnerOptions};
use crate::client::read;
use crate::failure::Failure;
use crate::output::{Look, Table, Tone, cell, relative, toned};

/// Runs a runner, or lists them.
pub fn run(options: &RunnerOptions, context: &Context<'_>) -> Result<Answer, Failure> {
    match options.command {
        None => serve::serve(options, context.global).map(|()| Answer::text("")),
        Some(RunnerCommand::List) => list(context),
    }
}

fn list(context: &Context<'_>) -> Result<Answer, Failure> {
    let value = context.client()?.get(&["runners"], &[])?;
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    Ok(Answer::text(table(&read::<Page<RunnerView>>(value)?.items, &context.look)))
}

fn table(runners: &[RunnerView], look: &Look) -> String {
    let mut table = Table::new(&["RUNNER", "STATE", "REACHES", "TEAM", "HEARD", "DOES", "LAST 24 H"]);
    for runner in runners {
        let state = match runner.state.as_str() {
            "heard" | "here" => toned(&runner.state, Tone::Good),
            "silent" | "gone" => toned(&runner.state, Tone::Alarm),
            _ => toned(&runner.state, Tone::Faint),
        };
        let doing: Vec<String> = runner.doing.iter().map(|doing| format!("{} {}", doing.run, doing.step)).collect();
        let ended: Vec<String> = runner.ended.iter().map(|ended| format!("{} {}", ended.count, ended.end)).collect();
        table.row([
            cell(&runner.name),
            state,
            cell(runner.labels.join(", ")),
            cell(runner.team.as_deref().unwrap_or("")),
            cell(runner.heard_at.map_or_else(String::new, |at| relative(at.0, look.now))),
            cell(doing.join(", ")),
            cell(ended.join(", ")),
        ]);
    }
    table.render(look)
}
