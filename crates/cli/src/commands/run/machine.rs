//! What machines are at in a run: how a step stands, what it is carried out with, what it says.

use std::io::Write;

use wheelhouse_core::run::RunId;
use wheelhouse_wire::api::{RunDetail, RunStepView, StepInputView, StepOutput};

use super::step_id;
use crate::client::read;
use crate::commands::{Answer, Context};
use crate::failure::Failure;
use crate::output::{Look, clean, relative};

/// How a step stands, in a word or two.
pub(super) fn stands(step: &RunStepView) -> String {
    if let Some(settled) = &step.settled {
        return settled.how.clone();
    }
    let Some(work) = &step.work else { return "open".to_owned() };
    let word = match work.state.as_str() {
        "turn" => "its turn",
        "asking" => "wants approval",
        "locked" => "waits for a lock",
        "leased" if work.cancelling => "is to end",
        "leased" => "running",
        "waiting" => "waits",
        "within" => "is another run",
        "unknown" => "nobody knows",
        other => other,
    };
    let item = work.items.map(|items| format!(" {}/{items}", work.item + 1)).unwrap_or_default();
    format!("{word}{item}")
}

/// What there is to say about the work on a step.
pub(super) fn said(step: &RunStepView, look: &Look) -> String {
    let Some(work) = step.work.as_ref().filter(|_| step.settled.is_none()) else {
        return step.attempts.last().and_then(|attempt| attempt.text.clone()).unwrap_or_default();
    };
    match work.state.as_str() {
        "asking" => {
            let wanted = step.carried_out.as_ref().map_or(0, |how| how.approvals);
            let input = work.input.as_deref().and_then(|input| input.get(..12)).unwrap_or_default().to_owned();
            let can = work.can_approve.join(", ");
            let agreed = work.approved_by.len();
            format!("{agreed} of {wanted} agreed; can: {}; input {input}", if can.is_empty() { "nobody" } else { &can })
        }
        "leased" => {
            let runner = work.runner.clone().unwrap_or_default();
            format!("attempt {} on {runner}, since {}", work.attempt, relative(work.since.0, look.now))
        }
        "within" => work.inner.clone().unwrap_or_default(),
        "unknown" => {
            let why = step.attempts.last().and_then(|attempt| attempt.text.clone()).unwrap_or_default();
            format!("{why}; say done, skip or fail, or exec it again")
        }
        "waiting" => {
            let what = if work.awaits.is_some() { "for something to happen, " } else { "" };
            work.until.map(|until| format!("{what}until {}", relative(until.0, look.now))).unwrap_or_default()
        }
        // Before that it waits to be tried again.
        "ready" => {
            let from = work.until.filter(|from| from.0 > look.now);
            from.map(|from| format!("tried again {}", relative(from.0, look.now))).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// Shows what a step is carried out with.
pub(super) fn input(run: RunId, step: &str, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let step = step_id(&client, run, step)?;
    let value = client.get(&["runs", &run.to_string(), "steps", &step, "input"], &[])?;
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let view: StepInputView = read(value)?;
    let mut text = format!("input {}\n", view.digest);
    let mut say = |name: &str, words: String| text.push_str(&(clean(&format!("{name}: {words}")) + "\n"));
    say("does", view.does);
    say("read by", view.interpreter.unwrap_or_else(|| "nothing".into()));
    say("secrets", if view.secrets.is_empty() { "none".into() } else { view.secrets.join(", ") });
    say("runner", if view.runner.is_empty() { "any".into() } else { view.runner.join(", ") });
    if let Some(items) = &view.items {
        say("for each of", items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    }
    for (name, value) in &view.environment {
        say(&format!("  {name}"), format!("{value:?}"));
    }
    text.push('\n');
    for line in view.script.lines() {
        text.push_str(&(clean(&format!("  {line}")) + "\n"));
    }
    Ok(Answer::text(text))
}

/// Shows what a step says, until it ends where that is asked for.
pub(super) fn output(
    run: RunId,
    step: &str,
    attempt: Option<u64>,
    follow: bool,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let client = context.client()?;
    let step = step_id(&client, run, step)?;
    let detail: RunDetail = read(client.get(&["runs", &run.to_string()], &[])?)?;
    let known = detail.steps.iter().find(|known| known.id == step);
    let running = known.and_then(|step| step.work.as_ref()?.epoch);
    let last = known.and_then(|step| step.attempts.last()).map(|attempt| attempt.epoch);
    let Some(epoch) = attempt.or(running).or(last) else {
        return Err(Failure::cannot_run(format!("`{step}` was not carried out by a machine yet")));
    };
    let mut from = 0;
    let mut out = std::io::stdout();
    loop {
        let wait = if follow { "10" } else { "0" };
        let query = [("attempt", epoch.to_string()), ("from", from.to_string()), ("wait", wait.to_owned())];
        let said: StepOutput = read(client.get(&["runs", &run.to_string(), "steps", &step, "output"], &query)?)?;
        for gap in &said.gaps {
            // Nobody can be told any more when the terminal is gone.
            let _told = writeln!(out, "… {} bytes were not kept …", gap.dropped_bytes);
        }
        for piece in &said.pieces {
            let _told = out.write_all(piece.text.as_bytes());
        }
        let _shown = out.flush();
        let moved = said.next != from;
        from = said.next;
        if !(moved || (said.live && follow)) {
            return Ok(Answer::text(String::new()));
        }
    }
}
