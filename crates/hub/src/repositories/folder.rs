//! Folders: read again whenever something in them has changed and come to rest.

use std::path::{Path, PathBuf};

use wheelhouse_core::catalog::{Authored, FOLDERS, Revision, path_in, version};
use wheelhouse_core::name::RepositoryName;

use super::snapshot::Snapshot;
use crate::files::{FilesError, read_files, stamps};

/// What changes whenever a file does.
pub(super) type Stamps = Vec<(PathBuf, [i64; 6])>;

/// Looks at folders without reading them.
pub(super) fn look(folders: &[PathBuf]) -> Result<Stamps, FilesError> {
    stamps(folders)
}

/// Reads folders. Files of folders without a name keep their own paths; those of a named repository
/// are known by their paths within its folder.
pub(super) fn read(name: &RepositoryName, folders: &[PathBuf]) -> Result<Snapshot, FilesError> {
    let known = |path: String| {
        let within = folders.iter().find_map(|folder| Path::new(&path).strip_prefix(folder).ok());
        let within = within.filter(|within| name.as_str() != FOLDERS && !within.as_os_str().is_empty());
        let within = within.map(|within| within.to_string_lossy().into_owned());
        path_in(name.as_str(), &within.unwrap_or(path))
    };
    let files: Vec<(String, String)> =
        read_files(folders)?.into_iter().map(|(path, text)| (known(path), text)).collect();
    let revision = version(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let revision = Revision { repository: name.clone(), revision, committed_at: None, signature: None };
    Ok(Snapshot::new(Authored { revision, author: None, subject: None, history: None }, files, Vec::new()))
}
