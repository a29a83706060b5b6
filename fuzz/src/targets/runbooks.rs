//! Runbooks: any Markdown, read by itself and as part of a catalog, and shown.

use wheelhouse_core::runbook::{Schedule, differences};
use wheelhouse_wire::api::RunbookDetail;
use wheelhouse_wire::runbook::{parse, text_changes};

use crate::stage::NOW;

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

/// When a runbook is run by itself: what is read comes again and again, each time later.
pub fn schedules(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let file = format!("---\nowners: [payments]\nschedule: {}\n---\n# Look\n\n1. Look.\n", serde_json::json!(text));
    let (runbook, report) = parse("payments:ops/runbooks/a b.md", &file);
    let Ok(schedule) = Schedule::parse(&text) else {
        return assert!(text.trim().is_empty() || report.has_errors(), "it is refused alone and taken in a file");
    };
    let read = runbook.and_then(|runbook| runbook.front.schedule);
    assert!(read.is_none_or(|read| read == schedule), "a file says another time");
    let mut last = NOW;
    for _ in 0..9 {
        let next = schedule.next_after(last).expect("a time of day comes again");
        assert!(next > last, "it comes before it is due");
        last = next;
    }
    assert!(last.since(NOW) < wheelhouse_core::time::Duration::from_hours(24 * 7 * 10), "days are left out");
    assert_eq!(Schedule::parse(&schedule.to_string()), Ok(schedule.clone()), "{schedule} is not read as it is written");
}
