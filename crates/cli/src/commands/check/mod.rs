//! `check`: `ops/` folders, as in a service's own CI.

mod policies;

use std::fs;

use wheelhouse_core::catalog::{KnownNames, Level, missing_secrets};
use wheelhouse_hub::authority::{BadPolicy, check_policies};
use wheelhouse_hub::delivery::Secrets;
use wheelhouse_hub::files::read_ops;
use wheelhouse_wire::catalog::{Loaded, Mode, Report, compile_loaded, known_names, load};

use super::{Answer, Context};
use crate::args::{Check, CheckFormat};
use crate::failure::{Exit, Failure};

/// The path at which a hub tells the names of its catalog.
const NAMES: [&str; 2] = ["catalog", "names"];

/// Checks folders: alone, with the names that the rest defines, or as a whole organisation where
/// one of the documents is the `Organization` and they are not called a part.
pub fn run(options: &Check, context: &Context<'_>) -> Result<Answer, Failure> {
    let files = read_ops(&options.dirs).map_err(|error| {
        Failure::cannot_run(error.to_string()).help("give the folders, such as `wheelhouse check ops/`")
    })?;
    if files.catalog.is_empty() && files.policies.is_empty() {
        let dirs: Vec<String> = options.dirs.iter().map(|dir| dir.display().to_string()).collect();
        return Err(Failure::cannot_run(format!("there is nothing to check in {}", dirs.join(", ")))
            .detail(
                "expected *.yaml or *.yml files with `kind:`, outside of hidden folders, `target` and `node_modules`",
            )
            .help("`wheelhouse init --service NAME --team NAME` writes a first one"));
    }
    let known = options.with.as_deref().map(|with| known(with, context)).transpose()?;
    let mut loaded = load(files.catalog);
    if let Some(folder) = &options.secrets {
        let secrets = Secrets::in_folder(folder).map_err(|error| Failure::cannot_run(format!("--secrets: {error}")))?;
        loaded.findings.extend(missing_secrets(&loaded.drafts, &secrets.names()));
    }
    let mode = mode(&loaded, known, options.part);
    let (_, report) = compile_loaded(loaded, mode, Some(context.look.now));
    // Policies speak of the schema alone, so one repository's are checked as the hub checks them.
    let faults = check_policies(&files.policies).err().map(|bad| bad.faults).unwrap_or_default();
    let answer = Answer::text(render(&report, &faults, options.format, context.look.colour));
    let failed = report.has_errors() || !faults.is_empty();
    let failed = failed || (options.strict && report.count(Level::Warning) > 0);
    Ok(answer.exit(if failed { Exit::Refused } else { Exit::Ok }))
}

fn mode(loaded: &Loaded, known: Option<KnownNames>, part: bool) -> Mode {
    let whole = !part && known.is_none() && !loaded.drafts.organizations.is_empty();
    if whole { Mode::Whole } else { Mode::Alone { known } }
}

/// The names that the rest of the catalog defines, from a hub or from a file.
fn known(with: &str, context: &Context<'_>) -> Result<KnownNames, Failure> {
    let is_address = ["http://", "https://"].iter().any(|scheme| with.starts_with(scheme));
    let text = if is_address {
        context.client()?.at(with)?.text(&NAMES)?
    } else {
        fs::read_to_string(with).map_err(|error| {
            Failure::cannot_run(format!("--with: cannot read {with}: {error}"))
                .help("give a hub's address, such as http://127.0.0.1:8480, or a saved catalog.json")
        })?
    };
    known_names(&text).map_err(|error| {
        Failure::cannot_run(format!("--with {with}: {error}")).help("save one with `curl HUB/api/v1/catalog/names`")
    })
}

fn render(report: &Report, faults: &[BadPolicy], format: CheckFormat, colour: bool) -> String {
    match format {
        CheckFormat::Text => text(report, faults, colour),
        CheckFormat::Json => policies::json(&report.render_json(), faults),
        CheckFormat::Github => report.render_github() + &policies::github(faults),
        CheckFormat::Sarif => policies::sarif(&report.render_sarif(), faults),
    }
}

/// The findings, then one line that says what was looked at and what came of it.
fn text(report: &Report, faults: &[BadPolicy], colour: bool) -> String {
    let mut text = report.render_text(colour);
    for fault in faults {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&crate::output::clean_lines(&fault.to_string()));
        text.push('\n');
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let count = |count: usize, word: &str| match count {
        0 => format!("no {word}s"),
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    let errors = report.count(Level::Error) + faults.len();
    let counted = format!("{}, {}", count(errors, "error"), count(report.count(Level::Warning), "warning"));
    text + &format!("{}: {counted}\n", report.summary)
}
