//! What the hub knows of a message.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::Digest;
use crate::affected::Impact;
use crate::case::{CaseId, MessageId, Severity};
use crate::catalog::{Catalog, Contact};
use crate::name::{AudienceName, AutomationName, PersonName, ServiceName, TeamName};
use crate::record::Why;
use crate::run::{RunId, Want};
use crate::runbook::{RunbookName, StepId};
use crate::time::Timestamp;

/// A message from its decision until it is delivered, given up or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its name and idempotency key.
    pub id: MessageId,
    /// Whether it belongs to an exercise.
    pub drill: bool,
    /// Who it is for.
    pub recipient: Recipient,
    /// What it is for.
    pub purpose: Purpose,
    /// Why it was decided.
    pub why: Option<Why>,
    /// Where it stands.
    pub state: MessageState,
    /// When it was decided.
    pub queued_at: Timestamp,
    /// When it is to be tried next.
    pub due_at: Timestamp,
    /// Attempts over all contacts so far.
    pub attempts: u32,
    /// Attempts with the present contact so far.
    pub attempts_with_contact: u32,
    /// Which of the recipient's contacts is used, from 0.
    pub contact: u16,
    /// The kind of contact that was last tried.
    pub contact_kind: Option<ContactKind>,
    /// When its channel accepted it.
    pub accepted_at: Option<Timestamp>,
    /// When it was given up or withdrawn.
    pub ended_at: Option<Timestamp>,
    /// Why it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_because: Option<Why>,
    /// What the channel said last. Erasable.
    pub answer: Option<String>,
    /// Whether it was under way when an acknowledgement arrived.
    pub crossed_acknowledgement: bool,
    /// Whether an attempt may have reached the recipient before the last one: a crash, or a channel
    /// that did not say what became of it, left that open. It may arrive twice.
    pub repeated: bool,
}

impl Message {
    /// Whether it is sent later, and only if nobody who is asked first has answered by then.
    pub fn is_put_off(&self, now: Timestamp) -> bool {
        matches!(self.purpose, Purpose::Wanted { .. }) && self.attempts == 0 && self.due_at > now
    }
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// It waits for its (next) attempt.
    Queued,
    /// Its channel accepted it.
    Accepted,
    /// Every contact failed; the hub said so loudly.
    GivenUp,
    /// It was no longer wanted before it was sent.
    Withdrawn,
}

/// Which lane a message takes: pages overtake notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// It demands an answer.
    Page,
    /// It informs.
    Notice,
}

/// Who a message is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// One person, by the person's own contacts.
    Person(PersonName),
    /// A team, by its contacts.
    Team(TeamName),
    /// An audience, by its contacts.
    Audience(AudienceName),
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(name) => write!(f, "{name}"),
            Self::Team(name) => write!(f, "team {name}"),
            Self::Audience(name) => write!(f, "audience {name}"),
        }
    }
}

impl Recipient {
    /// The recipient's contacts in `catalog`, in order of preference.
    pub fn contacts<'a>(&self, catalog: &'a Catalog) -> &'a [Contact] {
        match self {
            Self::Person(name) => catalog.people.get(name).map_or(&[], |person| &person.contacts),
            Self::Team(name) => catalog.teams.get(name).map_or(&[], |team| &team.contacts),
            Self::Audience(name) => catalog.audiences.get(name).map_or(&[], |audience| &audience.contacts),
        }
    }
}

