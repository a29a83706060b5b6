//! Services.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use wheelhouse_core::case::Severity;
use wheelhouse_core::catalog::{self as core, Document, Drafts, Kind, ServiceDraft, Strength};
use wheelhouse_core::name::{AudienceName, EscalationName, ServiceName, TeamName};

use super::places::{At, NameOr, OneOrMany};
use super::scalars::{AnyName, Named, SeverityWord, StrengthWord};
use super::{Fields, Plain};

/// A service that somebody operates.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Service")]
pub(in super::super) struct ServiceFields {
    /// Its name. Signals with the label `service=<name>` are its own.
    name: At<AnyName>,
    /// The team that owns it.
    team: At<Named<TeamName>>,
    /// A short text for people.
    #[serde(default)]
    summary: Option<At<String>>,
    /// How critical it is: 1 most … 4 least; 3 unless said.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4))]
    tier: Option<At<u32>>,
    /// The services it calls. A name alone is a hard dependency.
    #[serde(default)]
    depends_on: Vec<At<NameOr<Named<ServiceName>, DependencyFields>>>,
    /// The audiences that must know about its incidents. A name alone means from `sev2` on.
    #[serde(default)]
    stakeholders: Vec<At<NameOr<Named<AudienceName>, StakeholderFields>>>,
    /// Which further signals are its own: label sets, of which one suffices.
    #[serde(default, rename = "match")]
    matches: OneOrMany<At<MatchFields>>,
    /// Its own escalation; the team's unless said.
    #[serde(default)]
    escalation: Option<At<Named<EscalationName>>>,
    /// What it promises: free text by objective, such as `availability`, `rto`, `rpo`.
    #[serde(default)]
    objectives: BTreeMap<String, At<String>>,
    /// Links for people, by label.
    #[serde(default)]
    links: BTreeMap<String, At<String>>,
}

/// A dependency in full.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Dependency")]
pub(in super::super) struct DependencyFields {
    /// The service that is called.
    service: At<Named<ServiceName>>,
    /// What a failure of it means; `hard` unless said.
    #[serde(default)]
    strength: Option<StrengthWord>,
}

/// A stakeholder in full.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Stakeholder")]
pub(in super::super) struct StakeholderFields {
    /// The audience that must know.
    audience: At<Named<AudienceName>>,
    /// From which severity on; `sev2` unless said.
    #[serde(default)]
    from: Option<SeverityWord>,
}

/// Which signals are a service's.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Match")]
pub(in super::super) struct MatchFields {
    /// Labels that a signal must all have, with these values.
    labels: BTreeMap<String, String>,
}

impl Plain for MatchFields {
    type Core = BTreeMap<String, String>;
    fn plain(self) -> Self::Core {
        self.labels
    }
}

impl Plain for At<NameOr<Named<ServiceName>, DependencyFields>> {
    type Core = (core::At<ServiceName>, Strength);
    fn plain(self) -> Self::Core {
        match self.0.value {
            NameOr::Name(name) => (core::At::new(name.0, self.0.place), Strength::Hard),
            NameOr::Fields(says) => (says.service.plain(), says.strength.plain().unwrap_or(Strength::Hard)),
        }
    }
}

impl Plain for At<NameOr<Named<AudienceName>, StakeholderFields>> {
    type Core = (core::At<AudienceName>, Severity);
    fn plain(self) -> Self::Core {
        match self.0.value {
            NameOr::Name(name) => (core::At::new(name.0, self.0.place), Severity::Sev2),
            NameOr::Fields(says) => (says.audience.plain(), says.from.plain().unwrap_or(Severity::Sev2)),
        }
    }
}

impl Fields for ServiceFields {
    const KIND: Kind = Kind::Service;
    const REQUIRED: &'static [&'static str] = &["name", "team"];
    type Draft = ServiceDraft;

    fn draft(self) -> (core::At<String>, ServiceDraft) {
        let draft = ServiceDraft {
            team: self.team.plain(),
            summary: self.summary.plain(),
            tier: self.tier.plain(),
            depends_on: self.depends_on.into_iter().map(Plain::plain).collect(),
            stakeholders: self.stakeholders.into_iter().map(Plain::plain).collect(),
            matches: self.matches.plain(),
            escalation: self.escalation.plain(),
            objectives: self.objectives.plain(),
            links: self.links.plain(),
        };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<ServiceDraft>> {
        &mut drafts.services
    }
}
