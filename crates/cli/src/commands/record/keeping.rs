//! Erasing what was written, and legal holds.

use serde_json::json;
use wheelhouse_wire::api::{Erased, HoldView, Page};

use crate::args::{HoldCommand, HoldOn};
use crate::client::read;
use crate::commands::{Answer, Context};
use crate::failure::Failure;
use crate::output::exact;

/// Erases what was written in a case, or in a run.
pub(super) fn erase(
    case: Option<&str>,
    run: Option<&str>,
    reason: &str,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let body = json!({"case": case, "run": run, "reason": reason});
    let value = context.client()?.post_patiently(&["record", "erasures"], &body)?;
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let erased: Erased = read(value)?;
    let Erased { of, bodies, signals, journals, answers, files, file_rewritten, .. } = erased;
    let text = match run {
        Some(_) => format!("erased what was written in {of}: {bodies} texts of entries, and what its steps said\n"),
        None => format!(
            "erased what was written in {of}: {bodies} texts of entries, the texts of {signals} signals, the raw \
             requests of {journals} commits, {answers} kept answers, {files} attached files\n"
        ),
    };
    let answer = Answer::text(text);
    Ok(if file_rewritten {
        answer.note("backups, mail boxes and logs outside the hub have theirs: see docs/record.md")
    } else {
        answer.note("the bytes are still in the database file; the hub's next start rewrites it without them")
    })
}

/// Sets, lifts or lists holds.
pub(super) fn hold(command: &HoldCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let value = match command {
        HoldCommand::Set(on) => client.post(&["record", "holds"], &request(on))?,
        HoldCommand::Lift(on) => client.post(&["record", "holds", "lift"], &request(on))?,
        HoldCommand::List => client.get(&["record", "holds"], &[])?,
    };
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let holds: Page<HoldView> = read(value)?;
    if holds.items.is_empty() {
        return Ok(Answer::text("no legal hold stands\n"));
    }
    let lines: String = holds.items.iter().map(|hold| line(hold, context)).collect();
    Ok(Answer::text(lines))
}

fn line(hold: &HoldView, context: &Context<'_>) -> String {
    let scope = match (&hold.case, &hold.service) {
        (Some(case), _) => case.clone(),
        (None, Some(service)) => format!("service {service}"),
        (None, None) => "everything".to_owned(),
    };
    let by = hold.by.name.as_deref().unwrap_or("the hub");
    let (reason, at) = (crate::output::clean(&hold.reason), exact(hold.at.0, &context.look.zone));
    format!("{scope}, by {by} since {at}: {reason}\n")
}

fn request(on: &HoldOn) -> serde_json::Value {
    json!({"case": on.case, "service": on.service, "all": on.all, "reason": on.reason})
}
