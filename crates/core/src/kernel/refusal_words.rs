//! Refusals in words, for whoever asked.

use core::fmt;

use super::Refusal;
use crate::case::{CaseId, MessageId};
use crate::name::RoleName;
use crate::record::Hold;
use crate::time::Timestamp;

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
            Self::NotResolved(case) => write!(f, "{case} is not resolved, so it need not be opened again"),
            Self::AnotherIsOpen { case, open } => {
                write!(
                    f,
                    "{case} cannot be opened again while {open} is open for the same thing; work there, or link the two"
                )
            }
            Self::NotOver { .. }
            | Self::Held { .. }
            | Self::RunNotOver(_)
            | Self::RunHeld { .. }
            | Self::NoSuchHold(_) => self.of_erasing(f),
            Self::WasTold { recipient, message, at } => was_told(f, recipient, *message, *at),
            Self::NotForActions { case, what } => {
                write!(
                    f,
                    "{case} is an action, which is not {what}; note on it, assign it, or resolve it when it is done"
                )
            }
            Self::NoSuchSilence(_) | Self::SilenceOver(_) | Self::SilenceChanged(_) | Self::BadSilence(_) => {
                self.of_silences(f)
            }
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
            | Self::MayNotAgree { .. }
            | Self::Quarantined(_) => self.of_runs(f),
            Self::LacksRole { roles } => lacks_role(f, roles),
            Self::Invalid { field, expected } => write!(f, "`{field}`: expected {expected}"),
            Self::Full { case, what, most } => {
                write!(f, "{case} has {most} {what}, and cannot take more")
            }
            Self::RunFull { run, what, most } => write!(f, "{run} has {most} {what}, and cannot take more"),
        }
    }
}

impl Refusal {
    /// Refusals to erase.
    fn of_erasing(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOver { case, what } => {
                write!(f, "nothing of {case} is erased yet: {what}; erase it when all of it is over")
            }
            Self::Held { case, shared_with, hold } => held(f, *case, *shared_with, hold),
            Self::RunNotOver(run) => {
                write!(f, "nothing of {run} is erased yet: it is under way; erase it when it is over")
            }
            Self::RunHeld { run, hold } => {
                write!(f, "nothing of {run} may be erased: ")?;
                on_hold(f, hold)
            }
            Self::NoSuchHold(scope) => {
                write!(f, "there is no legal hold on {scope}; `wheelhouse record hold list` shows those there are")
            }
            _ => Ok(()),
        }
    }

    /// Refusals about silences.
    fn of_silences(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchSilence(silence) => {
                write!(f, "there is no silence {silence}; `wheelhouse silence list --all` shows those there are")
            }
            Self::SilenceOver(silence) => write!(f, "{silence} is over already"),
            Self::SilenceChanged(silence) => {
                write!(f, "{silence} has changed since you looked; look again, then decide")
            }
            Self::BadSilence(bad) => write!(f, "{bad}"),
            _ => Ok(()),
        }
    }

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
            Self::Quarantined(held) => write!(f, "{held}"),
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
    write!(f, "nothing of {case} may be erased: ")?;
    if let Some(other) = shared_with {
        write!(f, "the journal has its bytes beside those of {other}, and ")?;
    }
    on_hold(f, hold)
}

fn on_hold(f: &mut fmt::Formatter<'_>, Hold { scope, reason, by, at }: &Hold) -> fmt::Result {
    write!(f, "{scope} is on legal hold by {by} since {at} ({reason}); the hold must be lifted first")
}
