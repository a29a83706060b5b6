//! What one case tells about how long things took, or why it cannot tell.

use alloc::vec::Vec;

use crate::case::{Case, CaseKind, Moment, Relation, State, Telling};
use crate::record::Actor;
use crate::time::{Duration, Timestamp};

/// From so many reopenings on, an incident is said to come and go: when it was over cannot be told.
pub const FLAPPING_FROM: u32 = 2;

/// What began so shortly before the case was opened began, by its sender's word, when it was sent: such a sender
/// says now because it knows no better.
pub const SAYS_NOW: Duration = Duration::from_seconds(1);

/// A length of time that incidents are measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// From when the trouble began, by its sender's word, until the case was opened.
    Detect,
    /// From when the case was opened until somebody first took it.
    Acknowledge,
    /// From when the case was opened until a channel had accepted a notice for everybody affected.
    Tell,
    /// From when the case was opened until the harm had stopped, by a person's word.
    Mitigate,
    /// From when the case was opened until it was over.
    Resolve,
}

impl Measure {
    /// All of them, in the order in which they happen.
    pub const ALL: [Self; 5] = [Self::Detect, Self::Acknowledge, Self::Tell, Self::Mitigate, Self::Resolve];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Acknowledge => "acknowledge",
            Self::Tell => "tell",
            Self::Mitigate => "mitigate",
            Self::Resolve => "resolve",
        }
    }
}

/// Why a case cannot tell how long something took: the closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CannotTell {
    /// It has not happened, and may yet: the case is not over.
    StillOpen,
    /// A person reported it; nobody wrote down when it began.
    ReportedByHand,
    /// There is no such instant: nobody said it, or it never happened.
    NoInstant,
    /// The instant was given by hand, and lies before the case was opened.
    BeforeOpened,
    /// It came and went; it was over more than once.
    Flapping,
    /// Its senders fell silent; nobody saw when it was over.
    FellSilent,
    /// Nobody was affected, as far as the catalog knows.
    NobodyAffected,
    /// Somebody affected was never told, or has not been told yet.
    NotAllTold,
}

impl CannotTell {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::StillOpen,
        Self::ReportedByHand,
        Self::NoInstant,
        Self::BeforeOpened,
        Self::Flapping,
        Self::FellSilent,
        Self::NobodyAffected,
        Self::NotAllTold,
    ];

    /// A stable word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::StillOpen => "still_open",
            Self::ReportedByHand => "reported_by_hand",
            Self::NoInstant => "no_instant",
            Self::BeforeOpened => "before_opened",
            Self::Flapping => "flapping",
            Self::FellSilent => "fell_silent",
            Self::NobodyAffected => "nobody_affected",
            Self::NotAllTold => "not_all_told",
        }
    }

    /// The words for people, as they stand after a number.
    pub const fn words(self) -> &'static str {
        match self {
            Self::StillOpen => "still open",
            Self::ReportedByHand => "reported by hand",
            Self::NoInstant => "without the instant",
            Self::BeforeOpened => "said to be before the case",
            Self::Flapping => "came and went",
            Self::FellSilent => "fell silent",
            Self::NobodyAffected => "affected nobody",
            Self::NotAllTold => "not all told",
        }
    }
}

/// How long something took in a case, or why that cannot be told.
///
/// # Errors
/// Names the reason.
pub fn measure(case: &Case, what: Measure) -> Result<Duration, CannotTell> {
    let opened = at(case, Moment::Opened).ok_or(CannotTell::NoInstant)?;
    match what {
        Measure::Detect => detect(case, opened),
        Measure::Acknowledge => match at(case, Moment::Acknowledged) {
            Some(taken) => after(opened, taken),
            None => Err(missing(case)),
        },
        Measure::Tell => tell(case, opened),
        Measure::Mitigate => match at(case, Moment::Mitigated) {
            _ if comes_and_goes(case) => Err(CannotTell::Flapping),
            Some(stopped) => after(opened, stopped),
            None => Err(missing(case)),
        },
        Measure::Resolve => match &case.state {
            State::Open | State::Acknowledged { .. } | State::Mitigated { .. } => Err(CannotTell::StillOpen),
            State::Resolved { .. } if comes_and_goes(case) => Err(CannotTell::Flapping),
            State::Resolved { .. } if case.fell_silent => Err(CannotTell::FellSilent),
            State::Resolved { at, .. } => after(opened, *at),
        },
    }
}

/// Whether another incident brought this one about.
pub(super) fn is_symptom(case: &Case) -> bool {
    let by_incident = |other: &crate::case::CaseId| other.kind == CaseKind::Incident;
    case.symptom.is_some()
        || case
            .links
            .iter()
            .any(|link| link.relation == Relation::CausedBy && link.case.as_ref().is_some_and(by_incident))
}

fn detect(case: &Case, opened: Timestamp) -> Result<Duration, CannotTell> {
    let began = case.instants.get(Moment::Detected).ok_or(CannotTell::NoInstant)?;
    match &began.source {
        Actor::Person(_) | Actor::Bootstrap => Err(CannotTell::ReportedByHand),
        _ if opened.since(began.at) < SAYS_NOW => Err(CannotTell::NoInstant),
        _ => Ok(opened.since(began.at)),
    }
}

fn tell(case: &Case, opened: Timestamp) -> Result<Duration, CannotTell> {
    let somebody_left_out = !case.missed.is_empty() || case.tellings.iter().any(Telling::failed);
    if somebody_left_out {
        return Err(CannotTell::NotAllTold);
    }
    if case.told.is_empty() {
        return Err(CannotTell::NobodyAffected);
    }
    let not_yet = if case.state.is_resolved() { CannotTell::NotAllTold } else { CannotTell::StillOpen };
    let reached = |whom| case.telling(whom).and_then(|telling| telling.reached).map(|reached| reached.at);
    let all: Option<Vec<Timestamp>> = case.told.iter().map(reached).collect();
    let last = all.and_then(|all| all.into_iter().max()).ok_or(not_yet)?;
    Ok(last.since(opened))
}

fn at(case: &Case, moment: Moment) -> Option<Timestamp> {
    case.instants.get(moment).map(|instant| instant.at)
}

fn after(opened: Timestamp, at: Timestamp) -> Result<Duration, CannotTell> {
    if at < opened { Err(CannotTell::BeforeOpened) } else { Ok(at.since(opened)) }
}

/// What has not happened may yet, unless the case is over.
fn missing(case: &Case) -> CannotTell {
    if case.state.is_resolved() { CannotTell::NoInstant } else { CannotTell::StillOpen }
}

fn comes_and_goes(case: &Case) -> bool {
    case.reopened >= FLAPPING_FROM || case.flapping.is_some()
}
