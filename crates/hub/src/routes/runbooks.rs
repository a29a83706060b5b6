//! Runbooks of the catalog: lists, texts, versions.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::catalog::{Catalog, repository_of};
use wheelhouse_core::kernel::{Approval, What};
use wheelhouse_core::record::{Body, Canonical};
use wheelhouse_core::runbook::{self as core, RunbookHash, RunbookName, owners};
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::{FileVersion, LARGEST_PAGE, StoredEntry};
use wheelhouse_wire::api::{
    ApproveVersion, CatalogChange, FieldError, Page, Problem, RunbookAt, RunbookDetail, RunbookDiff, RunbookStanding,
    RunbookSummary, RunbookVersion, Time, decode_or_default,
};
use wheelhouse_wire::runbook::parse;

use super::App;
use super::auth::Caller;
use super::judged::judged;
use super::respond::Failure;
use crate::authority::{Action, Resource, RunbookFacts};
use crate::clock::wall_now;

/// The runbooks on a page, unless said.
const A_PAGE: usize = 200;
/// Says what an approval must name.
const WHOLE_HASH: &str =
    "an approval names a version by all 64 digits of its hash, so that it is for these bytes alone";
/// The fewest digits by which a version is named.
const FEWEST_DIGITS: usize = 8;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(versions))
        .routes(routes!(version))
        .routes(routes!(compare))
        .routes(routes!(approve))
}

/// Which runbooks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Words that must all be found in its name, its title, its summary, its headings or its owners.
    q: Option<String>,
    /// Only those that this team keeps.
    team: Option<String>,
    /// Only those that say they are about this service.
    service: Option<String>,
    /// Only those with findings, or only those without.
    findings: Option<bool>,
    /// How many at most.
    limit: Option<usize>,
    /// Where the page before ended.
    cursor: Option<String>,
}

/// Runbooks by name.
#[utoipa::path(get, path = "/api/v1/runbooks", tag = "catalog", params(Which),
    responses((status = 200, body = Page<RunbookSummary>), (status = 422, body = Problem)))]
async fn list(caller: Caller, Query(which): Query<Which>) -> Result<Json<Page<RunbookSummary>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let catalog = &caller.published.catalog;
    let bad = |_| Problem::from(FieldError::new("cursor", "expected the `next_cursor` of another page"));
    let after = which.cursor.as_deref().map(RunbookName::parse).transpose().map_err(bad)?;
    let words = which.q.unwrap_or_default().to_lowercase();
    let limit = which.limit.unwrap_or(A_PAGE).clamp(1, LARGEST_PAGE);
    let wanted = |runbook: &&core::Runbook| {
        let keeps = |team: &String| owners(catalog, runbook).iter().any(|owner| owner.as_str() == team);
        let about = |service: &String| runbook.front.services.iter().any(|one| one.as_str() == service);
        after.as_ref().is_none_or(|after| runbook.name > *after)
            && which.team.as_ref().is_none_or(keeps)
            && which.service.as_ref().is_none_or(about)
            && which.findings.is_none_or(|findings| findings != runbook.findings.is_empty())
            && has_words(catalog, runbook, &words)
    };
    let runbooks = catalog.runbooks.values().map(AsRef::as_ref).filter(wanted).take(limit + 1);
    let summary = |runbook: &core::Runbook| {
        let standing = caller.published.standings.get(&runbook.name);
        let quarantined = standing.is_some_and(|standing| standing.quarantine().is_some());
        RunbookSummary { quarantined, ..RunbookSummary::of(runbook, catalog) }
    };
    let mut items: Vec<RunbookSummary> = runbooks.map(summary).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| more).map(|last| last.name.clone());
    Ok(Json(Page { items, next_cursor }))
}

fn has_words(catalog: &Catalog, runbook: &core::Runbook, words: &str) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut text = format!("{} {} {}", runbook.name, runbook.title, runbook.summary);
    let headings = runbook.phases.iter().map(core::Phase::title);
    let owners = owners(catalog, runbook);
    for word in headings.chain(owners.iter().map(|owner| owner.as_str())) {
        text.push(' ');
        text.push_str(word);
    }
    let text = text.to_lowercase();
    words.split_whitespace().all(|word| text.contains(word))
}

/// One runbook: its text, its steps, and what is found about it.
#[utoipa::path(get, path = "/api/v1/runbooks/{repository}/{name}", tag = "catalog",
    params(("repository" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = RunbookDetail), (status = 404, body = Problem)))]
