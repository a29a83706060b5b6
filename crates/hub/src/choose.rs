//! Which catalog a start puts into force.

use std::sync::Arc;

use wheelhouse_core::catalog::Catalog;
use wheelhouse_store::{Loaded, StoredCatalog};
use wheelhouse_wire::catalog::{Mode, compile_files, version};

use crate::authority::Authority;
use crate::clock::wall_now;
use crate::config::Config;
use crate::files::{OpsFiles, read_ops};
use crate::serve::ServeError;

/// A catalog with its files and the authority over it.
pub(crate) struct Chosen {
    pub(crate) stored: StoredCatalog,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) authority: Arc<Authority>,
    /// Whether the one in the folders was refused, and this is the one before.
    pub(crate) is_old: bool,
}

/// The catalog to start with: the one in the folders, or the last good one where they have errors.
pub(crate) fn choose_catalog(config: &Config, loaded: &Loaded) -> Result<Chosen, ServeError> {
    let files = read_ops(&config.ops)?;
    let fresh = if config.ops.is_empty() { None } else { Some(compile(&files)) };
    let last_good = || loaded.catalog.as_ref().map(|stored| compile(&files_of(stored)));
    match fresh {
        Some(Ok(chosen)) => Ok(chosen),
        Some(Err(error)) => match last_good() {
            Some(Ok(chosen)) => {
                tracing::error!("the catalog in the folders has errors; the last good one stays in force\n{error}");
                Ok(Chosen { is_old: true, ..chosen })
            }
            _ => Err(error),
        },
        None => last_good().unwrap_or(Err(ServeError::NoCatalog)),
    }
}

/// Compiles documents and policies; the version covers both.
fn compile(files: &OpsFiles) -> Result<Chosen, ServeError> {
    let (compiled, report) = compile_files(files.catalog.clone(), Mode::Whole, Some(wall_now()));
    let Some(mut compiled) = compiled.filter(|_| !report.has_errors()) else {
        return Err(ServeError::Catalog(report.render_text(false)));
    };
    let all: Vec<(String, String)> = files.catalog.iter().chain(&files.policies).cloned().collect();
    compiled.version = version(all.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let compiled = Arc::new(compiled);
    let authority = Arc::new(Authority::new(compiled.clone(), &files.policies)?);
    let stored = StoredCatalog { version: compiled.version.clone(), files: all };
    Ok(Chosen { stored, catalog: compiled, authority, is_old: false })
}

/// The files of a stored catalog, sorted into documents and policies again.
fn files_of(stored: &StoredCatalog) -> OpsFiles {
    let (policies, catalog) = stored.files.iter().cloned().partition(|(path, _)| path.ends_with(".cedar"));
    OpsFiles { catalog, policies }
}

/// The catalog that the data says is in force, compiled: the chosen one if it is the same, else the
/// stored one.
pub(crate) fn in_force(loaded: &Loaded, chosen: &StoredCatalog, catalog: &Arc<Catalog>) -> Option<Arc<Catalog>> {
    let stored = loaded.catalog.as_ref()?;
    if stored.version == chosen.version {
        return Some(catalog.clone());
    }
    let (compiled, _) = compile_files(files_of(stored).catalog, Mode::Whole, None);
    compiled.map(|compiled| Arc::new(Catalog { version: stored.version.clone(), ..compiled }))
}
