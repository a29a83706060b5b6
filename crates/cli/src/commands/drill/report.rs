//! How a drill went: the verdict, what was expected and found, and the transcript of its cases.

use serde_json::{Value, json};
use wheelhouse_wire::api::{DrillReport, TimelineEntry};

use super::super::who::shown;
use crate::client::{Client, page_size, read};
use crate::failure::Failure;
use crate::output::{Look, Table, Tone, cell, clean, toned};

/// The timelines of a drill's cases, in the report's order.
pub(super) fn timelines(client: &Client, report: &DrillReport) -> Result<Vec<(String, Vec<Value>)>, Failure> {
    let query = [("limit", page_size(usize::MAX))];
    let fetch = |case: &wheelhouse_core::case::CaseId| {
        let id = case.to_string();
        let items = client.list(&["cases", &id, "timeline"], &query, usize::MAX)?.items;
        Ok((id, items))
    };
    report.cases.iter().map(fetch).collect()
}

/// The report for programs.
pub(super) fn json(report: &DrillReport, timelines: &[(String, Vec<Value>)]) -> Value {
    let mut value = serde_json::to_value(report).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        let timelines: serde_json::Map<String, Value> =
            timelines.iter().map(|(case, items)| (case.clone(), json!(items))).collect();
        fields.insert("timelines".to_owned(), Value::Object(timelines));
    }
    value
}

/// The report for people.
pub(super) fn text(report: &DrillReport, timelines: Vec<(String, Vec<Value>)>, look: &Look) -> Result<String, Failure> {
    let mut table = Table::new(&["", "EXPECTED", "FOUND"]);
    for expectation in &report.expectations {
        let verdict = if expectation.met { toned("met", Tone::Good) } else { toned("MISSED", Tone::Alarm) };
        let found = match (expectation.met, expectation.absence) {
            (true, true) => "it did not",
            _ => expectation.found.as_str(),
        };
        table.row([verdict, cell(&expectation.expected), cell(clean(found))]);
    }
    let missed = report.expectations.iter().filter(|expectation| !expectation.met).count();
    let verdict = match missed {
        0 => format!("drill {} passed: all {} expectations met", report.drill, report.expectations.len()),
        missed => {
            format!("drill {} failed: {missed} of {} expectations missed", report.drill, report.expectations.len())
        }
    };
    let mut text = format!("{}\n{verdict}\n", table.render(look));
    for (case, items) in timelines {
        let entries: Vec<TimelineEntry> = read(Value::Array(items))?;
        text += &format!("\n{case}\n");
        text += &transcript(report, &entries, look);
    }
    Ok(text)
}

fn transcript(report: &DrillReport, entries: &[TimelineEntry], look: &Look) -> String {
    let mut table = Table::new(&["", "", "", ""]).right(0);
    for entry in entries {
        let after = entry.at.0.since(report.started_at.0);
        table.row([
            toned(format!("+{after}"), Tone::Faint),
            cell(shown(&entry.actor)),
            cell(clean(&entry.words)),
            toned(entry.why.as_deref().map(clean).unwrap_or_default(), Tone::Faint),
        ]);
    }
    table.render(look)
}
