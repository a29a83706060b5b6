//! Everything that came of a load, ready to be shown.

use std::fmt;
use std::sync::Arc;

use wheelhouse_core::catalog::{
    Catalog, Compiled, Finding, Input, KnownNames, Level, Mode, Summary, compile, repository_of,
};
use wheelhouse_core::time::Timestamp;

use super::files::Files;
use super::limits::MOST_FINDINGS;
use super::load::{Loaded, load};
use super::render;
use crate::runbook::remarks;

/// What is wrong with a catalog, what it consists of, and the text that it was read from.
#[derive(Clone, Debug)]
pub struct Report {
    /// What is wrong, in order of place; at most [`MOST_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many findings were left out; errors are kept before warnings.
    pub omitted: usize,
    /// The files to which the places refer.
    pub files: Files,
    /// How many documents of each kind were read.
    pub summary: Summary,
    /// The version of the files.
    pub version: String,
}

/// Reads and compiles files: path and content of each, in any order.
///
/// The catalog is there only in [`Mode::Whole`] and without errors. With `now`, schedules are looked
/// at for times in the coming 90 days at which nobody would be paged.
pub fn compile_files(files: Vec<(String, String)>, mode: Mode, now: Option<Timestamp>) -> (Option<Catalog>, Report) {
    compile_loaded(load(files), mode, now)
}

/// Compiles what was loaded before.
pub fn compile_loaded(loaded: Loaded, mode: Mode, now: Option<Timestamp>) -> (Option<Catalog>, Report) {
    let Loaded { drafts, mut findings, files, version } = loaded;
    let readable = findings.iter().all(|finding| finding.level != Level::Error);
    let repositories = files.iter().map(|(path, _)| repository_of(path).to_owned()).collect();
    let input = Input { drafts, version: version.clone(), mode, now, repositories };
    let Compiled { catalog, findings: more, summary } = compile(input);
    findings.extend(more);
    let count = findings.len();
    if count > MOST_FINDINGS {
        findings.sort_by_key(|finding| finding.level);
        findings.truncate(MOST_FINDINGS);
    }
    findings.sort_by_key(|finding| (finding.place, finding.level, finding.code));
    let omitted = count - findings.len();
    let mut catalog = catalog.filter(|_| readable);
    for runbook in catalog.iter_mut().flat_map(|catalog| catalog.runbooks.values_mut()) {
        Arc::make_mut(runbook).findings = remarks(&findings, &files, &runbook.path);
    }
    (catalog, Report { findings, omitted, files, summary, version })
}

impl Report {
    /// How many findings shown are of a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// Whether anything keeps the catalog from being used.
    pub fn has_errors(&self) -> bool {
        self.count(Level::Error) > 0
    }

    /// The findings for people, each with the lines that it is about.
    pub fn render_text(&self, colour: bool) -> String {
        render::text(self, colour)
    }

    /// The findings as one JSON document.
    pub fn render_json(&self) -> String {
        render::json(self)
    }

    /// The findings as workflow commands of GitHub Actions.
    pub fn render_github(&self) -> String {
        render::github(self)
    }

    /// The findings as SARIF 2.1.0 (OASIS).
    pub fn render_sarif(&self) -> String {
        render::sarif(self)
    }
}

/// Says why a text is no list of known names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadKnownNames(String);

impl fmt::Display for BadKnownNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is not a catalog.json ({}); expected what a hub serves as its catalog's names", self.0)
    }
}

impl std::error::Error for BadKnownNames {}

/// Reads the names that the rest of the catalog defines, from a `catalog.json`.
///
/// # Errors
/// Says where the text is not such a document.
pub fn known_names(json: &str) -> Result<KnownNames, BadKnownNames> {
    serde_json::from_str(json).map_err(|error| BadKnownNames(error.to_string()))
}
