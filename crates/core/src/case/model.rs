//! What the hub knows of a case.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{CaseId, Instants, Miss, Proposal, Severity, State, Telling};
use crate::attachment::Attachments;
use crate::change::NearChange;
use crate::name::{EscalationName, PersonName, RuleName, ServiceName, TeamName};
use crate::notify::Recipient;
use crate::record::Erasure;
use crate::signal::Group;
use crate::silence::SilenceId;
use crate::time::Timestamp;

/// A piece of operations work with one owner and one timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its name.
    pub id: CaseId,
    /// Whether it was made for exercise.
    pub drill: bool,
    /// What it is about, in one line. Erasable.
    pub title: String,
    /// Where it stands.
    #[serde(flatten)]
    pub state: State,
    /// How bad it is.
    pub severity: Severity,
    /// Who last set the severity: a person's word is not overruled by a signal.
    pub severity_set_by: SeveritySetBy,
    /// The service it is about, if known.
    pub service: Option<ServiceName>,
    /// The team that handles it.
    pub team: TeamName,
    /// Which signals belong to it.
    pub group: Group,
    /// The rule that opened it.
    pub rule: Option<RuleName>,
    /// Whether it resolves by itself when its last firing signal ends.
    pub auto_resolve: bool,
    /// Its one owner.
    pub owner: Option<PersonName>,
    /// Who does what.
    pub roles: BTreeMap<Role, PersonName>,
    /// The instants that it is measured by.
    pub instants: Instants,
    /// How many of its signals fire now.
    pub firing: u64,
    /// How many signals ever joined it.
    pub members: u64,
    /// How often it was reopened.
    pub reopened: u32,
    /// The escalation's next step; absent when none is due any more.
    pub escalation: Option<EscalationProgress>,
    /// When the acknowledgement lapses unless there is a sign of work.
    pub acknowledgement_lapses_at: Option<Timestamp>,
    /// What brought it about, as long as it is held to be no trouble of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symptom: Option<Symptom>,
    /// Since when it comes and goes; absent where it does not, or is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flapping: Option<Flapping>,
    /// When it last fired again after its end, oldest first, the last few times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fired_again: Vec<Timestamp>,
    /// Until when whoever has taken it has been told that something new joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_told_at: Option<Timestamp>,
    /// Whose channel accepted a page for it since nobody has it, and who has not heard otherwise.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reached: BTreeSet<PersonName>,
    /// When a case that a person resolved is looked at again, because signals still fired.
    pub recheck_at: Option<Timestamp>,
    /// Since when nobody has acknowledged it: opened, reopened or lapsed.
    pub open_since: Option<Timestamp>,
    /// When the hub learned that the case is over, whatever instant it was given.
    pub resolved_entry_at: Option<Timestamp>,
    /// People who reported it, were paged for it, have a role in it, or handled it.
    pub involved: BTreeSet<PersonName>,
    /// Who was told so far, and thus hears what follows.
    pub told: BTreeSet<Recipient>,
    /// How telling each of them went, and why others affected were not told; in order of recipient.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tellings: Vec<Telling>,
    /// Who else was affected and not told, by a person's word; in the order recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<Miss>,
    /// What an action asks the catalog to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// Whether it was last resolved because its senders fell silent: nobody saw when it was over.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub fell_silent: bool,
    /// Other cases and addresses that belong to it.
    pub links: Vec<Link>,
    /// How many messages it has caused; the last message's number.
    pub messages: u32,
    /// The last update for those affected. Erasable.
    pub last_update: Option<String>,
    /// When that was written; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Who was paged last, and when; absent where nobody was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paged: Option<Paged>,
    /// The entries that a person called key events, by their index in the record.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub key_events: BTreeSet<u64>,
    /// How much is attached to it.
    #[serde(default, skip_serializing_if = "Attachments::is_none")]
    pub attachments: Attachments,
    /// Whether it belongs to a drill that is over: nothing joins or reopens it any more.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub retired: bool,
    /// That its texts were erased, the last time; absent if they never were.
    pub erased: Option<Erasure>,
    /// Why nobody is paged for it though nobody has taken it: all of its firing signals are silenced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silenced: Option<CaseSilence>,
    /// The last change that came shortly before it. Erasable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<NearChange>,
    /// Counts the changes to what people edit: the version that concurrent edits compare.
    pub revision: u64,
}

/// A page that went out last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paged {
    /// When it was decided.
    pub at: Timestamp,
    /// Who was paged then, in the order decided.
    pub people: Vec<PersonName>,
}

/// What a case is a symptom of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symptom {
    /// The case that brought it about.
    pub root: CaseId,
    /// When the case stands for itself again, because that one is over; absent while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_at: Option<Timestamp>,
}

/// A case that comes and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flapping {
    /// Since when it is known to.
    pub since: Timestamp,
    /// When it is over unless it fires again; absent while it fires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_at: Option<Timestamp>,
}

/// What holds the pages of a case back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSilence {
    /// The silences that cover its firing signals.
    pub silences: Vec<SilenceId>,
    /// When the first of these ends.
    pub until: Timestamp,
}

/// Who set the severity of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeveritySetBy {
    /// Rules and signals; a worse signal may raise it.
    Signals,
    /// A person; only a person changes it.
    Person,
}

/// A role in handling an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Decides.
    Commander,
    /// Tells those affected.
    Communications,
    /// Works on the systems.
    Operations,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Commander, Self::Communications, Self::Operations];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Commander => "commander",
            Self::Communications => "communications",
            Self::Operations => "operations",
        }
    }
}

/// Where the escalation of a case stands: the next step and when it is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationProgress {
    /// The escalation; absent once only the organisation's fallback is left.
    pub escalation: Option<EscalationName>,
    /// The index of the next step, or the count of fallback pages so far.
    pub step: u32,
    /// The round it belongs to, from 0.
    pub round: u32,
    /// When it is due.
    pub due_at: Timestamp,
    /// The step could not be carried out and waits for a person.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub parked: bool,
}

/// Something that belongs to a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// How it belongs.
    pub relation: Relation,
    /// The other case, or nothing where `url` says it.
    pub case: Option<CaseId>,
    /// An address outside the hub.
    pub url: Option<String>,
}

/// How something belongs to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The other one brought this one about.
    CausedBy,
    /// This one brought the other one about.
    Causes,
    /// Both are the same trouble; the other one is worked on.
    DuplicateOf,
    /// They have to do with each other.
    Related,
}

impl Relation {
    /// All relations.
    pub const ALL: [Self; 4] = [Self::CausedBy, Self::Causes, Self::DuplicateOf, Self::Related];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CausedBy => "caused_by",
            Self::Causes => "causes",
            Self::DuplicateOf => "duplicate_of",
            Self::Related => "related",
        }
    }
}
