//! What people do to cases.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::access::Owner;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::catalog::Target;
use wheelhouse_core::kernel::{CaseAction, What};
use wheelhouse_wire::api::{
    Acknowledge, Assign, CaseDetail, LinkRequest, Mitigate, Note, OpenCase, PageRequest, Problem, RecordMiss, Reopen,
    Resolve, SetRole, SetSeverity, Update, decode, decode_or_default,
};

use super::App;
use super::auth::Caller;
use super::cases::{case_id, detail, resource_of};
use super::judged::judged;
use super::once::{keep_reply, mark_replayed, submit};
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::writer::{Answer, KeepReply};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(open))
        .routes(routes!(acknowledge))
        .routes(routes!(note))
        .routes(routes!(severity))
        .routes(routes!(assign))
        .routes(routes!(role))
        .routes(routes!(page))
        .routes(routes!(update))
        .routes(routes!(mitigate))
        .routes(routes!(resolve))
        .routes(routes!(reopen))
        .routes(routes!(link))
        .routes(routes!(unlink))
        .routes(routes!(missed))
}

/// Reports trouble: opens an incident, or joins the open one of the same service.
#[utoipa::path(post, path = "/api/v1/cases", tag = "cases", request_body = OpenCase,
    params(("Idempotency-Key" = Option<String>, Header, description = "What is asked again under it happens once")),
    responses((status = 201, body = CaseDetail), (status = 422, body = Problem)))]
async fn open(State(app): State<App>, caller: Caller, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let report = decode::<OpenCase>(&body)?.into_report()?;
    let keep = keep_reply(&caller, &headers, "open", &body, render_created)?;
    let answer = judge_and_submit(&app, &caller, None, Action::OpenCase, What::Report(Box::new(report)), keep).await;
    respond(&app, &caller, answer, StatusCode::CREATED).await
}

