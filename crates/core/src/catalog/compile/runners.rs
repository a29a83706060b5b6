//! Runners, and what steps ask of them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::draft::{Document, Drafts};
use super::super::finding::{Code, Finding};
use super::super::kind::Kind;
use super::super::known::nearest;
use super::super::limits;
use super::super::place::At;
use super::super::runner::{Runner, RunnerDraft, is_label};
use super::names::Names;
use super::values;
use crate::name::{HUB_RUNNER, RunnerName};

/// Checks every runner.
pub fn check(drafts: &Drafts, names: &Names<'_>, findings: &mut Vec<Finding>) {
    for document in &drafts.runners {
        let says = &document.body;
        names.resolve(Kind::Team, says.team.value.as_str(), says.team.place, findings);
        values::check_summary(says.summary.as_ref(), findings);
        let place = document.name.place;
        if document.name.value == HUB_RUNNER {
            findings.push(
                Finding::error(Code::BadName, place, format!("the runner inside the hub is called `{HUB_RUNNER}`"))
                    .label("is taken")
                    .help(
                        "choose another name; what the hub's own reaches is said where it is started (`--step-label`)",
                    ),
            );
        }
        values::check_count("labels", says.labels.len(), limits::MOST_LABELS, place, findings);
        values::check_once(says.labels.iter(), findings);
        for label in says.labels.iter().filter(|label| !is_label(&label.value)) {
            let message = format!("`{}` cannot be a label", values::shown(&label.value));
            findings.push(
                Finding::error(Code::BadValue, label.place, message)
                    .label("expected 1 to 100 letters, digits, `_`, `-`, `.`, `=`, `/`")
                    .help("write it as steps ask for it: `zone=dmz`"),
            );
        }
    }
}

/// Finds steps that no runner of the catalog can carry out. What the hub's own runner reaches is not known here.
pub fn unreached(drafts: &Drafts, findings: &mut Vec<Finding>) {
    let all: BTreeSet<&str> =
        drafts.runners.iter().flat_map(|runner| &runner.body.labels).map(|label| label.value.as_str()).collect();
    for wanted in drafts.runbooks.iter().flat_map(|runbook| &runbook.reaches) {
        if !drafts.runners.iter().any(|runner| reaches(runner, &wanted.value)) {
            findings.push(nobody_reaches(wanted, &all));
        }
    }
}

/// The runners that drafts make; `None` if they did not pass the checks after all.
pub fn build(documents: Vec<Document<RunnerDraft>>) -> Option<BTreeMap<RunnerName, Runner>> {
    let runner = |document: Document<RunnerDraft>| {
        let (name, says) = (RunnerName::new(&document.name.value).ok()?, document.body);
        let runner = Runner {
            name: name.clone(),
            team: says.team.value,
            summary: says.summary.map(|summary| summary.value),
            labels: says.labels.into_iter().map(|label| label.value).collect(),
        };
        Some((name, runner))
    };
    documents.into_iter().map(runner).collect()
}

fn reaches(runner: &Document<RunnerDraft>, wanted: &[String]) -> bool {
    wanted.iter().all(|label| runner.body.labels.iter().any(|known| known.value == *label))
}

fn nobody_reaches(wanted: &At<Vec<String>>, all: &BTreeSet<&str>) -> Finding {
    let unknown = wanted.value.iter().find(|label| !all.contains(label.as_str()));
    let meant = unknown.and_then(|label| nearest(label, all.iter().copied()));
    let help = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "let a document of `kind: Runner` have its labels, or start the hub with them (`--step-label`)".into(),
    };
    let message = format!("no runner of the catalog reaches `{}`", values::shown(&wanted.value.join(",")));
    Finding::warning(Code::UnreachedLabel, wanted.place, message)
        .label("the step waits unless the hub's own runner does")
        .help(help)
}
