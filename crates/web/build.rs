//! Takes what `npm run build` has made in `web/dist`, if it has: a list of paths with their bytes.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../web/dist");
    // The folder is always there, with a `.gitignore` in it, so that this runs again when the app was built
    // and not at every build.
    writeln!(std::io::stdout(), "cargo:rerun-if-changed={}", dist.display())?;
    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        gather(&dist, "", &mut files)?;
    }
    files.sort();
    let mut list = String::from("&[\n");
    for (path, file) in &files {
        writeln!(list, "    ({path:?}, include_bytes!({file:?})),")?;
    }
    list.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("files.rs"), list)?;
    Ok(())
}

/// Adds every file below a folder, by its path with `/`.
fn gather(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| format!("{name:?} in web/dist is not UTF-8"))?;
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), &format!("{path}/"), files)?;
        } else if !name.starts_with('.') {
            files.push((path, entry.path().canonicalize()?));
        }
    }
    Ok(())
}
