//! `case missed`: somebody affected was not told.

use serde_json::Value;
use wheelhouse_core::case::CaseId;
use wheelhouse_wire::api::{CaseDetail, MissView, PartyKind, ProposalView, RecordMiss};

use super::super::who::shown;
use super::super::{Answer, Context};
use super::{segment, texts};
use crate::args::Missed;
use crate::client::read;
use crate::failure::Failure;
use crate::output::clean;

/// Records a miss, and shows the lines with which the catalog is mended.
pub fn run(options: &Missed, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = context.client()?;
    let request = RecordMiss {
        team: options.team.clone(),
        audience: options.audience.clone(),
        service: options.service.clone(),
        note: texts::optional(options.note.as_ref())?,
    };
    let value = client.post(&["cases", &segment(options.id), "missed"], &request)?;
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let detail: CaseDetail = read(value)?;
    let Some(miss) = detail.missed.iter().find(|miss| is_about(miss, options)) else {
        return Err(Failure::cannot_run(format!("the hub answered without the miss of {}", options.id))
            .help("`wheelhouse case show` says what it knows"));
    };
    let action = match miss.action {
        Some(action) => Some(read(client.get(&["cases", &segment(action)], &[])?)?),
        None => None,
    };
    Ok(Answer::text(words(options.id, miss, action.as_ref())))
}

fn is_about(miss: &MissView, options: &Missed) -> bool {
    let (kind, name) = match (&options.team, &options.audience) {
        (Some(team), _) => (PartyKind::Team, team),
        (None, Some(audience)) => (PartyKind::Audience, audience),
        (None, None) => return false,
    };
    miss.recipient.kind == kind && miss.recipient.name.as_ref() == Some(name)
}

/// What was recorded, and what is to be done about it.
fn words(case: CaseId, miss: &MissView, action: Option<&CaseDetail>) -> String {
    let path = if miss.path.is_empty() { String::new() } else { format!(" ({})", clean(&miss.path.join(" → "))) };
    let mut text = format!("{case} missed {}: {}{path}\n", shown(&miss.recipient), clean(&miss.words));
    match action {
        None => text.push_str("the catalog need not change for that, so there is no action\n"),
        Some(action) => {
            let (id, team) = (action.summary.id, clean(&action.summary.team));
            text.push_str(&format!("action {id} for team {team}: {}\n", clean(&action.summary.title)));
            if let Some(proposal) = &action.proposal {
                text.push_str(&lines(proposal));
            }
        }
    }
    text
}

/// The lines to commit, and where.
pub fn lines(proposal: &ProposalView) -> String {
    let place = match (&proposal.file, &proposal.name) {
        (Some(file), _) => format!("in {}", clean(file)),
        (None, Some(name)) => format!("in the document of {} {}", proposal.kind, clean(name)),
        (None, None) => "in a catalog file of the service's repository, such as ops/service.yaml".to_owned(),
    };
    let mut text = format!("to commit, {place}:\n");
    for line in proposal.lines.lines() {
        text.push_str(&format!("    {}\n", clean(line)));
    }
    text
}

/// The misses of a case for `case show`, each in one line.
pub fn summary(miss: &MissView) -> String {
    let action = miss.action.map(|action| format!(", see {action}")).unwrap_or_default();
    format!("{}: {}{action}", shown(&miss.recipient), miss.words)
}

/// The lines that would give a case of no known service one; nothing where it has one.
pub fn lines_of_unknown(value: &Value) -> Option<String> {
    let detail: CaseDetail = read(value.clone()).ok()?;
    let proposal = detail.proposal.filter(|_| detail.summary.service.is_none())?;
    Some(format!("no service of the catalog is known for it; {}", lines(&proposal)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_shape_and_name_their_file() {
        let proposal = ProposalView {
            words: "portal should say that it depends on ledger".to_owned(),
            kind: "Service".to_owned(),
            name: Some("portal".to_owned()),
            file: Some("web/ops/portal.yaml".to_owned()),
            lines: "kind: Service\nname: portal\ndepends_on:\n  - ledger\n".to_owned(),
        };
        assert_eq!(
            lines(&proposal),
            "to commit, in web/ops/portal.yaml:\n    kind: Service\n    name: portal\n    depends_on:\n      - ledger\n"
        );
        let nowhere = ProposalView { file: None, name: None, ..proposal };
        assert!(lines(&nowhere).starts_with("to commit, in a catalog file of the service's repository"));
    }
}
