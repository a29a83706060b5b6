//! `Idempotency-Key`: what is asked for again under one key happens once.

use axum::http::{HeaderMap, HeaderValue, Response};
use sha2::{Digest, Sha256};
use wheelhouse_core::kernel::Command;
use wheelhouse_core::record::Hash;
use wheelhouse_store::KeptReply;
use wheelhouse_wire::api::Problem;

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::writer::{Answer, Fault, KeepReply};

/// The longest idempotency key, in bytes.
const LONGEST_KEY: usize = 200;

/// How the reply is kept, where the request carries an `Idempotency-Key`. A key belongs to one operation.
///
/// # Errors
/// 400 where the key is none.
pub fn keep_reply(
    caller: &Caller,
    headers: &HeaderMap,
    operation: &str,
    body: &[u8],
    render: fn(&Answer) -> (u16, Vec<u8>),
) -> Result<Option<KeepReply>, Failure> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY);
    let expected = || {
        Problem::new(
            400,
            "bad_idempotency_key",
            format!("`Idempotency-Key`: expected 1 to {LONGEST_KEY} visible characters"),
        )
    };
    let key = key.ok_or_else(expected)?.to_owned();
    let digest = Sha256::new().chain_update(operation.as_bytes()).chain_update([0]).chain_update(body).finalize();
    let request = Hash(digest.into());
    Ok(Some(KeepReply { principal: caller.token.id.to_string(), key, request, render }))
}

/// Submits a command. Where the same was asked before under its key, fails with [`Failure::Repeated`], which has
/// the reply of then; where the key was used for something else, with 422.
///
/// # Errors
/// Whatever keeps the writer from carrying it out.
pub async fn submit<E>(app: &App, command: Command, keep: Option<KeepReply>) -> Result<Answer, E>
where
    E: From<Fault> + From<Failure>,
{
    if let Some(keep) = &keep {
        let (principal, key, request) = (keep.principal.clone(), keep.key.clone(), keep.request);
        let kept = app.query(move |readers| readers.reply(&principal, &key)).await?;
        if let Some(kept) = kept {
            return Err(replayed(kept, request).into());
        }
    }
    let request = keep.as_ref().map(|keep| keep.request);
    match (app.0.writer.person(command, keep).await, request) {
        (Err(Fault::Repeated(kept)), Some(request)) => Err(replayed(*kept, request).into()),
        (answer, _) => Ok(answer?),
    }
}

/// Says that the same was asked before and was not done again.
pub fn mark_replayed<B>(response: &mut Response<B>) {
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
}

fn replayed(kept: KeptReply, request: Hash) -> Failure {
    if kept.request == request {
        return Failure::Repeated(Box::new(kept));
    }
    Problem::new(
        422,
        "idempotency_key_reused",
        "this `Idempotency-Key` was used with another request; make a fresh key for each request",
    )
    .into()
}
