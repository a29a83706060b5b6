//! What cargo knows of the workspace.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::modules::Root;

/// The platform whose dependencies are looked at; `deny.toml` names the same.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// The packages of the workspace and of everything it needs.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    /// Every package.
    pub packages: Vec<Package>,
}

/// A package.
#[derive(Debug, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, as an SPDX expression.
    #[serde(default)]
    pub license: Option<String>,
    /// Where it comes from; nothing for a package of the workspace.
    #[serde(default)]
    pub source: Option<String>,
    /// What its manifest asks for, of every kind.
    #[serde(default)]
    pub dependencies: Vec<Dependency>,
    /// What it builds.
    #[serde(default)]
    pub targets: Vec<Target>,
}

/// A dependency that a manifest asks for.
#[derive(Debug, Deserialize)]
pub struct Dependency {
    /// The name of the package.
    pub name: String,
    /// Its folder, when it belongs to the workspace.
    #[serde(default)]
    pub path: Option<String>,
}

/// A library, a binary, a test and the like.
#[derive(Debug, Deserialize)]
pub struct Target {
    /// What it is: `lib`, `bin`, `test` and so on.
    pub kind: Vec<String>,
    /// The file where it begins, as an absolute path.
    pub src_path: String,
}

/// A crate that the kernel is built from, with the features that it is built with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The name of the package.
    pub name: String,
    /// Its features.
    pub features: Vec<String>,
}

impl Metadata {
    /// Asks cargo about the workspace at `root`; the error is a sentence.
    pub fn of(root: &Path) -> Result<Self, String> {
        let text = cargo(root, &["metadata", "--format-version", "1", "--filter-platform", PLATFORM])?;
        serde_json::from_str(&text).map_err(|error| format!("`cargo metadata` is not understood: {error}"))
    }

    /// The packages of the workspace itself.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }

    /// Where the compiler begins to read, relative to `root`.
    pub fn roots(&self, root: &Path) -> Vec<Root> {
        let targets = self.members().flat_map(|package| &package.targets);
        let roots = targets.filter_map(|target| {
            let file = Path::new(&target.src_path).strip_prefix(root).ok()?.to_str()?.to_owned();
            let test = target.kind.iter().any(|kind| matches!(kind.as_str(), "test" | "bench" | "example"));
            Some(Root { file, test })
        });
        roots.collect()
    }
}

/// The crates that `package` alone is built from, itself included, procedural macros left out: what
/// other members of the workspace switch on does not count.
pub fn parts(root: &Path, package: &str) -> Result<Vec<Part>, String> {
    let edges = "normal,no-proc-macro";
    let text = cargo(root, &["tree", "-p", package, "-e", edges, "--prefix", "none", "--no-dedupe", "-f", "{p}|{f}"])?;
    Ok(text.lines().filter_map(part).collect())
}

fn part(line: &str) -> Option<Part> {
    let (package, features) = line.split_once('|')?;
    let name = package.split(' ').next()?.to_owned();
    let features = features.split(',').filter(|feature| !feature.is_empty()).map(str::to_owned).collect();
    Some(Part { name, features })
}

/// What cargo prints. It may use the network when a package is not on this machine yet.
fn cargo(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program).args(arguments).current_dir(root).output();
    let output = output.map_err(|error| format!("cargo does not start: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let command = arguments.first().copied().unwrap_or_default();
        Err(format!("`cargo {command}` failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_cargo_tree_is_a_crate_with_its_features() {
        let jiff = Part { name: "jiff".to_owned(), features: vec!["alloc".to_owned(), "std".to_owned()] };
        assert_eq!(part("jiff v0.2.46|alloc,std"), Some(jiff));
        assert_eq!(part("memchr v2.8.3|"), Some(Part { name: "memchr".to_owned(), features: Vec::new() }));
        assert_eq!(part(""), None);
    }
}
