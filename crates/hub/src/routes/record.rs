//! The record, for readers and outsiders.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::name::{BadName, PersonName, RunnerName, SourceName};
use wheelhouse_core::record::checkpoint::parse;
use wheelhouse_core::record::{Actor, Canonical, Claim, ProofFile, consistency_proof, inclusion_proof};
use wheelhouse_store::{EntryQuery, Readers, StoreError};
use wheelhouse_wire::api::{Checkpoint, FieldError, InclusionProof, Page, Problem, RecordEntry, RecordKey, Time};

use super::App;
use super::auth::Caller;
use super::cases::{case_id, cursor};
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::verify;

/// The most entries of a page.
const MOST_ENTRIES: usize = 1_000;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(entries))
        .routes(routes!(proof))
        .routes(routes!(proof_file))
        .routes(routes!(growth))
        .routes(routes!(checkpoint))
        .routes(routes!(signed_head))
        .routes(routes!(key))
        .routes(routes!(key_parts))
        .routes(routes!(verified))
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// The first entry's index; 0 where absent.
    from: Option<u64>,
    /// Kinds, separated by commas, such as `acknowledged,resolved`; all where absent.
    kind: Option<String>,
    /// Who did it: a person's name, `source:NAME`, `runner:NAME`, `hub` or `bootstrap`.
    actor: Option<String>,
    /// Only about this case.
    case: Option<String>,
    /// Only those made at this instant or later (RFC 3339).
    since: Option<String>,
    /// Only those made before this instant (RFC 3339).
    until: Option<String>,
    /// Only those of exercises, or only real ones.
    drill: Option<bool>,
    /// `oldest` (where absent) or `newest` first.
    sort: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many at most; 100 where absent, 1,000 at most.
    limit: Option<usize>,
}

/// What a verification found.
#[derive(Debug, Serialize, ToSchema)]
struct Verified {
    /// Whether nothing is wrong.
    ok: bool,
    /// How many entries were looked at.
    entries: u64,
    /// What is wrong.
    problems: Vec<String>,
    /// What was erased by authority, which is no problem.
    erased: ErasedCounts,
}

/// What was erased by authority.
#[derive(Debug, Serialize, ToSchema)]
struct ErasedCounts {
    /// Texts of entries.
    bodies: u64,
    /// Signals without their texts.
    signals: u64,
    /// Commits without their journal.
    journals: u64,
    /// Attached files.
    files: u64,
}

/// Entries of the record. A page may be shorter than `limit` and still have a next one.
#[utoipa::path(get, path = "/api/v1/record/entries", tag = "record", params(Filter),
    responses((status = 200, body = Page<RecordEntry>), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn entries(
    State(app): State<App>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<RecordEntry>>, Failure> {
    caller.may(Action::ReadRecord, Resource::Organization)?;
    let query = query_of(&filter)?;
    let page = app.query(move |readers| readers.entries_like(&query)).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for entry in page.items {
        let canonical = Canonical::parse(&entry.canonical).map_err(|_| {
            Problem::fault(format!("entry {} cannot be read; run `wheelhouse record verify`", entry.seq))
        })?;
        let body = entry.body.as_deref().zip(entry.salt);
        items.push(RecordEntry::new(&canonical, &entry.canonical, entry.leaf, body));
    }
    Ok(Json(Page { items, next_cursor: page.next.map(|next| next.to_string()) }))
}

fn query_of(filter: &Filter) -> Result<EntryQuery, Failure> {
    let bad = |field: &str, words: String| Failure::from(Problem::from(FieldError::new(field, words)));
    let instant = |field: &str, text: &Option<String>| {
        let read = text.as_deref().map(Time::parse).transpose().map_err(|words| bad(field, words));
        read.map(|time| time.map(|time| time.0))
    };
    let newest = match filter.sort.as_deref() {
        None | Some("oldest") => false,
        Some("newest") => true,
        Some(_) => return Err(bad("sort", "expected oldest or newest".to_owned())),
    };
    let cursor = cursor(filter.cursor.as_deref())?;
    // `from` is the cursor of a reader who knows where to begin; it goes with the order of entries only.
    let from = filter.from.filter(|_| cursor.is_none() && !newest).and_then(|from| from.checked_sub(1));
    let kinds = filter.kind.iter().flat_map(|all| all.split(',')).map(|kind| kind.trim().to_owned());
    let actor = filter.actor.as_deref().map(actor).transpose();
    Ok(EntryQuery {
        kinds: kinds.filter(|kind| !kind.is_empty()).collect(),
        actor: actor.map_err(|error| bad("actor", error.to_string()))?,
        case: filter.case.as_deref().map(case_id).transpose()?,
        since: instant("since", &filter.since)?,
        until: instant("until", &filter.until)?,
        drill: filter.drill,
        newest,
        cursor: cursor.or(from),
        limit: filter.limit.unwrap_or(100).clamp(1, MOST_ENTRIES),
    })
}

fn actor(text: &str) -> Result<Actor, BadName> {
    match text.split_once(':') {
        Some(("source", name)) => SourceName::new(name).map(Actor::Source),
        Some(("runner", name)) => RunnerName::new(name).map(Actor::Runner),
        _ if text == "hub" => Ok(Actor::Hub),
        _ if text == "bootstrap" => Ok(Actor::Bootstrap),
        _ => PersonName::new(text).map(Actor::Person),
    }
}

/// The proof that an entry is in the record.
#[utoipa::path(get, path = "/api/v1/record/entries/{seq}/proof", tag = "record", params(("seq" = u64, Path)),
    responses((status = 200, body = InclusionProof), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn proof(State(app): State<App>, caller: Caller, Path(seq): Path<u64>) -> Result<Json<InclusionProof>, Failure> {
    caller.may(Action::ReadRecord, Resource::Organization)?;
    let found = app.query(move |readers| {
        let Some((note, size)) = head(readers)? else { return Ok(None) };
        let Some(entry) = readers.entries(seq, 1)?.into_iter().find(|entry| entry.seq == seq) else { return Ok(None) };
        Ok(inclusion_proof(seq, size, readers).ok().map(|path| (size, entry.leaf, path, note)))
    });
    let Some((size, leaf, path, checkpoint)) = found.await? else {
        return Err(Problem::not_found(format!("the record has no entry {seq}")).into());
    };
    let head = Checkpoint::parse(&checkpoint).map_err(|_| Failure::stumbled())?;
    let path = path.iter().map(ToString::to_string).collect();
    Ok(Json(InclusionProof { index: seq, size, leaf: leaf.to_string(), path, checkpoint, head }))
}

/// The signed head of the record as it is, taken apart.
#[utoipa::path(get, path = "/api/v1/record/head", tag = "record",
    responses((status = 200, body = Checkpoint), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn signed_head(State(app): State<App>, caller: Caller) -> Result<Json<Checkpoint>, Failure> {
    caller.may(Action::ReadRecord, Resource::Organization)?;
    let note = app.query(|readers| readers.checkpoint()).await?;
    let note = note.ok_or_else(|| Problem::not_found("the record is still empty"))?;
    Ok(Json(Checkpoint::parse(&note).map_err(|_| Failure::stumbled())?))
}

/// The key that verifies checkpoints, taken apart.
#[utoipa::path(get, path = "/api/v1/record/key.json", tag = "record", responses((status = 200, body = RecordKey)))]
async fn key_parts(State(app): State<App>, _caller: Caller) -> Json<RecordKey> {
    Json(RecordKey::from(&app.0.signer.verifier()))
}

/// The proof that an entry is in the record, as a file for offline use (C2SP tlog-proof); its extra data
/// is the entry's canonical bytes.
#[utoipa::path(get, path = "/api/v1/record/entries/{seq}/tlog-proof", tag = "record", params(("seq" = u64, Path)),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn proof_file(State(app): State<App>, caller: Caller, Path(seq): Path<u64>) -> Result<Response, Failure> {
    caller.may(Action::ReadRecord, Resource::Organization)?;
    let found = app.query(move |readers| {
        let Some((note, size)) = head(readers)? else { return Ok(None) };
        let Some(entry) = readers.entries(seq, 1)?.into_iter().find(|entry| entry.seq == seq) else { return Ok(None) };
        let claim = Claim::Included { index: seq, entry: entry.canonical };
        Ok(inclusion_proof(seq, size, readers).ok().map(|path| ProofFile { claim, path, note }))
    });
    let proof = found.await?.ok_or_else(|| Problem::not_found(format!("the record has no entry {seq}")))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], proof.to_string()).into_response())
}

