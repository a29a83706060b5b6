//! The record, for readers and outsiders.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::record::checkpoint::parse;
use wheelhouse_core::record::{Canonical, Claim, ProofFile, consistency_proof, inclusion_proof};
use wheelhouse_store::{Readers, StoreError};
use wheelhouse_wire::api::{Page, Problem, RecordEntry};

use super::App;
use super::auth::Caller;
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
        .routes(routes!(key))
        .routes(routes!(verified))
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Range {
    /// The first entry's index; 0 where absent.
    from: Option<u64>,
    /// How many at most; 100 where absent, 1,000 at most.
    limit: Option<usize>,
}

/// That an entry is in the record.
#[derive(Debug, Serialize, ToSchema)]
struct Proof {
    /// The entry's index.
    index: u64,
    /// The size of the tree that the proof is for.
    size: u64,
    /// The entry's leaf hash.
    leaf: String,
    /// The audit path from the leaf up (RFC 6962 §2.1.1), hexadecimal.
    path: Vec<String>,
    /// The signed checkpoint of that tree.
    checkpoint: String,
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
}

/// Entries in order.
#[utoipa::path(get, path = "/api/v1/record/entries", tag = "record", params(Range),
    responses((status = 200, body = Page<RecordEntry>), (status = 403, body = Problem)))]
async fn entries(
    State(app): State<App>,
    caller: Caller,
    range: Query<Range>,
) -> Result<Json<Page<RecordEntry>>, Failure> {
    caller.may(Action::ReadRecord, Resource::Organization)?;
    let (from, limit) = (range.from.unwrap_or(0), range.limit.unwrap_or(100).clamp(1, MOST_ENTRIES));
    let stored = app.query(move |readers| readers.entries(from, limit)).await?;
    let next = (stored.len() == limit).then(|| stored.last().map(|entry| (entry.seq + 1).to_string())).flatten();
    let mut items = Vec::with_capacity(stored.len());
    for entry in stored {
        let canonical = Canonical::parse(&entry.canonical).map_err(|_| {
            Problem::fault(format!("entry {} cannot be read; run `wheelhouse record verify`", entry.seq))
        })?;
        let body = entry.body.as_deref().zip(entry.salt);
        items.push(RecordEntry::new(&canonical, &entry.canonical, entry.leaf, body));
    }
    Ok(Json(Page { items, next_cursor: next }))
}

/// The proof that an entry is in the record.
#[utoipa::path(get, path = "/api/v1/record/entries/{seq}/proof", tag = "record", params(("seq" = u64, Path)),
    responses((status = 200, body = Proof), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn proof(State(app): State<App>, caller: Caller, Path(seq): Path<u64>) -> Result<Json<Proof>, Failure> {
    caller.may(Action::ReadRecord, Resource::Organization)?;
    let found = app.query(move |readers| {
        let Some(note) = readers.checkpoint()? else { return Ok(None) };
        let Ok((signed, _)) = parse(note.as_bytes()) else { return Ok(None) };
        let size = signed.size();
        let Some(entry) = readers.entries(seq, 1)?.into_iter().find(|entry| entry.seq == seq) else { return Ok(None) };
        let path = inclusion_proof(seq, size, readers).ok();
        Ok(path.map(|path| (size, entry.leaf, path, note)))
    });
    let Some((size, leaf, path, checkpoint)) = found.await? else {
        return Err(Problem::not_found(format!("the record has no entry {seq}")).into());
    };
    let path = path.iter().map(ToString::to_string).collect();
    Ok(Json(Proof { index: seq, size, leaf: leaf.to_string(), path, checkpoint }))
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
    let erased =
        ErasedCounts { bodies: report.erased_bodies, signals: report.erased_signals, journals: report.erased_journals };
    Ok(Json(Verified { ok: report.problems.is_empty(), entries: report.entries, problems: report.problems, erased }))
}
