//! Which catalog a start puts into force: what the repositories hold now, where that is good; else the
//! last good version of each, which the data holds, also while a server is away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use wheelhouse_core::kernel::{CatalogChange, RefusedRevision};
use wheelhouse_core::name::RepositoryName;
use wheelhouse_store::{Loaded, StoredCatalog};

use super::Repositories;
use super::candidate::{self, Compiled, Holdings, compile, holdings_of};
use super::eye::{Eye, Found};
use super::snapshot::{Snapshot, content_of};
use crate::clock::wall_now;
use crate::config::Config;
use crate::serve::ServeError;

/// What a start puts into force, and what it goes on with.
pub(crate) struct Opening {
    /// The catalog to start with.
    pub(crate) compiled: Compiled,
    /// What is new in it.
    pub(crate) change: CatalogChange,
    /// Versions that must wait.
    pub(crate) refused: Vec<RefusedRevision>,
    /// The last good version of every repository.
    pub(crate) good: Holdings,
    /// What has errors.
    pub(crate) pending: BTreeMap<RepositoryName, Snapshot>,
    /// Who looks on.
    pub(crate) eyes: Vec<Eye>,
    /// What is known of looking.
    pub(crate) repositories: Arc<Repositories>,
}

/// Chooses the catalog of a start. Folders are read, and so is a git repository that the data knows
/// nothing of; others are looked at once the hub runs, so that no server keeps it from starting.
///
/// # Errors
/// Says what is wrong where there is no good catalog, old or new.
pub(crate) async fn open(config: &Config, loaded: &Loaded) -> Result<Opening, ServeError> {
    let known = loaded.catalog.as_ref().map(holdings_of).unwrap_or_default();
    let repositories = Arc::new(Repositories::new(&config.repositories));
    if config.repositories.is_empty() {
        let stored = loaded.catalog.as_ref().ok_or(ServeError::NoCatalog)?;
        let compiled = compile_stored(stored)?;
        return Ok(as_it_is(compiled, known, repositories));
    }
    let names: BTreeSet<&RepositoryName> = config.repositories.iter().map(|one| &one.name).collect();
    let mut good = known.clone();
    good.retain(|name, _| names.contains(name));
    let mut dropped: Vec<RepositoryName> = known.keys().filter(|name| !names.contains(name)).cloned().collect();
    let mut eyes: Vec<Eye> = repositories.iter().map(|one| Eye::new(one.clone(), &config.data)).collect();
    let (mut pending, away) = first_looks(&mut eyes, &good).await?;
    pending.retain(|name, snapshot| good.get(name).is_none_or(|files| content_of(files) != snapshot.content));
    if known.is_empty() {
        return first_start(pending, &away, eyes, repositories);
    }
    let decision = candidate::decide(&good, &pending, wall_now());
    good = decision.good;
    let (compiled, new) = match decision.adopted {
        Some((compiled, new)) => (compiled, new),
        None => match compile(&good, None) {
            Ok(compiled) => (compiled, Vec::new()),
            Err(faults) => {
                tracing::error!(
                    "without the repositories that are no longer given, the catalog has errors; it stays as it is\n{}",
                    faults.text
                );
                (good, dropped) = (known.clone(), Vec::new());
                (compile(&good, None).map_err(|_| ServeError::Catalog(faults.text))?, Vec::new())
            }
        },
    };
    for one in &new {
        pending.remove(&one.revision.repository);
    }
    let change = CatalogChange { repositories: new, dropped };
    Ok(Opening { compiled, change, refused: decision.refused, good, pending, eyes, repositories })
}

/// The catalog that the data says is in force, compiled: `chosen` if it is the same, else the stored one.
pub(crate) fn in_force(loaded: &Loaded, chosen: &Compiled) -> Option<Arc<wheelhouse_core::catalog::Catalog>> {
    let stored = loaded.catalog.as_ref()?;
    if stored.version == chosen.stored.version {
        return Some(chosen.catalog.clone());
    }
    catalog_of(stored)
}

/// What was found of each repository, and why of others nothing was.
type Looks = (BTreeMap<RepositoryName, Snapshot>, Vec<String>);

async fn first_looks(eyes: &mut [Eye], good: &Holdings) -> Result<Looks, ServeError> {
    let (mut snapshots, mut away) = (BTreeMap::new(), Vec::new());
    let mut unknown = Vec::new();
    for eye in eyes.iter_mut() {
        let name = eye.watched.settings.name.clone();
        if eye.is_local() {
            snapshots.extend(eye.read_folders().await?.map(|snapshot| (name, snapshot)));
        } else if !good.contains_key(&name) {
            unknown.push(async move { (name, eye.look().await) });
        }
    }
    for (name, looked) in join_all(unknown).await {
        match looked {
            Ok(Some(Found::Fresh(snapshot))) => drop(snapshots.insert(name, *snapshot)),
            Ok(Some(Found::Unfit(unfit))) => away.push(format!("error: repository {name}: {}", unfit.why)),
            Ok(None) => {}
            Err(error) => away.push(format!("error: repository {name}: {error}")),
        }
    }
    Ok((snapshots, away))
}

/// There is no catalog yet: all of it must be good, as far as it can be read.
fn first_start(
    pending: BTreeMap<RepositoryName, Snapshot>,
    away: &[String],
    eyes: Vec<Eye>,
    repositories: Arc<Repositories>,
) -> Result<Opening, ServeError> {
    let good: Holdings = pending.iter().map(|(name, snapshot)| (name.clone(), snapshot.files.clone())).collect();
    let compiled = compile(&good, Some(wall_now())).map_err(|faults| {
        let texts: Vec<&str> = away.iter().map(String::as_str).chain([faults.text.as_str()]).collect();
        ServeError::Catalog(texts.join("\n"))
    })?;
    let new = pending.into_values().map(|snapshot| snapshot.authored).collect();
    let change = CatalogChange { repositories: new, dropped: Vec::new() };
    let pending = BTreeMap::new();
    Ok(Opening { compiled, change, refused: Vec::new(), good, pending, eyes, repositories })
}

fn as_it_is(compiled: Compiled, good: Holdings, repositories: Arc<Repositories>) -> Opening {
    let (change, pending) = (CatalogChange::default(), BTreeMap::new());
    Opening { compiled, change, refused: Vec::new(), good, pending, eyes: Vec::new(), repositories }
}

/// The catalog that stored sources compile to; nothing where they have errors.
pub(crate) fn catalog_of(stored: &StoredCatalog) -> Option<Arc<wheelhouse_core::catalog::Catalog>> {
    compile_stored(stored).ok().map(|compiled| compiled.catalog)
}

fn compile_stored(stored: &StoredCatalog) -> Result<Compiled, ServeError> {
    compile(&holdings_of(stored), None).map_err(|faults| ServeError::Catalog(faults.text))
}
