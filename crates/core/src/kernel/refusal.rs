//! Refusals: what a person can act on when a command is not carried out. A refusal changes nothing.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::access::TokenId;
use crate::case::{CaseId, MessageId};
use crate::name::RoleName;
use crate::notify::Recipient;
use crate::record::{Actor, Hold, HoldScope};
use crate::run::{RunId, Settling};
use crate::runbook::{HeldBack, RunbookHash, RunbookName, StepId};
use crate::silence::{BadSilence, SilenceId};
use crate::time::Timestamp;

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such case.
    NoSuchCase(CaseId),
    /// Something named is not in the catalog.
    NotInCatalog {
        /// The kind of thing.
        kind: &'static str,
        /// The name.
        name: String,
        /// The nearest name that is there.
        nearest: Option<String>,
    },
    /// There is no such token.
    NoSuchToken(String),
    /// The token is the last one with which others can be made.
    LastMaker(TokenId),
    /// No catalog is in force yet.
    NoCatalog,
    /// The catalog changed since the command was judged: it must be judged again.
    Stale,
    /// Somebody changed the case since the person looked.
    Changed {
        /// The case.
        case: CaseId,
        /// The revision the person saw.
        seen: u64,
        /// The revision now.
        now: u64,
    },
    /// The case is resolved already.
    AlreadyResolved {
        /// The case.
        case: CaseId,
        /// By whom.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// The case is not resolved.
    NotResolved(CaseId),
    /// Another case of the same group is open.
    AnotherIsOpen {
        /// The case that was to be opened again.
        case: CaseId,
        /// The one that is open.
        open: CaseId,
    },
    /// Something of the case is not over, so that nothing of it is erased.
    NotOver {
        /// The case.
        case: CaseId,
        /// What is not over.
        what: &'static str,
    },
    /// A legal hold forbids erasing.
    Held {
        /// The case that was to be erased.
        case: CaseId,
        /// The held case whose bytes lie beside its own in a journal, where that is the reason.
        shared_with: Option<CaseId>,
        /// The hold.
        hold: Box<Hold>,
    },
    /// A run is not over, so that nothing of it is erased.
    RunNotOver(RunId),
    /// A legal hold forbids erasing what was written in a run.
    RunHeld {
        /// The run.
        run: RunId,
        /// The hold.
        hold: Box<Hold>,
    },
    /// There is no such hold.
    NoSuchHold(HoldScope),
    /// Who is said not to have been told was told, or is being told.
    WasTold {
        /// Who.
        recipient: Recipient,
        /// By which message.
        message: MessageId,
        /// When its channel accepted it; absent while it is under way.
        at: Option<Timestamp>,
    },
    /// The case is an action, with which one cannot do that.
    NotForActions {
        /// The case.
        case: CaseId,
        /// What is done to incidents: `acknowledged`, …
        what: &'static str,
    },
    /// There is no such silence.
    NoSuchSilence(String),
    /// The silence is over already.
    SilenceOver(SilenceId),
    /// Somebody changed the silence since the person looked.
    SilenceChanged(SilenceId),
    /// Nothing can be silenced like that.
    BadSilence(BadSilence),
    /// The drill is being played already.
    DrillRuns {
        /// The number of that run.
        run: u64,
    },
    /// There is no such run of a drill, or it is forgotten.
    NoSuchDrillRun(u64),
    /// The run of a drill is over already.
    DrillRunOver(u64),
    /// There is no such run of a runbook.
    NoSuchRun(RunId),
    /// The run of a runbook is over already.
    RunOver(RunId),
    /// The runbook is another one than the person saw.
    RunbookChanged {
        /// Which.
        runbook: RunbookName,
        /// The version in force.
        now: RunbookHash,
    },
    /// The version of a runbook is quarantined, so nobody can run it.
    Quarantined(Box<HeldBack>),
    /// The version of a runbook is not quarantined, so nobody need approve it.
    NotQuarantined {
        /// Which runbook.
        runbook: RunbookName,
        /// Which version.
        version: RunbookHash,
    },
    /// Who asks had a part in the change that is to be approved.
    OwnChange {
        /// Of which runbook.
        runbook: RunbookName,
        /// Whoever else holds one of these can approve it.
        roles: Vec<RoleName>,
    },
    /// The step is settled already.
    StepSettled {
        /// Which.
        step: StepId,
        /// How it went.
        how: Settling,
        /// Who said so.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// A machine is at the step, or is to be.
    StepAtWork {
        /// Which.
        step: StepId,
        /// How that stands, in a word.
        how: &'static str,
    },
    /// The lease of the step is not in force any more: what its holder says comes too late.
    StaleLease {
        /// The run.
        run: RunId,
        /// The step.
        step: StepId,
    },
    /// The step would be carried out with something else than the person saw.
    OtherInput {
        /// Which.
        step: StepId,
    },
    /// Who answers cannot agree to the step.
    MayNotAgree {
        /// Why.
        why: &'static str,
    },
    /// Who asks holds none of the roles that it wants.
    LacksRole {
        /// The roles.
        roles: Vec<RoleName>,
    },
    /// A value breaks a rule.
    Invalid {
        /// Which field.
        field: &'static str,
        /// What was expected.
        expected: String,
    },
    /// The case cannot take any more of something.
    Full {
        /// The case.
        case: CaseId,
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// The run cannot take any more of something.
    RunFull {
        /// The run.
        run: RunId,
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
}

impl Refusal {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchCase(_) => "no_such_case",
            Self::NotInCatalog { .. } => "not_in_catalog",
            Self::NoSuchToken(_) => "no_such_token",
            Self::LastMaker(_) => "last_maker",
            Self::NoCatalog => "no_catalog",
            Self::Stale => "stale",
            Self::Changed { .. } | Self::SilenceChanged(_) => "changed",
            Self::AlreadyResolved { .. } => "already_resolved",
            Self::NotResolved(_) => "not_resolved",
            Self::AnotherIsOpen { .. } => "another_is_open",
            Self::NotOver { .. } | Self::RunNotOver(_) => "not_over",
            Self::Held { .. } | Self::RunHeld { .. } => "held",
            Self::NoSuchHold(_) => "no_such_hold",
            Self::WasTold { .. } => "was_told",
            Self::NotForActions { .. } => "not_for_actions",
            Self::NoSuchSilence(_) => "no_such_silence",
            Self::SilenceOver(_) => "silence_over",
            Self::DrillRuns { .. } => "drill_runs",
            Self::NoSuchDrillRun(_) => "no_such_drill_run",
            Self::DrillRunOver(_) => "drill_run_over",
            Self::NoSuchRun(_) => "no_such_run",
            Self::RunOver(_) => "run_over",
            Self::RunbookChanged { .. } => "changed",
            Self::StepSettled { .. } => "step_settled",
            Self::Quarantined(_) => "version_quarantined",
            Self::NotQuarantined { .. } => "not_quarantined",
            Self::OwnChange { .. } => "own_change",
            Self::StepAtWork { .. } => "step_at_work",
            Self::StaleLease { .. } => "stale_lease",
            Self::OtherInput { .. } => "changed",
            Self::MayNotAgree { .. } => "may_not_agree",
            Self::LacksRole { .. } => "lacks_role",
            Self::Invalid { .. } | Self::BadSilence(_) => "invalid",
            Self::Full { .. } | Self::RunFull { .. } => "full",
        }
    }
}
