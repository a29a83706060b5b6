//! Reasons: the closed set of why the hub decided something.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::RunCause;
use crate::affected::Impact;
use crate::automation::EventKind;
use crate::case::{CaseId, Severity};
use crate::catalog::Target;
use crate::name::{
    AutomationName, DrillName, EscalationName, RepositoryName, RuleName, ScheduleName, ServiceName, SourceName,
    TeamName,
};
use crate::notify::{Recipient, Wanted};
use crate::silence::SilenceId;
use crate::time::{Duration, Timestamp};

/// Why the hub decided something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Why {
    /// A signal of this source opened the case.
    Signal {
        /// The source.
        source: SourceName,
        /// The rule that decided; the defaults where absent.
        rule: Option<RuleName>,
        /// The service it matched, if any.
        service: Option<ServiceName>,
    },
    /// A person reported it.
    Reported,
    /// A signal of the same group fired soon after the case was resolved.
    FiredAgain {
        /// How long after.
        after: Duration,
    },
    /// Signals still fired some time after a person had resolved the case.
    StillFiring {
        /// How many.
        signals: u64,
    },
    /// A worse signal joined.
    WorseSignal {
        /// Its severity.
        severity: Severity,
    },
    /// The last firing signal ended.
    AllClear,
    /// The last signals fell silent, which is not the same as recovered.
    Silent {
        /// For how long.
        timeout: Duration,
    },
    /// A step of an escalation came due.
    Step {
        /// The escalation.
        escalation: EscalationName,
        /// Which step, from 1.
        step: u32,
        /// Of how many.
        of: u32,
        /// Which round, from 1.
        round: u32,
        /// How long the case has gone without acknowledgement.
        unacknowledged_for: Duration,
        /// How much later than planned it was carried out, where that is more than a second.
        late_by: Option<Duration>,
        /// Who the step names.
        target: Option<Target>,
    },
    /// The organisation's fallback came due.
    Fallback {
        /// Why the fallback.
        because: FallbackCause,
        /// Who it names.
        target: Target,
        /// How long the case has gone without acknowledgement.
        unacknowledged_for: Duration,
    },
    /// A step named a schedule that has nobody on call.
    NobodyOnCall {
        /// The schedule.
        schedule: ScheduleName,
    },
    /// A person asked for it.
    Asked {
        /// Whom they named.
        target: Target,
    },
    /// They depend on what is broken, or must know about it.
    Affected {
        /// What it means to them.
        impact: Impact,
        /// The services from the broken one to the one that makes them affected.
        path: alloc::vec::Vec<ServiceName>,
        /// The person or group that stands for the recipient, where it has no contact of its own.
        on_behalf_of: Option<Recipient>,
    },
    /// They were told before, so they hear how it goes on.
    ToldBefore,
    /// The escalation pages only worse cases.
    NotPaged {
        /// From which severity on.
        from: Severity,
    },
    /// Nothing was done for so long that the acknowledgement no longer holds.
    NoSignOfWork {
        /// Who had acknowledged.
        by: String,
        /// For how long.
        timeout: Duration,
    },
    /// Somebody acknowledged, so nobody else need be woken.
    SomebodyAcknowledged,
    /// The harm has stopped, so nobody else need be woken.
    HarmStopped,
    /// Its owner laid it down, so somebody must take it.
    LaidDown,
    /// Another team handles the case now.
    HandedOver,
    /// The case is over.
    CaseResolved,
    /// Every contact of a recipient failed.
    EveryContactFailed {
        /// Whose.
        recipient: Recipient,
    },
    /// The recipient's contact failed several times, or for good.
    ContactFailed {
        /// How many attempts with it.
        attempts: u32,
    },
    /// The channel did not take it; it is tried again.
    TriedAgain {
        /// When.
        at: Timestamp,
    },
    /// The channel took it and did not say what became of it; it is sent again, marked.
    PerhapsTaken {
        /// When.
        at: Timestamp,
    },
    /// The channel fails and is left alone for a while; the message takes another way.
    ChannelFails {
        /// Until when.
        until: Timestamp,
    },
    /// The drill that it belongs to is over.
    DrillOver {
        /// Which.
        drill: DrillName,
    },
    /// Every step of the run is settled.
    EveryStepSettled,
    /// It follows from how a run of a runbook goes.
    InRun {
        /// From what of it.
        because: RunCause,
    },
    /// An automation is about what happened.
    Automation {
        /// Which.
        automation: AutomationName,
        /// What happened.
        event: EventKind,
    },
    /// The hub stumbled over an input and set it aside.
    Fault,
    /// A new version of a repository has errors.
    RepositoryRefused {
        /// Which.
        repository: RepositoryName,
        /// How many.
        errors: u64,
    },
    /// A good version of a repository came.
    RepositoryMended {
        /// Which.
        repository: RepositoryName,
    },
    /// The catalog no longer has the escalation that was in progress.
    EscalationRemoved {
        /// Which.
        escalation: EscalationName,
    },
    /// The catalog no longer has the team that handled it.
    TeamRemoved {
        /// Which.
        team: TeamName,
    },
    /// Every firing signal of the case is silenced.
    Silenced {
        /// The silences.
        silences: alloc::vec::Vec<SilenceId>,
    },
    /// A silence is over, and what it held back still fires.
    SilenceEnded {
        /// The silence.
        silence: SilenceId,
    },
    /// A silence ends soon, and what it holds back still fires.
    SilenceEndsSoon {
        /// The silence.
        silence: SilenceId,
        /// When it ends.
        at: Timestamp,
    },
    /// A signal fires that no silence covers.
    NotSilenced,
    /// The time of a silence is over.
    TimeIsOver,
    /// A silence was changed or ended before its time.
    SilenceSettled {
        /// The silence.
        silence: SilenceId,
    },
    /// Somebody affected was not told of a case.
    Missed {
        /// Which.
        case: CaseId,
        /// Who.
        recipient: Recipient,
    },
    /// Their team keeps the part of the catalog that an action is about.
    OwnsTheAction,
    /// The catalog that came into force says what the action asked for.
    InCatalog,
    /// The catalog names no way to reach somebody.
    NoContact {
        /// Whom.
        recipient: Recipient,
    },
    /// Its service depends on one that is in trouble already, so it is no trouble of its own.
    Symptom {
        /// The case that brought it about.
        root: CaseId,
        /// The services from that case's to this one's, each a dependency of the next.
        path: alloc::vec::Vec<ServiceName>,
    },
    /// Its service depends on one in trouble that is too small to explain it.
    PerhapsSymptom {
        /// The case that may have to do with it.
        other: CaseId,
        /// The services from that case's to this one's, each a dependency of the next.
        path: alloc::vec::Vec<ServiceName>,
    },
    /// Another case turned out to be its symptom.
    Root {
        /// The symptom.
        symptom: CaseId,
    },
    /// It turned out to have brought about what somebody was paged for.
    ExplainsPages {
        /// The cases that the person was paged for, the first few.
        symptoms: alloc::vec::Vec<CaseId>,
        /// How many more there are.
        #[serde(default, skip_serializing_if = "is_none_more")]
        more: u32,
    },
    /// What brought it about is over or harmless: whether this one ends as well is awaited.
    RootIsOver {
        /// The case that brought it about.
        root: CaseId,
        /// How long its end is awaited.
        within: Duration,
    },
    /// What brought it about is worked on again.
    RootIsBack {
        /// The case that brought it about.
        root: CaseId,
    },
    /// What brought it about has been over for a while, and it is not.
    OutlivedRoot {
        /// The case that brought it about.
        root: CaseId,
        /// For how long.
        after: Duration,
    },
    /// It is worse than what was thought to have brought it about, or nobody is woken for that.
    RootTooSmall {
        /// The case that was thought to have brought it about.
        root: CaseId,
    },
    /// The case turned out to be about another service before anybody heard of this.
    AboutSomethingElse,
    /// What was thought to have brought it about does not explain it, nor others of its team: one is paged for at a time.
    InTurn {
        /// The case that was thought to have brought it about.
        root: CaseId,
    },
    /// What it brought about is worse than it was itself.
    WorseSymptom {
        /// The symptom.
        symptom: CaseId,
        /// Its severity.
        severity: Severity,
    },
    /// Its signals ended and fired again several times.
    ComesAndGoes {
        /// How often it fired again.
        times: u32,
        /// Within how long.
        within: Duration,
    },
    /// It had come and gone, and has been quiet for a while.
    Quiet {
        /// For how long.
        for_long: Duration,
    },
    /// More became known before it was sent: another message says all of it.
    Digested,
    /// Its recipient hears of it by the case that brought it about.
    ToldByRoot {
        /// That case.
        root: CaseId,
    },
    /// Something joined a case whose signals have nothing but their name in common.
    JoinedTaken,
    /// Its link to what had brought it about was taken away.
    Unlinked,
    /// A run, or an automation, wants people for something.
    Wanted {
        /// What.
        wanted: Wanted,
    },
    /// They are asked for what a run or an automation wants.
    AskedAs {
        /// As whom.
        standing: AskedAs,
    },
    /// Nobody is wanted for it any more.
    NotWanted,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_none_more(more: &u32) -> bool {
    *more == 0
}

/// As whom somebody is asked for what a run or an automation wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedAs {
    /// They can agree to it.
    Approver,
    /// They hold the role that the step wants.
    RoleHolder,
    /// They started it.
    Starter,
    /// They have the case that it is for.
    CaseOwner,
    /// They have the case, or keep the runbook, as a team, and no single person stands nearer.
    Team,
}

impl AskedAs {
    /// The words for it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Approver => "as somebody who can agree",
            Self::RoleHolder => "as holder of the role that the step wants",
            Self::Starter => "as whoever started it",
            Self::CaseOwner => "as whoever has the case",
            Self::Team => "as the team whose it is",
        }
    }
}

/// Why the organisation's fallback is paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FallbackCause {
    /// Neither the service nor its team has an escalation.
    NoEscalation,
    /// Every step of every round came due without acknowledgement.
    Exhausted,
    /// No page of the escalation reached anybody.
    NobodyReached,
    /// The hub could not carry out a step.
    Parked,
}
