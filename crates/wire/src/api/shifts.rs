//! Shifts: who is on call when, as a calendar shows it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::escalation::services_of;
use wheelhouse_core::name::PersonName;
use wheelhouse_core::oncall::{NamedBy, Schedule, Shift, gaps_between, layer_at, shifts_between};
use wheelhouse_core::time::Timestamp;

use super::Time;
use super::schema::NamedByWord;

/// The shifts of some schedules over a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShiftCalendar {
    /// From when on.
    pub from: Time,
    /// Until when.
    pub until: Time,
    /// Schedules by name.
    pub schedules: Vec<ScheduleShifts>,
}

/// The shifts of one schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleShifts {
    /// The schedule.
    pub schedule: String,
    /// The team that keeps it.
    pub team: String,
    /// The IANA time zone whose wall clock decides the hand-offs; null where it has no name.
    pub time_zone: Option<String>,
    /// How many layers it has; a later one covers an earlier one.
    pub layers: u64,
    /// The services for which it is paged, at whatever step.
    pub services: Vec<String>,
    /// What is in force when: shifts that never overlap, with their true bounds, in order.
    pub shifts: Vec<ShiftView>,
    /// When nobody is on call.
    pub gaps: Vec<GapView>,
    /// Whether there are more shifts than are listed.
    pub more: bool,
}

/// A time during which one person is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShiftView {
    /// Who.
    pub person: String,
    /// From when on.
    pub from: Time,
    /// Until when.
    pub until: Time,
    /// What says so.
    #[schema(value_type = NamedByWord)]
    pub named_by: NamedBy,
    /// The layer whose rotation says so, from 1, the one that yields first; null for an override.
    pub layer: Option<u64>,
}

/// A time at which nobody is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GapView {
    /// From when on.
    pub from: Time,
    /// Until when.
    pub until: Time,
}

impl ScheduleShifts {
    /// The shifts of a schedule over a time, the first `most` of them; of one person only, where one is given.
    pub fn new(
        schedule: &Schedule,
        catalog: &Catalog,
        (from, until): (Timestamp, Timestamp),
        person: Option<&PersonName>,
        most: usize,
    ) -> Self {
        let mut shifts = shifts_between(schedule, from, until, most.saturating_add(1));
        let more = shifts.len() > most;
        shifts.truncate(most);
        let gaps = gaps_between(schedule, from, until);
        let view = |shift: &Shift| ShiftView {
            person: shift.person.to_string(),
            from: shift.from.into(),
            until: shift.until.into(),
            named_by: shift.named_by,
            layer: layer_at(schedule, shift.from.max(from)).map(|layer| layer as u64 + 1),
        };
        let theirs = |shift: &&Shift| person.is_none_or(|person| shift.person == *person);
        Self {
            schedule: schedule.name.to_string(),
            team: schedule.team.to_string(),
            time_zone: schedule.time_zone.iana_name().map(str::to_owned),
            layers: schedule.layers.len() as u64,
            services: services_of(catalog, &schedule.name).map(ToString::to_string).collect(),
            shifts: shifts.iter().filter(theirs).map(view).collect(),
            gaps: gaps.iter().map(|(from, until)| GapView { from: Time(*from), until: Time(*until) }).collect(),
            more,
        }
    }
}
