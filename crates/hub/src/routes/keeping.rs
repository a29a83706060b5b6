//! Erasing what was written, by authority, and legal holds that forbid it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::case::CaseId;
use wheelhouse_core::kernel::{Refusal, What};
use wheelhouse_core::run::RunId;
use wheelhouse_wire::api::{
    EraseCase, Erased, ErasureView, FieldError, HoldRequest, HoldView, Page, Party, Problem, Time, decode,
};

use super::App;
use super::auth::Caller;
use super::cases::{case_id, resource_of};
use super::judged::judged;
use super::respond::Failure;
use super::runs::{leases_of, leases_of_case, run_id};
use crate::authority::{Action, Resource};
use crate::clock::wall_now;

/// The routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(erase)).routes(routes!(holds, set_hold)).routes(routes!(lift_hold))
}

/// Erases what was written in a case that is over: texts of its entries, its title and last update, what
/// its signals said, attached files, what steps of its runs said, the journals with their raw bytes. Or what was written
/// in a run that is over and was for no case: its parameters, what people said and attached, what its steps said,
/// handed on and made. Who did what when stays, and so does the proof.
#[utoipa::path(post, path = "/api/v1/record/erasures", tag = "record", request_body = EraseCase,
    responses((status = 200, body = Erased), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn erase(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Json<Erased>, Failure> {
    let EraseCase { case, run, reason } = decode(&body)?;
    let erased = match (case, run) {
        (Some(case), None) => of_case(&app, &caller, case_id(&case)?, reason).await?,
        (None, Some(run)) => of_run(&app, &caller, run_id(&run)?, reason).await?,
        _ => return Err(Problem::from(FieldError::new("case", "expected one of `case` and `run`")).into()),
    };
    Ok(Json(erased))
}

async fn of_case(app: &App, caller: &Caller, case: CaseId, reason: String) -> Result<Erased, Failure> {
    let attempt = async |judge: Caller| {
        let policies = judge.may(Action::EraseTexts, resource_of(app, case).await?)?;
        let found = app.query(move |readers| readers.erasable(case)).await?;
        let found = Arc::new(found.ok_or_else(|| Failure::from(Refusal::NoSuchCase(case)))?);
        let what = What::Erase { case, reason: reason.clone(), found: Arc::clone(&found) };
        let before = app.query(move |readers| readers.case(case)).await?;
        let files = before.map_or(0, |case| case.attachments.kept);
        let said = leases_of_case(app, case).await?;
        let answer = app.0.writer.person(judge.command(policies, what), None).await?;
        Ok::<_, Failure>((answer, found, files, said))
    };
    let (answer, found, files, said) = judged(app, caller, attempt).await?;
    app.0.hands.outputs.erase(said).await;
    let case = answer.case.as_ref().ok_or_else(Failure::stumbled)?;
    let erasure = case.erased.as_ref().map(ErasureView::from).ok_or_else(Failure::stumbled)?;
    let (bodies, signals, journals) = (found.bodies, found.members, found.journals.len() as u64);
    let (of, answers, file_rewritten) = (case.id.to_string(), found.answers, is_rewritten(app).await?);
    Ok(Erased { of, erasure, bodies, signals, journals, answers, files, file_rewritten })
}

async fn of_run(app: &App, caller: &Caller, run: RunId, reason: String) -> Result<Erased, Failure> {
    let attempt = async |judge: Caller| {
        let policies = judge.may(Action::EraseTexts, Resource::Organization)?;
        let found = app.query(move |readers| readers.erasable_run(run)).await?;
        let found = Arc::new(found.ok_or_else(|| Failure::from(Refusal::NoSuchRun(run)))?);
        let what = What::EraseRun { found: Arc::clone(&found), reason: reason.clone() };
        let said = leases_of(app, run).await?;
        app.0.writer.person(judge.command(policies, what), None).await?;
        Ok::<_, Failure>((found, said))
    };
    let (found, said) = judged(app, caller, attempt).await?;
    app.0.hands.outputs.erase(said).await;
    let (at, by) = (Time(wall_now()), Party::from(&caller.actor()));
    Ok(Erased {
        of: run.to_string(),
        erasure: ErasureView { at, by, reason },
        bodies: found.bodies,
        signals: 0,
        journals: 0,
        answers: 0,
        files: u32::try_from(found.files).unwrap_or(u32::MAX),
        file_rewritten: is_rewritten(app).await?,
    })
}

async fn is_rewritten(app: &App) -> Result<bool, Failure> {
    Ok(!app.query(wheelhouse_store::Readers::rewrite_is_due).await?)
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
