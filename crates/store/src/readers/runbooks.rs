//! Versions of a runbook: what its file was in every catalog that was in force.

use crate::sql::params;
use wheelhouse_core::runbook::RunbookHash;

use super::{Readers, bound};
use crate::tables::rows::{entry, entry_columns, uint};
use crate::{StoreError, StoredEntry};

/// The most adoptions that are looked through, the latest.
const MOST_ADOPTIONS: i64 = 10_000;

/// A version of one file of the catalog.
#[derive(Clone, Debug)]
pub struct FileVersion {
    /// What its bytes are known by.
    pub hash: RunbookHash,
    /// The version of the catalog that brought it.
    pub catalog: String,
    /// The commit that brought it.
    pub commit: u64,
    /// The entry that says so.
    pub entry: Option<StoredEntry>,
}

pub(crate) const CONTENTS: &str = "SELECT f.content, c.version, c.commit_seq FROM catalog_files f \
     JOIN catalogs c ON c.version = f.version WHERE f.path = ?1 ORDER BY c.commit_seq DESC LIMIT ?2";
pub(crate) const ADOPTION: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM entries WHERE seq >= (SELECT first_entry FROM commits WHERE commit_seq = ?1) \
     AND seq < (SELECT first_entry + entries FROM commits WHERE commit_seq = ?1) AND kind = 'catalog_adopted'"
);

impl Readers {
    /// The versions of the file at a path of the catalog, newest first: each from the first of the catalogs in a row
    /// that had it.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub fn file_versions(&self, path: &str) -> Result<Vec<FileVersion>, StoreError> {
        let connection = self.connection()?;
        let mut versions: Vec<FileVersion> = Vec::new();
        let mut select = connection.prepare_cached(CONTENTS)?;
        let mut rows = select.query(params![path, MOST_ADOPTIONS])?;
        while let Some(row) = rows.next()? {
            let hash = RunbookHash::of(&row.text(0)?);
            let (catalog, commit): (String, u64) = (row.get(1)?, uint("catalogs", "commit_seq", row.get(2)?)?);
            // Rows come newest first: an older catalog with the same content is where it came from.
            match versions.last_mut().filter(|last| last.hash == hash) {
                Some(last) => (last.catalog, last.commit) = (catalog, commit),
                None => versions.push(FileVersion { hash, catalog, commit, entry: None }),
            }
        }
        let mut select = connection.prepare_cached(ADOPTION)?;
        for version in &mut versions {
            let mut rows = select.query([bound(version.commit)])?;
            version.entry = rows.next()?.as_ref().map(entry).transpose()?;
        }
        Ok(versions)
    }

    /// The content of the file at a path of the catalog, in the version with a hash.
    ///
    /// # Errors
    /// See [`file_versions`](Self::file_versions).
    pub fn file_content(&self, path: &str, hash: &RunbookHash) -> Result<Option<String>, StoreError> {
        let connection = self.connection()?;
        let mut select = connection.prepare_cached(CONTENTS)?;
        let mut rows = select.query(params![path, MOST_ADOPTIONS])?;
        while let Some(row) = rows.next()? {
            let content = row.text(0)?;
            if RunbookHash::of(&content) == *hash {
                return Ok(Some(content.into_owned()));
            }
        }
        Ok(None)
    }
}