async fn one(caller: Caller, Path((repository, name)): Path<(String, String)>) -> Result<Json<RunbookDetail>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let runbook = known(&caller, &repository, &name)?;
    Ok(Json(detail(&caller, runbook)))
}

/// A runbook with where its version stands.
fn detail(caller: &Caller, runbook: &core::Runbook) -> RunbookDetail {
    let catalog = &caller.published.catalog;
    let owners = owners(catalog, runbook).iter().map(ToString::to_string).collect();
    let standing = caller.published.standings.get(&runbook.name).filter(|known| known.version == runbook.hash);
    let standing = standing.and_then(|known| RunbookStanding::of(known, catalog, wall_now()));
    RunbookDetail::new(runbook, owners).standing(standing)
}

/// Lets a quarantined version of a runbook run. It must be the one in force, named by its whole hash; whoever had a
/// part in what is doubted cannot approve it.
#[utoipa::path(post, path = "/api/v1/runbooks/{repository}/{name}/versions/{hash}/approve", tag = "catalog",
    request_body = ApproveVersion,
    params(("repository" = String, Path), ("name" = String, Path), ("hash" = String, Path)),
    responses((status = 200, body = RunbookDetail), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 412, body = Problem)))]
async fn approve(
    State(app): State<App>,
    caller: Caller,
    Path((repository, name, hash)): Path<(String, String, String)>,
    body: Bytes,
) -> Result<Json<RunbookDetail>, Failure> {
    let request: ApproveVersion = decode_or_default(&body)?;
    let runbook = known(&caller, &repository, &name)?.name.clone();
    let version = RunbookHash::parse(&hash).ok_or_else(|| Problem::not_found(WHOLE_HASH))?;
    let attempt = async |judge: Caller| {
        let resource = Resource::Runbook(RunbookFacts::of(&judge.published.catalog, &runbook, None));
        let policies = judge.may(Action::ApproveRunbook, resource)?;
        let asked = Approval { runbook: runbook.clone(), version: version.clone(), text: request.text.clone() };
        let what = What::ApproveVersion(Box::new(asked));
        app.0.writer.person(judge.command(policies, what), None).await.map_err(Failure::from)
    };
    judged(&app, &caller, attempt).await?;
    let now = Caller { token: caller.token.clone(), published: app.published() };
    Ok(Json(detail(&now, known(&now, &repository, &name)?)))
}

/// The versions of a runbook that the hub had in force, newest first.
#[utoipa::path(get, path = "/api/v1/runbooks/{repository}/{name}/versions", tag = "catalog",
    params(("repository" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = Page<RunbookVersion>), (status = 404, body = Problem)))]
async fn versions(
    State(app): State<App>,
    caller: Caller,
    Path((repository, name)): Path<(String, String)>,
) -> Result<Json<Page<RunbookVersion>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let items = versions_of(&app, known(&caller, &repository, &name)?).await?;
    Ok(Json(Page { items, next_cursor: None }))
}

/// One version of a runbook, with its text. A version is named by its hash, or by its first 8 digits or more.
#[utoipa::path(get, path = "/api/v1/runbooks/{repository}/{name}/versions/{hash}", tag = "catalog",
    params(("repository" = String, Path), ("name" = String, Path), ("hash" = String, Path)),
    responses((status = 200, body = RunbookAt), (status = 404, body = Problem)))]
async fn version(
    State(app): State<App>,
    caller: Caller,
    Path((repository, name, hash)): Path<(String, String, String)>,
) -> Result<Json<RunbookAt>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let runbook = known(&caller, &repository, &name)?;
    let versions = versions_of(&app, runbook).await?;
    let version = found(&versions, &hash)?.clone();
    let text = text_of(&app, runbook, &version.hash).await?;
    Ok(Json(RunbookAt { version, text }))
}

/// Which versions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Between {
    /// The older version; the one before `to` where absent.
    from: Option<String>,
    /// The newer version; the one in force where absent.
    to: Option<String>,
}

/// What is different between two versions of a runbook, in words and line by line.
#[utoipa::path(get, path = "/api/v1/runbooks/{repository}/{name}/diff", tag = "catalog",
    params(("repository" = String, Path), ("name" = String, Path), Between),
    responses((status = 200, body = RunbookDiff), (status = 404, body = Problem)))]
