//! Reading the catalog, and who is on call.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::access::Owner;
use wheelhouse_core::catalog::{self as core, KnownNames};
use wheelhouse_core::escalation::services_of;
use wheelhouse_wire::api::{FieldError, OnCall, Page, Party, Person, Problem, Service, ServiceDetail, Team, Time};

use super::App;
use super::affected::open_incidents;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(oncall))
        .routes(routes!(services))
        .routes(routes!(service))
        .routes(routes!(teams))
        .routes(routes!(people))
        .routes(routes!(names))
        .routes(routes!(me))
}

/// When.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct At {
    /// The instant, as RFC 3339 has it; now where absent.
    at: Option<String>,
}

/// Who is asking.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// Who acts with this token.
    actor: Party,
    /// The person's teams.
    teams: Vec<String>,
    /// The roles that the teams give.
    roles: Vec<String>,
}

/// Who is on call in every schedule.
#[utoipa::path(get, path = "/api/v1/oncall", tag = "catalog", params(At),
    responses((status = 200, body = Page<OnCall>), (status = 422, body = Problem)))]
async fn oncall(State(_): State<App>, caller: Caller, at: Query<At>) -> Result<Json<Page<OnCall>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let bad = |expected: String| Problem::from(FieldError::new("at", expected));
    let now = at.at.as_deref().map(Time::parse).transpose().map_err(bad)?.map_or_else(wall_now, |time| time.0);
    let catalog = &caller.published.catalog;
    let on_call = |schedule: &wheelhouse_core::oncall::Schedule| {
        let services = services_of(catalog, &schedule.name).map(ToString::to_string).collect();
        OnCall { services, ..OnCall::at(schedule, now) }
    };
    Ok(all(catalog.schedules.values().map(on_call).collect()))
}

/// Which services.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ServiceFilter {
    /// Words that must all be found in its name, its team or its summary.
    q: Option<String>,
    /// Only those that this team owns.
    team: Option<String>,
    /// Only this tier.
    tier: Option<u8>,
    /// Only those with an open incident, or only those without.
    open: Option<bool>,
}

/// Services by name, each with who is on call for it now and its open incidents.
#[utoipa::path(get, path = "/api/v1/services", tag = "catalog", params(ServiceFilter),
    responses((status = 200, body = Page<Service>), (status = 422, body = Problem)))]
async fn services(
    State(app): State<App>,
    caller: Caller,
    Query(filter): Query<ServiceFilter>,
) -> Result<Json<Page<Service>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let (catalog, now) = (&caller.published.catalog, wall_now());
    let mut open = open_incidents(&app, false).await?;
    let words = filter.q.unwrap_or_default().to_lowercase();
    let wanted = |service: &&core::Service| {
        let summary = service.summary.as_deref().unwrap_or_default();
        let text = format!("{} {} {summary}", service.name, service.team).to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
            && filter.team.as_ref().is_none_or(|team| service.team.as_str() == team)
            && filter.tier.is_none_or(|tier| service.tier == tier)
    };
    let standing = |service: &core::Service| {
        Service::standing(service, catalog, now, open.remove(&service.name).unwrap_or_default())
    };
    let services = catalog.services.values().filter(wanted).map(standing);
    Ok(all(services.filter(|service| filter.open.is_none_or(|open| service.open.is_empty() != open)).collect()))
}

/// One service, with its dependencies both ways.
#[utoipa::path(get, path = "/api/v1/services/{name}", tag = "catalog", params(("name" = String, Path)),
    responses((status = 200, body = ServiceDetail), (status = 404, body = Problem)))]
async fn service(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<ServiceDetail>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let service = known_service(&caller, &name)?;
    let open = open_incidents(&app, false).await?.remove(&service.name).unwrap_or_default();
    Ok(Json(ServiceDetail::standing(service, &caller.published.catalog, wall_now(), open)))
}

/// The service of that name.
pub fn known_service<'c>(caller: &'c Caller, name: &str) -> Result<&'c core::Service, Failure> {
    caller.published.catalog.services.get(name).ok_or_else(|| {
        let shown: String = name.chars().take(80).collect();
        Problem::not_found(format!("the catalog has no service `{shown}`")).into()
    })
}

/// All teams.
#[utoipa::path(get, path = "/api/v1/teams", tag = "catalog", responses((status = 200, body = Page<Team>)))]
async fn teams(State(_): State<App>, caller: Caller) -> Result<Json<Page<Team>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    Ok(all(caller.published.catalog.teams.values().map(Team::from).collect()))
}

/// All people.
#[utoipa::path(get, path = "/api/v1/people", tag = "catalog", responses((status = 200, body = Page<Person>)))]
async fn people(State(_): State<App>, caller: Caller) -> Result<Json<Page<Person>>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let catalog = &caller.published.catalog;
    Ok(all(catalog.people.values().map(|person| Person::new(person, catalog)).collect()))
}

/// The names that the catalog knows, for `wheelhouse check --with`.
#[utoipa::path(get, path = "/api/v1/catalog/names", tag = "catalog", responses((status = 200, body = Object)))]
async fn names(State(_): State<App>, caller: Caller) -> Result<Json<KnownNames>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    Ok(Json(KnownNames::of(&caller.published.catalog)))
}

/// Who is asking.
#[utoipa::path(get, path = "/api/v1/me", tag = "tokens", responses((status = 200, body = Me)))]
async fn me(State(_): State<App>, caller: Caller) -> Result<Json<Me>, Failure> {
    let catalog = &caller.published.catalog;
    let teams: Vec<_> = match caller.owner() {
        Owner::Person(name) => catalog.teams.values().filter(|team| team.members.contains(name)).collect(),
        Owner::Source(_) | Owner::Runner(_) | Owner::Bootstrap => Vec::new(),
    };
    let mut roles: Vec<String> = teams.iter().flat_map(|team| team.roles.clone()).collect();
    roles.sort();
    roles.dedup();
    let teams = teams.iter().map(|team| team.name.to_string()).collect();
    Ok(Json(Me { actor: Party::from(&caller.actor()), teams, roles }))
}

fn all<T>(items: Vec<T>) -> Json<Page<T>> {
    Json(Page { items, next_cursor: None })
}
