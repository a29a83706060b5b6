//! `runbook approve`: a quarantined version that may run from now on.

use serde_json::json;
use wheelhouse_wire::api::RunbookDetail;

use super::super::{Answer, Context};
use super::full_name;
use crate::client::read;
use crate::failure::Failure;
use crate::output::clean_lines;

/// The fewest digits by which a version is named.
const FEWEST_DIGITS: usize = 8;

/// Approves the version in force, or says that it is not the one that was meant.
pub(super) fn run(
    name: &str,
    version: Option<&str>,
    text: Option<&str>,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let client = context.client()?;
    let (repository, stem) = full_name(&client, name)?;
    let path = ["runbooks", repository.as_str(), stem.as_str()];
    let known: RunbookDetail = read(client.get(&path, &[])?)?;
    let hash = known.summary.hash;
    if let Some(version) = version.filter(|version| version.len() < FEWEST_DIGITS || !hash.starts_with(*version)) {
        let shown: String = version.chars().take(64).collect();
        return Err(Failure::cannot_run(format!("version `{shown}` of {} is not in force", known.summary.name))
            .help(format!("version {hash} is: look at it (`wheelhouse runbook diff {name}`), then approve that")));
    }
    let body = text.map_or_else(|| json!({}), |text| json!({ "text": text }));
    let value = client.post(&[&path[..], &["versions", &hash, "approve"]].concat(), &body)?;
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let now: RunbookDetail = read(value)?;
    let short = hash.get(..12).unwrap_or(&hash);
    let doubts = now.standing.map(|standing| standing.doubts).unwrap_or_default();
    let doubts: Vec<String> = doubts.iter().map(|doubt| format!("  although {doubt}\n")).collect();
    let told = format!("version {short} of {} may run from now on\n{}", now.summary.name, doubts.concat());
    Ok(Answer::text(clean_lines(&told)))
}