async fn compare(
    State(app): State<App>,
    caller: Caller,
    Path((repository, name)): Path<(String, String)>,
    Query(between): Query<Between>,
) -> Result<Json<RunbookDiff>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let runbook = known(&caller, &repository, &name)?;
    let versions = versions_of(&app, runbook).await?;
    let to = found(&versions, between.to.as_deref().unwrap_or(runbook.hash.as_str()))?.hash.clone();
    let from = match &between.from {
        Some(from) => found(&versions, from)?.hash.clone(),
        None => {
            let before = versions.iter().skip_while(|version| version.hash != to).nth(1);
            before.map_or_else(|| to.clone(), |version| version.hash.clone())
        }
    };
    let (before, after) = (text_of(&app, runbook, &from).await?, text_of(&app, runbook, &to).await?);
    let path = runbook.path.clone();
    let work = tokio::task::spawn_blocking(move || {
        let (before, after) = (parse(&path, &before).0?, parse(&path, &after).0?);
        Some(RunbookDiff::new(&before, &after))
    });
    let diff = work.await.map_err(|_| Failure::stumbled())?;
    diff.map(Json).ok_or_else(Failure::stumbled)
}

/// The runbook of that name.
fn known<'c>(caller: &'c Caller, repository: &str, name: &str) -> Result<&'c core::Runbook, Failure> {
    let full = format!("{repository}/{name}");
    let catalog = &caller.published.catalog;
    let runbook = RunbookName::parse(&full).ok().and_then(|name| catalog.runbooks.get(&name));
    runbook.map(AsRef::as_ref).ok_or_else(|| {
        let shown: String = full.chars().take(200).flat_map(char::escape_debug).collect();
        Problem::not_found(format!("the catalog has no runbook `{shown}`; `wheelhouse runbook list` shows all")).into()
    })
}

async fn versions_of(app: &App, runbook: &core::Runbook) -> Result<Vec<RunbookVersion>, Failure> {
    let path = runbook.path.clone();
    let stored = app.query(move |readers| readers.file_versions(&path)).await?;
    Ok(stored.iter().map(|version| shown(version, runbook)).collect())
}

fn shown(version: &FileVersion, runbook: &core::Runbook) -> RunbookVersion {
    let change = version.entry.as_ref().and_then(change);
    let at = change.as_ref().map_or(Time(Timestamp::EPOCH), |change| change.at);
    let seq = change.as_ref().map(|change| change.seq);
    let revisions = change.map(|change| change.repositories).unwrap_or_default();
    let revision = revisions.into_iter().find(|one| one.repository == repository_of(&runbook.path));
    let revision = revision.map(|revision| revision.version);
    RunbookVersion {
        hash: version.hash.to_string(),
        current: version.hash == runbook.hash,
        adopted_at: at,
        entry: seq,
        catalog: version.catalog.clone(),
        signature: revision.as_ref().and_then(|revision| revision.signature.clone()),
        author: revision.as_ref().and_then(|revision| revision.author.clone()),
        subject: revision.as_ref().and_then(|revision| revision.subject.clone()),
        revision: revision.map(|revision| revision.revision),
    }
}

fn change(entry: &StoredEntry) -> Option<CatalogChange> {
    let canonical = Canonical::parse(&entry.canonical).ok()?;
    let body: Option<Body> = entry.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
    CatalogChange::of(entry.seq, &canonical.into_entry(body))
}

/// The version that a hash, or the beginning of one, names.
fn found<'v>(versions: &'v [RunbookVersion], hash: &str) -> Result<&'v RunbookVersion, Failure> {
    let enough = hash.len() >= FEWEST_DIGITS;
    versions.iter().find(|version| enough && version.hash.starts_with(hash)).ok_or_else(|| {
        let shown: String = hash.chars().take(64).flat_map(char::escape_debug).collect();
        Problem::not_found(format!(
            "the hub had no version `{shown}` of it in force; expected a hash of its versions, or its first \
             {FEWEST_DIGITS} digits or more"
        ))
        .into()
    })
}

async fn text_of(app: &App, runbook: &core::Runbook, hash: &str) -> Result<String, Failure> {
    if hash == runbook.hash.as_str() {
        return Ok(runbook.text.to_string());
    }
    let hash = RunbookHash::parse(hash).ok_or_else(Failure::stumbled)?;
    let path = runbook.path.clone();
    let text = app.query(move |readers| readers.file_content(&path, &hash)).await?;
    text.ok_or_else(Failure::stumbled)
}