macro_rules! action {
    ($(#[$doc:meta])* $name:ident, $path:literal, $request:ident, $action:ident, $parse:ident, $turn:expr) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "cases", request_body = $request,
            params(("id" = String, Path, description = "The case, such as INC-17"),
                ("If-Match" = Option<String>, Header, description = "The revision that the caller saw, as the `ETag` gives it"),
                ("Idempotency-Key" = Option<String>, Header, description = "What is asked again under it happens once")),
            responses((status = 200, body = CaseDetail), (status = 403, body = Problem), (status = 404, body = Problem),
                (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
        async fn $name(State(app): State<App>, caller: Caller, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
            let request: $request = $parse(&body)?;
            let turn: fn($request) -> Result<CaseAction, Problem> = $turn;
            act(&app, &caller, &id, &headers, &body, Action::$action, turn(request)?).await
        }
    };
}

action!(/// Takes the case: nobody else is paged for it.
    acknowledge, "/api/v1/cases/{id}/acknowledge", Acknowledge, Acknowledge, decode_or_default, |r| Ok(r.into_action()));
action!(/// Writes a note on the timeline.
    note, "/api/v1/cases/{id}/notes", Note, Note, decode, |r| Ok(r.into_action()));
action!(/// Says how bad it is.
    severity, "/api/v1/cases/{id}/severity", SetSeverity, SetSeverity, decode, |r| Ok(r.into_action()));
action!(/// Gives the case to a person or a team.
    assign, "/api/v1/cases/{id}/assign", Assign, Assign, decode, |r| r.into_action());
action!(/// Gives a role to somebody, or lays it down.
    role, "/api/v1/cases/{id}/roles", SetRole, SetRole, decode, |r| r.into_action());
action!(/// Asks somebody to help.
    page, "/api/v1/cases/{id}/pages", PageRequest, Page, decode, |r| r.into_action());
action!(/// Writes an update for those affected.
    update, "/api/v1/cases/{id}/updates", Update, Update, decode, |r| Ok(r.into_action()));
action!(/// Says that the harm has stopped.
    mitigate, "/api/v1/cases/{id}/mitigate", Mitigate, Mitigate, decode_or_default, |r| Ok(r.into_action()));
action!(/// Says that it is over.
    resolve, "/api/v1/cases/{id}/resolve", Resolve, Resolve, decode_or_default, |r| Ok(r.into_action()));
action!(/// Says that it was not over.
    reopen, "/api/v1/cases/{id}/reopen", Reopen, Reopen, decode_or_default, |r| Ok(r.into_action()));
action!(/// Links another case or an address.
    link, "/api/v1/cases/{id}/links", LinkRequest, Link, decode, |r| r.into_action());
action!(/// Takes a link away again. A symptom that loses the link to its cause stands for itself: it is paged for.
    unlink, "/api/v1/cases/{id}/unlink", LinkRequest, Link, decode, |r| r.into_removal());
action!(/// Says that somebody affected was not told, also after the case is over. Counts as a miss, once for a case
    /// and a recipient, and opens an action where the catalog must say more; refused where they were told.
    missed, "/api/v1/cases/{id}/missed", RecordMiss, RecordMiss, decode, |r| r.into_action());

/// Does something to a case on the caller's behalf, and answers with the case.
pub async fn act(
    app: &App,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
    body: &Bytes,
    action: Action,
    what: CaseAction,
) -> Result<Response, Failure> {
    let case = case_id(id)?;
    let revision = if_match(headers)?;
    let keep = keep_reply(caller, headers, &format!("{action:?} {case}"), body, render)?;
    // A page lets people take the case: paging oneself is taking it.
    let action = if is_page_for(&what, caller) { Action::Acknowledge } else { action };
    let answer =
        judge_and_submit(app, caller, Some(case), action, What::Case { case, revision, action: what }, keep).await;
    match answer {
        Err(Failure::Problem(problem)) if problem.status == StatusCode::PRECONDITION_FAILED.as_u16() => {
            // Whoever edits beside somebody else sees what they saved, without asking again.
            let case = app.query(move |readers| readers.case(case)).await?.ok_or_else(Failure::stumbled)?;
            Err(problem.with_current(&detail(app, caller, case).await?).into())
        }
        answer => respond(app, caller, answer, StatusCode::OK).await,
    }
}

/// Whether it pages nobody but the caller.
fn is_page_for(what: &CaseAction, caller: &Caller) -> bool {
    matches!((what, caller.owner()), (CaseAction::Page(Target::Person(paged)), Owner::Person(own)) if paged == own)
}

/// Judges the command under the catalog in force and submits it; where the catalog moved in
/// between it is judged again.
async fn judge_and_submit(
    app: &App,
    caller: &Caller,
    case: Option<CaseId>,
    action: Action,
    what: What,
    keep: Option<KeepReply>,
) -> Result<Answer, Failure> {
    let attempt = async |judge: Caller| {
        let resource = match case {
            Some(case) => resource_of(app, case).await?,
            None => Resource::Organization,
        };
        let policies = judge.may(action, resource)?;
        submit(app, judge.command(policies, what.clone()), keep.clone()).await
    };
    judged(app, caller, attempt).await
}

/// The answer: the case as it is now. A request that was made before is answered in the same
/// shape, with `Idempotency-Replayed`.
async fn respond(
    app: &App,
    caller: &Caller,
    answer: Result<Answer, Failure>,
    status: StatusCode,
) -> Result<Response, Failure> {
    let (case, commit, replayed) = match answer {
        Ok(answer) => (answer.case.ok_or_else(Failure::stumbled)?, Some(answer.commit), false),
        Err(Failure::Repeated(kept)) => {
            let name = serde_json::from_slice::<CaseDetail>(&kept.body).map(|detail| detail.summary.id);
            let Ok(id) = name else { return Err(Failure::Repeated(kept)) };
            let case = app.query(move |readers| readers.case(id)).await?;
            (case.ok_or_else(Failure::stumbled)?, None, true)
        }
        Err(failure) => return Err(failure),
    };
    let (tag, detail) = (format!("\"{}\"", case.revision), detail(app, caller, case).await?);
    let mut response = (status, [(header::ETAG, tag)], Json(detail)).into_response();
    if let Some(commit) = commit {
        response.headers_mut().insert("wheelhouse-commit", HeaderValue::from(commit));
    }
    if replayed {
        mark_replayed(&mut response);
    }
    Ok(response)
}

/// What a repeated request is answered: the case as it was then.
fn render(answer: &Answer) -> (u16, Vec<u8>) {
    let detail = answer.case.as_ref().map(|case| CaseDetail::new(case, None, &[], &[]));
    (200, serde_json::to_vec(&detail).unwrap_or_default())
}

fn render_created(answer: &Answer) -> (u16, Vec<u8>) {
    (201, render(answer).1)
}

/// The revision that `If-Match` names, if it is sent.
pub fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let revision = value.to_str().ok().and_then(|text| text.trim().trim_matches('"').parse().ok());
    let expected =
        || Problem::new(400, "bad_if_match", "`If-Match`: expected a revision in quotes, as its `ETag` gives it");
    revision.map(Some).ok_or_else(|| expected().into())
}
