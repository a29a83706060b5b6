//! What steps said in runs whose texts were erased goes as well, also where the hub died before it did.

use wheelhouse_core::record::{Canonical, Fact, RunFact, RunHappening};
use wheelhouse_core::run::Epoch;
use wheelhouse_store::{Readers, StoredEntry};

use super::ready::entries;
use crate::routes::App;

/// The leases that entries of a run tell of.
pub(crate) fn leases(entries: &[StoredEntry]) -> Vec<Epoch> {
    let leased = |entry: &StoredEntry| match Canonical::parse(&entry.canonical).ok()?.fact {
        Fact::Run(RunFact { what: RunHappening::Leased { epoch, .. }, .. }) => Some(epoch),
        _ => None,
    };
    entries.iter().filter_map(leased).collect()
}

/// Takes away what steps said in all runs of which the record says that their texts were erased. To be done at a start:
/// these files lie beside the database, and an earlier hub may have ended between its commit and this.
pub(crate) async fn erase_again(app: App) {
    let Ok(runs) = app.query(Readers::erased_runs).await else {
        tracing::error!("which runs were erased cannot be read, so what their steps said may still be there");
        return;
    };
    for run in runs {
        let Some(entries) = entries(&app, run).await else {
            tracing::error!(%run, "what steps of an erased run said may still be there: its entries cannot be read");
            continue;
        };
        app.0.hands.outputs.erase(leases(&entries)).await;
    }
}
