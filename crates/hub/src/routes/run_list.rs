//! The list of runs.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::run::{Run, RunId};
use wheelhouse_store::{LARGEST_PAGE, Readers, RunQuery, StoreError};
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
    /// what became of one, to let them go on); all where absent.
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
    let page = app.query(move |readers| if wants { wanting(readers, query) } else { readers.runs(&query) }).await?;
    let next_cursor = page.next.map(|next| next.to_string());
    Ok(Json(Page { items: page.items.iter().map(RunSummary::from).collect(), next_cursor }))
}

/// Those of the runs under way that want a person: as many as there are among the next ones.
fn wanting(readers: &Readers, query: RunQuery) -> Result<wheelhouse_store::Page<Run>, StoreError> {
    let most = query.limit;
    let mut page = readers.runs(&RunQuery { limit: LARGEST_PAGE, ..query })?;
    page.items.retain(|run| run.wants().next().is_some());
    if page.items.len() > most {
        page.items.truncate(most);
        page.next = page.items.last().map(|run| run.id.0);
    }
    Ok(page)
}
