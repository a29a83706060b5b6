//! Reasons: the closed set of why the hub decided something, in words for 3 a.m.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::affected::Impact;
use crate::case::Severity;
use crate::catalog::Target;
use crate::name::{EscalationName, RuleName, ScheduleName, ServiceName, SourceName};
use crate::notify::Recipient;
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
    /// The hub stumbled over an input and set it aside.
    Fault,
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

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal { source, rule: Some(rule), .. } => {
                write!(f, "source {source} told of it, and rule {rule} says so")
            }
            Self::Signal { source, service: Some(service), .. } => {
                write!(f, "source {source} told of it, and it is about {service}")
            }
            Self::Signal { source, .. } => {
                write!(f, "source {source} told of it, and it matches no service")
            }
            Self::Reported => f.write_str("a person reported it"),
            Self::FiredAgain { after } => write!(f, "it fired again {after} after it was resolved"),
            Self::StillFiring { signals } => write!(f, "{signals} of its signals still fire"),
            Self::WorseSignal { severity } => write!(f, "a {severity} signal joined"),
            Self::AllClear => f.write_str("the last firing signal ended"),
            Self::Silent { timeout } => write!(f, "its sender fell silent for {timeout}; nobody saw it recover"),
            Self::Step { .. } => self.step(f),
            Self::Fallback { because, target, unacknowledged_for } => {
                let because = match because {
                    FallbackCause::NoEscalation => "no escalation covers it",
                    FallbackCause::Exhausted => "every step of its escalation is used up",
                    FallbackCause::NobodyReached => "nobody else could be reached",
                    FallbackCause::Parked => "a step could not be carried out",
                };
                write!(
                    f,
                    "the organisation's fallback {}: {because}, {unacknowledged_for} without acknowledgement",
                    Named(target)
                )
            }
            Self::NobodyOnCall { schedule } => {
                write!(f, "schedule {schedule} has nobody on call now")
            }
            Self::Asked { target } => write!(f, "asked for {}", Named(target)),
            Self::Affected { impact, path, on_behalf_of } => {
                write!(f, "{}", crate::affected::Explained { impact: *impact, path })?;
                on_behalf_of.as_ref().map_or(Ok(()), |group| write!(f, ", for {group}"))
            }
            Self::ToldBefore => f.write_str("was told before"),
            Self::NotPaged { from } => write!(f, "only cases from {from} on are paged"),
            Self::NoSignOfWork { by, timeout } => {
                write!(f, "{by} acknowledged, then no sign of work for {timeout}")
            }
            Self::SomebodyAcknowledged => f.write_str("somebody acknowledged"),
            Self::HarmStopped => f.write_str("the harm has stopped"),
            Self::LaidDown => f.write_str("its owner laid it down"),
            Self::HandedOver => f.write_str("another team handles it now"),
            Self::CaseResolved => f.write_str("the case is resolved"),
            Self::EveryContactFailed { recipient } => {
                write!(f, "every contact of {recipient} failed")
            }
            Self::ContactFailed { attempts } => {
                write!(f, "that contact failed after {attempts} attempts")
            }
            Self::TriedAgain { at } => {
                write!(f, "the channel did not take it; tried again at {at}")
            }
            Self::Fault => f.write_str("the hub stumbled over an input and set it aside"),
        }
    }
}

impl Why {
    fn step(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Step { escalation, step, of, round, unacknowledged_for, late_by, target } = self else {
            return Ok(());
        };
        write!(f, "step {step} of {of} of {escalation}")?;
        if *round > 1 {
            write!(f, ", round {round}")?;
        }
        if let Some(target) = target {
            write!(f, " ({})", Named(target))?;
        }
        if *unacknowledged_for > Duration::ZERO {
            write!(f, ", {unacknowledged_for} without acknowledgement")?;
        }
        late_by.map_or(Ok(()), |late| write!(f, ", {late} later than planned"))
    }
}

/// A target in words.
pub struct Named<'a>(pub &'a Target);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Target::Schedule(name) => write!(f, "schedule {name}"),
            Target::Person(name) => write!(f, "{name}"),
            Target::Team(name) => write!(f, "everybody of team {name}"),
        }
    }
}