/// What a message is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "purpose")]
pub enum Purpose {
    /// Asks a person to take the case.
    Page,
    /// Tells somebody affected.
    Told {
        /// What there is to tell.
        stage: Stage,
        /// What it means to them.
        impact: Impact,
        /// The services from the broken one to the one that makes them affected.
        path: Vec<ServiceName>,
        /// On whose behalf a person is told: the team or audience that the person stands for.
        on_behalf_of: Option<Recipient>,
        /// What else it says: stages that came before this one and were not sent, and further ways
        /// in which the recipient is reached.
        #[serde(default, skip_serializing_if = "Digest::is_empty")]
        digest: Digest,
    },
    /// Tells the owning team about a case that is not paged.
    Informed {
        /// What there is to tell.
        stage: Stage,
    },
    /// Says that another message could not be delivered.
    Undeliverable {
        /// Which. Named apart from the message that says so, beside which it stands in the record.
        #[serde(rename = "undeliverable")]
        message: MessageId,
    },
    /// Asks a person for something that a run or an automation wants people for.
    Wanted {
        /// What.
        wanted: Wanted,
        /// Until when, where there is an end to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
}

/// What a person is wanted for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Wanted {
    /// Something in a run.
    Run {
        /// The run.
        run: RunId,
        /// Its runbook.
        runbook: RunbookName,
        /// What.
        want: Want,
        /// At which step, where it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<StepId>,
    },
    /// To agree to what an automation asks for.
    Automation {
        /// The automation.
        automation: AutomationName,
        /// The number of its question.
        question: u64,
        /// What it would run.
        runbook: RunbookName,
    },
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run { run, want, .. } => write!(f, "{run} {}", want.words()),
            Self::Automation { automation, .. } => write!(f, "automation {automation} asks for agreement"),
        }
    }
}

impl Purpose {
    /// The lane it takes.
    pub const fn lane(&self) -> Lane {
        match self {
            // Somebody waits for the answer, and not for ever.
            Self::Page | Self::Wanted { .. } => Lane::Page,
            Self::Told { .. } | Self::Informed { .. } | Self::Undeliverable { .. } => Lane::Notice,
        }
    }
}

/// What there is to tell about an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It was opened.
    Opened,
    /// It is worse or less bad than said before.
    SeverityChanged,
    /// Somebody wrote an update.
    Update,
    /// It is over.
    Resolved,
    /// It was not over.
    Reopened,
    /// It comes and goes: single ends and new beginnings are not told any more.
    Flapping,
    /// It was held to follow from another case, and stands for itself now.
    GoesOn,
    /// Something new joined a case that somebody had taken already.
    Joined,
    /// It brought about what somebody was paged for, who need not take that any more.
    Explains,
}

impl Stage {
    /// The words for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::SeverityChanged => "severity changed",
            Self::Update => "update",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Flapping => "flapping",
            Self::GoesOn => "goes on",
            Self::Joined => "something new joined",
            Self::Explains => "explains a page",
        }
    }
}

/// The kind of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    /// Mail.
    Email,
    /// A signed webhook.
    Webhook,
    /// A channel of the catalog.
    Channel,
}

impl From<&Contact> for ContactKind {
    fn from(contact: &Contact) -> Self {
        match contact {
            Contact::Email(_) => Self::Email,
            Contact::Webhook(_) => Self::Webhook,
            Contact::Channel { .. } => Self::Channel,
        }
    }
}

/// Why somebody affected was not told: the closed set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotTold {
    /// The team handles the incident itself.
    OwnsTheIncident,
    /// The audience asked to hear only of worse incidents.
    BelowThreshold {
        /// From which severity on.
        from: Severity,
    },
    /// The catalog names no way to reach them.
    NoContact,
    /// Every contact failed.
    EveryContactFailed,
    /// They are told, or paged, by the case that brought this one about.
    ToldByRoot {
        /// That case.
        case: CaseId,
    },
    /// They own something that the broken service calls, but the cause is known and lies elsewhere.
    CauseIsKnown {
        /// The case of the cause.
        case: CaseId,
    },
    /// What the case turned out to be about does not reach them, and they had not heard yet of what it was
    /// thought to be about.
    NotAffected,
}

impl fmt::Display for NotTold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnsTheIncident => f.write_str("handles the incident itself"),
            Self::BelowThreshold { from } => write!(f, "wants to know from {from} on"),
            Self::NoContact => f.write_str("the catalog names no way to reach them"),
            Self::EveryContactFailed => f.write_str("every contact failed"),
            Self::ToldByRoot { case } => write!(f, "hears of it by {case}, which brought it about"),
            Self::CauseIsKnown { case } => write!(f, "is not asked for the cause, which is {case}"),
            Self::NotAffected => f.write_str("is not affected by what it is about, and has not heard otherwise"),
        }
    }
}
