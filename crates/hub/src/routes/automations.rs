//! Automations: looked at, tried on an event, agreed to, halted and let go on.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::automation::{Asked, Automation, Event, Memory, judge};
use wheelhouse_core::kernel::{AutomationAction, What};
use wheelhouse_core::name::AutomationName;
use wheelhouse_wire::api::{
    AutomationDetail, AutomationSummary, AutomationTest, AutomationWord, FieldError, Page, Problem, automations,
    decode, decode_or_default,
};
use wheelhouse_wire::expression::CEL;

use super::App;
use super::auth::Caller;
use super::judged::judged;
use super::once::submit;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(try_out))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(approve))
        .routes(routes!(decline))
}

/// All automations, with where each stands and what came of it last.
#[utoipa::path(get, path = "/api/v1/automations", tag = "automations",
    responses((status = 200, body = Page<AutomationSummary>)))]
async fn list(caller: Caller) -> Result<Json<Page<AutomationSummary>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let items = automations(&caller.published.catalog, &caller.published.automations, wall_now());
    Ok(Json(Page { items, next_cursor: None }))
}

/// An automation: what holds it, what waits for people, what came of it lately and why not.
#[utoipa::path(get, path = "/api/v1/automations/{name}", tag = "automations", params(("name" = String, Path)),
    responses((status = 200, body = AutomationDetail), (status = 404, body = Problem)))]
async fn show(caller: Caller, Path(name): Path<String>) -> Result<Json<AutomationDetail>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let automation = known(&caller, &name)?;
    Ok(Json(detail(&caller, &automation)))
}

/// What an automation would answer to an event. Nothing happens and nothing is written down.
#[utoipa::path(post, path = "/api/v1/automations/{name}/test", tag = "automations", params(("name" = String, Path)),
    request_body = serde_json::Value,
    responses((status = 200, body = AutomationTest), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn try_out(caller: Caller, Path(name): Path<String>, body: Bytes) -> Result<Json<AutomationTest>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let automation = known(&caller, &name)?;
    let catalog = &caller.published.catalog;
    let event = Event::read(decode(&body)?, catalog);
    let event = event.map_err(|error| Problem::from(FieldError::new("event", error)))?;
    let matches = catalog.automations.matching(&event).iter().any(|one| one.name == automation.name);
    let memory = Memory::new(&caller.published.automations);
    let asked = Asked {
        catalog,
        conditions: &CEL,
        now: wall_now(),
        automation: &automation,
        event: &event,
        memory: &memory,
        chain: &[],
    };
    let judgement = matches.then(|| judge(&asked));
    Ok(Json(AutomationTest::new(&automation, event.drill, judgement.as_ref())))
}

/// Halts an automation.
#[utoipa::path(post, path = "/api/v1/automations/{name}/pause", tag = "automations", params(("name" = String, Path)),
    request_body = AutomationWord,
    responses((status = 200, body = AutomationDetail), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn pause(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<AutomationDetail>, Failure> {
    let action = decode::<AutomationWord>(&body)?.pause().map_err(Problem::from)?;
    carry_out(&app, &caller, &name, Action::PauseAutomation, action).await
}

/// Lets an automation go on that was halted or rests.
#[utoipa::path(post, path = "/api/v1/automations/{name}/resume", tag = "automations", params(("name" = String, Path)),
    responses((status = 200, body = AutomationDetail), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn resume(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<AutomationDetail>, Failure> {
    carry_out(&app, &caller, &name, Action::PauseAutomation, AutomationAction::Resume).await
}

/// Agrees to what an automation asks; when enough people have, the run begins.
#[utoipa::path(post, path = "/api/v1/automations/{name}/questions/{number}/approve", tag = "automations",
    params(("name" = String, Path), ("number" = u64, Path)),
    responses((status = 200, body = AutomationDetail), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn approve(
    State(app): State<App>,
    caller: Caller,
    Path((name, number)): Path<(String, u64)>,
) -> Result<Json<AutomationDetail>, Failure> {
    carry_out(&app, &caller, &name, Action::ApproveAutomation, AutomationAction::Approve { number }).await
}

/// Does not agree to what an automation asks.
#[utoipa::path(post, path = "/api/v1/automations/{name}/questions/{number}/decline", tag = "automations",
    params(("name" = String, Path), ("number" = u64, Path)), request_body = AutomationWord,
    responses((status = 200, body = AutomationDetail), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn decline(
    State(app): State<App>,
    caller: Caller,
    Path((name, number)): Path<(String, u64)>,
    body: Bytes,
) -> Result<Json<AutomationDetail>, Failure> {
    let text = decode_or_default::<AutomationWord>(&body)?.text;
    carry_out(&app, &caller, &name, Action::ApproveAutomation, AutomationAction::Decline { number, text }).await
}

async fn carry_out(
    app: &App,
    caller: &Caller,
    name: &str,
    action: Action,
    wanted: AutomationAction,
) -> Result<Json<AutomationDetail>, Failure> {
    let automation = known(caller, name)?;
    let attempt = async |judge: Caller| {
        let policies = judge.may(action, Resource::of_automation(&automation))?;
        let what = What::Automation { automation: automation.name.clone(), action: wanted.clone() };
        submit::<Failure>(app, judge.command(policies, what), None).await
    };
    judged(app, caller, attempt).await?;
    let now = Caller { token: caller.token.clone(), published: app.published() };
    Ok(Json(detail(&now, &automation)))
}

fn detail(caller: &Caller, automation: &Automation) -> AutomationDetail {
    let state = caller.published.automations.get(&automation.name);
    AutomationDetail::new(automation, state, wall_now())
}

fn known(caller: &Caller, name: &str) -> Result<Arc<Automation>, Failure> {
    let found = AutomationName::new(name).ok();
    let found = found.and_then(|name| caller.published.catalog.automations.get(&name).cloned());
    found.ok_or_else(|| {
        let shown: String = name.chars().take(80).flat_map(char::escape_debug).collect();
        let detail = format!("the catalog has no automation `{shown}`; `wheelhouse automation list` names them");
        Problem::not_found(detail).into()
    })
}
