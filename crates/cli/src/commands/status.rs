//! `status`: how the hub is.

use wheelhouse_wire::api::Status;

use super::{Answer, Context};
use crate::client::read;
use crate::failure::Failure;
use crate::output::{Look, Table, Tone, cell, exact, relative, toned};

/// Shows how the hub is.
pub fn run(context: &Context<'_>) -> Result<Answer, Failure> {
    let value = context.client()?.get(&["status"], &[])?;
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let status: Status = read(value)?;
    Ok(Answer::text(render(&status, &context.look)))
}

fn render(status: &Status, look: &Look) -> String {
    let when = |at: Option<wheelhouse_wire::api::Time>, never: &str| match at {
        Some(at) => format!("{}, {}", exact(at.0, &look.zone), relative(at.0, look.now)),
        None => never.to_owned(),
    };
    let ready = match status.ready_since {
        Some(_) => cell(format!("yes, since {}", when(status.ready_since, ""))),
        None => toned("no: it takes no signals yet", Tone::Alarm),
    };
    let open = match (status.open_cases, status.unacknowledged_cases) {
        (0, _) => "none".to_owned(),
        (open, 0) => format!("{open}, all acknowledged"),
        (open, waiting) => format!("{open}, {waiting} of them unacknowledged"),
    };
    let rows = [
        ("hub", cell(format!("wheelhouse {}", status.version))),
        ("organisation", cell(status.organization.as_deref().unwrap_or("no catalog is in force"))),
        ("catalog", cell(status.catalog_version.as_deref().unwrap_or(""))),
        ("started", cell(when(Some(status.started_at), ""))),
        ("ready", ready),
        ("open cases", cell(open)),
        ("firing signals", cell(status.firing_signals.to_string())),
        ("messages waiting", cell(status.messages_waiting.to_string())),
        ("record", cell(format!("{} entries, commit {}", status.record_size, status.commit))),
        ("checkpoint written", cell(when(status.checkpoint_written_at, "never"))),
    ];
    let mut table = Table::new(&["", ""]);
    for (label, value) in rows {
        table.row([cell(label), value]);
    }
    for warning in &status.warnings {
        table.row([toned("warning", Tone::Warning), cell(warning)]);
    }
    table.render(look)
}
