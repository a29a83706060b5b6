//! Rows of signals.

use wheelhouse_core::case::CaseId;
use wheelhouse_core::record::RowSalt;
use wheelhouse_core::world::SignalRow;

use super::rows::int;
use super::write::Writer;
use crate::sql::{Param, ToParam, params};
use crate::{Batch, StoreError};

impl Writer<'_> {
    /// Appends signals that were first seen, and writes what became of those that were there.
    pub(super) fn signals(&mut self, batch: &Batch) -> Result<(), StoreError> {
        // A signal is first seen before anything else becomes of it.
        self.first_seen(batch)?;
        let mut end = self.transaction.prepare_cached(
            "UPDATE signals SET ended_at = ?2, expired = ?3, ended_in = ?4 WHERE number = ?1 AND ended_at IS NULL",
        )?;
        // The silence stays, to say that the case came later.
        let mut moved = self.transaction.prepare_cached(
            "UPDATE signals SET case_id = ?2, silence = coalesce(?3, silence) WHERE number = ?1 AND ended_at IS NULL",
        )?;
        for row in &batch.signals {
            match row {
                SignalRow::Append { .. } => {}
                SignalRow::Moved { number, case, silence } => {
                    let silence = silence.map(|silence| int("a silence's number", silence.0)).transpose()?;
                    let case = case.map(|case| case.to_string());
                    if moved.execute(params![int("a signal's number", number.0)?, case, silence])? != 1 {
                        let (row, reason) = (number.0.to_string(), "it is let go, but is not firing");
                        return Err(StoreError::Refused { table: "signals", row, reason });
                    }
                }
                SignalRow::End { number, ended_at, expired } => {
                    let number = int("a signal's number", number.0)?;
                    if end.execute(params![number, ended_at.as_micros(), expired, self.commit])? != 1 {
                        let (row, reason) = (number.to_string(), "it ended, but is not firing");
                        return Err(StoreError::Refused { table: "signals", row, reason });
                    }
                }
            }
        }
        Ok(())
    }

    fn first_seen(&self, batch: &Batch) -> Result<(), StoreError> {
        // Many signals in a row join the same case.
        let mut joined: Vec<(CaseId, String)> = Vec::new();
        let mut places = Vec::with_capacity(batch.signals.len());
        for row in &batch.signals {
            let SignalRow::Append { case, .. } = row else { continue };
            if let Some(case) = case
                && joined.last().is_none_or(|(known, _)| known != case)
            {
                joined.push((*case, case.to_string()));
            }
            places.push(case.map(|_| joined.len() - 1));
        }
        let none = RowSalt::default();
        let mut rows = Vec::with_capacity(places.len());
        let (mut salts, mut places) = (batch.signal_salts.iter(), places.into_iter());
        for row in &batch.signals {
            let SignalRow::Append { number, silence, first_heard_at, until, signal, .. } = row else { continue };
            let case = places.next().flatten().and_then(|place| joined.get(place));
            rows.push([
                Param::Int(int("a signal's number", number.0)?),
                case.map_or(Param::Null, |(_, name)| Param::Text(name)),
                silence.map_or(Ok(Param::Null), |silence| int("a silence's number", silence.0).map(Param::Int))?,
                Param::Text(signal.source.as_str()),
                Param::Text(signal.adapter.as_str()),
                Param::Int(signal.drill.into()),
                Param::Text(signal.labels.as_str()),
                Param::Text(signal.annotations.as_str()),
                Param::Text(&signal.url),
                Param::Text(signal.urgency.as_str()),
                Param::Int(signal.started_at.as_micros()),
                Param::Int(first_heard_at.as_micros()),
                until.map_or(Param::Null, |until| Param::Int(until.as_micros())),
                Param::Int(0),
                salts.next().unwrap_or(&none).param(),
            ]);
        }
        self.transaction.append(
            "INSERT INTO signals (number, case_id, silence, source, adapter, drill, labels, annotations, url, urgency, \
             started_at, first_heard_at, until, expired, salt) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            &rows,
        )?;
        Ok(())
    }
}
