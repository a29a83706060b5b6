//! Lists of cases, as JSON and as a table, and how many there are.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::World;
use wheelhouse_core::access::Owner;
use wheelhouse_core::case::{CaseKind, Severity};
use wheelhouse_core::name::{BadName, PersonName, ServiceName, TeamName};
use wheelhouse_core::time::Timestamp;
use wheelhouse_store::{CaseOrder, CaseQuery, CaseState, LARGEST_PAGE};
use wheelhouse_wire::api::{CASE_COLUMNS, CaseCounts, CaseSummary, FieldError, Page, Problem, Time, case_line};

use super::App;
use super::auth::Caller;
use super::cases::{cursor, limit};
use super::respond::Failure;
use crate::authority::{Action, Resource};

/// The longest text that titles are searched for, in bytes.
const LONGEST_TEXT: usize = 200;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(counts))
}

/// Which cases.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// States, separated by commas; all where absent.
    state: Option<String>,
    /// Severities, separated by commas; all where absent.
    severity: Option<String>,
    /// Only this service.
    service: Option<String>,
    /// Only this team.
    team: Option<String>,
    /// Kinds, separated by commas; all where absent.
    kind: Option<String>,
    /// Only drills, or only real ones.
    drill: Option<bool>,
    /// Only titles with this text.
    text: Option<String>,
    /// Only those that this person owns or has a part in.
    person: Option<String>,
    /// The same of whoever asks.
    mine: Option<bool>,
    /// Only those opened at this instant or later (RFC 3339).
    opened_from: Option<String>,
    /// Only those opened before this instant (RFC 3339).
    opened_until: Option<String>,
    /// `newest` (where absent), `oldest`, or `severity`: the worst first, and of these the newest.
    sort: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many items at most, 1 to 1,000; 100 where absent. A table has all.
    limit: Option<usize>,
}

/// Lists cases; with `Accept: text/csv` all of them as a table.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases", params(Filter),
    responses((status = 200, content((Page<CaseSummary> = "application/json"), (String = "text/csv"))),
        (status = 422, body = Problem)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Failure> {
    caller.may(Action::ReadCases, Resource::Organization)?;
    let query = query_of(&filter, &caller)?;
    if wants_a_table(&headers) {
        return Ok(table(app, query));
    }
    let page = app.query(move |readers| readers.cases(&query)).await?;
    let catalog = &caller.published.catalog;
    let items = page.items.iter().map(|case| CaseSummary::new(case, Some(catalog))).collect();
    Ok(Json(Page { items, next_cursor: page.next.map(|next| next.to_string()) }).into_response())
}

/// How many cases are not over, by kind, severity and state.
#[utoipa::path(get, path = "/api/v1/cases/counts", tag = "cases", responses((status = 200, body = CaseCounts)))]
async fn counts(State(app): State<App>, caller: Caller) -> Result<Json<CaseCounts>, Failure> {
    caller.may(Action::ReadCases, Resource::Organization)?;
    let me = person_of(&caller);
    let counts = app.0.writer.read(move |world: &World| CaseCounts::of(world.cases(), me.as_ref())).await?;
    let over = CaseQuery {
        states: vec![CaseState::Resolved],
        kinds: vec![CaseKind::Incident],
        drill: Some(false),
        limit: 1,
        ..CaseQuery::default()
    };
    let last = app.query(move |readers| readers.cases(&over)).await?.items.into_iter().next();
    let last_over_at = last.as_ref().and_then(|case| case.instants.resolved.as_ref()).map(|instant| Time(instant.at));
    Ok(Json(CaseCounts {
        services: u64::try_from(caller.published.catalog.services.len()).unwrap_or(u64::MAX),
        last_over: last.map(|case| case.id),
        last_over_at,
        ..counts
    }))
}

/// Whether the first kind of answer that is asked for is a table.
fn wants_a_table(headers: &HeaderMap) -> bool {
    let first = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()?.split([',', ';']).next());
    first.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/csv"))
}

