//! Reasons of what the hub does in runs of runbooks.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::About;
use crate::name::{PersonName, RunnerName};
use crate::run::{AttemptEnd, RunId};
use crate::runbook::StepId;

/// Why the hub did something in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub enum RunCause {
    /// All steps before it are settled.
    ItsTurn,
    /// It takes back what another step did.
    TakesBack {
        /// Which other step.
        done: StepId,
    },
    /// Its condition does not hold.
    DoesNotApply,
    /// Its list is empty.
    NothingInList,
    /// It did what it should.
    Carried {
        /// After how many attempts.
        attempts: u32,
    },
    /// The next entry of its list.
    NextOfList {
        /// Which, from 1.
        item: u32,
        /// Of how many.
        of: u32,
    },
    /// The attempt before did not do what it should.
    TriedAgain {
        /// Which attempt comes, from 1.
        attempt: u32,
        /// Of how many.
        of: u32,
    },
    /// No attempt did what it should.
    EveryAttemptFailed {
        /// How many there were.
        attempts: u32,
        /// How the last one ended.
        end: AttemptEnd,
    },
    /// Nobody knows what became of it, and doing it twice could do harm.
    MustBeSaid,
    /// A step failed.
    StepFailed {
        /// Which.
        step: StepId,
    },
    /// A step is open again that was settled.
    OpenAgain {
        /// Which.
        step: StepId,
    },
    /// Those agreed who had to.
    Agreed {
        /// Who.
        by: Vec<PersonName>,
    },
    /// Not enough people agreed in time.
    NobodyAgreed,
    /// Nobody holds its lock any more.
    LockFree {
        /// The lock.
        lock: String,
    },
    /// The runner that had it was not heard of any more.
    RunnerSilent {
        /// Which.
        runner: RunnerName,
    },
    /// The hub could not find out what it is to be carried out with.
    NotPrepared,
    /// The time that it waited for has come.
    TimeCame,
    /// The event happened that it waited for.
    Happened {
        /// What.
        about: About,
    },
    /// What it waited for did not happen in time.
    DidNotHappen,
    /// The run is only tried out.
    DryRun,
    /// The run is only tried out, and what the step would be carried out with depends on what earlier steps would
    /// have handed on.
    CannotBeTold,
    /// The other run that it is has ended.
    InnerEnded {
        /// Which.
        inner: RunId,
    },
    /// It is a step of another run.
    StepOf {
        /// Of which.
        outer: RunId,
    },
    /// The run that it is a step of ends.
    OuterEnds {
        /// Which.
        outer: RunId,
    },
    /// A person set the severity of the case, which a run that no person began leaves as it is.
    SetByPerson,
    /// No machine is at any step any more.
    NothingInHands,
    /// What was done is taken back.
    AllTakenBack,
}

impl fmt::Display for RunCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ItsTurn => f.write_str("all steps before it are settled"),
            Self::TakesBack { done } => write!(f, "it takes back what step {done} did"),
            Self::DoesNotApply => f.write_str("its condition does not hold"),
            Self::NothingInList => f.write_str("its list is empty"),
            Self::Carried { attempts: 1 } => f.write_str("it did what it should"),
            Self::Carried { attempts } => write!(f, "it did what it should, at attempt {attempts}"),
            Self::NextOfList { item, of } => write!(f, "entry {item} of {of} comes next"),
            Self::TriedAgain { attempt, of } => write!(f, "the runbook allows attempt {attempt} of {of}"),
            Self::EveryAttemptFailed { attempts: 1, end } => write!(f, "its attempt {}", end.words()),
            Self::EveryAttemptFailed { attempts, end } => write!(f, "the last of {attempts} attempts {}", end.words()),
            Self::MustBeSaid => {
                f.write_str("nobody knows what became of it, and doing it twice could do harm: a person must say")
            }
            Self::StepFailed { step } => write!(f, "step {step} failed"),
            Self::OpenAgain { step } => write!(f, "step {step} is open again"),
            Self::Agreed { by } => {
                for (index, person) in by.iter().enumerate() {
                    write!(f, "{}{person}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(" agreed")
            }
            Self::NobodyAgreed => f.write_str("not enough people agreed in time"),
            Self::LockFree { lock } => write!(f, "no run holds {lock} any more"),
            Self::RunnerSilent { runner } => write!(f, "runner {runner} was not heard of any more"),
            Self::NotPrepared => f.write_str("it could not be found out what it is to be carried out with"),
            Self::TimeCame => f.write_str("the time that it waited for has come"),
            Self::Happened { about } => {
                write!(f, "{}, which it waited for ({})", about.event.words(), about.target)
            }
            Self::DidNotHappen => f.write_str("what it waited for did not happen in time"),
            Self::DryRun => f.write_str("the run is a dry run"),
            Self::CannotBeTold => {
                f.write_str("the run is a dry run, and this depends on what earlier steps would hand on")
            }
            Self::InnerEnded { inner } => write!(f, "{inner} ended, which it was"),
            Self::StepOf { outer } => write!(f, "it is a step of {outer}"),
            Self::OuterEnds { outer } => write!(f, "{outer} ends, of which it is a step"),
            Self::SetByPerson => {
                f.write_str("a person set the severity of the case, and a run that no person began leaves it so")
            }
            Self::NothingInHands => f.write_str("no machine is at any step any more"),
            Self::AllTakenBack => f.write_str("everything that was done is taken back"),
        }
    }
}

impl AttemptEnd {
    /// What it did, in words.
    const fn words(self) -> &'static str {
        match self {
            Self::Succeeded => "did what it should",
            Self::Unexpected => "came to something else than the runbook expects",
            Self::Failed => "failed",
            Self::TimedOut => "took too long",
            Self::Cancelled => "was ended",
            Self::NotStarted => "could not be begun",
            Self::Unknown => "came to nobody knows what",
        }
    }
}
