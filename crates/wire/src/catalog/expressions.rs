//! Expressions of the catalog: read before anything is asked of them, so that what is wrong has a place.

use wheelhouse_core::automation::PATHS;
use wheelhouse_core::catalog::{At, Code, Drafts, Finding, Place};

use super::files::Files;
use crate::expression::check as check_expression;

/// Checks every expression of every automation.
pub(super) fn check(drafts: &Drafts, files: &Files, findings: &mut Vec<Finding>) {
    for document in &drafts.automations {
        let says = &document.body;
        for expression in says.condition.iter().chain(says.from.values()) {
            findings.extend(wrong(expression, files));
        }
    }
}

fn wrong(expression: &At<String>, files: &Files) -> Option<Finding> {
    let wrong = check_expression(&expression.value, &PATHS).err()?;
    let place = within(expression, wrong.at, files);
    let finding = Finding::error(Code::BadExpression, place, "this expression cannot be used").label(wrong.message);
    Some(finding.help(
        "expressions are CEL over `kind`, `drill`, `target`, `signal`, `case`, `run`, `service`, `type` and `data`",
    ))
}

/// The place in the file, as far as the text stands there as it is.
fn within(expression: &At<String>, at: usize, files: &Files) -> Place {
    let place = expression.place;
    let written = || {
        let text = files.iter().nth(place.file as usize)?.1;
        let written = text.get(place.start as usize..place.end as usize)?;
        let start = place.start + u32::try_from(written.find(&expression.value)? + at).ok()?;
        (start < place.end).then_some(Place { start, end: (start + 1).min(place.end), ..place })
    };
    written().filter(|_| at > 0).unwrap_or(place)
}
