//! Scenarios: a small catalog, things that happen at times, and a golden transcript of what followed
//! and why. Adding one needs no Rust: make a folder under `tests/scenarios` with `catalog/*.yaml`
//! and `scenario.yaml`, run the tests once with `UPDATE_SCENARIOS=1`, and read `expected.txt`.

mod around;
mod automations;
mod delivery;
mod describe;
mod file;
mod machines;
mod play;
mod runs;
mod transcript;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wheelhouse_core::catalog::{Catalog, Mode};
use wheelhouse_wire::catalog::{compile_files, is_catalog_file};

pub use file::Scenario;
pub use play::play;
pub(crate) use transcript::Transcript;

/// The transcript that a scenario's folder expects.
pub const EXPECTED: &str = "expected.txt";

/// The folders of scenarios under `root`, by name.
///
/// Says which folder cannot be read.
pub fn folders(root: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(root).map_err(|error| format!("{}: {error}", root.display()))?;
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.join("scenario.yaml").is_file())
        .collect();
    folders.sort();
    Ok(folders)
}

/// Plays the scenario in `folder` and gives its transcript, and what it left over against its word.
///
/// Says what is wrong with the folder, where the scenario cannot be played at all.
pub fn run(folder: &Path) -> Result<(String, Vec<String>), String> {
    let path = folder.join("scenario.yaml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let scenario = Scenario::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    play(&scenario, |name| load_catalog(folder, name))
}

/// Reads the catalog in a folder of a scenario.
fn load_catalog(folder: &Path, name: &str) -> Result<Arc<Catalog>, String> {
    let folder = folder.join(name);
    let mut files = Vec::new();
    read_files(&folder, "", &mut files)?;
    let (catalog, report) = compile_files(files, Mode::Whole, None);
    catalog.map(Arc::new).ok_or_else(|| format!("{}:\n{}", folder.display(), report.render_text(false)))
}

/// Reads the files of a catalog that lie in a folder, or in one below it.
fn read_files(folder: &Path, below: &str, files: &mut Vec<(String, String)>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = format!("{below}{name}");
        if path.is_dir() {
            read_files(&path, &format!("{name}/"), files)?;
        } else if is_catalog_file(&name) {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            files.push((name, text));
        }
    }
    Ok(())
}
