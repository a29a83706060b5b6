//! Whom and what a case reaches, and who would hear an update of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::affected::{affected as reached, picture};
use wheelhouse_core::case::{Case, CaseKind};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{CaseAction, Command, Plan, Refusal, What};
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::notify::{MessageState, heard};
use wheelhouse_core::world::Counters;
use wheelhouse_core::{Context, World, decide};
use wheelhouse_wire::api::{AffectedView, OpenCaseView, Problem, UpdatePreview};
use wheelhouse_wire::expression::CEL;

use super::App;
use super::auth::Caller;
use super::cases::readable;
use super::respond::Failure;
use crate::authority::{Action, CaseFacts, Resource};
use crate::clock::wall_now;

/// The most open incidents of a service that are listed.
const MOST_OPEN: usize = 10;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(affected)).routes(routes!(preview))
}

/// What the case reaches, in one answer: services and how they depend on each other, where trouble is, and for
/// each team and audience what they heard when, or why they did not.
#[utoipa::path(get, path = "/api/v1/cases/{id}/affected", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = AffectedView), (status = 404, body = Problem)))]
async fn affected(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<AffectedView>, Failure> {
    let case = readable(&app, &caller, &id).await?;
    let id = case.id;
    let (messages, not_told) = app.query(move |readers| Ok((readers.messages(id)?, readers.not_told(id)?))).await?;
    let open = open_incidents(&app, case.drill).await?;
    let with_incidents: BTreeSet<ServiceName> = open.keys().cloned().collect();
    let catalog = &caller.published.catalog;
    let picture = case.service.as_ref().map(|service| {
        let reached = reached(catalog, service, case.severity);
        picture(catalog, &reached, &with_incidents)
    });
    let heard = heard(&messages, &not_told);
    let of = |service: &ServiceName| open.get(service).cloned().unwrap_or_default();
    Ok(Json(AffectedView::new(&case, catalog, &picture.unwrap_or_default(), &heard, of)))
}

/// Who would be written to by an update of the case that was sent now: what the kernel would decide, done by
/// nobody.
#[utoipa::path(get, path = "/api/v1/cases/{id}/updates/preview", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = UpdatePreview), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn preview(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<UpdatePreview>, Failure> {
    let case = readable(&app, &caller, &id).await?;
    let policies = caller.may(Action::Update, Resource::Case(CaseFacts::from(&case)))?;
    // Whom an update reaches does not depend on what it says.
    let action = CaseAction::Update("…".to_owned());
    let what = What::Case { case: case.id, revision: None, action };
    let command = Command { judged_under: None, ..caller.command(policies, what) };
    let plan = match &case.state {
        // One that is over may have left the writer's memory; the kernel is then asked with the case alone.
        state if state.is_resolved() => alone(&app, &caller.published.catalog, case.clone(), command).await?,
        _ => {
            let cx = Context::new(wall_now(), &CEL);
            app.0.writer.read(move |world| decide(world, &command, &cx)).await??
        }
    };
    Ok(Json(UpdatePreview::of(&plan, &caller.published.catalog)))
}

/// What a command would do in a world of this one case.
async fn alone(app: &App, catalog: &Arc<Catalog>, case: Case, command: Command) -> Result<Plan, Failure> {
    let id = case.id;
    let messages = app.query(move |readers| readers.messages(id)).await?;
    let mut world = World::restore(Counters::default(), Some(catalog.clone()), []);
    world.take_in(case, messages.into_iter().filter(|message| message.state == MessageState::Queued));
    decide(&world, &command, &Context::new(wall_now(), &CEL)).map_err(|refusal: Refusal| refusal.into())
}

/// The open incidents by service, the worst first.
pub async fn open_incidents(app: &App, drill: bool) -> Result<BTreeMap<ServiceName, Vec<OpenCaseView>>, Failure> {
    let look = move |world: &World| {
        let mut open: BTreeMap<ServiceName, Vec<OpenCaseView>> = BTreeMap::new();
        let wanted =
            |case: &&Case| case.id.kind == CaseKind::Incident && case.drill == drill && !case.state.is_resolved();
        for case in world.cases().filter(wanted) {
            if let Some(service) = &case.service {
                open.entry(service.clone()).or_default().push(OpenCaseView::new(case));
            }
        }
        open
    };
    let mut open = app.0.writer.read(look).await?;
    for cases in open.values_mut() {
        cases.sort();
        cases.truncate(MOST_OPEN);
    }
    Ok(open)
}
