//! Who was missed, and what the catalog should say so that it does not happen again.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::{CaseId, Miss, Proposal};
use wheelhouse_core::kernel::{self, CaseAction};
use wheelhouse_core::name::{AudienceName, BadName, ServiceName, TeamName};
use wheelhouse_core::notify::Recipient;

use super::problem::FieldError;
use super::schema::CaseIdText;
use super::{Party, Problem, Time};

/// Says that somebody affected was not told: exactly one of `team` and `audience`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordMiss {
    /// The team.
    #[serde(default)]
    pub team: Option<String>,
    /// The audience.
    #[serde(default)]
    pub audience: Option<String>,
    /// The service through which they were affected, if known.
    #[serde(default)]
    pub service: Option<String>,
    /// What there is to say about it, at most 20,000 bytes.
    #[serde(default)]
    pub note: Option<String>,
}

/// Somebody affected who was not told, by a person's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissView {
    /// Who: a team or an audience.
    pub recipient: Party,
    /// Why the hub did not tell them, for programs: `no_dependency`, `not_stakeholder`, `below_threshold`,
    /// `too_weak`, `no_contact`, `every_contact_failed`, `too_late`, `no_service`, `cause_is_known`,
    /// `owns_the_service` or `not_then`.
    pub reason: String,
    /// The same in words.
    pub words: String,
    /// The services from the case's to the one that makes them affected, where the catalog has such a path.
    pub path: Vec<String>,
    /// The service of theirs that suffered, by the person's word.
    pub service: Option<String>,
    /// The action that has the catalog say so; null where the catalog need not change.
    #[schema(value_type = Option<CaseIdText>)]
    pub action: Option<CaseId>,
    /// When it was recorded.
    pub at: Time,
    /// Who recorded it.
    pub by: Party,
}

/// What the catalog should say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProposalView {
    /// What it asks for, in one line.
    pub words: String,
    /// The kind of the document that should say so: `Service`, `Team` or `Audience`.
    pub kind: String,
    /// The document's name; null where it is not known, or not in the catalog yet.
    pub name: Option<String>,
    /// The file in which the document stands; null where it stands in none yet.
    pub file: Option<String>,
    /// The lines to commit, as YAML; what the hub cannot know stands in capitals.
    pub lines: String,
}

impl RecordMiss {
    /// The action that is meant.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn into_action(self) -> Result<CaseAction, Problem> {
        let bad = |field: &'static str| move |error: BadName| FieldError::new(field, error.to_string());
        let recipient = match (self.team, self.audience) {
            (Some(team), None) => Recipient::Team(TeamName::new(&team).map_err(bad("team"))?),
            (None, Some(audience)) => Recipient::Audience(AudienceName::new(&audience).map_err(bad("audience"))?),
            _ => return Err(FieldError::new("team", "expected exactly one of `team` and `audience`").into()),
        };
        let service = self.service.as_deref().map(ServiceName::new).transpose().map_err(bad("service"))?;
        Ok(CaseAction::Missed(Box::new(kernel::Missed { recipient, service, text: self.note })))
    }
}

impl From<&Miss> for MissView {
    fn from(miss: &Miss) -> Self {
        Self {
            recipient: Party::from(&miss.recipient),
            reason: miss.reason.code().to_owned(),
            words: miss.reason.to_string(),
            path: miss.path.iter().map(ToString::to_string).collect(),
            service: miss.service.as_ref().map(ToString::to_string),
            action: miss.action,
            at: miss.at.into(),
            by: Party::from(&miss.by),
        }
    }
}

impl From<&Proposal> for ProposalView {
    fn from(proposal: &Proposal) -> Self {
        let (kind, name) = proposal.document();
        Self {
            words: proposal.to_string(),
            kind: kind.as_str().to_owned(),
            name: name.map(str::to_owned),
            file: None,
            lines: proposal.lines(),
        }
    }
}
