//! Why a backup could not be made, or nothing was restored from one.

use std::io;
use std::path::{Path, PathBuf};

use wheelhouse_core::record::Contradiction;
use wheelhouse_store::StoreError;

use crate::keys::KeyError;
use crate::verify::VerifyError;

/// Why a backup could not be made, or nothing was restored from one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The disk said no.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was to be done.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// There is no hub's data.
    #[error("{} has no {}; expected the folder that `wheelhouse serve --data` names", .0.display(), crate::serve::DATABASE)]
    NoData(PathBuf),
    /// The disk is too full.
    #[error("{} has {free} bytes free, and {needed} are needed; make room, or name another place", folder.display())]
    NoRoom {
        /// The folder.
        folder: PathBuf,
        /// How much is free.
        free: u64,
        /// How much is needed.
        needed: u64,
    },
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The backup is not what was made.
    #[error("{} is damaged: {place}: expected {expected}, found {found}; take another backup", path.display())]
    Damaged {
        /// The backup.
        path: PathBuf,
        /// Where in it.
        place: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The record in the data, or in the backup, does not verify.
    #[error("the record in {} does not verify; {} things are wrong", folder.display(), problems.len())]
    Unsound {
        /// Where it was looked at.
        folder: PathBuf,
        /// What is wrong.
        problems: Vec<String>,
    },
    /// The backup is of another form.
    #[error("this is a backup of the form `{found}`; this release knows `{known}`; use the release that made it")]
    Form {
        /// Its form.
        found: String,
        /// The form that is known.
        known: &'static str,
    },
    /// The backup is of a later release.
    #[error(
        "release {program} made this backup, with schema {schema}; this release knows schemas up to {known}; restore it with that release or a later one"
    )]
    Newer {
        /// The release that made it.
        program: String,
        /// Its schema.
        schema: u32,
        /// The latest schema known.
        known: u32,
    },
    /// The folder is not empty.
    #[error("{} is not empty: it has `{found}`; a restore takes a folder that is new or empty", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
        /// What is in it.
        found: String,
    },
    /// The backup has no keys.
    #[error("this backup was made without keys; give the folder that holds record.key and link.key with `--keys`")]
    NoKeys,
    /// A checkpoint that was kept is of the same log, and not of this record.
    #[error("the checkpoint kept in {} contradicts this record: {why}; it is not a backup of that log", kept.display())]
    Contradicted {
        /// Where it was kept.
        kept: PathBuf,
        /// How.
        why: Contradiction,
    },
    /// The new log cannot have a name.
    #[error("`{0}` is too long to be a record's origin")]
    Origin(String),
}

impl BackupError {
    /// Says what was to be done when the disk said no.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

impl From<VerifyError> for BackupError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Store(error) => Self::Store(error),
            VerifyError::Key(error) => Self::Key(error),
        }
    }
}
