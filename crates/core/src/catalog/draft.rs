//! The catalog before validation: what the documents say, each word with its place.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::civil::DateTime;
use wheelhouse_patterns::Pattern;

use super::channel::{BodyKind, Method};
use super::kind::Kind;
use super::model::{Contact, Strength, Target};
use super::place::At;
use super::runner::RunnerDraft;
use crate::automation::AutomationDraft;
use crate::case::Severity;
use crate::drill::Expected;
use crate::name::{
    AudienceName, EscalationName, PersonName, RepositoryName, SecretName, ServiceName, SourceName, TeamName,
};
use crate::oncall::Period;
use crate::runbook::RunbookDraft;
use crate::time::Duration;

/// Everything that the documents of one load say.
#[derive(Clone, Debug, Default)]
pub struct Drafts {
    /// Documents of kind `Organization`.
    pub organizations: Vec<Document<OrganizationDraft>>,
    /// Documents of kind `Team`.
    pub teams: Vec<Document<TeamDraft>>,
    /// Documents of kind `Person`.
    pub people: Vec<Document<PersonDraft>>,
    /// Documents of kind `Service`.
    pub services: Vec<Document<ServiceDraft>>,
    /// Documents of kind `Schedule`.
    pub schedules: Vec<Document<ScheduleDraft>>,
    /// Documents of kind `Escalation`.
    pub escalations: Vec<Document<EscalationDraft>>,
    /// Documents of kind `Audience`.
    pub audiences: Vec<Document<AudienceDraft>>,
    /// Documents of kind `Rule`.
    pub rules: Vec<Document<RuleDraft>>,
    /// Documents of kind `Source`.
    pub sources: Vec<Document<SourceDraft>>,
    /// Documents of kind `Drill`.
    pub drills: Vec<Document<DrillDraft>>,
    /// Documents of kind `Channel`.
    pub channels: Vec<Document<ChannelDraft>>,
    /// Documents of kind `Automation`.
    pub automations: Vec<Document<AutomationDraft>>,
    /// Documents of kind `Runner`.
    pub runners: Vec<Document<RunnerDraft>>,
    /// Runbooks.
    pub runbooks: Vec<RunbookDraft>,
    /// Documents too broken to read, of which the name is known: names that point at them resolve.
    pub broken: Vec<(Kind, At<String>)>,
}

/// One document.
#[derive(Clone, Debug)]
pub struct Document<T> {
    /// The name that it defines; a valid name.
    pub name: At<String>,
    /// Whether parts of it could not be read and are left out. A catalog with such a document is
    /// refused; checks that would only repeat what is known already are not made.
    pub partial: bool,
    /// What it says beside its kind and name.
    pub body: T,
}

/// What an `Organization` says.
#[derive(Clone, Debug)]
pub struct OrganizationDraft {
    /// `summary`
    pub summary: Option<At<String>>,
    /// `default_team`
    pub default_team: At<TeamName>,
    /// `fallback`
    pub fallback: At<Target>,
    /// `fallback_every`
    pub fallback_every: Option<At<Duration>>,
    /// `notices_settle`
    pub notices_settle: Option<At<Duration>>,
    /// `reopen_within`
    pub reopen_within: Option<At<Duration>>,
    /// `acknowledgement_timeout`
    pub acknowledgement_timeout: Option<At<Duration>>,
    /// `automations_per_hour`
    pub automations_per_hour: Option<At<u32>>,
    /// `repositories`
    pub repositories: Vec<At<CharterDraft>>,
    /// `signed_runbooks`
    pub signed_runbooks: bool,
}

/// What an entry of `repositories` says.
#[derive(Clone, Debug)]
pub struct CharterDraft {
    /// `repository`
    pub repository: At<RepositoryName>,
    /// `teams`
    pub teams: Vec<At<TeamName>>,
    /// `kinds`, as they are written
    pub kinds: Vec<At<String>>,
    /// `secrets`
    pub secrets: Vec<At<SecretName>>,
    /// `policies`
    pub policies: bool,
    /// `signed_runbooks`
    pub signed_runbooks: Option<bool>,
}

/// What a `Team` says.
#[derive(Clone, Debug)]
pub struct TeamDraft {
    /// `summary`
    pub summary: Option<At<String>>,
    /// `members`
    pub members: At<Vec<At<PersonName>>>,
    /// `contacts`
    pub contacts: Vec<At<Contact>>,
    /// `escalation`
    pub escalation: Option<At<EscalationName>>,
    /// `roles`
    pub roles: Vec<At<String>>,
}

/// What a `Person` says.
#[derive(Clone, Debug)]
pub struct PersonDraft {
    /// `display_name`
    pub display_name: Option<At<String>>,
    /// `contacts`
    pub contacts: Vec<At<Contact>>,
    /// `time_zone`
    pub time_zone: Option<At<String>>,
}

/// What a `Service` says.
#[derive(Clone, Debug)]
pub struct ServiceDraft {
    /// `team`
    pub team: At<TeamName>,
    /// `summary`
    pub summary: Option<At<String>>,
    /// `tier`
    pub tier: Option<At<u32>>,
    /// `depends_on`
    pub depends_on: Vec<(At<ServiceName>, Strength)>,
    /// `stakeholders`, each from a severity on
    pub stakeholders: Vec<(At<AudienceName>, Severity)>,
    /// `match`: label sets
    pub matches: Vec<At<BTreeMap<String, String>>>,
    /// `escalation`
    pub escalation: Option<At<EscalationName>>,
    /// `objectives`
    pub objectives: BTreeMap<String, At<String>>,
    /// `links`
    pub links: BTreeMap<String, At<String>>,
}

