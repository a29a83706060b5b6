//! Writing checkpoints outside the database: whoever rewrites the record with the hub's own key is
//! caught by one of them.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::Readers;

use crate::clock::wall_now;
use crate::metrics::Metrics;
use crate::writer::Published;

/// The shortest time between two checkpoints written outside.
const EVERY: Duration = Duration::from_secs(10);

/// Appends the newest checkpoint to `path` whenever the record has grown, until the hub stops.
pub(crate) async fn write_outside(
    path: PathBuf,
    readers: Readers,
    mut commits: watch::Receiver<Arc<Published>>,
    mut stopping: watch::Receiver<bool>,
    (written_at, metrics): (watch::Sender<Option<Timestamp>>, Arc<Metrics>),
) {
    let mut last = String::new();
    loop {
        let (readers, path) = (readers.clone(), path.clone());
        let before = last.clone();
        let written = tokio::task::spawn_blocking(move || {
            let note = readers.checkpoint().map_err(std::io::Error::other)?.unwrap_or_default();
            if !note.is_empty() && note != before {
                append(&path, &note)?;
            }
            Ok::<_, std::io::Error>(note)
        });
        match written.await {
            Ok(Ok(note)) if note.is_empty() => {}
            Ok(Ok(note)) => {
                let size = note.lines().nth(1).and_then(|size| size.parse().ok());
                metrics.checkpoint_outside.store(size.unwrap_or_default(), Ordering::Relaxed);
                last = note;
                written_at.send_replace(Some(wall_now()));
            }
            Ok(Err(error)) => tracing::error!(%error, "a checkpoint could not be written outside the database"),
            Err(error) => tracing::error!(%error, "writing a checkpoint stumbled"),
        }
        if *stopping.borrow() {
            return;
        }
        tokio::select! {
            changed = commits.changed() => if changed.is_err() { return },
            _ = stopping.changed() => continue,
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Appends a note and makes it durable. Notes end with a blank line, so that they can be told apart.
fn append(path: &std::path::Path, note: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(format!("{note}\n").as_bytes())?;
    file.sync_all()
}
