//! What went wrong, for a person to act on.

use std::fmt;
use std::io;
use std::path::Path;

/// A result that fails with [`Trouble`].
pub type Result<T> = std::result::Result<T, Trouble>;

/// A failure in words: what happened, and what to do about it.
#[derive(Debug)]
pub struct Trouble {
    what: String,
    help: String,
}

impl Trouble {
    /// Says what happened and what to do; both without a full stop.
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }

    /// A file or folder that could not be used.
    pub fn file(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(
            format!("cannot {doing} {}: {error}", path.display()),
            "check who owns the folder and whether the disk is full",
        )
    }

    /// Somebody pressed Ctrl-C while something was under way.
    pub fn interrupted() -> Self {
        Self::new("interrupted before everything was ready", "start it again when you like; nothing is left over")
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\n  = help: {}", self.what, self.help)
    }
}
