//! The catalog after validation: every name resolves, every limit holds.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use wheelhouse_patterns::Pattern;

use super::channel::Channel;
use super::repository::Charter;
use super::runner::Runner;
use crate::automation::Automations;
use crate::case::Severity;
use crate::drill::Drill;
use crate::name::{
    AudienceName, ChannelName, DrillName, EscalationName, PersonName, RuleName, RunnerName, ScheduleName, ServiceName,
    SourceName, TeamName,
};
use crate::oncall::Schedule;
use crate::runbook::{Runbook, RunbookName};
use crate::time::Duration;

/// Everything that every `ops/` folder says, merged and validated, at one version.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Lower-case hexadecimal SHA-256 over the sources' paths and contents, in order of path.
    pub version: String,
    /// The organisation itself.
    pub organization: Organization,
    /// Teams by name.
    pub teams: BTreeMap<TeamName, Team>,
    /// People by name.
    pub people: BTreeMap<PersonName, Person>,
    /// Services by name.
    pub services: BTreeMap<ServiceName, Service>,
    /// On-call schedules by name.
    pub schedules: BTreeMap<ScheduleName, Schedule>,
    /// Escalations by name.
    pub escalations: BTreeMap<EscalationName, Escalation>,
    /// Audiences by name.
    pub audiences: BTreeMap<AudienceName, Audience>,
    /// Rules in the order in which they are tried: by `order`, then by name.
    pub rules: super::Rules,
    /// Sources of signals by name.
    pub sources: BTreeMap<SourceName, Source>,
    /// Drills by name.
    pub drills: BTreeMap<DrillName, Drill>,
    /// Channels by name.
    pub channels: BTreeMap<ChannelName, Channel>,
    /// Automations, ready to be asked together.
    pub automations: Automations,
    /// Runners beside the hub's own, by name.
    pub runners: BTreeMap<RunnerName, Runner>,
    /// Runbooks by name.
    pub runbooks: BTreeMap<RunbookName, Arc<Runbook>>,
    /// Who depends on a service: for each service, its dependents by name. Derived from `services`.
    pub dependents: super::Dependents,
}

/// The organisation: what holds where nothing more specific is said.
#[derive(Clone, Debug)]
pub struct Organization {
    /// Its name, part of the record's origin.
    pub name: String,
    /// A short text for people.
    pub summary: Option<String>,
    /// The team that handles what belongs to nobody (the NOC).
    pub default_team: TeamName,
    /// Who is paged when an escalation is used up or reaches nobody.
    pub fallback: Target,
    /// The time between two pages of the fallback while nobody acknowledges; at least one minute.
    pub fallback_every: Duration,
    /// How long a notice is held back, so that what follows fast goes out with it. Pages never wait.
    pub notices_settle: Duration,
    /// How long after resolving a signal of the same group reopens the case instead of opening another.
    pub reopen_within: Duration,
    /// How long an acknowledgement holds without any sign of work, unless the escalation says otherwise.
    pub acknowledgement_timeout: Duration,
    /// How many runs all automations together may begin within an hour.
    pub automations_per_hour: u32,
    /// What each repository but the organisation's own may define.
    pub repositories: Vec<Charter>,
    /// Whether versions of runbooks must be signed to run, where a charter says nothing else.
    pub signed_runbooks: bool,
}

/// A team: people who own services together.
#[derive(Clone, Debug)]
pub struct Team {
    /// Its name.
    pub name: TeamName,
    /// A short text for people.
    pub summary: Option<String>,
    /// Its members, at least one.
    pub members: Vec<PersonName>,
    /// Where notices for the team go, in order of preference; the next is tried when one fails.
    pub contacts: Vec<Contact>,
    /// Its default escalation; the organisation's fallback where absent.
    pub escalation: Option<EscalationName>,
    /// Roles that its members hold in the default policies: `administrator`, `operator`, `auditor`, `data-protection`, `legal`.
    pub roles: Vec<String>,
}

/// A person who can be paged, told and asked.
#[derive(Clone, Debug)]
pub struct Person {
    /// The person's name in the catalog.
    pub name: PersonName,
    /// The name as people write it.
    pub display_name: String,
    /// How to reach the person, in order of preference; the next is tried when one fails.
    pub contacts: Vec<Contact>,
    /// IANA time zone in which times are shown to the person.
    pub time_zone: Option<String>,
}

