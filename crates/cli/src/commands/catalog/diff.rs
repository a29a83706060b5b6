//! `catalog diff`: what a change of the catalog means, in words.

use std::path::{Path, PathBuf};

use serde_json::Value;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::catalog::diff::{Section, diff};
use wheelhouse_hub::files::read_ops;
use wheelhouse_wire::api::{CandidateCatalog, CandidateFile, CatalogDiff, Difference};
use wheelhouse_wire::catalog::{Mode, compile_files, is_runbook_file};

use super::super::{Answer, Context};
use crate::args::CatalogDiff as Options;
use crate::client::read;
use crate::failure::{Exit, Failure};
use crate::output::{clean, exact};

/// Compares two folders, or folders with the catalog that the hub has in force.
pub fn run(options: &Options, context: &Context<'_>) -> Result<Answer, Failure> {
    let repository = options.repository.as_deref();
    let found = match (options.hub || repository.is_some(), options.dirs.as_slice()) {
        (true, dirs) => with_hub(dirs, repository, context)?,
        (false, [old, new]) => {
            let (old, new) = (compile(old)?, compile(new)?);
            CatalogDiff::from(&diff(&old, &new, context.look.now))
        }
        (false, dirs) => {
            let message = format!("expected two folders, found {}", dirs.len());
            let help = "`wheelhouse catalog diff OLD NEW`; `--hub NEW` compares a whole catalog with the hub's, and \
                 `--repository NAME NEW` one repository";
            return Err(Failure::cannot_run(message).help(help));
        }
    };
    let moved: Vec<&Difference> = found.changes.iter().filter(|change| change.in_progress).collect();
    let mut answer = if options.json || context.look.json() {
        let value = serde_json::to_value(&found);
        Answer::json(&value.map_err(|error| Failure::cannot_run(format!("the answer cannot be written: {error}")))?)
    } else {
        Answer::text(text(&found))
    };
    for change in moved {
        let (was, becomes) = (change.was.as_deref().unwrap_or("nobody"), change.becomes.as_deref().unwrap_or("nobody"));
        let until = change.until.map_or_else(String::new, |until| exact(until.0, &context.look.zone));
        answer = answer.note(clean(&format!(
            "warning: {was}, on call now in schedule {}, would hand over to {becomes} at once; \
             an override for {was} until {until} keeps the shift",
            change.name,
        )));
    }
    Ok(answer)
}

/// The whole catalog in a folder.
fn compile(dir: &Path) -> Result<Catalog, Failure> {
    let files = files(&[dir.to_path_buf()])?.into_iter().map(|(path, text)| (known_as(dir, path), text)).collect();
    let (catalog, report) = compile_files(files, Mode::Whole, None);
    catalog.ok_or_else(|| {
        let mut failure = Failure::new(Exit::Refused, format!("{} is no catalog that could be used", dir.display()));
        failure.details.push(report.render_text(false));
        failure.help("name folders that hold a whole organisation; `wheelhouse check` says the same")
    })
}

/// The path by which a file is known. A runbook is called after the folder around it, and the two folders that are
/// compared have names of their own.
fn known_as(dir: &Path, path: String) -> String {
    let within =
        Path::new(&path).strip_prefix(dir).ok().and_then(Path::to_str).filter(|within| is_runbook_file(within));
    within.map_or_else(|| path.clone(), str::to_owned)
}

/// Has the hub compare: a whole catalog, or one repository among all others.
fn with_hub(dirs: &[PathBuf], repository: Option<&str>, context: &Context<'_>) -> Result<CatalogDiff, Failure> {
    let files = files(dirs)?.into_iter().map(|(path, text)| CandidateFile { path, text }).collect();
    let candidate = CandidateCatalog { files, repository: repository.map(str::to_owned) };
    let answer: Value = context.client()?.post_once(&["catalog", "diff"], &candidate)?;
    read(answer)
}

/// The YAML files of folders, which must hold some.
fn files(dirs: &[PathBuf]) -> Result<Vec<(String, String)>, Failure> {
    let files = read_ops(dirs).map_err(|error| {
        Failure::cannot_run(error.to_string()).help("give folders, such as `wheelhouse catalog diff before/ after/`")
    })?;
    if files.catalog.is_empty() {
        let shown: Vec<String> = dirs.iter().map(|dir| dir.display().to_string()).collect();
        return Err(Failure::cannot_run(format!("there is no catalog in {}", shown.join(", ")))
            .help("expected *.yaml or *.yml files with `kind:`"));
    }
    Ok(files.catalog)
}

/// Section by section, one line a change.
fn text(found: &CatalogDiff) -> String {
    if found.changes.is_empty() {
        return "nobody is paged, told or routed otherwise: the change means nothing in operation\n".to_owned();
    }
    let mut text = String::new();
    for section in Section::ALL {
        let mut changes = found.changes.iter().filter(|change| change.section == section.as_str()).peekable();
        if changes.peek().is_none() {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{section}\n"));
        changes.for_each(|change| text.push_str(&format!("  {}\n", clean(&change.words))));
    }
    if found.omitted > 0 {
        text.push_str(&format!("\n{} more changes are not shown\n", found.omitted));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn sections_come_in_order_and_nothing_is_said_plainly() {
        let line = |section: &str, words: &str| {
            let fields = serde_json::json!({
                "section": section, "what": "added", "kind": "Service", "name": "api", "words": words,
                "was": null, "becomes": null,
            });
            serde_json::from_value::<Difference>(fields).unwrap()
        };
        let mut found: CatalogDiff = serde_json::from_value(serde_json::json!({
            "from_version": "a", "to_version": "b", "from": "2026-11-23T02:10:00Z", "until": "2026-12-23T02:10:00Z",
            "moves_shift_in_progress": false, "changes": [], "omitted": 2,
        }))
        .unwrap();
        assert!(text(&found).contains("means nothing"));
        found.changes = vec![line("defined", "service api is new"), line("told", "team web is told")];
        assert_eq!(
            text(&found),
            "Who is told\n  team web is told\n\nWhat there is, and whose it is\n  service api is new\n\n\
             2 more changes are not shown\n"
        );
    }
}
