//! What a comparison of two catalogs says.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::tz::TimeZone;

use super::super::kind::Kind;
use super::super::model::{Action, Step, Strength, Target};
use crate::case::Severity;
use crate::name::{EscalationName, PersonName, RuleName, ServiceName, TeamName};
use crate::time::{Duration, Timestamp};

/// Everything that a change of the catalog means.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// The version that is compared with.
    pub from: String,
    /// The version that would come into force.
    pub to: String,
    /// From which instant on shifts are compared.
    pub now: Timestamp,
    /// Until which instant.
    pub until: Timestamp,
    /// What would be different, in the order in which people should read it.
    pub changes: Vec<Change>,
    /// Which runbooks would be others, by name.
    pub runbooks: Vec<super::RunbookChange>,
    /// How many further changes were left out.
    pub omitted: usize,
}

impl Diff {
    /// The changes that move a shift in progress: somebody who is on call now would no longer be.
    pub fn in_progress(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| matches!(change.what, What::OnCall { in_progress: true, .. }))
    }
}

/// One thing that would be different. Its `Display` says it in one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What kind of thing it is about.
    pub kind: Kind,
    /// The name of that thing.
    pub name: String,
    /// What is different about it.
    pub what: What,
}

/// A part of what people ask of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Who is on call when.
    OnCall,
    /// Who is paged by which service's incidents, in what order.
    Paged,
    /// Who is told of what, from which severity on.
    Told,
    /// Where signals go, and what they open.
    Routed,
    /// Who can be reached.
    Reached,
    /// What there is, and whose it is.
    Defined,
    /// Which runbooks are others.
    Runbooks,
}

impl Section {
    /// Every section, in order.
    pub const ALL: [Self; 7] =
        [Self::OnCall, Self::Paged, Self::Told, Self::Routed, Self::Reached, Self::Defined, Self::Runbooks];

    /// The section as programs read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnCall => "on_call",
            Self::Paged => "paged",
            Self::Told => "told",
            Self::Routed => "routed",
            Self::Reached => "reached",
            Self::Defined => "defined",
            Self::Runbooks => "runbooks",
        }
    }
}

/// What is different about a thing; a closed set.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A schedule has somebody else on call for a while.
    OnCall {
        /// From then on (inclusive).
        from: Timestamp,
        /// Until then (exclusive).
        until: Timestamp,
        /// Who was to be on call; nobody where absent.
        was: Option<PersonName>,
        /// Who would be.
        becomes: Option<PersonName>,
        /// Whether that begins now, in the middle of a shift.
        in_progress: bool,
        /// The schedule's zone, in which it is said.
        zone: TimeZone,
    },
    /// Incidents of a service, and of others to which the same happens, page otherwise.
    Paged {
        /// The other services.
        also: Vec<ServiceName>,
        /// As it was.
        was: Paging,
        /// As it would be.
        becomes: Paging,
    },
    /// The organisation pages somebody else when an escalation is used up.
    Fallback {
        /// Who was paged.
        was: Target,
        /// Who would be.
        becomes: Target,
    },
    /// A team or an audience is told otherwise of a service's incidents.
    Told {
        /// The service.
        service: ServiceName,
        /// The least severe incident of which it was told; of none where absent.
        was: Option<Severity>,
        /// The least severe incident of which it would be told.
        becomes: Option<Severity>,
        /// The path that explains it, from the service to the one that counts: as it would be, or as it was
        /// where nothing would be told any more.
        path: Vec<ServiceName>,
    },
    /// A rule is new.
    NewRule {
        /// What it does.
        action: Action,
        /// Rules after it that may match some of the same signals; the first few.
        before: Vec<RuleName>,
    },
    /// A rule is gone.
    RuleGone {
        /// What it did.
        action: Action,
    },
    /// A rule matches other signals.
    Pattern,
    /// A rule does something else.
    Action {
        /// What it did.
        was: Action,
        /// What it would do.
        becomes: Action,
    },
    /// Of the signals that match a rule and another, this one decides, where the other did.
    DecidesBefore(RuleName),
    /// Signals with certain labels belong to another service.
    Matched {
        /// The labels.
        labels: BTreeMap<String, String>,
        /// To which service they belonged, if to any.
        was: Option<ServiceName>,
        /// To which they would belong.
        becomes: Option<ServiceName>,
    },
    /// A service is more or less critical.
    Tier {
        /// As it was.
        was: u8,
        /// As it would be.
        becomes: u8,
    },
    /// Cases of no service belong to another team.
    DefaultTeam {
        /// To which they belonged.
        was: TeamName,
        /// To which they would belong.
        becomes: TeamName,
    },
    /// A silent sender counts as silent after another time.
    Timeout {
        /// As it was.
        was: Duration,
        /// As it would be.
        becomes: Duration,
    },
    /// Messages can reach it, and could not.
    Reachable,
    /// No message can reach it any more.
    Unreachable,
    /// Messages reach it at other addresses, or in another order.
    Contacts,
    /// A person is told with an audience, or belongs to a team.
    Joins(PersonName),
    /// A person no longer is.
    Leaves(PersonName),
    /// The members of a team get a role.
    RoleGiven(String),
    /// They lose it.
    RoleTaken(String),
    /// It is new.
    Added {
        /// Whose it is, where it is somebody's.
        team: Option<TeamName>,
    },
    /// It is gone.
    Removed,
    /// It belongs to another team.
    ChangedHands {
        /// Whose it was.
        was: TeamName,
        /// Whose it would be.
        becomes: TeamName,
    },
    /// A service depends on another otherwise.
    DependsOn {
        /// On which.
        on: ServiceName,
        /// How it did, if it did.
        was: Option<Strength>,
        /// How it would.
        becomes: Option<Strength>,
    },
}

