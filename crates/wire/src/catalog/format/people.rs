//! The organisation, teams, people and audiences.

use schemars::JsonSchema;
use serde::Deserialize;
use wheelhouse_core::catalog::{
    self as core, AudienceDraft, CharterDraft, Document, Drafts, Kind, OrganizationDraft, PersonDraft, TeamDraft,
};
use wheelhouse_core::name::{EscalationName, PersonName, RepositoryName, SecretName, TeamName};

use super::places::At;
use super::scalars::{AnyName, ContactField, Length, Named, TargetField};
use super::{Fields, Plain};

/// The organisation: what holds where nothing more specific is said. Exactly one in a catalog.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Organization")]
pub(in super::super) struct OrganizationFields {
    /// Its name, part of the record's origin.
    name: At<AnyName>,
    /// A short text for people.
    #[serde(default)]
    summary: Option<At<String>>,
    /// The team that handles what belongs to nobody.
    default_team: At<Named<TeamName>>,
    /// Who is paged when an escalation is used up or reaches nobody.
    fallback: At<TargetField>,
    /// The time between two pages of the fallback while nobody acknowledges; 15m unless said, 1m to 1d.
    #[serde(default)]
    fallback_every: Option<At<Length>>,
    /// How long a notice is held back, so that what follows fast goes out with it; 15s unless said, at most 10m.
    #[serde(default)]
    notices_settle: Option<At<Length>>,
    /// How many runs all automations together may begin within an hour; 60 unless said, at most 200.
    #[serde(default)]
    automations_per_hour: Option<At<u32>>,
    /// How long after resolving a signal of the same group reopens the case; 10m unless said, at most 1w.
    #[serde(default)]
    reopen_within: Option<At<Length>>,
    /// How long an acknowledgement holds without any sign of work; 2h unless said, 1m to 30d.
    #[serde(default)]
    acknowledgement_timeout: Option<At<Length>>,
    /// Which repository is whose, where the catalog comes from several: what each but this one may define.
    #[serde(default)]
    repositories: Vec<At<CharterFields>>,
    /// Whether a version of a runbook must be signed by a key that the hub trusts to run without approval; an entry of
    /// `repositories` may say otherwise of its own.
    #[serde(default)]
    signed_runbooks: bool,
}

/// What one repository may define.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Charter")]
struct CharterFields {
    /// The repository, by the name that it has at the hub.
    repository: At<Named<RepositoryName>>,
    /// The teams whose it is: it defines them, their people, and what they own.
    #[serde(default)]
    teams: Vec<At<Named<TeamName>>>,
    /// The kinds of documents that it may define for everybody, such as `Person` or `Audience`.
    #[serde(default)]
    kinds: Vec<At<String>>,
    /// The kept secrets that its channels may use.
    #[serde(default)]
    secrets: Vec<At<Named<SecretName>>>,
    /// Whether it may hold policies (`*.cedar`).
    #[serde(default)]
    policies: bool,
    /// Whether versions of its runbooks must be signed; what the organization says of all unless said.
    #[serde(default)]
    signed_runbooks: Option<bool>,
}

impl Plain for CharterFields {
    type Core = CharterDraft;
    fn plain(self) -> CharterDraft {
        CharterDraft {
            repository: self.repository.plain(),
            teams: self.teams.plain(),
            kinds: self.kinds.plain(),
            secrets: self.secrets.plain(),
            policies: self.policies,
            signed_runbooks: self.signed_runbooks,
        }
    }
}

impl Fields for OrganizationFields {
    const KIND: Kind = Kind::Organization;
    const REQUIRED: &'static [&'static str] = &["name", "default_team", "fallback"];
    type Draft = OrganizationDraft;

    fn draft(self) -> (core::At<String>, OrganizationDraft) {
        let draft = OrganizationDraft {
            summary: self.summary.plain(),
            default_team: self.default_team.plain(),
            fallback: self.fallback.plain(),
            fallback_every: self.fallback_every.plain(),
            notices_settle: self.notices_settle.plain(),
            reopen_within: self.reopen_within.plain(),
            automations_per_hour: self.automations_per_hour.plain(),
            acknowledgement_timeout: self.acknowledgement_timeout.plain(),
            repositories: self.repositories.plain(),
            signed_runbooks: self.signed_runbooks,
        };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<OrganizationDraft>> {
        &mut drafts.organizations
    }
}

