//! Facts: the closed set of what can happen. State is folded from them and from nothing else.

use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::Hash;
use crate::access::{Owner, TokenId};
use crate::case::{CaseId, EscalationProgress, Link, MessageId, Role, Severity};
use crate::name::{PersonName, RuleName, ServiceName, TeamName};
use crate::notify::{ContactKind, NotTold, Purpose, Recipient, Stage};
use crate::signal::{Group, SignalNumber};
use crate::time::Timestamp;

/// Something that happened. Facts carry ids, transitions and resolved people, never free text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Fact {
    /// The doors are open: silence counts from here on.
    DoorsReady,
    /// A catalog was adopted.
    CatalogAdopted {
        /// Its version.
        version: String,
        /// The version of the time-zone rules in use.
        time_zones: String,
    },
    /// One signal was taken in; a commit's are merged into one `signals` fact.
    #[serde(skip)]
    Signal(SignalChange),
    /// All signals of a commit.
    Signals {
        /// How many.
        count: u64,
        /// The Merkle root of their salted digests; absent where none came from outside.
        root: Option<Hash>,
        /// How many were dropped by a rule.
        dropped: u64,
        /// How many told the end of something that was not firing.
        ignored: u64,
        /// Per case touched.
        cases: BTreeMap<CaseId, Tally>,
    },
    /// A case was opened; its body has the `title`.
    CaseOpened {
        /// How bad it is.
        severity: Severity,
        /// The service, if known.
        service: Option<ServiceName>,
        /// Who handles it.
        team: TeamName,
        /// Which signals belong to it.
        group: Group,
        /// The rule that said so.
        rule: Option<RuleName>,
        /// When the trouble began.
        detected_at: Timestamp,
        /// Whether it resolves by itself.
        auto_resolve: bool,
        /// Whether a person opened it.
        reported: bool,
    },
    /// A resolved case was opened again.
    CaseReopened,
    /// The severity changed.
    SeverityChanged {
        /// What it was.
        from: Severity,
        /// What it is.
        to: Severity,
    },
    /// A person took the case.
    Acknowledged {
        /// When this lapses unless there is a sign of work.
        lapses_at: Timestamp,
    },
    /// The acknowledgement lapsed.
    AcknowledgementLapsed,
    /// There was a sign of work: the acknowledgement holds until then.
    AcknowledgementExtended {
        /// When it lapses now.
        lapses_at: Timestamp,
    },
    /// The escalation's next step was set, or there is none any more.
    EscalationSet {
        /// The next step.
        next: Option<EscalationProgress>,
    },
    /// A step came due and was carried out; its pages follow as `message_queued`.
    EscalationStepped {
        /// The step that was carried out.
        step: EscalationProgress,
        /// The people it reached.
        people: alloc::vec::Vec<PersonName>,
    },
    /// A timer of the case could not be handled: its timers are parked until a person acts.
    EscalationParked,
    /// A message was decided.
    MessageQueued {
        /// Its name.
        message: MessageId,
        /// Who it is for.
        recipient: Recipient,
        /// What it is for.
        #[serde(flatten)]
        purpose: Purpose,
    },
    /// A channel accepted a message; the body may have its `answer`.
    MessageAccepted {
        /// Which.
        message: MessageId,
        /// Who it is for.
        recipient: Recipient,
        /// The kind of contact.
        contact: ContactKind,
        /// Whether an acknowledgement arrived while it was under way.
        crossed_acknowledgement: bool,
        /// Whether it may have been sent before a crash.
        repeated: bool,
    },
    /// An attempt failed; the body has the `answer`.
    MessageFailed {
        /// Which.
        message: MessageId,
        /// Who it is for.
        recipient: Recipient,
        /// The kind of contact.
        contact: Option<ContactKind>,
        /// The next attempt: when, and with which contact; none where it is given up.
        retry: Option<Retry>,
    },
    /// A message was no longer wanted.
    MessageWithdrawn {
        /// Which.
        message: MessageId,
        /// Who it was for.
        recipient: Recipient,
    },
    /// Somebody affected was not told.
    NotTold {
        /// Who.
        recipient: Recipient,
        /// At which stage.
        stage: Stage,
        /// Why.
        reason: NotTold,
        /// What it would mean to them.
        impact: crate::affected::Impact,
        /// The services from the broken one on.
        path: alloc::vec::Vec<ServiceName>,
    },
    /// The case got an owner, or none.
    OwnerSet {
        /// Who.
        owner: Option<PersonName>,
    },
    /// Another team handles the case.
    TeamSet {
        /// Which.
        team: TeamName,
        /// The service, where it became known.
        service: Option<ServiceName>,
    },
    /// Somebody took a role, or it was laid down.
    RoleSet {
        /// Which.
        role: Role,
        /// Who.
        person: Option<PersonName>,
    },
    /// Somebody wrote a note; the body has its `text`.
    Noted,
    /// Somebody wrote an update for those affected; the body has its `text`.
    Updated,
    /// The harm stopped.
    Mitigated {
        /// When, by their word.
        at: Timestamp,
    },
    /// The case is over; the body may have a `text`.
    Resolved {
        /// When.
        at: Timestamp,
        /// When it is looked at again, because signals still fire.
        recheck_at: Option<Timestamp>,
    },
    /// It was looked at again, and nothing fired any more.
    Rechecked,
    /// Something was linked.
    Linked {
        /// What.
        link: Link,
    },
    /// A token was made; the body has its `description`.
    TokenCreated {
        /// Its name.
        token: TokenId,
        /// The SHA-256 of its secret.
        hash: Hash,
        /// Whose it is.
        owner: Owner,
        /// When it ends.
        expires_at: Option<Timestamp>,
    },
    /// A token was revoked.
    TokenRevoked {
        /// Which.
        token: TokenId,
    },
    /// An input made the hub stumble and was set aside; the body says what.
    Quarantined {
        /// The digest of the input.
        digest: Hash,
    },
}

