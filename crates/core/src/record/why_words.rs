//! Reasons in words for 3 a.m.

use core::fmt;

use super::{FallbackCause, Why};
use crate::affected::Impact;
use crate::catalog::Target;
use crate::name::ServiceName;
use crate::time::Duration;

impl fmt::Display for Why {
    #[expect(clippy::too_many_lines, reason = "a clause for each reason there is")]
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
                write!(f, "the organisation's fallback {}: {because}", Named(target))?;
                if *unacknowledged_for > Duration::ZERO {
                    write!(f, ", {unacknowledged_for} without acknowledgement")?;
                }
                Ok(())
            }
            Self::NobodyOnCall { schedule } => {
                write!(f, "schedule {schedule} has nobody on call now")
            }
            Self::Asked { target } => write!(f, "asked for {}", Named(target)),
            Self::Affected { impact, path, on_behalf_of } => {
                write!(f, "{}", crate::affected::Explained { impact: *impact, path })?;
                on_behalf_of.as_ref().map_or(Ok(()), |group| write!(f, ", for {group}"))
            }
            Self::Wanted { wanted } => write!(f, "{wanted}"),
            Self::AskedAs { standing } => f.write_str(standing.words()),
            Self::NotWanted => f.write_str("nobody is wanted for it any more"),
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
            Self::PerhapsTaken { at } => {
                write!(f, "the channel did not say what became of it; sent again at {at}, marked as a repeat")
            }
            Self::ChannelFails { until } => {
                write!(f, "that channel fails and is left alone until {until}; a page does not wait for it")
            }
            Self::DrillOver { drill } => write!(f, "drill {drill} is over"),
            Self::EveryStepSettled => f.write_str("every step is settled"),
            Self::InRun { because } => write!(f, "{because}"),
            Self::Automation { automation, event } => write!(f, "automation {automation}: {}", event.words()),
            Self::Fault => f.write_str("the hub stumbled over an input and set it aside"),
            Self::RepositoryRefused { repository, errors: 1 } => {
                write!(f, "the new version of repository {repository} has an error")
            }
            Self::RepositoryRefused { repository, errors } => {
                write!(f, "the new version of repository {repository} has {errors} errors")
            }
            Self::RepositoryMended { repository } => write!(f, "a good version of repository {repository} came"),
            Self::EscalationRemoved { escalation } => {
                write!(
                    f,
                    "the catalog no longer has escalation {escalation}, so what covers the case now goes on in its place"
                )
            }
            Self::TeamRemoved { team } => write!(f, "the catalog no longer has team {team}"),
            Self::Silenced { silences } => {
                f.write_str("every firing signal is silenced by ")?;
                crate::silence::list(f, silences)
            }
            Self::SilenceEnded { silence } => write!(f, "{silence} is over, and what it held back still fires"),
            Self::SilenceEndsSoon { silence, at } => {
                write!(f, "{silence} ends at {at}; extend it, or somebody is paged for what still fires then")
            }
            Self::NotSilenced => f.write_str("a signal fires that no silence covers"),
            Self::TimeIsOver => f.write_str("its time is over"),
            Self::SilenceSettled { silence } => write!(f, "somebody changed {silence} or ended it"),
            Self::Missed { case, recipient } => write!(f, "{recipient} was affected by {case} and not told"),
            Self::OwnsTheAction => f.write_str("the team keeps that part of the catalog"),
            Self::InCatalog => f.write_str("the catalog now in force says so"),
            Self::NoContact { recipient } => write!(f, "the catalog names no way to reach {recipient}"),
            Self::Symptom { .. }
            | Self::PerhapsSymptom { .. }
            | Self::Root { .. }
            | Self::ExplainsPages { .. }
            | Self::RootIsOver { .. }
            | Self::AboutSomethingElse
            | Self::RootIsBack { .. }
            | Self::OutlivedRoot { .. }
            | Self::RootTooSmall { .. }
            | Self::InTurn { .. }
            | Self::WorseSymptom { .. }
            | Self::ToldByRoot { .. }
            | Self::Unlinked => self.symptom(f),
            Self::ComesAndGoes { times, within } => {
                write!(f, "it fired again {times} times within {within}; it stays open until it is quiet for as long")
            }
            Self::Quiet { for_long } => write!(f, "it came and went, and has been quiet for {for_long}"),
            Self::Digested => f.write_str("one message says this and what followed"),
            Self::JoinedTaken => f.write_str("something new joined what is taken already"),
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

impl Why {
    /// How the case stands to another one.
    fn symptom(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let down = |path| crate::affected::Explained { impact: Impact::Down, path };
        match self {
            Self::Symptom { root, path } => write!(f, "{}, and {root} is about that", down(path)),
            Self::PerhapsSymptom { other, path } => {
                write!(f, "{other} may have to do with it ({}), but is less severe", Via(path))
            }
            Self::Root { symptom } => write!(f, "{symptom} follows from it"),
            Self::ExplainsPages { symptoms, more } => {
                for (index, symptom) in symptoms.iter().enumerate() {
                    let before = if index == 0 { "" } else { ", " };
                    write!(f, "{before}{symptom}")?;
                }
                match (symptoms.as_slice(), more) {
                    ([_], 0) => f.write_str(", for which a page went out, follows from it"),
                    (_, 0) => f.write_str(", for which pages went out, follow from it"),
                    (_, more) => write!(f, " and {more} more, for which pages went out, follow from it"),
                }
            }
            Self::RootIsOver { root, within } => {
                write!(f, "{root}, which brought it about, is over; this should end within {within}")
            }
            Self::AboutSomethingElse => f.write_str("it turned out to be about something else"),
            Self::RootIsBack { root } => write!(f, "{root}, which brought it about, is worked on again"),
            Self::OutlivedRoot { root, after } => {
                write!(f, "{root}, which had brought it about, has been over for {after}, and this is not")
            }
            Self::InTurn { root } => {
                write!(
                    f,
                    "{root} does not explain it any more; its team is paged for one such case a minute, worst first"
                )
            }
            Self::RootTooSmall { root } => write!(f, "{root} does not explain it any more"),
            Self::WorseSymptom { symptom, severity } => write!(f, "{symptom}, which follows from it, is {severity}"),
            Self::ToldByRoot { root } => write!(f, "{root}, which brought it about, tells them"),
            Self::Unlinked => f.write_str("what was thought to be its cause is not"),
            _ => Ok(()),
        }
    }
}

/// The way from a cause to its consequence.
struct Via<'a>(&'a [ServiceName]);

impl fmt::Display for Via<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else { return Ok(()) };
        write!(f, "{last} depends on {first}")
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
