//! What a check found.

use std::fmt;

/// One untidy place: where, what is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, relative to the root of the repository, with `/`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, without a full stop.
    pub what: String,
    /// What to do about it, without a full stop.
    pub help: String,
}

impl Finding {
    /// Says what is wrong at a line of a file, and what to do.
    pub fn new(file: &str, line: usize, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into(), help: help.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.what)?;
        writeln!(f, "  --> {}:{}", self.file, self.line)?;
        write!(f, "  = help: {}", self.help)
    }
}
