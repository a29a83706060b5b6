//! Commands: what somebody wants to happen.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{
    Approval, AutomationAction, CatalogChange, HeldDrill, Offer, RefusedRevision, RunAction, RunRequest, RunWork,
    SilenceRequest,
};
use crate::access::{Owner, TokenId};
use crate::attachment::Attachment;
use crate::case::{CaseId, Link, MessageId, Role, Severity};
use crate::catalog::{Catalog, Target};
use crate::change::ChangeReport;
use crate::drill::RunOutcome;
use crate::name::{AutomationName, ChannelName, DrillName, PersonName, RepositoryName, ServiceName, TeamName};
use crate::notify::{ContactKind, Recipient};
use crate::record::{Actor, Erasable, ErasableRun, Hash, HoldScope};
use crate::run::RunId;
use crate::signal::{Routing, Signal};
use crate::silence::SilenceId;
use crate::time::Timestamp;

/// What somebody wants to happen, and on what authority.
#[derive(Clone, Debug)]
pub struct Command {
    /// Who.
    pub actor: Actor,
    /// The policies that allow it; empty where the hub acts by itself.
    pub policies: Vec<String>,
    /// The adoption count (`World::adoptions`) of the catalog it was judged under; absent where the
    /// catalog plays no part.
    pub judged_under: Option<u64>,
    /// What.
    pub what: What,
}

/// What somebody wants to happen.
#[derive(Clone, Debug)]
pub enum What {
    /// Takes in a signal.
    Signal {
        /// Where it belongs.
        routing: Routing,
        /// The signal.
        signal: Arc<Signal>,
    },
    /// Reports trouble.
    Report(Box<Report>),
    /// Does something to a case.
    Case {
        /// Which.
        case: CaseId,
        /// The revision the person saw, where the change must not overwrite a newer one.
        revision: Option<u64>,
        /// What.
        action: CaseAction,
    },
    /// Says how an attempt to send a message went.
    Attempted {
        /// Which message.
        message: MessageId,
        /// The kind of contact that was tried, if there was one.
        contact: Option<ContactKind>,
        /// Whether it may have been sent before a crash.
        repeated: bool,
        /// How it went.
        outcome: Outcome,
    },
    /// Says how a test of a contact went.
    Tested {
        /// Whose contact it is, if somebody's.
        recipient: Option<Recipient>,
        /// The way that was tried.
        contact: ContactKind,
        /// The channel of the catalog, if it was one.
        channel: Option<ChannelName>,
        /// How it went.
        outcome: Outcome,
    },
    /// Puts a catalog into force.
    Adopt {
        /// The catalog.
        catalog: Arc<Catalog>,
        /// The version of the time-zone rules in use.
        time_zones: String,
        /// Which repositories changed.
        change: CatalogChange,
    },
    /// Says that a new version of a repository cannot come into force.
    RefuseRevision(Box<RefusedRevision>),
    /// Says that a repository whose new version was refused is again as it is in force.
    RestoreRepository {
        /// Which.
        repository: RepositoryName,
    },
    /// Starts a drill that the hub plays.
    StartDrill {
        /// Which.
        drill: DrillName,
    },
    /// Ends a drill that the hub plays, before its end.
    EndDrill {
        /// The number of the run.
        run: u64,
        /// How: stopped or interrupted.
        how: RunOutcome,
        /// The cases that it caused, as the shell found them.
        cases: BTreeSet<CaseId>,
    },
    /// Says how a drill went that is over.
    HoldDrill(Box<HeldDrill>),
    /// Starts a run of a runbook.
    StartRun(Box<RunRequest>),
    /// Does something in a run of a runbook.
    Run {
        /// Which.
        run: RunId,
        /// What.
        action: RunAction,
    },
    /// Lets a quarantined version of a runbook run.
    ApproveVersion(Box<Approval>),
    /// Takes in what was done for a run of a runbook.
    RunWork(Box<RunWork>),
    /// Gives a runner steps to carry out.
    Lease(Offer),
    /// Does something about an automation.
    Automation {
        /// Which.
        automation: AutomationName,
        /// What.
        action: AutomationAction,
    },
    /// Says that the doors are open, after a start, a change of leader or a jump of the clock.
    DoorsReady,
    /// Makes a token.
    CreateToken {
        /// The SHA-256 of its secret.
        hash: Hash,
        /// Whose it is.
        owner: Owner,
        /// What it is for.
        description: String,
        /// When it ends.
        expires_at: Option<Timestamp>,
    },
    /// Revokes a token.
    RevokeToken {
        /// Which.
        token: TokenId,
    },
    /// Erases the texts of a case.
    Erase {
        /// Which.
        case: CaseId,
        /// Why.
        reason: String,
        /// What there is to be erased, as the shell found it.
        found: Arc<Erasable>,
    },
    /// Erases what was written in a run that was for no case.
    EraseRun {
        /// Which, and what there is to be erased, as the shell found it.
        found: Arc<ErasableRun>,
        /// Why.
        reason: String,
    },
    /// Sets a legal hold.
    SetHold {
        /// On what.
        hold: HoldScope,
        /// Why.
        reason: String,
    },
    /// Lifts a legal hold.
    LiftHold {
        /// On what.
        hold: HoldScope,
        /// Why.
        reason: String,
    },
    /// Makes a silence, or changes one.
    SetSilence(Box<SilenceRequest>),
    /// Ends a silence.
    EndSilence {
        /// Which.
        silence: SilenceId,
        /// When it had last changed as whoever ends it saw it, where a newer change must not be ended unseen.
        seen: Option<Timestamp>,
    },
    /// Tells of a change.
    Change(Arc<ChangeReport>),
    /// Sets an input aside over which the hub stumbled, and says so loudly.
    Quarantine {
        /// The digest of the input.
        digest: Hash,
        /// What happened, for a person.
        description: String,
        /// The case whose escalation step it was, if it was one: it is parked.
        parked: Option<CaseId>,
    },
}

