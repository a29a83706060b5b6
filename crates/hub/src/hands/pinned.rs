//! The versions that runs are pinned to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use wheelhouse_core::run::Run;
use wheelhouse_core::runbook::{Runbook, RunbookHash};
use wheelhouse_wire::runbook::parse;

use crate::routes::App;

/// The most versions that are kept read.
const MOST_KEPT: usize = 64;

/// Versions that were needed lately, by path and hash.
#[derive(Default)]
pub(crate) struct Kept(Mutex<BTreeMap<(String, RunbookHash), Arc<Runbook>>>);

/// The version that a run is pinned to: the one in force where that is it, else read from what was kept of it; the
/// reason where that cannot be had.
pub(crate) async fn pinned(app: &App, run: &Run) -> Result<Arc<Runbook>, String> {
    let in_force = app.0.published.borrow().catalog.runbooks.get(&run.runbook).cloned();
    if let Some(runbook) = in_force.filter(|runbook| runbook.hash == run.version) {
        return Ok(runbook);
    }
    let key = (run.path.clone(), run.version.clone());
    let kept = &app.0.hands.kept.0;
    if let Some(known) = kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(known.clone());
    }
    let (path, version) = key.clone();
    let failed = |what: &str| format!("version {} of {}: {what}", run.version.short(), run.runbook);
    let text = app.query(move |readers| readers.file_content(&path, &version)).await;
    let text = text.map_err(|_| failed("the store cannot be read"))?.ok_or_else(|| failed("its text is not kept"))?;
    let path = run.path.clone();
    let read = tokio::task::spawn_blocking(move || parse(&path, &text).0).await;
    let runbook = read.ok().flatten().filter(|runbook| runbook.hash == run.version);
    let runbook = Arc::new(runbook.ok_or_else(|| failed("its text cannot be read"))?);
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    kept.insert(key, runbook.clone());
    Ok(runbook)
}
