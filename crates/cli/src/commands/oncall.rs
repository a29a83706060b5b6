//! `oncall`: who is on call.

use serde_json::Value;
use wheelhouse_core::catalog::nearest;
use wheelhouse_core::oncall::NamedBy;
use wheelhouse_wire::api::{OnCall, Time};

use super::{Answer, Context};
use crate::client::read;
use crate::failure::{Exit, Failure};
use crate::moment::Moment;
use crate::output::{Look, Table, Tone, cell, exact, relative, toned};

/// Shows who is on call in every schedule, or in one.
pub fn run(at: Option<&Moment>, schedule: Option<&str>, context: &Context<'_>) -> Result<Answer, Failure> {
    let look = &context.look;
    let at = at
        .map(|at| at.resolve(look.now, &look.zone))
        .transpose()
        .map_err(|error| Failure::cannot_run(format!("--at: {error}")))?;
    let query: Vec<_> = at.iter().map(|at| ("at", Time(*at).to_string())).collect();
    let mut items = context.client()?.list(&["oncall"], &query, usize::MAX)?.items;
    if let Some(wanted) = schedule {
        let names: Vec<String> = items.iter().filter_map(name).map(str::to_owned).collect();
        items.retain(|item| name(item) == Some(wanted));
        if items.is_empty() {
            return Err(unknown(wanted, &names));
        }
    }
    if look.json() {
        return Ok(Answer::json(&Value::Array(items)));
    }
    let shifts: Vec<OnCall> = read(Value::Array(items))?;
    if shifts.is_empty() {
        return Ok(Answer::text("").note("the catalog has no schedules"));
    }
    Ok(Answer::text(table(&shifts, look)))
}

fn table(shifts: &[OnCall], look: &Look) -> String {
    let mut table = Table::new(&["SCHEDULE", "TEAM", "ON CALL", "UNTIL", "", "NAMED BY"]);
    for shift in shifts {
        let person = match &shift.person {
            Some(person) => cell(person),
            None => toned("nobody", Tone::Alarm),
        };
        let until = shift.until.map(|until| until.0);
        table.row([
            cell(&shift.schedule),
            cell(&shift.team),
            person,
            cell(until.map(|until| exact(until, &look.zone)).unwrap_or_default()),
            cell(until.map(|until| relative(until, look.now)).unwrap_or_default()),
            cell(shift.named_by.map_or("", NamedBy::as_str)),
        ]);
    }
    table.render(look)
}

fn name(item: &Value) -> Option<&str> {
    item.get("schedule")?.as_str()
}

fn unknown(wanted: &str, names: &[String]) -> Failure {
    let failure = Failure::new(Exit::Refused, format!("the catalog has no schedule `{wanted}`"));
    match nearest(wanted, names.iter().map(String::as_str)) {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None => failure.help("`wheelhouse oncall` lists every schedule"),
    }
}
