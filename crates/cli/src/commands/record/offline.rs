//! Verifying a data folder, without a hub.

use std::error::Error;
use std::path::Path;

use wheelhouse_core::record::VerifierKey;
use wheelhouse_hub::verify_data;

use super::{Erased, Verdict};
use crate::commands::Answer;
use crate::failure::Failure;
use crate::output::Look;

/// Verifies the record in a data folder.
pub(super) fn verify(
    data: &Path,
    key: Option<&VerifierKey>,
    against: Option<&str>,
    look: &Look,
) -> Result<Answer, Failure> {
    if !data.is_dir() {
        return Err(Failure::cannot_run(format!("there is no folder {}", data.display()))
            .help("give the folder that `wheelhouse serve --data` names"));
    }
    let report = verify_data(data, key, against).map_err(|error| {
        let mut failure = Failure::cannot_run(format!("cannot verify the record in {}: {error}", data.display()));
        let mut cause = error.source();
        while let Some(inner) = cause {
            failure = failure.detail(inner.to_string());
            cause = inner.source();
        }
        failure.help("is it the folder of a hub, and may you read it?")
    })?;
    let mut notes = Vec::new();
    if against.is_none() {
        notes.push(
            "checked against itself only: a history rewritten as a whole shows against a checkpoint kept elsewhere (--against FILE)".to_owned(),
        );
    } else if key.is_none() {
        notes.push(
            "the folder's own key was used: give the key that you kept as --key to rule out that both were replaced"
                .to_owned(),
        );
    }
    if report.rewrite_due {
        notes.push("the file still holds bytes of what was erased; the hub's next start rewrites it".to_owned());
    }
    let erased = Erased {
        bodies: report.erased_bodies,
        signals: report.erased_signals,
        journals: report.erased_journals,
        files: report.erased_files,
    };
    Ok(Verdict { entries: report.entries, problems: report.problems, erased, notes }.answer(look))
}
