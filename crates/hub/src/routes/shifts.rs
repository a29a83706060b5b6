//! Shifts over a time: the calendar.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wheelhouse_core::name::{PersonName, TeamName};
use wheelhouse_core::oncall::Schedule;
use wheelhouse_core::time::Duration;
use wheelhouse_wire::api::{FieldError, Problem, ScheduleShifts, ShiftCalendar, Time};

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::authority::{Action, Resource};
use crate::clock::wall_now;

/// How long a calendar is where the request does not say.
const USUAL: Duration = Duration::from_hours(14 * 24);
/// The longest calendar.
const LONGEST: Duration = Duration::from_hours(100 * 24);
/// The most shifts of a schedule that are listed.
const MOST_SHIFTS: usize = 1_000;
/// The most shifts of a whole calendar.
const MOST_SHIFTS_IN_ALL: usize = 50_000;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(shifts))
}

/// Which shifts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// From this instant on (RFC 3339); now where absent.
    from: Option<String>,
    /// Until this instant, at most 100 days later; 14 days later where absent.
    until: Option<String>,
    /// Only this schedule.
    schedule: Option<String>,
    /// Only schedules of this team.
    team: Option<String>,
    /// Only schedules in which this person has a shift then, and only those shifts.
    person: Option<String>,
}

/// Who is on call when: what is in force, by schedule.
#[utoipa::path(get, path = "/api/v1/oncall/shifts", tag = "catalog", params(Filter),
    responses((status = 200, body = ShiftCalendar), (status = 422, body = Problem)))]
async fn shifts(
    State(_): State<App>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<ShiftCalendar>, Failure> {
    caller.may(Action::ReadCatalog, Resource::Organization)?;
    let bad = |field: &str, words: String| Failure::from(Problem::from(FieldError::new(field, words)));
    let read = |field: &str, text: &Option<String>| {
        let read = text.as_deref().map(Time::parse).transpose();
        read.map(|time| time.map(|time| time.0)).map_err(|words| bad(field, words))
    };
    let from = read("from", &filter.from)?.unwrap_or_else(wall_now);
    let until = read("until", &filter.until)?.unwrap_or(from + USUAL);
    if until <= from || until.since(from) > LONGEST {
        return Err(bad("until", "expected an instant after `from`, at most 100 days later".to_owned()));
    }
    let team = filter.team.as_deref().map(TeamName::new).transpose();
    let team = team.map_err(|error| bad("team", error.to_string()))?;
    let person = filter.person.as_deref().map(PersonName::new).transpose();
    let person = person.map_err(|error| bad("person", error.to_string()))?;
    let catalog = &caller.published.catalog;
    let wanted = |schedule: &&Schedule| {
        filter.schedule.as_ref().is_none_or(|name| schedule.name.as_str() == name)
            && team.as_ref().is_none_or(|team| schedule.team == *team)
    };
    let (mut schedules, mut left) = (Vec::new(), MOST_SHIFTS_IN_ALL);
    for schedule in catalog.schedules.values().filter(wanted) {
        let most = MOST_SHIFTS.min(left);
        let shifts = ScheduleShifts::new(schedule, catalog, (from, until), person.as_ref(), most);
        left = left.saturating_sub(shifts.shifts.len());
        if person.is_none() || !shifts.shifts.is_empty() {
            schedules.push(shifts);
        }
    }
    Ok(Json(ShiftCalendar { from: from.into(), until: until.into(), schedules }))
}
