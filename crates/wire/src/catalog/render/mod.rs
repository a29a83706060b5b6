//! Findings as text for people, and in the formats that tools read.

mod sarif;
mod text;

use serde_json::{Value, json};
use wheelhouse_core::catalog::{Finding, Level};

use super::files::Position;
use super::report::Report;
pub(super) use sarif::sarif;
pub(super) use text::text;

/// One JSON document: the counts, and every finding with its position.
pub(super) fn json(report: &Report) -> String {
    let findings: Vec<Value> = report.findings.iter().map(|finding| json_finding(report, finding)).collect();
    let document = json!({
        "version": report.version,
        "errors": report.count(Level::Error),
        "warnings": report.count(Level::Warning),
        "omitted": report.omitted,
        "findings": findings,
    });
    format!("{document:#}\n")
}

fn json_finding(report: &Report, finding: &Finding) -> Value {
    let related = finding.related.iter().filter_map(|(place, part)| {
        let position = report.files.position(*place)?;
        Some(json!({"message": part, "at": json_position(position)}))
    });
    json!({
        "level": finding.level.as_str(),
        "code": finding.code.as_str(),
        "message": finding.message,
        "label": (!finding.label.is_empty()).then_some(&finding.label),
        "help": finding.help,
        "at": finding.place.and_then(|place| report.files.position(place)).map(json_position),
        "related": related.collect::<Vec<_>>(),
    })
}

fn json_position(at: Position<'_>) -> Value {
    json!({
        "file": at.path,
        "line": at.line,
        "column": at.column,
        "end_line": at.end_line,
        "end_column": at.end_column,
    })
}

/// One workflow command a line, which GitHub Actions shows beside the line that it is about.
pub(super) fn github(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let mut properties = Vec::new();
        if let Some(at) = finding.place.and_then(|place| report.files.position(place)) {
            properties.push(format!("file={}", property(at.path)));
            properties.push(format!("line={},col={}", at.line, at.column));
            properties.push(format!("endLine={},endColumn={}", at.end_line, at.end_column));
        }
        properties.push(format!("title={}", property(finding.code.as_str())));
        let text = said(finding);
        out.push_str(&format!("::{} {}::{}\n", finding.level, properties.join(","), data(&text)));
    }
    out
}

/// A finding as plain lines: what, where in words, what to do.
fn said(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    if !finding.label.is_empty() {
        text.push_str(": ");
        text.push_str(&finding.label);
    }
    if let Some(help) = &finding.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    text
}

/// The escapes of a workflow command's text.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escapes of a workflow command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
