//! Requests: what people ask for, and the core's commands that they mean.
//!
//! Names are checked for their form here, and for being in the catalog by the core, which also
//! limits texts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::{CaseId, Link, Relation, Role, Severity};
use wheelhouse_core::kernel::{CaseAction, Report};
use wheelhouse_core::name::{BadName, PersonName, ServiceName, TeamName};

use super::problem::FieldError;
use super::schema::{CaseIdText, RelationWord, RoleWord, SeverityWord};
use super::{Party, Problem, Time};

/// Opens a case: a report of trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenCase {
    /// What it is about, in one line of at most 300 bytes.
    pub title: String,
    /// More, if there is more to say.
    #[serde(default)]
    pub text: Option<String>,
    /// The service, if known.
    #[serde(default)]
    pub service: Option<String>,
    /// How bad it is; rules and the service's tier say so where absent.
    #[serde(default)]
    #[schema(value_type = Option<SeverityWord>)]
    pub severity: Option<Severity>,
    /// Whether it is made for exercise.
    #[serde(default)]
    pub drill: bool,
}

impl OpenCase {
    /// The report that is meant.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn into_report(self) -> Result<Report, Problem> {
        let service = optional("service", self.service.as_deref(), ServiceName::new)?;
        Ok(Report { title: self.title, text: self.text, service, severity: self.severity, drill: self.drill })
    }
}

/// Takes a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledge {}

/// Writes a note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The note, at most 20,000 bytes.
    pub text: String,
}

/// Says how bad a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSeverity {
    /// How bad it is.
    #[schema(value_type = SeverityWord)]
    pub severity: Severity,
}

/// Gives a case to a person, to nobody, or to another team: exactly one of the three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The new owner.
    #[serde(default)]
    pub person: Option<String>,
    /// Whether the owner lays it down.
    #[serde(default)]
    pub nobody: bool,
    /// The team that takes over; it is paged.
    #[serde(default)]
    pub team: Option<String>,
    /// With `team`: the service that the case turned out to be about.
    #[serde(default)]
    pub service: Option<String>,
}

/// Gives a role in handling a case to a person, or lays it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetRole {
    /// Which.
    #[schema(value_type = RoleWord)]
    pub role: Role,
    /// Who; absent or null lays it down.
    #[serde(default)]
    pub person: Option<String>,
}

/// Asks somebody to help with a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageRequest {
    /// A person, a schedule, or a team (every member).
    pub target: Party,
}

/// Tells those affected how it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// The update, at most 20,000 bytes.
    pub text: String,
}

/// Says that the harm has stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mitigate {
    /// Since when; now where absent.
    #[serde(default)]
    pub at: Option<Time>,
}

/// Says that a case is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    /// Since when; now where absent.
    #[serde(default)]
    pub at: Option<Time>,
    /// How it was solved.
    #[serde(default)]
    pub text: Option<String>,
}

/// Says that a case was not over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reopen {
    /// Why.
    #[serde(default)]
    pub text: Option<String>,
}

/// Calls an entry of a case's timeline a key event, or takes that back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyEvent {
    /// The index of the entry in the record: `seq` of the timeline.
    pub entry: u64,
    /// Whether it is to be one.
    pub key: bool,
}

/// Links a case to another case or to an address: exactly one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// How the other one belongs.
    #[schema(value_type = RelationWord)]
    pub relation: Relation,
    /// The other case.
    #[serde(default)]
    #[schema(value_type = Option<CaseIdText>)]
    pub case: Option<CaseId>,
    /// An http or https address.
    #[serde(default)]
    pub url: Option<String>,
}

impl Assign {
    /// The action that is meant.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn into_action(self) -> Result<CaseAction, Problem> {
        let service = optional("service", self.service.as_deref(), ServiceName::new)?;
        match (self.person, self.nobody, self.team) {
            (Some(_), false, None) | (None, true, None) if service.is_some() => {
                Err(FieldError::new("service", "expected only together with `team`").into())
            }
            (Some(person), false, None) => Ok(CaseAction::Assign(optional("person", Some(&person), PersonName::new)?)),
            (None, true, None) => Ok(CaseAction::Assign(None)),
            (None, false, Some(team)) => {
                let team = TeamName::new(&team).map_err(|error| FieldError::new("team", error.to_string()))?;
                Ok(CaseAction::AssignTeam(team, service))
            }
            _ => Err(FieldError::new("person", "expected exactly one of `person`, `nobody` and `team`").into()),
        }
    }
}

impl SetRole {
    /// The action that is meant.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn into_action(self) -> Result<CaseAction, Problem> {
        Ok(CaseAction::SetRole(self.role, optional("person", self.person.as_deref(), PersonName::new)?))
    }
}

impl PageRequest {
    /// The action that is meant.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn into_action(self) -> Result<CaseAction, Problem> {
        Ok(CaseAction::Page(self.target.target("target")?))
    }
}

impl LinkRequest {
    /// The action that is meant.
    ///
    /// # Errors
    /// Where not exactly one of case and address is given.
    pub fn into_action(self) -> Result<CaseAction, Problem> {
        self.into_link().map(CaseAction::Link)
    }

    /// The action that takes the link away again.
    ///
    /// # Errors
    /// See [`into_action`](Self::into_action).
    pub fn into_removal(self) -> Result<CaseAction, Problem> {
        self.into_link().map(CaseAction::Unlink)
    }

    fn into_link(self) -> Result<Link, Problem> {
        if self.case.is_some() == self.url.is_some() {
            return Err(FieldError::new("case", "expected exactly one of `case` and `url`").into());
        }
        Ok(Link { relation: self.relation, case: self.case, url: self.url })
    }
}

macro_rules! actions {
    ($($request:ident($this:ident) => $action:expr;)*) => {$(
        impl $request {
            /// The action that is meant.
            pub fn into_action(self) -> CaseAction {
                let $this = self;
                $action
            }
        }
    )*};
}

actions! {
    Acknowledge(_request) => CaseAction::Acknowledge;
    Note(request) => CaseAction::Note(request.text);
    SetSeverity(request) => CaseAction::SetSeverity(request.severity);
    Update(request) => CaseAction::Update(request.text);
    Mitigate(request) => CaseAction::Mitigate(request.at.map(|at| at.0));
    Resolve(request) => CaseAction::Resolve { at: request.at.map(|at| at.0), text: request.text };
    Reopen(request) => CaseAction::Reopen(request.text);
}

/// A name that may be absent.
fn optional<N>(
    field: &'static str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<N, BadName>,
) -> Result<Option<N>, FieldError> {
    text.map(parse).transpose().map_err(|error| FieldError::new(field, error.to_string()))
}
