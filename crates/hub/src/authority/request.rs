//! A question to the authority: may this principal do this to that?

use std::collections::BTreeSet;
use std::fmt;

use wheelhouse_core::access::Owner;
use wheelhouse_core::automation::Automation;
use wheelhouse_core::case::{Case, CaseId};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::drill::Drill;
use wheelhouse_core::name::{AutomationName, DrillName, PersonName, RunnerName, ServiceName, SourceName, TeamName};
use wheelhouse_core::runbook::{RunbookName, owners};
use wheelhouse_core::silence::SilenceId;

use super::Action;

/// A question to the authority.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks: whose token it is.
    pub principal: Owner,
    /// To do what.
    pub action: Action,
    /// To what.
    pub resource: Resource,
}

/// What an action is done to.
#[derive(Clone, Debug)]
pub enum Resource {
    /// The organisation as a whole: its cases, catalog, record and tokens.
    Organization,
    /// One case.
    Case(CaseFacts),
    /// A silence, made or to be made.
    Silence(SilenceFacts),
    /// A source, by whose name signals are sent.
    Source(SourceName),
    /// A runner, by whose name steps are taken.
    Runner(RunnerName),
    /// A drill.
    Drill {
        /// Its name.
        name: DrillName,
        /// The team that keeps it.
        team: TeamName,
    },
    /// An automation.
    Automation {
        /// Its name.
        name: AutomationName,
        /// The team that answers for it.
        team: TeamName,
    },
    /// A runbook, to be run.
    Runbook(RunbookFacts),
    /// Contacts, which a test reaches.
    Contacts {
        /// Whose they are, in words.
        name: String,
        /// The person, if they are a person's.
        person: Option<PersonName>,
        /// The team, if they are a team's, or of a channel that it keeps.
        team: Option<TeamName>,
    },
    /// A token, made or to be made.
    Token {
        /// Whose it is.
        owner: Owner,
    },
}

impl Resource {
    /// An automation of the catalog.
    pub fn of_automation(automation: &Automation) -> Self {
        Self::Automation { name: automation.name.clone(), team: automation.team.clone() }
    }

    /// A drill of the catalog.
    pub fn of_drill(drill: &Drill) -> Self {
        Self::Drill { name: drill.name.clone(), team: drill.team.clone() }
    }
}

/// What policies may know of a case.
#[derive(Clone, Debug)]
pub struct CaseFacts {
    /// Its name.
    pub id: CaseId,
    /// The team that handles it.
    pub team: TeamName,
    /// The service it is about, if known; the authority looks up its team.
    pub service: Option<ServiceName>,
    /// Whether it is an exercise.
    pub drill: bool,
    /// Its owner.
    pub owner: Option<PersonName>,
    /// Who reported it, was paged for it, has a role in it, or handled it.
    pub involved: BTreeSet<PersonName>,
}

/// What policies may know of a silence.
#[derive(Clone, Debug)]
pub struct SilenceFacts {
    /// Its name, once it is made.
    pub id: Option<SilenceId>,
    /// The one service that it is about, if it is about one.
    pub service: Option<ServiceName>,
    /// Who made it.
    pub author: Option<PersonName>,
    /// Whether it is for exercise.
    pub drill: bool,
}

/// What policies may know of a runbook that is run.
#[derive(Clone, Debug)]
pub struct RunbookFacts {
    /// Its name.
    pub name: RunbookName,
    /// The teams that keep it; none for one that has left the catalog.
    pub keepers: Vec<TeamName>,
    /// The case that it is run for.
    pub case: Option<CaseFacts>,
}

impl RunbookFacts {
    /// A runbook of a catalog, run for a case or by itself.
    pub fn of(catalog: &Catalog, name: &RunbookName, case: Option<CaseFacts>) -> Self {
        let keepers = catalog.runbooks.get(name).map(|runbook| owners(catalog, runbook)).unwrap_or_default();
        Self { name: name.clone(), keepers, case }
    }
}

impl From<&Case> for CaseFacts {
    fn from(case: &Case) -> Self {
        Self {
            id: case.id,
            team: case.team.clone(),
            service: case.service.clone(),
            drill: case.drill,
            owner: case.owner.clone(),
            involved: case.involved.clone(),
        }
    }
}

/// The answer of the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may be done.
    Allowed {
        /// The names of the policies that allow it, in order of name; at least one.
        policies: Vec<String>,
    },
    /// It may not be done.
    Denied {
        /// Why, and what to do, for the person who asked.
        why: String,
    },
}

impl Decision {
    /// Whether it may be done.
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

/// What is asked, in words: `dana: acknowledge INC-17`.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.principal.actor(), self.action.deed(), self.resource)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organization => f.write_str("the organisation"),
            Self::Case(case) => write!(f, "{}", case.id),
            Self::Silence(SilenceFacts { id: Some(id), .. }) => write!(f, "{id}"),
            Self::Silence(SilenceFacts { service: Some(service), .. }) => write!(f, "signals of {service}"),
            Self::Silence(_) => f.write_str("signals of more than one service"),
            Self::Source(name) => write!(f, "source {name}"),
            Self::Runner(name) => write!(f, "runner {name}"),
            Self::Drill { name, .. } => write!(f, "drill {name}"),
            Self::Automation { name, .. } => write!(f, "automation {name}"),
            Self::Runbook(runbook) => write!(f, "the runbook {}", runbook.name),
            Self::Contacts { name, .. } => f.write_str(name),
            Self::Token { owner: Owner::Bootstrap } => f.write_str("a first-start token"),
            Self::Token { owner } => write!(f, "a token of {}", owner.actor()),
        }
    }
}
