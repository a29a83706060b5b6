//! `run`: runbooks carried out, step by step.

mod machine;

use serde_json::{Map, Value, json};
use wheelhouse_core::attachment::Home;
use wheelhouse_core::run::RunId;
use wheelhouse_wire::api::{RunDetail, RunStepView, RunSummary, RunbookDetail, StepInputView};

use super::who::shown;
use super::{Answer, Context, files};
use crate::args::{RunCommand, RunStart, RunStep, RunTurn};
use crate::client::{Client, read};
use crate::failure::Failure;
use crate::output::{Look, Table, Tone, cell, clean, exact, relative, toned};

/// Starts, lists or shows runs, or works on one.
pub fn run(command: &RunCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        RunCommand::Start(options) => start(options, context),
        RunCommand::List { case, runbook, all } => {
            let case = case.map(|case| ("case", case.to_string()));
            let runbook = runbook.clone().map(|runbook| ("runbook", runbook));
            let state = (!all).then(|| ("state", "under_way".to_owned()));
            list(&case.into_iter().chain(runbook).chain(state).collect::<Vec<_>>(), *all, context)
        }
        RunCommand::Show { run } => answer(context.client()?.get(&["runs", &run.to_string()], &[])?, context),
        RunCommand::Done(step) => settle(step, "done", context),
        RunCommand::Skip(step) => settle(step, "skipped", context),
        RunCommand::Fail(step) => settle(step, "failed", context),
        RunCommand::Open(step) => settle(step, "open", context),
        RunCommand::Exec(step) => settle(step, "execute", context),
        RunCommand::Cancel(step) => settle(step, "cancel", context),
        RunCommand::Decline(step) => settle(step, "decline", context),
        RunCommand::Approve { run, step, input } => approve(*run, step, input.as_deref(), context),
        RunCommand::Input { run, step } => machine::input(*run, step, context),
        RunCommand::Output { run, step, attempt, follow } => machine::output(*run, step, *attempt, *follow, context),
        RunCommand::Attach { run, step, given } => {
            files::attach(Home::Run(*run), |client| step_id(client, *run, step).map(Some), given, context)
        }
        RunCommand::Attachments { run } => files::list(Home::Run(*run), context),
        RunCommand::Download { run, wanted } => files::download(Home::Run(*run), wanted, context),
        RunCommand::Pause(turned) => turn(turned, "pause", context),
        RunCommand::Resume(turned) => turn(turned, "resume", context),
        RunCommand::Undo(turned) => turn(turned, "undo", context),
        RunCommand::Stop(turned) => turn(turned, "stop", context),
    }
}

fn turn(options: &RunTurn, to: &str, context: &Context<'_>) -> Result<Answer, Failure> {
    let request = json!({ "to": to, "text": options.text });
    answer(context.client()?.post(&["runs", &options.run.to_string(), "course"], &request)?, context)
}

/// Agrees to what the person looked at: the digest that `run input` showed.
fn approve(run: RunId, step: &str, input: Option<&str>, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let step = step_id(&client, run, step)?;
    let now: StepInputView = read(client.get(&["runs", &run.to_string(), "steps", &step, "input"], &[])?)?;
    let Some(seen) = input else {
        let help = format!("look at it with `wheelhouse run input {run} {step}`, then give its digest with --input");
        return Err(Failure::cannot_run("what do you agree to?").help(help));
    };
    if seen.len() < 8 || !now.digest.starts_with(seen) {
        let short = now.digest.get(..12).unwrap_or(&now.digest).to_owned();
        let words = format!("`{step}` would be carried out with {short} now, which is not what you looked at");
        return Err(Failure::cannot_run(words).help("at least 8 digits of what `run input` shows now"));
    }
    let request = json!({ "how": "approve", "input": now.digest });
    answer(client.post(&["runs", &run.to_string(), "steps", &step], &request)?, context)
}

fn start(options: &RunStart, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let parameters = parameters(options, &client)?;
    let request = json!({
        "runbook": options.runbook, "case": options.case, "drill": options.drill, "parameters": parameters,
        "pace": if options.auto || options.dry_run { "by_itself" } else { "by_hand" },
        "undo_on_failure": options.undo_on_failure, "dry_run": options.dry_run,
    });
    answer(client.post(&["runs"], &request)?, context)
}

/// The values as the runbook's parameters have them: `3` is a number only where a number is wanted.
fn parameters(options: &RunStart, client: &Client) -> Result<Map<String, Value>, Failure> {
    if options.parameters.is_empty() {
        return Ok(Map::new());
    }
    let (repository, stem) = super::runbook::full_name(client, &options.runbook)?;
    let known: RunbookDetail = read(client.get(&["runbooks", &repository, &stem], &[])?)?;
    let kind = |name: &str| {
        let parameter = known.front.parameters.iter().find(|parameter| parameter.name == name)?;
        parameter.schema.get("type")?.as_str().map(String::from)
    };
    let value = |name: &str, text: &str| match kind(name).as_deref() {
        Some("integer" | "number" | "boolean") => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        Some("array") => text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect(),
        _ => Value::from(text),
    };
    Ok(options.parameters.iter().map(|(name, text)| (name.clone(), value(name, text))).collect())
}

