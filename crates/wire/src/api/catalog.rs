//! What the catalog says: services, teams, people, and who is on call.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::{self as core, Catalog, Strength};
use wheelhouse_core::oncall::{NamedBy, Schedule, on_call_at, shifts_between};
use wheelhouse_core::time::Timestamp;

use super::schema::{NamedByWord, SeverityWord};
use super::{OpenCaseView, RunbookView, StepView, Time};

/// A service in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The team that owns it.
    pub team: String,
    /// A short text for people.
    pub summary: Option<String>,
    /// 1 most critical … 4 least.
    pub tier: u8,
    /// Who is paged first for it now; nobody where its schedule has a gap.
    #[serde(default)]
    pub on_call: Vec<String>,
    /// Its open incidents, the worst first; at most 10.
    #[serde(default)]
    pub open: Vec<OpenCaseView>,
}

/// All of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceDetail {
    /// What a list shows of it.
    #[serde(flatten)]
    pub service: Service,
    /// The services it calls.
    pub depends_on: Vec<DependencyView>,
    /// The services that call it.
    pub dependents: Vec<DependencyView>,
    /// Who outside the teams must know about its incidents.
    pub stakeholders: Vec<StakeholderView>,
    /// The escalation that pages for it: its own, else its team's; null where only the fallback is left.
    pub escalation: Option<String>,
    /// What it promises, by objective.
    pub objectives: BTreeMap<String, String>,
    /// Links for people, by label.
    pub links: BTreeMap<String, String>,
    /// Whom the steps of its escalation page, and who these are now.
    #[serde(default)]
    pub steps: Vec<StepView>,
    /// The runbooks that it links to.
    #[serde(default)]
    pub runbooks: Vec<RunbookView>,
    /// The instant that `now` is about.
    #[serde(default)]
    pub at: Option<Time>,
}

/// One end of a dependency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DependencyView {
    /// The service at the other end.
    pub service: String,
    /// `hard` (down means down) or `soft` (down means degraded).
    pub strength: String,
}

/// An audience that must know, and from which severity on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StakeholderView {
    /// Who must know.
    pub audience: String,
    /// From which severity on.
    #[schema(value_type = SeverityWord)]
    pub from: Severity,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// A short text for people.
    pub summary: Option<String>,
    /// Its members.
    pub members: Vec<String>,
    /// Its default escalation.
    pub escalation: Option<String>,
}

/// A person, without the addresses by which they are reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// The name in the catalog.
    pub name: String,
    /// The name as people write it.
    pub display_name: String,
    /// The teams they belong to.
    pub teams: Vec<String>,
    /// The IANA time zone in which they see times.
    pub time_zone: Option<String>,
}

/// Who is on call in a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OnCall {
    /// The schedule.
    pub schedule: String,
    /// The team that keeps it.
    pub team: String,
    /// Who is on call; null where nobody is.
    pub person: Option<String>,
    /// From when on.
    pub from: Option<Time>,
    /// Until when.
    pub until: Option<Time>,
    /// What says so: `rotation`, `override`, or `earlier_catalog` where their shift goes on although the
    /// rotation was edited; null where nobody is.
    #[schema(value_type = Option<NamedByWord>)]
    pub named_by: Option<NamedBy>,
    /// Who has the next shift; null where nobody has.
    #[serde(default)]
    pub next_person: Option<String>,
    /// From when on.
    #[serde(default)]
    pub next_from: Option<Time>,
    /// The services for which it is paged, at whatever step.
    #[serde(default)]
    pub services: Vec<String>,
}

impl OnCall {
    /// Who is on call in `schedule` at `now`.
    pub fn at(schedule: &Schedule, now: Timestamp) -> Self {
        let shift = on_call_at(schedule, now);
        let after = shift.as_ref().map_or(now, |shift| shift.until);
        let next = shifts_between(schedule, after, Timestamp::MAX, 1).into_iter().next();
        Self {
            schedule: schedule.name.to_string(),
            team: schedule.team.to_string(),
            person: shift.as_ref().map(|shift| shift.person.to_string()),
            from: shift.as_ref().map(|shift| Time(shift.from)),
            until: shift.as_ref().map(|shift| Time(shift.until)),
            named_by: shift.map(|shift| shift.named_by),
            next_person: next.as_ref().map(|next| next.person.to_string()),
            next_from: next.map(|next| Time(next.from)),
            services: Vec::new(),
        }
    }
}

impl From<&core::Service> for Service {
    fn from(service: &core::Service) -> Self {
        Self {
            name: service.name.to_string(),
            team: service.team.to_string(),
            summary: service.summary.clone(),
            tier: service.tier,
            on_call: Vec::new(),
            open: Vec::new(),
        }
    }
}

impl ServiceDetail {
    /// All of a service of `catalog`.
    pub fn new(service: &core::Service, catalog: &Catalog) -> Self {
        let views = |all: &[core::Dependency]| all.iter().map(DependencyView::from).collect();
        let team = catalog.teams.get(&service.team);
        let escalation = service.escalation.as_ref().or_else(|| team?.escalation.as_ref());
        let stakeholder =
            |one: &core::Stakeholder| StakeholderView { audience: one.audience.to_string(), from: one.from };
        Self {
            service: Service::from(service),
            depends_on: views(&service.depends_on),
            dependents: catalog.dependents.get(&service.name).map(|all| views(all)).unwrap_or_default(),
            stakeholders: service.stakeholders.iter().map(stakeholder).collect(),
            escalation: escalation.map(ToString::to_string),
            objectives: service.objectives.clone(),
            links: service.links.clone(),
            steps: Vec::new(),
            runbooks: Vec::new(),
            at: None,
        }
    }
}

impl From<&core::Dependency> for DependencyView {
    fn from(dependency: &core::Dependency) -> Self {
        let strength = match dependency.strength {
            Strength::Hard => "hard",
            Strength::Soft => "soft",
        };
        Self { service: dependency.service.to_string(), strength: strength.to_owned() }
    }
}

impl From<&core::Team> for Team {
    fn from(team: &core::Team) -> Self {
        Self {
            name: team.name.to_string(),
            summary: team.summary.clone(),
            members: team.members.iter().map(ToString::to_string).collect(),
            escalation: team.escalation.as_ref().map(ToString::to_string),
        }
    }
}

impl Person {
    /// A person of `catalog`.
    pub fn new(person: &core::Person, catalog: &Catalog) -> Self {
        let teams = catalog.teams.values().filter(|team| team.members.contains(&person.name));
        Self {
            name: person.name.to_string(),
            display_name: person.display_name.clone(),
            teams: teams.map(|team| team.name.to_string()).collect(),
            time_zone: person.time_zone.clone(),
        }
    }
}
