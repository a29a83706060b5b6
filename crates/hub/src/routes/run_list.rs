//! The list of runs.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::World;
use wheelhouse_core::run::{Run, RunId};
use wheelhouse_store::RunQuery;
use wheelhouse_wire::api::{FieldError, Page, Problem, RunSummary};

use super::App;
use super::auth::Caller;
use super::cases::{Window, case_id};
use super::respond::Failure;
use super::runs::named;
use crate::authority::{Action, Resource};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those for this case.
    case: Option<String>,
    /// Only those of this runbook: `payments/drain`.
    runbook: Option<String>,
    /// `under_way` for only those that are, `wanting` for those of them that want a person (to agree to a step, to say
    /// what became of one, to do one, to let them go on); all where absent.
    state: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many items at most, 1 to 1,000; 100 where absent.
    limit: Option<usize>,
}

/// Runs of runbooks, the last started first.
#[utoipa::path(get, path = "/api/v1/runs", tag = "runs", params(Which),
    responses((status = 200, body = Page<RunSummary>), (status = 422, body = Problem)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<Json<Page<RunSummary>>, Failure> {
    caller.may(Action::ReadCases, Resource::Organization)?;
    let window = Window { cursor: which.cursor, limit: which.limit };
    let runbook = which.runbook.as_deref().map(|name| named(&caller.published.catalog, name)).transpose()?;
    let (under_way, wants) = match which.state.as_deref() {
        None | Some("") => (false, false),
        Some("under_way") => (true, false),
        Some("wanting") => (true, true),
        Some(_) => {
            return Err(Problem::from(FieldError::new("state", "expected under_way, wanting, or nothing")).into());
        }
    };
    let query = RunQuery {
        case: which.case.as_deref().map(case_id).transpose()?,
        runbook,
        under_way,
        cursor: window.cursor()?.map(RunId),
        limit: window.limit()?,
    };
    if wants {
        return Ok(Json(app.0.writer.read(move |world| wanting(world, &query)).await?));
    }
    let page = app.query(move |readers| readers.runs(&query)).await?;
    let next_cursor = page.next.map(|next| next.to_string());
    Ok(Json(Page { items: page.items.iter().map(RunSummary::from).collect(), next_cursor }))
}

/// The runs under way that want a person, the last started first.
fn wanting(world: &World, query: &RunQuery) -> Page<RunSummary> {
    let before = |run: &&Run| query.cursor.is_none_or(|cursor| run.id < cursor);
    let of_case = |run: &&Run| query.case.is_none_or(|case| run.case == Some(case));
    let of_runbook = |run: &&Run| query.runbook.as_ref().is_none_or(|name| run.runbook == *name);
    let mut fitting = world.wanting().rev().filter(before).filter(of_case).filter(of_runbook);
    let shown: Vec<&Run> = fitting.by_ref().take(query.limit).collect();
    let last = shown.last().filter(|_| fitting.next().is_some());
    let next_cursor = last.map(|run| run.id.0.to_string());
    Page { items: shown.into_iter().map(RunSummary::from).collect(), next_cursor }
}