/// A person's report of trouble.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it is about, in one line.
    pub title: String,
    /// More, if there is more to say.
    pub text: Option<String>,
    /// The service, if known.
    pub service: Option<ServiceName>,
    /// How bad it is, if the person says so.
    pub severity: Option<Severity>,
    /// Whether it is made for exercise.
    pub drill: bool,
}

/// What a person does to a case.
#[derive(Clone, Debug)]
pub enum CaseAction {
    /// Takes it.
    Acknowledge,
    /// Writes a note.
    Note(String),
    /// Attaches a file.
    Attach(Arc<Attachment>),
    /// Says how bad it is.
    SetSeverity(Severity),
    /// Gives it an owner, or none.
    Assign(Option<PersonName>),
    /// Gives it to another team, and to a service where that has become known.
    AssignTeam(TeamName, Option<ServiceName>),
    /// Gives a role to somebody, or lays it down.
    SetRole(Role, Option<PersonName>),
    /// Asks somebody to help.
    Page(Target),
    /// Writes an update for those affected.
    Update(String),
    /// Says that the harm has stopped, now or at an earlier instant.
    Mitigate(Option<Timestamp>),
    /// Says that it is over, now or since an earlier instant, and how.
    Resolve {
        /// Since when; now where absent.
        at: Option<Timestamp>,
        /// How it was solved.
        text: Option<String>,
    },
    /// Says that it was not over, and why.
    Reopen(Option<String>),
    /// Links something.
    Link(Link),
    /// Takes a link away; a symptom that loses the link to its cause stands for itself.
    Unlink(Link),
    /// Calls an entry of the timeline a key event, or takes that back.
    KeyEvent {
        /// The index of the entry in the record.
        entry: u64,
        /// The case that the entry is about, as the shell found it.
        about: Option<CaseId>,
        /// Whether it is to be one.
        key: bool,
    },
    /// Says that somebody affected was not told.
    Missed(Box<Missed>),
}

/// A person's word that somebody affected was not told.
#[derive(Clone, Debug)]
pub struct Missed {
    /// Who: a team or an audience.
    pub recipient: Recipient,
    /// The service through which they were affected, if known.
    pub service: Option<ServiceName>,
    /// What there is to say about it.
    pub text: Option<String>,
}

/// How an attempt to send a message went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The channel accepted it.
    Accepted {
        /// What it said.
        answer: String,
    },
    /// It did not.
    Failed {
        /// What it said, or what went wrong.
        answer: String,
        /// Whether trying again is pointless.
        permanent: bool,
    },
    /// Nobody knows: the channel took it and did not say what became of it.
    Unknown {
        /// What went wrong.
        answer: String,
    },
    /// It was not tried: the channel fails, and is left alone for a while.
    Held {
        /// Why, for a person.
        answer: String,
        /// Until when.
        until: Timestamp,
    },
}

impl Outcome {
    /// What was said, whatever became of it.
    pub fn answer(&self) -> &str {
        match self {
            Self::Accepted { answer }
            | Self::Failed { answer, .. }
            | Self::Unknown { answer }
            | Self::Held { answer, .. } => answer,
        }
    }
}
