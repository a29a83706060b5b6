//! Names of runbooks: `payments/drain-node`.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::catalog::{FOLDERS, repository_of};
use crate::name::{RepositoryName, is_name};

/// The longest part behind the slash, in bytes.
const LONGEST: usize = 120;
/// Stems that say nothing: the folder's name stands in for them.
const EMPTY_STEMS: [&str; 3] = ["_index", "index", "readme"];

/// The name of a runbook: where it belongs, and what it is called there. Capital letters count, because files
/// are often called as the alert is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunbookName {
    repository: RepositoryName,
    stem: Arc<str>,
}

/// Says why a text is no name of a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRunbookName(pub String);

impl RunbookName {
    /// Makes a name of its two parts.
    ///
    /// # Errors
    /// Where `stem` is empty, too long, or has anything but letters, digits, `-`, `_` and `.` in it.
    pub fn new(repository: RepositoryName, stem: &str) -> Result<Self, BadRunbookName> {
        let fits = stem.len() <= LONGEST
            && stem.chars().next().is_some_and(char::is_alphanumeric)
            && stem.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if fits { Ok(Self { repository, stem: stem.into() }) } else { Err(BadRunbookName(stem.into())) }
    }

    /// Reads `repository/stem`.
    ///
    /// # Errors
    /// Where it is of another form.
    pub fn parse(text: &str) -> Result<Self, BadRunbookName> {
        let bad = || BadRunbookName(text.into());
        let (repository, stem) = text.split_once('/').ok_or_else(bad)?;
        Self::new(RepositoryName::new(repository).map_err(|_| bad())?, stem)
    }

    /// The name that follows from a path of the whole catalog. A file of folders without a name belongs to the
    /// folder that its `ops` or `runbooks` lies in, so that it keeps its name when that becomes a repository.
    pub fn of_path(path: &str) -> Self {
        let repository = repository_of(path);
        let within = path.strip_prefix(repository).and_then(|rest| rest.strip_prefix(':')).unwrap_or(path);
        let folders = RepositoryName::new(FOLDERS).expect("the constant is a name");
        let repository = match repository {
            FOLDERS => home(within).and_then(|home| RepositoryName::new(home).ok()).unwrap_or(folders),
            name => RepositoryName::new(name).unwrap_or(folders),
        };
        Self { repository, stem: stem(within).into() }
    }

    /// Where it belongs: a repository, or for folders without a name the folder that it is in.
    pub fn repository(&self) -> &RepositoryName {
        &self.repository
    }

    /// What it is called there.
    pub fn stem(&self) -> &str {
        &self.stem
    }
}

/// The folder around `ops/runbooks` or `runbooks`.
fn home(path: &str) -> Option<&str> {
    let mut around = path.rsplit('/').skip_while(|part| *part != "runbooks").skip(1).peekable();
    around.next_if_eq(&"ops");
    around.next().filter(|part| is_name(part))
}

/// The file's name without its ending, with what no name has in it made into `-`.
fn stem(path: &str) -> String {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or(path);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let says_nothing = EMPTY_STEMS.contains(&stem.to_ascii_lowercase().as_str());
    let folder = parts.next().filter(|folder| says_nothing && *folder != "runbooks");
    let mut name = String::new();
    for c in folder.unwrap_or(stem).chars() {
        let fits = c.is_alphanumeric() || (matches!(c, '-' | '_' | '.') && !name.is_empty());
        match c {
            c if fits && name.len() + c.len_utf8() <= LONGEST => name.push(c),
            _ if fits || name.is_empty() || name.ends_with('-') || name.len() >= LONGEST => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { "runbook".into() } else { name.into() }
}

impl fmt::Display for RunbookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.repository, self.stem)
    }
}

impl fmt::Debug for RunbookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Serialize for RunbookName {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunbookName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for BadRunbookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no name of a runbook; expected letters, digits, `-`, `_` and `.`, at most {LONGEST} bytes, behind its repository and a slash",
            self.0.escape_debug()
        )
    }
}

impl core::error::Error for BadRunbookName {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_name_follows_from_the_path() {
        for (path, name) in [
            ("payments:ops/runbooks/drain.md", "payments/drain"),
            ("payments:ops/runbooks/etcd/_index.md", "payments/etcd"),
            ("payments:ops/runbooks/README.md", "payments/README"),
            ("examples/harbor/civil-registry/ops/runbooks/registry-read-only.md", "civil-registry/registry-read-only"),
            ("/srv/payments/runbooks/deep/er/KubePodCrashLooping.md", "payments/KubePodCrashLooping"),
            ("ops/runbooks/x.md", "folders/x"),
            ("runbooks/x.md", "folders/x"),
            ("/srv/Payments Team/ops/runbooks/x.md", "folders/x"),
            ("payments:runbooks/Disk is full (again)!.md", "payments/Disk-is-full-again"),
            ("payments:runbooks/..md", "payments/runbook"),
            ("payments:runbooks/Störung.md", "payments/Störung"),
        ] {
            let made = RunbookName::of_path(path);
            assert_eq!(made.to_string(), name);
            assert_eq!(RunbookName::parse(name), Ok(made));
        }
    }

    #[test]
    fn what_is_no_name() {
        for text in ["", "x", "a/", "/x", "a/b/c", "A/x", "a/-x", "a/x y", &alloc::format!("a/{}", "x".repeat(121))] {
            assert!(RunbookName::parse(text).is_err(), "{text}");
        }
    }
}