/// One way to reach somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// A mail address (RFC 5321 mailbox).
    Email(Box<str>),
    /// A URL that receives signed JSON by POST.
    Webhook(Box<str>),
    /// A channel that the catalog defines.
    Channel {
        /// Which.
        channel: ChannelName,
        /// Whom it reaches there: a telephone number, a topic, a room; empty where the channel needs none.
        to: Box<str>,
    },
}

/// A service that somebody operates.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: ServiceName,
    /// The team that owns it.
    pub team: TeamName,
    /// A short text for people.
    pub summary: Option<String>,
    /// 1 most critical … 4 least.
    pub tier: u8,
    /// The services it calls, by name.
    pub depends_on: Vec<Dependency>,
    /// Who outside the teams must know about its incidents.
    pub stakeholders: Vec<Stakeholder>,
    /// Label sets that identify its signals, beside the label `service=<name>`; one set suffices.
    pub matches: Vec<BTreeMap<String, String>>,
    /// Its own escalation; the team's where absent.
    pub escalation: Option<EscalationName>,
    /// What it promises: free text by objective name (`availability`, `rto`, `rpo`).
    pub objectives: BTreeMap<String, String>,
    /// Links for people, by label.
    pub links: BTreeMap<String, String>,
}

/// One end of a dependency edge, as seen from the other end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// The service at the other end.
    pub service: ServiceName,
    /// What a failure means along this edge.
    pub strength: Strength,
}

/// What a failing dependency means to its dependent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Down means down.
    Hard,
    /// Down means degraded.
    Soft,
}

/// An audience that must know about a service's incidents from a severity on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stakeholder {
    /// Who must know.
    pub audience: AudienceName,
    /// From which severity on.
    pub from: Severity,
}

/// A named group of people outside the teams who must know.
#[derive(Clone, Debug)]
pub struct Audience {
    /// Its name.
    pub name: AudienceName,
    /// A short text for people.
    pub summary: Option<String>,
    /// Addresses of the group as a whole, in order of preference; the next is tried when one fails.
    pub contacts: Vec<Contact>,
    /// People of the catalog who are told one by one, beside `contacts`.
    pub people: Vec<PersonName>,
}

/// Somebody to page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Whoever is on call in a schedule.
    Schedule(ScheduleName),
    /// One person.
    Person(PersonName),
    /// Every member of a team.
    Team(TeamName),
}

/// Who is paged, in what order, until somebody acknowledges.
#[derive(Clone, Debug)]
pub struct Escalation {
    /// Its name.
    pub name: EscalationName,
    /// The team that keeps it.
    pub team: TeamName,
    /// The least severe case that is paged; less severe ones send the owning team a notice.
    pub from: Severity,
    /// At least one step.
    pub steps: Vec<Step>,
    /// How many further rounds follow the first before the organisation's fallback.
    pub repeat: u32,
    /// How long an acknowledgement holds without any sign of work.
    pub acknowledgement_timeout: Duration,
}

/// One step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long after the step before (or the start of the round) it comes due.
    pub after: Duration,
    /// Who is paged.
    pub page: Vec<Target>,
}

/// An event pattern and what to do with a signal that matches; the first rule that matches decides.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub name: RuleName,
    /// The team that keeps it.
    pub team: TeamName,
    /// Lower is tried first.
    pub order: i32,
    /// Which signals it concerns, over the normalised form of a signal (`signal::normalised`).
    pub when: Pattern,
    /// What to do.
    pub action: Action,
}

/// What a rule does with a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens or joins an incident.
    Incident {
        /// The severity of the incident, instead of the one that signal and tier give.
        severity: Option<Severity>,
        /// The service, instead of the one that labels give.
        service: Option<ServiceName>,
        /// Whether the incident resolves by itself when its last signal has; otherwise a person does.
        resolve: bool,
    },
    /// Keeps the signal in the journal and does nothing.
    Drop,
}

/// A configured sender of signals.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name.
    pub name: SourceName,
    /// The team that keeps it.
    pub team: TeamName,
    /// A short text for people.
    pub summary: Option<String>,
    /// How long after the last word of the sender a firing signal that names no end still counts as firing,
    /// and how long a door must have been ready before silence means recovery.
    pub timeout: Duration,
}
