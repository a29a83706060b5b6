//! Findings for people, in the house's one shape.

use std::collections::BTreeMap;

use codespan_reporting::diagnostic::{Diagnostic, Label, Severity};
use codespan_reporting::files::SimpleFiles;
use codespan_reporting::term::termcolor::Buffer;
use codespan_reporting::term::{Config, Styles, StylesWriter, emit_into_string, emit_to_write_style};
use wheelhouse_core::catalog::{Finding, Level, Place};

use super::super::report::Report;

/// Every finding, with an empty line between two of them.
pub(in super::super) fn text(report: &Report, colour: bool) -> String {
    let mut shelf = Shelf { report, files: SimpleFiles::new(), ids: BTreeMap::new() };
    let config = Config { before_label_lines: 0, after_label_lines: 0, ..Config::default() };
    let mut parts: Vec<String> = report.findings.iter().map(|finding| shelf.render(finding, &config, colour)).collect();
    if report.omitted > 0 {
        parts.push(format!("{} more findings are not shown\n", report.omitted));
    }
    parts.join("\n")
}

/// The files that findings are about, each prepared once.
struct Shelf<'r> {
    report: &'r Report,
    files: SimpleFiles<String, String>,
    ids: BTreeMap<u32, usize>,
}

impl Shelf<'_> {
    fn render(&mut self, finding: &Finding, config: &Config, colour: bool) -> String {
        let severity = match finding.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
        };
        let mut diagnostic = Diagnostic::new(severity).with_message(visible(&finding.message));
        if let Some(label) = finding.place.and_then(|place| self.label(place, &finding.label, Label::primary)) {
            diagnostic = diagnostic.with_label(label);
        }
        for (place, part) in &finding.related {
            diagnostic = diagnostic.with_labels_iter(self.label(*place, part, Label::secondary));
        }
        if let Some(note) = self.unshown(finding) {
            diagnostic = diagnostic.with_note(note);
        }
        if let Some(help) = &finding.help {
            diagnostic = diagnostic.with_note(format!("help: {}", visible(help)));
        }
        let rendered = if colour {
            let styles = Styles::default();
            let mut buffer = Buffer::ansi();
            emit_to_write_style(&mut StylesWriter::new(&mut buffer, &styles), config, &self.files, &diagnostic)
                .map(|()| String::from_utf8_lossy(buffer.as_slice()).into_owned())
        } else {
            emit_into_string(config, &self.files, &diagnostic)
        };
        rendered.map_or_else(|_| format!("{}: {}\n", finding.level, visible(&finding.message)), |text| tight(&text))
    }

    /// Where a finding is, in words, if its line is too long to be shown.
    fn unshown(&self, finding: &Finding) -> Option<String> {
        let place = finding.place?;
        let (_, content) = self.report.files.get(place.file).filter(|(_, content)| is_unreadable(content, place))?;
        let at = self.report.files.position(place).filter(|_| !content.is_empty())?;
        Some(format!("at {}:{}:{}: {}", visible(at.path), at.line, at.column, visible(&finding.label)))
    }

    fn label(
        &mut self,
        place: Place,
        text: &str,
        make: fn(usize, std::ops::Range<usize>) -> Label<usize>,
    ) -> Option<Label<usize>> {
        let (path, content) = self.report.files.get(place.file)?;
        if is_unreadable(content, place) {
            return None;
        }
        let files = &mut self.files;
        let id = *self.ids.entry(place.file).or_insert_with(|| files.add(visible(path), harmless(content)));
        let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
        Some(make(id, at(place.start)..at(place.end)).with_message(visible(text)))
    }
}

/// The longest line that is shown, in bytes.
const LONGEST_LINE: usize = 400;

/// Whether the line of a place is too long for a person to find anything in it.
fn is_unreadable(content: &str, place: Place) -> bool {
    let start = usize::try_from(place.start).unwrap_or(usize::MAX).min(content.len());
    let (before, after) = content.as_bytes().split_at(start);
    let left = before.iter().rev().take_while(|byte| **byte != b'\n').count();
    let right = after.iter().take_while(|byte| **byte != b'\n').count();
    left + right > LONGEST_LINE
}

/// Without the lines that are only border.
fn tight(text: &str) -> String {
    let border_only = |line: &str| {
        let mut bare = String::new();
        let mut escaped = false;
        for c in line.chars() {
            match c {
                '\u{1b}' => escaped = true,
                'm' if escaped => escaped = false,
                _ if escaped => {}
                _ => bare.push(c),
            }
        }
        let bare = bare.trim();
        bare.is_empty() || bare == "│"
    };
    let mut out = String::with_capacity(text.len());
    for line in text.lines().filter(|line| !border_only(line)) {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Whether a character could do something to a terminal, or make text look like other text.
fn is_harmful(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A message without characters that do something to a terminal.
fn visible(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) || c == '\n' || c == '\t' { ' ' } else { c }).collect()
}

/// A source without such characters, of the same length in bytes.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmful(c) && c != '\r' {
            out.extend(std::iter::repeat_n('?', c.len_utf8()));
        } else {
            out.push(c);
        }
    }
    out
}
