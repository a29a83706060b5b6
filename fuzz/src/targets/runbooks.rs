//! Runbooks: any Markdown, read by itself and as part of a catalog, and shown.

use wheelhouse_core::runbook::differences;
use wheelhouse_wire::api::RunbookDetail;
use wheelhouse_wire::runbook::{parse, text_changes};

/// One file.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input).into_owned();
    let (runbook, report) = parse("payments:ops/runbooks/a b.md", &text);
    let plain = report.render_text(false);
    assert!(!plain.contains('\u{1b}'), "an escape sequence got through");
    let Some(runbook) = runbook else { return };
    for step in &runbook.steps {
        let stretch = (usize::try_from(step.stretch.start), usize::try_from(step.stretch.end));
        let (Ok(start), Ok(end)) = stretch else { panic!("a step lies nowhere") };
        let said = text.get(start..end).expect("a step lies in the text");
        if let Some(block) = step.block() {
            assert!(said.contains("step"), "a fence is carried out that did not ask for it: {said}");
            assert!(!report.has_errors() || !block.script.is_empty(), "an empty step");
        }
    }
    let mut ids: Vec<_> = runbook.steps.iter().map(|step| &step.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), runbook.steps.len(), "two steps of one id");
    assert!(serde_json::to_string(&RunbookDetail::new(&runbook, Vec::new())).is_ok());
    assert!(differences(&runbook, &runbook).is_empty(), "it differs from itself");
    assert!(text_changes(&text, &text).is_empty());
}
