//! Refusals: what a person can act on when a command is not carried out. A refusal changes nothing.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

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
            Self::NotOver { .. } => "not_over",
            Self::Held { .. } => "held",
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
            Self::Full { .. } => "full",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchCase(case) => {
                write!(f, "there is no case {case}; `wheelhouse case list` shows those there are")
            }
            Self::NotInCatalog { kind, name, nearest } => {
                write!(f, "the catalog has no {kind} `{}`", name.escape_debug())?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            Self::NoSuchToken(token) => {
                write!(f, "there is no token {token}; `wheelhouse token list` shows those there are")
            }
            Self::LastMaker(token) => last_maker(f, token),
            Self::NoCatalog => f.write_str("no catalog is in force yet; start the hub with `--ops DIR`"),
            Self::Stale => f.write_str("the catalog changed while the command was on its way; send it again"),
            Self::Changed { case, seen, now } => {
                write!(
                    f,
                    "{case} has changed since you looked (you saw revision {seen}, it is {now} now); look again, then decide"
                )
            }
            Self::AlreadyResolved { case, by, at } => {
                write!(f, "{case} is resolved already, by {by} at {at}; reopen it if it is not over")
            }
            Self::NotResolved(case) => {
                write!(f, "{case} is not resolved, so it need not be opened again")
            }
            Self::AnotherIsOpen { case, open } => {
                write!(
                    f,
                    "{case} cannot be opened again while {open} is open for the same thing; work there, or link the two"
                )
            }
            Self::NotOver { case, what } => {
                write!(f, "nothing of {case} is erased yet: {what}; erase it when all of it is over")
            }
            Self::Held { case, shared_with, hold } => held(f, *case, *shared_with, hold),
            Self::NoSuchHold(scope) => {
                write!(f, "there is no legal hold on {scope}; `wheelhouse record hold list` shows those there are")
            }
            Self::WasTold { recipient, message, at } => was_told(f, recipient, *message, *at),
            Self::NotForActions { case, what } => {
                write!(
                    f,
                    "{case} is an action, which is not {what}; note on it, assign it, or resolve it when it is done"
                )
            }
            Self::NoSuchSilence(silence) => {
                write!(f, "there is no silence {silence}; `wheelhouse silence list --all` shows those there are")
            }
            Self::SilenceOver(silence) => write!(f, "{silence} is over already"),
            Self::SilenceChanged(silence) => {
                write!(f, "{silence} has changed since you looked; look again, then decide")
            }
            Self::BadSilence(bad) => write!(f, "{bad}"),
            Self::DrillRuns { .. }
            | Self::NoSuchDrillRun(_)
            | Self::DrillRunOver(_)
            | Self::NoSuchRun(_)
            | Self::RunOver(_)
            | Self::RunbookChanged { .. }
            | Self::NotQuarantined { .. }
            | Self::OwnChange { .. }
            | Self::StepSettled { .. }
            | Self::StepAtWork { .. }
            | Self::StaleLease { .. }
            | Self::OtherInput { .. }
            | Self::MayNotAgree { .. } => self.of_runs(f),
            Self::Quarantined(held) => write!(f, "{held}"),
            Self::LacksRole { roles } => lacks_role(f, roles),
            Self::Invalid { field, expected } => write!(f, "`{field}`: expected {expected}"),
            Self::Full { case, what, most } => {
                write!(f, "{case} has {most} {what}, and cannot take more")
            }
        }
    }
}

impl Refusal {
    /// Refusals about runs, of drills and of runbooks.
    fn of_runs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DrillRuns { run } => {
                write!(f, "the drill is being played already, as run {run}; wait for its end, or stop it")
            }
            Self::NoSuchDrillRun(run) => write!(f, "there is no run {run} of a drill, or it was long ago"),
            Self::DrillRunOver(run) => write!(f, "run {run} of the drill is over already"),
            Self::NoSuchRun(run) => write!(f, "there is no run {run}; `wheelhouse run list` shows those there are"),
            Self::RunOver(run) => write!(f, "{run} is over already; start another one if it is not done"),
            Self::RunbookChanged { runbook, now } => {
                write!(f, "{runbook} has changed since you looked (version {now} is in force now); look again")
            }
            Self::NotQuarantined { runbook, version } => {
                write!(f, "version {} of {runbook} is not quarantined; it can be run as it is", version.short())
            }
            Self::OwnChange { runbook, roles } => {
                write!(
                    f,
                    "you had a part in this version of {runbook}, and nobody approves their own; ask somebody else who holds "
                )?;
                either(f, roles)
            }
            Self::StepSettled { step, how, by, at } => {
                let how = how.as_str();
                write!(f, "step `{step}` is settled: {how}, by {by} at {at}; open it again first if that is wrong")
            }
            Self::StepAtWork { step, how } => {
                write!(f, "a machine is at step `{step}`, or is to be ({how}); wait for it, or cancel it first")
            }
            Self::StaleLease { run, step } => {
                write!(
                    f,
                    "step `{step}` of {run} is not in these hands any more; what became of it there does not count"
                )
            }
            Self::OtherInput { step } => {
                write!(
                    f,
                    "step `{step}` would be carried out with something else than you saw; look again, then decide"
                )
            }
            Self::MayNotAgree { why } => write!(f, "you cannot agree to this step: {why}; ask somebody else"),
            _ => Ok(()),
        }
    }
}

impl core::error::Error for Refusal {}

/// Says which role would have to be held.
fn lacks_role(f: &mut fmt::Formatter<'_>, roles: &[RoleName]) -> fmt::Result {
    f.write_str("it is for whoever holds ")?;
    either(f, roles)?;
    f.write_str(": ask one of them, or page the team")
}

fn either(f: &mut fmt::Formatter<'_>, roles: &[RoleName]) -> fmt::Result {
    for (index, role) in roles.iter().enumerate() {
        write!(f, "{}`{role}`", if index > 0 { " or " } else { "" })?;
    }
    Ok(())
}

/// Says what keeps a token from being revoked.
fn last_maker(f: &mut fmt::Formatter<'_>, token: &impl fmt::Display) -> fmt::Result {
    write!(
        f,
        "{token} is the last token with which others can be made; make one for an administrator first \
         (`wheelhouse token create --person NAME`), then revoke it"
    )
}

/// Says when somebody was told, or that they are about to be.
fn was_told(
    f: &mut fmt::Formatter<'_>,
    recipient: &impl fmt::Display,
    message: MessageId,
    at: Option<Timestamp>,
) -> fmt::Result {
    match at {
        Some(at) => write!(
            f,
            "{recipient} was told: a channel accepted {message} at {at}; `wheelhouse case told {}` shows it",
            message.case
        ),
        None => write!(f, "{recipient} is being told: {message} is under way; wait for what becomes of it"),
    }
}

/// Says which hold forbids erasing a case, and through which other case where that is how.
fn held(f: &mut fmt::Formatter<'_>, case: CaseId, shared_with: Option<CaseId>, hold: &Hold) -> fmt::Result {
    let Hold { scope, reason, by, at } = hold;
    write!(f, "nothing of {case} may be erased: ")?;
    if let Some(other) = shared_with {
        write!(f, "the journal has its bytes beside those of {other}, and ")?;
    }
    write!(f, "{scope} is on legal hold by {by} since {at} ({reason}); the hold must be lifted first")
}