impl Fact {
    /// The word for the kind of fact, as in its canonical form.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::DoorsReady => "doors_ready",
            Self::CatalogAdopted { .. } => "catalog_adopted",
            Self::Signal(_) => "signal",
            Self::Signals { .. } => "signals",
            Self::CaseOpened { .. } => "case_opened",
            Self::CaseReopened => "case_reopened",
            Self::SeverityChanged { .. } => "severity_changed",
            Self::Acknowledged { .. } => "acknowledged",
            Self::AcknowledgementLapsed => "acknowledgement_lapsed",
            Self::AcknowledgementExtended { .. } => "acknowledgement_extended",
            Self::EscalationSet { .. } => "escalation_set",
            Self::EscalationStepped { .. } => "escalation_stepped",
            Self::EscalationParked => "escalation_parked",
            Self::MessageQueued { .. } => "message_queued",
            Self::MessageAccepted { .. } => "message_accepted",
            Self::MessageFailed { .. } => "message_failed",
            Self::MessageWithdrawn { .. } => "message_withdrawn",
            Self::NotTold { .. } => "not_told",
            Self::OwnerSet { .. } => "owner_set",
            Self::TeamSet { .. } => "team_set",
            Self::RoleSet { .. } => "role_set",
            Self::Noted => "noted",
            Self::Updated => "updated",
            Self::Mitigated { .. } => "mitigated",
            Self::Resolved { .. } => "resolved",
            Self::Rechecked => "rechecked",
            Self::Linked { .. } => "linked",
            Self::TokenCreated { .. } => "token_created",
            Self::TokenRevoked { .. } => "token_revoked",
            Self::Quarantined { .. } => "quarantined",
        }
    }
}

/// What one signal changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignalChange {
    /// First seen: it joined a case.
    Joined {
        /// Its number.
        number: SignalNumber,
        /// The hash of its identity.
        identity_hash: u64,
        /// The case.
        case: CaseId,
        /// When it expires unless told again.
        until: Option<Timestamp>,
    },
    /// Told again.
    Repeated {
        /// Its number.
        number: SignalNumber,
        /// The case.
        case: CaseId,
        /// When it expires unless told again.
        until: Option<Timestamp>,
    },
    /// It ended, by its sender's word.
    Resolved {
        /// Its number.
        number: SignalNumber,
        /// The case.
        case: CaseId,
        /// When.
        ended_at: Timestamp,
    },
    /// Its sender fell silent.
    Expired {
        /// Its number.
        number: SignalNumber,
        /// The case.
        case: CaseId,
    },
    /// A rule dropped it.
    Dropped,
    /// It told the end of something that was not firing.
    Ignored,
}

impl SignalChange {
    /// What it did to its case, as a count.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        match self {
            Self::Joined { .. } => tally.joined = 1,
            Self::Repeated { .. } => tally.repeated = 1,
            Self::Resolved { .. } => tally.resolved = 1,
            Self::Expired { .. } => tally.expired = 1,
            Self::Dropped | Self::Ignored => {}
        }
        tally
    }

    /// The case it touched, if any.
    pub fn case(&self) -> Option<CaseId> {
        match self {
            Self::Joined { case, .. }
            | Self::Repeated { case, .. }
            | Self::Resolved { case, .. }
            | Self::Expired { case, .. } => Some(*case),
            Self::Dropped | Self::Ignored => None,
        }
    }
}

/// What the signals of one commit did to one case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// First seen.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub joined: u64,
    /// Told again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeated: u64,
    /// Ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resolved: u64,
    /// Fell silent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub expired: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The next attempt to send a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// When.
    pub at: Timestamp,
    /// With which of the recipient's contacts, from 0.
    pub contact: u16,
}
