//! `migrate`: moving a hub's data from its file to PostgreSQL.

use std::error::Error;
use std::path::{Path, PathBuf};

use serde_json::json;
use wheelhouse_hub::Address;
use wheelhouse_hub::migrate::migrate;

use super::{Answer, Context};
use crate::args::Migrate;
use crate::failure::{Exit, Failure};

/// Moves the data.
pub fn run(options: &Migrate, context: &Context<'_>) -> Result<Answer, Failure> {
    let from = folder(&options.from)?;
    let bad = |error: &dyn Error| Failure::cannot_run(format!("--to: {error}"));
    let mut address = Address::parse(&options.to, &options.org).map_err(|error| bad(&error))?;
    if let Some(path) = &options.password_file {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::cannot_run(format!("--password-file: {}: {error}", path.display())))?;
        address = address.with_password(text.trim_end_matches(['\r', '\n']));
    }
    let done = migrate(&from, &address).map_err(|error| {
        let mut failure = Failure::cannot_run(format!("the data was not moved: {error}"));
        let mut cause = error.source();
        while let Some(inner) = cause {
            failure = failure.detail(inner.to_string());
            cause = inner.source();
        }
        failure
    })?;
    if let Some(problem) = done.verified.problems.first() {
        return Err(Failure::new(Exit::Refused, format!("the record does not verify in its new place: {problem}")));
    }
    let entries = done.verified.entries;
    if context.look.json() {
        return Ok(Answer::json(&json!({
            "tables": done.moved.tables, "rows": done.moved.rows, "entries": entries, "checkpoint": done.checkpoint,
        })));
    }
    let text = format!(
        "moved {} rows of {} tables to {} (organisation {}); the record of {entries} entries verifies there, under the \
         same checkpoint\n",
        done.moved.rows,
        done.moved.tables,
        address.shown(),
        options.org
    );
    Ok(Answer::text(text).note(format!(
        "give the keys in {} to each hub on that database, and keep the file until you have seen one at work",
        from.display()
    )))
}

/// The data folder that is meant.
fn folder(from: &str) -> Result<PathBuf, Failure> {
    let folder = match from.strip_prefix("sqlite:") {
        Some(file) => Path::new(file.trim_start_matches("//")).parent().map(Path::to_owned).unwrap_or_default(),
        None => PathBuf::from(from),
    };
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(Failure::cannot_run(format!("--from: there is no folder {}", folder.display()))
        .help("give the folder that `wheelhouse serve --data` names"))
}
