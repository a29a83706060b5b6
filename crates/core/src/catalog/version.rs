//! The version of a catalog, and how much is in it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use sha2::{Digest, Sha256};

use super::draft::Drafts;
use super::kind::Kind;
use super::model::Catalog;

/// The version of a set of sources: lower-case hexadecimal SHA-256 over them in order of path, each
/// as the length of its path and its content (64 bits, big-endian) and then both. The order in which
/// they are given does not matter.
pub fn version<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut files: Vec<(&str, &str)> = files.into_iter().collect();
    files.sort_unstable();
    let mut hash = Sha256::new();
    for (path, content) in files {
        for text in [path, content] {
            hash.update((text.len() as u64).to_be_bytes());
        }
        hash.update(path.as_bytes());
        hash.update(content.as_bytes());
    }
    let mut hex = String::with_capacity(64);
    for byte in hash.finalize() {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
    }
    hex
}

/// How many documents of each kind there are, and how many runbooks. Displays as `12 services, 1 team, 3 runbooks`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    counts: [usize; Kind::ALL.len()],
    runbooks: usize,
}

impl Summary {
    /// How many documents of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.counts.get(kind as usize).copied().unwrap_or(0)
    }

    /// How many runbooks there are.
    pub fn runbooks(&self) -> usize {
        self.runbooks
    }

    /// Counts what documents define.
    pub fn of_drafts(drafts: &Drafts) -> Self {
        let mut summary = Self { runbooks: drafts.runbooks.len(), ..Self::default() };
        for (kind, _) in drafts.names() {
            if let Some(count) = summary.counts.get_mut(kind as usize) {
                *count += 1;
            }
        }
        summary
    }
}

/// Counts what a catalog holds.
pub fn summary(catalog: &Catalog) -> Summary {
    Summary {
        counts: [
            1,
            catalog.teams.len(),
            catalog.people.len(),
            catalog.services.len(),
            catalog.schedules.len(),
            catalog.escalations.len(),
            catalog.audiences.len(),
            catalog.rules.len(),
            catalog.sources.len(),
            catalog.drills.len(),
            catalog.channels.len(),
            catalog.automations.iter().len(),
            catalog.runners.len(),
        ],
        runbooks: catalog.runbooks.len(),
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for kind in Kind::ALL {
            let count = self.count(kind);
            if count > 0 {
                write!(f, "{}{count} {}", if first { "" } else { ", " }, kind.noun(count))?;
                first = false;
            }
        }
        match self.runbooks {
            0 if first => f.write_str("nothing"),
            0 => Ok(()),
            1 => write!(f, "{}1 runbook", if first { "" } else { ", " }),
            count => write!(f, "{}{count} runbooks", if first { "" } else { ", " }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_sees_content_path_and_their_border_but_no_order() {
        let one = version([("a", "1"), ("b", "2")]);
        assert_eq!(one, version([("b", "2"), ("a", "1")]));
        assert_ne!(one, version([("a", "1"), ("b", "3")]));
        assert_ne!(one, version([("a", "1"), ("c", "2")]));
        assert_ne!(version([("ab", "c")]), version([("a", "bc")]));
        assert_eq!(version([]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
