//! The files of the repository, read once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

/// What is made, fetched, found or run, not written: paths, and names that may stand anywhere.
const SKIPPED: (&[&str], &[&str]) = (&[".git", ".run", "target", "web/dist", "fuzz/corpus"], &["node_modules"]);

/// A file above this size, in bytes, is data: only its name is known.
const LARGEST_TEXT: u64 = 2 * 1024 * 1024;

/// Every file below a folder, by its path with `/`; the texts are kept.
#[derive(Debug, Default)]
pub struct Tree {
    texts: BTreeMap<String, String>,
    paths: BTreeSet<String>,
}

impl Tree {
    /// Reads what lies below `root`. Symbolic links are not followed.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    /// A tree of these texts, for tests.
    #[cfg(test)]
    pub fn of(texts: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in texts {
            tree.paths.insert((*path).to_owned());
            tree.texts.insert((*path).to_owned(), (*text).to_owned());
        }
        tree
    }

    /// Every text with its path, in the order of the paths.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text at `path`.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Whether a file or a folder lies at `path`.
    pub fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let below = format!("{path}/");
        path.is_empty()
            || self.paths.contains(path)
            || self.paths.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below))
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let kind = entry.file_type()?;
            let path = format!("{prefix}{name}");
            let skipped = SKIPPED.0.contains(&path.as_str()) || SKIPPED.1.contains(&name.as_str());
            if kind.is_dir() && !skipped {
                self.read_folder(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() && !name.ends_with(".log") {
                self.read_file(&entry.path(), path)?;
            }
        }
        Ok(())
    }

    /// A file that went away since its folder was listed is not an error: editors do that.
    fn read_file(&mut self, file: &Path, path: String) -> io::Result<()> {
        let bytes = match fs::metadata(file) {
            Ok(known) if known.len() > LARGEST_TEXT => Vec::new(),
            Ok(_) => fs::read(file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if let Ok(text) = String::from_utf8(bytes) {
            self.texts.insert(path.clone(), text);
        }
        self.paths.insert(path);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_made_is_not() -> io::Result<()> {
        let root = tempfile::tempdir()?;
        let texts = ["README.md", "crates/a/src/target/lib.rs", "target/made.rs", "web/node_modules/x.ts", "run.log"];
        for path in texts {
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().expect("every path above lies in a folder"))?;
            fs::write(file, path)?;
        }
        fs::write(root.path().join("picture.png"), [0xff, 0x00])?;
        let tree = Tree::read(root.path())?;
        let read: Vec<&str> = tree.texts().map(|(path, _)| path).collect();
        assert_eq!(read, ["README.md", "crates/a/src/target/lib.rs"]);
        assert!(tree.has("picture.png") && tree.has("crates/a/") && tree.has("crates/a/src"));
        assert!(!tree.has("crates/b") && !tree.has("target") && !tree.has("picture"));
        Ok(())
    }
}