/// A team: people who own services together.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Team")]
pub(in super::super) struct TeamFields {
    /// Its name.
    name: At<AnyName>,
    /// A short text for people.
    #[serde(default)]
    summary: Option<At<String>>,
    /// Its members, at least one.
    members: At<Vec<At<Named<PersonName>>>>,
    /// Where notices for the team go, in order of preference; the next is tried when one fails.
    /// Without any they go to whoever is on call, then to the members.
    #[serde(default)]
    contacts: Vec<At<ContactField>>,
    /// Its default escalation; the organisation's fallback unless said.
    #[serde(default)]
    escalation: Option<At<Named<EscalationName>>>,
    /// Roles that its members hold: `administrator`, `operator`, `auditor`, `data-protection`, `legal`.
    #[serde(default)]
    roles: Vec<At<String>>,
}

impl Fields for TeamFields {
    const KIND: Kind = Kind::Team;
    const REQUIRED: &'static [&'static str] = &["name", "members"];
    type Draft = TeamDraft;

    fn draft(self) -> (core::At<String>, TeamDraft) {
        let draft = TeamDraft {
            summary: self.summary.plain(),
            members: self.members.plain(),
            contacts: self.contacts.plain(),
            escalation: self.escalation.plain(),
            roles: self.roles.plain(),
        };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<TeamDraft>> {
        &mut drafts.teams
    }
}

/// A person who can be paged, told and asked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Person")]
pub(in super::super) struct PersonFields {
    /// The person's name in the catalog.
    name: At<AnyName>,
    /// The name as people write it; the name in the catalog unless said.
    #[serde(default)]
    display_name: Option<At<String>>,
    /// How to reach the person, in order of preference; the next is tried when one fails.
    #[serde(default)]
    contacts: Vec<At<ContactField>>,
    /// IANA time zone in which times are shown to the person, such as `Europe/Vienna`.
    #[serde(default)]
    time_zone: Option<At<String>>,
}

impl Fields for PersonFields {
    const KIND: Kind = Kind::Person;
    const REQUIRED: &'static [&'static str] = &["name"];
    type Draft = PersonDraft;

    fn draft(self) -> (core::At<String>, PersonDraft) {
        let draft = PersonDraft {
            display_name: self.display_name.plain(),
            contacts: self.contacts.plain(),
            time_zone: self.time_zone.plain(),
        };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<PersonDraft>> {
        &mut drafts.people
    }
}

/// A named group of people outside the teams who must know.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Audience")]
pub(in super::super) struct AudienceFields {
    /// Its name.
    name: At<AnyName>,
    /// A short text for people.
    #[serde(default)]
    summary: Option<At<String>>,
    /// Addresses of the group as a whole, in order of preference; the next is tried when one fails.
    #[serde(default)]
    contacts: Vec<At<ContactField>>,
    /// People of the catalog who are told one by one, beside `contacts`.
    #[serde(default)]
    people: Vec<At<Named<PersonName>>>,
}

impl Fields for AudienceFields {
    const KIND: Kind = Kind::Audience;
    const REQUIRED: &'static [&'static str] = &["name"];
    type Draft = AudienceDraft;

    fn draft(self) -> (core::At<String>, AudienceDraft) {
        let draft = AudienceDraft {
            summary: self.summary.plain(),
            contacts: self.contacts.plain(),
            people: self.people.plain(),
        };
        (self.name.plain(), draft)
    }

    fn shelf(drafts: &mut Drafts) -> &mut Vec<Document<AudienceDraft>> {
        &mut drafts.audiences
    }
}
