//! Reading `ops/` folders from disk.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use wheelhouse_core::catalog::{FOLDERS, path_in};
use wheelhouse_wire::catalog::is_catalog_file;

/// The most files one repository may hold.
pub(crate) const MOST_FILES: usize = 20_000;
/// The largest file that is read, in bytes.
pub(crate) const LARGEST_FILE: u64 = 4 << 20;
/// How deep folders may lie in each other.
const DEEPEST: usize = 32;

/// The folder below which every Markdown file is a runbook.
const RUNBOOKS: &str = "runbooks";

/// What the folders hold that matters to the hub.
#[derive(Clone, Debug, Default)]
pub struct OpsFiles {
    /// Catalog documents and runbooks: path and text, in order of path.
    pub catalog: Vec<(String, String)>,
    /// Policies: path and text, in order of path.
    pub policies: Vec<(String, String)>,
}

/// Why a folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The disk said no.
    #[error("cannot read {}: {source}; expected a folder with YAML documents", path.display())]
    Io {
        /// What was to be read.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// A file is no text.
    #[error("{} is not UTF-8 text; save it as UTF-8", .0.display())]
    NotText(PathBuf),
    /// A limit.
    #[error("{}: more than {what}; point `--ops` at a smaller folder", path.display())]
    TooMuch {
        /// Where.
        path: PathBuf,
        /// Of what.
        what: String,
    },
}

/// Reads the catalog documents, runbooks and policies below `folders`. Hidden folders are left out.
pub fn read_ops(folders: &[PathBuf]) -> Result<OpsFiles, FilesError> {
    let mut files = OpsFiles::default();
    for (path, text) in read_files(folders)? {
        let path = path_in(FOLDERS, &path);
        let list = if is_policy(&path) { &mut files.policies } else { &mut files.catalog };
        list.push((path, text));
    }
    files.catalog.sort();
    files.catalog.dedup();
    files.policies.sort();
    files.policies.dedup();
    Ok(files)
}

/// Reads the files below `folders` that count: paths as they lie on the disk, and texts.
pub(crate) fn read_files(folders: &[PathBuf]) -> Result<Vec<(String, String)>, FilesError> {
    list(folders)?.iter().map(|listed| read(&listed.path)).collect()
}

/// What changes whenever a file below `folders` that counts does: names, sizes, and the file system's
/// own stamps, which an edit cannot leave as they were.
pub(crate) fn stamps(folders: &[PathBuf]) -> Result<Vec<(PathBuf, [i64; 6])>, FilesError> {
    Ok(list(folders)?.into_iter().map(|Listed { path, stamp }| (path, stamp)).collect())
}

/// Whether a path within a repository is one that counts: a document, a runbook or a policy that lies in no
/// hidden folder.
pub(crate) fn is_wanted(path: &str) -> bool {
    // A policy lies where a document may.
    path.strip_suffix(".cedar").map_or_else(|| is_catalog_file(path), |stem| is_catalog_file(&format!("{stem}.yaml")))
}

/// Whether a path is that of a policy.
pub(crate) fn is_policy(path: &str) -> bool {
    path.ends_with(".cedar")
}

/// A file that counts.
struct Listed {
    path: PathBuf,
    stamp: [i64; 6],
}

fn list(folders: &[PathBuf]) -> Result<Vec<Listed>, FilesError> {
    let mut files = Vec::new();
    for folder in folders {
        let is_runbooks = folder.file_name().is_some_and(|name| name == RUNBOOKS);
        walk(folder, 0, is_runbooks, &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(path: &Path, depth: usize, in_runbooks: bool, files: &mut Vec<Listed>) -> Result<(), FilesError> {
    let failed = |source| FilesError::Io { path: path.to_owned(), source };
    if depth > DEEPEST {
        return Err(FilesError::TooMuch { path: path.to_owned(), what: format!("{DEEPEST} folders in each other") });
    }
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_file() {
        return take(path, &metadata, in_runbooks, files);
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    entries.sort();
    for entry in entries {
        let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_link = fs::symlink_metadata(&entry).is_ok_and(|metadata| metadata.file_type().is_symlink());
        let passed_over = name.starts_with('.') || matches!(name.as_str(), "node_modules" | "target");
        let leads_elsewhere = is_link && entry.is_dir();
        if !passed_over && !leads_elsewhere {
            walk(&entry, depth + 1, in_runbooks || name == RUNBOOKS, files)?;
        }
    }
    Ok(())
}

fn take(path: &Path, metadata: &fs::Metadata, in_runbooks: bool, files: &mut Vec<Listed>) -> Result<(), FilesError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let known = if in_runbooks { format!("{RUNBOOKS}/{name}") } else { name.clone() };
    if !is_policy(&name) && !is_catalog_file(&known) {
        return Ok(());
    }
    if metadata.len() > LARGEST_FILE {
        return Err(FilesError::TooMuch { path: path.to_owned(), what: format!("{LARGEST_FILE} bytes") });
    }
    if files.len() >= MOST_FILES {
        return Err(FilesError::TooMuch { path: path.to_owned(), what: format!("{MOST_FILES} files") });
    }
    let (size, inode) = (metadata.size().cast_signed(), metadata.ino().cast_signed());
    let (mtime, ctime) = ((metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec()));
    files.push(Listed { path: path.to_owned(), stamp: [size, inode, mtime.0, mtime.1, ctime.0, ctime.1] });
    Ok(())
}

fn read(path: &Path) -> Result<(String, String), FilesError> {
    let bytes = fs::read(path).map_err(|source| FilesError::Io { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes).map_err(|_| FilesError::NotText(path.to_owned()))?;
    Ok((path.to_string_lossy().into_owned(), text))
}
