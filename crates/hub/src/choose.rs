//! Which catalog a start puts into force.

use std::sync::Arc;

use wheelhouse_core::catalog::Catalog;
use wheelhouse_store::{Loaded, StoredCatalog};
use wheelhouse_wire::catalog::{Mode, compile_files};

use crate::authority::Authority;
use crate::clock::wall_now;
use crate::config::Config;
use crate::files::{OpsFiles, read_ops};
use crate::serve::ServeError;

/// A catalog with its files and the authority over it.
pub(crate) type Chosen = (StoredCatalog, Arc<Catalog>, Arc<Authority>);

/// The catalog to start with: the one in the folders, or the last good one where they have errors.
pub(crate) fn choose_catalog(config: &Config, loaded: &Loaded) -> Result<Chosen, ServeError> {
    let files = read_ops(&config.ops)?;
    let fresh = if config.ops.is_empty() { None } else { Some(compile(files.catalog.clone(), &files)) };
    let last_good = || loaded.catalog.clone().map(|stored| compile(stored.files, &files));
    match fresh {
        Some(Ok(chosen)) => Ok(chosen),
        Some(Err(error)) => match last_good() {
            Some(Ok(chosen)) => {
                tracing::error!("the catalog in the folders has errors; the last good one stays in force\n{error}");
                Ok(chosen)
            }
            _ => Err(error),
        },
        None => last_good().unwrap_or(Err(ServeError::NoCatalog)),
    }
}

fn compile(catalog: Vec<(String, String)>, files: &OpsFiles) -> Result<Chosen, ServeError> {
    let (compiled, report) = compile_files(catalog.clone(), Mode::Whole, Some(wall_now()));
    let Some(compiled) = compiled.filter(|_| !report.has_errors()) else {
        return Err(ServeError::Catalog(report.render_text(false)));
    };
    let compiled = Arc::new(compiled);
    let authority = Arc::new(Authority::new(compiled.clone(), &files.policies)?);
    Ok((StoredCatalog { version: compiled.version.clone(), files: catalog }, compiled, authority))
}

/// The catalog that the data says is in force, compiled: the chosen one if it is the same, else the
/// stored one.
pub(crate) fn in_force(loaded: &Loaded, chosen: &StoredCatalog, catalog: &Arc<Catalog>) -> Option<Arc<Catalog>> {
    let stored = loaded.catalog.as_ref()?;
    if stored.version == chosen.version {
        return Some(catalog.clone());
    }
    let (compiled, _) = compile_files(stored.files.clone(), Mode::Whole, None);
    compiled.map(Arc::new)
}