/// All cases of a query as a table, a page at a time.
fn table(app: App, query: CaseQuery) -> Response {
    let start = Some(CaseQuery { limit: LARGEST_PAGE, cursor: None, ..query });
    let columns = Bytes::from(CASE_COLUMNS.join(",") + "\r\n");
    let pages = unfold((app, start, Some(columns)), |(app, next, columns)| async move {
        if let Some(columns) = columns {
            return Some((Ok::<Bytes, std::io::Error>(columns), (app, next, None)));
        }
        let query = next?;
        let asked = query.clone();
        match app.query(move |readers| readers.cases(&asked)).await {
            Ok(page) => {
                let lines: String = page.items.iter().map(case_line).collect();
                let next = page.next.map(|next| CaseQuery { cursor: Some(next), ..query });
                Some((Ok(Bytes::from(lines)), (app, next, None)))
            }
            // A table that is cut short must not look like a whole one: the connection breaks.
            Err(_) => Some((Err(std::io::Error::other("the database could not be read")), (app, None, None))),
        }
    });
    let mut response = Body::from_stream(pages).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"cases.csv\""));
    response
}

fn person_of(caller: &Caller) -> Option<PersonName> {
    match caller.owner() {
        Owner::Person(name) => Some(name.clone()),
        Owner::Source(_) | Owner::Runner(_) | Owner::Bootstrap => None,
    }
}

fn bad(field: &str, expected: &str) -> Failure {
    Problem::from(FieldError::new(field, format!("expected {expected}"))).into()
}

fn query_of(filter: &Filter, caller: &Caller) -> Result<CaseQuery, Failure> {
    let words = |text: &Option<String>| -> Vec<String> {
        text.iter()
            .flat_map(|text| text.split(','))
            .map(|word| word.trim().to_owned())
            .filter(|word| !word.is_empty())
            .collect()
    };
    let states = words(&filter.state).iter().map(|word| CaseState::parse(word)).collect::<Option<Vec<_>>>();
    let severities = words(&filter.severity).iter().map(|word| Severity::parse(word)).collect::<Option<Vec<_>>>();
    let kind = |word: &str| CaseKind::ALL.into_iter().find(|kind| kind.as_str() == word);
    let kinds = words(&filter.kind).iter().map(|word| kind(word)).collect::<Option<Vec<_>>>();
    let known = "incident, ticket, request, change, finding or action, separated by commas";
    let text = filter.text.clone().filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.len() > LONGEST_TEXT) {
        return Err(bad("text", "at most 200 bytes"));
    }
    let order = filter.sort.as_deref().map_or(Some(CaseOrder::default()), CaseOrder::parse);
    Ok(CaseQuery {
        states: states.ok_or_else(|| bad("state", "open, acknowledged, mitigated or resolved, separated by commas"))?,
        severities: severities.ok_or_else(|| bad("severity", "sev1 to sev4, separated by commas"))?,
        service: named("service", filter.service.as_deref(), ServiceName::new)?,
        team: named("team", filter.team.as_deref(), TeamName::new)?,
        kinds: kinds.ok_or_else(|| bad("kind", known))?,
        drill: filter.drill,
        text,
        person: person(filter, caller)?,
        opened_from: instant("opened_from", filter.opened_from.as_deref())?,
        opened_until: instant("opened_until", filter.opened_until.as_deref())?,
        order: order.ok_or_else(|| bad("sort", "newest, oldest or severity"))?,
        cursor: cursor(filter.cursor.as_deref())?,
        limit: limit(filter.limit)?,
    })
}

/// Whose cases are asked for, if somebody's.
fn person(filter: &Filter, caller: &Caller) -> Result<Option<PersonName>, Failure> {
    let named = named("person", filter.person.as_deref(), PersonName::new)?;
    match (filter.mine, named) {
        (Some(true), Some(_)) => Err(bad("mine", "only without `person`")),
        (Some(true), None) => {
            person_of(caller).map(Some).ok_or_else(|| bad("mine", "a person's token; this one is nobody's"))
        }
        (_, named) => Ok(named),
    }
}

fn instant(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let read = text.map(Time::parse).transpose().map_err(|error| Problem::from(FieldError::new(field, error)))?;
    Ok(read.map(|time| time.0))
}

fn named<N>(field: &str, text: Option<&str>, read: impl Fn(&str) -> Result<N, BadName>) -> Result<Option<N>, Failure> {
    text.map(read).transpose().map_err(|error| Problem::from(FieldError::new(field, error.to_string())).into())
}
