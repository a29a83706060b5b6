//! What a copy of the database is about.

use super::Readers;
use crate::StoreError;
use crate::tables::rows::uint;

const LAST_COMMIT: &str = "SELECT coalesce(max(commit_seq), 0) FROM commits";

impl Readers {
    /// The last commit's sequence; 0 where there was none.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub fn last_commit(&self) -> Result<u64, StoreError> {
        let connection = self.connection()?;
        let last = connection.query_row(LAST_COMMIT, (), |row| row.get(0))?;
        uint("commits", "commit_seq", last)
    }
}
