//! Findings as SARIF 2.1.0 (OASIS standard), which code scanning services read.

use serde_json::{Map, Value, json};
use wheelhouse_core::catalog::{Code, Finding, Place};

use super::super::report::Report;
use super::said;

/// One log with one run.
pub(in super::super) fn sarif(report: &Report) -> String {
    let rules: Vec<Value> = Code::ALL
        .iter()
        .map(|code| json!({"id": code.as_str(), "shortDescription": {"text": code.explanation()}}))
        .collect();
    let results: Vec<Value> = report.findings.iter().map(|finding| result(report, finding)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "wheelhouse",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn result(report: &Report, finding: &Finding) -> Value {
    let index = Code::ALL.iter().position(|code| *code == finding.code);
    let mut result = Map::new();
    result.insert("ruleId".into(), json!(finding.code.as_str()));
    result.insert("ruleIndex".into(), json!(index));
    result.insert("level".into(), json!(finding.level.as_str()));
    result.insert("message".into(), json!({"text": said(finding)}));
    if let Some(location) = finding.place.and_then(|place| location(report, place)) {
        result.insert("locations".into(), json!([location]));
    }
    let related: Vec<Value> = finding
        .related
        .iter()
        .filter_map(|(place, part)| {
            let mut location = location(report, *place)?;
            location.as_object_mut()?.insert("message".into(), json!({"text": part}));
            Some(location)
        })
        .collect();
    if !related.is_empty() {
        result.insert("relatedLocations".into(), Value::Array(related));
    }
    Value::Object(result)
}

fn location(report: &Report, place: Place) -> Option<Value> {
    let at = report.files.position(place)?;
    Some(json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(at.path)},
        "region": {
            "startLine": at.line,
            "startColumn": at.column,
            "endLine": at.end_line,
            "endColumn": at.end_column,
        },
    }}))
}

/// A path as a URI reference (RFC 3986): what a path segment may not hold is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            b'\\' => uri.push('/'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
