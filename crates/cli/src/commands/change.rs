//! `change`: telling of deployments and other changes, and seeing them.

use serde_json::Value;
use wheelhouse_wire::api::{ChangeView, ReportChange, Time};

use super::who::shown;
use super::{Answer, Context};
use crate::args::{ChangeCommand, ChangeReport};
use crate::client::{page_size, read};
use crate::failure::Failure;
use crate::moment::Moment;
use crate::output::{Look, Table, brief, cell, clean};

/// Tells of a change, or lists them.
pub fn run(command: &ChangeCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        ChangeCommand::Report(options) => report(options, context),
        ChangeCommand::List { service, before, limit } => list(service.as_deref(), before.as_ref(), *limit, context),
    }
}

fn report(options: &ChangeReport, context: &Context<'_>) -> Result<Answer, Failure> {
    let look = &context.look;
    let at = |moment: &Moment| moment.resolve(look.now, &look.zone).map_err(Failure::cannot_run);
    let request = ReportChange {
        service: options.service.clone(),
        title: options.title.clone(),
        kind: Some(options.kind.as_str().to_owned()),
        text: None,
        version: options.version.clone(),
        by: options.by.clone(),
        url: options.link.clone(),
        at: options.at.as_ref().map(at).transpose()?.map(Time),
        key: options.key.clone(),
        drill: options.drill,
    };
    let client = context.client()?;
    let value = client.post(&["changes"], &request)?;
    if look.json() {
        return Ok(Answer::json(&value));
    }
    let change: ChangeView = read(value)?;
    Ok(Answer::text(format!("change {}: {}\n", change.number, clean(&change.words))))
}

fn list(
    service: Option<&str>,
    before: Option<&Moment>,
    limit: usize,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let look = &context.look;
    let mut query = vec![("limit", page_size(limit))];
    query.extend(service.map(|service| ("service", service.to_owned())));
    if let Some(before) = before {
        let at = before.resolve(look.now, &look.zone).map_err(Failure::cannot_run)?;
        query.push(("before", Time(at).to_string()));
    }
    let items = context.client()?.list(&["changes"], &query, limit)?.items;
    if look.json() {
        return Ok(Answer::json(&Value::Array(items)));
    }
    let changes: Vec<ChangeView> = read(Value::Array(items))?;
    let answer = Answer::text(table(&changes, look));
    Ok(if changes.is_empty() { answer.note("nobody told of such a change") } else { answer })
}

fn table(changes: &[ChangeView], look: &Look) -> String {
    let mut table = Table::new(&["DONE", "SERVICE", "KIND", "WHAT", "TOLD BY"]).whole(0);
    for change in changes {
        let known = change.service.clone().unwrap_or_else(|| format!("{} (not in the catalog)", change.named));
        let drill = if change.drill { " (drill)" } else { "" };
        table.row([
            cell(brief(change.at.0, look.now, &look.zone)),
            cell(known),
            cell(format!("{}{drill}", change.kind)),
            cell(&change.words),
            cell(shown(&change.told_by)),
        ]);
    }
    table.render(look)
}
