//! What a verification found.

use std::fmt;

use super::shown::{Shown, differences};

/// The most problems that are told one by one.
const MOST_PROBLEMS: usize = 100;
/// The most of a value that is shown, in characters.
const LONGEST_SHOWN: usize = 300;

/// What was checked, and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Entries whose place, form, leaf and row were checked.
    pub entries: u64,
    /// Bodies whose digest was checked.
    pub bodies: u64,
    /// Bodies that were erased.
    pub erased: u64,
    /// Commits.
    pub commits: u64,
    /// Signals in the journal that were digested again.
    pub frames: u64,
    /// Cases compared with the fold.
    pub cases: u64,
    /// Messages compared with the fold.
    pub messages: u64,
    /// People not told, compared with the fold.
    pub not_told: u64,
    /// Tokens compared with the fold.
    pub tokens: u64,
    /// Signals whose row was digested again.
    pub signals: u64,
    /// Signals whose texts were erased.
    pub erased_signals: u64,
    /// Journals that were digested again.
    pub journals: u64,
    /// Journals that were erased.
    pub erased_journals: u64,
    /// Answers kept for repeated requests that were digested again.
    pub answers: u64,
    /// Attached files whose bytes were digested again.
    pub files: u64,
    /// Attached files that were erased.
    pub erased_files: u64,
    /// Whether the file is still to be rewritten without what was erased.
    pub rewrite_due: bool,
    /// What is wrong; empty if all is well.
    pub problems: Vec<Problem>,
    /// How many more problems there are than are told.
    pub more: u64,
}

impl Verification {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was checked.
    pub what: &'static str,
    /// Where: an entry, a row.
    pub place: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, place, expected, found } = self;
        write!(f, "{what} of {place}: expected {expected}, found {found}")
    }
}

/// A verification in the making.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) so_far: Verification,
}

impl Findings {
    /// Notes a problem unless the two are equal.
    pub(super) fn same<T: PartialEq + Shown>(
        &mut self,
        what: &'static str,
        place: impl fmt::Display,
        expected: T,
        found: T,
    ) {
        if expected != found {
            self.problem(what, place, expected.shown(), found.shown());
        }
    }

    /// Notes a problem unless a row's JSON is, to the byte, what it should be.
    pub(super) fn same_json(&mut self, place: impl fmt::Display, expected: &str, found: &str) {
        if expected != found {
            let (expected, found) = differences(expected, found);
            self.problem("the row", place, expected, found);
        }
    }

    /// Notes a problem.
    pub(super) fn problem(
        &mut self,
        what: &'static str,
        place: impl fmt::Display,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) {
        if self.so_far.problems.len() >= MOST_PROBLEMS {
            self.so_far.more += 1;
            return;
        }
        let (expected, found) = (shortened(&expected.to_string()), shortened(&found.to_string()));
        self.so_far.problems.push(Problem { what, place: place.to_string(), expected, found });
    }

    /// Hands over a value that was read, or notes that it cannot be read.
    pub(super) fn readable<T, E: fmt::Display>(
        &mut self,
        what: &'static str,
        place: impl fmt::Display,
        read: Result<T, E>,
    ) -> Option<T> {
        read.map_err(|error| self.problem(what, place, "something that can be read", error)).ok()
    }

    pub(super) fn done(self) -> Verification {
        self.so_far
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => text.get(..end).map_or_else(String::new, |start| format!("{start}…")),
        None => text.to_owned(),
    }
}
