//! What is wrong with policies, said so that it can be mended: file, line, and what was expected.

use std::fmt;

use cedar_policy::ffi::DetailedError;

/// The most faults that are named at once.
const MOST_FAULTS: usize = 50;

/// Policies that cannot be used, and everything that is wrong with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BadPolicies {
    /// One fault each; never empty when returned.
    pub faults: Vec<BadPolicy>,
    /// How many faults are left out.
    pub more: usize,
}

/// One fault in a policy text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPolicy {
    /// The file.
    pub path: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// The column in characters, from 1, where it is known.
    pub column: Option<usize>,
    /// The text of that line.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl BadPolicies {
    /// Notes a fault.
    pub(super) fn push(&mut self, fault: BadPolicy) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        } else {
            self.more += 1;
        }
    }

    /// Whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }
}

impl BadPolicy {
    /// A fault at a byte offset of a file's text; of the file as a whole where there is no offset.
    pub(super) fn at(path: &str, text: &str, offset: Option<usize>, message: String, help: Option<String>) -> Self {
        let before = offset.map(|offset| text.get(..offset).unwrap_or(text));
        let line = before.map(|before| before.matches('\n').count() + 1);
        let column = before.map(|before| before.rsplit('\n').next().unwrap_or("").chars().count() + 1);
        let shown = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or("");
        Self { path: path.to_owned(), line, column, text: shown.to_owned(), message, help }
    }

    /// A fault as Cedar reports it. `whence` is where the policy starts, for faults without a place.
    pub(super) fn from_cedar(path: &str, text: &str, whence: Option<usize>, error: &DetailedError) -> Self {
        let place = error.source_locations.first();
        let offset = place.map(|label| label.loc.start).or(whence);
        let label = place.and_then(|label| label.label.as_deref()).filter(|label| !error.message.contains(label));
        let message = match label {
            Some(label) => format!("{}: {label}", error.message),
            None => error.message.clone(),
        };
        Self::at(path, text, offset, message, error.help.clone())
    }
}

impl fmt::Display for BadPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        let number = self.line.map(|line| line.to_string()).unwrap_or_default();
        let margin = " ".repeat(number.len());
        match (self.line, self.column) {
            (Some(line), Some(column)) => {
                write!(f, "\n{margin} ┌─ {}:{line}:{column}", self.path)?;
                write!(f, "\n{number} │ {}", self.text)?;
                write!(f, "\n{margin} │ {}^", " ".repeat(column - 1))?;
            }
            _ => write!(f, "\n{margin} ┌─ {}", self.path)?,
        }
        match &self.help {
            Some(help) => write!(f, "\n{margin} = help: {help}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for BadPolicies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            write!(f, "{}{fault}", if index > 0 { "\n" } else { "" })?;
        }
        if self.more > 0 {
            write!(f, "\n… and {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for BadPolicies {}
