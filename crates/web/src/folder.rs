//! The files from a folder instead, for those who work on the app.

use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::assets::{Assets, Bytes};

/// The most files that an app may have.
const MOST_FILES: usize = 5_000;
/// The largest file, in bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// Why a folder cannot be served.
#[derive(Debug)]
pub enum FolderError {
    /// Something in it cannot be read.
    Unreadable {
        /// What.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// It holds no `index.html`.
    NoPage(PathBuf),
    /// It holds too many files, or one that is too large.
    TooMuch(PathBuf),
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, .. } => write!(f, "cannot read {} of the web app", path.display()),
            Self::NoPage(path) => {
                write!(f, "{} is no web app: it has no index.html; `npm run build` makes web/dist", path.display())
            }
            Self::TooMuch(path) => write!(
                f,
                "{} is no web app: expected at most {MOST_FILES} files of at most {LARGEST_FILE} bytes",
                path.display()
            ),
        }
    }
}

impl std::error::Error for FolderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            Self::NoPage(_) | Self::TooMuch(_) => None,
        }
    }
}

impl Assets {
    /// Reads an app from a folder, once.
    ///
    /// # Errors
    /// Says what cannot be read, or why the folder is no app.
    pub fn from_folder(folder: &Path) -> Result<Self, FolderError> {
        let mut files = Vec::new();
        gather(folder, folder, "", &mut files)?;
        let assets = Self::of(files.into_iter());
        if assets.is_empty() { Err(FolderError::NoPage(folder.to_owned())) } else { Ok(assets) }
    }
}

/// Adds every file below a folder, by its path with `/`. Symbolic links are not followed.
fn gather(root: &Path, folder: &Path, prefix: &str, files: &mut Vec<(String, Bytes)>) -> Result<(), FolderError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| FolderError::Unreadable { path, source }
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let entry = entry.map_err(failed(folder))?;
        let (kind, place) = (entry.file_type().map_err(failed(folder))?, entry.path());
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        let path = format!("{prefix}{name}");
        if kind.is_dir() {
            gather(root, &place, &format!("{path}/"), files)?;
        } else if kind.is_file() && !name.starts_with('.') {
            let length = entry.metadata().map_err(failed(&place))?.len();
            if files.len() >= MOST_FILES || length > LARGEST_FILE {
                return Err(FolderError::TooMuch(root.to_owned()));
            }
            files.push((path, Cow::Owned(fs::read(&place).map_err(failed(&place))?)));
        }
    }
    Ok(())
}
