//! What every door does: says whose signals these are, and hands them to the writer.

use std::sync::Arc;

use axum::body::Bytes;
use wheelhouse_core::access::Owner;
use wheelhouse_core::change::ChangeReport;
use wheelhouse_core::name::SourceName;
use wheelhouse_core::signal::{Adapter, Signal, route};
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::api::Problem;

use super::App;
use super::auth::Caller;
use super::judged::in_force;
use super::respond::Failure;
use crate::authority::Decision;
use crate::clock::wall_now;
use crate::writer::{Fault, Published, SignalsRequest, Told, ToldChange};

/// What one request tells, each with its bytes as they came.
#[derive(Default)]
pub struct Taken {
    /// Signals.
    pub signals: Vec<(Arc<Signal>, Bytes)>,
    /// Changes.
    pub changes: Vec<(Arc<ChangeReport>, Bytes)>,
}

/// Hands over what a request tells, routed under the catalog in force; durable when it returns.
pub async fn accept(
    app: &App,
    source: &SourceName,
    adapter: Adapter,
    received_at: Timestamp,
    taken: &Taken,
) -> Result<(), Failure> {
    if taken.signals.is_empty() && taken.changes.is_empty() {
        return Ok(());
    }
    let taking = in_force(app, |published: Arc<Published>| {
        let told =
            |(signal, raw): &(Arc<Signal>, Bytes)| Told::routed(route, &published.catalog, signal.clone(), raw.clone());
        let signals = taken.signals.iter().map(told).collect();
        let changes = taken.changes.iter();
        let changes = changes.map(|(change, raw)| ToldChange { change: change.clone(), raw: raw.clone() }).collect();
        let (source, judged_under) = (source.clone(), published.adoptions);
        app.0.metrics.stages.handed_in(adapter, wall_now().since(received_at));
        let make = move |reply| SignalsRequest { source, adapter, received_at, judged_under, signals, changes, reply };
        app.0.writer.signals(make)
    });
    let taken = taking.await.map(drop);
    if taken.is_ok() {
        app.0.metrics.stages.accepted(adapter, wall_now().since(received_at));
    }
    taken.map_err(|fault| {
        app.0.metrics.busy.add(u64::from(matches!(fault, Fault::Busy)));
        fault.into()
    })
}

/// The source whose signals a token sends: its own; for the first-start token the catalog's first.
pub fn source_of(app: &App, caller: &Caller) -> Result<SourceName, Failure> {
    let source = match caller.owner() {
        Owner::Source(name) => name.clone(),
        Owner::Person(_) | Owner::Runner(_) | Owner::Bootstrap => {
            let first = caller.published.catalog.sources.keys().next().cloned();
            first.unwrap_or_else(|| SourceName::new("alertmanager").expect("`alertmanager` is a name"))
        }
    };
    let decision = app.0.doors.decide(&caller.published.authority, caller.token.id, caller.owner(), &source);
    match &*decision {
        Decision::Allowed { .. } => Ok(source),
        Decision::Denied { why } => Err(Problem::forbidden(why.clone()).into()),
    }
}