/// From which size.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct From {
    /// The size of the older checkpoint.
    from: u64,
}

/// The proof that the record grew from what it was at a size, as a file for offline use.
#[utoipa::path(get, path = "/api/v1/record/consistency", tag = "record", params(From),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn growth(State(app): State<App>, caller: Caller, from: Query<From>) -> Result<Response, Failure> {
    caller.may(Action::ReadRecord, Resource::Organization)?;
    let old = from.from;
    let found = app.query(move |readers| {
        let Some((note, size)) = head(readers)? else { return Ok(None) };
        let claim = Claim::Grown { old };
        Ok(consistency_proof(old, size, readers).ok().map(|path| ProofFile { claim, path, note }))
    });
    let proof = found.await?;
    let proof = proof.ok_or_else(|| Problem::not_found(format!("the record has fewer than {old} entries")))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], proof.to_string()).into_response())
}

/// The last checkpoint and its size.
fn head(readers: &Readers) -> Result<Option<(String, u64)>, StoreError> {
    let note = readers.checkpoint()?;
    Ok(note.and_then(|note| Some((parse(note.as_bytes()).ok()?.0.size(), note))).map(|(size, note)| (note, size)))
}

/// The signed checkpoint of the record as it is: a C2SP tlog-checkpoint.
#[utoipa::path(get, path = "/api/v1/record/checkpoint", tag = "record", responses((status = 200, body = String, content_type = "text/plain")))]
async fn checkpoint(State(app): State<App>, caller: Caller) -> Result<Response, Failure> {
    caller.may(Action::ReadRecord, Resource::Organization)?;
    let note = app.query(|readers| readers.checkpoint()).await?;
    let note = note.ok_or_else(|| Problem::not_found("the record is still empty"))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

/// The key that verifies checkpoints: a C2SP signed-note verifier key.
#[utoipa::path(get, path = "/api/v1/record/key", tag = "record", responses((status = 200, body = String, content_type = "text/plain")))]
async fn key(State(app): State<App>, _caller: Caller) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{}\n", app.0.signer.verifier())).into_response()
}

/// Verifies the whole record against the tables.
#[utoipa::path(post, path = "/api/v1/record/verify", tag = "record", responses((status = 200, body = Verified), (status = 403, body = Problem)))]
async fn verified(State(app): State<App>, caller: Caller) -> Result<Json<Verified>, Failure> {
    caller.may(Action::ReadRecord, Resource::Organization)?;
    let key = app.0.signer.verifier();
    let report = app.query(move |readers| verify::verify(readers, &key, None)).await?;
    let erased = ErasedCounts {
        bodies: report.erased_bodies,
        signals: report.erased_signals,
        journals: report.erased_journals,
        files: report.erased_files,
    };
    Ok(Json(Verified { ok: report.problems.is_empty(), entries: report.entries, problems: report.problems, erased }))
}