fn settle(options: &RunStep, how: &str, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let step = step_id(&client, options.run, &options.step)?;
    let request = json!({ "how": how, "text": options.text });
    answer(client.post(&["runs", &options.run.to_string(), "steps", &step], &request)?, context)
}

/// The id of a step that may be named by its number.
fn step_id(client: &Client, run: RunId, step: &str) -> Result<String, Failure> {
    let Ok(number) = step.parse::<usize>() else { return Ok(step.to_owned()) };
    let detail: RunDetail = read(client.get(&["runs", &run.to_string()], &[])?)?;
    let found = number.checked_sub(1).and_then(|index| detail.steps.get(index));
    // A step may be called like a number; its id is never taken for another one's place.
    Ok(found.map_or_else(|| step.to_owned(), |step| step.id.clone()))
}

fn answer(value: Value, context: &Context<'_>) -> Result<Answer, Failure> {
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    Ok(Answer::text(shown_run(&read(value)?, &context.look)))
}

fn shown_run(run: &RunDetail, look: &Look) -> String {
    let summary = &run.summary;
    let case = summary.case.map(|case| format!(" for {case}")).unwrap_or_default();
    let drill = marks(summary);
    let by = shown(&summary.by);
    let mut text = clean(&format!("{} {}: {}{case}{drill}", summary.id, summary.runbook, run.title)) + "\n";
    let version = summary.version.get(..12).unwrap_or(&summary.version);
    let force = if run.in_force { "" } else { ", not the one in force" };
    let started = exact(summary.started_at.0, &look.zone);
    text += &(clean(&format!("{}, started by {by} {started}; version {version}{force}", state(summary))) + "\n");
    for (name, value) in &run.parameters {
        text += &(clean(&format!("  {name} = {value}")) + "\n");
    }
    let mut table = Table::new(&["", "STATE", "STEP", "BY", "WHEN", "SAID"]);
    for (index, step) in run.steps.iter().enumerate() {
        let settled = step.settled.as_ref();
        table.row([
            cell(format!("{}", index + 1)),
            toned(machine::stands(step), tone(step)),
            cell(words(step)),
            cell(settled.map(|settled| shown(&settled.by)).unwrap_or_default()),
            cell(settled.map(|settled| relative(settled.at.0, look.now)).unwrap_or_default()),
            cell(settled.and_then(|settled| settled.text.clone()).unwrap_or_else(|| machine::said(step, look))),
        ]);
    }
    text + "\n" + &table.render(look)
}

/// What sets a run apart: ` (drill)`, ` (dry run)`.
fn marks(run: &RunSummary) -> &'static str {
    match (run.drill, run.dry_run) {
        (true, true) => " (drill, dry run)",
        (true, false) => " (drill)",
        (false, true) => " (dry run)",
        (false, false) => "",
    }
}

fn words(step: &RunStepView) -> String {
    let role = step.role.as_ref().map(|role| format!(" [{role}]")).unwrap_or_default();
    let undo = if step.only_undoes { " (only to take back)" } else { "" };
    let files = match step.files.len() {
        0 => String::new(),
        1 => " (1 file)".to_owned(),
        several => format!(" ({several} files)"),
    };
    format!("{}{role}{undo}{files}", step.title)
}

fn tone(step: &RunStepView) -> Tone {
    match step.settled.as_ref().map(|settled| settled.how.as_str()) {
        Some("failed") => Tone::Warning,
        Some(_) => Tone::Faint,
        None => Tone::Plain,
    }
}

fn state(run: &RunSummary) -> String {
    let progress = run.progress;
    let open = progress.steps.saturating_sub(progress.settled);
    let wants = if run.wants.is_empty() { String::new() } else { format!("; wants {}", run.wants.join(", ")) };
    let course = if run.course == "onward" { String::new() } else { format!(", {}", run.course.replace('_', " ")) };
    match run.state.as_str() {
        "under_way" => format!("{open} of {} steps open{course}{wants}", progress.steps),
        "stopped" => format!("ended with {open} of {} steps open", progress.steps),
        other if progress.failed > 0 => format!("{other}, {} did not work", progress.failed),
        other => other.to_owned(),
    }
}

fn list(query: &[(&str, String)], all: bool, context: &Context<'_>) -> Result<Answer, Failure> {
    let items = context.client()?.list(&["runs"], query, 1_000)?.items;
    if context.look.json() {
        return Ok(Answer::json(&Value::Array(items)));
    }
    let runs: Vec<RunSummary> = read(Value::Array(items))?;
    let look = &context.look;
    let mut table = Table::new(&["RUN", "STATE", "RUNBOOK", "CASE", "STARTED", "BY"]);
    for run in &runs {
        let drill = marks(run);
        let tone = if run.state == "under_way" { Tone::Plain } else { Tone::Faint };
        table.row([
            cell(&run.id),
            toned(format!("{}{drill}", state(run)), tone),
            cell(&run.runbook),
            cell(run.case.map(|case| case.to_string()).unwrap_or_default()),
            cell(relative(run.started_at.0, look.now)),
            cell(shown(&run.by)),
        ]);
    }
    let answer = Answer::text(table.render(look));
    Ok(match (runs.is_empty(), all) {
        (true, true) => answer.note("no runbook has been run"),
        (true, false) => answer.note("no run is under way; --all shows those that are over as well"),
        (false, _) => answer,
    })
}
