//! Reading `ops/` folders from disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wheelhouse_wire::catalog::is_catalog_file;

/// The most files one folder may hold.
const MOST_FILES: usize = 20_000;
/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 4 << 20;
/// How deep folders may lie in each other.
const DEEPEST: usize = 32;

/// What the folders hold that matters to the hub.
#[derive(Clone, Debug, Default)]
pub struct OpsFiles {
    /// Catalog documents: path and text, in order of path.
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

/// Reads the catalog documents and policies below `folders`. Hidden folders are left out.
pub fn read_ops(folders: &[PathBuf]) -> Result<OpsFiles, FilesError> {
    let mut files = OpsFiles::default();
    for folder in folders {
        walk(folder, 0, &mut files)?;
    }
    files.catalog.sort();
    files.catalog.dedup();
    files.policies.sort();
    files.policies.dedup();
    Ok(files)
}

fn walk(path: &Path, depth: usize, files: &mut OpsFiles) -> Result<(), FilesError> {
    let failed = |source| FilesError::Io { path: path.to_owned(), source };
    if depth > DEEPEST {
        return Err(FilesError::TooMuch { path: path.to_owned(), what: format!("{DEEPEST} folders in each other") });
    }
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_file() {
        return take(path, metadata.len(), files);
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
            walk(&entry, depth + 1, files)?;
        }
    }
    Ok(())
}

fn take(path: &Path, size: u64, files: &mut OpsFiles) -> Result<(), FilesError> {
    let shown = path.to_string_lossy().into_owned();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_policy = name.ends_with(".cedar");
    if !is_policy && !is_catalog_file(&name) {
        return Ok(());
    }
    if size > LARGEST_FILE {
        return Err(FilesError::TooMuch { path: path.to_owned(), what: format!("{LARGEST_FILE} bytes") });
    }
    let bytes = fs::read(path).map_err(|source| FilesError::Io { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes).map_err(|_| FilesError::NotText(path.to_owned()))?;
    let list = if is_policy { &mut files.policies } else { &mut files.catalog };
    if list.len() >= MOST_FILES {
        return Err(FilesError::TooMuch { path: path.to_owned(), what: format!("{MOST_FILES} files") });
    }
    list.push((shown, text));
    Ok(())
}
