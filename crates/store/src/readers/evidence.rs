//! What entries show about runbooks, up to an instant.

use crate::sql::Connection;
use wheelhouse_core::control::Evidence;
use wheelhouse_core::record::Canonical;
use wheelhouse_core::time::Timestamp;

use super::{Readers, read_catalog};
use crate::tables::rows::{damaged, uint};
use crate::{StoreError, StoredCatalog};

/// The kinds are those of `Evidence::KINDS`, in the words of the index.
pub(super) const EVIDENCE: &str = "SELECT seq, at, canonical FROM entries \
     WHERE kind IN ('catalog_adopted', 'runbook_version', 'run', 'automation') AND seq >= ?1 ORDER BY seq";

impl Readers {
    /// What the record shows at an instant: every entry about runbooks that was made until then, gathered.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub fn evidence(&self, until: Timestamp) -> Result<Evidence, StoreError> {
        gather(&*self.connection()?, until)
    }

    /// The sources of a catalog that was in force, by its version.
    ///
    /// # Errors
    /// See [`evidence`](Self::evidence).
    pub fn catalog_sources(&self, version: &str) -> Result<Option<StoredCatalog>, StoreError> {
        read_catalog(&*self.connection()?, version)
    }
}

fn gather(connection: &Connection, until: Timestamp) -> Result<Evidence, StoreError> {
    let mut evidence = Evidence::default();
    let mut select = connection.prepare_cached(EVIDENCE)?;
    let mut rows = select.query([0])?;
    while let Some(row) = rows.next()? {
        // The clock of the record never goes back.
        if row.get::<i64>(1)? > until.as_micros() {
            break;
        }
        let seq = uint("entries", "seq", row.get(0)?)?;
        let canonical = row.blob(2)?;
        let canonical = Canonical::parse(canonical).map_err(|error| damaged("entries", seq, error))?;
        evidence.take(seq, &canonical.into_entry(None));
    }
    Ok(evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_are_those_that_show_something() {
        let kinds: Vec<String> = Evidence::KINDS.iter().map(|kind| format!("'{kind}'")).collect();
        assert!(EVIDENCE.contains(&format!("kind IN ({})", kinds.join(", "))));
    }
}
