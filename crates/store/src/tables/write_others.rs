//! Rows of silences, changes, runs and attached files.

use crate::sql::params;

use wheelhouse_core::attachment::Home;
use wheelhouse_core::automation::AutomationState;
use wheelhouse_core::runbook::Standing;

use super::rows::{int, json};
use super::write::Writer;
use crate::{Batch, NewAttachment, StoreError};

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

    /// Appends files that were attached; bytes that are there already are not written again.
    pub(super) fn attachments(&mut self, attachments: &[NewAttachment]) -> Result<(), StoreError> {
        let mut keep = self
            .transaction
            .prepare_cached("INSERT INTO blobs (sha256, bytes) VALUES (?1, ?2) ON CONFLICT (sha256) DO NOTHING")?;
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO attachments (entry, commit_seq, case_id, run, number, sha256) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for NewAttachment { seq, home, number, blob } in attachments {
            let sha256 = blob.sha256().0;
            keep.execute(params![sha256, blob.bytes()])?;
            let entry = int("an entry's sequence", *seq)?;
            let (case, run) = match home {
                Home::Case(case) => (Some(case.to_string()), None),
                Home::Run(run) => (None, Some(int("a run's number", run.0)?)),
            };
            insert.execute(params![entry, self.commit, case, run, number, sha256])?;
        }
        Ok(())
    }

    /// Writes runs that changed.
    pub(super) fn runs(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut upsert = self.transaction.prepare_cached(
            "INSERT INTO runs (id, commit_seq, case_id, runbook, drill, ended_at, data) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET \
             commit_seq = excluded.commit_seq, ended_at = excluded.ended_at, data = excluded.data",
        )?;
        for run in &batch.runs {
            upsert.execute(params![
                int("a run's number", run.id.0)?,
                self.commit,
                run.case.map(|case| case.to_string()),
                run.runbook.to_string(),
                run.drill,
                run.ended.as_ref().map(|end| end.at.as_micros()),
                json(run),
            ])?;
        }
        Ok(())
    }

    /// Writes standings of runbooks that changed.
    pub(super) fn standings(&mut self, standings: &[Standing]) -> Result<(), StoreError> {
        let mut upsert = self.transaction.prepare_cached(
            "INSERT INTO runbook_standings (runbook, commit_seq, data) VALUES (?1, ?2, ?3) \
             ON CONFLICT (runbook) DO UPDATE SET commit_seq = excluded.commit_seq, data = excluded.data",
        )?;
        for standing in standings {
            upsert.execute(params![standing.runbook.to_string(), self.commit, json(standing)])?;
        }
        Ok(())
    }

    /// Writes what is remembered of automations, where that changed.
    pub(super) fn automations(&mut self, automations: &[AutomationState]) -> Result<(), StoreError> {
        let mut upsert = self.transaction.prepare_cached(
            "INSERT INTO automations (name, commit_seq, data) VALUES (?1, ?2, ?3) \
             ON CONFLICT (name) DO UPDATE SET commit_seq = excluded.commit_seq, data = excluded.data",
        )?;
        for state in automations {
            upsert.execute(params![state.name.as_str(), self.commit, json(state)])?;
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
