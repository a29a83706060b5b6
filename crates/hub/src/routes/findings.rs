//! What `check` finds about a service, in the catalog in force.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::catalog::{Documents, Kind, documents_of};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_store::StoredCatalog;
use wheelhouse_wire::api::{FindingView, Page, Problem};
use wheelhouse_wire::catalog::{Mode, compile_loaded, load};

use super::App;
use super::auth::Caller;
use super::catalog::known_service;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;
use crate::files::is_policy;

/// How long what was found is good for: schedules run out as time goes by.
const GOOD_FOR: Duration = Duration::from_minutes(60);

/// What was found last, so that a catalog is checked once and not for every reader.
#[derive(Debug, Default)]
pub struct Found(Mutex<Option<Arc<Checked>>>);

#[derive(Debug)]
struct Checked {
    version: String,
    at: Timestamp,
    findings: Vec<(Option<(Kind, String)>, FindingView)>,
}

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(findings))
}

/// What `wheelhouse check` finds about a service: about its own document, and about the team, the escalation, the
/// schedules and the people that its operation rests on.
#[utoipa::path(get, path = "/api/v1/services/{name}/findings", tag = "catalog", params(("name" = String, Path)),
    responses((status = 200, body = Page<FindingView>), (status = 404, body = Problem)))]
async fn findings(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Page<FindingView>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let catalog = &caller.published.catalog;
    let documents = documents_of(catalog, known_service(&caller, &name)?);
    let checked = checked(&app, &catalog.version).await?;
    let about = |document: &Option<(Kind, String)>| document.as_ref().is_some_and(|one| documents.contains(one));
    let items = checked.findings.iter().filter(|(document, _)| about(document)).map(|(_, view)| view.clone());
    Ok(Json(Page { items: items.collect(), next_cursor: None }))
}

/// What is found in a version of the catalog; the last answer where that is still good.
async fn checked(app: &App, version: &str) -> Result<Arc<Checked>, Failure> {
    let now = wall_now();
    let last = app.0.found.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(good) = last.filter(|last| last.version == version && now < last.at + GOOD_FOR) {
        return Ok(good);
    }
    let version = version.to_owned();
    let stored = app.query(move |readers| readers.catalog(&version)).await?;
    let stored = stored.ok_or_else(|| Problem::unavailable("the catalog in force is just being changed; ask again"))?;
    let fresh = tokio::task::spawn_blocking(move || Arc::new(check(stored, now))).await;
    let fresh = fresh.map_err(|_| Failure::stumbled())?;
    *app.0.found.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
    Ok(fresh)
}

fn check(stored: StoredCatalog, now: Timestamp) -> Checked {
    let StoredCatalog { version, files } = stored;
    let loaded = load(files.into_iter().filter(|(path, _)| !is_policy(path)).collect());
    let documents = Documents::of(&loaded.drafts);
    let (_, report) = compile_loaded(loaded, Mode::Whole, Some(now));
    let view = |finding: &wheelhouse_core::catalog::Finding| {
        let document = finding.place.and_then(|place| documents.at(place)).cloned();
        let position = finding.place.and_then(|place| report.files.position(place));
        let view = FindingView {
            level: finding.level.as_str().to_owned(),
            code: finding.code.as_str().to_owned(),
            message: finding.message.clone(),
            help: finding.help.clone(),
            kind: document.as_ref().map(|(kind, _)| kind.as_str().to_owned()),
            name: document.as_ref().map(|(_, name)| name.clone()),
            path: position.as_ref().map(|position| position.path.to_owned()),
            line: position.as_ref().map(|position| position.line as u64),
        };
        (document, view)
    };
    let findings = report.findings.iter().map(view).collect();
    Checked { version, at: now, findings }
}
