//! `runbook parse`: one Markdown file, read as the hub would.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde_json::{Value, json};
use wheelhouse_core::catalog::Level;
use wheelhouse_core::runbook::Runbook;
use wheelhouse_wire::api::RunbookDetail;
use wheelhouse_wire::catalog::Report;
use wheelhouse_wire::runbook::{LARGEST_FILE, parse};

use super::super::{Answer, Context};
use super::steps;
use crate::failure::{Exit, Failure};
use crate::output::{Look, clean_lines};

/// Reads a file. It ends well even if there is something to say about it, unless that is an error.
pub(super) fn run(file: &Path, context: &Context<'_>) -> Result<Answer, Failure> {
    let text = text_of(file)?;
    let path = file.to_string_lossy();
    let (runbook, report) = parse(&path, &text);
    let exit = if report.has_errors() { Exit::Refused } else { Exit::Ok };
    if context.look.json() {
        return Ok(Answer::json(&machine(runbook.as_ref(), &report)).exit(exit));
    }
    Ok(Answer::text(people(runbook.as_ref(), &report, &context.look)).exit(exit))
}

fn text_of(file: &Path) -> Result<String, Failure> {
    let cannot = |error: io::Error| {
        Failure::cannot_run(format!("cannot read {}: {error}", file.display()))
            .help("give a Markdown file, or `-` for standard input")
    };
    let mut bytes = Vec::new();
    // One byte more than is allowed is enough to say that it is too large.
    let most = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX).saturating_add(1);
    if file.as_os_str() == "-" {
        io::stdin().take(most).read_to_end(&mut bytes).map_err(cannot)?;
    } else {
        fs::File::open(file).and_then(|open| open.take(most).read_to_end(&mut bytes)).map_err(cannot)?;
    }
    String::from_utf8(bytes).map_err(|error| {
        Failure::cannot_run(format!(
            "{} is not UTF-8 text, from byte {} on",
            file.display(),
            error.utf8_error().valid_up_to()
        ))
        .help("save it as UTF-8")
    })
}

/// What the API tells of a runbook of the catalog, and the findings by that name.
fn machine(runbook: Option<&Runbook>, report: &Report) -> Value {
    let Some(runbook) = runbook else {
        let all = report.findings.iter().map(|finding| {
            json!({"level": finding.level.as_str(), "code": finding.code.as_str(), "message": finding.message,
                "help": finding.help})
        });
        return json!({"phases": [], "steps": [], "findings": all.collect::<Vec<_>>()});
    };
    let owners = runbook.front.owners.iter().map(ToString::to_string).collect();
    let mut value = json!(RunbookDetail::new(runbook, owners));
    if let Some(fields) = value.as_object_mut() {
        let findings = fields.shift_remove("remarks").unwrap_or_default();
        fields.insert("findings".into(), findings);
        fields.shift_remove("text");
    }
    value
}

fn people(runbook: Option<&Runbook>, report: &Report, look: &Look) -> String {
    let mut text = String::new();
    if let Some(runbook) = runbook {
        let detail = RunbookDetail::new(runbook, Vec::new());
        let phases: Vec<Vec<String>> = detail.phases.iter().map(|phase| phase.path.clone()).collect();
        let (manual, automated) = (detail.summary.manual, detail.summary.automated);
        text.push_str(&clean_lines(&format!("{}: {}\n", detail.summary.name, detail.summary.title)));
        text.push_str(&format!("{} phases, {manual} manual and {automated} automated steps\n\n", phases.len()));
        if !detail.steps.is_empty() {
            text.push_str(&steps(&phases, &detail.steps, look));
            text.push('\n');
        }
    }
    let findings = report.render_text(look.colour);
    if !findings.is_empty() {
        text.push_str(&findings);
        text.push('\n');
    }
    let (errors, warnings) = (report.count(Level::Error), report.count(Level::Warning));
    text.push_str(&format!("{errors} errors, {warnings} warnings\n"));
    text
}
