//! Rows of silences and changes.

use rusqlite::params;

use super::rows::{int, json};
use super::write::Writer;
use crate::{Batch, StoreError};

impl Writer<'_> {
    /// Writes silences that changed.
    pub(super) fn silences(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut upsert = self.transaction.prepare_cached(
            "INSERT INTO silences (id, commit_seq, state, ends_at, data) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (id) DO UPDATE SET commit_seq = excluded.commit_seq, state = excluded.state, \
             ends_at = excluded.ends_at, data = excluded.data",
        )?;
        for silence in &batch.silences {
            let (id, ends_at) = (int("a silence's number", silence.id.0)?, silence.ends_at.as_micros());
            upsert.execute(params![id, self.commit, silence.state.as_str(), ends_at, json(silence)])?;
        }
        Ok(())
    }

    /// Appends changes that were told.
    pub(super) fn changes(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO changes (number, commit_seq, at, service, drill, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for change in &batch.changes {
            let (number, at) = (int("a change's number", change.number)?, change.at.as_micros());
            let service = change.service.as_ref().map(|service| service.as_str());
            insert.execute(params![number, self.commit, at, service, change.drill, json(change)])?;
        }
        Ok(())
    }
}
