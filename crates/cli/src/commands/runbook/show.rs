//! `runbook show`: one runbook of the catalog.

use serde_json::Value;
use wheelhouse_wire::api::{RunbookAt, RunbookDetail, RunbookVersion};

use super::super::{Answer, Context};
use super::{full_name, steps};
use crate::client::read;
use crate::failure::Failure;
use crate::output::{Look, Table, Tone, cell, clean_lines, exact, toned};

/// How many versions are listed.
const VERSIONS: usize = 10;

/// Shows a runbook, or its text.
pub(super) fn run(name: &str, text: bool, version: Option<&str>, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let (repository, stem) = full_name(&client, name)?;
    let path = ["runbooks", repository.as_str(), stem.as_str()];
    if let Some(version) = version {
        let value = client.get(&[&path[..], &["versions", version]].concat(), &[])?;
        if context.look.json() {
            return Ok(Answer::json(&value));
        }
        let at: RunbookAt = read(value)?;
        return Ok(Answer::text(clean_lines(&at.text)));
    }
    let value = client.get(&path, &[])?;
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let detail: RunbookDetail = read(value)?;
    if text {
        return Ok(Answer::text(clean_lines(&detail.text)));
    }
    let listed = client.list(&[&path[..], &["versions"]].concat(), &[], usize::MAX)?;
    let versions: Vec<RunbookVersion> = read(Value::Array(listed.items))?;
    Ok(Answer::text(shown(&detail, &versions, &context.look)))
}

fn shown(detail: &RunbookDetail, versions: &[RunbookVersion], look: &Look) -> String {
    let mut facts = Table::new(&["", ""]);
    let mut add = |label: &str, value: String| {
        if !value.is_empty() {
            facts.row([toned(label, Tone::Faint), cell(value)]);
        }
    };
    let (summary, front) = (&detail.summary, &detail.front);
    add("runbook", summary.name.clone());
    add("title", summary.title.clone());
    add("summary", summary.summary.clone());
    add("kept by", summary.owners.join(", "));
    add("services", summary.services.join(", "));
    add("file", summary.path.clone());
    let required = |required: bool| if required { "" } else { " (optional)" };
    let parameters = front.parameters.iter().map(|one| format!("{}{}", one.name, required(one.required)));
    if let Some(standing) = &detail.standing {
        add("this version", format!("{}: {}", standing.state, standing.why));
        add("changed by", standing.author.clone().unwrap_or_default());
        add("who can approve it", standing.approvers.join(", "));
    }
    add("who may change it", front.edit.join(", "));
    add("parameters", parameters.collect::<Vec<_>>().join(", "));
    add("who may run it", front.run.join(", "));
    add("who may approve", front.approve.join(", "));
    add("controls", front.controls.join(", "));
    let phases: Vec<Vec<String>> = detail.phases.iter().map(|phase| phase.path.clone()).collect();
    let mut text = format!("{}\n{}", facts.render(look), steps(&phases, &detail.steps, look));
    for remark in &detail.remarks {
        let help = remark.help.as_deref().map(|help| format!("; {help}")).unwrap_or_default();
        text.push_str(&clean_lines(&format!("\n{}: line {}: {}{help}", remark.level, remark.line, remark.message)));
    }
    if !detail.remarks.is_empty() {
        text.push('\n');
    }
    let mut table = Table::new(&["VERSION", "SINCE", "COMMIT", "BY", "SUBJECT"]);
    for version in versions.iter().take(VERSIONS) {
        let hash = version.hash.get(..12).unwrap_or(&version.hash);
        let commit = version.revision.as_deref().unwrap_or("-");
        table.row([
            if version.current { toned(hash, Tone::Good) } else { cell(hash) },
            cell(exact(version.adopted_at.0, &look.zone)),
            cell(commit.get(..12).unwrap_or(commit)),
            cell(version.author.as_deref().unwrap_or("-")),
            cell(version.subject.as_deref().unwrap_or("-")),
        ]);
    }
    format!("{text}\n{}", table.render(look))
}
