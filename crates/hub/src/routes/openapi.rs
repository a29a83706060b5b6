//! The API's routes and the document that describes them, made from the same place.

use axum::Json;
use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use super::{
    App, affected, attachments, automations, case_actions, case_list, cases, catalog, catalog_diff, changes, channels,
    controls, doctor, drill_runs, drills, findings, health, keeping, key_events, live, record, repositories, run_list,
    run_steps, runbooks, runners, runs, session, shifts, silences, stats, tokens,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Wheelhouse", description = "The operations hub around an organisation's DevOps teams."),
    security(("token" = []), ("session" = [])),
    tags(
        (name = "cases", description = "Incidents and other pieces of operations work."),
        (name = "catalog", description = "Operations as code: services, teams, people, on-call."),
        (name = "channels", description = "How messages leave."),
        (name = "silences", description = "Signals that are known and shall page nobody for a while."),
        (name = "changes", description = "Deployments, configuration, maintenance."),
        (name = "tokens", description = "Who may knock."),
        (name = "drills", description = "Outages that are played on purpose."),
        (name = "runs", description = "Runbooks that are carried out, step by step."),
        (name = "runners", description = "Who carries out automated steps: what they call for, and how they stand."),
        (name = "record", description = "The tamper-evident log."),
        (name = "hub", description = "The hub itself."),
    )
)]
struct Document;

/// The routes of the API, with the document at `/api/v1/openapi.json`.
pub fn router() -> Router<App> {
    let (router, document) = parts();
    router.route("/api/v1/openapi.json", get(move || async move { Json(document) }))
}

/// The document by itself.
pub fn document() -> utoipa::openapi::OpenApi {
    parts().1
}

fn parts() -> (Router<App>, utoipa::openapi::OpenApi) {
    let (router, mut document) = described().split_for_parts();
    name_operations(&mut document);
    (router, document)
}

/// Names each operation by its method and path (`post_cases_id_notes`), since handlers of two resources
/// may share a name and operations of one document may not.
fn name_operations(document: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let words = path.trim_start_matches("/api/v1/").replace(['{', '}'], "").replace(['/', '.', '-'], "_");
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{words}"));
            }
        }
    }
}

fn described() -> OpenApiRouter<App> {
    let mut document = Document::openapi();
    let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("token", scheme);
    let cookie = ApiKeyValue::with_description("wheelhouse", "What signing in sets; over https `__Host-wheelhouse`.");
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    OpenApiRouter::with_openapi(document)
        .merge(case_list::router())
        .merge(cases::router())
        .merge(case_actions::router())
        .merge(attachments::router())
        .merge(key_events::router())
        .merge(affected::router())
        .merge(stats::router())
        .merge(catalog::router())
        .merge(findings::router())
        .merge(shifts::router())
        .merge(catalog_diff::router())
        .merge(runbooks::router())
        .merge(repositories::router())
        .merge(channels::router())
        .merge(drills::router())
        .merge(drill_runs::router())
        .merge(run_list::router())
        .merge(runs::router())
        .merge(run_steps::router())
        .merge(runners::router())
        .merge(automations::router())
        .merge(silences::router())
        .merge(changes::router())
        .merge(tokens::router())
        .merge(session::router())
        .merge(controls::router())
        .merge(record::router())
        .merge(keeping::router())
        .merge(health::status_router())
        .merge(doctor::router())
        .merge(live::router())
}
