//! Faults of policies in the formats of findings. `wheelhouse-wire` knows no policies, so they are
//! added to what it renders.

use serde_json::{Value, json};
use wheelhouse_hub::authority::BadPolicy;

/// The code of every such fault.
const CODE: &str = "bad-policy";

/// Adds faults to a JSON report.
pub(super) fn json(report: &str, faults: &[BadPolicy]) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(report) else { return report.to_owned() };
    if faults.is_empty() {
        return report.to_owned();
    }
    let errors = document.get("errors").and_then(Value::as_u64).unwrap_or(0);
    if let Some(findings) = document.get_mut("findings").and_then(Value::as_array_mut) {
        findings.extend(faults.iter().map(json_finding));
    }
    if let Some(fields) = document.as_object_mut() {
        fields.insert("errors".to_owned(), json!(errors + faults.len() as u64));
    }
    format!("{document:#}\n")
}

fn json_finding(fault: &BadPolicy) -> Value {
    let (line, column) = place(fault);
    json!({
        "level": "error",
        "code": CODE,
        "message": fault.message,
        "label": null,
        "help": fault.help,
        "at": {"file": fault.path, "line": line, "column": column, "end_line": line, "end_column": column},
        "related": [],
    })
}

/// One workflow command a fault.
pub(super) fn github(faults: &[BadPolicy]) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let command = |fault: &BadPolicy| {
        let (line, column) = place(fault);
        let help = fault.help.as_deref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        let message = data(&format!("{}{help}", fault.message));
        format!("::error file={},line={line},col={column},title={CODE}::{message}\n", property(&fault.path))
    };
    faults.iter().map(command).collect()
}

/// Adds faults to a SARIF report.
pub(super) fn sarif(report: &str, faults: &[BadPolicy]) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(report) else { return report.to_owned() };
    let Some(run) = document.pointer_mut("/runs/0").filter(|_| !faults.is_empty()) else { return report.to_owned() };
    if let Some(results) = run.get_mut("results").and_then(Value::as_array_mut) {
        results.extend(faults.iter().map(sarif_result));
    }
    if let Some(rules) = run.pointer_mut("/tool/driver/rules").and_then(Value::as_array_mut) {
        rules.push(json!({"id": CODE, "shortDescription": {"text": "A policy cannot be used."}}));
    }
    format!("{document:#}\n")
}

fn sarif_result(fault: &BadPolicy) -> Value {
    let (line, column) = place(fault);
    let help = fault.help.as_deref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    json!({
        "ruleId": CODE,
        "level": "error",
        "message": {"text": format!("{}{help}", fault.message)},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&fault.path)},
            "region": {"startLine": line, "startColumn": column},
        }}],
    })
}

/// Line and column; the start of the file where the fault is the file's as a whole.
fn place(fault: &BadPolicy) -> (usize, usize) {
    (fault.line.unwrap_or(1), fault.column.unwrap_or(1))
}

/// A path as a URI reference (RFC 3986): what a path segment may not hold is percent-encoded.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes()
        .map(|byte| match byte {
            b'\\' => "/".to_owned(),
            byte if plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn fault() -> BadPolicy {
        BadPolicy {
            path: "ops/my policy.cedar".to_owned(),
            line: Some(3),
            column: Some(5),
            text: "permit(principal);".to_owned(),
            message: "there is no action `fly`".to_owned(),
            help: Some("did you mean `page`?".to_owned()),
        }
    }

    #[test]
    fn faults_join_the_findings_in_every_format() {
        let report = json(r#"{"errors": 1, "findings": [{}]}"#, &[fault()]);
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report.pointer("/errors"), Some(&json!(2)));
        assert_eq!(report.pointer("/findings/1/at/line"), Some(&json!(3)));

        let log = r#"{"runs": [{"tool": {"driver": {"rules": []}}, "results": []}]}"#;
        let log: Value = serde_json::from_str(&sarif(log, &[fault()])).unwrap();
        let place = log.pointer("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri");
        assert_eq!(place, Some(&json!("ops/my%20policy.cedar")));
        assert_eq!(log.pointer("/runs/0/tool/driver/rules/0/id"), Some(&json!("bad-policy")));

        assert_eq!(
            github(&[fault()]),
            "::error file=ops/my policy.cedar,line=3,col=5,title=bad-policy::there is no action `fly`%0Ahelp: did you mean `page`?\n"
        );
    }

    #[test]
    fn without_faults_a_report_stays_as_it_is() {
        assert_eq!(json("{\"a\": 1}", &[]), "{\"a\": 1}");
        assert_eq!(sarif("{}", &[]), "{}");
    }
}
