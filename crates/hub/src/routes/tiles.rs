//! The record as C2SP tlog-tiles: the checkpoint, hash tiles and entry bundles under `/tlog/`, from
//! stored hashes.
//!
//! Facts are not public. With `public-tiles` anybody may read the checkpoint and the hashes, which say
//! how many entries there are and nothing of what they say; entries are for those who may read the
//! record.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use wheelhouse_core::record::TilePath;
use wheelhouse_wire::api::Problem;

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};

/// What a tile says never changes.
const FOR_EVER: &str = "max-age=31536000, immutable";

/// The routes.
pub fn router() -> Router<App> {
    Router::new().route("/tlog/{*path}", get(tile))
}

async fn tile(
    State(app): State<App>,
    caller: Result<Caller, Failure>,
    Path(path): Path<String>,
) -> Result<Response, Failure> {
    let nothing = || {
        let shown: String = path.chars().take(80).collect();
        Failure::from(Problem::not_found(format!(
            "the record has no {shown}; expected checkpoint, tile/L/N or tile/entries/N of the checkpoint's size"
        )))
    };
    let asked = TilePath::parse(&path).ok_or_else(nothing)?;
    let public = app.0.tiles_are_public && !matches!(asked, TilePath::Entries(_));
    if !public {
        caller?.may(Action::ReadRecord, Resource::Organization)?;
    }
    let found = match asked {
        TilePath::Checkpoint => {
            let note = app.query(|readers| readers.checkpoint()).await?.ok_or_else(nothing)?;
            let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
            return Ok((headers, note).into_response());
        }
        TilePath::Hashes { level, span } => app.query(move |readers| readers.hash_tile(level, span)).await?,
        TilePath::Entries(span) => app.query(move |readers| readers.entry_bundle(span)).await?,
    };
    let bytes = found.ok_or_else(nothing)?;
    let cache = if public { format!("public, {FOR_EVER}") } else { format!("private, {FOR_EVER}") };
    let kind = "application/octet-stream".to_owned();
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], bytes).into_response())
}
