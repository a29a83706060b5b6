//! The repositories of the catalog, how it changed, and the door at which pushes are announced.

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::record::{Body, Canonical};
use wheelhouse_store::{LARGEST_PAGE, StoredEntry};
use wheelhouse_wire::api::{
    CatalogChange, FieldError, Page, Problem, RefusedView, Repository, RepositoryState, RevisionView, Time,
};

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::repositories::announce::{Announcement, judge};
use crate::repositories::{Look, Watched};
use crate::writer::Published;

/// How many changes a page holds unless asked otherwise.
const CHANGES_A_PAGE: usize = 50;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(repositories)).routes(routes!(history))
}

/// The door for forges.
pub fn doors() -> Router<App> {
    Router::new().route("/in/git/{repository}", post(announce))
}

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, at most 1,000; 50 where absent.
    limit: Option<usize>,
}

/// The repositories of the catalog.
#[utoipa::path(get, path = "/api/v1/repositories", tag = "catalog", responses((status = 200, body = Page<Repository>)))]
async fn repositories(State(app): State<App>, caller: Caller) -> Result<Json<Page<Repository>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let items = app.0.repositories.iter().map(|watched| shown(watched, &caller.published)).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// How the catalog changed, newest first, and which changes were refused.
#[utoipa::path(get, path = "/api/v1/catalog/history", tag = "catalog", params(Which),
    responses((status = 200, body = Page<CatalogChange>), (status = 422, body = Problem)))]
async fn history(
    State(app): State<App>,
    caller: Caller,
    which: Query<Which>,
) -> Result<Json<Page<CatalogChange>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let bad = || Problem::from(FieldError::new("cursor", "expected the `next_cursor` of another page"));
    let before = which.cursor.as_deref().map(str::parse).transpose().map_err(|_| bad())?;
    let limit = which.limit.unwrap_or(CHANGES_A_PAGE).clamp(1, LARGEST_PAGE);
    let entries = app.query(move |readers| readers.catalog_history(before, limit)).await?;
    let next_cursor = (entries.len() == limit).then(|| entries.last().map(|entry| entry.seq.to_string())).flatten();
    Ok(Json(Page { items: entries.iter().filter_map(change).collect(), next_cursor }))
}

/// A push is announced: its repository is looked at now.
async fn announce(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let watched = app.0.repositories.find(&name);
    let words = match judge(watched, &headers, &body) {
        Announcement::Look => {
            watched.into_iter().for_each(Watched::look_soon);
            "looking\n"
        }
        Announcement::OtherBranch => "another branch than the one that the hub reads\n",
        Announcement::Unproven => {
            // The same whether there is no such repository, none with a secret, or another secret was meant.
            let detail = "nothing proves that you know the secret of a repository of this name; expected a signature of \
                          the body by it (`X-Hub-Signature-256`), or the secret itself as `X-Gitlab-Token` or \
                          `Authorization: Bearer`; `wheelhouse repository list` lists the repositories, and one \
                          without a secret (`webhook-secret-file` in the file of --config) takes no announcements";
            return Err(Problem::unauthenticated(detail).into());
        }
    };
    Ok((StatusCode::ACCEPTED, words).into_response())
}

/// A repository for people: what the hub was told of it, what became of looking, what is in force.
pub fn shown(watched: &Watched, published: &Published) -> Repository {
    let settings = &watched.settings;
    let Look { looked_at, error, warnings } = watched.look();
    let known = published.repositories.get(&settings.name);
    let adopted = known.and_then(|known| known.adopted.as_ref()).map(RevisionView::from);
    let refused = known.and_then(|known| known.refused.as_ref()).map(RefusedView::from);
    let state = match (&adopted, &refused, &error) {
        (_, Some(_), _) => RepositoryState::Refused,
        (None, ..) => RepositoryState::Absent,
        (_, _, Some(_)) => RepositoryState::Unreachable,
        _ => RepositoryState::InForce,
    };
    let charters = published.catalog.organization.repositories.iter();
    let charter = charters.filter(|charter| charter.repository == settings.name);
    Repository {
        name: settings.name.to_string(),
        location: settings.location.shown(),
        state,
        teams: charter.flat_map(|charter| &charter.teams).map(ToString::to_string).collect(),
        adopted,
        refused,
        looked_at: looked_at.map(Time),
        error,
        warnings,
    }
}

/// What is wrong with repositories, for whoever looks how the hub is.
pub fn warnings(app: &App, published: &Published) -> Vec<String> {
    let all = app.0.repositories.iter().map(|watched| shown(watched, published));
    let warning = |one: Repository| {
        match one.state {
        RepositoryState::InForce => None,
        RepositoryState::Refused => one.refused.map(|refused| {
            let (name, case) = (&one.name, refused.case);
            format!("the new version of repository {name} has errors, so the last good one stays in force; {case} says which")
        }),
        RepositoryState::Unreachable | RepositoryState::Absent => {
            let error = one.error.unwrap_or_else(|| "it was not looked at yet".to_owned());
            Some(format!("repository {} cannot be read: {error}", one.name))
        }
    }
    };
    all.filter_map(warning).collect()
}

fn change(entry: &StoredEntry) -> Option<CatalogChange> {
    let canonical = Canonical::parse(&entry.canonical).ok()?;
    let body: Option<Body> = entry.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
    CatalogChange::of(entry.seq, &canonical.into_entry(body))
}
