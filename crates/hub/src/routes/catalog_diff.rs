//! What a change of the catalog would mean, before it is made.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::catalog::diff::diff;
use wheelhouse_core::catalog::{Catalog, Finding, Level, path_in, repository_of};
use wheelhouse_core::name::RepositoryName;
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::Readers;
use wheelhouse_wire::api::{CandidateCatalog, CatalogDiff, FieldError, Problem, decode_at_most};
use wheelhouse_wire::catalog::{Mode, Report, compile_files, limits};

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;
use crate::files::is_policy;

/// The largest candidate, in bytes: JSON escapes make text longer than it is.
const LARGEST_CANDIDATE: usize = 2 * limits::MOST_TEXT;
/// How many errors an answer lists.
const MOST_ERRORS: usize = 50;
/// How many of them its detail repeats.
const MOST_SHOWN: usize = 5;

pub fn router() -> OpenApiRouter<App> {
    // Inside the API's own limit, and in its stead.
    OpenApiRouter::new().routes(routes!(compare)).layer(DefaultBodyLimit::max(LARGEST_CANDIDATE))
}

/// What would be different if a candidate came into force instead of the present catalog. Changes nothing.
#[utoipa::path(post, path = "/api/v1/catalog/diff", tag = "catalog", request_body = CandidateCatalog,
    responses((status = 200, body = CatalogDiff), (status = 403, body = Problem), (status = 413, body = Problem),
        (status = 422, body = Problem)))]
async fn compare(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Json<CatalogDiff>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let (catalog, readers) = (caller.published.catalog.clone(), app.0.readers.clone());
    // A large candidate takes long enough to keep others waiting.
    let work = tokio::task::spawn_blocking(move || answer(&body, &catalog, &readers, wall_now()));
    match work.await {
        Ok(answer) => Ok(Json(answer?)),
        Err(_) => Err(Failure::stumbled()),
    }
}

fn answer(body: &[u8], catalog: &Arc<Catalog>, readers: &Readers, now: Timestamp) -> Result<CatalogDiff, Failure> {
    let request: CandidateCatalog = decode_at_most(body, LARGEST_CANDIDATE)?;
    let given = request.files.into_iter().map(|file| (file.path, file.text));
    let files = match request.repository {
        None => given.collect(),
        Some(name) => among_others(&name, given, &catalog.version, readers)?,
    };
    let (candidate, report) = compile_files(files, Mode::Whole, None);
    match candidate {
        Some(candidate) => Ok(CatalogDiff::from(&diff(catalog, &candidate, now))),
        None => Err(refused(&report).into()),
    }
}

/// The files of one repository, and those that all others have in force.
fn among_others(
    name: &str,
    given: impl Iterator<Item = (String, String)>,
    version: &str,
    readers: &Readers,
) -> Result<Vec<(String, String)>, Failure> {
    let name = RepositoryName::new(name)
        .map_err(|_| Problem::fields(vec![FieldError::new("repository", "expected a repository's name")]))?;
    let stored = readers.catalog(version)?.ok_or_else(Failure::stumbled)?;
    let others = stored.files.into_iter().filter(|(path, _)| repository_of(path) != name.as_str() && !is_policy(path));
    Ok(given.map(|(path, text)| (path_in(name.as_str(), &path), text)).chain(others).collect())
}

/// Says what keeps the candidate from being used, each error with its place.
fn refused(report: &Report) -> Problem {
    let errors: Vec<&Finding> = report.findings.iter().filter(|finding| finding.level == Level::Error).collect();
    let listed = errors.iter().take(MOST_ERRORS).map(|finding| {
        let place = finding.place.and_then(|place| report.files.position(place));
        let field = place.map_or_else(|| "files".to_owned(), |at| format!("{}:{}:{}", at.path, at.line, at.column));
        let help = finding.help.as_deref().map(|help| format!("; {help}")).unwrap_or_default();
        FieldError::new(&field, format!("{}{help}", finding.message))
    });
    let listed: Vec<FieldError> = listed.collect();
    let shown = listed.iter().take(MOST_SHOWN).map(|error| format!("\n{}: {}", error.field, error.detail));
    let count = errors.len();
    let plural = if count == 1 { "" } else { "s" };
    let detail = format!("the candidate has {count} error{plural}{}", shown.collect::<String>());
    Problem { errors: listed, ..Problem::new(422, "bad_catalog", detail) }
}
