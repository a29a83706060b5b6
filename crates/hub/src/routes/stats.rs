//! Statistics over the incidents of a period.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use tokio::sync::Semaphore;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::insight::{By, Statistics, TooManyGroups};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_store::{OpenedCursor, Readers, StoreError};
use wheelhouse_wire::api::{FieldError, Problem, Stats, Time};

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;

/// How long the period is where the request does not say.
const USUAL_PERIOD: Duration = Duration::from_hours(30 * 24);
/// The most cases of one period: more would keep a processor busy for seconds.
const MOST_CASES: u64 = 200_000;
/// How many cases are read at a time: short looks, so that no reader waits and the log stays short.
const CASES_A_LOOK: usize = 500;
/// How many statistics are made at the same time.
static PLACES: Semaphore = Semaphore::const_new(2);

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(stats))
}

/// Over what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Period {
    /// Incidents opened from this instant on, as RFC 3339 has it; 30 days before `until` where absent.
    since: Option<String>,
    /// Incidents opened before this instant; now where absent.
    until: Option<String>,
    /// What they are told apart by: `service`, `team`, `severity`, `month`, separated by commas; by nothing where absent.
    by: Option<String>,
}

/// How long things took, who was told and who was missed, over the real incidents that were opened in a period of
/// at most 200,000 cases. Never a mean; what cannot be told is counted by reason.
#[utoipa::path(get, path = "/api/v1/stats", tag = "cases", params(Period),
    responses((status = 200, body = Stats), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn stats(State(app): State<App>, caller: Caller, period: Query<Period>) -> Result<Json<Stats>, Failure> {
    caller.may(Action::ReadCases, Resource::Organization)?;
    let until = instant("until", period.until.as_deref())?.unwrap_or_else(wall_now);
    let since = instant("since", period.since.as_deref())?.unwrap_or(until - USUAL_PERIOD);
    if since >= until {
        return Err(Problem::from(FieldError::new("since", "expected an instant before `until`")).into());
    }
    let by = by_of(period.by.as_deref().unwrap_or_default())?;
    let Ok(_place) = PLACES.try_acquire() else {
        return Err(Problem::unavailable("other statistics are being made; try again in a moment").into());
    };
    let made = app.query(move |readers| gather(readers, since, until, by)).await?;
    let statistics = made.map_err(|problem| Failure::from(Problem::from(problem)))?;
    Ok(Json(Stats::new(Time(since), Time(until), by, &statistics)))
}

/// Reads the cases of the period, a few at a time. A period that is too long is refused before any is read.
fn gather(
    readers: &Readers,
    since: Timestamp,
    until: Timestamp,
    by: By,
) -> Result<Result<Statistics, FieldError>, StoreError> {
    if readers.count_opened(since, until, MOST_CASES + 1)? > MOST_CASES {
        let expected =
            format!("expected a period of at most {MOST_CASES} cases; take a later `since` or an earlier `until`");
        return Ok(Err(FieldError::new("since", expected)));
    }
    let mut statistics = Statistics::new(by);
    let mut cursor = Some(OpenedCursor::before(since));
    while let Some(from) = cursor {
        let (cases, next) = readers.opened(from, until, CASES_A_LOOK)?;
        for case in &cases {
            if let Err(error @ TooManyGroups) = statistics.take_in(case) {
                return Ok(Err(FieldError::new("by", error.to_string())));
            }
        }
        cursor = next;
    }
    Ok(Ok(statistics))
}

fn instant(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let read = text.map(Time::parse).transpose().map_err(|expected| FieldError::new(field, expected))?;
    Ok(read.map(|time| time.0))
}

fn by_of(words: &str) -> Result<By, Problem> {
    let mut by = By::default();
    for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match word {
            "service" => by.service = true,
            "team" => by.team = true,
            "severity" => by.severity = true,
            "month" => by.month = true,
            _ => {
                let expected = "expected service, team, severity or month, separated by commas";
                return Err(FieldError::new("by", expected).into());
            }
        }
    }
    Ok(by)
}
