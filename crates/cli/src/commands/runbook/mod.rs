//! `runbook`: reading, finding and comparing runbooks.

mod approve;
mod parse;
mod show;

use serde_json::Value;
use wheelhouse_wire::api::{RunbookDiff, RunbookStep, RunbookSummary};
use wheelhouse_wire::catalog::front_matter_schema;

use super::{Answer, Context};
use crate::args::RunbookCommand;
use crate::client::{Client, read};
use crate::failure::Failure;
use crate::output::{Look, Table, Tone, cell, clean_lines, span, toned};

/// Runs a command about runbooks.
pub fn run(command: &RunbookCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        RunbookCommand::Parse { file } => parse::run(file, context),
        RunbookCommand::Schema => Ok(Answer::json(&front_matter_schema())),
        RunbookCommand::List { words, team, service, findings } => {
            let mut query: Vec<(&str, String)> = Vec::new();
            query.extend((!words.is_empty()).then(|| ("q", words.join(" "))));
            query.extend(team.clone().map(|team| ("team", team)));
            query.extend(service.clone().map(|service| ("service", service)));
            query.extend(findings.then(|| ("findings", "true".to_owned())));
            list(&query, context)
        }
        RunbookCommand::Show { name, text, version } => show::run(name, *text, version.as_deref(), context),
        RunbookCommand::Approve { name, version, text } => {
            approve::run(name, version.as_deref(), text.as_deref(), context)
        }
        RunbookCommand::Diff { name, from, to } => diff(name, from.as_deref(), to.as_deref(), context),
    }
}

fn list(query: &[(&str, String)], context: &Context<'_>) -> Result<Answer, Failure> {
    let items = context.client()?.list(&["runbooks"], query, usize::MAX)?.items;
    if context.look.json() {
        return Ok(Answer::json(&Value::Array(items)));
    }
    let runbooks: Vec<RunbookSummary> = read(Value::Array(items))?;
    if runbooks.is_empty() {
        let note = "no runbook is like that; every Markdown file below a folder `runbooks` of the catalog is one";
        return Ok(Answer::text("").note(note));
    }
    let mut table = Table::new(&["RUNBOOK", "TITLE", "KEPT BY", "STEPS", "FINDINGS"]).whole(0);
    for one in &runbooks {
        let steps = match one.automated {
            0 => one.manual.to_string(),
            automated => format!("{}, {automated} automated", one.manual + automated),
        };
        let findings = match one.findings {
            0 => cell(""),
            count => toned(count.to_string(), Tone::Warning),
        };
        let name =
            if one.quarantined { toned(format!("{} (quarantined)", one.name), Tone::Warning) } else { cell(&one.name) };
        table.row([name, cell(&one.title), cell(one.owners.join(", ")), cell(steps), findings]);
    }
    Ok(Answer::text(table.render(&context.look)))
}

fn diff(name: &str, from: Option<&str>, to: Option<&str>, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let name = full_name(&client, name)?;
    let between = [("from", from), ("to", to)];
    let query: Vec<_> = between.into_iter().filter_map(|(key, hash)| Some((key, hash?.to_owned()))).collect();
    let value = client.get(&["runbooks", &name.0, &name.1, "diff"], &query)?;
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let diff: RunbookDiff = read(value)?;
    let short = |hash: &str| hash.get(..12).unwrap_or(hash).to_owned();
    let mut text = format!("{}/{}: {} to {}\n", name.0, name.1, short(&diff.from), short(&diff.to));
    if diff.words.is_empty() {
        text.push_str("  nothing is different\n");
    }
    for words in &diff.words {
        text.push_str(&format!("  {words}\n"));
    }
    for hunk in &diff.hunks {
        text.push('\n');
        for line in hunk {
            let mark = match line.change.as_str() {
                "removed" => '-',
                "added" => '+',
                _ => ' ',
            };
            text.push_str(&format!("{mark} {}\n", line.text));
        }
    }
    Ok(Answer::text(clean_lines(&text)))
}

/// Repository and stem of a runbook that is named in full, or by a stem that no other has.
pub(in crate::commands) fn full_name(client: &Client, name: &str) -> Result<(String, String), Failure> {
    if let Some((repository, stem)) = name.split_once('/') {
        return Ok((repository.to_owned(), stem.to_owned()));
    }
    let items = client.list(&["runbooks"], &[("q", name.to_owned())], usize::MAX)?.items;
    let runbooks: Vec<RunbookSummary> = read(Value::Array(items))?;
    let called = runbooks.iter().filter_map(|runbook| runbook.name.split_once('/')).filter(|(_, stem)| *stem == name);
    match called.collect::<Vec<_>>().as_slice() {
        [] => Err(Failure::cannot_run(format!("the catalog has no runbook `{name}`"))
            .help("`wheelhouse runbook list` shows all")),
        [(repository, stem)] => Ok(((*repository).to_owned(), (*stem).to_owned())),
        several => {
            let names: Vec<String> = several.iter().map(|(repository, stem)| format!("{repository}/{stem}")).collect();
            Err(Failure::cannot_run(format!("several runbooks are called `{name}`"))
                .help(format!("name one of {}", names.join(", "))))
        }
    }
}

/// The steps, below the headings that they are under.
fn steps(phases: &[Vec<String>], steps: &[RunbookStep], look: &Look) -> String {
    let mut table = Table::new(&["", "STEP", "WHO", "WHAT", "HOW"]).whole(1);
    let mut under = None;
    for step in steps {
        let path = usize::try_from(step.phase).ok().and_then(|at| phases.get(at)).map(|path| path.join(" › "));
        if under.as_ref() != path.as_ref() {
            if let Some(path) = path.as_ref().filter(|path| !path.is_empty()) {
                table.row([toned("#", Tone::Faint), toned(path, Tone::Faint), cell(""), cell(""), cell("")]);
            }
            under = path;
        }
        let kind = match (step.kind.as_str(), step.only_undoes) {
            ("automated", true) => toned("automated, undoes", Tone::Good),
            ("automated", false) => toned("automated", Tone::Good),
            (kind, _) => cell(kind),
        };
        let says = &step.attributes;
        let mut how: Vec<String> = Vec::new();
        how.extend(step.does.iter().filter(|does| *does != "process").cloned());
        how.extend(step.program.clone().filter(|_| step.does.as_deref() == Some("process")));
        how.extend(says.timeout_seconds.map(|seconds| format!("at most {}", span(seconds))));
        how.extend(says.role.as_ref().map(|role| format!("by {role}")));
        how.extend(says.approve.as_ref().map(|approve| format!("approved by {approve}")));
        how.extend(says.undo.as_ref().map(|undo| format!("undone by {undo}")));
        how.extend(says.idempotent.then(|| "idempotent".to_owned()));
        table.row([cell(format!("{}", step.line)), cell(&step.id), kind, cell(&step.title), cell(how.join(", "))]);
    }
    table.render(look)
}