/// What a `Schedule` says.
#[derive(Clone, Debug)]
pub struct ScheduleDraft {
    /// `team`
    pub team: At<TeamName>,
    /// `time_zone`
    pub time_zone: At<String>,
    /// `rotation`
    pub rotation: Option<At<LayerDraft>>,
    /// `layers`
    pub layers: Option<At<Vec<At<LayerDraft>>>>,
    /// `overrides`
    pub overrides: Vec<At<OverrideDraft>>,
}

/// What a layer of a schedule says.
#[derive(Clone, Debug)]
pub struct LayerDraft {
    /// `people`
    pub people: At<Vec<At<PersonName>>>,
    /// `start`
    pub start: At<DateTime>,
    /// `every`
    pub every: At<Period>,
    /// `from`
    pub from: Option<At<DateTime>>,
    /// `until`
    pub until: Option<At<DateTime>>,
}

/// What an override of a schedule says; times are local to the schedule.
#[derive(Clone, Debug)]
pub struct OverrideDraft {
    /// `person`
    pub person: At<PersonName>,
    /// `from`
    pub from: At<DateTime>,
    /// `until`
    pub until: At<DateTime>,
}

/// What an `Escalation` says.
#[derive(Clone, Debug)]
pub struct EscalationDraft {
    /// `team`
    pub team: At<TeamName>,
    /// `from`
    pub from: Option<Severity>,
    /// `steps`
    pub steps: At<Vec<StepDraft>>,
    /// `repeat`
    pub repeat: Option<At<u32>>,
    /// `acknowledgement_timeout`
    pub acknowledgement_timeout: Option<At<Duration>>,
}

/// What a step of an escalation says.
#[derive(Clone, Debug)]
pub struct StepDraft {
    /// `after`
    pub after: Option<At<Duration>>,
    /// `page`
    pub page: At<Vec<At<Target>>>,
}

/// What an `Audience` says.
#[derive(Clone, Debug)]
pub struct AudienceDraft {
    /// `summary`
    pub summary: Option<At<String>>,
    /// `contacts`
    pub contacts: Vec<At<Contact>>,
    /// `people`
    pub people: Vec<At<PersonName>>,
}

/// What a `Rule` says.
#[derive(Clone, Debug)]
pub struct RuleDraft {
    /// `team`
    pub team: At<TeamName>,
    /// `order`
    pub order: Option<i32>,
    /// `when`
    pub when: At<Pattern>,
    /// `then`
    pub then: ActionDraft,
}

/// What a rule does.
#[derive(Clone, Debug)]
pub enum ActionDraft {
    /// `then: {incident: …}`
    Incident {
        /// `severity`
        severity: Option<Severity>,
        /// `service`
        service: Option<At<ServiceName>>,
        /// `resolve`, true unless said otherwise
        resolve: bool,
    },
    /// `then: drop`
    Drop,
}

/// What a `Source` says.
#[derive(Clone, Debug)]
pub struct SourceDraft {
    /// `team`
    pub team: At<TeamName>,
    /// `summary`
    pub summary: Option<At<String>>,
    /// `timeout`
    pub timeout: Option<At<Duration>>,
}

/// What a `Channel` says.
#[derive(Clone, Debug)]
pub struct ChannelDraft {
    /// `team`
    pub team: At<TeamName>,
    /// `summary`
    pub summary: Option<At<String>>,
    /// `type`
    pub kind: At<ChannelKind>,
    /// `url`
    pub url: At<AddressDraft>,
    /// `token`
    pub token: Option<At<SecretName>>,
    /// `method`
    pub method: Option<At<Method>>,
    /// `headers`, by name
    pub headers: BTreeMap<String, At<String>>,
    /// `content`
    pub content: Option<At<BodyKind>>,
    /// `body`
    pub body: Option<At<String>>,
    /// `success`
    pub success: Option<At<SuccessDraft>>,
    /// `per_minute`
    pub per_minute: Option<At<u32>>,
}

/// The type of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelKind {
    /// An incoming webhook as Slack and Mattermost have it.
    Slack,
    /// A publish to an ntfy server.
    Ntfy,
    /// A call by templates.
    Http,
}

/// An address as a `Channel` gives it.
#[derive(Clone, Debug)]
pub enum AddressDraft {
    /// In the open; a template where the channel is of type `http`.
    Open(String),
    /// Kept as a secret.
    Secret(SecretName),
}

/// What a `Channel` says counts as accepted.
#[derive(Clone, Debug)]
pub struct SuccessDraft {
    /// `status`: the least and the highest
    pub status: Option<(u16, u16)>,
    /// `pointer`
    pub pointer: Option<String>,
    /// `equals`
    pub equals: Option<serde_json::Value>,
}

/// What a `Drill` says.
#[derive(Clone, Debug)]
pub struct DrillDraft {
    /// `team`
    pub team: At<TeamName>,
    /// `summary`
    pub summary: Option<At<String>>,
    /// `source`
    pub source: Option<At<SourceName>>,
    /// `signals`
    pub signals: At<Vec<At<CueDraft>>>,
    /// `expect`
    pub expect: At<Vec<At<ExpectationDraft>>>,
}

/// One signal of a drill.
#[derive(Clone, Debug)]
pub struct CueDraft {
    /// `at`
    pub at: At<Duration>,
    /// `labels`
    pub labels: At<BTreeMap<String, String>>,
    /// `annotations`
    pub annotations: BTreeMap<String, String>,
    /// `resolved`
    pub resolved: bool,
}

/// One thing that a drill expects.
#[derive(Clone, Debug)]
pub struct ExpectationDraft {
    /// What it names, which must be one thing.
    pub what: Vec<Expected>,
    /// `of`
    pub of: Option<At<ServiceName>>,
    /// `within`
    pub within: Option<At<Duration>>,
}
