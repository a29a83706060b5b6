//! Erasing what was written, by authority, and legal holds that forbid it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::kernel::{Refusal, What};
use wheelhouse_core::record::Erasable;
use wheelhouse_wire::api::{EraseCase, Erased, ErasureView, HoldRequest, HoldView, Page, Problem, decode};

use super::App;
use super::auth::Caller;
use super::cases::{case_id, resource_of};
use super::judged::judged;
use super::respond::Failure;
use super::runs::leases_of_case;
use crate::authority::{Action, Resource};
use crate::writer::Answer;

/// The routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(erase)).routes(routes!(holds, set_hold)).routes(routes!(lift_hold))
}

/// Erases what was written in a case that is over: texts of its entries, its title and last update, what
/// its signals said, attached files, what steps of its runs said, the journals with their raw bytes. Who did what when stays, and so does the proof.
#[utoipa::path(post, path = "/api/v1/record/erasures", tag = "record", request_body = EraseCase,
    responses((status = 200, body = Erased), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn erase(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Json<Erased>, Failure> {
    let request: EraseCase = decode(&body)?;
    let case = case_id(&request.case)?;
    let attempt = async |judge: Caller| {
        let policies = judge.may(Action::EraseTexts, resource_of(&app, case).await?)?;
        let found = app.query(move |readers| readers.erasable(case)).await?;
        let found = Arc::new(found.ok_or_else(|| Failure::from(Refusal::NoSuchCase(case)))?);
        let what = What::Erase { case, reason: request.reason.clone(), found: Arc::clone(&found) };
        let before = app.query(move |readers| readers.case(case)).await?;
        let files = before.map_or(0, |case| case.attachments.kept);
        let said = leases_of_case(&app, case).await?;
        let answer = app.0.writer.person(judge.command(policies, what), None).await?;
        Ok::<_, Failure>((answer, found, files, said))
    };
    let (answer, found, files, said) = judged(&app, &caller, attempt).await?;
    app.0.hands.outputs.erase(said).await;
    Ok(Json(erased(&app, &answer, &found, files).await?))
}

async fn erased(app: &App, answer: &Answer, found: &Erasable, files: u32) -> Result<Erased, Failure> {
    let case = answer.case.as_ref().ok_or_else(Failure::stumbled)?;
    let erasure = case.erased.as_ref().map(ErasureView::from).ok_or_else(Failure::stumbled)?;
    let due = app.query(wheelhouse_store::Readers::rewrite_is_due).await?;
    Ok(Erased {
        case: case.id.to_string(),
        erasure,
        bodies: found.bodies,
        signals: found.members,
        journals: found.journals.len() as u64,
        answers: found.answers,
        files,
        file_rewritten: !due,
    })
}

/// The legal holds that stand.
#[utoipa::path(get, path = "/api/v1/record/holds", tag = "record",
    responses((status = 200, body = Page<HoldView>), (status = 403, body = Problem)))]
async fn holds(State(app): State<App>, caller: Caller) -> Result<Json<Page<HoldView>>, Failure> {
    caller.may(Action::ReadRecord, Resource::Organization).or_else(|_| may_hold(&caller))?;
    let holds = app.query(wheelhouse_store::Readers::holds).await?;
    Ok(Json(Page { items: holds.iter().map(HoldView::from).collect(), next_cursor: None }))
}

/// Sets a legal hold: nothing that it covers is erased for as long as it stands.
#[utoipa::path(post, path = "/api/v1/record/holds", tag = "record", request_body = HoldRequest,
    responses((status = 200, body = Page<HoldView>), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn set_hold(state: State<App>, caller: Caller, body: Bytes) -> Result<Json<Page<HoldView>>, Failure> {
    change(state, caller, &body, |hold, reason| What::SetHold { hold, reason }).await
}

/// Lifts a legal hold.
#[utoipa::path(post, path = "/api/v1/record/holds/lift", tag = "record", request_body = HoldRequest,
    responses((status = 200, body = Page<HoldView>), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn lift_hold(state: State<App>, caller: Caller, body: Bytes) -> Result<Json<Page<HoldView>>, Failure> {
    change(state, caller, &body, |hold, reason| What::LiftHold { hold, reason }).await
}

async fn change(
    state: State<App>,
    caller: Caller,
    body: &Bytes,
    what: fn(wheelhouse_core::record::HoldScope, String) -> What,
) -> Result<Json<Page<HoldView>>, Failure> {
    let request: HoldRequest = decode(body)?;
    let what = what(request.scope()?, request.reason);
    let attempt = async |judge: Caller| {
        let policies = may_hold(&judge)?;
        state.0.0.writer.person(judge.command(policies, what.clone()), None).await.map_err(Failure::from)
    };
    judged(&state, &caller, attempt).await?;
    holds(state, caller).await
}

fn may_hold(caller: &Caller) -> Result<Vec<String>, Failure> {
    caller.may(Action::SetHold, Resource::Organization)
}
