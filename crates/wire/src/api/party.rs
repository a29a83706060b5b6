//! Who: people, teams, audiences, sources, runners, schedules, and the hub itself, in one shape.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::access::Owner;
use wheelhouse_core::catalog::Target;
use wheelhouse_core::name::{BadName, PersonName, RunnerName, ScheduleName, SourceName, TeamName};
use wheelhouse_core::notify::Recipient;
use wheelhouse_core::record::Actor;

use super::problem::FieldError;

/// Somebody who acts, is told, is paged or owns a token: `{"kind": "person", "name": "dana"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// What they are.
    pub kind: PartyKind,
    /// Their name in the catalog; absent for the hub and the first-start token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What a party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// A person of the catalog.
    Person,
    /// A team.
    Team,
    /// An audience.
    Audience,
    /// Whoever is on call in a schedule.
    Schedule,
    /// A configured sender of signals.
    Source,
    /// A runner of the catalog.
    Runner,
    /// Whoever holds the first-start token.
    Bootstrap,
    /// The hub itself.
    Hub,
}

impl Party {
    fn named(kind: PartyKind, name: &str) -> Self {
        Self { kind, name: Some(name.to_owned()) }
    }

    const fn nameless(kind: PartyKind) -> Self {
        Self { kind, name: None }
    }

    /// Somebody who can be paged; `field` is where it stands in the request.
    ///
    /// # Errors
    /// When it is not a person, a team or a schedule with a proper name.
    pub fn target(&self, field: &'static str) -> Result<Target, FieldError> {
        let name = self.name.as_deref().unwrap_or_default();
        let named = |error: BadName| FieldError::new(field, error.to_string());
        match self.kind {
            PartyKind::Person => PersonName::new(name).map(Target::Person).map_err(named),
            PartyKind::Team => TeamName::new(name).map(Target::Team).map_err(named),
            PartyKind::Schedule => ScheduleName::new(name).map(Target::Schedule).map_err(named),
            _ => Err(FieldError::new(field, "expected a person, a team or a schedule")),
        }
    }

    /// Somebody who can own a token; `field` is where it stands in the request.
    ///
    /// # Errors
    /// When it is not a person, a source or a runner with a proper name.
    pub fn owner(&self, field: &'static str) -> Result<Owner, FieldError> {
        let name = self.name.as_deref().unwrap_or_default();
        let named = |error: BadName| FieldError::new(field, error.to_string());
        match self.kind {
            PartyKind::Person => PersonName::new(name).map(Owner::Person).map_err(named),
            PartyKind::Source => SourceName::new(name).map(Owner::Source).map_err(named),
            PartyKind::Runner => RunnerName::new(name).map(Owner::Runner).map_err(named),
            _ => Err(FieldError::new(field, "expected a person, a source or a runner")),
        }
    }
}

impl From<&Actor> for Party {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::Person(name) => Self::named(PartyKind::Person, name.as_str()),
            Actor::Source(name) => Self::named(PartyKind::Source, name.as_str()),
            Actor::Runner(name) => Self::named(PartyKind::Runner, name.as_str()),
            Actor::Bootstrap => Self::nameless(PartyKind::Bootstrap),
            Actor::Hub => Self::nameless(PartyKind::Hub),
        }
    }
}

impl From<&Owner> for Party {
    fn from(owner: &Owner) -> Self {
        Self::from(&owner.actor())
    }
}

impl From<&Recipient> for Party {
    fn from(recipient: &Recipient) -> Self {
        match recipient {
            Recipient::Person(name) => Self::named(PartyKind::Person, name.as_str()),
            Recipient::Team(name) => Self::named(PartyKind::Team, name.as_str()),
            Recipient::Audience(name) => Self::named(PartyKind::Audience, name.as_str()),
        }
    }
}

impl From<&Target> for Party {
    fn from(target: &Target) -> Self {
        match target {
            Target::Schedule(name) => Self::named(PartyKind::Schedule, name.as_str()),
            Target::Person(name) => Self::named(PartyKind::Person, name.as_str()),
            Target::Team(name) => Self::named(PartyKind::Team, name.as_str()),
        }
    }
}
