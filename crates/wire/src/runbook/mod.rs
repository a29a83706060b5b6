//! Runbooks: Markdown in, phases and steps out.
//!
//! Any Markdown is a runbook. A fence is carried out by a machine only if its info string names it as a step,
//! and nothing in it is to be filled in by hand.
//!
//! ```
//! let text = "# Drain\n\n1. Tell the team.\n\n```sh {step=drain timeout=5m undo=none}\n./drain.sh\n```\n";
//! let (runbook, _) = wheelhouse_wire::runbook::parse("ops/runbooks/drain.md", text);
//! let kinds: Vec<_> = runbook.iter().flat_map(|runbook| &runbook.steps).map(|step| step.kind.as_str()).collect();
//! assert_eq!(kinds, ["manual", "automated"]);
//! ```

mod asks;
mod diff;
mod fence;
mod info;
mod links;
mod read;
mod safety;
mod task;
mod values;
mod wait;
mod walk;

use wheelhouse_core::catalog::{Code, Drafts, Finding, Input, Mode, compile, version};
use wheelhouse_core::runbook::{Remark, Runbook};

use crate::catalog::{Files, Report};

pub use diff::{LineChange, TextChange, text_changes, unified};
pub(crate) use read::read;
pub use task::{HttpTask, Postgres, Rows, SqlTask, Task, Values, task};

/// The largest file, in bytes.
pub const LARGEST_FILE: usize = 256 * 1024;
/// The most steps of one runbook.
pub const MOST_STEPS: usize = 500;
/// The most headings of one runbook.
pub const MOST_PHASES: usize = 1_000;

/// Reads one file by itself: the runbook, and what is wrong with it. Names that the rest of a catalog may define
/// are not looked at. There is no runbook only where the file is larger than [`LARGEST_FILE`].
pub fn parse(path: &str, text: &str) -> (Option<Runbook>, Report) {
    let mut findings = Vec::new();
    let draft = read(0, path, text, &mut findings);
    let files = Files::new(vec![(path.to_owned(), text.to_owned())]);
    let version = version([(path, text)]);
    let drafts = Drafts { runbooks: draft.clone().into_iter().collect(), ..Drafts::default() };
    let mode = Mode::Alone { known: None };
    let compiled = compile(Input { drafts, version: version.clone(), mode, now: None, repositories: Vec::new() });
    let elsewhere = [Code::Unresolved, Code::DeadLink, Code::NobodyHolds];
    findings.extend(compiled.findings.into_iter().filter(|finding| !elsewhere.contains(&finding.code)));
    findings.sort_by_key(|finding| (finding.place, finding.level, finding.code));
    let runbook = draft.map(|draft| Runbook { findings: remarks(&findings, &files, path), ..draft.runbook });
    (runbook, Report { findings, omitted: 0, files, summary: compiled.summary, version })
}

/// The findings in one file, with their places as people write them.
pub(crate) fn remarks(findings: &[Finding], files: &Files, path: &str) -> Vec<Remark> {
    let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    let of_file = findings.iter().filter_map(|finding| {
        let position = files.position(finding.place?).filter(|position| position.path == path)?;
        let message = match finding.label.as_str() {
            "" => finding.message.clone(),
            label => format!("{}: {label}", finding.message),
        };
        Some(Remark {
            level: finding.level,
            code: finding.code,
            message,
            help: finding.help.clone(),
            line: number(position.line),
            column: number(position.column),
        })
    });
    of_file.collect()
}