/// How incidents of a service page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The escalation; the organisation's fallback alone where absent.
    pub escalation: Option<EscalationName>,
    /// The least severe incident that pages.
    pub from: Severity,
    /// The steps of a round.
    pub steps: Vec<Step>,
    /// How many further rounds follow.
    pub repeat: u32,
}

impl Change {
    /// The part of the whole to which it belongs.
    pub fn section(&self) -> Section {
        match &self.what {
            What::OnCall { .. } => Section::OnCall,
            What::Paged { .. } | What::Fallback { .. } => Section::Paged,
            What::Told { .. } => Section::Told,
            What::NewRule { .. }
            | What::RuleGone { .. }
            | What::Pattern
            | What::Action { .. }
            | What::DecidesBefore(_)
            | What::Matched { .. }
            | What::Tier { .. }
            | What::DefaultTeam { .. }
            | What::Timeout { .. } => Section::Routed,
            What::Reachable
            | What::Unreachable
            | What::Contacts
            | What::Joins(_)
            | What::Leaves(_)
            | What::RoleGiven(_)
            | What::RoleTaken(_) => Section::Reached,
            What::Added { .. } | What::Removed | What::ChangedHands { .. } | What::DependsOn { .. } => Section::Defined,
        }
    }
}

impl What {
    /// The word by which programs know it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::OnCall { .. } => "on_call",
            Self::Paged { .. } => "paged",
            Self::Fallback { .. } => "fallback",
            Self::Told { .. } => "told",
            Self::NewRule { .. } => "new_rule",
            Self::RuleGone { .. } => "rule_gone",
            Self::Pattern => "pattern",
            Self::Action { .. } => "action",
            Self::DecidesBefore(_) => "decides_before",
            Self::Matched { .. } => "matched",
            Self::Tier { .. } => "tier",
            Self::DefaultTeam { .. } => "default_team",
            Self::Timeout { .. } => "timeout",
            Self::Reachable => "reachable",
            Self::Unreachable => "unreachable",
            Self::Contacts => "contacts",
            Self::Joins(_) => "joins",
            Self::Leaves(_) => "leaves",
            Self::RoleGiven(_) => "role_given",
            Self::RoleTaken(_) => "role_taken",
            Self::Added { .. } => "added",
            Self::Removed => "removed",
            Self::ChangedHands { .. } => "changed_hands",
            Self::DependsOn { .. } => "depends_on",
        }
    }
}
