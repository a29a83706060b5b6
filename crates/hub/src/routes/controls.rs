//! Controls: what claims each, and what the record shows of it, now or at an instant that is past.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::automation::AutomationDraft;
use wheelhouse_core::catalog::{Catalog, Document, repository_of, version};
use wheelhouse_core::control::{Claim, Sources, claims, report};
use wheelhouse_core::name::AutomationName;
use wheelhouse_core::record::{Body, Canonical};
use wheelhouse_core::runbook::RunbookHash;
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::{FileVersion, StoreError};
use wheelhouse_wire::api::{CatalogChange, Control, ControlOrigin, ControlReport, FieldError, Problem, Time};
use wheelhouse_wire::catalog::load;

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;
use crate::repositories::catalog_of;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which controls, and when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// The instant (RFC 3339) at which one asks; now where absent.
    at: Option<String>,
    /// Only the control of this name.
    control: Option<String>,
}

/// What claims each control, and what the record shows of it at an instant: that it exists, ran, or ran recently.
#[utoipa::path(get, path = "/api/v1/controls", tag = "record", params(Which),
    responses((status = 200, body = ControlReport), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<Json<ControlReport>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    caller.may(Action::ReadCases, Resource::Organization)?;
    let at = instant(which.at.as_deref())?;
    let evidence = app.query(move |readers| readers.evidence(at)).await?;
    let Some((catalog_entry, in_force)) = evidence.catalog.clone() else {
        let (catalog, catalog_entry) = (None, None);
        return Ok(Json(ControlReport { at: Time(at), catalog, catalog_entry, controls: Vec::new() }));
    };
    let (catalog, sources) = catalog_at(&app, &caller, &in_force).await?;
    let files = claims(&catalog, &sources).into_iter().filter_map(|claim| Some((claim.path, claim.version?))).collect();
    let origins = app.query(move |readers| origins(files, catalog_entry, |path| readers.file_versions(path))).await?;
    let wanted = |name: &str| which.control.as_ref().is_none_or(|control| control == name);
    let controls = report(&catalog, &sources, &evidence, at);
    let controls = controls.iter().filter(|control| wanted(&control.name));
    let origin = |claim: &Claim| origins.get(&(claim.path.clone(), claim.version.clone()?)).cloned();
    let controls = controls.map(|control| Control::new(control, origin)).collect();
    let (catalog, catalog_entry) = (Some(in_force), Some(catalog_entry));
    Ok(Json(ControlReport { at: Time(at), catalog, catalog_entry, controls }))
}

fn instant(text: Option<&str>) -> Result<Timestamp, Failure> {
    let now = wall_now();
    let Some(text) = text else { return Ok(now) };
    let bad = |why: &str| Problem::from(FieldError::new("at", why));
    let Time(at) = Time::parse(text).map_err(|error| bad(&error))?;
    if at > now { Err(bad("expected an instant that is past; what will be, no record tells").into()) } else { Ok(at) }
}

/// The catalog of a version that was in force, compiled from what was kept of it, which must have that version's digest;
/// and the files of its automations.
async fn catalog_at(app: &App, caller: &Caller, wanted: &str) -> Result<(Arc<Catalog>, Sources), Failure> {
    let of = wanted.to_owned();
    let kept = app.query(move |readers| readers.catalog_sources(&of)).await?;
    let known = Some(caller.published.catalog.clone()).filter(|known| known.version == wanted);
    let work = tokio::task::spawn_blocking(move || {
        let kept = kept?;
        let found = version(kept.files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let catalog = known.or_else(|| catalog_of(&kept)).filter(|_| found == kept.version)?;
        let sources = sources(&catalog, kept.files);
        Some((catalog, sources))
    });
    let found = work.await.map_err(|_| Failure::stumbled())?;
    found.ok_or_else(|| {
        let short = wanted.get(..12).unwrap_or(wanted);
        let detail = format!(
            "catalog {short}, which was in force then, is not there as the record says, or this version of the hub cannot \
             read it; `wheelhouse record verify` says more"
        );
        Problem::new(409, "catalog_not_readable", detail).into()
    })
}

/// The files that define automations which claim a control.
fn sources(catalog: &Catalog, files: Vec<(String, String)>) -> Sources {
    if catalog.automations.iter().all(|automation| automation.controls.is_empty()) {
        return Sources::new();
    }
    let loaded = load(files);
    let source = |document: &Document<AutomationDraft>| {
        let (path, text) = loaded.files.get(document.name.place.file)?;
        Some((AutomationName::new(&document.name.value).ok()?, (path.to_owned(), RunbookHash::of(text))))
    };
    loaded.drafts.automations.iter().filter_map(source).collect()
}

/// A file of the catalog, with the hash that it had.
type At = (String, RunbookHash);

/// Where versions of files came from: of each the last adoption until `entry` that brought it.
fn origins(
    files: BTreeSet<At>,
    entry: u64,
    versions: impl Fn(&str) -> Result<Vec<FileVersion>, StoreError>,
) -> Result<BTreeMap<At, ControlOrigin>, StoreError> {
    let mut origins = BTreeMap::new();
    for (path, hash) in files {
        let known = versions(&path)?;
        let until = |version: &&FileVersion| version.entry.as_ref().is_some_and(|found| found.seq <= entry);
        let found = known.iter().filter(until).find(|version| version.hash == hash);
        if let Some(origin) = found.and_then(|version| origin(version, &path)) {
            origins.insert((path, hash), origin);
        }
    }
    Ok(origins)
}

fn origin(version: &FileVersion, path: &str) -> Option<ControlOrigin> {
    let entry = version.entry.as_ref()?;
    let body: Option<Body> = entry.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
    let change = CatalogChange::of(entry.seq, &Canonical::parse(&entry.canonical).ok()?.into_entry(body))?;
    let revision = change.repositories.into_iter().find(|one| one.repository == repository_of(path));
    let revision = revision.map(|revision| revision.version);
    Some(ControlOrigin {
        at: change.at,
        entry: entry.seq,
        author: revision.as_ref().and_then(|revision| revision.author.clone()),
        signature: revision.as_ref().and_then(|revision| revision.signature.clone()),
        revision: revision.map(|revision| revision.revision),
    })
}
