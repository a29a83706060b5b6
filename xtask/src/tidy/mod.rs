//! Tidiness is a test: what a compiler does not hold and a review forgets.
//!
//! Every check is a pure function over a [`Tree`], or over what cargo says of the workspace, and
//! returns [`Finding`]s. `tests.rs` shows each of them failing.

mod calls;
mod finding;
mod graph;
mod kernel;
mod licences;
mod links;
mod metadata;
mod modules;
mod shape;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use finding::Finding;
use metadata::{Metadata, Package};
use modules::Root;
use source::Source;
use tree::Tree;

/// Checks this repository and prints what is untidy; exit code 1 if anything is.
pub fn run() -> ExitCode {
    match check_repository(&repository()) {
        Ok(findings) if findings.is_empty() => {
            println!("tidy");
            ExitCode::SUCCESS
        }
        Ok(findings) => {
            for finding in &findings {
                eprintln!("{finding}\n");
            }
            eprintln!("{} untidy places", findings.len());
            ExitCode::FAILURE
        }
        Err(trouble) => {
            eprintln!("error: {trouble}");
            ExitCode::FAILURE
        }
    }
}

/// Every check on the repository at `root`. The error says why one could not be done.
fn check_repository(root: &Path) -> Result<Vec<Finding>, String> {
    let tree = Tree::read(root).map_err(|error| format!("cannot read the files below {}: {error}", root.display()))?;
    let metadata = Metadata::of(root)?;
    let members: Vec<&Package> = metadata.members().collect();
    let mut findings = check_texts(&tree, &metadata.roots(root));
    findings.extend(shape::long_files(&tree, shape::TOO_LONG));
    findings.extend(graph::check(&tree, &members));
    findings.extend(kernel::impure_parts(&metadata::parts(root, "wheelhouse-core")?));
    findings.extend(kernel::forgotten_bans(&tree));
    findings.extend(licences::forbidden(&tree, &metadata.packages));
    findings.sort();
    Ok(findings)
}

/// The checks that need the files alone and know no exceptions.
fn check_texts(tree: &Tree, roots: &[Root]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut sources = BTreeMap::new();
    for (file, text) in tree.texts().filter(|(file, _)| file.ends_with(".rs")) {
        match Source::parse(file, text) {
            Ok(source) => {
                sources.insert(file.to_owned(), source);
            }
            Err(finding) => findings.push(finding),
        }
    }
    let reached = modules::reached(&sources, roots);
    for (file, source) in &sources {
        findings.extend(shape::undocumented(file, source));
        findings.extend(calls::banned(file, source, reached.get(file) == Some(&true)));
    }
    findings.extend(modules::dead_files(&sources, &reached));
    findings.extend(kernel::impure_code(&sources, &reached));
    findings.extend(text::whitespace(tree));
    findings.extend(text::words(tree));
    findings.extend(links::broken(tree));
    findings
}

fn repository() -> std::path::PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}
