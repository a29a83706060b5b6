//! What one look at a repository found.

use wheelhouse_core::catalog::{Authored, version};

/// The files of one version of a repository.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// Which version, and whose.
    pub(crate) authored: Authored,
    /// Documents and policies: paths as the whole catalog knows them, and texts, in order of path.
    pub(crate) files: Vec<(String, String)>,
    /// What says whether two snapshots hold the same.
    pub(crate) content: String,
    /// What was passed over, in words.
    pub(crate) warnings: Vec<String>,
}

/// Why a look gave no snapshot.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    /// The repository cannot be read now; nothing is known of what it holds.
    #[error("{0}")]
    Unreachable(String),
    /// It can, and holds something that no catalog is made of.
    #[error("{}", .0.why)]
    Unfit(Box<Unfit>),
}

/// A version that no catalog is made of.
#[derive(Clone, Debug)]
pub(crate) struct Unfit {
    /// Which version, and whose.
    pub(crate) authored: Authored,
    /// Why.
    pub(crate) why: String,
}

impl Snapshot {
    /// Takes files in any order.
    pub(crate) fn new(authored: Authored, mut files: Vec<(String, String)>, warnings: Vec<String>) -> Self {
        files.sort();
        files.dedup();
        let content = content_of(&files);
        Self { authored, files, content, warnings }
    }
}

/// The digest of a repository's files.
pub(crate) fn content_of(files: &[(String, String)]) -> String {
    version(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

impl From<Unfit> for LookError {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(Box::new(unfit))
    }
}
